//! Tests ambiguous acts of an endpoint: the judge is inconclusive if the RFC allows one reading of them.

use crate::scripted::Act::{self, Accepts, Closes, ClosesTcp, ReportsClose};
use crate::scripted::assert_verdict;
use wsclose::judge::Verdict::{Conforms, Inconclusive, Violates};
use wsclose::rules::Rule;

/// A Close with two flaws, an RSV bit and a body of one byte, arrives after the endpoint's own Close and `before`.
fn flawed_close_after(before: &str) -> String {
    format!("app close 1000\n{before}> close hex:00 rsv=3 glue\nwait 2\n")
}

/// The endpoint closes, then reports 1005 as a clean closure.
const REPORTS_1005: [&[Act]; 2] =
    [&[Closes(1000), Accepts], &[ReportsClose(Some(1005), Some(true)), ClosesTcp]];

#[test]
fn rejects_one_byte_body_is_inconclusive_if_the_endpoint_may_have_stopped_at_an_earlier_ping() {
    let rule = Rule::RejectsOneByteBody;
    assert_verdict(rule, Violates, &flawed_close_after(""), &REPORTS_1005);
    assert_verdict(rule, Inconclusive, &flawed_close_after("> ping \"p\"\n"), &REPORTS_1005);
}

#[test]
fn rejects_rsv_is_inconclusive_if_the_endpoint_may_have_stopped_at_an_earlier_ping() {
    assert_verdict(Rule::RejectsRsv, Inconclusive, &flawed_close_after("> ping \"p\"\n"), &REPORTS_1005);
}

#[test]
fn rejects_local_only_codes_is_inconclusive_if_1005_may_be_reported_for_no_code() {
    let rule = Rule::RejectsLocalOnlyCodes;
    for (code, verdict) in [(1005, Inconclusive), (1015, Violates)] {
        let report = [ReportsClose(Some(code), Some(true)), ClosesTcp];
        let steps = format!("app close 1000\n> close {code}\nwait 2\n");
        assert_verdict(rule, verdict, &steps, &[&[Closes(1000), Accepts], &report]);
    }
}

#[test]
fn eof_is_not_a_close_ignores_the_code_of_an_unclean_report() {
    let steps = "> fin\nwait 2\n";
    let rule = Rule::EofIsNotAClose;
    assert_verdict(rule, Conforms, steps, &[&[ReportsClose(Some(0), Some(false)), ClosesTcp]]);
    assert_verdict(rule, Violates, steps, &[&[ReportsClose(Some(0), Some(true)), ClosesTcp]]);
}

#[test]
fn reports_1006_requires_the_code_even_in_an_unclean_report() {
    let steps = "> fin\nwait 2\n";
    let acts: &[&[Act]] = &[&[ReportsClose(Some(0), Some(false)), ClosesTcp]];
    assert_verdict(Rule::Reports1006, Violates, steps, acts);
}

#[test]
fn reports_clean_is_inconclusive_if_the_endpoint_rejected_the_close() {
    for (reply, verdict) in [(1002, Inconclusive), (1000, Violates)] {
        let acts = [Closes(reply), ReportsClose(Some(1014), Some(false)), ClosesTcp];
        assert_verdict(Rule::ReportsClean, verdict, "> close 1014\nwait 2\n", &[&acts]);
    }
}
