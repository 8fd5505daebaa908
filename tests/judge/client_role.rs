//! Tests the rules that differ for a client: it masks, and it waits for the server to close TCP.

use crate::scripted::Act::{self, Closes, ClosesTcp, ReportsError, Writes};
use crate::scripted::{assert_verdict, assert_verdict_as};
use wsclose::judge::Verdict::{self, Conforms, Inconclusive, NotExercised, Violates};
use wsclose::protocol::role::Role;
use wsclose::rules::{Capability, Rule};

#[track_caller]
fn assert_client(rule: Rule, verdict: Verdict, steps: &str, acts: &[&[Act]]) {
    assert_verdict_as(Role::Client, &[], rule, verdict, steps, acts);
}

#[track_caller]
fn assert_client_without_timeouts(rule: Rule, verdict: Verdict, steps: &str, acts: &[&[Act]]) {
    assert_verdict_as(Role::Client, &[Capability::HasTimeouts], rule, verdict, steps, acts);
}

#[test]
fn tcp_closed_after_handshake_allows_a_client_to_wait_for_the_server_or_a_timeout() {
    let rule = Rule::TcpClosedAfterHandshake;
    assert_client(rule, Violates, "> close 1000\n> fin\n", &[&[Closes(1000)]]);
    assert_client(rule, Violates, "> close 1000\nwait 16\n", &[&[Closes(1000)]]);
    assert_client(rule, NotExercised, "> close 1000\nwait 15\n", &[&[Closes(1000)]]);
    assert_client_without_timeouts(rule, NotExercised, "> close 1000\nwait 16\n", &[&[Closes(1000)]]);
    assert_client(rule, Conforms, "> close 1000\nwait 1\n", &[&[Closes(1000)], &[ClosesTcp]]);
}

#[test]
fn client_lets_server_close_first_unless_the_client_reported_an_error() {
    let rule = Rule::ClientLetsServerCloseFirst;
    assert_client(rule, Violates, "> close 1000\n", &[&[Closes(1000), ClosesTcp]]);
    // The program, not the library, may close TCP after an error.
    assert_client(rule, Conforms, "> close 1000\n", &[&[Closes(1000), ReportsError, ClosesTcp]]);
}

#[test]
fn fail_closes_tcp_allows_a_client_to_wait_for_the_server() {
    let rule = Rule::FailClosesTcp;
    assert_client_without_timeouts(rule, Inconclusive, "> ping \"x\" rsv=4\n", &[&[ReportsError]]);
    assert_client_without_timeouts(rule, Inconclusive, "> ping \"x\" rsv=4\nwait 16\n", &[&[ReportsError]]);
    assert_client(rule, Violates, "> ping \"x\" rsv=4\nwait 16\n", &[&[ReportsError]]);
}

/// Four empty Pings, of which two are masked with zero.
const PINGS: [u8; 24] =
    [0x89, 0x80, 0, 0, 0, 0, 0x89, 0x80, 9, 1, 7, 3, 0x89, 0x80, 0, 0, 0, 0, 0x89, 0x80, 5, 2, 8, 4];

#[test]
fn fresh_mask_key_is_violated_if_half_of_the_keys_are_zero() {
    assert_client(Rule::FreshMaskKey, Violates, "> ping \"x\"\n", &[&[Writes(&PINGS)]]);
    assert_verdict(Rule::FreshMaskKey, NotExercised, "> ping \"x\"\n", &[&[Writes(&PINGS)]]);
}
