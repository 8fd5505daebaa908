//! Judges what the subject reports of a closure to its application.

use crate::judge::app_facts::CloseReport;
use crate::judge::facts::{ConnectionFacts, Reaction};
use crate::judge::observed_close::ObservedClose;
use crate::judge::observed_close::is_failure;
use crate::judge::reason::InconclusiveReason;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::Observed;
use crate::protocol::code::{Class, CloseCode};
use crate::protocol::frame::Opcode;
use crate::rules::{Capability, Rule};

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let is_over =
        facts.tcp.closed_at.is_some() || facts.tcp.peer_fin.is_some() || facts.tcp.peer_reset.is_some();
    if facts.cannot_act() || !is_over && facts.app.report.is_none() {
        return;
    }
    match &facts.peer.close {
        Some(peer) if facts.app.error_at.is_none_or(|error| error > peer.at) => {
            // Other rules judge a Close that was rejected, or lost to a reset.
            let rejected = facts.reaction_to_close == Some(Reaction::Rejected);
            let in_time = facts.tcp.closed_at.is_none_or(|closed| closed >= peer.at);
            if !rejected && facts.tcp.peer_reset.is_none() && in_time {
                match peer.code() {
                    Some(code) => close_with_code(sink, facts, peer, code),
                    None => close_without_code(sink, facts, peer),
                }
            }
        }
        Some(_) => {}
        None if facts.flaw.frame.is_some() => after_failing(sink, facts),
        None => no_close(sink, facts),
    }
    if let Some(report) = facts.app.report {
        let twice = Observed::Text("reported the closure again");
        let violation = facts.app.second_report_at.map(|at| (at, twice));
        sink.check(Rule::ReportsOnce, violation, "one report of the closure");
        let ends =
            facts.tcp.write_closed_at.into_iter().chain(facts.tcp.peer_fin).chain(facts.tcp.peer_reset);
        let is_early = ends.min().is_none_or(|end| report.at < end);
        let actual = Observed::Text("reported the closure while TCP was open");
        let violation = is_early.then_some((report.at, actual));
        sink.check(Rule::ReportsAfterTcp, violation, "a report once TCP has ended");
    }
    if is_over {
        clean_flag(sink, facts);
    }
}

fn close_with_code(
    sink: &mut VerdictSink<'_>,
    facts: &ConnectionFacts,
    peer: &ObservedClose,
    code: CloseCode,
) {
    let rule = Rule::ReportsFirstCode;
    if let Some(reason) = first_code_doubt(facts, peer, code) {
        return sink.inconclusive(rule, reason);
    }
    let expected = "the code of the first Close received";
    match facts.app.report {
        Some(report) if report.code == Some(code) => sink.conforms(rule),
        Some(report) => sink.violates(rule, report.at, expected, Observed::Reported(report.code)),
        None => {
            let actual = Observed::Text("nothing was reported to the application");
            sink.violates(rule, peer.at, expected, actual);
        }
    }
    if let Some(report) = facts.app.report
        && let Some(reason) = report.reason
    {
        let actual = Observed::Text("another reason was reported to the application");
        let violation = (sink.trace.octets(reason) != peer.reason()).then_some((report.at, actual));
        sink.check(Rule::ReportsReason, violation, "the reason of the first Close received");
    }
}

/// Why it is unknown whether the subject accepted the Close whose code it had to report.
fn first_code_doubt(
    facts: &ConnectionFacts,
    peer: &ObservedClose,
    code: CloseCode,
) -> Option<InconclusiveReason> {
    let report = facts.app.report;
    let reports_failure =
        |report: CloseReport| report.code != Some(code) && report.code.is_some_and(is_failure);
    if facts.app.error_at.is_some()
        && let Some(Reaction::Unknown(reason)) = facts.reaction_to_close
    {
        return Some(reason);
    }
    if facts.tcp.send_path.cannot_deliver() && report.is_some_and(reports_failure) {
        return Some(InconclusiveReason::Undelivered);
    }
    // An endpoint need not know a registered code, and may report its rejection as a failure.
    let reports_rejection =
        |report: CloseReport| report.code == Some(CloseCode::ABNORMAL) || reports_failure(report);
    if code.class() == Class::Registered
        && report.is_some_and(reports_rejection)
        && facts.reaction_to_close != Some(Reaction::Accepted)
    {
        return Some(InconclusiveReason::RegisteredCode);
    }
    // The subject may have stopped at a frame before the Close, which other rules judge.
    let stopped_before = peer.shares_segment && report.is_some_and(|report| report.code.is_none());
    stopped_before.then_some(InconclusiveReason::AmbiguousCause)
}

fn close_without_code(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, peer: &ObservedClose) {
    let rule = Rule::Reports1005;
    let expected = "1005, or that there was no code";
    if let Some(report) = facts.app.report {
        let wrong = report.code.filter(|code| *code != CloseCode::NO_STATUS);
        let violation = wrong.map(|code| (report.at, Observed::Reported(Some(code))));
        sink.check(rule, violation, expected);
        if let Some(reason) = report.reason {
            let actual = Observed::Text("a reason was reported that the peer did not send");
            let violation = (!reason.is_empty()).then_some((report.at, actual));
            sink.check(Rule::ReportsReason, violation, "the empty string");
        }
        return;
    }
    // An error report that is clearly for a Close that the subject accepted takes the place of its code.
    let error = facts.app.error_at.filter(|error| {
        !peer.shares_segment && facts.peer.input_after_close_at.is_none_or(|next| *error < next)
    });
    match error {
        Some(at) if facts.reaction_to_close == Some(Reaction::Accepted) => {
            sink.violates(rule, at, expected, Observed::Text("an error was reported to the application"));
        }
        None if facts.app.error_at.is_none() => {
            sink.violates(rule, peer.at, expected, Observed::Text("nothing was reported to the application"));
        }
        Some(_) | None => sink.inconclusive(rule, InconclusiveReason::NothingReported),
    }
}

/// The subject failed the connection for a flawed frame, and no Close had arrived.
fn after_failing(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let rule = Rule::Reports1006AfterFailing;
    let Some(flawed) = facts.flaw_to_judge() else { return };
    // Whether a flawed Close, or one behind the flawed frame, was received in the sense of §7.1.5 is open.
    let close_arrived = flawed.opcode == Opcode::Close || facts.flaw.behind.close_at.is_some();
    if close_arrived || facts.reaction_to_flaw != Some(Reaction::Rejected) || facts.tcp.peer_reset.is_some() {
        return;
    }
    let wrong = |report: &CloseReport| report.code.filter(|code| *code != CloseCode::ABNORMAL);
    match (facts.app.report, facts.app.error_at) {
        (Some(report), error) => match (wrong(&report), error) {
            (None, _) => sink.conforms(rule),
            (Some(_), Some(_)) => sink.inconclusive(rule, InconclusiveReason::ClosureAndError),
            (Some(code), None) => {
                sink.violates(rule, report.at, "1006, or an error", Observed::Reported(Some(code)));
            }
        },
        (None, Some(_)) => sink.conforms(rule),
        (None, None) => sink.inconclusive(rule, InconclusiveReason::NothingReported),
    }
}

/// Neither a Close nor a flawed frame arrived: the peer ended TCP or fell silent.
fn no_close(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let rule = Rule::Reports1006;
    let expected = "1006, or an error";
    match (facts.app.report, facts.app.error_at) {
        (Some(report), _) => {
            let wrong = report.code.filter(|code| *code != CloseCode::ABNORMAL);
            let violation = wrong.map(|code| (report.at, Observed::Reported(Some(code))));
            sink.check(rule, violation, expected);
        }
        (None, Some(_)) => sink.conforms(rule),
        (None, None) => match facts.tcp.peer_fin.or(facts.tcp.closed_at) {
            Some(end) => {
                let actual = Observed::Text("nothing was reported to the application");
                sink.violates(rule, end, expected, actual);
            }
            None => sink.inconclusive(rule, InconclusiveReason::NothingReported),
        },
    }
}

/// Whether a closure that is over is reported as clean exactly if Closes went both ways.
fn clean_flag(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let Some(report) = facts.app.report else { return };
    let Some(reported_clean) = report.clean else { return };
    // Which Closes the subject read after a flaw that it did not reject is unknown.
    if facts.reaction_to_flaw.is_some_and(|reaction| reaction != Reaction::Rejected) {
        return;
    }
    // A subject that fails the connection for a lawful Close rightly reports an unclean closure.
    if facts.reaction_to_close == Some(Reaction::Rejected) {
        return sink.inconclusive(Rule::ReportsClean, InconclusiveReason::RejectedClose);
    }
    let was_clean = facts
        .close_exchanged_at()
        .is_some_and(|both| facts.tcp.closed_at.is_none_or(|closed| both <= closed));
    // The endpoint failed the connection of its own accord, TCP was reset, or the second Close came too late.
    let failed_first = facts.initiated_close()
        && !facts.own.close_was_requested
        && facts.own.close.is_some_and(|own| own.code().is_some_and(is_failure));
    let rightly_unclean = failed_first
        || facts.app.error_at.is_some()
        || facts.tcp.ended_by_reset
        || facts.tcp.peer_reset.is_some()
        || facts.close_exchanged_at().is_some_and(|both| report.at < both);
    if was_clean && !reported_clean && rightly_unclean {
        return sink.inconclusive(Rule::ReportsClean, InconclusiveReason::RightlyUnclean);
    }
    // A reset makes a socket drop what arrived before it, the subject's Close too.
    let was_reset = facts.tcp.peer_reset.is_some() || facts.tcp.ended_by_reset;
    let own_close_may_be_lost = was_reset
        && facts.peer.close.is_some()
        && facts.own.close.is_none()
        && !sink.trace.capabilities.has(Capability::ShowsBothDirections);
    if reported_clean && !was_clean && own_close_may_be_lost {
        return sink.inconclusive(Rule::ReportsClean, InconclusiveReason::PeerReset);
    }
    let actual = Observed::Text(if reported_clean {
        "an unclean closure reported as clean"
    } else {
        "a clean closure reported as unclean"
    });
    let violation = (reported_clean != was_clean).then_some((report.at, actual));
    sink.check(Rule::ReportsClean, violation, "clean after Closes both ways, and only then");
}
