//! What a subject made of a Close that every conforming peer may send, and what its application learned of it.

use crate::scripted::Act::{Closes, ClosesTcp, Hangs, Panics, ReportsClose, ReportsError, ShutsDownWrite};
use crate::scripted::{PONG, assert_verdict};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::Rule;

const TAKEN: Rule = Rule::AcceptsDefinedCodes;

#[test]
fn an_error_or_an_end_without_an_answer_refuses_it() {
    assert_verdict(TAKEN, Violates, "> close 1000\n", &[&[ReportsError]]);
    assert_verdict(TAKEN, Violates, "> close 1000\n", &[&[ClosesTcp]]);
    assert_verdict(TAKEN, Violates, "> close 1000\n", &[&[Closes(1002)]]);
    assert_verdict(
        TAKEN,
        Violates,
        "> close 1000\n",
        &[&[ReportsError, ReportsClose(Some(1000), Some(false))]],
    );
    assert_verdict(TAKEN, Violates, "> close 1000\n", &[&[ReportsError, ReportsClose(Some(1005), None)]]);
    // A wish that comes afterwards explains nothing.
    assert_verdict(TAKEN, Violates, "> close 1000\napp close 1000\n", &[&[ClosesTcp]]);
}

#[test]
fn an_error_is_none_where_its_code_was_told_or_something_else_came_before() {
    assert_verdict(TAKEN, Inconclusive, "> close 1000\n", &[&[ReportsError, ReportsClose(Some(1000), None)]]);
    assert_verdict(
        Rule::AcceptsEmptyClose,
        Inconclusive,
        "> close\n",
        &[&[ReportsError, ReportsClose(Some(1005), None)]],
    );
    assert_verdict(TAKEN, Inconclusive, "> close 1000\n> text \"a\"\n", &[&[], &[ReportsError]]);
    assert_verdict(TAKEN, Inconclusive, "> close 1000\n> fin\n", &[&[], &[ReportsError]]);
    assert_verdict(TAKEN, Inconclusive, "> close 1000\n> fin\n", &[&[], &[ClosesTcp]]);
    assert_verdict(TAKEN, NotExercised, "> ping \"x\"\n> close 1000\n", &[&[ReportsError], &[ClosesTcp]]);
    assert_verdict(TAKEN, Inconclusive, "> ping \"x\"\n> close 1000\n", &[&[PONG, ShutsDownWrite]]);
    assert_verdict(TAKEN, NotExercised, "> close 1000\n> reset\n", &[&[ClosesTcp]]);
    assert_verdict(TAKEN, NotExercised, "> close 1000\napp pause\nwait 1\n", &[&[], &[], &[ClosesTcp]]);
}

#[test]
fn what_shares_its_segment_or_surrounds_it_may_be_what_was_refused() {
    assert_verdict(TAKEN, Inconclusive, "> ping \"x\"\n> close 1000 glue\n", &[&[ClosesTcp]]);
    assert_verdict(TAKEN, Inconclusive, "> close 1000\n> ping \"x\" glue\n", &[&[ClosesTcp]]);
    assert_verdict(TAKEN, Inconclusive, "> text \"a\" fin=0\n> close 1000\n", &[&[], &[Closes(1002)]]);
}

#[test]
fn of_several_things_that_may_be_to_blame_none_is() {
    let rule = Rule::AcceptsAnyUtf8Reason;
    assert_verdict(rule, Violates, "> close 1000 \"é\"\n", &[&[ClosesTcp]]);
    assert_verdict(rule, Inconclusive, "> close 3333 \"é\"\n", &[&[ClosesTcp]]);
    assert_verdict(rule, Inconclusive, "> close 1000 \"é\" * 20\n", &[&[ClosesTcp]]);
}

#[test]
fn a_code_that_endpoints_fail_with_is_an_echo_or_its_own() {
    assert_verdict(TAKEN, Conforms, "> close 1002\n", &[&[Closes(1002)]]);
    assert_verdict(TAKEN, Inconclusive, "> close 1002\n", &[&[Closes(1002), ReportsError]]);
    assert_verdict(TAKEN, Conforms, "> close 1000\n", &[&[Closes(1000), ReportsError]]);
}

#[test]
fn who_died_took_and_refused_nothing() {
    assert_verdict(TAKEN, Inconclusive, "> close 1000\n", &[&[Closes(1002), Panics]]);
    assert_verdict(TAKEN, Inconclusive, "> close 1000\n", &[&[Closes(1002), Hangs]]);
}

#[test]
fn who_could_not_write_may_have_refused() {
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
fn what_lay_unread_when_it_left_was_never_read() {
    let steps = "app pause\n> close 3333\nwait 1\napp resume\n";
    assert_verdict(Rule::AcceptsLibraryAndPrivateCodes, NotExercised, steps, &[&[], &[], &[ClosesTcp]]);
    assert_verdict(Rule::ReportsFirstCode, NotExercised, steps, &[&[], &[], &[ClosesTcp]]);
}
