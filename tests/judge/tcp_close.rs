//! Tests when and how an endpoint closes TCP.

use crate::scripted::Act::{Closes, ClosesTcp, Hangs, Panics, ReportsClose, ReportsError, Resets, Writes};
use crate::scripted::{assert_verdict, assert_verdict_without};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::{Capability, Rule};

#[test]
fn tcp_closed_after_handshake_allows_a_server_one_tick() {
    let rule = Rule::TcpClosedAfterHandshake;
    assert_verdict(rule, Inconclusive, "> close 1000\n", &[&[Closes(1000)]]);
    assert_verdict(rule, Violates, "> close 1000\nwait 2\n", &[&[Closes(1000)]]);
}

#[test]
fn tcp_closed_after_handshake_is_not_exercised_if_the_endpoint_could_not_close() {
    let rule = Rule::TcpClosedAfterHandshake;
    assert_verdict(rule, NotExercised, "> close 1000\nwait 2\n", &[&[Closes(1000), Panics]]);
    assert_verdict(rule, NotExercised, "> close 1000\nwait 2\n", &[&[Closes(1000), Hangs]]);
    assert_verdict(rule, NotExercised, "> close 1000\napp pause\nwait 2\n", &[&[Closes(1000)]]);
    assert_verdict(rule, NotExercised, "> close 1000\n> fin\nwait 2\n", &[&[], &[Closes(1000)]]);
    // A Close with a local code is flawed, so it does not complete the handshake.
    assert_verdict(rule, NotExercised, "> close 1000\nwait 2\n", &[&[Closes(1005)]]);
    assert_verdict(rule, NotExercised, "> close 1000\n", &[&[ClosesTcp, Closes(1000)]]);
}

#[test]
fn server_closes_tcp_at_once_allows_one_tick() {
    let rule = Rule::ServerClosesTcpAtOnce;
    assert_verdict(rule, Conforms, "> close 1000\n", &[&[Closes(1000), ClosesTcp]]);
    assert_verdict(rule, Violates, "> close 1000\nwait 2\n", &[&[Closes(1000)]]);
}

#[test]
fn tcp_closed_cleanly_is_violated_by_a_reset_after_the_close() {
    let rule = Rule::TcpClosedCleanly;
    let steps = "app close 1000\n> reset\n";
    assert_verdict(rule, Violates, steps, &[&[Closes(1000), Resets]]);
    assert_verdict(rule, Inconclusive, steps, &[&[Closes(1000)], &[Resets]]);
    assert_verdict(rule, NotExercised, "app close 1000\n", &[&[ClosesTcp, Closes(1000)]]);
}

#[test]
fn waits_for_answer_requires_the_initiator_to_wait() {
    let rule = Rule::WaitsForAnswer;
    assert_verdict(rule, Violates, "app close 1000\n", &[&[Closes(1000), ReportsError, ClosesTcp]]);
    assert_verdict(rule, Conforms, "app close 1000\n", &[&[ReportsError, Closes(1000), ClosesTcp]]);
    assert_verdict(rule, Conforms, "app close 1000\n> text \"a\"\n", &[&[Closes(1000)], &[ClosesTcp]]);
    assert_verdict(rule, NotExercised, "app close 1000\n", &[&[ClosesTcp, Closes(1000)]]);
    assert_verdict(rule, NotExercised, "> close 1000\n", &[&[Closes(1000), ClosesTcp]]);
    assert_verdict(rule, NotExercised, "> ping \"x\" rsv=4\n", &[&[Closes(1002), ClosesTcp]]);
    // A frame that the endpoint left unread cannot be the reason for closing TCP.
    for unread in ["> close 1000\n", "> ping \"x\" rsv=4\n"] {
        let steps = format!("app pause\n{unread}app close 1000\napp resume\n");
        assert_verdict(rule, Violates, &steps, &[&[], &[], &[Closes(1000), ClosesTcp]]);
    }
}

#[test]
fn stream_well_formed_is_violated_by_a_tcp_close_inside_a_frame() {
    let rule = Rule::StreamWellFormed;
    let half = Writes(&[0x81, 5]);
    assert_verdict(rule, Violates, "> ping \"x\"\n", &[&[half, ClosesTcp]]);
    assert_verdict(rule, Conforms, "> ping \"x\"\n> reset\n", &[&[half], &[ClosesTcp]]);
    assert_verdict(rule, Conforms, "> pause\n> ping \"x\"\n", &[&[], &[half, ClosesTcp]]);
}

#[test]
fn eof_is_not_a_close_is_violated_by_a_clean_report_or_open_tcp() {
    let rule = Rule::EofIsNotAClose;
    assert_verdict(rule, Violates, "> fin\n", &[]);
    assert_verdict(rule, Violates, "> fin\n", &[&[ReportsClose(None, Some(true)), ClosesTcp]]);
    assert_verdict(rule, Violates, "> fin\n", &[&[ReportsClose(Some(1000), None), ClosesTcp]]);
    assert_verdict(rule, Conforms, "> fin\n", &[&[ReportsError, ReportsClose(Some(1000), None), ClosesTcp]]);
}

#[test]
fn eof_is_not_a_close_checks_only_what_the_endpoint_does_itself() {
    let rule = Rule::EofIsNotAClose;
    assert_verdict_without(&[Capability::ClosesTcp], rule, Conforms, "> fin\n", &[]);
    assert_verdict_without(
        &[Capability::ReportsCloseStatus],
        rule,
        Conforms,
        "> fin\n",
        &[&[ReportsClose(Some(1000), None), ClosesTcp]],
    );
}

#[test]
fn eof_is_not_a_close_is_not_exercised_if_the_endpoint_could_not_react() {
    let rule = Rule::EofIsNotAClose;
    assert_verdict(rule, NotExercised, "> fin\n", &[&[Panics]]);
    assert_verdict(rule, NotExercised, "> fin\n", &[&[Hangs]]);
    assert_verdict(rule, NotExercised, "> fin\napp pause\n", &[]);
    assert_verdict(rule, NotExercised, "> ping \"x\"\n> fin\n", &[&[ClosesTcp]]);
    // After a flawed frame the reports are ambiguous, but the endpoint must still close TCP.
    assert_verdict(rule, NotExercised, "> ping \"x\" rsv=4\n> fin\n", &[&[Closes(1002)], &[ClosesTcp]]);
    assert_verdict(rule, Violates, "> ping \"x\" rsv=4\n> fin\n", &[&[Closes(1002)]]);
}
