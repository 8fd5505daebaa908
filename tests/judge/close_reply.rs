//! Tests how an endpoint replies to a Close.

use crate::scripted::Act::{
    Accepts, Closes, ClosesTcp, Hangs, Panics, Refuses, ReportsError, ShutsDownWrite, Writes,
};
use crate::scripted::{Act, PONG, assert_verdict, positions};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::Rule;

#[test]
fn close_answered_needs_an_idle_endpoint() {
    let rule = Rule::CloseAnswered;
    assert_verdict(rule, Inconclusive, "> close 1000\n", &[]);
    assert_verdict(rule, Violates, "> close 1000\nwait 2\n", &[]);
    assert_verdict(rule, Violates, "> close 1000\nwait 2\n", &[&[ReportsError]]);
    assert_verdict(rule, Conforms, "> close 1000\n", &[&[Closes(1000), Closes(1000)]]);
    assert_verdict(rule, Inconclusive, "> close 1000\nwait 2\n> reset\n", &[]);
}

#[test]
fn close_answered_is_inconclusive_if_other_frames_may_have_ended_tcp() {
    let rule = Rule::CloseAnswered;
    // Some endpoints limit how many Pings may wait for their Pongs, and end TCP beyond that.
    let steps = "> ping \"x\"\n> close 1000 glue\nwait 2\n";
    assert_verdict(rule, Inconclusive, steps, &[&[PONG, ClosesTcp]]);
    assert_verdict(rule, Violates, steps, &[&[PONG]]);
    assert_verdict(rule, Violates, "> ping \"x\"\n> close 1000\nwait 2\n", &[&[PONG], &[ClosesTcp]]);
}

#[test]
fn close_answered_is_not_exercised_if_the_endpoint_could_not_reply() {
    let rule = Rule::CloseAnswered;
    assert_verdict(rule, NotExercised, "> close 1000\nwait 2\n", &[&[Panics]]);
    assert_verdict(rule, NotExercised, "> close 1000\nwait 2\n", &[&[Hangs]]);
    assert_verdict(rule, NotExercised, "> close 1000\napp pause\nwait 2\n", &[]);
    assert_verdict(rule, NotExercised, "> ping \"x\"\n> close 1000\nwait 2\n", &[&[PONG, ShutsDownWrite]]);
    assert_verdict(rule, NotExercised, "> ping \"x\"\n> close 1000\nwait 2\n", &[&[ReportsError]]);
    // The reset discards the Close before the application reads again.
    assert_verdict(rule, NotExercised, "app pause\n> close 1000\n> reset\napp resume\n", &[]);
    // An incomplete Close violates stream-well-formed.
    assert_verdict(rule, NotExercised, "> close 1000\nwait 2\n", &[&[Writes(&[0x88, 2])]]);
}

#[test]
fn close_answered_allows_an_endpoint_to_reject_a_registered_code_without_a_close() {
    let rule = Rule::CloseAnswered;
    assert_verdict(rule, Violates, "> close 1012\nwait 2\n", &[]);
    assert_verdict(rule, Inconclusive, "> close 1012\nwait 2\n", &[&[ClosesTcp]]);
}

#[test]
fn close_answered_promptly_allows_only_the_message_in_progress_to_be_sent_first() {
    let steps = "> close 1000\nwait 3\n";
    assert_verdict(Rule::CloseAnsweredPromptly, Violates, steps, &[&[], &[], &[], &[Closes(1000)]]);
    let message = Writes(&[0x81, 0]);
    // The message began after the Close had arrived.
    assert_verdict(Rule::CloseAnsweredPromptly, Violates, steps, &[&[message], &[], &[], &[Closes(1000)]]);
    let begins = Writes(&[0x01, 0]);
    let ends = Writes(&[0x80, 0]);
    let after_a_ping = format!("> ping \"x\"\n{steps}");
    assert_verdict(
        Rule::CloseAnsweredPromptly,
        NotExercised,
        &after_a_ping,
        &[&[begins], &[], &[], &[ends], &[Closes(1000)]],
    );
    let inside_a_frame = Writes(&[0x81, 2, b'a']);
    assert_verdict(
        Rule::CloseAnsweredPromptly,
        NotExercised,
        &after_a_ping,
        &[&[inside_a_frame], &[], &[], &[Writes(b"a"), Closes(1000)]],
    );
    let earlier = format!("> ping \"x\"\n{steps}");
    assert_verdict(
        Rule::CloseAnsweredPromptly,
        Violates,
        &earlier,
        &[&[message], &[], &[], &[], &[Closes(1000)]],
    );
}

#[test]
fn close_echoes_code_is_not_exercised_if_the_reply_rejects_the_close() {
    let steps = "> close 1000\nwait 3\n";
    assert_verdict(Rule::CloseEchoesCode, Violates, steps, &[&[Closes(1001)]]);
    assert_verdict(Rule::CloseEchoesCode, NotExercised, steps, &[&[Closes(1002)]]);
}

#[test]
fn code_1010_from_client_allows_a_server_to_echo_1010() {
    let rule = Rule::Code1010FromClient;
    assert_verdict(rule, Conforms, "> close 1010\n", &[&[Closes(1010)]]);
    assert_verdict(rule, Violates, "> close 1000\n", &[&[Closes(1010)]]);
    assert_verdict(rule, Violates, "> ping \"x\"\n> close 1010\n", &[&[Closes(1010)]]);
    // The reply may echo a Close with 1010 that the judge does not read after the flawed frame.
    assert_verdict(rule, Inconclusive, "> ping \"x\" rsv=4\n", &[&[Closes(1010)]]);
    assert_verdict(rule, Violates, "> ping \"x\"\n> ping \"y\" rsv=4\n", &[&[Closes(1010)]]);
    // So may the reply to a Close that is not complete.
    assert_verdict(rule, Inconclusive, "> octets 88830000000003f2\n", &[&[Closes(1010)]]);
}

#[test]
fn code_1010_from_client_names_the_first_close_of_which_there_is_no_doubt() {
    let at = |steps, acts| positions(Rule::Code1010FromClient, steps, acts);
    let twice: &[&[Act]] = &[&[Closes(1010)], &[Closes(1010)]];
    let pings = "> ping\n> ping\n";
    assert_eq!(at(pings, twice), at(pings, &twice[..1]));
    assert_ne!(at(pings, twice), at(pings, &[&[], &[Closes(1010)]]));
    // The first one may echo a Close of which only the beginning has arrived. It was a Ping.
    let cut = "> octets 8980000000\n> octets 00\n";
    assert_eq!(at(cut, twice).len(), 1);
    assert_eq!(at(cut, twice), at(cut, &[&[Closes(1000)], &[Closes(1010)]]));
}

#[test]
fn code_1010_from_client_does_not_blame_a_server_for_a_request_of_its_application() {
    let rule = Rule::Code1010FromClient;
    assert_verdict(rule, Inconclusive, "app close 1010\n", &[&[Closes(1010)]]);
    assert_verdict(rule, Inconclusive, "app close 1010\n> close 1000\n", &[&[Accepts], &[Closes(1010)]]);
    assert_verdict(rule, Violates, "app close 1000\n", &[&[Closes(1010)]]);
    assert_verdict(rule, Violates, "app close 1010\n> close 1000\n", &[&[Refuses], &[Closes(1010)]]);
}

#[test]
fn code_is_defined_and_the_other_code_rules_look_at_every_close() {
    let rules = [
        (Rule::CodeIsDefined, 999),
        (Rule::CodeNotLocalOnly, 1005),
        (Rule::CodeNot1004, 1004),
        (Rule::CodeIsAssigned, 2000),
        (Rule::Code1010FromClient, 1010),
    ];
    for (rule, code) in rules {
        let second: &[&[Act]] = &[&[Closes(1000), Closes(code)]];
        assert_verdict(rule, Violates, "> close 1000\n", second);
        let behind_an_empty_one: &[&[Act]] = &[&[Writes(&[0x88, 0]), Closes(code)]];
        assert_verdict(rule, Violates, "> close 1000\n", behind_an_empty_one);
        assert_verdict(rule, Conforms, "> close 1000\n", &[&[Closes(1000), Closes(1001)]]);
        assert_verdict(rule, NotExercised, "> close 1000\n", &[&[Writes(&[0x88, 0])]]);
    }
}

#[test]
fn simultaneous_close_is_violated_by_a_second_close_in_reply() {
    let rule = Rule::SimultaneousClose;
    assert_verdict(rule, Violates, "app close 1000\n> close 3333\n", &[&[Closes(1000)], &[Closes(3333)]]);
    assert_verdict(rule, Conforms, "app close 1000\n> close 3333\n", &[&[Closes(1000), Closes(1000)]]);
    assert_verdict(rule, NotExercised, "app close 1000\n> close 1000\n", &[&[Closes(1000)], &[Closes(1000)]]);
}
