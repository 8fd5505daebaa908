//! Rules that take more than one connection: the same bytes must have the same outcome however they are
//! cut, and whatever came before.

use super::story::{At, Story};
use super::{Actual, Bench};
use crate::rule::Rule;
use crate::script::Recut;
use crate::subject::{Entry, What};
use crate::trace::Trace;

/// What one connection came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    at: At,
    again: Option<Recut>,
    /// What was done to the subject, cuts included; `None` where not all of it may have reached the subject.
    input: Option<u64>,
    /// Its first Close, and what its application was told.
    answer: u64,
    /// That, and everything else that it did. Not whether it ended TCP by FIN or by a reset: what lies unread when
    /// it does makes one of the other.
    result: u64,
    /// Whether the result tells: a subject that was not read from, or died, has none to compare.
    tells: bool,
    /// Whether what the application asked for was seen to before anything else happened: a program that lets
    /// it wait until a frame is whole may do it earlier or later by how that frame is cut.
    prompt: bool,
}

impl Outcome {
    pub(super) fn of(trace: &Trace, start: usize, end: usize, story: &Story) -> Outcome {
        let entries = &trace.entries()[start..end];
        let again = match entries.first().map(|entry| entry.what) {
            Some(What::Connected { again }) => again,
            Some(_) | None => None,
        };
        let mut answer = Digest::new();
        answer.octets(story.own_close.as_ref().map_or(&[], |close| close.payload()));
        answer.number(u64::from(story.panicked.is_some()));
        answer.number(
            story.report.map_or(1 << 20, |report| report.code.map_or(1 << 19, |code| u64::from(code.0))),
        );
        answer.number(u64::from(story.error.is_some()));
        let mut result = Digest(answer.0);
        result.number(u64::from(story.own_closes));
        // Once it has written its Close, when it hangs up is a matter of time.
        result.number(u64::from(story.end.is_some() && story.own_closes == 0));
        for entry in entries {
            if let What::Message { kind, payload } = entry.what {
                result.number(kind as u64);
                result.octets(trace.octets(payload));
            }
        }
        Outcome {
            at: story.last,
            again,
            // What comes after its end of TCP may not have been read.
            input: input(trace, entries)
                .filter(|_| story.end.is_none_or(|end| story.last_received <= Some(end))),
            answer: answer.0,
            result: result.0,
            tells: !story.paused && story.spinning.is_none(),
            prompt: is_prompt(entries),
        }
    }
}

fn is_prompt(entries: &[Entry]) -> bool {
    let mut waiting = 0_u32;
    entries.iter().all(|entry| match entry.what {
        What::AppClose { .. } | What::AppSend { .. } => {
            waiting += 1;
            true
        }
        What::Accepted | What::Refused(_) | What::NotAsked(_) => {
            waiting = waiting.saturating_sub(1);
            true
        }
        What::Received(_)
        | What::PeerFin
        | What::PeerReset
        | What::PeerGone(_)
        | What::PeerPaused
        | What::PeerResumed
        | What::AppPause
        | What::AppResume => waiting == 0,
        What::Connected { .. }
        | What::Sent(_)
        | What::HalfFin
        | What::Fin
        | What::Reset
        | What::Message { .. }
        | What::Reported { .. }
        | What::Errored(_)
        | What::Panicked(_)
        | What::Spinning
        | What::Memory(_)
        | What::Moved(..)
        | What::Undelivered(_)
        | What::Note(_)
        | What::Ended => true,
    })
}

fn input(trace: &Trace, entries: &[Entry]) -> Option<u64> {
    let mut digest = Digest::new();
    for entry in entries {
        // When it happened is part of what happened; of what the subject did, nothing is.
        let when = u64::from(entry.tick) << 40;
        match entry.what {
            What::Received(span) => {
                digest.number(when | 1);
                digest.octets(trace.octets(span));
            }
            What::PeerFin => digest.number(when | 2),
            What::PeerReset => digest.number(when | 3),
            What::PeerGone(writes) => digest.number(when | 13 << 8 | u64::from(writes)),
            What::PeerPaused => digest.number(when | 14),
            What::PeerResumed => digest.number(when | 15),
            What::AppClose { code, reason } => {
                digest.number(when | code.map_or(1 << 32, |code| u64::from(code.0) << 8) | 4);
                digest.octets(trace.octets(reason));
            }
            What::AppSend { kind, payload } => {
                digest.number(when | (kind as u64) << 8 | 5);
                digest.octets(trace.octets(payload));
            }
            What::AppPause => digest.number(when | 6),
            What::AppResume => digest.number(when | 7),
            What::Ended => digest.number(u64::from(entry.tick)),
            What::Undelivered(_) => return None,
            What::Connected { .. }
            | What::Sent(_)
            | What::HalfFin
            | What::Fin
            | What::Reset
            | What::Message { .. }
            | What::Reported { .. }
            | What::Errored(_)
            | What::Accepted
            | What::Refused(_)
            | What::NotAsked(_)
            | What::Panicked(_)
            | What::Spinning
            | What::Memory(_)
            | What::Moved(..)
            | What::Note(_) => {}
        }
    }
    Some(digest.0)
}

pub(super) fn judge(bench: &mut Bench<'_>, outcomes: &[Outcome]) {
    // The connection that repetitions repeat: the last that was not one.
    let mut original = None;
    for (index, outcome) in outcomes.iter().enumerate() {
        match (outcome.again, original) {
            (None, _) => original = Some(outcome),
            (Some(Recut::AsWritten), _) | (Some(_), None) => {}
            (Some(Recut::Whole | Recut::Each | Recut::At(_)), Some(original)) => {
                if outcome.tells && original.tells && outcome.prompt && original.prompt {
                    let actual = Actual::Words("another outcome with other cuts");
                    // Where the end of TCP kept octets from one of the two, the other may have done more.
                    let whole = outcome.input.is_some() && original.input.is_some();
                    let same =
                        outcome.answer == original.answer && (outcome.result == original.result || !whole);
                    let breach = (!same).then_some((outcome.at, actual));
                    bench.rule(Rule::AnySegmentation, breach, "the same outcome however it is cut");
                }
            }
        }
        let Some(input) = outcome.input else { continue };
        let twin = outcomes[..index].iter().find(|earlier| earlier.input == Some(input));
        if let Some(twin) = twin
            && twin.tells
            && outcome.tells
        {
            let actual = Actual::Words("another outcome after another connection");
            let breach = (outcome.result != twin.result).then_some((outcome.at, actual));
            bench.rule(Rule::NextConnectionUnharmed, breach, "the same outcome as on a fresh endpoint");
        }
    }
}

/// FNV-1a, 64 bits: enough to tell a handful of outcomes apart.
struct Digest(u64);

impl Digest {
    fn new() -> Digest {
        Digest(0xcbf2_9ce4_8422_2325)
    }

    fn octets(&mut self, octets: &[u8]) {
        self.number(octets.len() as u64);
        octets.iter().for_each(|octet| self.number(u64::from(*octet)));
    }

    fn number(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x0000_0100_0000_01b3);
    }
}
