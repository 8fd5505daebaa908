//! Judges whether the subject accepts a Close that every conforming peer may send.

use crate::judge::facts::{At, ConnectionFacts, Reaction};
use crate::judge::observed_close::ObservedClose;
use crate::judge::reason::InconclusiveReason;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::Observed;
use crate::protocol::code::{Class, CloseCode};
use crate::rules::Rule;

/// The longest reason, in octets, that is short: a Close with it that is rejected is rejected for its code.
const SHORT_REASON: usize = 16;

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let (Some(peer), Some(reaction)) = (&facts.peer.close, facts.reaction_to_close) else { return };
    let failed_before = facts.app.error_at.is_some_and(|error| error < peer.at)
        || facts.tcp.closed_at.is_some_and(|closed| closed < peer.at)
        || facts.tcp.peer_reset.is_some();
    // A subject that is about to close for its application may have its own reasons not to reply.
    let closing =
        facts.own.close.is_none() && facts.app.close_request.is_some_and(|request| request.at < peer.at);
    if failed_before || closing || facts.app.paused {
        return;
    }
    let tested = TestedProperties::of(peer);
    // What shares the segment may be what was rejected. A Close inside a message has a rule of its own.
    let ambiguous = peer.shares_segment || facts.peer.close_shared_segment || peer.mid_message;
    for rule in tested.rules.into_iter().flatten() {
        match reaction {
            Reaction::Accepted => sink.conforms(rule),
            Reaction::Rejected if ambiguous => {
                sink.inconclusive(rule, InconclusiveReason::AmbiguousCause);
            }
            Reaction::Rejected if rule == Rule::AcceptsLawfulFrames && ended_tcp_alone(facts) => {
                sink.inconclusive(rule, InconclusiveReason::AmbiguousCause);
            }
            Reaction::Rejected if tested.cause_of_rejection == Some(rule) => {
                let (at, actual) = rejection(facts, peer);
                sink.violates(rule, at, "the handshake completed", actual);
            }
            Reaction::Rejected => sink.inconclusive(rule, InconclusiveReason::AmbiguousProperty),
            Reaction::Unknown(reason) => sink.inconclusive(rule, reason),
        }
    }
    if peer.mid_message {
        between_fragments(sink, facts, peer);
    }
}

/// Whether the subject accepts a Close inside a fragmented message.
fn between_fragments(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, peer: &ObservedClose) {
    let rule = Rule::AcceptsCloseBetweenFragments;
    let shares_segment = peer.shares_segment || facts.peer.close_shared_segment;
    // No endpoint rejects such a Close for its code or its reason.
    let is_plain = peer.code().is_none_or(|code| code == CloseCode::NORMAL)
        && is_printable_ascii(peer.reason())
        && peer.reason().len() <= SHORT_REASON;
    match facts.reaction_to_close {
        Some(Reaction::Accepted) => sink.conforms(rule),
        Some(Reaction::Rejected) if shares_segment || ended_tcp_alone(facts) => {
            sink.inconclusive(rule, InconclusiveReason::AmbiguousCause);
        }
        Some(Reaction::Rejected) if is_plain => {
            let (at, actual) = rejection(facts, peer);
            sink.violates(rule, at, "the handshake completed", actual);
        }
        Some(Reaction::Rejected) => sink.inconclusive(rule, InconclusiveReason::AmbiguousProperty),
        Some(Reaction::Unknown(reason)) => sink.inconclusive(rule, reason),
        None => {}
    }
}

/// The properties of a Close that the subject has to accept.
struct TestedProperties {
    /// The rules on its code, on its reason, on a Close without either and on its masking key.
    rules: [Option<Rule>; 4],
    /// The rule on the only property for which a subject can have rejected it, if it is certain.
    cause_of_rejection: Option<Rule>,
}

impl TestedProperties {
    fn of(peer: &ObservedClose) -> TestedProperties {
        let by_code = peer.code().and_then(|code| match code.class() {
            Class::Defined => Some(Rule::AcceptsDefinedCodes),
            Class::Registered => Some(Rule::AcceptsRegisteredCodes),
            Class::Library | Class::Private => Some(Rule::AcceptsLibraryAndPrivateCodes),
            // The profile of a library that accepts these obliges no other endpoint.
            Class::NotUsed
            | Class::LocalOnly
            | Class::ReservedWithoutMeaning
            | Class::Unassigned
            | Class::OutOfRange => None,
        });
        let reason = peer.reason();
        let plain = is_printable_ascii(reason);
        let short = reason.len() <= SHORT_REASON;
        let by_reason = match plain {
            _ if reason.is_empty() => None,
            true => Some(Rule::AcceptsLongestReason),
            false => Some(Rule::AcceptsAnyUtf8Reason),
        };
        let normal = peer.code() == Some(CloseCode::NORMAL);
        let by_key = peer.has_uniform_key.then_some(Rule::AcceptsLawfulFrames);
        let cause_of_rejection = match (by_code, by_reason) {
            (None, _) => peer.code().is_none().then_some(Rule::AcceptsEmptyClose),
            (Some(_), None) if normal && by_key.is_some() => by_key,
            (Some(by_code), None) => Some(by_code),
            (Some(by_code), Some(_)) if plain && short => Some(by_code),
            (Some(_), Some(by_reason)) if normal => Some(by_reason),
            (Some(_), Some(_)) => None,
        };
        let by_absence = peer.code().is_none().then_some(Rule::AcceptsEmptyClose);
        TestedProperties { rules: [by_code, by_reason, by_absence, by_key], cause_of_rejection }
    }
}

fn is_printable_ascii(octets: &[u8]) -> bool {
    octets.iter().all(|octet| matches!(octet, b' '..=b'~'))
}

/// Whether the subject ended TCP and neither sent a Close nor reported an error. It may do so after every Close, so this
/// says nothing about the key of the Close or its place in a message.
fn ended_tcp_alone(facts: &ConnectionFacts) -> bool {
    facts.own.close.is_none() && facts.app.error_at.is_none()
}

/// The event that shows the rejection: the subject's reply, its error report or its end of TCP.
fn rejection(facts: &ConnectionFacts, peer: &ObservedClose) -> (At, Observed) {
    let after = |at: &At| *at > peer.at;
    match facts.own.close.filter(|own| after(&own.at)) {
        Some(own) => (own.at, Observed::Replied(peer.code(), own.code())),
        None => {
            let end = facts.tcp.write_closed_at.filter(after);
            let at = facts.app.error_at.filter(after).or(end).unwrap_or(peer.at);
            (at, Observed::Rejected(peer.code()))
        }
    }
}
