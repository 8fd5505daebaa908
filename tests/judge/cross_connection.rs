//! Connections of one trace beside each other: what counts as the same input, and what has no outcome to compare.

use crate::scripted::Act::{Closes, Hangs, Panics, ReportsError};
use crate::scripted::assert_verdict;
use wsclose::judge::Verdict::{Conforms, NotExercised, Violates};
use wsclose::rules::Rule;

#[test]
fn only_the_same_input_asks_for_the_same_outcome() {
    let rule = Rule::NextConnectionUnharmed;
    assert_verdict(rule, Conforms, "> ping \"x\"\nconnect\n> ping \"x\"\n", &[&[], &[ReportsError]]);
    for more in ["> fin", "> reset", "> gone 1", "> pause", "app close", "app send text \"a\"", "wait 1"] {
        let steps = format!("> ping \"x\"\nconnect\n> ping \"x\"\n{more}\n");
        assert_verdict(rule, NotExercised, &steps, &[&[], &[ReportsError]]);
    }
    assert_verdict(rule, NotExercised, "> pause\nconnect\n> pause\n> resume\n", &[&[], &[ReportsError]]);
}

#[test]
fn an_error_a_panic_or_a_second_close_is_another_outcome() {
    let rule = Rule::AnySegmentation;
    let steps = "> ping \"x\"\nagain each\n";
    assert_verdict(rule, Violates, steps, &[&[], &[ReportsError]]);
    assert_verdict(rule, Violates, steps, &[&[], &[Panics]]);
    assert_verdict(rule, Violates, steps, &[&[Closes(1000)], &[Closes(1000)]]);
}

#[test]
fn who_is_not_read_from_or_hangs_has_no_outcome() {
    let rule = Rule::AnySegmentation;
    assert_verdict(rule, NotExercised, "> ping \"x\"\nagain each\n", &[&[], &[ReportsError, Hangs]]);
    assert_verdict(rule, NotExercised, "> ping \"x\" cut=1\nagain whole\n", &[&[], &[ReportsError, Hangs]]);
    assert_verdict(rule, NotExercised, "> ping \"x\"\napp pause\nagain each\n", &[&[], &[], &[ReportsError]]);
}
