//! What the subject made of what it received: in comes a story, out comes whether it failed the connection,
//! took what came as if nothing were wrong, or left no evidence.

use super::story::{At, Broken, SeenClose, Stage, Story};
use crate::code::CloseCode;
use crate::flaw::Flaw;
use crate::frame::Opcode;

/// What the subject made of something that it received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    /// It failed the connection for it.
    Rejected,
    /// It took it as if nothing were wrong.
    Accepted,
    /// The trace does not tell.
    Unclear,
}

/// Codes that endpoints send when they fail a connection.
pub(super) fn is_failure(code: CloseCode) -> bool {
    matches!(code.0, 1002 | 1003 | 1007 | 1008 | 1009 | 1011)
}

impl Story {
    /// What the subject made of the first broken frame.
    pub(super) fn reaction_to_flaw(&self, broken: &Broken) -> Reaction {
        let closing_already = self.own_close.is_some_and(|own| own.at < broken.came);
        // Who has closed, or ended what it sends, may be unable to answer a Ping, and have stopped there.
        let ended = self.end.is_some_and(|end| end <= broken.at);
        if self.pings > self.pongs && (ended || closing_already) {
            return Reaction::Unclear;
        }
        // Only what it does before the next thing happens to it is surely for this one.
        let in_time = |at: At| at > broken.at && broken.until.is_none_or(|until| at < until);
        let rejected = if broken.clouded { Reaction::Unclear } else { Reaction::Rejected };
        // What the application asked for is no answer to the peer.
        let answer = self.own_close.filter(|own| in_time(own.at) && !self.own_close_was_wanted);
        let error = self.error.filter(|error| in_time(*error));
        // Ending what it sends belongs to the closing that it had begun.
        let end = self.end.filter(|end| in_time(*end) && (!closing_already || self.deaf == Some(*end)));
        let first = answer.map(|own| own.at).into_iter().chain(error).chain(end).min();
        if self.excess.is_some_and(|excess| in_time(excess) && first.is_none_or(|first| excess < first)) {
            return if broken.clouded { Reaction::Unclear } else { Reaction::Accepted };
        }
        if error.is_some() {
            return rejected;
        }
        let refused_again = self.last_close.is_some_and(|(at, code)| {
            in_time(at) && code.is_some_and(|code| is_failure(code) && broken.code != Some(code))
        });
        if refused_again {
            return rejected;
        }
        match answer.map(|own| own.code()) {
            Some(Some(code)) if broken.code == Some(code) => {
                return if is_failure(code) { Reaction::Unclear } else { Reaction::Accepted };
            }
            Some(Some(code)) if is_failure(code) => return rejected,
            Some(_) | None => {}
        }
        if let Some(report) = self.report.filter(|report| report.at > broken.at) {
            let refused = report.clean == Some(false)
                || report.code.is_some_and(|code| code == CloseCode::ABNORMAL || is_failure(code));
            match report.code {
                // It told the code, and then that something was wrong.
                _ if self.error.is_some_and(|error| error > broken.at) => return Reaction::Unclear,
                // So it would be told if it had been refused.
                Some(CloseCode::ABNORMAL) if broken.code == report.code => return Reaction::Unclear,
                // Or if there had been no code: an interface that says whether it was clean is as browsers have it.
                Some(CloseCode::NO_STATUS) if broken.code == report.code && report.clean.is_some() => {
                    return Reaction::Unclear;
                }
                // A code that endpoints fail with may be its own.
                Some(code) if broken.code == Some(code) && is_failure(code) => {
                    return Reaction::Unclear;
                }
                Some(code) if broken.code == Some(code) && report.clean != Some(false) => {
                    return Reaction::Accepted;
                }
                // Whatever it was told, it was an ordinary closure.
                Some(_) | None if broken.flaws.contains(Flaw::BodyOneByte) && !refused => {
                    return Reaction::Accepted;
                }
                _ if !in_time(report.at) => {}
                _ if refused => return rejected,
                Some(_) | None => return Reaction::Unclear,
            }
        }
        if answer.is_some() {
            return Reaction::Unclear;
        }
        if end.is_some() {
            return if closing_already && broken.opcode == Opcode::Close {
                Reaction::Unclear
            } else {
                rejected
            };
        }
        if ended {
            return Reaction::Unclear;
        }
        let told_by_header = broken.flaws.iter().any(Flaw::shows_in_length);
        let dead = self.panicked.is_some() || self.spinning.is_some();
        let had_time = broken.until.is_none_or(|until| until.tick > broken.came.tick);
        if closing_already || dead || !had_time {
            return Reaction::Unclear;
        }
        if broken.is_whole() || told_by_header && broken.stage == Stage::Header {
            Reaction::Accepted
        } else {
            Reaction::Unclear
        }
    }

    /// Whether the subject had a tick, or the rest of the script, to react to what came at `at` before the
    /// peer ended TCP.
    pub(super) fn idle_before_peer_ended(&self, at: At) -> bool {
        self.peer_fin.into_iter().chain(self.peer_reset).all(|end| end.tick > at.tick)
    }

    /// What the subject made of the peer's well-formed Close.
    pub(super) fn reaction_to_close(&self, close: &SeenClose) -> Reaction {
        if self.panicked.is_some() || self.spinning.is_some() {
            return Reaction::Unclear;
        }
        let reported = self.report.is_some_and(|report| {
            report.code == close.code() && report.clean != Some(false)
                || report.code == Some(CloseCode::NO_STATUS) && close.code().is_none()
        });
        match self.own_close {
            Some(own) if own.at > close.at => match own.code() {
                // What the application had asked for before is no refusal.
                Some(_) if self.own_close_was_wanted => Reaction::Unclear,
                Some(code) if is_failure(code) && close.code() != Some(code) => Reaction::Rejected,
                // An echo, or a code of its own that happens to be the same.
                Some(code) if is_failure(code) && self.error.is_some_and(|error| error > close.at) => {
                    Reaction::Unclear
                }
                Some(_) | None => Reaction::Accepted,
            },
            _ if self.error.is_some_and(|error| {
                let by_it = self.close_until.is_none_or(|until| error < until);
                error > close.at && by_it && !reported
            }) =>
            {
                Reaction::Rejected
            }
            Some(_) if reported => Reaction::Accepted,
            Some(_) => Reaction::Unclear,
            None if self.end.is_some_and(|end| end > close.at && !self.peer_ended_before(end)) => {
                Reaction::Rejected
            }
            None => Reaction::Unclear,
        }
    }
}
