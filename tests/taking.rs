//! What a subject made of a Close that every conforming peer may send, and what its application learned of it.

#[path = "support/plays.rs"]
mod plays;

use plays::Act::{Closes, Delivers, Ends, Errs, HalfEnds, Panics, Resets, Spins, Tells};
use plays::{PONG, hold, hold_without};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::{Capability, Rule};

const TAKEN: Rule = Rule::AcceptsDefinedCodes;

#[test]
fn an_error_or_an_end_without_an_answer_refuses_it() {
    hold(TAKEN, Violates, "> close 1000\n", &[&[Errs]]);
    hold(TAKEN, Violates, "> close 1000\n", &[&[Ends]]);
    hold(TAKEN, Violates, "> close 1000\n", &[&[Closes(1002)]]);
    hold(TAKEN, Violates, "> close 1000\n", &[&[Errs, Tells(Some(1000), Some(false))]]);
    hold(TAKEN, Violates, "> close 1000\n", &[&[Errs, Tells(Some(1005), None)]]);
    // A wish that comes afterwards explains nothing.
    hold(TAKEN, Violates, "> close 1000\napp close 1000\n", &[&[Ends]]);
}

#[test]
fn an_error_is_none_where_its_code_was_told_or_something_else_came_before() {
    hold(TAKEN, Inconclusive, "> close 1000\n", &[&[Errs, Tells(Some(1000), None)]]);
    hold(Rule::AcceptsEmptyClose, Inconclusive, "> close\n", &[&[Errs, Tells(Some(1005), None)]]);
    hold(TAKEN, Inconclusive, "> close 1000\n> text \"a\"\n", &[&[], &[Errs]]);
    hold(TAKEN, Inconclusive, "> close 1000\n> fin\n", &[&[], &[Errs]]);
    hold(TAKEN, Inconclusive, "> close 1000\n> fin\n", &[&[], &[Ends]]);
    hold(TAKEN, NotExercised, "> ping \"x\"\n> close 1000\n", &[&[Errs], &[Ends]]);
    hold(TAKEN, Inconclusive, "> ping \"x\"\n> close 1000\n", &[&[PONG, HalfEnds]]);
    hold(TAKEN, NotExercised, "> close 1000\n> reset\n", &[&[Ends]]);
    hold(TAKEN, NotExercised, "> close 1000\napp pause\nwait 1\n", &[&[], &[], &[Ends]]);
}

#[test]
fn what_shares_its_segment_or_surrounds_it_may_be_what_was_refused() {
    hold(TAKEN, Inconclusive, "> ping \"x\"\n> close 1000 glue\n", &[&[Ends]]);
    hold(TAKEN, Inconclusive, "> close 1000\n> ping \"x\" glue\n", &[&[Ends]]);
    hold(TAKEN, Inconclusive, "> text \"a\" fin=0\n> close 1000\n", &[&[], &[Closes(1002)]]);
}

#[test]
fn of_several_things_that_may_be_to_blame_none_is() {
    let rule = Rule::AcceptsAnyUtf8Reason;
    hold(rule, Violates, "> close 1000 \"é\"\n", &[&[Ends]]);
    hold(rule, Inconclusive, "> close 3333 \"é\"\n", &[&[Ends]]);
    hold(rule, Inconclusive, "> close 1000 \"é\" * 20\n", &[&[Ends]]);
}

#[test]
fn a_code_that_endpoints_fail_with_is_an_echo_or_its_own() {
    hold(TAKEN, Conforms, "> close 1002\n", &[&[Closes(1002)]]);
    hold(TAKEN, Inconclusive, "> close 1002\n", &[&[Closes(1002), Errs]]);
    hold(TAKEN, Conforms, "> close 1000\n", &[&[Closes(1000), Errs]]);
}

#[test]
fn who_died_took_and_refused_nothing() {
    hold(TAKEN, Inconclusive, "> close 1000\n", &[&[Closes(1002), Panics]]);
    hold(TAKEN, Inconclusive, "> close 1000\n", &[&[Closes(1002), Spins]]);
}

#[test]
fn a_close_inside_a_message_is_answered_or_refused_and_not_passed_over() {
    let rule = Rule::CloseBetweenFragments;
    let steps = "> text \"a\" fin=0\n> close 1000\n";
    hold(rule, Violates, steps, &[]);
    hold(rule, Violates, "> text \"a\" fin=0\n> close 1000 glue\n", &[]);
    hold(rule, Conforms, steps, &[&[], &[Ends]]);
    hold(rule, Conforms, steps, &[&[], &[Errs]]);
    for left in ["wait 1\n> fin\n", "wait 1\n> reset\n"] {
        hold(rule, Violates, &format!("{steps}{left}"), &[&[], &[], &[], &[Errs, Ends]]);
    }
    hold(rule, NotExercised, "> close 1000\n", &[]);
    // It had no time, or it had answered.
    hold(rule, Inconclusive, &format!("{steps}> fin\n"), &[]);
    hold(rule, Conforms, &format!("{steps}> fin\n"), &[&[], &[Closes(1000)]]);
    hold(rule, NotExercised, steps, &[&[], &[Panics]]);
    hold(rule, NotExercised, steps, &[&[], &[Spins]]);
    hold(rule, NotExercised, &format!("{steps}app pause\n"), &[]);
    hold(rule, NotExercised, &format!("app close 1000\n{steps}"), &[&[Closes(1000)]]);
}

#[test]
fn an_error_for_what_comes_after_a_close_hides_the_close() {
    let rule = Rule::DiscardsAfterClose;
    let steps = "> close 3333\n> text \"a\"\n";
    hold(rule, Violates, steps, &[&[Closes(3333)], &[Errs]]);
    hold(rule, Violates, steps, &[&[Closes(3333)], &[Errs, Tells(Some(1006), None)]]);
    hold(rule, Conforms, steps, &[&[Closes(3333), Tells(Some(3333), None)], &[Errs]]);
    hold(rule, Conforms, "> close\n> text \"a\"\n", &[&[Closes(1000), Tells(Some(1005), None)], &[Errs]]);
    hold(rule, Conforms, steps, &[&[Closes(1002)], &[Errs]]);
    hold_without(&[Capability::ReportsCloseStatus], rule, Conforms, steps, &[&[Closes(3333)], &[Errs]]);
    hold(rule, Conforms, &format!("{steps}> fin\n"), &[&[Closes(3333)], &[], &[Errs]]);
    hold(rule, Conforms, &format!("> ping \"x\"\n{steps}"), &[&[Errs], &[Closes(3333)]]);
    let message = "> text \"a\" fin=0\n> close 3333\n> continuation \"b\"\n";
    hold(rule, Violates, message, &[&[], &[Closes(3333)], &[Delivers]]);
    hold(rule, Conforms, "> close 3333\n> text \"a\" glue\n", &[&[Closes(3333)]]);
    // Nothing came, or it had died.
    hold(rule, NotExercised, "> close 3333\n", &[&[Closes(3333)]]);
    hold(rule, NotExercised, steps, &[&[Closes(3333)], &[Panics]]);
}

#[test]
fn an_application_is_told_the_code_or_nothing_that_contradicts_it() {
    let rule = Rule::ReportsFirstCode;
    hold(rule, Conforms, "> close 3333\n", &[&[Closes(3333), Tells(Some(3333), None), Ends]]);
    hold(rule, Violates, "> close 3333\n", &[&[Closes(3333), Tells(Some(1002), None), Ends]]);
    hold(rule, Violates, "> close 3333\n", &[&[Closes(3333), Tells(Some(1006), None), Ends]]);
    hold(rule, Violates, "> close 3333\n", &[&[Closes(3333), Tells(None, None), Ends]]);
    hold(rule, Violates, "> close 3333\n> fin\n", &[&[Closes(3333)]]);
    hold(rule, Violates, "> close 3333\n", &[&[Closes(3333), Errs, Ends]]);
}

#[test]
fn where_it_may_not_have_taken_the_close_it_is_not_asked_for_its_code() {
    let rule = Rule::ReportsFirstCode;
    hold(rule, NotExercised, "> close 3333\n", &[&[Closes(3333), Ends, Panics]]);
    hold(rule, NotExercised, "> close 3333\n", &[&[Closes(3333), Ends, Spins]]);
    hold(rule, NotExercised, "> close 3333\napp pause\n", &[&[Closes(3333), Ends]]);
    hold(rule, NotExercised, "> close 3333\n", &[&[Ends, Tells(Some(1000), None)]]);
    hold(rule, NotExercised, "> close 3333\n> reset\n", &[&[Closes(3333)]]);
    hold(rule, NotExercised, "> ping \"x\"\n> close 3333\n> fin\n", &[&[Errs], &[Closes(3333)]]);
    hold(rule, NotExercised, "> ping \"x\" rsv=4\n> close 3333\n> fin\n", &[&[], &[Closes(3333)]]);
    hold(rule, Inconclusive, "> close 3333\n> fin\n", &[&[], &[Errs, Tells(Some(1006), None), Ends]]);
    let glued = "> ping \"x\"\n> close 3333 glue\n> fin\n";
    hold(rule, Inconclusive, glued, &[&[Tells(None, None)]]);
    hold(rule, Violates, glued, &[&[Closes(3333), Tells(Some(1000), None), Ends]]);
    // Not everybody takes every registered code.
    for told in [1006, 1002] {
        hold(rule, Inconclusive, "> close 1012\n> fin\n", &[&[], &[Tells(Some(told), None), Ends]]);
        hold(rule, Violates, "> close 1012\n", &[&[Closes(1012), Tells(Some(told), None), Ends]]);
        hold(rule, Violates, "> close 3333\n> fin\n", &[&[], &[Tells(Some(told), None), Ends]]);
    }
    hold(rule, Violates, "> close 1012\n> fin\n", &[&[], &[Tells(Some(1000), None), Ends]]);
    hold(rule, Conforms, "> close 1012\n> fin\n", &[&[], &[Tells(Some(1012), None), Ends]]);
}

#[test]
fn who_could_not_write_may_have_refused() {
    let rule = Rule::ReportsFirstCode;
    let steps = "> gone 0\n> close 3333\n> fin\n";
    hold(rule, Inconclusive, steps, &[&[], &[Tells(Some(1002), None)], &[Ends]]);
    hold(rule, Violates, steps, &[&[], &[Tells(Some(1000), None)], &[Ends]]);
    hold(rule, Conforms, "> gone 0\n> close 1002\n> fin\n", &[&[], &[Tells(Some(1002), None)], &[Ends]]);
}

#[test]
fn who_answers_an_empty_close_and_calls_it_an_error_took_it() {
    let rule = Rule::Reports1005;
    hold(rule, Violates, "> close\n> fin\n", &[&[Closes(1000), Errs, Ends]]);
    hold(rule, Inconclusive, "> close\n> fin\n", &[&[Closes(1000)], &[Errs, Ends]]);
    hold(rule, Inconclusive, "> ping \"x\"\n> close glue\n> fin\n", &[&[Closes(1000), Errs, Ends]]);
    // Its Close was its application's.
    hold(rule, Inconclusive, "app close 1000\n> close\n", &[&[], &[Closes(1000), Errs, Ends]]);
}

#[test]
fn a_closure_without_a_close_is_told_as_one() {
    let rule = Rule::Reports1006;
    hold(rule, Violates, "> fin\n", &[]);
    hold(rule, Violates, "> ping \"x\"\n", &[&[Ends]]);
    hold(rule, Violates, "> fin\n", &[&[Tells(Some(1000), None)]]);
    hold(rule, Conforms, "> fin\n", &[&[Errs]]);
    hold(rule, NotExercised, "> ping \"x\" rsv=4\n> fin\n", &[&[Ends]]);
}

#[test]
fn clean_is_a_closure_with_closes_both_ways_before_its_end() {
    let rule = Rule::ReportsClean;
    hold(rule, Conforms, "> close 3333\n", &[&[Closes(3333), Ends, Tells(None, Some(true))]]);
    hold(rule, Violates, "> close 3333\n", &[&[Closes(3333), Ends, Tells(None, Some(false))]]);
    hold(rule, Conforms, "> close 3333\n", &[&[Resets, Closes(3333), Tells(None, Some(false))]]);
    // Where it let pass what was wrong, who knows which Closes it read.
    let flaw_then_close = "> ping \"x\" rsv=4\n> close 3333\n";
    hold(rule, NotExercised, flaw_then_close, &[&[], &[Closes(3333), Ends, Tells(None, Some(true))]]);
    hold(rule, Violates, flaw_then_close, &[&[Errs], &[Closes(3333), Ends, Tells(None, Some(true))]]);
}

#[test]
fn what_lay_unread_when_it_left_was_never_read() {
    let steps = "app pause\n> close 3333\nwait 1\napp resume\n";
    hold(Rule::AcceptsLibraryAndPrivateCodes, NotExercised, steps, &[&[], &[], &[Ends]]);
    hold(Rule::ReportsFirstCode, NotExercised, steps, &[&[], &[], &[Ends]]);
}
