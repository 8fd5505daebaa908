//! The rules about the application: what the endpoint under test told it, and what it let it do.

use super::reaction::{Reaction, is_failure};
use super::story::{At, SeenClose, Story};
use super::{Actual, Bench};
use crate::close::MAX_REASON;
use crate::code::{Class, CloseCode, Profile, Unsendable};
use crate::flaw::Flaw;
use crate::rule::Rule;

pub(super) fn judge(bench: &mut Bench<'_>, story: &Story) {
    if story.panicked.is_none() && story.spinning.is_none() {
        reports(bench, story);
    }
    api(bench, story);
}

/// What the application learned of the closure.
fn reports(bench: &mut Bench<'_>, story: &Story) {
    let over = story.deaf.is_some() || story.peer_fin.is_some() || story.peer_reset.is_some();
    if story.paused || !over && story.report.is_none() {
        return;
    }
    match &story.peer_close {
        Some(peer) if story.error.is_none_or(|error| error > peer.at) => {
            // A Close that was refused, or lost to a reset, is for other rules to judge.
            let taken = story.reaction_to_close(peer) != Reaction::Rejected && story.peer_reset.is_none();
            let in_time = story.deaf.is_none_or(|deaf| deaf >= peer.at);
            if taken && in_time {
                close_received(bench, story, peer);
            }
        }
        Some(_) => {}
        None => no_close(bench, story),
    }
    clean(bench, story, over);
}

fn close_received(bench: &mut Bench<'_>, story: &Story, peer: &SeenClose) {
    let told = story.report;
    match peer.code() {
        Some(code) => {
            let rule = Rule::ReportsFirstCode;
            let expected = "the code of the first Close received";
            // An error, or its own code, may be its way to say that it did not take this Close; where it
            // could not write, the refusal itself cannot be seen.
            let refused = |report: super::story::Report| {
                report.code != Some(code) && report.code.is_some_and(is_failure)
            };
            let registered = code.class() == Class::Registered
                && told.is_some_and(|report| report.code == Some(CloseCode::ABNORMAL) || refused(report));
            if story.error.is_some() && story.reaction_to_close(peer) != Reaction::Accepted
                || story.way.is_mute() && told.is_some_and(refused)
                // Not everybody takes every registered code; who does not, is told of a failure.
                || registered && story.reaction_to_close(peer) != Reaction::Accepted
                // It may have stopped at what came before the Close, which other rules judge.
                || peer.accompanied && told.is_some_and(|report| report.code.is_none())
            {
                return bench.unclear(rule);
            }
            match told {
                Some(report) if report.code == Some(code) => bench.conforms(rule),
                Some(report) => bench.breaks(rule, report.at, expected, Actual::Told(report.code)),
                None => {
                    let actual = Actual::Words("the application was told nothing");
                    bench.breaks(rule, peer.at, expected, actual);
                }
            }
            let reason = told.and_then(|report| Some((report.at, report.reason?)));
            if let Some((at, reason)) = reason {
                let breach = (bench.trace.octets(reason) != peer.reason())
                    .then_some((at, Actual::Words("the application was told another reason")));
                bench.rule(Rule::ReportsReason, breach, "the reason of the first Close received");
            }
        }
        None => match told {
            Some(report) => {
                let breach = report
                    .code
                    .filter(|code| *code != CloseCode::NO_STATUS)
                    .map(|code| (report.at, Actual::Told(Some(code))));
                bench.rule(Rule::Reports1005, breach, "1005, or that there was no code");
                if let Some(reason) = report.reason {
                    let actual = Actual::Words("the application was told a reason that nobody gave");
                    let breach = (!reason.is_empty()).then_some((report.at, actual));
                    bench.rule(Rule::ReportsReason, breach, "the empty string");
                }
            }
            None => {
                // It took the Close, for it answered, and called it an error.
                let told_error = story.error.filter(|error| {
                    let by_close = story.close_until.is_none_or(|until| *error < until);
                    by_close && !peer.accompanied
                });
                match told_error {
                    Some(at) if story.reaction_to_close(peer) == Reaction::Accepted => {
                        let actual = Actual::Words("the application was told an error");
                        bench.breaks(Rule::Reports1005, at, "1005, or that there was no code", actual);
                    }
                    Some(_) | None => bench.unclear(Rule::Reports1005),
                }
            }
        },
    }
}

/// No Close came, and nothing broken either: the peer went away or fell silent.
fn no_close(bench: &mut Bench<'_>, story: &Story) {
    if story.broken.is_some() {
        return;
    }
    let rule = Rule::Reports1006;
    match (story.report, story.error) {
        (Some(report), _) => {
            let breach = report
                .code
                .filter(|code| *code != CloseCode::ABNORMAL)
                .map(|code| (report.at, Actual::Told(Some(code))));
            bench.rule(rule, breach, "1006, or an error");
        }
        (None, Some(_)) => bench.conforms(rule),
        (None, None) if story.deaf.is_some() || story.peer_fin.is_some() => {
            let at = story.peer_fin.or(story.deaf).unwrap_or(story.last);
            bench.breaks(rule, at, "1006, or an error", Actual::Words("the application was told nothing"));
        }
        (None, None) => bench.unclear(rule),
    }
}

fn clean(bench: &mut Bench<'_>, story: &Story, over: bool) {
    let Some((report, told)) = story.report.and_then(|report| Some((report, report.clean?))) else { return };
    // After a flaw that it let pass, who knows which Closes it read.
    let let_pass = story.broken.is_some_and(|broken| story.reaction_to_flaw(&broken) != Reaction::Rejected);
    if !over || let_pass {
        return;
    }
    // Who failed the connection for a lawful Close calls that unclean, and rightly; other rules judge the failing.
    if story.peer_close.is_some_and(|peer| story.reaction_to_close(&peer) == Reaction::Rejected) {
        return bench.unclear(Rule::ReportsClean);
    }
    let in_time = |close: At| story.deaf.is_none_or(|deaf| close <= deaf);
    let was = story.exchanged().is_some_and(in_time);
    let breach = (told != was).then_some((
        report.at,
        Actual::Words(if told {
            "an unclean closure reported as clean"
        } else {
            "a clean closure reported as unclean"
        }),
    ));
    bench.rule(Rule::ReportsClean, breach, "clean after Closes both ways, and only then");
}

/// What the application was allowed.
fn api(bench: &mut Bench<'_>, story: &Story) {
    if let Some(asked) = story.asked
        && story.own_close.is_none_or(|own| own.at > asked.at)
    {
        // The letter of the registry: no profile of a library excuses its API.
        let forbidden = asked.code.filter(|code| {
            matches!(code.acceptable(Profile::Iana), Err(Unsendable::Undefined | Unsendable::LocalOnly))
        });
        let written = story.own_close.and_then(|own| own.code());
        if let Some(code) = forbidden {
            // What was refused and is written all the same answers a peer that said it.
            let breach =
                (written == Some(code) && !asked.refused).then_some((asked.at, Actual::WroteCode(code)));
            bench.rule(Rule::ApiRefusesUnsendableCode, breach, "a refusal");
        }
        if asked.reason_len > MAX_REASON {
            let flaw = [Flaw::ControlTooLong, Flaw::ReasonNotUtf8]
                .into_iter()
                .find(|flaw| story.own_close_flaws.contains(*flaw) && !asked.refused);
            let breach = flaw.map(|flaw| (asked.at, Actual::Wrote(flaw)));
            bench.rule(Rule::ApiRefusesLongReason, breach, "a refusal, or a cut between characters");
        }
    }
    if story.asked_to_send_after_close {
        let breach =
            story.took_data_after_close.map(|at| (at, Actual::Words("took a message after its own Close")));
        bench.rule(Rule::ApiRefusesDataAfterClose, breach, "an error to the caller");
    }
}
