//! What a subject made of a broken frame: what it does shows that it refused it, or took it, or neither; and when.

use crate::scripted::Act::{
    Closes, ClosesTcp, Delivers, Hangs, Panics, ReportsClose, ReportsError, ShutsDownWrite,
};
use crate::scripted::{PONG, assert_verdict};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::Rule;

const BAD: Rule = Rule::RejectsBadUtf8Reason;
const RSV: Rule = Rule::RejectsRsv;

#[test]
fn an_error_or_a_code_that_says_so_is_a_refusal() {
    let steps = "> close 3333 hex:80\n";
    assert_verdict(BAD, Conforms, steps, &[&[ReportsError]]);
    assert_verdict(BAD, Conforms, steps, &[&[Closes(1007)]]);
    assert_verdict(BAD, Conforms, steps, &[&[ReportsClose(None, Some(false))]]);
    assert_verdict(BAD, Conforms, steps, &[&[ReportsClose(Some(1006), None)]]);
    assert_verdict(BAD, Conforms, steps, &[&[ReportsClose(Some(1007), None)]]);
    assert_verdict(BAD, Conforms, steps, &[&[ReportsClose(Some(3333), Some(false))]]);
}

#[test]
fn the_code_that_came_is_taken_and_another_says_nothing() {
    let steps = "> close 3333 hex:80\n";
    assert_verdict(BAD, Violates, steps, &[&[Closes(3333)]]);
    assert_verdict(BAD, Violates, steps, &[&[ReportsClose(Some(3333), None)]]);
    assert_verdict(BAD, Inconclusive, steps, &[&[Closes(1000)]]);
    assert_verdict(BAD, Inconclusive, steps, &[&[ReportsClose(Some(1000), None)]]);
    // It told the code, and later that something was wrong.
    assert_verdict(
        BAD,
        Inconclusive,
        "> close 3333 hex:80\n> ping \"x\"\n",
        &[&[ReportsClose(Some(3333), None)], &[ReportsError]],
    );
}

#[test]
fn a_code_that_endpoints_fail_with_is_an_echo_or_its_own() {
    assert_verdict(BAD, Inconclusive, "> close 1008 hex:80\n", &[&[Closes(1008)]]);
    assert_verdict(BAD, Inconclusive, "> close 1008 hex:80\n", &[&[ReportsClose(Some(1008), None)]]);
    assert_verdict(
        Rule::RejectsLocalOnlyCodes,
        Inconclusive,
        "> close 1006\n",
        &[&[ReportsClose(Some(1006), None)]],
    );
}

#[test]
fn who_died_or_had_no_time_took_nothing() {
    assert_verdict(BAD, Inconclusive, "> close 3333 hex:80\n", &[&[Panics]]);
    assert_verdict(BAD, Inconclusive, "> close 3333 hex:80\n", &[&[Hangs]]);
    assert_verdict(BAD, Inconclusive, "> close 3333 hex:80\n> ping \"x\"\n", &[]);
    assert_verdict(BAD, Violates, "> close 3333 hex:80\n", &[]);
    // An application that stopped reading a tick later changes nothing.
    assert_verdict(BAD, Violates, "> close 3333 hex:80\nwait 1\napp pause\n", &[]);
}

#[test]
fn what_is_done_upon_the_next_thing_may_be_for_that() {
    let steps = "> close 3333 hex:80\n> ping \"x\"\n";
    assert_verdict(BAD, Inconclusive, steps, &[&[], &[Closes(1002)]]);
    assert_verdict(BAD, Inconclusive, steps, &[&[], &[ReportsError]]);
    for next in ["app pause\n", "app send text \"a\"\n"] {
        assert_verdict(BAD, Inconclusive, &format!("> close 3333 hex:80\n{next}"), &[&[], &[ReportsError]]);
    }
    assert_verdict(RSV, Inconclusive, "> ping \"x\" rsv=4\n> text \"a\"\n", &[&[], &[PONG]]);
    // And so may be what shared its segment.
    assert_verdict(BAD, Inconclusive, "> close 3333 hex:80\n> close 1005 glue\n", &[&[ReportsError]]);
    assert_verdict(
        RSV,
        Inconclusive,
        "app pause\n> ping \"x\" rsv=4\n> close 1000\napp resume\n",
        &[&[], &[], &[], &[ReportsError]],
    );
    assert_verdict(RSV, Conforms, "> ping \"x\" rsv=4\n> ping \"y\" glue\n", &[&[ReportsError]]);
    // The payload of a Close that is too long is not waited for.
    let steps = "> octets 88fe 0080 00000000\n> octets 00\n";
    assert_verdict(Rule::RejectsLongClose, Inconclusive, steps, &[&[], &[ReportsError]]);
    assert_verdict(RSV, Inconclusive, "> ping \"x\" rsv=4\n> close 1000 glue\n", &[&[PONG]]);
}

#[test]
fn who_answers_a_broken_ping_took_it_unless_it_had_failed_before() {
    assert_verdict(RSV, Violates, "> ping \"x\" rsv=4\n", &[&[PONG]]);
    assert_verdict(RSV, Conforms, "> ping \"x\" rsv=4\n", &[&[Closes(1002), PONG]]);
    assert_verdict(RSV, Violates, "> text \"a\" rsv=4\n", &[&[Delivers, Closes(1002)]]);
    assert_verdict(RSV, Violates, "> text \"a\" rsv=4\n> ping \"x\" glue\n", &[&[PONG, ReportsError]]);
    assert_verdict(RSV, Violates, "> ping \"x\" rsv=4\n> ping \"y\" glue\n", &[&[PONG, ReportsError]]);
    // A heartbeat, and what it owed from before.
    assert_verdict(RSV, Conforms, "> ping \"y\" rsv=4\n", &[&[PONG, ReportsError]]);
    assert_verdict(RSV, Conforms, "> ping \"x\"\n> ping \"x\" rsv=4\n", &[&[], &[PONG, ReportsError]]);
    assert_verdict(RSV, Conforms, "> text \"a\"\n> ping \"x\" rsv=4\n", &[&[], &[Delivers, Closes(1002)]]);
}

#[test]
fn who_had_failed_before_is_not_asked() {
    assert_verdict(BAD, NotExercised, "> ping \"x\"\n> close 3333 hex:80\n", &[&[ReportsError]]);
}

#[test]
fn who_was_closing_already_shows_little() {
    let steps = "> ping \"x\"\n> ping \"y\" rsv=4\n";
    assert_verdict(RSV, Inconclusive, steps, &[&[PONG, Closes(1002)]]);
    assert_verdict(RSV, Inconclusive, steps, &[&[PONG, Closes(1000)], &[ShutsDownWrite]]);
    assert_verdict(RSV, Inconclusive, steps, &[&[PONG, Closes(1000)], &[Closes(1000)]]);
    assert_verdict(RSV, Conforms, steps, &[&[PONG, Closes(1000)], &[ClosesTcp]]);
    assert_verdict(RSV, Conforms, steps, &[&[PONG, Closes(1000)], &[Closes(1002)]]);
    assert_verdict(RSV, Conforms, steps, &[&[PONG, Closes(1000), Closes(1000)], &[Closes(1002)]]);
    // Not for this frame, but for the next.
    let later = "> ping \"x\"\n> ping \"y\" rsv=4\n> ping \"z\"\n";
    assert_verdict(RSV, Inconclusive, later, &[&[PONG, Closes(1000)], &[], &[Closes(1002)]]);
    // For a Close, ending TCP is what it would have done anyhow, and a code that came may be an echo.
    let steps = "> ping \"x\"\n> close 1002 hex:80\n";
    assert_verdict(BAD, Inconclusive, steps, &[&[PONG, Closes(1000)], &[ClosesTcp]]);
    assert_verdict(BAD, Inconclusive, steps, &[&[PONG, Closes(1000)], &[Closes(1002)]]);
    // What it told before the frame came is not about it.
    let steps = "> ping \"x\"\n> close 3333 hex:80\n";
    assert_verdict(BAD, Inconclusive, steps, &[&[PONG, Closes(1000), ReportsClose(Some(3333), None)]]);
    // Its application wished to close while the frame was coming.
    assert_verdict(RSV, Inconclusive, "> ping \"x\" rsv=4 cut=1\n", &[&[Closes(1000)]]);
    let steps = "> octets c9\napp close 1000\n> octets 8000000000\n";
    assert_verdict(RSV, Inconclusive, steps, &[&[], &[Closes(1000)]]);
}

#[test]
fn who_has_ended_what_it_sends_cannot_answer() {
    let steps = "> ping \"x\"\n> ping \"y\" rsv=4\n";
    assert_verdict(RSV, Inconclusive, steps, &[&[PONG, ShutsDownWrite]]);
    assert_verdict(RSV, Inconclusive, steps, &[&[ShutsDownWrite], &[ReportsError]]);
    assert_verdict(RSV, Conforms, steps, &[&[PONG, ShutsDownWrite], &[ReportsError]]);
}

#[test]
fn until_a_frame_is_whole_only_its_length_can_have_been_refused() {
    // Without FIN, and longer than a control frame may be.
    let header = "> octets 08fe 0100 00000000\n";
    assert_verdict(Rule::RejectsLongClose, Violates, header, &[]);
    assert_verdict(Rule::RejectsFragmentedClose, Inconclusive, header, &[]);
    assert_verdict(Rule::RejectsLongClose, Inconclusive, "> octets 88fe\n", &[]);
}
