//! Tests what applies to an endpoint if its peer stops reading or vanishes: only what it could do nevertheless.

use crate::scripted::Act::{Closes, ClosesTcp, ReportsClose};
use crate::scripted::assert_verdict;
use wsclose::judge::Verdict::{Conforms, NotExercised, Violates};
use wsclose::rules::Rule;

#[test]
fn close_answered_applies_again_after_the_peer_resumes_reading() {
    let rule = Rule::CloseAnswered;
    assert_verdict(rule, Violates, "> pause\n> close 1000\n> resume\nwait 2\n", &[]);
    // The endpoint closed TCP, or its application requested a Close, while it could not send.
    let steps = "> pause\n> close 1000\nwait 1\n> resume\nwait 2\n";
    assert_verdict(rule, NotExercised, steps, &[&[], &[], &[ClosesTcp]]);
    assert_verdict(rule, NotExercised, "> pause\n> close 1000\napp close\n> resume\nwait 2\n", &[]);
}

#[test]
fn close_answered_treats_a_second_pause_as_part_of_the_first() {
    let steps = "> pause\n> close 1000\napp close\n> pause\n> resume\nwait 2\n";
    assert_verdict(Rule::CloseAnswered, NotExercised, steps, &[]);
}

#[test]
fn close_answered_is_not_exercised_after_the_peer_vanished() {
    let steps = "> gone 0\n> pause\n> close 1000\n> resume\nwait 2\n";
    assert_verdict(Rule::CloseAnswered, NotExercised, steps, &[]);
}

#[test]
fn reports_first_code_is_not_exercised_if_the_peer_vanished_while_it_was_not_reading() {
    // The endpoint may have been blocked in a write and unable to report.
    let steps = "> pause\n> close 3333\n> gone 0\n> fin\n";
    let acts: &[&[_]] = &[&[], &[], &[], &[ReportsClose(Some(1000), None), ClosesTcp]];
    assert_verdict(Rule::ReportsFirstCode, NotExercised, steps, acts);
}

#[test]
fn server_closes_tcp_at_once_applies_if_the_peer_resumes_without_a_pause() {
    let steps = "> resume\n> close 1000\n";
    assert_verdict(Rule::ServerClosesTcpAtOnce, Conforms, steps, &[&[], &[Closes(1000), ClosesTcp]]);
}
