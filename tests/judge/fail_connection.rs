//! Tests how an endpoint fails the connection after a flawed frame.

use crate::scripted::Act::{Closes, Hangs, Panics, ReportsError, Resets};
use crate::scripted::{PONG, assert_verdict};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::Rule;

#[test]
fn fail_closes_tcp_allows_an_endpoint_with_timeouts_to_wait_for_the_peer() {
    let rule = Rule::FailClosesTcp;
    let broken = "> close 3333 hex:80\n";
    assert_verdict(rule, Inconclusive, broken, &[&[Closes(1007)]]);
    assert_verdict(rule, Inconclusive, &format!("{broken}wait 15\n"), &[&[Closes(1007)]]);
    assert_verdict(rule, Violates, &format!("{broken}wait 16\n"), &[&[Closes(1007)]]);
    assert_verdict(rule, Violates, &format!("{broken}> fin\n"), &[&[Closes(1007)]]);
    assert_verdict(rule, Inconclusive, &format!("{broken}> fin\n"), &[&[ReportsError, Panics]]);
    assert_verdict(rule, Inconclusive, &format!("{broken}> fin\n"), &[&[ReportsError, Hangs]]);
}

#[test]
fn fail_sends_close_is_not_exercised_if_no_close_could_be_sent() {
    let rule = Rule::FailSendsClose;
    assert_verdict(rule, Violates, "> close 3333 hex:80\n", &[&[ReportsError, Resets]]);
    assert_verdict(rule, NotExercised, "> close 3333 hex:80\n", &[&[ReportsError, Panics]]);
    assert_verdict(rule, NotExercised, "> close 3333 hex:80\n> reset\n", &[&[ReportsError]]);
    // The endpoint sent the requested Close before the flawed frame was complete.
    let steps = "app close 1000\n> ping \"x\" rsv=4 cut=1\n";
    assert_verdict(rule, NotExercised, steps, &[&[], &[Closes(1000)], &[ReportsError]]);
}

#[test]
fn fail_code_fits_compares_the_code_with_the_flaws_of_the_frame() {
    let rule = Rule::FailCodeFits;
    assert_verdict(rule, Violates, "> close 1000 hex:80\n", &[&[Closes(1002)]]);
    // An endpoint may reject 1012 as an unknown code.
    assert_verdict(rule, Conforms, "> close 1012 hex:80\n", &[&[Closes(1002)]]);
    assert_verdict(rule, Violates, "> close 1012 hex:80\n", &[&[Closes(1003)]]);
}

#[test]
fn fail_code_fits_is_inconclusive_if_the_frame_was_incomplete() {
    let rule = Rule::FailCodeFits;
    // The payload of the announced mebibyte may have further flaws.
    let big = "> octets 81ff 0000000000100000 00000000\n";
    assert_verdict(rule, Conforms, big, &[&[Closes(1009)]]);
    assert_verdict(rule, Inconclusive, big, &[&[Closes(1008)]]);
    // The header is incomplete, and the peer's FIN arrives before the endpoint's Close.
    assert_verdict(rule, Inconclusive, "> octets c9\n> fin\n", &[&[ReportsError], &[Closes(1000)]]);
    assert_verdict(
        rule,
        Violates,
        "> close 3333 hex:80\n> ping \"x\"\n",
        &[&[ReportsError], &[Closes(1000)]],
    );
}

#[test]
fn nothing_after_fail_allows_a_second_close_only_with_a_failure_code() {
    let rule = Rule::NothingAfterFail;
    let steps = "app close 1000\n> ping \"x\" rsv=4\n";
    assert_verdict(rule, Conforms, steps, &[&[Closes(1000)], &[Closes(1002)]]);
    assert_verdict(rule, Conforms, steps, &[&[Closes(1000), Closes(1000)], &[ReportsError]]);
    let steps = "> ping \"x\"\n> ping \"y\" rsv=4\n";
    assert_verdict(rule, Conforms, steps, &[&[PONG, Closes(1000)], &[ReportsError]]);
    assert_verdict(
        Rule::NothingAfterFail,
        Violates,
        "> ping \"y\" rsv=4\n",
        &[&[Closes(1002), Closes(1002)]],
    );
    assert_verdict(
        rule,
        Violates,
        "app close 1000\n> ping \"x\" rsv=4\n",
        &[&[Closes(1000)], &[ReportsError, Closes(1000)]],
    );
}
