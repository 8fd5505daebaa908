//! What binds a client alone: it waits for the server to end TCP, and for no longer than it can tell the time.

use crate::scripted::Act::{self, Closes, ClosesTcp, ReportsError, Writes};
use crate::scripted::{assert_verdict, assert_verdict_as};
use wsclose::judge::Verdict::{self, Conforms, Inconclusive, NotExercised, Violates};
use wsclose::protocol::role::Role;
use wsclose::rules::{Capability, Rule};

fn client(rule: Rule, verdict: Verdict, steps: &str, acts: &[&[Act]]) {
    assert_verdict_as(Role::Client, &[], rule, verdict, steps, acts);
}

fn timeless(rule: Rule, verdict: Verdict, steps: &str, acts: &[&[Act]]) {
    assert_verdict_as(Role::Client, &[Capability::HasTimeouts], rule, verdict, steps, acts);
}

#[test]
fn it_ends_tcp_once_the_server_has_or_it_has_waited_long_enough() {
    let rule = Rule::TcpClosedAfterHandshake;
    client(rule, Violates, "> close 1000\n> fin\n", &[&[Closes(1000)]]);
    client(rule, Violates, "> close 1000\nwait 16\n", &[&[Closes(1000)]]);
    client(rule, NotExercised, "> close 1000\nwait 15\n", &[&[Closes(1000)]]);
    timeless(rule, NotExercised, "> close 1000\nwait 16\n", &[&[Closes(1000)]]);
    client(rule, Conforms, "> close 1000\nwait 1\n", &[&[Closes(1000)], &[ClosesTcp]]);
}

#[test]
fn it_lets_the_server_go_first() {
    let rule = Rule::ClientLetsServerCloseFirst;
    client(rule, Violates, "> close 1000\n", &[&[Closes(1000), ClosesTcp]]);
    // What a program does about an error is not its library's.
    client(rule, Conforms, "> close 1000\n", &[&[Closes(1000), ReportsError, ClosesTcp]]);
}

#[test]
fn having_failed_it_may_wait_for_the_server_too() {
    let rule = Rule::FailClosesTcp;
    timeless(rule, Inconclusive, "> ping \"x\" rsv=4\n", &[&[ReportsError]]);
    timeless(rule, Inconclusive, "> ping \"x\" rsv=4\nwait 16\n", &[&[ReportsError]]);
    client(rule, Violates, "> ping \"x\" rsv=4\nwait 16\n", &[&[ReportsError]]);
}

/// Four empty Pings.
const PINGS: [u8; 24] =
    [0x89, 0x80, 0, 0, 0, 0, 0x89, 0x80, 9, 1, 7, 3, 0x89, 0x80, 0, 0, 0, 0, 0x89, 0x80, 5, 2, 8, 4];

#[test]
fn its_keys_are_seldom_zero() {
    client(Rule::FreshMaskKey, Violates, "> ping \"x\"\n", &[&[Writes(&PINGS)]]);
    assert_verdict(Rule::FreshMaskKey, NotExercised, "> ping \"x\"\n", &[&[Writes(&PINGS)]]);
}
