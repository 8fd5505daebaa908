//! What the subject made of what it received: in comes a facts, out comes whether it failed the connection,
//! took what came as if nothing were wrong, or left no evidence.

use super::facts::{At, ConnectionFacts, FlawedFrame, FrameProgress, ObservedClose};
use crate::protocol::code::CloseCode;
use crate::protocol::flaw::Flaw;
use crate::protocol::frame::Opcode;

/// What the subject made of something that it received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    /// It failed the connection for it.
    Rejected,
    /// It took it as if nothing were wrong.
    Accepted,
    /// The trace does not tell.
    Unknown,
}

/// Codes that endpoints send when they fail a connection.
pub(super) fn is_failure(code: CloseCode) -> bool {
    matches!(code.0, 1002 | 1003 | 1007 | 1008 | 1009 | 1011)
}

impl ConnectionFacts {
    /// What the subject made of the first flawed frame.
    pub(super) fn reaction_to_flaw(&self, flawed: &FlawedFrame) -> Reaction {
        let closing_already = self.own.close.is_some_and(|own| own.at < flawed.completed_at);
        // Who has closed, or ended what it sends, may be unable to answer a Ping, and have stopped there.
        let ended = self.tcp.write_closed_at.is_some_and(|end| end <= flawed.at);
        if self.peer.pings > self.own.pongs && (ended || closing_already) {
            return Reaction::Unknown;
        }
        // Only what it does before the next thing happens to it is surely for this one.
        let in_time = |at: At| at > flawed.at && flawed.next_input_at.is_none_or(|until| at < until);
        let rejected = if flawed.ambiguous_cause { Reaction::Unknown } else { Reaction::Rejected };
        // What the application request for is no answer to the peer.
        let answer = self.own.close.filter(|own| in_time(own.at) && !self.own.close_was_requested);
        let error = self.app.error_at.filter(|error| in_time(*error));
        // Ending what it sends belongs to the closing that it had begun.
        let end = self
            .tcp
            .write_closed_at
            .filter(|end| in_time(*end) && (!closing_already || self.tcp.closed_at == Some(*end)));
        let first = answer.map(|own| own.at).into_iter().chain(error).chain(end).min();
        if self
            .flaw
            .processed_at
            .is_some_and(|excess| in_time(excess) && first.is_none_or(|first| excess < first))
        {
            return if flawed.ambiguous_cause { Reaction::Unknown } else { Reaction::Accepted };
        }
        if error.is_some() {
            return rejected;
        }
        let refused_again = self.own.last_close.is_some_and(|(at, code)| {
            in_time(at) && code.is_some_and(|code| is_failure(code) && flawed.code != Some(code))
        });
        if refused_again {
            return rejected;
        }
        match answer.map(|own| own.code()) {
            Some(Some(code)) if flawed.code == Some(code) => {
                return if is_failure(code) { Reaction::Unknown } else { Reaction::Accepted };
            }
            Some(Some(code)) if is_failure(code) => return rejected,
            Some(_) | None => {}
        }
        if let Some(report) = self.app.report.filter(|report| report.at > flawed.at) {
            let refused = report.clean == Some(false)
                || report.code.is_some_and(|code| code == CloseCode::ABNORMAL || is_failure(code));
            match report.code {
                // It reported the code, and then that something was wrong.
                _ if self.app.error_at.is_some_and(|error| error > flawed.at) => return Reaction::Unknown,
                // So it would be reported if it had been refused.
                Some(CloseCode::ABNORMAL) if flawed.code == report.code => return Reaction::Unknown,
                // Or if there had been no code: an interface that says whether it was clean is as browsers have it.
                Some(CloseCode::NO_STATUS) if flawed.code == report.code && report.clean.is_some() => {
                    return Reaction::Unknown;
                }
                // A code that endpoints fail with may be its own.
                Some(code) if flawed.code == Some(code) && is_failure(code) => {
                    return Reaction::Unknown;
                }
                Some(code) if flawed.code == Some(code) && report.clean != Some(false) => {
                    return Reaction::Accepted;
                }
                // Whatever it was reported, it was an ordinary closure.
                Some(_) | None if flawed.flaws.contains(Flaw::BodyOneByte) && !refused => {
                    return Reaction::Accepted;
                }
                _ if !in_time(report.at) => {}
                _ if refused => return rejected,
                Some(_) | None => return Reaction::Unknown,
            }
        }
        if answer.is_some() {
            return Reaction::Unknown;
        }
        if end.is_some() {
            return if closing_already && flawed.opcode == Opcode::Close {
                Reaction::Unknown
            } else {
                rejected
            };
        }
        if ended {
            return Reaction::Unknown;
        }
        let told_by_header = flawed.flaws.iter().any(Flaw::shows_in_length);
        let dead = self.health.panicked_or_hung();
        let had_time = flawed.next_input_at.is_none_or(|until| until.tick > flawed.completed_at.tick);
        if closing_already || dead || !had_time {
            return Reaction::Unknown;
        }
        if flawed.is_complete() || told_by_header && flawed.progress == FrameProgress::Header {
            Reaction::Accepted
        } else {
            Reaction::Unknown
        }
    }

    /// Whether the subject had a tick, or the rest of the script, to react to what came at `at` before the
    /// peer ended TCP.
    pub(super) fn had_time_before_peer_end(&self, at: At) -> bool {
        self.tcp.peer_fin.into_iter().chain(self.tcp.peer_reset).all(|end| end.tick > at.tick)
    }

    /// What the subject made of the peer's well-formed Close.
    pub(super) fn reaction_to_close(&self, close: &ObservedClose) -> Reaction {
        if self.health.panicked_or_hung() {
            return Reaction::Unknown;
        }
        let reported = self.app.report.is_some_and(|report| {
            report.code == close.code() && report.clean != Some(false)
                || report.code == Some(CloseCode::NO_STATUS) && close.code().is_none()
        });
        match self.own.close {
            Some(own) if own.at > close.at => match own.code() {
                // What the application had request for before is no refusal.
                Some(_) if self.own.close_was_requested => Reaction::Unknown,
                Some(code) if is_failure(code) && close.code() != Some(code) => Reaction::Rejected,
                // An echo, or a code of its own that happens to be the same.
                Some(code) if is_failure(code) && self.app.error_at.is_some_and(|error| error > close.at) => {
                    Reaction::Unknown
                }
                Some(_) | None => Reaction::Accepted,
            },
            _ if self.app.error_at.is_some_and(|error| {
                let by_it = self.peer.input_after_close_at.is_none_or(|until| error < until);
                error > close.at && by_it && !reported
            }) =>
            {
                Reaction::Rejected
            }
            Some(_) if reported => Reaction::Accepted,
            Some(_) => Reaction::Unknown,
            None if self
                .tcp
                .write_closed_at
                .is_some_and(|end| end > close.at && !self.peer_ended_before(end)) =>
            {
                Reaction::Rejected
            }
            None => Reaction::Unknown,
        }
    }
}
