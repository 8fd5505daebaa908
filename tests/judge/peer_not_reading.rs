//! A subject whose peer does not read, or is gone without a word: what it may have been unable to do is not held
//! against it, and what it could do all the same is.

use crate::scripted::Act::{Closes, ClosesTcp, ReportsClose};
use crate::scripted::assert_verdict;
use wsclose::judge::Verdict::{Conforms, NotExercised, Violates};
use wsclose::rules::Rule;

#[test]
fn who_can_write_again_answers_late() {
    let rule = Rule::CloseAnswered;
    assert_verdict(rule, Violates, "> pause\n> close 1000\n> resume\nwait 2\n", &[]);
    // It left, or was asked for something else while it was stuck, and may have had to give one of the two up.
    assert_verdict(
        rule,
        NotExercised,
        "> pause\n> close 1000\nwait 1\n> resume\nwait 2\n",
        &[&[], &[], &[ClosesTcp]],
    );
    assert_verdict(rule, NotExercised, "> pause\n> close 1000\napp close\n> resume\nwait 2\n", &[]);
}

#[test]
fn a_second_pause_is_no_new_one() {
    let steps = "> pause\n> close 1000\napp close\n> pause\n> resume\nwait 2\n";
    assert_verdict(Rule::CloseAnswered, NotExercised, steps, &[]);
}

#[test]
fn a_peer_that_is_gone_does_not_come_back() {
    let steps = "> gone 0\n> pause\n> close 1000\n> resume\nwait 2\n";
    assert_verdict(Rule::CloseAnswered, NotExercised, steps, &[]);
    // Who was stuck in writing when it went may not have come to telling anybody.
    let steps = "> pause\n> close 3333\n> gone 0\n> fin\n";
    assert_verdict(
        Rule::ReportsFirstCode,
        NotExercised,
        steps,
        &[&[], &[], &[], &[ReportsClose(Some(1000), None), ClosesTcp]],
    );
}

#[test]
fn reading_on_without_a_pause_changes_nothing() {
    let steps = "> resume\n> close 1000\n";
    assert_verdict(Rule::ServerClosesTcpAtOnce, Conforms, steps, &[&[], &[Closes(1000), ClosesTcp]]);
}
