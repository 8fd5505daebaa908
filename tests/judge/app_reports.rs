//! Tests what an endpoint reports to its application about the end of a connection.

use crate::scripted::Act::{Closes, ClosesTcp, Hangs, Panics, ReportsClose, ReportsError, Resets};
use crate::scripted::assert_verdict;
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::Rule;

#[test]
fn an_application_is_told_the_code_or_nothing_that_contradicts_it() {
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
fn where_it_may_not_have_taken_the_close_it_is_not_asked_for_its_code() {
    let rule = Rule::ReportsFirstCode;
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
    assert_verdict(
        rule,
        Inconclusive,
        "> close 3333\n> fin\n",
        &[&[], &[ReportsError, ReportsClose(Some(1006), None), ClosesTcp]],
    );
    let glued = "> ping \"x\"\n> close 3333 glue\n> fin\n";
    assert_verdict(rule, Inconclusive, glued, &[&[ReportsClose(None, None)]]);
    assert_verdict(rule, Violates, glued, &[&[Closes(3333), ReportsClose(Some(1000), None), ClosesTcp]]);
    // Not everybody takes every registered code.
    for told in [1006, 1002] {
        assert_verdict(
            rule,
            Inconclusive,
            "> close 1012\n> fin\n",
            &[&[], &[ReportsClose(Some(told), None), ClosesTcp]],
        );
        assert_verdict(
            rule,
            Violates,
            "> close 1012\n",
            &[&[Closes(1012), ReportsClose(Some(told), None), ClosesTcp]],
        );
        assert_verdict(
            rule,
            Violates,
            "> close 3333\n> fin\n",
            &[&[], &[ReportsClose(Some(told), None), ClosesTcp]],
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
fn who_answers_an_empty_close_and_calls_it_an_error_took_it() {
    let rule = Rule::Reports1005;
    assert_verdict(rule, Violates, "> close\n> fin\n", &[&[Closes(1000), ReportsError, ClosesTcp]]);
    assert_verdict(rule, Inconclusive, "> close\n> fin\n", &[&[Closes(1000)], &[ReportsError, ClosesTcp]]);
    assert_verdict(
        rule,
        Inconclusive,
        "> ping \"x\"\n> close glue\n> fin\n",
        &[&[Closes(1000), ReportsError, ClosesTcp]],
    );
    // Its Close was its application's.
    assert_verdict(
        rule,
        Inconclusive,
        "app close 1000\n> close\n",
        &[&[], &[Closes(1000), ReportsError, ClosesTcp]],
    );
}

#[test]
fn a_closure_without_a_close_is_told_as_one() {
    let rule = Rule::Reports1006;
    assert_verdict(rule, Violates, "> fin\n", &[]);
    assert_verdict(rule, Violates, "> ping \"x\"\n", &[&[ClosesTcp]]);
    assert_verdict(rule, Violates, "> fin\n", &[&[ReportsClose(Some(1000), None)]]);
    assert_verdict(rule, Conforms, "> fin\n", &[&[ReportsError]]);
    assert_verdict(rule, NotExercised, "> ping \"x\" rsv=4\n> fin\n", &[&[ClosesTcp]]);
}

#[test]
fn clean_is_a_closure_with_closes_both_ways_before_its_end() {
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
    // Where it let pass what was wrong, who knows which Closes it read.
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
