//! What a subject made of a broken frame: what it does shows that it refused it, or took it, or neither; and when.

#[path = "support/plays.rs"]
mod plays;

use plays::Act::{Closes, Delivers, Ends, Errs, HalfEnds, Panics, Resets, Spins, Tells};
use plays::{PONG, hold};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::Rule;

const BAD: Rule = Rule::RejectsBadUtf8Reason;
const RSV: Rule = Rule::RejectsRsv;

#[test]
fn an_error_or_a_code_that_says_so_is_a_refusal() {
    let steps = "> close 3333 hex:80\n";
    hold(BAD, Conforms, steps, &[&[Errs]]);
    hold(BAD, Conforms, steps, &[&[Closes(1007)]]);
    hold(BAD, Conforms, steps, &[&[Tells(None, Some(false))]]);
    hold(BAD, Conforms, steps, &[&[Tells(Some(1006), None)]]);
    hold(BAD, Conforms, steps, &[&[Tells(Some(1007), None)]]);
    hold(BAD, Conforms, steps, &[&[Tells(Some(3333), Some(false))]]);
}

#[test]
fn the_code_that_came_is_taken_and_another_says_nothing() {
    let steps = "> close 3333 hex:80\n";
    hold(BAD, Violates, steps, &[&[Closes(3333)]]);
    hold(BAD, Violates, steps, &[&[Tells(Some(3333), None)]]);
    hold(BAD, Inconclusive, steps, &[&[Closes(1000)]]);
    hold(BAD, Inconclusive, steps, &[&[Tells(Some(1000), None)]]);
    // It told the code, and later that something was wrong.
    hold(BAD, Inconclusive, "> close 3333 hex:80\n> ping \"x\"\n", &[&[Tells(Some(3333), None)], &[Errs]]);
}

#[test]
fn a_code_that_endpoints_fail_with_is_an_echo_or_its_own() {
    hold(BAD, Inconclusive, "> close 1008 hex:80\n", &[&[Closes(1008)]]);
    hold(BAD, Inconclusive, "> close 1008 hex:80\n", &[&[Tells(Some(1008), None)]]);
    hold(Rule::RejectsLocalOnlyCodes, Inconclusive, "> close 1006\n", &[&[Tells(Some(1006), None)]]);
}

#[test]
fn who_died_or_had_no_time_took_nothing() {
    hold(BAD, Inconclusive, "> close 3333 hex:80\n", &[&[Panics]]);
    hold(BAD, Inconclusive, "> close 3333 hex:80\n", &[&[Spins]]);
    hold(BAD, Inconclusive, "> close 3333 hex:80\n> ping \"x\"\n", &[]);
    hold(BAD, Violates, "> close 3333 hex:80\n", &[]);
    // An application that stopped reading a tick later changes nothing.
    hold(BAD, Violates, "> close 3333 hex:80\nwait 1\napp pause\n", &[]);
}

#[test]
fn what_is_done_upon_the_next_thing_may_be_for_that() {
    let steps = "> close 3333 hex:80\n> ping \"x\"\n";
    hold(BAD, Inconclusive, steps, &[&[], &[Closes(1002)]]);
    hold(BAD, Inconclusive, steps, &[&[], &[Errs]]);
    for next in ["app pause\n", "app send text \"a\"\n"] {
        hold(BAD, Inconclusive, &format!("> close 3333 hex:80\n{next}"), &[&[], &[Errs]]);
    }
    hold(RSV, Inconclusive, "> ping \"x\" rsv=4\n> text \"a\"\n", &[&[], &[PONG]]);
    // And so may be what shared its segment.
    hold(BAD, Inconclusive, "> close 3333 hex:80\n> close 1005 glue\n", &[&[Errs]]);
    hold(
        RSV,
        Inconclusive,
        "app pause\n> ping \"x\" rsv=4\n> close 1000\napp resume\n",
        &[&[], &[], &[], &[Errs]],
    );
    hold(RSV, Conforms, "> ping \"x\" rsv=4\n> ping \"y\" glue\n", &[&[Errs]]);
    // The payload of a Close that is too long is not waited for.
    let steps = "> octets 88fe 0080 00000000\n> octets 00\n";
    hold(Rule::RejectsLongClose, Inconclusive, steps, &[&[], &[Errs]]);
    hold(RSV, Inconclusive, "> ping \"x\" rsv=4\n> close 1000 glue\n", &[&[PONG]]);
}

#[test]
fn who_answers_a_broken_ping_took_it_unless_it_had_failed_before() {
    hold(RSV, Violates, "> ping \"x\" rsv=4\n", &[&[PONG]]);
    hold(RSV, Conforms, "> ping \"x\" rsv=4\n", &[&[Closes(1002), PONG]]);
    hold(RSV, Violates, "> text \"a\" rsv=4\n", &[&[Delivers, Closes(1002)]]);
    hold(RSV, Violates, "> text \"a\" rsv=4\n> ping \"x\" glue\n", &[&[PONG, Errs]]);
    hold(RSV, Violates, "> ping \"x\" rsv=4\n> ping \"y\" glue\n", &[&[PONG, Errs]]);
    // A heartbeat, and what it owed from before.
    hold(RSV, Conforms, "> ping \"y\" rsv=4\n", &[&[PONG, Errs]]);
    hold(RSV, Conforms, "> ping \"x\"\n> ping \"x\" rsv=4\n", &[&[], &[PONG, Errs]]);
    hold(RSV, Conforms, "> text \"a\"\n> ping \"x\" rsv=4\n", &[&[], &[Delivers, Closes(1002)]]);
}

#[test]
fn who_had_failed_before_is_not_asked() {
    hold(BAD, NotExercised, "> ping \"x\"\n> close 3333 hex:80\n", &[&[Errs]]);
}

#[test]
fn who_was_closing_already_shows_little() {
    let steps = "> ping \"x\"\n> ping \"y\" rsv=4\n";
    hold(RSV, Inconclusive, steps, &[&[PONG, Closes(1002)]]);
    hold(RSV, Inconclusive, steps, &[&[PONG, Closes(1000)], &[HalfEnds]]);
    hold(RSV, Inconclusive, steps, &[&[PONG, Closes(1000)], &[Closes(1000)]]);
    hold(RSV, Conforms, steps, &[&[PONG, Closes(1000)], &[Ends]]);
    hold(RSV, Conforms, steps, &[&[PONG, Closes(1000)], &[Closes(1002)]]);
    hold(RSV, Conforms, steps, &[&[PONG, Closes(1000), Closes(1000)], &[Closes(1002)]]);
    // Not for this frame, but for the next.
    let later = "> ping \"x\"\n> ping \"y\" rsv=4\n> ping \"z\"\n";
    hold(RSV, Inconclusive, later, &[&[PONG, Closes(1000)], &[], &[Closes(1002)]]);
    // For a Close, ending TCP is what it would have done anyhow, and a code that came may be an echo.
    let steps = "> ping \"x\"\n> close 1002 hex:80\n";
    hold(BAD, Inconclusive, steps, &[&[PONG, Closes(1000)], &[Ends]]);
    hold(BAD, Inconclusive, steps, &[&[PONG, Closes(1000)], &[Closes(1002)]]);
    // What it told before the frame came is not about it.
    let steps = "> ping \"x\"\n> close 3333 hex:80\n";
    hold(BAD, Inconclusive, steps, &[&[PONG, Closes(1000), Tells(Some(3333), None)]]);
    // Its application wished to close while the frame was coming.
    hold(RSV, Inconclusive, "> ping \"x\" rsv=4 cut=1\n", &[&[Closes(1000)]]);
    let steps = "> octets c9\napp close 1000\n> octets 8000000000\n";
    hold(RSV, Inconclusive, steps, &[&[], &[Closes(1000)]]);
}

#[test]
fn who_has_ended_what_it_sends_cannot_answer() {
    let steps = "> ping \"x\"\n> ping \"y\" rsv=4\n";
    hold(RSV, Inconclusive, steps, &[&[PONG, HalfEnds]]);
    hold(RSV, Inconclusive, steps, &[&[HalfEnds], &[Errs]]);
    hold(RSV, Conforms, steps, &[&[PONG, HalfEnds], &[Errs]]);
}

#[test]
fn until_a_frame_is_whole_only_its_length_can_have_been_refused() {
    // Without FIN, and longer than a control frame may be.
    let header = "> octets 08fe 0100 00000000\n";
    hold(Rule::RejectsLongClose, Violates, header, &[]);
    hold(Rule::RejectsFragmentedClose, Inconclusive, header, &[]);
    hold(Rule::RejectsLongClose, Inconclusive, "> octets 88fe\n", &[]);
}

#[test]
fn failing_ends_tcp_and_who_keeps_time_may_take_it() {
    let rule = Rule::FailClosesTcp;
    let broken = "> close 3333 hex:80\n";
    hold(rule, Inconclusive, broken, &[&[Closes(1007)]]);
    hold(rule, Inconclusive, &format!("{broken}wait 15\n"), &[&[Closes(1007)]]);
    hold(rule, Violates, &format!("{broken}wait 16\n"), &[&[Closes(1007)]]);
    hold(rule, Violates, &format!("{broken}> fin\n"), &[&[Closes(1007)]]);
    hold(rule, Inconclusive, &format!("{broken}> fin\n"), &[&[Errs, Panics]]);
    hold(rule, Inconclusive, &format!("{broken}> fin\n"), &[&[Errs, Spins]]);
}

#[test]
fn a_close_says_why_it_fails_unless_it_could_not_be_sent() {
    let rule = Rule::FailSendsClose;
    hold(rule, Violates, "> close 3333 hex:80\n", &[&[Errs, Resets]]);
    hold(rule, NotExercised, "> close 3333 hex:80\n", &[&[Errs, Panics]]);
    hold(rule, NotExercised, "> close 3333 hex:80\n> reset\n", &[&[Errs]]);
    // Its application's Close went out while the frame was coming.
    let steps = "app close 1000\n> ping \"x\" rsv=4 cut=1\n";
    hold(rule, NotExercised, steps, &[&[], &[Closes(1000)], &[Errs]]);
}

#[test]
fn a_code_fits_what_was_wrong_as_far_as_it_had_come() {
    let rule = Rule::FailCodeFits;
    hold(rule, Violates, "> close 1000 hex:80\n", &[&[Closes(1002)]]);
    // 1012 is not known to everybody.
    hold(rule, Conforms, "> close 1012 hex:80\n", &[&[Closes(1002)]]);
    hold(rule, Violates, "> close 1012 hex:80\n", &[&[Closes(1003)]]);
    // The header of a text of a mebibyte: what follows may be worse, as far as it knows.
    let big = "> octets 81ff 0000000000100000 00000000\n";
    hold(rule, Conforms, big, &[&[Closes(1009)]]);
    hold(rule, Inconclusive, big, &[&[Closes(1008)]]);
    // Half a header, and something else before the Close.
    hold(rule, Inconclusive, "> octets c9\n> fin\n", &[&[Errs], &[Closes(1000)]]);
    hold(rule, Violates, "> close 3333 hex:80\n> ping \"x\"\n", &[&[Errs], &[Closes(1000)]]);
}

#[test]
fn a_second_close_after_failing_may_only_say_why() {
    let rule = Rule::NothingAfterFail;
    let steps = "app close 1000\n> ping \"x\" rsv=4\n";
    hold(rule, Conforms, steps, &[&[Closes(1000)], &[Closes(1002)]]);
    hold(rule, Conforms, steps, &[&[Closes(1000), Closes(1000)], &[Errs]]);
    let steps = "> ping \"x\"\n> ping \"y\" rsv=4\n";
    hold(rule, Conforms, steps, &[&[PONG, Closes(1000)], &[Errs]]);
    hold(Rule::NothingAfterFail, Violates, "> ping \"y\" rsv=4\n", &[&[Closes(1002), Closes(1002)]]);
    hold(rule, Violates, "app close 1000\n> ping \"x\" rsv=4\n", &[&[Closes(1000)], &[Errs, Closes(1000)]]);
}
