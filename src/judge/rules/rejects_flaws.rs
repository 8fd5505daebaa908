//! Judges whether the subject failed the connection for the first flawed frame.

use crate::judge::facts::{ComparedReaction, ConnectionFacts, FlawedFrame, Reaction};
use crate::judge::reason::InconclusiveReason;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::Observed;
use crate::protocol::flaw::Flaw;
use crate::protocol::frame::Opcode;
use crate::rules::{self, Rule};

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let (Some(flawed), Some(reaction)) = (facts.flaw_to_judge(), facts.reaction_to_flaw) else { return };
    let on_close = flawed.opcode == Opcode::Close;
    if on_close && !flawed.is_complete() && flawed.flaws.contains(Flaw::ControlTooLong) {
        at_once(sink, flawed, reaction);
    }
    for flaw in flawed.flaws.iter() {
        let Some(rule) = rules::receiver_rule(flaw, on_close) else { continue };
        if facts.is_open_to_comparison {
            sink.open_to_comparison(rule);
        }
        match reaction {
            Reaction::Rejected => sink.conforms(rule),
            Reaction::Unknown(reason) => match facts.comparison {
                Some(ComparedReaction::Rejected) => sink.conforms(rule),
                Some(ComparedReaction::Accepted(comparison)) => {
                    let actual = Observed::AcceptedAsUsual(flaw, comparison);
                    sink.violates(rule, flawed.flaws.first_at(flaw), "the connection failed", actual);
                }
                None => sink.inconclusive(rule, reason),
            },
            // Before the frame is complete, only a length that no frame can have is a reason to reject it.
            // The same holds for text until its message is complete.
            Reaction::Accepted
                if !flawed.is_complete() && !flaw.must_show_at_once()
                    || flaw == Flaw::TextNotUtf8 && !flawed.ends_message =>
            {
                sink.inconclusive(rule, InconclusiveReason::IncompleteFrame);
            }
            Reaction::Accepted => {
                let actual = Observed::Accepted(flaw, flawed.code());
                sink.violates(rule, flawed.flaws.first_at(flaw), "the connection failed", actual);
            }
        }
    }
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
