//! Tests the rules on Closes that every endpoint must accept: how the judge tells acceptance from rejection.

use crate::closure_subject::FnSubject;
use crate::scripted::Act::{
    Accepts, Closes, ClosesTcp, Hangs, Panics, Refuses, ReportsClose, ReportsError, ShutsDownWrite,
};
use crate::scripted::{PONG, assert_verdict};
use wsclose::Harness;
use wsclose::harness::{Recorder, Stimulus};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::protocol::code::Profile;
use wsclose::rules::Rule;
use wsclose::script::ScriptBuf;

const DEFINED: Rule = Rule::AcceptsDefinedCodes;

#[test]
fn accepts_defined_codes_is_violated_by_an_error_or_a_tcp_close_without_a_reply() {
    assert_verdict(DEFINED, Violates, "> close 1000\n", &[&[ReportsError]]);
    assert_verdict(DEFINED, Violates, "> close 1000\n", &[&[ClosesTcp]]);
    assert_verdict(DEFINED, Violates, "> close 1000\n", &[&[Closes(1002)]]);
    assert_verdict(
        DEFINED,
        Violates,
        "> close 1000\n",
        &[&[ReportsError, ReportsClose(Some(1000), Some(false))]],
    );
    assert_verdict(DEFINED, Violates, "> close 1000\n", &[&[ReportsError, ReportsClose(Some(1005), None)]]);
    // A request of the application after the rejection cannot have caused it.
    assert_verdict(DEFINED, Violates, "> close 1000\napp close 1000\n", &[&[ClosesTcp]]);
}

#[test]
fn accepts_defined_codes_is_inconclusive_if_a_failure_may_refuse_a_request() {
    let long = "app close 1000 \"by\" * 62\n> close 1000\n";
    assert_verdict(DEFINED, Inconclusive, long, &[&[], &[Closes(1002)]]);
    assert_verdict(DEFINED, Violates, long, &[&[Accepts], &[Closes(1002)]]);
    assert_verdict(DEFINED, Violates, long, &[&[Refuses], &[Closes(1002)]]);
}

#[test]
fn accepts_empty_close_is_inconclusive_if_the_endpoint_reports_1005_and_an_error() {
    assert_verdict(
        Rule::AcceptsEmptyClose,
        Inconclusive,
        "> close\n",
        &[&[ReportsError, ReportsClose(Some(1005), None)]],
    );
}

#[test]
fn accepts_defined_codes_needs_a_rejection_that_is_for_the_close() {
    assert_verdict(
        DEFINED,
        Inconclusive,
        "> close 1000\n",
        &[&[ReportsError, ReportsClose(Some(1000), None)]],
    );
    assert_verdict(DEFINED, Inconclusive, "> close 1000\n> text \"a\"\n", &[&[], &[ReportsError]]);
    assert_verdict(DEFINED, Inconclusive, "> close 1000\n> fin\n", &[&[], &[ReportsError]]);
    assert_verdict(DEFINED, Inconclusive, "> close 1000\n> fin\n", &[&[], &[ClosesTcp]]);
    assert_verdict(DEFINED, NotExercised, "> ping \"x\"\n> close 1000\n", &[&[ReportsError], &[ClosesTcp]]);
    assert_verdict(DEFINED, Inconclusive, "> ping \"x\"\n> close 1000\n", &[&[PONG, ShutsDownWrite]]);
    assert_verdict(DEFINED, NotExercised, "> close 1000\n> reset\n", &[&[ClosesTcp]]);
    assert_verdict(DEFINED, NotExercised, "> close 1000\napp pause\nwait 1\n", &[&[], &[], &[ClosesTcp]]);
}

#[test]
fn accepts_defined_codes_is_inconclusive_if_another_frame_may_have_been_rejected() {
    assert_verdict(DEFINED, Inconclusive, "> ping \"x\"\n> close 1000 glue\n", &[&[ClosesTcp]]);
    assert_verdict(DEFINED, Inconclusive, "> close 1000\n> ping \"x\" glue\n", &[&[ClosesTcp]]);
    assert_verdict(DEFINED, Inconclusive, "> text \"a\" fin=0\n> close 1000\n", &[&[], &[Closes(1002)]]);
}

#[test]
fn accepts_any_utf8_reason_is_inconclusive_if_the_code_may_be_the_cause() {
    let rule = Rule::AcceptsAnyUtf8Reason;
    assert_verdict(rule, Violates, "> close 1000 \"é\"\n", &[&[ClosesTcp]]);
    assert_verdict(rule, Inconclusive, "> close 3333 \"é\"\n", &[&[ClosesTcp]]);
    // Every conforming peer may send such a reason, whatever its length.
    assert_verdict(rule, Violates, "> close 1000 \"é\" * 20\n", &[&[ClosesTcp]]);
    assert_verdict(rule, Inconclusive, "> close 1001 \"é\" * 20\n", &[&[ClosesTcp]]);
}

/// Replies with 1002 to everything.
fn rejects_everything(_: &mut (), _: Stimulus<'_>, out: &mut Recorder) {
    out.sent(&[0x88, 2, 0x03, 0xea]);
}

#[test]
fn accepts_defined_codes_does_not_judge_a_code_that_only_a_profile_accepts() {
    let verdict = |profile, steps: &str| {
        let script =
            ScriptBuf::read(format!("wsclose 1\nrole server\n{steps}").as_bytes()).expect("a script");
        let mut harness = Harness::new(profile);
        harness.play(script.as_script(), &mut FnSubject::new(rejects_everything)).verdicts.on(DEFINED)
    };
    assert_eq!(verdict(Profile::Beast, "> close 5000\n"), NotExercised);
    assert_eq!(verdict(Profile::WsRs, "> close 0\n"), NotExercised);
    assert_eq!(verdict(Profile::WsRs, "> close 1017\n"), NotExercised);
    for profile in Profile::ALL {
        assert_eq!(verdict(profile, "> close 1001\n"), Violates);
    }
}

#[test]
fn accepts_defined_codes_counts_a_reply_with_the_received_code_as_an_echo() {
    assert_verdict(DEFINED, Conforms, "> close 1002\n", &[&[Closes(1002)]]);
    assert_verdict(DEFINED, Inconclusive, "> close 1002\n", &[&[Closes(1002), ReportsError]]);
    assert_verdict(DEFINED, Conforms, "> close 1000\n", &[&[Closes(1000), ReportsError]]);
}

#[test]
fn accepts_defined_codes_is_inconclusive_after_a_panic_or_a_hang() {
    assert_verdict(DEFINED, Inconclusive, "> close 1000\n", &[&[Closes(1002), Panics]]);
    assert_verdict(DEFINED, Inconclusive, "> close 1000\n", &[&[Closes(1002), Hangs]]);
}

#[test]
fn accepts_library_and_private_codes_is_not_exercised_if_the_close_stayed_unread() {
    let steps = "app pause\n> close 3333\nwait 1\napp resume\n";
    assert_verdict(Rule::AcceptsLibraryAndPrivateCodes, NotExercised, steps, &[&[], &[], &[ClosesTcp]]);
}
