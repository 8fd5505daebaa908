//! Rules that take more than one connection: the same bytes must have the same outcome however they are
//! cut, and whatever came before.

use super::facts::{At, ConnectionFacts};
use super::sink::VerdictSink;
use super::verdict::Observed;
use crate::harness::subject::{TraceEvent, TraceEventKind};
use crate::harness::trace::Trace;
use crate::rules::Rule;
use crate::script::Segmentation;

/// What one connection came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectionDigest {
    at: At,
    repeat: Option<Segmentation>,
    /// What was done to the subject, cuts included; `None` where not all of it may have reached the subject.
    input: Option<u64>,
    /// Its first Close, and what its application was reported.
    answer: u64,
    /// That, and everything else that it did. Not whether it ended TCP by FIN or by a reset: what lies unread when
    /// it does makes one of the other.
    result: u64,
    /// Whether the result tells: a subject that was not read from, or died, has none to compare.
    comparable: bool,
    /// Whether what the application request for was seen to before anything else happened: a program that lets
    /// it wait until a frame is whole may do it earlier or later by how that frame is cut.
    requests_in_order: bool,
}

impl ConnectionDigest {
    pub(super) fn of(trace: &Trace, start: usize, end: usize, facts: &ConnectionFacts) -> ConnectionDigest {
        let entries = &trace.events()[start..end];
        let repeat = match entries.first().map(|entry| entry.kind) {
            Some(TraceEventKind::Connected { repeat: again }) => again,
            Some(_) | None => None,
        };
        let mut answer = Digest::new();
        answer.octets(facts.own.close.as_ref().map_or(&[], |close| close.payload()));
        answer.number(u64::from(facts.health.panicked_at.is_some()));
        answer.number(
            facts.app.report.map_or(1 << 20, |report| report.code.map_or(1 << 19, |code| u64::from(code.0))),
        );
        answer.number(u64::from(facts.app.error_at.is_some()));
        let mut result = Digest(answer.0);
        result.number(u64::from(facts.own.close_count));
        // Once it has written its Close, when it hangs up is a matter of time.
        result.number(u64::from(facts.tcp.write_closed_at.is_some() && facts.own.close_count == 0));
        for entry in entries {
            if let TraceEventKind::Message { kind, payload } = entry.kind {
                result.number(kind as u64);
                result.octets(trace.octets(payload));
            }
        }
        ConnectionDigest {
            at: facts.last,
            repeat,
            // What comes after its end of TCP may not have been read.
            input: input_digest(trace, entries).filter(|_| {
                facts.tcp.write_closed_at.is_none_or(|end| facts.peer.last_octets_at <= Some(end))
            }),
            answer: answer.0,
            result: result.0,
            comparable: !facts.app.paused && facts.health.hung_at.is_none(),
            requests_in_order: handles_requests_in_order(entries),
        }
    }
}

fn handles_requests_in_order(entries: &[TraceEvent]) -> bool {
    let mut waiting = 0_u32;
    entries.iter().all(|entry| match entry.kind {
        TraceEventKind::AppClose { .. } | TraceEventKind::AppSend { .. } => {
            waiting += 1;
            true
        }
        TraceEventKind::RequestAccepted
        | TraceEventKind::RequestRefused(_)
        | TraceEventKind::Unsupported(_) => {
            waiting = waiting.saturating_sub(1);
            true
        }
        TraceEventKind::Received(_)
        | TraceEventKind::PeerFin
        | TraceEventKind::PeerReset
        | TraceEventKind::PeerGone(_)
        | TraceEventKind::PeerPaused
        | TraceEventKind::PeerResumed
        | TraceEventKind::AppPause
        | TraceEventKind::AppResume => waiting == 0,
        TraceEventKind::Connected { .. }
        | TraceEventKind::Sent(_)
        | TraceEventKind::WriteShutdown
        | TraceEventKind::Fin
        | TraceEventKind::Reset
        | TraceEventKind::Message { .. }
        | TraceEventKind::Reported { .. }
        | TraceEventKind::ErrorReported(_)
        | TraceEventKind::Panicked(_)
        | TraceEventKind::Hung
        | TraceEventKind::Memory(_)
        | TraceEventKind::StateChanged(..)
        | TraceEventKind::Undelivered(_)
        | TraceEventKind::Note(_)
        | TraceEventKind::ScriptEnded => true,
    })
}

fn input_digest(trace: &Trace, entries: &[TraceEvent]) -> Option<u64> {
    let mut digest = Digest::new();
    for entry in entries {
        // When it happened is part of what happened; of what the subject did, nothing is.
        let when = u64::from(entry.tick) << 40;
        match entry.kind {
            TraceEventKind::Received(span) => {
                digest.number(when | 1);
                digest.octets(trace.octets(span));
            }
            TraceEventKind::PeerFin => digest.number(when | 2),
            TraceEventKind::PeerReset => digest.number(when | 3),
            TraceEventKind::PeerGone(writes) => digest.number(when | 13 << 8 | u64::from(writes)),
            TraceEventKind::PeerPaused => digest.number(when | 14),
            TraceEventKind::PeerResumed => digest.number(when | 15),
            TraceEventKind::AppClose { code, reason } => {
                digest.number(when | code.map_or(1 << 32, |code| u64::from(code.0) << 8) | 4);
                digest.octets(trace.octets(reason));
            }
            TraceEventKind::AppSend { kind, payload } => {
                digest.number(when | (kind as u64) << 8 | 5);
                digest.octets(trace.octets(payload));
            }
            TraceEventKind::AppPause => digest.number(when | 6),
            TraceEventKind::AppResume => digest.number(when | 7),
            TraceEventKind::ScriptEnded => digest.number(u64::from(entry.tick)),
            TraceEventKind::Undelivered(_) => return None,
            TraceEventKind::Connected { .. }
            | TraceEventKind::Sent(_)
            | TraceEventKind::WriteShutdown
            | TraceEventKind::Fin
            | TraceEventKind::Reset
            | TraceEventKind::Message { .. }
            | TraceEventKind::Reported { .. }
            | TraceEventKind::ErrorReported(_)
            | TraceEventKind::RequestAccepted
            | TraceEventKind::RequestRefused(_)
            | TraceEventKind::Unsupported(_)
            | TraceEventKind::Panicked(_)
            | TraceEventKind::Hung
            | TraceEventKind::Memory(_)
            | TraceEventKind::StateChanged(..)
            | TraceEventKind::Note(_) => {}
        }
    }
    Some(digest.0)
}

pub(super) fn judge(sink: &mut VerdictSink<'_>, outcomes: &[ConnectionDigest]) {
    // The connection that repetitions repeat: the last that was not one.
    let mut original = None;
    for (index, outcome) in outcomes.iter().enumerate() {
        match (outcome.repeat, original) {
            (None, _) => original = Some(outcome),
            (Some(Segmentation::AsWritten), _) | (Some(_), None) => {}
            (
                Some(Segmentation::Coalesced | Segmentation::Bytewise | Segmentation::SplitAt(_)),
                Some(original),
            ) => {
                if outcome.comparable
                    && original.comparable
                    && outcome.requests_in_order
                    && original.requests_in_order
                {
                    let actual = Observed::Text("another outcome with other cuts");
                    // Where the end of TCP kept octets from one of the two, the other may have done more.
                    let whole = outcome.input.is_some() && original.input.is_some();
                    let same =
                        outcome.answer == original.answer && (outcome.result == original.result || !whole);
                    let violation = (!same).then_some((outcome.at, actual));
                    sink.check(Rule::AnySegmentation, violation, "the same outcome however it is cut");
                }
            }
        }
        let Some(input) = outcome.input else { continue };
        let earlier = outcomes[..index].iter().find(|earlier| earlier.input == Some(input));
        if let Some(earlier) = earlier
            && earlier.comparable
            && outcome.comparable
        {
            let actual = Observed::Text("another outcome after another connection");
            let violation = (outcome.result != earlier.result).then_some((outcome.at, actual));
            sink.check(Rule::NextConnectionUnharmed, violation, "the same outcome as on a fresh endpoint");
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
