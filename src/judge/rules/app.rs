//! The rules about the application: what the endpoint under test reported it, and what it let it do.

use crate::judge::facts::{At, ConnectionFacts, ObservedClose};
use crate::judge::reaction::{Reaction, is_failure};
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::Observed;
use crate::protocol::close::MAX_REASON;
use crate::protocol::code::{Class, CloseCode, Profile, Unsendable};
use crate::protocol::flaw::Flaw;
use crate::rules::Rule;

pub(in crate::judge) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    if !facts.health.panicked_or_hung() {
        reports(sink, facts);
    }
    api(sink, facts);
}

/// What the application learned of the closure.
fn reports(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let over =
        facts.tcp.closed_at.is_some() || facts.tcp.peer_fin.is_some() || facts.tcp.peer_reset.is_some();
    if facts.app.paused || !over && facts.app.report.is_none() {
        return;
    }
    match &facts.peer.close {
        Some(peer) if facts.app.error_at.is_none_or(|error| error > peer.at) => {
            // A Close that was refused, or lost to a reset, is for other rules to judge.
            let taken = facts.reaction_to_close(peer) != Reaction::Rejected && facts.tcp.peer_reset.is_none();
            let in_time = facts.tcp.closed_at.is_none_or(|deaf| deaf >= peer.at);
            if taken && in_time {
                close_received(sink, facts, peer);
            }
        }
        Some(_) => {}
        None => no_close(sink, facts),
    }
    clean(sink, facts, over);
}

fn close_received(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, peer: &ObservedClose) {
    let reported = facts.app.report;
    match peer.code() {
        Some(code) => {
            let rule = Rule::ReportsFirstCode;
            let expected = "the code of the first Close received";
            // An error, or its own code, may be its way to say that it did not take this Close; where it
            // could not write, the refusal itself cannot be seen.
            let refused = |report: crate::judge::facts::CloseReport| {
                report.code != Some(code) && report.code.is_some_and(is_failure)
            };
            let registered = code.class() == Class::Registered
                && reported.is_some_and(|report| report.code == Some(CloseCode::ABNORMAL) || refused(report));
            if facts.app.error_at.is_some() && facts.reaction_to_close(peer) != Reaction::Accepted
                || facts.tcp.send_path.cannot_deliver() && reported.is_some_and(refused)
                // Not everybody takes every registered code; who does not, is reported of a failure.
                || registered && facts.reaction_to_close(peer) != Reaction::Accepted
                // It may have stopped at what came before the Close, which other rules judge.
                || peer.shares_segment && reported.is_some_and(|report| report.code.is_none())
            {
                return sink.inconclusive(rule);
            }
            match reported {
                Some(report) if report.code == Some(code) => sink.conforms(rule),
                Some(report) => sink.violates(rule, report.at, expected, Observed::Reported(report.code)),
                None => {
                    let actual = Observed::Text("nothing was reported to the application");
                    sink.violates(rule, peer.at, expected, actual);
                }
            }
            let reason = reported.and_then(|report| Some((report.at, report.reason?)));
            if let Some((at, reason)) = reason {
                let violation = (sink.trace.octets(reason) != peer.reason())
                    .then_some((at, Observed::Text("another reason was reported to the application")));
                sink.check(Rule::ReportsReason, violation, "the reason of the first Close received");
            }
        }
        None => match reported {
            Some(report) => {
                let violation = report
                    .code
                    .filter(|code| *code != CloseCode::NO_STATUS)
                    .map(|code| (report.at, Observed::Reported(Some(code))));
                sink.check(Rule::Reports1005, violation, "1005, or that there was no code");
                if let Some(reason) = report.reason {
                    let actual = Observed::Text("a reason was reported that the peer did not send");
                    let violation = (!reason.is_empty()).then_some((report.at, actual));
                    sink.check(Rule::ReportsReason, violation, "the empty string");
                }
            }
            None => {
                // It took the Close, for it answered, and called it an error.
                let told_error = facts.app.error_at.filter(|error| {
                    let by_close = facts.peer.input_after_close_at.is_none_or(|until| *error < until);
                    by_close && !peer.shares_segment
                });
                match told_error {
                    Some(at) if facts.reaction_to_close(peer) == Reaction::Accepted => {
                        let actual = Observed::Text("an error was reported to the application");
                        sink.violates(Rule::Reports1005, at, "1005, or that there was no code", actual);
                    }
                    Some(_) | None => sink.inconclusive(Rule::Reports1005),
                }
            }
        },
    }
}

/// No Close came, and nothing flawed either: the peer went away or fell silent.
fn no_close(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    if facts.flaw.frame.is_some() {
        return;
    }
    let rule = Rule::Reports1006;
    match (facts.app.report, facts.app.error_at) {
        (Some(report), _) => {
            let violation = report
                .code
                .filter(|code| *code != CloseCode::ABNORMAL)
                .map(|code| (report.at, Observed::Reported(Some(code))));
            sink.check(rule, violation, "1006, or an error");
        }
        (None, Some(_)) => sink.conforms(rule),
        (None, None) if facts.tcp.closed_at.is_some() || facts.tcp.peer_fin.is_some() => {
            let at = facts.tcp.peer_fin.or(facts.tcp.closed_at).unwrap_or(facts.last);
            sink.violates(
                rule,
                at,
                "1006, or an error",
                Observed::Text("nothing was reported to the application"),
            );
        }
        (None, None) => sink.inconclusive(rule),
    }
}

fn clean(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, over: bool) {
    let Some((report, reported)) = facts.app.report.and_then(|report| Some((report, report.clean?))) else {
        return;
    };
    // After a flaw that it let pass, who knows which Closes it read.
    let let_pass =
        facts.flaw.frame.is_some_and(|flawed| facts.reaction_to_flaw(&flawed) != Reaction::Rejected);
    if !over || let_pass {
        return;
    }
    // Who failed the connection for a lawful Close calls that unclean, and rightly; other rules judge the failing.
    if facts.peer.close.is_some_and(|peer| facts.reaction_to_close(&peer) == Reaction::Rejected) {
        return sink.inconclusive(Rule::ReportsClean);
    }
    let in_time = |close: At| facts.tcp.closed_at.is_none_or(|deaf| close <= deaf);
    let was = facts.close_exchanged_at().is_some_and(in_time);
    let violation = (reported != was).then_some((
        report.at,
        Observed::Text(if reported {
            "an unclean closure reported as clean"
        } else {
            "a clean closure reported as unclean"
        }),
    ));
    sink.check(Rule::ReportsClean, violation, "clean after Closes both ways, and only then");
}

/// What the application was allowed.
fn api(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    if let Some(request) = facts.app.close_request
        && facts.own.close.is_none_or(|own| own.at > request.at)
    {
        // The letter of the registry: no profile of a library excuses its API.
        let forbidden = request.code.filter(|code| {
            matches!(code.acceptable(Profile::Iana), Err(Unsendable::Undefined | Unsendable::LocalOnly))
        });
        if let Some(code) = forbidden {
            // What was refused and is written all the same answers a peer that said it.
            let violation = facts
                .own
                .close
                .filter(|own| own.code() == Some(code) && !request.refused)
                .map(|own| (own.at, Observed::SentCode(code)));
            sink.check(Rule::ApiRefusesUnsendableCode, violation, "a refusal");
        }
        if request.reason_len > MAX_REASON {
            let flaw = [Flaw::ControlTooLong, Flaw::ReasonNotUtf8]
                .into_iter()
                .find(|flaw| facts.own.close_flaws.flaws.contains(*flaw) && !request.refused);
            let violation = flaw.map(|flaw| (facts.own.close_flaws.first_at(flaw), Observed::Sent(flaw)));
            sink.check(
                Rule::ApiRefusesLongReason,
                violation,
                "a refusal, or a reason truncated between characters",
            );
        }
    }
    if facts.app.send_requested_after_close {
        let violation = facts
            .app
            .send_accepted_after_close_at
            .map(|at| (at, Observed::Text("accepted a message after its own Close")));
        sink.check(Rule::ApiRefusesDataAfterClose, violation, "an error to the caller");
    }
}
