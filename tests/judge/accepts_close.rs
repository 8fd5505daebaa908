//! What a subject made of a Close that every conforming peer may send, and what its application learned of it.

use crate::scripted::Act::{
    Closes, ClosesTcp, Delivers, Hangs, Panics, ReportsClose, ReportsError, Resets, ShutsDownWrite,
};
use crate::scripted::{PONG, assert_verdict, assert_verdict_without};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::{Capability, Rule};

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
fn a_close_inside_a_message_is_answered_or_refused_and_not_passed_over() {
    let rule = Rule::CloseBetweenFragments;
    let steps = "> text \"a\" fin=0\n> close 1000\n";
    assert_verdict(rule, Violates, steps, &[]);
    assert_verdict(rule, Violates, "> text \"a\" fin=0\n> close 1000 glue\n", &[]);
    assert_verdict(rule, Conforms, steps, &[&[], &[ClosesTcp]]);
    assert_verdict(rule, Conforms, steps, &[&[], &[ReportsError]]);
    for left in ["wait 1\n> fin\n", "wait 1\n> reset\n"] {
        assert_verdict(
            rule,
            Violates,
            &format!("{steps}{left}"),
            &[&[], &[], &[], &[ReportsError, ClosesTcp]],
        );
    }
    assert_verdict(rule, NotExercised, "> close 1000\n", &[]);
    // It had no time, or it had answered.
    assert_verdict(rule, Inconclusive, &format!("{steps}> fin\n"), &[]);
    assert_verdict(rule, Conforms, &format!("{steps}> fin\n"), &[&[], &[Closes(1000)]]);
    assert_verdict(rule, NotExercised, steps, &[&[], &[Panics]]);
    assert_verdict(rule, NotExercised, steps, &[&[], &[Hangs]]);
    assert_verdict(rule, NotExercised, &format!("{steps}app pause\n"), &[]);
    assert_verdict(rule, NotExercised, &format!("app close 1000\n{steps}"), &[&[Closes(1000)]]);
}

#[test]
fn an_error_for_what_comes_after_a_close_hides_the_close() {
    let rule = Rule::DiscardsAfterClose;
    let steps = "> close 3333\n> text \"a\"\n";
    assert_verdict(rule, Violates, steps, &[&[Closes(3333)], &[ReportsError]]);
    assert_verdict(
        rule,
        Violates,
        steps,
        &[&[Closes(3333)], &[ReportsError, ReportsClose(Some(1006), None)]],
    );
    assert_verdict(
        rule,
        Conforms,
        steps,
        &[&[Closes(3333), ReportsClose(Some(3333), None)], &[ReportsError]],
    );
    assert_verdict(
        rule,
        Conforms,
        "> close\n> text \"a\"\n",
        &[&[Closes(1000), ReportsClose(Some(1005), None)], &[ReportsError]],
    );
    assert_verdict(rule, Conforms, steps, &[&[Closes(1002)], &[ReportsError]]);
    assert_verdict_without(
        &[Capability::ReportsCloseStatus],
        rule,
        Conforms,
        steps,
        &[&[Closes(3333)], &[ReportsError]],
    );
    assert_verdict(rule, Conforms, &format!("{steps}> fin\n"), &[&[Closes(3333)], &[], &[ReportsError]]);
    assert_verdict(rule, Conforms, &format!("> ping \"x\"\n{steps}"), &[&[ReportsError], &[Closes(3333)]]);
    let message = "> text \"a\" fin=0\n> close 3333\n> continuation \"b\"\n";
    assert_verdict(rule, Violates, message, &[&[], &[Closes(3333)], &[Delivers]]);
    assert_verdict(rule, Conforms, "> close 3333\n> text \"a\" glue\n", &[&[Closes(3333)]]);
    // Nothing came, or it had died.
    assert_verdict(rule, NotExercised, "> close 3333\n", &[&[Closes(3333)]]);
    assert_verdict(rule, NotExercised, steps, &[&[Closes(3333)], &[Panics]]);
}

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

#[test]
fn what_lay_unread_when_it_left_was_never_read() {
    let steps = "app pause\n> close 3333\nwait 1\napp resume\n";
    assert_verdict(Rule::AcceptsLibraryAndPrivateCodes, NotExercised, steps, &[&[], &[], &[ClosesTcp]]);
    assert_verdict(Rule::ReportsFirstCode, NotExercised, steps, &[&[], &[], &[ClosesTcp]]);
}
