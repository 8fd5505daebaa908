//! Judges whether the subject failed the connection for the first flawed frame.

use crate::judge::facts::{At, ComparedReaction, ConnectionFacts, FlawedFrame, Reaction};
use crate::judge::observed_close::echoes_reason;
use crate::judge::reason::InconclusiveReason;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::Observed;
use crate::protocol::flaw::Flaw;
use crate::protocol::frame::Opcode;
use crate::rules::{self, Capability, Rule};

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let (Some(flawed), Some(reaction)) = (facts.flaw_to_judge(), facts.reaction_to_flaw) else { return };
    let on_close = flawed.opcode == Opcode::Close;
    if on_close && !flawed.is_complete() && flawed.flaws.contains(Flaw::ControlTooLong) {
        at_once(sink, flawed, reaction);
    }
    for flaw in flawed.flaws.iter() {
        let Some(rule) = rules::receiver_rule(flaw, on_close) else { continue };
        let treatment = Treatment::of(facts, flawed, flaw, reaction);
        if flaw == Flaw::ReasonNotUtf8 {
            bad_reason(sink, facts, flawed, treatment);
        } else {
            note(sink, facts, flawed.flaws.first_at(flaw), rule, treatment);
        }
    }
}

/// How the subject treated one flaw of the frame.
#[derive(Clone, Copy)]
enum Treatment {
    Rejected,
    Accepted(Observed),
    Unknown(InconclusiveReason),
}

impl Treatment {
    fn of(facts: &ConnectionFacts, flawed: &FlawedFrame, flaw: Flaw, reaction: Reaction) -> Treatment {
        match reaction {
            Reaction::Rejected => Treatment::Rejected,
            Reaction::Unknown(reason) => match facts.comparison {
                Some(ComparedReaction::Rejected | ComparedReaction::Closed(_)) => Treatment::Rejected,
                Some(ComparedReaction::Accepted(comparison)) => {
                    Treatment::Accepted(Observed::AcceptedAsUsual(flaw, comparison))
                }
                None => Treatment::Unknown(reason),
            },
            // Before the frame is complete, only a length that no frame can have is a reason to reject it.
            // The same holds for text until its message is complete.
            Reaction::Accepted
                if !flawed.is_complete() && !flaw.must_show_at_once()
                    || flaw == Flaw::TextNotUtf8 && !flawed.ends_message =>
            {
                Treatment::Unknown(InconclusiveReason::IncompleteFrame)
            }
            // A subject that ignores the mask bit reads other octets, which may be valid.
            Reaction::Accepted
                if flaw == Flaw::TextNotUtf8
                    && flawed
                        .flaws
                        .iter()
                        .any(|flaw| matches!(flaw, Flaw::MaskMissing | Flaw::MaskPresent)) =>
            {
                Treatment::Unknown(InconclusiveReason::AmbiguousProperty)
            }
            Reaction::Accepted => Treatment::Accepted(Observed::Accepted(flaw, flawed.code())),
        }
    }
}

fn note(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, at: At, rule: Rule, treatment: Treatment) {
    if facts.is_open_to_comparison {
        sink.open_to_comparison(rule);
    }
    match treatment {
        Treatment::Rejected => sink.conforms(rule),
        Treatment::Unknown(reason) => sink.inconclusive(rule, reason),
        Treatment::Accepted(actual) => sink.violates(rule, at, "the connection failed", actual),
    }
}

/// A reason that is not UTF-8 must fail the connection of an endpoint that "is to interpret" it (§8.1), and should
/// not be accepted by any other.
fn bad_reason(
    sink: &mut VerdictSink<'_>,
    facts: &ConnectionFacts,
    flawed: &FlawedFrame,
    treatment: Treatment,
) {
    let at = flawed.flaws.first_at(Flaw::ReasonNotUtf8);
    let (must, lenient) = (Rule::RejectsBadUtf8Reason, Rule::ValidatesReason);
    match treatment {
        Treatment::Rejected | Treatment::Unknown(_) => {
            note(sink, facts, at, must, treatment);
            note(sink, facts, at, lenient, treatment);
        }
        Treatment::Accepted(_) if interprets_reason(sink, facts, flawed) => {
            note(sink, facts, at, must, treatment);
        }
        Treatment::Accepted(_) => {
            sink.open_to_comparison(must);
            sink.open_to_comparison(lenient);
            if let Some(case) = facts.interprets_reasons {
                let actual = Observed::AcceptedUnlike(Flaw::ReasonNotUtf8, case);
                return note(sink, facts, at, must, Treatment::Accepted(actual));
            }
            let unread = Treatment::Unknown(InconclusiveReason::ReasonNotInterpreted);
            note(sink, facts, at, must, unread);
            note(sink, facts, at, lenient, treatment);
        }
    }
}

/// Whether the subject interprets reasons, or passed this one on.
fn interprets_reason(sink: &VerdictSink<'_>, facts: &ConnectionFacts, flawed: &FlawedFrame) -> bool {
    let echoes = facts
        .own
        .close
        .is_some_and(|own| !own.reason().is_empty() && echoes_reason(own.reason(), flawed.reason()));
    let reports = facts.app.report.and_then(|report| report.reason).is_some_and(|reason| !reason.is_empty());
    sink.trace.capabilities.has(Capability::InterpretsReason) || echoes || reports
}

/// A Close of more than 125 octets has arrived in part. An endpoint may wait for the rest and reject it then.
fn at_once(sink: &mut VerdictSink<'_>, flawed: &FlawedFrame, reaction: Reaction) {
    let rule = Rule::RejectsLongCloseAtOnce;
    match reaction {
        Reaction::Rejected => sink.conforms(rule),
        Reaction::Unknown(reason) => sink.inconclusive(rule, reason),
        Reaction::Accepted => {
            let actual = Observed::Text("waited for the payload of a Close over 125 bytes");
            let at = flawed.flaws.first_at(Flaw::ControlTooLong);
            sink.violates(rule, at, "the connection failed without the payload", actual);
        }
    }
}
