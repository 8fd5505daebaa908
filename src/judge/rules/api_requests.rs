//! Judges which requests of the application the subject accepts.

use crate::judge::facts::{CloseRequest, ConnectionFacts};
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
    if let Some(code) = request.code.filter(unsendable) {
        // If the request was refused, a Close with its code replies to a peer that sent the same code.
        let sent = facts.own.close.filter(|own| own.code() == Some(code) && !request.refused);
        let violation = sent.map(|own| (own.at, Observed::SentCode(code)));
        sink.check(Rule::ApiRefusesUnsendableCode, violation, "a refusal");
    }
}

fn long_reason(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, request: &CloseRequest) {
    if request.reason_len <= MAX_REASON {
        return;
    }
    let flaws = &facts.own.close_flaws;
    let flaw = [Flaw::ControlTooLong, Flaw::ReasonNotUtf8]
        .into_iter()
        .find(|flaw| flaws.contains(*flaw) && !request.refused);
    let violation = flaw.map(|flaw| (flaws.first_at(flaw), Observed::Sent(flaw)));
    sink.check(Rule::ApiRefusesLongReason, violation, "a refusal, or a reason truncated between characters");
}
