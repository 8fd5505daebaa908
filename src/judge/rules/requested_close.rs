//! Judges whether a request of the application to close starts the closing handshake with the code and the reason of the
//! request (§7.1.2).

use crate::judge::app_facts::CloseRequest;
use crate::judge::facts::{At, ConnectionFacts};
use crate::judge::observed_close::{ObservedClose, is_failure};
use crate::judge::reason::InconclusiveReason;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::{GRACE_TICKS, Observed};
use crate::protocol::close::MAX_REASON;
use crate::protocol::code::{Class, CloseCode, Profile};
use crate::protocol::flaw::Flaw;
use crate::rules::{Capability, Rule};

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let Some(request) = &facts.app.open_requests.first else { return };
    let other_cause = facts.causes_besides_requests().min();
    if other_cause.is_some_and(|at| at < request.at) || facts.health.panicked_or_hung() {
        return;
    }
    let interrupted = |at: At| other_cause.is_some_and(|cause| cause < at);
    match &facts.own.close {
        // A program that reads a frame to its end handles the request after that.
        Some(own) if request.during_frame && interrupted(own.at) => {
            sink.inconclusive(Rule::RequestedCloseSent, InconclusiveReason::RequestInterrupted);
        }
        Some(own) if interrupted(own.at) => {
            sent_nothing(sink, facts, request, other_cause);
            if may_be_sent(sink, request) {
                sink.inconclusive(Rule::RequestedCodeSent, InconclusiveReason::RequestInterrupted);
            }
        }
        Some(own) => {
            sink.conforms(Rule::RequestedCloseSent);
            code(sink, facts, request, own);
            reason(sink, facts, request, own);
        }
        // An incomplete Close is the question of `stream-well-formed`.
        None if facts.own.close_count > 0 || facts.app.paused => {}
        None => match facts.tcp.write_closed_at {
            Some(end) if end < request.at => {}
            Some(end) if !interrupted(end) => ended_tcp(sink, request, end),
            Some(_) | None => sent_nothing(sink, facts, request, other_cause),
        },
    }
}

/// The subject ended TCP after the request and before anything else happened.
fn ended_tcp(sink: &mut VerdictSink<'_>, request: &CloseRequest, end: At) {
    let rule = Rule::RequestedCloseSent;
    if request.accepted || cannot_be_refused(request) {
        sink.violates(
            rule,
            end,
            "a Close before the end of TCP",
            Observed::Text("ended TCP without a Close"),
        );
    } else {
        sink.inconclusive(rule, InconclusiveReason::MayBeRefusal);
    }
}

/// The subject neither sent a Close nor ended TCP before something else happened, or the script ended.
fn sent_nothing(
    sink: &mut VerdictSink<'_>,
    facts: &ConnectionFacts,
    request: &CloseRequest,
    other_cause: Option<At>,
) {
    let rule = Rule::RequestedCloseSent;
    let ticks = other_cause.unwrap_or(facts.last).tick - request.at.tick;
    // One case shows whether the program of a live endpoint carries out such requests.
    let is_open = !request.accepted && cannot_be_refused(request);
    if is_open {
        sink.open_to_comparison(rule);
    }
    let as_usual = facts.closes_on_request.filter(|_| is_open);
    if !request.accepted && as_usual.is_none() {
        let reason = match facts.own.close {
            Some(_) => InconclusiveReason::RequestInterrupted,
            None => InconclusiveReason::RequestUnanswered,
        };
        sink.inconclusive(rule, reason);
    } else if sink.trace.capabilities.has(Capability::HasTimeouts) && ticks <= GRACE_TICKS {
        sink.inconclusive(rule, InconclusiveReason::WithinGrace);
    } else {
        let actual = match as_usual {
            Some(case) => Observed::IgnoredRequest(case),
            None => Observed::Text("accepted the request and sent no Close"),
        };
        sink.violates(rule, request.at, "a Close", actual);
    }
}

fn code(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, request: &CloseRequest, own: &ObservedClose) {
    let rule = Rule::RequestedCodeSent;
    // A body of one octet is the question of `body-empty-or-code`.
    if !may_be_sent(sink, request) || own.flaws.contains(Flaw::BodyOneByte) {
        return;
    }
    let open = &facts.app.open_requests;
    if own.has_requested(request.code) || open.last.is_some_and(|last| own.has_requested(last.code)) {
        sink.conforms(rule);
    } else if open.count > 1 {
        sink.inconclusive(rule, InconclusiveReason::RepeatedRequest);
    } else if request.code.is_none() {
        sink.inconclusive(rule, InconclusiveReason::NoCodeRequested);
    } else if !request.accepted && own.code().is_some_and(is_failure) {
        sink.inconclusive(rule, InconclusiveReason::MayBeRefusal);
    } else if !request.accepted && request.code.is_some_and(|code| code.class() == Class::Registered) {
        sink.inconclusive(rule, InconclusiveReason::RegisteredCode);
    } else {
        let actual = Observed::SentInPlaceOf(own.code(), request.code);
        sink.violates(rule, own.at, "the code that the application requested", actual);
    }
}

fn reason(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, request: &CloseRequest, own: &ObservedClose) {
    let rule = Rule::RequestedReasonSent;
    // Other rules judge a Close without the requested code, one that is too long, and a reason that is not UTF-8.
    let misformed = own.flaws.contains(Flaw::ControlTooLong) || own.flaws.contains(Flaw::ReasonNotUtf8);
    if request.reason.is_empty() || request.code.is_none() || own.code() != request.code || misformed {
        return;
    }
    let requested = sink.trace.octets(request.reason);
    if own.reason() == requested || is_cut_from(own.reason(), requested) {
        sink.conforms(rule);
    } else if facts.app.open_requests.count > 1 {
        sink.inconclusive(rule, InconclusiveReason::RepeatedRequest);
    } else if requested.len() > MAX_REASON || !request.accepted && is_cut_at_nul(own.reason(), requested) {
        sink.inconclusive(rule, InconclusiveReason::ReplacedRequest);
    } else {
        let actual = Observed::Text(if own.reason().is_empty() {
            "sent the requested code without the requested reason"
        } else {
            "sent another reason than the requested one"
        });
        sink.violates(rule, own.at, "the reason that the application requested", actual);
    }
}

/// Whether a reason is the beginning of one that is too long to be sent. Both are UTF-8, so the cut is between characters.
pub(super) fn is_cut_from(sent: &[u8], requested: &[u8]) -> bool {
    requested.len() > MAX_REASON && !sent.is_empty() && requested.starts_with(sent)
}

/// Whether a reason is the part of the requested one before its first NUL. The interface of the subject may take a string
/// that ends there, so that its application requested this part alone.
fn is_cut_at_nul(sent: &[u8], requested: &[u8]) -> bool {
    requested.split(|octet| *octet == 0).next() == Some(sent)
}

/// Whether the subject may send a Close with the requested code. The registry decides, whatever the profile.
fn may_be_sent(sink: &VerdictSink<'_>, request: &CloseRequest) -> bool {
    request.code.is_none_or(|code| code.sendable(sink.trace.role, Profile::Iana).is_ok())
}

/// Whether every interface accepts the request, so that what the subject did is no refusal. An interface may refuse to
/// close with the codes that are the protocol's own, as those of browsers do.
fn cannot_be_refused(request: &CloseRequest) -> bool {
    let by_application = |code: CloseCode| {
        code == CloseCode::NORMAL || matches!(code.class(), Class::Library | Class::Private)
    };
    request.code.is_some_and(by_application) && request.reason.len() <= MAX_REASON
}
