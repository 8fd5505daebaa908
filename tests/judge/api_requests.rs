//! Tests what the application interface refuses.

use crate::scripted::Act::{Accepts, Closes, ClosesTcp, Refuses, Writes};
use crate::scripted::{PONG, assert_verdict};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::Rule;

#[test]
fn api_refuses_unsendable_code_is_violated_if_the_code_is_sent() {
    let rule = Rule::ApiRefusesUnsendableCode;
    assert_verdict(rule, Violates, "app close 1005\n", &[&[Closes(1005), Accepts]]);
    assert_verdict(
        rule,
        Violates,
        "app close 1005\napp close 1000\n",
        &[&[Closes(1005), Accepts], &[Refuses]],
    );
    assert_verdict(
        rule,
        Violates,
        "app close 1005\napp send text \"a\"\n",
        &[&[Accepts], &[Refuses, Closes(1005)]],
    );
    // The interface refuses the code, and the endpoint then echoes a Close of the peer with the same code.
    assert_verdict(rule, Conforms, "app close 1005\n> close 1005\n", &[&[Refuses], &[Closes(1005)]]);
    assert_verdict(
        rule,
        NotExercised,
        "> ping \"x\"\napp close 1005\n",
        &[&[PONG, Closes(1005)], &[Refuses]],
    );
}

#[test]
fn api_refuses_long_reason_is_violated_if_the_reason_is_sent() {
    const LONG: [u8; 130] = {
        let mut close = [b'x'; 130];
        [close[0], close[1], close[2], close[3], close[4], close[5]] = [0x88, 126, 0, 126, 3, 0xe8];
        close
    };
    let rule = Rule::ApiRefusesLongReason;
    let steps = "app close 1000 \"x\" * 124\n> close 1000\n";
    assert_verdict(rule, Violates, steps, &[&[Writes(&LONG), Accepts]]);
    assert_verdict(rule, Conforms, steps, &[&[Refuses], &[Writes(&LONG)]]);
    assert_verdict(rule, NotExercised, "app close 1000 \"x\"\n", &[&[Closes(1000), Accepts]]);
}

#[test]
fn api_refuses_data_after_close_is_violated_if_a_message_is_accepted() {
    let rule = Rule::ApiRefusesDataAfterClose;
    let steps = "app close 1000\napp send text \"a\"\n";
    assert_verdict(rule, Violates, steps, &[&[Closes(1000), Accepts], &[Accepts]]);
    assert_verdict(rule, Conforms, steps, &[&[Closes(1000), Accepts], &[Refuses]]);
    // The endpoint accepts the second Close, not the message.
    let again = format!("{steps}app close 1000\n");
    assert_verdict(rule, NotExercised, &again, &[&[Closes(1000), Accepts], &[], &[Accepts]]);
}

#[test]
fn accepts_library_and_private_codes_is_inconclusive_after_a_close_request_even_if_a_message_is_refused() {
    let rule = Rule::AcceptsLibraryAndPrivateCodes;
    let steps = "app close 1008\napp send text \"a\"\n> close 3333\n";
    assert_verdict(rule, Inconclusive, steps, &[&[Accepts], &[Refuses], &[Closes(1008), ClosesTcp]]);
    assert_verdict(rule, Violates, steps, &[&[Refuses], &[Refuses], &[Closes(1008), ClosesTcp]]);
    // The application requested 1000, so 1008 is the endpoint's own code.
    assert_verdict(
        rule,
        Violates,
        "app close 1000\n> close 3333\n",
        &[&[Accepts], &[Closes(1008), ClosesTcp]],
    );
}
