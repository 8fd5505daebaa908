//! Judges whether the subject fails the connection for frames that the RFC allows.

use crate::judge::at::At;
use crate::judge::facts::ConnectionFacts;
use crate::judge::reason::InconclusiveReason;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::{GRACE_TICKS, Observed};
use crate::protocol::code::CloseCode;
use crate::rules::{Capability, Rule};

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let rule = Rule::AcceptsLawfulFrames;
    let Some(lawful) = facts.peer.lawful.at else { return };
    let requested = facts.app.close_request.is_some_and(|request| request.at < lawful && !request.refused);
    if facts.cannot_act() || facts.tcp.peer_reset.is_some() || requested {
        return;
    }
    let after = |at: &At| *at > lawful;
    let close = facts.own.close.filter(|own| after(&own.at));
    let error = facts.app.error_at.filter(after);
    let end = facts.tcp.write_closed_at.filter(after);
    let Some(first) = close.map(|own| own.at).into_iter().chain(error).chain(end).min() else {
        return sink.conforms(rule);
    };
    // It did not fail the connection before the next input, so it accepted what came before.
    if facts.peer.lawful.next_input_at.is_some_and(|next| first > next) {
        return sink.conforms(rule);
    }
    let shares_segment = facts.flaw.frame.is_some_and(|flawed| flawed.at == lawful)
        || facts.peer.close.is_some_and(|close| close.at == lawful)
        // An application that resumes reading gets frames and FIN at once.
        || facts.tcp.peer_fin.is_some_and(|fin| fin <= lawful);
    if shares_segment {
        return sink.inconclusive(rule, InconclusiveReason::AmbiguousCause);
    }
    let late = first.tick - lawful.tick > GRACE_TICKS;
    // Where the harness is the application, no program above the subject closes on its own.
    let has_no_policy =
        sink.trace.capabilities.has(Capability::ReportsMessages) || !facts.peer.lawful.has_data;
    let violation = match close {
        _ if late => None,
        Some(own) if own.code() == Some(CloseCode::PROTOCOL_ERROR) => {
            Some((own.at, Observed::FailedWith(own.code())))
        }
        Some(own) if own.code() == Some(CloseCode::INVALID_PAYLOAD) && has_no_policy => {
            Some((own.at, Observed::FailedWith(own.code())))
        }
        // Another code, or none, may be a policy of the subject (§7.3, §7.4.1).
        Some(_) => None,
        None if has_no_policy => Some((first, Observed::Text("ended the connection without a Close"))),
        None => None,
    };
    match violation {
        Some((at, actual)) => sink.violates(rule, at, "the connection kept open", actual),
        None => sink.inconclusive(rule, InconclusiveReason::OwnPolicy),
    }
}
