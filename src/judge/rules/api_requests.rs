//! Judges which requests of the application the subject accepts.

use super::requested_close::is_cut_from;
use crate::judge::app_facts::CloseRequest;
use crate::judge::facts::{At, ConnectionFacts};
use crate::judge::observed_close::ObservedClose;
use crate::judge::reason::InconclusiveReason;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::Observed;
use crate::protocol::close::MAX_REASON;
use crate::protocol::code::{CloseCode, Profile, Unsendable};
use crate::protocol::flaw::Flaw;
use crate::rules::Rule;

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    if let Some(request) = &facts.app.close_request
        && facts.own.close.is_none_or(|own| own.at > request.at)
    {
        unsendable_code(sink, facts, request);
        long_reason(sink, facts, request);
    }
    if facts.app.send_requested_after_close {
        let actual = Observed::Text("accepted a message after its own Close");
        let violation = facts.app.send_accepted_after_close_at.map(|at| (at, actual));
        sink.check(Rule::ApiRefusesDataAfterClose, violation, "an error to the caller");
    }
}

/// The registry decides which codes an API must refuse, whatever the profile.
fn unsendable_code(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, request: &CloseRequest) {
    let unsendable = |code: &CloseCode| {
        matches!(code.acceptable(Profile::Iana), Err(Unsendable::Undefined | Unsendable::LocalOnly))
    };
    let Some(code) = request.code.filter(unsendable) else { return };
    let sent = facts.own.close.filter(|own| own.code() == Some(code)).map(|own| own.at);
    let sent_it = sent.map(|at| (at, Observed::SentCode(code)));
    let rule = Rule::ApiRefusesUnsendableCode;
    match outcome(facts, request, sent_it) {
        Outcome::Refused => sink.conforms(rule),
        Outcome::Sent(at, actual) => sink.violates(rule, at, "a refusal", actual),
        Outcome::Unknown(reason) => sink.inconclusive(rule, reason),
    }
}

fn long_reason(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, request: &CloseRequest) {
    if request.reason.len() <= MAX_REASON {
        return;
    }
    let rule = Rule::ApiRefusesLongReason;
    let flaws = &facts.own.close_flaws;
    let flaw = [Flaw::ControlTooLong, Flaw::ReasonNotUtf8].into_iter().find(|flaw| flaws.contains(*flaw));
    let sent_it = flaw.map(|flaw| (flaws.first_at(flaw), Observed::Sent(flaw)));
    let truncated = facts.own.close.is_some_and(|own| {
        own.code() == request.code && is_cut_from(own.reason(), sink.trace.octets(request.reason))
    });
    match outcome(facts, request, sent_it) {
        Outcome::Refused => sink.conforms(rule),
        Outcome::Sent(at, actual) => {
            sink.violates(rule, at, "a refusal, or a reason truncated between characters", actual);
        }
        Outcome::Unknown(_) if truncated => sink.conforms(rule),
        Outcome::Unknown(reason) => sink.inconclusive(rule, reason),
    }
}

/// What became of a request that the subject had to refuse.
enum Outcome {
    /// The subject refused it, reported an error, or went on and fulfilled a later request.
    Refused,
    /// The subject sent what it had to refuse.
    Sent(At, Observed),
    /// The trace does not show whether the subject refused it.
    Unknown(InconclusiveReason),
}

/// What became of a request to close. `sent_it` is the event that shows that the subject sent what was requested.
fn outcome(facts: &ConnectionFacts, request: &CloseRequest, sent_it: Option<(At, Observed)>) -> Outcome {
    let other_cause = facts.causes_besides_requests().filter(|cause| *cause > request.at).min();
    let interrupted = |at: At| other_cause.is_some_and(|cause| cause < at);
    let error = facts.app.error_at.filter(|error| *error > request.at && Some(*error) == other_cause);
    // If the request was refused, a Close with its code replies to a peer that sent the same code.
    if request.refused {
        return Outcome::Refused;
    }
    if let Some((at, actual)) = sent_it {
        return if interrupted(at) {
            Outcome::Unknown(InconclusiveReason::RequestInterrupted)
        } else {
            Outcome::Sent(at, actual)
        };
    }
    let fulfils_later = |own: &ObservedClose| {
        let later = facts.app.open_requests.last.filter(|last| last.at > request.at);
        later.is_some_and(|later| own.at > later.at && own.has_requested(later.code))
    };
    match &facts.own.close {
        _ if error.is_some() => Outcome::Refused,
        Some(own) if interrupted(own.at) => Outcome::Unknown(InconclusiveReason::RequestUnanswered),
        Some(own) if fulfils_later(own) => Outcome::Refused,
        Some(_) => Outcome::Unknown(InconclusiveReason::ReplacedRequest),
        None => Outcome::Unknown(InconclusiveReason::RequestUnanswered),
    }
}
