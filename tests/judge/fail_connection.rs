//! Tests how an endpoint fails the connection after a flawed frame.

use crate::scripted::Act::{Closes, Hangs, Panics, ReportsError, Resets};
use crate::scripted::{PONG, assert_verdict};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::Rule;

#[test]
fn failing_ends_tcp_and_who_keeps_time_may_take_it() {
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
fn a_close_says_why_it_fails_unless_it_could_not_be_sent() {
    let rule = Rule::FailSendsClose;
    assert_verdict(rule, Violates, "> close 3333 hex:80\n", &[&[ReportsError, Resets]]);
    assert_verdict(rule, NotExercised, "> close 3333 hex:80\n", &[&[ReportsError, Panics]]);
    assert_verdict(rule, NotExercised, "> close 3333 hex:80\n> reset\n", &[&[ReportsError]]);
    // Its application's Close went out while the frame was coming.
    let steps = "app close 1000\n> ping \"x\" rsv=4 cut=1\n";
    assert_verdict(rule, NotExercised, steps, &[&[], &[Closes(1000)], &[ReportsError]]);
}

#[test]
fn a_code_fits_what_was_wrong_as_far_as_it_had_come() {
    let rule = Rule::FailCodeFits;
    assert_verdict(rule, Violates, "> close 1000 hex:80\n", &[&[Closes(1002)]]);
    // 1012 is not known to everybody.
    assert_verdict(rule, Conforms, "> close 1012 hex:80\n", &[&[Closes(1002)]]);
    assert_verdict(rule, Violates, "> close 1012 hex:80\n", &[&[Closes(1003)]]);
    // The header of a text of a mebibyte: what follows may be worse, as far as it knows.
    let big = "> octets 81ff 0000000000100000 00000000\n";
    assert_verdict(rule, Conforms, big, &[&[Closes(1009)]]);
    assert_verdict(rule, Inconclusive, big, &[&[Closes(1008)]]);
    // Half a header, and something else before the Close.
    assert_verdict(rule, Inconclusive, "> octets c9\n> fin\n", &[&[ReportsError], &[Closes(1000)]]);
    assert_verdict(
        rule,
        Violates,
        "> close 3333 hex:80\n> ping \"x\"\n",
        &[&[ReportsError], &[Closes(1000)]],
    );
}

#[test]
fn a_second_close_after_failing_may_only_say_why() {
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
