//! Tests whether an endpoint sends the Close that its application requests.

use crate::closure_subject::FnSubject;
use crate::scripted::Act::{
    self, Accepts, Closes, ClosesTcp, Panics, Refuses, ReportsError, ShutsDownWrite, Writes,
};
use crate::scripted::{PONG, assert_verdict, assert_verdict_as, assert_verdict_without};
use wsclose::Harness;
use wsclose::harness::{Recorder, Stimulus};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capability, Rule};
use wsclose::script::ScriptBuf;

/// An empty Close of a server.
const EMPTY: &[u8] = &[0x88, 0];

#[test]
fn requested_close_sent_is_violated_by_an_end_of_tcp_without_a_close() {
    let rule = Rule::RequestedCloseSent;
    for role in Role::ALL {
        let steps = "app close 1000\nwait 2\n";
        assert_verdict_as(role, &[], rule, Violates, steps, &[&[ClosesTcp]]);
        assert_verdict_as(role, &[], rule, Violates, steps, &[&[], &[ShutsDownWrite]]);
        assert_verdict_as(role, &[], rule, Conforms, steps, &[&[Closes(1000), ClosesTcp]]);
    }
    // The interface may refuse a protocol code, and the program then ends TCP.
    assert_verdict(rule, Inconclusive, "app close 1001\nwait 2\n", &[&[ClosesTcp]]);
    assert_verdict(rule, Violates, "app close 1001\nwait 2\n", &[&[Accepts, ClosesTcp]]);
    let steps = "app close 1000 \"x\" * 124\nwait 2\n";
    assert_verdict(rule, Inconclusive, steps, &[&[ClosesTcp]]);
}

#[test]
fn requested_close_sent_is_inconclusive_if_a_frame_was_incomplete_at_the_request() {
    let rule = Rule::RequestedCloseSent;
    let without = &[Capability::HasTimeouts];
    // A program that reads the rest of a frame may get the peer's Close with it.
    let steps = "> octets 8981000000\napp close 1000\n> octets 0078 888000000000\nwait 2\n";
    let acts: &[&[Act]] = &[&[], &[Accepts], &[PONG, Closes(1000)]];
    assert_verdict_without(without, rule, Inconclusive, steps, acts);
    let steps = "> octets 898100000000\napp close 1000\n> octets 78\n> close 3333\nwait 2\n";
    assert_verdict_without(without, rule, Violates, steps, &[&[], &[Accepts], &[PONG], &[]]);
    let steps = "app close 1000\n> close 3333\nwait 2\n";
    assert_verdict_without(without, rule, Violates, steps, &[&[Accepts], &[Closes(3333)]]);
}

#[test]
fn requested_close_sent_needs_an_accepted_request_to_blame_silence() {
    let rule = Rule::RequestedCloseSent;
    assert_verdict(rule, Violates, "app close 1000\nwait 2\n", &[&[Accepts]]);
    assert_verdict(
        rule,
        Violates,
        "app close 1000\nwait 2\n> close 1000\n",
        &[&[Accepts], &[], &[], &[Closes(1000)]],
    );
    assert_verdict(rule, Inconclusive, "app close 1000\nwait 2\n", &[]);
    assert_verdict(rule, Inconclusive, "app close 1000\nwait 1\n", &[&[Accepts]]);
    let without_timeouts = &[Capability::HasTimeouts];
    assert_verdict_without(without_timeouts, rule, Violates, "app close 1000\n", &[&[Accepts]]);
    assert_verdict(rule, Inconclusive, "app close 1000\n> close 1000\n", &[&[Accepts], &[Closes(1000)]]);
    assert_verdict(rule, NotExercised, "app close 1000\napp pause\nwait 2\n", &[&[Accepts]]);
    assert_verdict(rule, NotExercised, "app close 1000\nwait 2\n", &[&[Accepts, Panics]]);
}

#[test]
fn requested_close_sent_is_not_exercised_by_a_refusal_or_after_another_cause() {
    let rule = Rule::RequestedCloseSent;
    assert_verdict(rule, NotExercised, "app close 1000\nwait 2\n", &[&[Refuses]]);
    assert_verdict(rule, NotExercised, "app close 1000\nwait 2\n", &[&[Refuses, ClosesTcp]]);
    assert_verdict(rule, NotExercised, "> close 1000\napp close 1000\nwait 2\n", &[&[], &[ClosesTcp]]);
    assert_verdict(rule, NotExercised, "> ping \"x\" rsv=4\napp close 1000\nwait 2\n", &[&[], &[ClosesTcp]]);
    assert_verdict(rule, NotExercised, "> fin\napp close 1000\nwait 2\n", &[&[], &[ClosesTcp]]);
    assert_verdict(rule, NotExercised, "> ping \"x\"\napp close 1000\n", &[&[ClosesTcp], &[]]);
    // A refused request does not hide the one after it.
    let steps = "app close 999\napp close 1000\nwait 2\n";
    assert_verdict(rule, Violates, steps, &[&[Refuses], &[ClosesTcp]]);
    assert_verdict(rule, Inconclusive, "app close 1000\nwait 2\n", &[&[ReportsError, ClosesTcp]]);
}

#[test]
fn requested_code_sent_is_violated_by_another_code_or_none() {
    let rule = Rule::RequestedCodeSent;
    for role in Role::ALL {
        assert_verdict_as(role, &[], rule, Violates, "app close 4001\n", &[&[Closes(1000)]]);
        assert_verdict_as(role, &[], rule, Conforms, "app close 4001\n", &[&[Closes(4001)]]);
    }
    assert_verdict(rule, Violates, "app close 1000\n> close 1000\n", &[&[Writes(EMPTY)]]);
    assert_verdict(rule, Violates, "app close 1000\n", &[&[Closes(1005)]]);
    // After a refusal the Close is the endpoint's own.
    assert_verdict(rule, NotExercised, "app close 4001\n", &[&[Refuses, Closes(1000)]]);
    assert_verdict(rule, NotExercised, "app close 999\n", &[&[Closes(1000)]]);
    assert_verdict(rule, NotExercised, "app close 1010\n", &[&[Closes(1000)]]);
    assert_verdict(rule, NotExercised, "app close 4001\n", &[&[Writes(&[0x88, 1, 3])]]);
    assert_verdict(rule, Conforms, "> ping \"x\"\napp close 4001\n", &[&[PONG], &[Closes(4001)]]);
}

#[test]
fn requested_code_sent_lets_the_endpoint_choose_if_no_code_was_requested() {
    let rule = Rule::RequestedCodeSent;
    assert_verdict(rule, Conforms, "app close\n", &[&[Writes(EMPTY)]]);
    assert_verdict(rule, Conforms, "app close\n", &[&[Closes(1000)]]);
    assert_verdict(rule, Inconclusive, "app close\n", &[&[Closes(1001)]]);
}

#[test]
fn requested_code_sent_is_inconclusive_if_the_close_may_have_another_cause() {
    let rule = Rule::RequestedCodeSent;
    assert_verdict(rule, Inconclusive, "app close 4001\n> close 1000\n", &[&[], &[Closes(1000)]]);
    assert_verdict(rule, Inconclusive, "app close 4001\n> ping \"x\" rsv=4\n", &[&[], &[Closes(1002)]]);
    assert_verdict(rule, Inconclusive, "app close 4001\n", &[&[ReportsError, Closes(1011)]]);
    // The program of a live endpoint may have failed because the interface refused the code.
    assert_verdict(rule, Inconclusive, "app close 1001\n", &[&[Closes(1011)]]);
    assert_verdict(rule, Violates, "app close 1001\n", &[&[Accepts, Closes(1011)]]);
    assert_verdict(rule, Inconclusive, "app close 1012\n", &[&[Closes(1000)]]);
    assert_verdict(rule, Violates, "app close 1012\n", &[&[Accepts, Closes(1000)]]);
    let twice = "app close 4001\napp close 4002\n";
    assert_verdict(rule, Conforms, twice, &[&[], &[Closes(4002)]]);
    assert_verdict(rule, Conforms, twice, &[&[], &[Closes(4001)]]);
    assert_verdict(rule, Inconclusive, twice, &[&[], &[Closes(1000)]]);
    // The second request comes after the Close.
    assert_verdict(rule, Violates, twice, &[&[Closes(1000)]]);
}

#[test]
fn requested_reason_sent_allows_a_cut_only_if_the_reason_is_too_long() {
    let rule = Rule::RequestedReasonSent;
    const BYE: &[u8] = &[0x88, 5, 3, 0xe8, b'b', b'y', b'e'];
    const BY: &[u8] = &[0x88, 4, 3, 0xe8, b'b', b'y'];
    assert_verdict(rule, Conforms, "app close 1000 \"bye\"\n", &[&[Writes(BYE)]]);
    assert_verdict(rule, Violates, "app close 1000 \"bye\"\n", &[&[Writes(BY)]]);
    assert_verdict(rule, Violates, "app close 1000 \"bye\"\n", &[&[Closes(1000)]]);
    let long = "app close 1000 \"by\" * 62\n";
    assert_verdict(rule, Conforms, long, &[&[Writes(BY)]]);
    assert_verdict(rule, Inconclusive, long, &[&[Writes(BYE)]]);
    assert_verdict(rule, Inconclusive, long, &[&[Closes(1000)]]);
    // The string of an interface may end at a NUL. A request that was accepted whole has to be sent whole.
    let nul = "app close 1000 \"by\\0e\"\n";
    assert_verdict(rule, Inconclusive, nul, &[&[Writes(BY)]]);
    assert_verdict(rule, Violates, nul, &[&[Accepts, Writes(BY)]]);
    assert_verdict(rule, Violates, nul, &[&[Writes(BYE)]]);
    assert_verdict(rule, Violates, nul, &[&[Closes(1000)]]);
    assert_verdict(rule, Inconclusive, "app close 1000 \"\\0e\"\n", &[&[Closes(1000)]]);
    // Other rules judge these: another code, and octets that are not UTF-8.
    assert_verdict(rule, NotExercised, "app close 1000 \"bye\"\n", &[&[Closes(1001)]]);
    assert_verdict(rule, NotExercised, "app close 1000 \"é\"\n", &[&[Writes(&[0x88, 3, 3, 0xe8, 0xe9])]]);
    // An endpoint may send a reason of its own if none was requested.
    assert_verdict(rule, NotExercised, "app close 1000\n", &[&[Writes(BYE)]]);
}

#[test]
fn api_refuses_unsendable_code_conforms_only_if_something_shows_the_refusal() {
    let rule = Rule::ApiRefusesUnsendableCode;
    assert_verdict(rule, Conforms, "app close 999\nwait 2\n", &[&[Refuses]]);
    assert_verdict(rule, Conforms, "app close 999\nwait 2\n", &[&[ReportsError]]);
    // Silence, and another code in its place.
    assert_verdict(rule, Inconclusive, "app close 999\nwait 2\n", &[]);
    assert_verdict(rule, Inconclusive, "app close 999\nwait 2\n", &[&[Accepts]]);
    assert_verdict(rule, Inconclusive, "app close 999\nwait 2\n", &[&[Closes(1000)]]);
    assert_verdict(rule, Inconclusive, "app close 999\n> close 1000\n", &[&[], &[Closes(1000)]]);
    // A later request shows that the endpoint was still there, and had sent nothing for this one.
    let later = "app close 999\napp close 4001\n";
    assert_verdict(rule, Conforms, later, &[&[], &[Closes(4001)]]);
    assert_verdict(rule, Inconclusive, later, &[&[Closes(4001)]]);
    assert_verdict(rule, Inconclusive, later, &[&[], &[Closes(1000)]]);
    // The peer's Close had the same code.
    assert_verdict(rule, Inconclusive, "app close 1005\n> close 1005\n", &[&[], &[Closes(1005)]]);
}

#[test]
fn api_refuses_long_reason_conforms_if_the_reason_is_truncated_or_refused() {
    let rule = Rule::ApiRefusesLongReason;
    let long = "app close 1000 \"x\" * 124\n";
    assert_verdict(rule, Conforms, long, &[&[Refuses]]);
    assert_verdict(rule, Conforms, long, &[&[Accepts, Writes(&[0x88, 4, 3, 0xe8, b'x', b'x'])]]);
    assert_verdict(rule, Inconclusive, long, &[&[Closes(1000)]]);
    assert_verdict(rule, Inconclusive, long, &[]);
}

/// Sends the requested Close only if the request has a reason, and shows neither acceptance nor refusal.
fn ignores_requests_without_a_reason(_: &mut (), stimulus: Stimulus<'_>, out: &mut Recorder) {
    if let Stimulus::Close { code: Some(code), reason } = stimulus
        && !reason.is_empty()
    {
        let body = [&code.to_octets(), reason.as_bytes()].concat();
        out.sent(&[&[0x88, body.len() as u8], body.as_slice()].concat());
    }
}

#[test]
fn requested_close_sent_is_decided_by_a_case_in_which_a_request_is_fulfilled() {
    let mut subject = FnSubject::new(ignores_requests_without_a_reason);
    let habits = Harness::new(Profile::default()).learn_habits(Role::Server, &mut subject);
    let mut verdicts = |steps: &str| {
        let script =
            ScriptBuf::read(format!("wsclose 1\nrole server\n{steps}").as_bytes()).expect("a script");
        let mut harness = Harness::new(Profile::default());
        let alone = harness.play(script.as_script(), &mut subject).verdicts.on(Rule::RequestedCloseSent);
        harness.set_habits(Some(habits.clone()));
        [alone, harness.judge_again().verdicts.on(Rule::RequestedCloseSent)]
    };
    assert_eq!(verdicts("app close 1000\nwait 2\n"), [Inconclusive, Violates]);
    assert_eq!(verdicts("app close 4000 \"x\"\nwait 2\n"), [Conforms, Conforms]);
    // An interface may refuse these, and the endpoint may still send the Close in the tick of the last one.
    assert_eq!(verdicts("app close 1001\nwait 2\n"), [Inconclusive, Inconclusive]);
    assert_eq!(verdicts("app close 999\nwait 2\n"), [Inconclusive, Inconclusive]);
    assert_eq!(verdicts("app close 1000\nwait 1\n"), [Inconclusive, Inconclusive]);
    let mut mute = FnSubject::new(|(): &mut (), _, _| ());
    let habits = Harness::new(Profile::default()).learn_habits(Role::Server, &mut mute);
    let script = ScriptBuf::read(b"wsclose 1\nrole server\napp close 1000\nwait 2\n").expect("a script");
    let mut harness = Harness::new(Profile::default());
    harness.set_habits(Some(habits));
    let played = harness.play(script.as_script(), &mut mute);
    assert_eq!(played.verdicts.on(Rule::RequestedCloseSent), Inconclusive, "{played}");
}
