//! Tests when and how an endpoint closes TCP.

use crate::scripted::Act::{
    self, Closes, ClosesTcp, ClosesTls, Hangs, Panics, ReportsClose, ReportsError, Resets, ShutsDownWrite,
    StartsTls, Writes,
};
use crate::scripted::{PONG, assert_verdict, assert_verdict_without};
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
    assert_verdict(rule, NotExercised, "> close 1000\n> reset\nwait 2\n", &[&[], &[Closes(1000)]]);
    // The peer's FIN before a late reply is no reason to leave TCP open.
    assert_verdict(rule, Violates, "> close 1000\n> fin\nwait 2\n", &[&[], &[Closes(1000)]]);
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
    // A reset discards what the endpoint wrote before it.
    assert_verdict(rule, Conforms, "> ping \"x\"\n", &[&[half, Resets]]);
    assert_verdict(rule, Conforms, "> ping \"x\"\n> reset\n", &[&[half], &[ClosesTcp]]);
    assert_verdict(rule, Conforms, "> pause\n> ping \"x\"\n", &[&[], &[half, ClosesTcp]]);
}

#[test]
fn stream_well_formed_allows_an_endpoint_that_fails_to_end_inside_a_frame() {
    let rule = Rule::StreamWellFormed;
    let half = Writes(&[0x81, 5]);
    assert_verdict(rule, Conforms, "> ping \"x\" rsv=4\n", &[&[half, ClosesTcp]]);
    assert_verdict(rule, Conforms, "> ping \"x\"\n", &[&[half, ReportsError, ClosesTcp]]);
}

#[test]
fn eof_is_not_a_close_is_violated_by_a_clean_report() {
    let rule = Rule::EofIsNotAClose;
    assert_verdict(rule, NotExercised, "> fin\n", &[]);
    assert_verdict(rule, Violates, "> fin\n", &[&[ReportsClose(None, Some(true)), ClosesTcp]]);
    assert_verdict(rule, Violates, "> fin\n", &[&[ReportsClose(Some(1000), None), ClosesTcp]]);
    assert_verdict(rule, Conforms, "> fin\n", &[&[ReportsError, ReportsClose(Some(1000), None), ClosesTcp]]);
    let clean = [ReportsClose(Some(1000), Some(true)), ClosesTcp];
    assert_verdict_without(&[Capability::ReportsCloseStatus], rule, NotExercised, "> fin\n", &[&clean]);
}

#[test]
fn server_ends_on_eof_is_violated_by_open_tcp() {
    let rule = Rule::ServerEndsOnEof;
    assert_verdict(rule, Inconclusive, "> fin\nwait 1\n", &[]);
    assert_verdict(rule, Violates, "> fin\nwait 2\n", &[]);
    assert_verdict_without(&[Capability::HasTimeouts], rule, Violates, "> fin\n", &[]);
    assert_verdict(rule, Conforms, "> fin\nwait 2\n", &[&[ShutsDownWrite]]);
    assert_verdict(Rule::ClientEndsOnEof, NotExercised, "> fin\nwait 2\n", &[]);
    assert_verdict_without(&[Capability::ClosesTcp], rule, NotExercised, "> fin\nwait 2\n", &[]);
}

#[test]
fn eof_is_not_a_close_is_not_exercised_if_the_endpoint_could_not_react() {
    let clean = ReportsClose(None, Some(true));
    for rule in [Rule::EofIsNotAClose, Rule::ServerEndsOnEof] {
        assert_verdict(rule, NotExercised, "> fin\nwait 2\n", &[&[clean, Panics]]);
        assert_verdict(rule, NotExercised, "> fin\nwait 2\n", &[&[clean, Hangs]]);
        assert_verdict(rule, NotExercised, "> fin\napp pause\nwait 2\n", &[&[clean]]);
        assert_verdict(rule, NotExercised, "> ping \"x\"\n> fin\nwait 2\n", &[&[ClosesTcp], &[clean]]);
        // `fail-closes-tcp` requires an endpoint that rejected a frame to close TCP.
        let flawed = "> ping \"x\" rsv=4\n> fin\nwait 2\n";
        assert_verdict(rule, NotExercised, flawed, &[&[Closes(1002)], &[clean]]);
        assert_verdict(Rule::FailClosesTcp, Violates, flawed, &[&[Closes(1002)], &[clean]]);
    }
    // One that ignored the frame has to notice the end of TCP.
    let flawed = "> ping \"x\" rsv=4\n> fin\nwait 2\n";
    assert_verdict(Rule::ServerEndsOnEof, Violates, flawed, &[]);
}

#[test]
fn server_fails_at_once_counts_from_the_close_or_the_error() {
    let rule = Rule::ServerFailsAtOnce;
    let steps = "> ping \"x\" rsv=4\nwait 4\n";
    assert_verdict(rule, Conforms, steps, &[&[Closes(1002), ClosesTcp]]);
    assert_verdict(rule, Violates, steps, &[&[Closes(1002)]]);
    assert_verdict(rule, Violates, steps, &[&[ReportsError], &[], &[], &[ClosesTcp]]);
    // A slow rejection is no slow end of TCP.
    assert_verdict(rule, Conforms, steps, &[&[], &[], &[], &[Closes(1002), ClosesTcp]]);
    // The beginning of the flawed frame arrives before the application requests the Close.
    let steps = "> octets 0080\napp close 1000\nwait 4\n> octets 00000000\nwait 2\n";
    let acts: &[&[Act]] = &[&[], &[Closes(1000)], &[], &[], &[], &[], &[ClosesTcp]];
    assert_verdict(rule, NotExercised, steps, acts);
    assert_verdict(rule, NotExercised, "> ping \"x\" rsv=4\nwait 1\n", &[&[Closes(1002)]]);
    let steps = "> ping \"x\" rsv=4\nwait 4\n";
    assert_verdict(rule, NotExercised, steps, &[&[PONG]]);
    assert_verdict(rule, NotExercised, "> ping \"x\" rsv=4\n> reset\nwait 2\n", &[&[Closes(1002)]]);
    assert_verdict_without(&[Capability::ClosesTcp], rule, NotExercised, steps, &[&[Closes(1002)]]);
}

#[test]
fn finishes_half_close_waits_for_the_peer_or_a_timeout() {
    let rule = Rule::FinishesHalfClose;
    let half: &[Act] = &[Closes(1000), ShutsDownWrite];
    assert_verdict(rule, Inconclusive, "> close 1000\nwait 15\n", &[half]);
    assert_verdict(rule, Violates, "> close 1000\nwait 16\n", &[half]);
    assert_verdict(rule, Inconclusive, "> close 1000\n> fin\nwait 1\n", &[half]);
    assert_verdict(rule, Violates, "> close 1000\n> fin\nwait 2\n", &[half]);
    assert_verdict(rule, Conforms, "> close 1000\nwait 16\n", &[half, &[ClosesTcp]]);
    assert_verdict(rule, Conforms, "> close 1000\nwait 16\n", &[&[Closes(1000), ClosesTcp]]);
    assert_verdict(rule, NotExercised, "> close 1000\nwait 16\n", &[&[Closes(1000), Resets]]);
    assert_verdict(rule, NotExercised, "> close 1000\n> reset\nwait 16\n", &[half]);
    let without = [Capability::ShowsBothDirections];
    assert_verdict_without(&without, rule, NotExercised, "> close 1000\nwait 16\n", &[half]);
    let no_timeouts = [Capability::HasTimeouts];
    assert_verdict_without(&no_timeouts, rule, Inconclusive, "> close 1000\nwait 16\n", &[half]);
}

#[test]
fn tls_closed_cleanly_is_about_a_fin_after_a_close() {
    let rule = Rule::TlsClosedCleanly;
    let steps = "> close 1000\n";
    assert_verdict(rule, Violates, steps, &[&[StartsTls, Closes(1000), ShutsDownWrite]]);
    assert_verdict(rule, Conforms, steps, &[&[StartsTls, Closes(1000), ClosesTls, ShutsDownWrite]]);
    assert_verdict(rule, NotExercised, steps, &[&[Closes(1000), ClosesTcp]]);
    assert_verdict(rule, NotExercised, steps, &[&[StartsTls, Closes(1000), Resets]]);
    assert_verdict(rule, NotExercised, steps, &[&[StartsTls, ClosesTcp]]);
    assert_verdict(rule, NotExercised, "> ping rsv=4\n", &[&[StartsTls, Closes(1002), ClosesTcp]]);
    let reset = "> close 1000\n> reset\n";
    assert_verdict(rule, NotExercised, reset, &[&[StartsTls, Closes(1000)], &[ClosesTcp]]);
}
