//! Tests how the judge tells whether an endpoint rejected or accepted a flawed frame.

use crate::scripted::Act::{
    self, Closes, ClosesTcp, Delivers, Hangs, Panics, ReportsClose, ReportsError, ShutsDownWrite,
};
use crate::scripted::{PONG, assert_verdict, assert_verdict_without};
use wsclose::judge::Verdict::{self, Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::{Capability, Rule};

const BAD_UTF8: Rule = Rule::RejectsBadUtf8Reason;
const RSV: Rule = Rule::RejectsRsv;

/// A Close header without FIN that announces 256 octets.
const LONG_HEADER_WITHOUT_FIN: &str = "> octets 08fe 0100 00000000\n";

#[test]
fn rejects_bad_utf8_reason_conforms_after_an_error_or_a_failure_code() {
    let steps = "> close 3333 hex:80\n";
    assert_verdict(BAD_UTF8, Conforms, steps, &[&[ReportsError]]);
    assert_verdict(BAD_UTF8, Conforms, steps, &[&[Closes(1007)]]);
    assert_verdict(BAD_UTF8, Conforms, steps, &[&[ReportsClose(None, Some(false))]]);
    assert_verdict(BAD_UTF8, Conforms, steps, &[&[ReportsClose(Some(1006), None)]]);
    assert_verdict(BAD_UTF8, Conforms, steps, &[&[ReportsClose(Some(1007), None)]]);
    assert_verdict(BAD_UTF8, Conforms, steps, &[&[ReportsClose(Some(3333), Some(false))]]);
}

#[test]
fn rejects_bad_utf8_reason_is_violated_by_the_received_code_only() {
    let steps = "> close 3333 hex:80\n";
    assert_verdict(BAD_UTF8, Violates, steps, &[&[Closes(3333)]]);
    assert_verdict(BAD_UTF8, Violates, steps, &[&[ReportsClose(Some(3333), None)]]);
    assert_verdict(BAD_UTF8, Inconclusive, steps, &[&[Closes(1000)]]);
    assert_verdict(BAD_UTF8, Inconclusive, steps, &[&[ReportsClose(Some(1000), None)]]);
    // The endpoint reports the code first, and an error after the next input.
    assert_verdict(
        BAD_UTF8,
        Inconclusive,
        "> close 3333 hex:80\n> ping \"x\"\n",
        &[&[ReportsClose(Some(3333), None)], &[ReportsError]],
    );
}

#[test]
fn rejects_bad_utf8_reason_is_inconclusive_if_the_echo_may_be_a_failure_code() {
    assert_verdict(BAD_UTF8, Inconclusive, "> close 1008 hex:80\n", &[&[Closes(1008)]]);
    assert_verdict(BAD_UTF8, Inconclusive, "> close 1008 hex:80\n", &[&[ReportsClose(Some(1008), None)]]);
}

#[test]
fn rejects_local_only_codes_is_inconclusive_after_a_report_of_1006() {
    assert_verdict(
        Rule::RejectsLocalOnlyCodes,
        Inconclusive,
        "> close 1006\n",
        &[&[ReportsClose(Some(1006), None)]],
    );
}

#[test]
fn rejects_bad_utf8_reason_is_inconclusive_after_a_panic_a_hang_or_early_input() {
    assert_verdict(BAD_UTF8, Inconclusive, "> close 3333 hex:80\n", &[&[Panics]]);
    assert_verdict(BAD_UTF8, Inconclusive, "> close 3333 hex:80\n", &[&[Hangs]]);
    assert_verdict(BAD_UTF8, Inconclusive, "> close 3333 hex:80\n> ping \"x\"\n", &[]);
    assert_verdict(BAD_UTF8, Violates, "> close 3333 hex:80\n", &[]);
    // The endpoint had a tick to react before the application stopped reading.
    assert_verdict(BAD_UTF8, Violates, "> close 3333 hex:80\nwait 1\napp pause\n", &[]);
}

#[test]
fn rejects_bad_utf8_reason_is_inconclusive_if_the_reaction_may_be_to_other_input() {
    let steps = "> close 3333 hex:80\n> ping \"x\"\n";
    assert_verdict(BAD_UTF8, Inconclusive, steps, &[&[], &[Closes(1002)]]);
    assert_verdict(BAD_UTF8, Inconclusive, steps, &[&[], &[ReportsError]]);
    for next in ["app pause\n", "app send text \"a\"\n"] {
        let steps = format!("> close 3333 hex:80\n{next}");
        assert_verdict(BAD_UTF8, Inconclusive, &steps, &[&[], &[ReportsError]]);
    }
    assert_verdict(BAD_UTF8, Inconclusive, "> close 3333 hex:80\n> close 1005 glue\n", &[&[ReportsError]]);
}

#[test]
fn rejects_rsv_is_inconclusive_if_the_reaction_may_be_to_other_input() {
    assert_verdict(RSV, Inconclusive, "> ping \"x\" rsv=4\n> text \"a\"\n", &[&[], &[PONG]]);
    let unread = "app pause\n> ping \"x\" rsv=4\n> close 1000\napp resume\n";
    assert_verdict(RSV, Inconclusive, unread, &[&[], &[], &[], &[ReportsError]]);
    assert_verdict(RSV, Inconclusive, "> ping \"x\" rsv=4\n> close 1000 glue\n", &[&[PONG]]);
    // The well-formed Ping behind the flawed frame gives no reason for an error.
    assert_verdict(RSV, Conforms, "> ping \"x\" rsv=4\n> ping \"y\" glue\n", &[&[ReportsError]]);
}

#[test]
fn rejects_long_close_at_once_requires_a_reaction_to_the_header() {
    let steps = "> octets 88fe 0080 00000000\n> octets 00\n";
    let rule = Rule::RejectsLongCloseAtOnce;
    assert_verdict(rule, Inconclusive, steps, &[&[], &[ReportsError]]);
    assert_verdict(rule, Violates, LONG_HEADER_WITHOUT_FIN, &[]);
    assert_verdict(rule, Inconclusive, "> octets 88fe\n", &[]);
    assert_verdict(rule, NotExercised, "> close 1000 \"x\" * 124\n", &[]);
    assert_verdict(rule, NotExercised, "> ping \"x\" claim=126\n", &[]);
}

#[test]
fn rejects_long_close_allows_an_endpoint_to_wait_for_the_payload() {
    let rule = Rule::RejectsLongClose;
    assert_verdict(rule, Inconclusive, "> close claim=126\n", &[]);
    assert_verdict(rule, Inconclusive, "> close claim=126\nwait 2\n> fin\n", &[]);
    assert_verdict(rule, Conforms, "> close claim=126\n", &[&[Closes(1002)]]);
    assert_verdict(rule, Violates, "> close 3333 \"x\" * 124\n", &[&[Closes(3333)]]);
    assert_verdict(Rule::RejectsBadControlFrame, Inconclusive, "> ping \"x\" claim=126\n", &[]);
    let top_bit = "> close claim=9223372036854775808\n";
    assert_verdict(Rule::RejectsLengthTopBit, Violates, top_bit, &[]);
}

#[test]
fn rejects_fragmented_close_is_inconclusive_until_the_frame_is_complete() {
    assert_verdict(Rule::RejectsFragmentedClose, Inconclusive, LONG_HEADER_WITHOUT_FIN, &[]);
}

#[test]
fn rejects_rsv_is_violated_by_a_pong_or_a_delivery_before_a_failure() {
    assert_verdict(RSV, Violates, "> ping \"x\" rsv=4\n", &[&[PONG]]);
    assert_verdict(RSV, Conforms, "> ping \"x\" rsv=4\n", &[&[Closes(1002), PONG]]);
    assert_verdict(RSV, Violates, "> text \"a\" rsv=4\n", &[&[Delivers, Closes(1002)]]);
    assert_verdict(RSV, Violates, "> text \"a\" rsv=4\n> ping \"x\" glue\n", &[&[PONG, ReportsError]]);
    assert_verdict(RSV, Violates, "> ping \"x\" rsv=4\n> ping \"y\" glue\n", &[&[PONG, ReportsError]]);
    // The Pong is unsolicited or answers an earlier Ping, and the message is an earlier one.
    assert_verdict(RSV, Conforms, "> ping \"y\" rsv=4\n", &[&[PONG, ReportsError]]);
    assert_verdict(RSV, Conforms, "> ping \"x\"\n> ping \"x\" rsv=4\n", &[&[], &[PONG, ReportsError]]);
    assert_verdict(RSV, Conforms, "> text \"a\"\n> ping \"x\" rsv=4\n", &[&[], &[Delivers, Closes(1002)]]);
}

#[test]
fn rejects_bad_utf8_reason_is_not_exercised_after_an_earlier_error() {
    assert_verdict(BAD_UTF8, NotExercised, "> ping \"x\"\n> close 3333 hex:80\n", &[&[ReportsError]]);
}

#[test]
fn rejects_rsv_needs_a_clear_failure_if_the_endpoint_was_closing_already() {
    let steps = "> ping \"x\"\n> ping \"y\" rsv=4\n";
    assert_verdict(RSV, Inconclusive, steps, &[&[PONG, Closes(1002)]]);
    assert_verdict(RSV, Inconclusive, steps, &[&[PONG, Closes(1000)], &[ShutsDownWrite]]);
    assert_verdict(RSV, Inconclusive, steps, &[&[PONG, Closes(1000)], &[Closes(1000)]]);
    assert_verdict(RSV, Conforms, steps, &[&[PONG, Closes(1000)], &[ClosesTcp]]);
    assert_verdict(RSV, Conforms, steps, &[&[PONG, Closes(1000)], &[Closes(1002)]]);
    assert_verdict(RSV, Conforms, steps, &[&[PONG, Closes(1000), Closes(1000)], &[Closes(1002)]]);
    // The failure code comes only after the frame behind the flawed one.
    let later = "> ping \"x\"\n> ping \"y\" rsv=4\n> ping \"z\"\n";
    assert_verdict(RSV, Inconclusive, later, &[&[PONG, Closes(1000)], &[], &[Closes(1002)]]);
}

#[test]
fn rejects_bad_utf8_reason_is_inconclusive_if_the_endpoint_was_closing_already() {
    // The endpoint closes TCP after any Close, and its second Close may be an echo.
    let steps = "> ping \"x\"\n> close 1002 hex:80\n";
    assert_verdict(BAD_UTF8, Inconclusive, steps, &[&[PONG, Closes(1000)], &[ClosesTcp]]);
    assert_verdict(BAD_UTF8, Inconclusive, steps, &[&[PONG, Closes(1000)], &[Closes(1002)]]);
    // The endpoint reports a closure before the flawed frame arrives.
    let steps = "> ping \"x\"\n> close 3333 hex:80\n";
    assert_verdict(BAD_UTF8, Inconclusive, steps, &[&[PONG, Closes(1000), ReportsClose(Some(3333), None)]]);
}

#[test]
fn server_rejects_unmasked_is_inconclusive_if_the_reported_code_may_be_its_own() {
    let rule = Rule::ServerRejectsUnmasked;
    let steps = "app close 3333\n> close 3333 mask=wrong\n";
    let reports: &[Act] = &[ClosesTcp, ReportsClose(Some(3333), None)];
    assert_verdict(rule, Inconclusive, steps, &[&[Closes(3333)], reports]);
    assert_verdict(rule, Violates, steps, &[&[Closes(1000)], reports]);
}

#[test]
fn rejects_rsv_is_inconclusive_if_a_close_was_sent_while_the_frame_arrived() {
    assert_verdict(RSV, Inconclusive, "> ping \"x\" rsv=4 cut=1\n", &[&[Closes(1000)]]);
    let steps = "> octets c9\napp close 1000\n> octets 8000000000\n";
    assert_verdict(RSV, Inconclusive, steps, &[&[], &[Closes(1000)]]);
}

#[test]
fn rejects_rsv_needs_an_error_if_the_endpoint_had_sent_fin() {
    let steps = "> ping \"x\"\n> ping \"y\" rsv=4\n";
    assert_verdict(RSV, Inconclusive, steps, &[&[PONG, ShutsDownWrite]]);
    assert_verdict(RSV, Inconclusive, steps, &[&[ShutsDownWrite], &[ReportsError]]);
    assert_verdict(RSV, Conforms, steps, &[&[PONG, ShutsDownWrite], &[ReportsError]]);
}

#[test]
fn rejects_bad_utf8_reason_is_inconclusive_if_the_echo_has_a_reason_of_its_own() {
    // The endpoint replies 1000 and "bad text".
    const REFUSES: Act = Act::Writes(b"\x88\x0a\x03\xe8bad text");
    assert_verdict(BAD_UTF8, Inconclusive, "> close 1000 hex:80\n", &[&[REFUSES]]);
    // Each of these is the reason that was received: whole, cut, with U+FFFD, and read as Latin-1.
    let received = "> close 1000 hex:61ff62\n";
    let echoes: [&'static [u8]; 5] = [
        b"\x88\x05\x03\xe8a\xffb",
        b"\x88\x03\x03\xe8a",
        b"\x88\x02\x03\xe8",
        b"\x88\x07\x03\xe8a\xef\xbf\xbdb",
        b"\x88\x06\x03\xe8a\xc3\xbfb",
    ];
    for echo in echoes {
        assert_verdict(BAD_UTF8, Violates, received, &[&[Act::Writes(echo)]]);
    }
    assert_verdict(BAD_UTF8, Inconclusive, received, &[&[Act::Writes(b"\x88\x03\x03\xe8b")]]);
}

#[test]
fn rejects_rsv_is_inconclusive_if_the_endpoint_rejects_the_frame_after_further_input() {
    let fin = "> ping \"x\" rsv=4\nwait 1\n> fin\n";
    // A failure code is no reaction to FIN. An error or the end of TCP is one.
    assert_verdict(RSV, Inconclusive, fin, &[&[], &[], &[Closes(1002)]]);
    assert_verdict(RSV, Violates, fin, &[&[], &[], &[Closes(1000)]]);
    assert_verdict(RSV, Violates, fin, &[&[], &[], &[ReportsError]]);
    assert_verdict(RSV, Violates, fin, &[&[], &[], &[ReportsClose(Some(1006), None), ClosesTcp]]);
    let ping = "> ping \"x\" rsv=4\nwait 1\n> ping \"y\"\n";
    for act in [ReportsError, ClosesTcp, Closes(1002), ReportsClose(Some(1006), None)] {
        assert_verdict(RSV, Inconclusive, ping, &[&[], &[], &[act]]);
    }
    assert_verdict(RSV, Violates, ping, &[&[], &[], &[]]);
    // The handshake explains the end of TCP, and the application the Close.
    let close = "> ping \"x\" rsv=4\nwait 1\n> close 1000\n";
    assert_verdict(RSV, Violates, close, &[&[], &[], &[Closes(1000), ClosesTcp]]);
    let requested = "> ping \"x\" rsv=4\nwait 1\napp close 1002\n";
    assert_verdict(RSV, Violates, requested, &[&[], &[], &[Closes(1002)]]);
    // The endpoint answers what came behind the frame before it fails.
    let behind = "> ping \"z\" rsv=4\nwait 1\n> text \"a\"\n";
    assert_verdict(RSV, Violates, behind, &[&[], &[], &[Delivers, Closes(1002)]]);
}

#[test]
fn validates_reason_takes_the_place_of_a_must_if_reasons_are_not_interpreted() {
    let (must, lenient, steps) = (BAD_UTF8, Rule::ValidatesReason, "> close 3333 hex:61ff\n");
    let unknown = [Capability::InterpretsReason];
    let both = |acts: &[&[Act]], of_must: Verdict, of_lenient: Verdict| {
        assert_verdict_without(&unknown, must, of_must, steps, acts);
        assert_verdict_without(&unknown, lenient, of_lenient, steps, acts);
    };
    both(&[&[Closes(3333)]], Inconclusive, Violates);
    both(&[&[]], Inconclusive, Violates);
    both(&[&[Closes(1007)]], Conforms, Conforms);
    both(&[&[Closes(1000)]], Inconclusive, Inconclusive);
    // An endpoint that echoes or reports the reason interprets it.
    both(&[&[Act::Writes(b"\x88\x03\x0d\x05a")]], Violates, NotExercised);
    both(&[&[Act::Writes(b"\x88\x05\x0d\x05bye")]], Inconclusive, Inconclusive);
    both(&[&[Closes(3333), Act::ReportsReason("a")]], Violates, NotExercised);
    both(&[&[Closes(3333), Act::ReportsReason("")]], Inconclusive, Violates);
    // The adapter claims that the endpoint interprets reasons.
    assert_verdict(must, Violates, steps, &[&[Closes(3333)]]);
    assert_verdict(lenient, NotExercised, steps, &[&[Closes(3333)]]);
}
