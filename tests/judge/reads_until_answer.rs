//! Tests what an endpoint that initiated the handshake does with frames until the peer's Close.

use crate::scripted::Act::{
    Closes, ClosesTcp, Delivers, Hangs, Panics, ReportsError, ShutsDownWrite, Writes,
};
use crate::scripted::{PONG, assert_verdict, assert_verdict_without};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::{Capability, Rule};

#[test]
fn reads_until_answer_is_violated_by_an_error_and_not_by_a_lost_message() {
    let rule = Rule::ReadsUntilAnswer;
    let steps = "app close 1000\n> text \"a\"\n> close 1000\n";
    assert_verdict(rule, Conforms, steps, &[&[Closes(1000)]]);
    assert_verdict(Rule::DeliversUntilAnswer, Violates, steps, &[&[Closes(1000)]]);
    assert_verdict(rule, Violates, "app close 1000\n> ping \"x\"\n", &[&[Closes(1000)], &[ReportsError]]);
    assert_verdict(rule, Conforms, "app close 1000\n> ping \"x\"\n", &[&[Closes(1000), ReportsError]]);
    assert_verdict(
        rule,
        Conforms,
        "app close 1000\n> ping \"x\"\n> fin\n",
        &[&[Closes(1000)], &[], &[ClosesTcp]],
    );
    assert_verdict(rule, NotExercised, "app close 1000\n> close 1000\n", &[&[Closes(1000)]]);
}

#[test]
fn delivers_until_answer_counts_only_complete_messages_after_the_own_close() {
    let rule = Rule::DeliversUntilAnswer;
    let earlier = "> text \"a\"\napp close 1000\n> close 1000\n";
    assert_verdict(rule, NotExercised, earlier, &[&[], &[Closes(1000)]]);
    let earlier = "> text \"a\"\napp close 1000\n> ping \"x\"\n> close 1000\n";
    assert_verdict(rule, NotExercised, earlier, &[&[], &[Closes(1000)]]);
    let both = "> text \"a\"\napp close 1000\n> text \"b\"\n> close 1000\n";
    assert_verdict(rule, Violates, both, &[&[Delivers], &[Closes(1000)]]);
    assert_verdict(rule, Conforms, both, &[&[Delivers], &[Closes(1000)], &[Delivers]]);
    let part = "app close 1000\n> text \"a\" fin=0\n> close 1000\n";
    assert_verdict(rule, NotExercised, part, &[&[Closes(1000)]]);
}

#[test]
fn delivers_until_answer_counts_messages_only_if_the_endpoint_could_deliver_them() {
    let rule = Rule::DeliversUntilAnswer;
    let steps = "app close 1000\n> text \"a\"\n> close 1000\n";
    assert_verdict_without(&[Capability::ReportsCloseStatus], rule, NotExercised, steps, &[&[Closes(1000)]]);
    assert_verdict_without(&[Capability::ReportsMessages], rule, NotExercised, steps, &[&[Closes(1000)]]);
    assert_verdict(rule, NotExercised, steps, &[&[Closes(1000)], &[], &[Panics]]);
    assert_verdict(rule, NotExercised, steps, &[&[Closes(1000)], &[], &[Hangs]]);
    assert_verdict(rule, NotExercised, steps, &[&[Closes(1000)], &[], &[ReportsError]]);
    assert_verdict(rule, NotExercised, &format!("{steps}app pause\n"), &[&[Closes(1000)]]);
    let left = "app close 1000\n> text \"a\"\nwait 1\n";
    assert_verdict(rule, NotExercised, left, &[&[Closes(1000)], &[], &[ClosesTcp]]);
    let flaw = "app close 1000\n> text \"a\"\n> ping \"x\" rsv=4\n";
    assert_verdict(rule, NotExercised, flaw, &[&[Closes(1000)]]);
    assert_verdict(Rule::ReadsUntilAnswer, NotExercised, flaw, &[&[Closes(1000)]]);
}

#[test]
fn pongs_while_closing_gives_the_endpoint_a_tick() {
    let rule = Rule::PongsWhileClosing;
    let steps = "app close 1000\n> ping \"x\"\nwait 1\n> close 1000\n";
    assert_verdict(rule, Violates, steps, &[&[Closes(1000)]]);
    assert_verdict(rule, Conforms, steps, &[&[Closes(1000)], &[], &[PONG]]);
    assert_verdict(rule, NotExercised, steps, &[&[Closes(1000)], &[ClosesTcp]]);
    assert_verdict(rule, NotExercised, steps, &[&[Closes(1000), ShutsDownWrite]]);
    assert_verdict(rule, NotExercised, steps, &[&[Closes(1000)], &[], &[Panics]]);
    assert_verdict(rule, Inconclusive, "app close 1000\n> ping \"x\"\n> close 1000\n", &[&[Closes(1000)]]);
    let glued = "app close 1000\n> ping \"x\"\n> close 1000 glue\nwait 2\n";
    assert_verdict(rule, Inconclusive, glued, &[&[Closes(1000)]]);
    // Of two Pings, only the last one has to be answered.
    let two = "app close 1000\n> ping \"y\"\n> ping \"x\"\nwait 1\n";
    assert_verdict(rule, Conforms, two, &[&[Closes(1000)], &[], &[PONG]]);
    assert_verdict(rule, Violates, two, &[&[Closes(1000)], &[Writes(&[0x8a, 1, b'y'])]]);
    assert_verdict(rule, NotExercised, "> ping \"x\"\napp close 1000\nwait 1\n", &[&[], &[Closes(1000)]]);
    assert_verdict(rule, NotExercised, "> close 1000\n> ping \"x\"\nwait 1\n", &[&[Closes(1000)]]);
}

#[test]
fn reads_until_answer_is_violated_only_by_a_reaction_before_the_next_input() {
    let steps = "app close 1000\n> ping \"x\"\n> close 1000 cut=1\n";
    assert_verdict(Rule::ReadsUntilAnswer, Violates, steps, &[&[Closes(1000)], &[ReportsError], &[], &[]]);
    // The first octet of the peer's Close is input after the frames in between.
    assert_verdict(Rule::ReadsUntilAnswer, Conforms, steps, &[&[Closes(1000)], &[], &[ReportsError], &[]]);
}
