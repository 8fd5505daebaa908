//! Tests how an endpoint fails the connection after a flawed frame.

use crate::scripted::Act::{self, Closes, ClosesTcp, Hangs, Panics, ReportsError, Resets};
use crate::scripted::{assert_verdict, assert_verdict_without};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::{Capability, Rule};

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
    assert_verdict(rule, Violates, "> close 1000 hex:80\n", &[&[Closes(1003)]]);
    // §7.4.1 defines 1007 for messages, so a bad reason is a protocol error as well. A bad message is not.
    assert_verdict(rule, Conforms, "> close 1000 hex:80\n", &[&[Closes(1002)]]);
    assert_verdict(rule, Violates, "> text hex:80\n", &[&[Closes(1002)]]);
    // An endpoint may reject 1012 as an unknown code.
    assert_verdict(rule, Conforms, "> close 1012 hex:80\n", &[&[Closes(1002)]]);
    assert_verdict(rule, Violates, "> close 1012 hex:80\n", &[&[Closes(1003)]]);
}

#[test]
fn fail_code_fits_is_not_violated_by_a_requested_close_that_was_pending() {
    let rule = Rule::FailCodeFits;
    let steps = "app close 5000\n> close 5000\n";
    assert_verdict(rule, NotExercised, steps, &[&[], &[Closes(5000), ClosesTcp]]);
    assert_verdict(rule, Inconclusive, steps, &[&[], &[Closes(5000), ReportsError, ClosesTcp]]);
    assert_verdict(rule, Violates, steps, &[&[], &[Closes(1003), ReportsError, ClosesTcp]]);
    assert_verdict(Rule::RejectsUndefinedCodes, Inconclusive, steps, &[&[], &[Closes(5000), ClosesTcp]]);
    // The requested Close does not end the handshake before the peer's Close arrives.
    let steps = "app close 1000\n> ping \"\" rsv=4\n";
    assert_verdict(Rule::RejectsRsv, Conforms, steps, &[&[], &[Closes(1000), ClosesTcp]]);
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
fn nothing_after_fail_is_exercised_only_by_input_behind_the_flaw() {
    let rule = Rule::NothingAfterFail;
    let fails: &[&[Act]] = &[&[Closes(1002)]];
    for behind in ["", "> pong \"x\"\n", "> text \"a\" fin=0\n", "> fin\n"] {
        assert_verdict(rule, NotExercised, &format!("> opcode=11\n{behind}"), fails);
    }
    for behind in ["> ping \"x\"\n", "> text \"a\"\n", "> close 1000\n", "> text \"a\" glue\n"] {
        assert_verdict(rule, Conforms, &format!("> opcode=11\n{behind}"), fails);
    }
    // The endpoint does not receive what arrives after it closed TCP.
    assert_verdict(rule, NotExercised, "> opcode=11\n> text \"a\"\n", &[&[Closes(1002), ClosesTcp]]);
    let unseen = [Capability::ReportsMessages];
    assert_verdict_without(&unseen, rule, NotExercised, "> opcode=11\n> text \"a\"\n", fails);
    assert_verdict_without(&unseen, rule, Conforms, "> opcode=11\n> ping \"x\"\n", fails);
}

#[test]
fn nothing_after_fail_is_violated_by_a_close_only_in_reply_to_one() {
    let rule = Rule::NothingAfterFail;
    // Nothing came behind the flaw, so the second Close processes nothing.
    let twice: &[&[Act]] = &[&[Closes(1002), Closes(1002)]];
    assert_verdict(rule, NotExercised, "> opcode=11\n", twice);
    assert_verdict(Rule::OneClose, Violates, "> opcode=11\n", twice);
    let steps = "> opcode=11\n> close 1000\n";
    assert_verdict(rule, Conforms, steps, twice);
    assert_verdict(rule, Violates, steps, &[&[Closes(1002)], &[Closes(1000)]]);
    // The application requested the second Close.
    let steps = "> opcode=11\n> close 1000\napp close 1001\n";
    assert_verdict(rule, Conforms, steps, &[&[Closes(1002)], &[], &[Closes(1001)]]);
    let steps = "app close 1000\n> ping \"x\" rsv=4\n> close 1000\n";
    assert_verdict(rule, Conforms, steps, &[&[Closes(1000)], &[Closes(1002)]]);
    assert_verdict(rule, Violates, steps, &[&[Closes(1000)], &[ReportsError], &[Closes(1000)]]);
}

#[test]
fn one_close_allows_a_second_close_that_gives_the_cause_of_failing() {
    let rule = Rule::OneClose;
    let steps = "app close 1000\n> ping \"x\" rsv=4\n";
    assert_verdict(rule, Conforms, steps, &[&[Closes(1000)], &[Closes(1002)]]);
    assert_verdict(rule, Violates, steps, &[&[Closes(1000)], &[Closes(1000)]]);
    assert_verdict(rule, Violates, steps, &[&[Closes(1000), Closes(1002)], &[]]);
    assert_verdict(rule, Violates, steps, &[&[Closes(1000)], &[Closes(1002), Closes(1002)]]);
    assert_verdict(rule, Violates, "> opcode=11\n", &[&[Closes(1000), Closes(1002)]]);
}

#[test]
fn fail_sends_close_is_inconclusive_if_only_the_mask_is_wrong() {
    let unmasked = "> ping \"x\" mask=wrong\n";
    assert_verdict(Rule::FailSendsClose, Inconclusive, unmasked, &[&[ClosesTcp]]);
    assert_verdict(Rule::FailSendsClose, Conforms, unmasked, &[&[Closes(1002), ClosesTcp]]);
    assert_verdict(Rule::FailCodeFits, Conforms, unmasked, &[&[Closes(1002), ClosesTcp]]);
    assert_verdict(Rule::FailCodeFits, Inconclusive, unmasked, &[&[Closes(1008), ClosesTcp]]);
    let worse = "> ping \"x\" mask=wrong rsv=4\n";
    assert_verdict(Rule::FailSendsClose, Violates, worse, &[&[ClosesTcp]]);
    assert_verdict(Rule::FailCodeFits, Violates, worse, &[&[Closes(1008), ClosesTcp]]);
}
