//! What a subject was told, or did, for a reason that excuses it: nothing is held against it there.

#[path = "support/plays.rs"]
mod plays;

use plays::Act::{Closes, Ends, Takes, Tells};
use plays::hold;
use wsclose::judge::Verdict::{Conforms, Inconclusive, Violates};
use wsclose::rules::Rule;

#[test]
fn who_has_closed_may_stop_at_a_ping() {
    let told_1005 = [Tells(Some(1005), Some(true)), Ends];
    let steps = |before: &str| format!("app close 1000\n{before}> close hex:00 rsv=3 glue\nwait 2\n");
    let acts = [&[Closes(1000), Takes][..], &told_1005];
    hold(Rule::RejectsOneByteBody, Violates, &steps(""), &acts);
    for rule in [Rule::RejectsOneByteBody, Rule::RejectsRsv] {
        hold(rule, Inconclusive, &steps("> ping \"p\"\n"), &acts);
    }
}

#[test]
fn told_1005_after_1005_may_be_told_of_no_code() {
    let rule = Rule::RejectsLocalOnlyCodes;
    for (code, verdict) in [(1005, Inconclusive), (1015, Violates)] {
        let told = [Tells(Some(code), Some(true)), Ends];
        let steps = format!("app close 1000\n> close {code}\nwait 2\n");
        hold(rule, verdict, &steps, &[&[Closes(1000), Takes], &told]);
    }
}

#[test]
fn an_end_that_is_called_unclean_is_no_close() {
    let steps = "> fin\nwait 2\n";
    hold(Rule::EofIsNotAClose, Conforms, steps, &[&[Tells(Some(0), Some(false)), Ends]]);
    hold(Rule::Reports1006, Violates, steps, &[&[Tells(Some(0), Some(false)), Ends]]);
    hold(Rule::EofIsNotAClose, Violates, steps, &[&[Tells(Some(0), Some(true)), Ends]]);
}

#[test]
fn who_fails_the_connection_may_call_that_unclean() {
    for (answer, verdict) in [(1002, Inconclusive), (1000, Violates)] {
        let acts = [Closes(answer), Tells(Some(1014), Some(false)), Ends];
        hold(Rule::ReportsClean, verdict, "> close 1014\nwait 2\n", &[&acts]);
    }
}
