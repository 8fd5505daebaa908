//! Compares the connections of a trace: the same octets must have the same outcome in any segments, and after
//! any earlier connection.

use super::facts::{At, ConnectionFacts, FlawedFrame};
use super::observed_close::{ObservedClose, echoes_reason};
use super::sink::VerdictSink;
use super::verdict::Observed;
use crate::harness::{Trace, TraceEvent, TraceEventKind};
use crate::rules::Rule;
use crate::script::Segmentation;

/// Digests of what happened to the subject on one connection, and of what it did.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectionDigest {
    at: At,
    repeat: Option<Segmentation>,
    /// Everything that happened to the subject, segments included; `None` if a part of it may not have arrived.
    input: Option<u64>,
    /// The code of the subject's first Close, and the reports to its application.
    reply: u64,
    /// The reason of that Close, if the peer sent it or the application requested it. A reason in the subject's own
    /// words may contain a time, a counter or an address.
    given_reason: Option<u64>,
    /// The code, the reports and everything else that the subject did. A FIN and a reset count as the same, because unread data
    /// turns a FIN into a reset.
    result: u64,
    /// Whether the result can be compared: the application kept reading, the subject did not hang, and no reset of the peer
    /// came before it could do anything.
    comparable: bool,
    /// Whether each request of the application was handled before the next input. A program that delays requests
    /// until a frame is complete handles them at a moment that depends on the segments of the frame.
    requests_in_order: bool,
}

impl ConnectionDigest {
    pub(super) fn of(trace: &Trace, start: usize, end: usize, facts: &ConnectionFacts) -> ConnectionDigest {
        let entries = &trace.events()[start..end];
        let repeat = match entries.first().map(|entry| entry.kind) {
            Some(TraceEventKind::Connected { repeat }) => repeat,
            Some(_) | None => None,
        };
        let mut reply = Digest::new();
        match &facts.own.close {
            None => reply.octets(&[]),
            Some(own) => reply.octets(own.payload().get(..2).unwrap_or_else(|| own.payload())),
        }
        reply.number(u64::from(facts.health.panicked_at.is_some()));
        reply.number(
            facts.app.report.map_or(1 << 20, |report| report.code.map_or(1 << 19, |code| u64::from(code.0))),
        );
        reply.number(u64::from(facts.app.error_at.is_some()));
        let mut result = Digest(reply.0);
        result.number(u64::from(facts.own.close_count));
        // After its own Close, the moment of its FIN depends on timing.
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
            // The subject may not have read what arrived after its end of TCP.
            input: input_digest(trace, entries).filter(|_| {
                facts.tcp.write_closed_at.is_none_or(|end| facts.peer.last_octets_at <= Some(end))
            }),
            reply: reply.0,
            given_reason: facts.own.close.as_ref().and_then(|own| given_reason(facts, own)),
            result: result.0,
            comparable: !facts.app.paused && facts.health.hung_at.is_none() && !facts.tcp.peer_reset_at_once,
            requests_in_order: handles_requests_in_order(entries),
        }
    }

    /// Whether both connections had the same Close and reports. Reasons are compared if both are given: the reason of
    /// an over-long Close that arrives in parts is not known, for its rest is no input to who rejects its length.
    fn has_same_reply(&self, other: &ConnectionDigest) -> bool {
        let same_reason = match (self.given_reason, other.given_reason) {
            (Some(own), Some(other)) => own == other,
            (None, _) | (_, None) => true,
        };
        self.reply == other.reply && same_reason
    }
}

/// A digest of the reason of the subject's Close, if it is one that the peer sent or the application requested.
fn given_reason(facts: &ConnectionFacts, own: &ObservedClose) -> Option<u64> {
    let reason = own.reason();
    let received = facts.peer.close.as_ref().map(ObservedClose::reason);
    let flawed = facts.flaw.frame.as_ref().map(FlawedFrame::reason);
    let echoes = |received: Option<&[u8]>| received.is_some_and(|received| echoes_reason(reason, received));
    let is_given = reason.is_empty() || facts.own.close_was_requested || echoes(received) || echoes(flawed);
    is_given.then(|| {
        let mut digest = Digest::new();
        digest.octets(reason);
        digest.0
    })
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
        | TraceEventKind::DeflateNegotiated
        | TraceEventKind::SentWithOpening
        | TraceEventKind::Sent(_)
        | TraceEventKind::TlsStarted
        | TraceEventKind::TlsClosed
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
        // The tick of an input is a part of the input. The subject's own events are not.
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
            | TraceEventKind::DeflateNegotiated
            | TraceEventKind::SentWithOpening
            | TraceEventKind::Sent(_)
            | TraceEventKind::TlsStarted
            | TraceEventKind::TlsClosed
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

pub(super) fn judge(sink: &mut VerdictSink<'_>, digests: &[ConnectionDigest]) {
    // The connection that repetitions repeat: the last one that was no repetition.
    let mut original = None;
    for (index, digest) in digests.iter().enumerate() {
        match (digest.repeat, original) {
            (None, _) => original = Some(digest),
            (Some(Segmentation::AsWritten), _) | (Some(_), None) => {}
            (
                Some(Segmentation::Coalesced | Segmentation::Bytewise | Segmentation::SplitAt(_)),
                Some(original),
            ) => {
                if digest.comparable
                    && original.comparable
                    && digest.requests_in_order
                    && original.requests_in_order
                {
                    let actual = Observed::Text("another outcome with other cuts");
                    // If the end of TCP kept octets from one of the two, the other may have done more.
                    let whole = digest.input.is_some() && original.input.is_some();
                    let same =
                        digest.has_same_reply(original) && (digest.result == original.result || !whole);
                    let violation = (!same).then_some((digest.at, actual));
                    sink.check(Rule::AnySegmentation, violation, "the same outcome however it is cut");
                }
            }
        }
        let Some(input) = digest.input else { continue };
        let earlier = digests[..index].iter().find(|earlier| earlier.input == Some(input));
        if let Some(earlier) = earlier
            && earlier.comparable
            && digest.comparable
        {
            let actual = Observed::Text("another outcome after another connection");
            let same = digest.has_same_reply(earlier) && digest.result == earlier.result;
            let violation = (!same).then_some((digest.at, actual));
            sink.check(Rule::NextConnectionUnharmed, violation, "the same outcome as on a fresh endpoint");
        }
    }
}

/// An FNV-1a hash of 64 bits, which suffices to distinguish the few connections of a trace.
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
