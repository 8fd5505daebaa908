//! Tests what an endpoint reports to its application about the end of a connection.

use crate::scripted::Act::{Closes, ClosesTcp, Hangs, Panics, ReportsClose, ReportsError, Resets};
use crate::scripted::{assert_verdict, assert_verdict_without};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::{Capability, Rule};

#[test]
fn reports_first_code_is_violated_by_another_code_no_code_or_no_closure() {
    let rule = Rule::ReportsFirstCode;
    assert_verdict(
        rule,
        Conforms,
        "> close 3333\n",
        &[&[Closes(3333), ReportsClose(Some(3333), None), ClosesTcp]],
    );
    assert_verdict(
        rule,
        Violates,
        "> close 3333\n",
        &[&[Closes(3333), ReportsClose(Some(1002), None), ClosesTcp]],
    );
    assert_verdict(
        rule,
        Violates,
        "> close 3333\n",
        &[&[Closes(3333), ReportsClose(Some(1006), None), ClosesTcp]],
    );
    assert_verdict(rule, Violates, "> close 3333\n", &[&[Closes(3333), ReportsClose(None, None), ClosesTcp]]);
    assert_verdict(rule, Violates, "> close 3333\n> fin\n", &[&[Closes(3333)]]);
    assert_verdict(rule, Violates, "> close 3333\n", &[&[Closes(3333), ReportsError, ClosesTcp]]);
}

#[test]
fn reports_first_code_is_not_exercised_unless_the_endpoint_accepted_the_close() {
    let rule = Rule::ReportsFirstCode;
    let unread = "app pause\n> close 3333\nwait 1\napp resume\n";
    assert_verdict(rule, NotExercised, unread, &[&[], &[], &[ClosesTcp]]);
    assert_verdict(rule, NotExercised, "> close 3333\n", &[&[Closes(3333), ClosesTcp, Panics]]);
    assert_verdict(rule, NotExercised, "> close 3333\n", &[&[Closes(3333), ClosesTcp, Hangs]]);
    assert_verdict(rule, NotExercised, "> close 3333\napp pause\n", &[&[Closes(3333), ClosesTcp]]);
    assert_verdict(rule, NotExercised, "> close 3333\n", &[&[ClosesTcp, ReportsClose(Some(1000), None)]]);
    assert_verdict(rule, NotExercised, "> close 3333\n> reset\n", &[&[Closes(3333)]]);
    assert_verdict(
        rule,
        NotExercised,
        "> ping \"x\"\n> close 3333\n> fin\n",
        &[&[ReportsError], &[Closes(3333)]],
    );
    assert_verdict(rule, NotExercised, "> ping \"x\" rsv=4\n> close 3333\n> fin\n", &[&[], &[Closes(3333)]]);
}

#[test]
fn reports_first_code_is_inconclusive_if_the_report_may_be_about_something_else() {
    let rule = Rule::ReportsFirstCode;
    assert_verdict(
        rule,
        Inconclusive,
        "> close 3333\n> fin\n",
        &[&[], &[ReportsError, ReportsClose(Some(1006), None), ClosesTcp]],
    );
    let glued = "> ping \"x\"\n> close 3333 glue\n> fin\n";
    assert_verdict(rule, Inconclusive, glued, &[&[ReportsClose(None, None)]]);
    assert_verdict(rule, Violates, glued, &[&[Closes(3333), ReportsClose(Some(1000), None), ClosesTcp]]);
}

#[test]
fn reports_first_code_allows_an_endpoint_to_reject_a_registered_code() {
    let rule = Rule::ReportsFirstCode;
    for reported in [1006, 1002] {
        assert_verdict(
            rule,
            Inconclusive,
            "> close 1012\n> fin\n",
            &[&[], &[ReportsClose(Some(reported), None), ClosesTcp]],
        );
        assert_verdict(
            rule,
            Violates,
            "> close 1012\n",
            &[&[Closes(1012), ReportsClose(Some(reported), None), ClosesTcp]],
        );
        assert_verdict(
            rule,
            Violates,
            "> close 3333\n> fin\n",
            &[&[], &[ReportsClose(Some(reported), None), ClosesTcp]],
        );
    }
    assert_verdict(
        rule,
        Violates,
        "> close 1012\n> fin\n",
        &[&[], &[ReportsClose(Some(1000), None), ClosesTcp]],
    );
    assert_verdict(
        rule,
        Conforms,
        "> close 1012\n> fin\n",
        &[&[], &[ReportsClose(Some(1012), None), ClosesTcp]],
    );
}

#[test]
fn reports_first_code_allows_a_failure_code_if_the_peer_vanished() {
    let rule = Rule::ReportsFirstCode;
    let steps = "> gone 0\n> close 3333\n> fin\n";
    assert_verdict(rule, Inconclusive, steps, &[&[], &[ReportsClose(Some(1002), None)], &[ClosesTcp]]);
    assert_verdict(rule, Violates, steps, &[&[], &[ReportsClose(Some(1000), None)], &[ClosesTcp]]);
    assert_verdict(
        rule,
        Conforms,
        "> gone 0\n> close 1002\n> fin\n",
        &[&[], &[ReportsClose(Some(1002), None)], &[ClosesTcp]],
    );
}

#[test]
fn reports_1005_is_violated_by_an_error_for_a_close_that_was_accepted() {
    let rule = Rule::Reports1005;
    assert_verdict(rule, Violates, "> close\n> fin\n", &[&[Closes(1000), ReportsError, ClosesTcp]]);
    assert_verdict(rule, Inconclusive, "> close\n> fin\n", &[&[Closes(1000)], &[ReportsError, ClosesTcp]]);
    assert_verdict(
        rule,
        Inconclusive,
        "> ping \"x\"\n> close glue\n> fin\n",
        &[&[Closes(1000), ReportsError, ClosesTcp]],
    );
    // The application requested the Close, so the Close is no reply and shows no acceptance.
    assert_verdict(
        rule,
        Inconclusive,
        "app close 1000\n> close\n",
        &[&[], &[Closes(1000), ReportsError, ClosesTcp]],
    );
}

#[test]
fn reports_1005_is_violated_if_nothing_is_reported() {
    let rule = Rule::Reports1005;
    assert_verdict(rule, Violates, "> close\n> fin\n", &[&[Closes(1000), ClosesTcp]]);
    assert_verdict(rule, Violates, "> close\n", &[&[Closes(1000), ClosesTcp]]);
    assert_verdict(rule, NotExercised, "> close\n", &[&[Closes(1000)]]);
}

#[test]
fn reports_1006_requires_1006_or_an_error_if_no_close_arrived() {
    let rule = Rule::Reports1006;
    assert_verdict(rule, Violates, "> fin\n", &[]);
    assert_verdict(rule, Violates, "> ping \"x\"\n", &[&[ClosesTcp]]);
    assert_verdict(rule, Violates, "> fin\n", &[&[ReportsClose(Some(1000), None)]]);
    assert_verdict(rule, Conforms, "> fin\n", &[&[ReportsError]]);
    assert_verdict(rule, NotExercised, "> ping \"x\" rsv=4\n> fin\n", &[&[ClosesTcp]]);
}

#[test]
fn reports_clean_requires_closes_both_ways_before_tcp_closes() {
    let rule = Rule::ReportsClean;
    assert_verdict(
        rule,
        Conforms,
        "> close 3333\n",
        &[&[Closes(3333), ClosesTcp, ReportsClose(None, Some(true))]],
    );
    assert_verdict(
        rule,
        Violates,
        "> close 3333\n",
        &[&[Closes(3333), ClosesTcp, ReportsClose(None, Some(false))]],
    );
    assert_verdict(
        rule,
        Conforms,
        "> close 3333\n",
        &[&[Resets, Closes(3333), ReportsClose(None, Some(false))]],
    );
    // If the endpoint did not reject a flawed frame, the judge cannot know whether it read the Close after it.
    let flaw_then_close = "> ping \"x\" rsv=4\n> close 3333\n";
    assert_verdict(
        rule,
        NotExercised,
        flaw_then_close,
        &[&[], &[Closes(3333), ClosesTcp, ReportsClose(None, Some(true))]],
    );
    assert_verdict(
        rule,
        Violates,
        flaw_then_close,
        &[&[ReportsError], &[Closes(3333), ClosesTcp, ReportsClose(None, Some(true))]],
    );
}

#[test]
fn reports_clean_is_inconclusive_if_the_closure_may_rightly_be_unclean() {
    let rule = Rule::ReportsClean;
    let unclean = ReportsClose(Some(1006), Some(false));
    let both = "> close 3333\n> fin\n";
    assert_verdict(rule, Violates, both, &[&[Closes(3333)], &[unclean, ClosesTcp]]);
    // The endpoint failed the connection for reasons of its own, and the peer replied.
    let crossed = "> ping \"x\"\n> close 1002\n> fin\n";
    assert_verdict(rule, Inconclusive, crossed, &[&[Closes(1002)], &[], &[unclean, ClosesTcp]]);
    assert_verdict(rule, Violates, crossed, &[&[Closes(1000)], &[], &[unclean, ClosesTcp]]);
    let requested = "app close 1002\n> close 1002\n> fin\n";
    assert_verdict(rule, Violates, requested, &[&[Closes(1002)], &[], &[unclean, ClosesTcp]]);
    // TCP was reset, or an error was reported.
    assert_verdict(rule, Inconclusive, "> close 3333\n> reset\n", &[&[Closes(3333)], &[unclean]]);
    assert_verdict(rule, Inconclusive, "> close 3333\n", &[&[Closes(3333), Resets, unclean]]);
    assert_verdict(rule, Inconclusive, both, &[&[Closes(3333)], &[ReportsError, unclean, ClosesTcp]]);
    // The peer's Close arrived only after the report.
    let late = "app close 1000\nwait 1\n> close 1000\n> fin\n";
    assert_verdict(rule, Inconclusive, late, &[&[Closes(1000)], &[unclean], &[ClosesTcp]]);
    // On a socket, a reset may have lost the Close that makes the closure clean.
    let (lost, clean) = ("> close 3333\n> reset\n", ReportsClose(Some(3333), Some(true)));
    assert_verdict(rule, Violates, lost, &[&[], &[clean]]);
    let socket = [Capability::ShowsBothDirections];
    assert_verdict_without(&socket, rule, Inconclusive, lost, &[&[], &[clean]]);
    assert_verdict_without(&socket, rule, Violates, "> close 3333\n> fin\n", &[&[], &[clean, ClosesTcp]]);
    assert_verdict_without(&socket, rule, Violates, "> reset\n", &[&[clean]]);
    // None of this makes an unclean closure clean.
    let clean = ReportsClose(Some(1006), Some(true));
    assert_verdict(rule, Violates, "> fin\n", &[&[ReportsError, clean, ClosesTcp]]);
}
