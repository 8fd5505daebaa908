//! What a subject was told, or did, for a reason that excuses it: nothing is held against it there.

use crate::scripted::Act::{Accepts, Closes, ClosesTcp, ReportsClose};
use crate::scripted::assert_verdict;
use wsclose::judge::Verdict::{Conforms, Inconclusive, Violates};
use wsclose::rules::Rule;

#[test]
fn who_has_closed_may_stop_at_a_ping() {
    let told_1005 = [ReportsClose(Some(1005), Some(true)), ClosesTcp];
    let steps = |before: &str| format!("app close 1000\n{before}> close hex:00 rsv=3 glue\nwait 2\n");
    let acts = [&[Closes(1000), Accepts][..], &told_1005];
    assert_verdict(Rule::RejectsOneByteBody, Violates, &steps(""), &acts);
    for rule in [Rule::RejectsOneByteBody, Rule::RejectsRsv] {
        assert_verdict(rule, Inconclusive, &steps("> ping \"p\"\n"), &acts);
    }
}

#[test]
fn told_1005_after_1005_may_be_told_of_no_code() {
    let rule = Rule::RejectsLocalOnlyCodes;
    for (code, verdict) in [(1005, Inconclusive), (1015, Violates)] {
        let told = [ReportsClose(Some(code), Some(true)), ClosesTcp];
        let steps = format!("app close 1000\n> close {code}\nwait 2\n");
        assert_verdict(rule, verdict, &steps, &[&[Closes(1000), Accepts], &told]);
    }
}

#[test]
fn an_end_that_is_called_unclean_is_no_close() {
    let steps = "> fin\nwait 2\n";
    assert_verdict(
        Rule::EofIsNotAClose,
        Conforms,
        steps,
        &[&[ReportsClose(Some(0), Some(false)), ClosesTcp]],
    );
    assert_verdict(Rule::Reports1006, Violates, steps, &[&[ReportsClose(Some(0), Some(false)), ClosesTcp]]);
    assert_verdict(Rule::EofIsNotAClose, Violates, steps, &[&[ReportsClose(Some(0), Some(true)), ClosesTcp]]);
}

#[test]
fn who_fails_the_connection_may_call_that_unclean() {
    for (answer, verdict) in [(1002, Inconclusive), (1000, Violates)] {
        let acts = [Closes(answer), ReportsClose(Some(1014), Some(false)), ClosesTcp];
        assert_verdict(Rule::ReportsClean, verdict, "> close 1014\nwait 2\n", &[&acts]);
    }
}
