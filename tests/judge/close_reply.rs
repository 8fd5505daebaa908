//! When a subject answers, and when and how it ends TCP.

use crate::scripted::Act::{Closes, ClosesTcp, Hangs, Panics, ReportsError, ShutsDownWrite, Writes};
use crate::scripted::{PONG, assert_verdict};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::Rule;

#[test]
fn a_close_is_answered_by_whoever_can() {
    let rule = Rule::CloseAnswered;
    assert_verdict(rule, Inconclusive, "> close 1000\n", &[]);
    assert_verdict(rule, Violates, "> close 1000\nwait 2\n", &[]);
    assert_verdict(rule, Violates, "> close 1000\nwait 2\n", &[&[ReportsError]]);
    assert_verdict(rule, Conforms, "> close 1000\n", &[&[Closes(1000), Closes(1000)]]);
    assert_verdict(rule, Inconclusive, "> close 1000\nwait 2\n> reset\n", &[]);
    assert_verdict(rule, NotExercised, "> close 1000\nwait 2\n", &[&[Panics]]);
    assert_verdict(rule, NotExercised, "> close 1000\nwait 2\n", &[&[Hangs]]);
    assert_verdict(rule, NotExercised, "> close 1000\napp pause\nwait 2\n", &[]);
    assert_verdict(rule, NotExercised, "> ping \"x\"\n> close 1000\nwait 2\n", &[&[PONG, ShutsDownWrite]]);
    assert_verdict(rule, NotExercised, "> ping \"x\"\n> close 1000\nwait 2\n", &[&[ReportsError]]);
    // What lay unread is lost to a reset.
    assert_verdict(rule, NotExercised, "app pause\n> close 1000\n> reset\napp resume\n", &[]);
    // Half an answer is another rule's.
    assert_verdict(rule, NotExercised, "> close 1000\nwait 2\n", &[&[Writes(&[0x88, 2])]]);
    // Only a code that not everybody takes may be refused in silence.
    assert_verdict(rule, Violates, "> close 1012\nwait 2\n", &[]);
    assert_verdict(rule, Inconclusive, "> close 1012\nwait 2\n", &[&[ClosesTcp]]);
}

#[test]
fn an_answer_may_wait_for_a_message_and_another_code_refuses() {
    let steps = "> close 1000\nwait 3\n";
    assert_verdict(Rule::CloseAnsweredPromptly, Violates, steps, &[&[], &[], &[], &[Closes(1000)]]);
    let message = Writes(&[0x81, 0]);
    assert_verdict(
        Rule::CloseAnsweredPromptly,
        NotExercised,
        steps,
        &[&[message], &[], &[], &[Closes(1000)]],
    );
    let earlier = format!("> ping \"x\"\n{steps}");
    assert_verdict(
        Rule::CloseAnsweredPromptly,
        Violates,
        &earlier,
        &[&[message], &[], &[], &[], &[Closes(1000)]],
    );
    assert_verdict(Rule::CloseEchoesCode, Violates, steps, &[&[Closes(1001)]]);
    assert_verdict(Rule::CloseEchoesCode, NotExercised, steps, &[&[Closes(1002)]]);
}

#[test]
fn a_server_that_says_1010_echoes_it_or_does_not() {
    let rule = Rule::Code1010FromClient;
    assert_verdict(rule, Conforms, "> close 1010\n", &[&[Closes(1010)]]);
    assert_verdict(rule, Violates, "> close 1000\n", &[&[Closes(1010)]]);
    assert_verdict(rule, Violates, "> ping \"x\"\n> close 1010\n", &[&[Closes(1010)]]);
    // What came after a flaw is not read: it may have been this.
    assert_verdict(rule, Conforms, "> ping \"x\" rsv=4\n", &[&[Closes(1010)]]);
    assert_verdict(rule, Violates, "> ping \"x\"\n> ping \"y\" rsv=4\n", &[&[Closes(1010)]]);
}

#[test]
fn closes_that_cross_are_each_others_answer() {
    let rule = Rule::SimultaneousClose;
    assert_verdict(rule, Violates, "app close 1000\n> close 3333\n", &[&[Closes(1000)], &[Closes(3333)]]);
    assert_verdict(rule, Conforms, "app close 1000\n> close 3333\n", &[&[Closes(1000), Closes(1000)]]);
    assert_verdict(rule, NotExercised, "app close 1000\n> close 1000\n", &[&[Closes(1000)], &[Closes(1000)]]);
}
