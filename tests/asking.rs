//! What an application asks for: what it is allowed, and what a refusal says.

#[path = "support/plays.rs"]
mod plays;

use plays::Act::{Closes, Ends, Refuses, Takes, Writes};
use plays::{PONG, hold};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::Rule;

#[test]
fn a_code_that_nobody_may_send_is_refused() {
    let rule = Rule::ApiRefusesUnsendableCode;
    hold(rule, Violates, "app close 1005\n", &[&[Closes(1005), Takes]]);
    hold(rule, Violates, "app close 1005\napp close 1000\n", &[&[Closes(1005), Takes], &[Refuses]]);
    hold(rule, Violates, "app close 1005\napp send text \"a\"\n", &[&[Takes], &[Refuses, Closes(1005)]]);
    // What was refused and is written all the same answers a peer that said it.
    hold(rule, Conforms, "app close 1005\n> close 1005\n", &[&[Refuses], &[Closes(1005)]]);
    hold(rule, NotExercised, "> ping \"x\"\napp close 1005\n", &[&[PONG, Closes(1005)], &[Refuses]]);
}

#[test]
fn a_reason_that_is_too_long_is_refused() {
    const LONG: [u8; 130] = {
        let mut close = [b'x'; 130];
        [close[0], close[1], close[2], close[3], close[4], close[5]] = [0x88, 126, 0, 126, 3, 0xe8];
        close
    };
    let rule = Rule::ApiRefusesLongReason;
    let steps = "app close 1000 \"x\" * 124\n> close 1000\n";
    hold(rule, Violates, steps, &[&[Writes(&LONG), Takes]]);
    hold(rule, Conforms, steps, &[&[Refuses], &[Writes(&LONG)]]);
    hold(rule, NotExercised, "app close 1000 \"x\"\n", &[&[Closes(1000), Takes]]);
}

#[test]
fn what_is_sent_after_a_close_is_refused() {
    let rule = Rule::ApiRefusesDataAfterClose;
    let steps = "app close 1000\napp send text \"a\"\n";
    hold(rule, Violates, steps, &[&[Closes(1000), Takes], &[Takes]]);
    hold(rule, Conforms, steps, &[&[Closes(1000), Takes], &[Refuses]]);
    // That was for the second Close.
    let again = format!("{steps}app close 1000\n");
    hold(rule, NotExercised, &again, &[&[Closes(1000), Takes], &[], &[Takes]]);
}

#[test]
fn a_message_that_is_refused_takes_no_wish_to_close_back() {
    let rule = Rule::AcceptsLibraryAndPrivateCodes;
    let steps = "app close 1008\napp send text \"a\"\n> close 3333\n";
    hold(rule, Inconclusive, steps, &[&[Takes], &[Refuses], &[Closes(1008), Ends]]);
    hold(rule, Violates, steps, &[&[Refuses], &[Refuses], &[Closes(1008), Ends]]);
    // Another code than the one that was asked for is its own.
    hold(rule, Violates, "app close 1000\n> close 3333\n", &[&[Takes], &[Closes(1008), Ends]]);
}
