//! Connections of one trace beside each other: what counts as the same input, and what has no outcome to compare.

#[path = "support/plays.rs"]
mod plays;

use plays::Act::{Closes, Errs, Panics, Spins};
use plays::hold;
use wsclose::judge::Verdict::{Conforms, NotExercised, Violates};
use wsclose::rules::Rule;

#[test]
fn only_the_same_input_asks_for_the_same_outcome() {
    let rule = Rule::NextConnectionUnharmed;
    hold(rule, Conforms, "> ping \"x\"\nconnect\n> ping \"x\"\n", &[&[], &[Errs]]);
    for more in ["> fin", "> reset", "> gone 1", "> pause", "app close", "app send text \"a\"", "wait 1"] {
        let steps = format!("> ping \"x\"\nconnect\n> ping \"x\"\n{more}\n");
        hold(rule, NotExercised, &steps, &[&[], &[Errs]]);
    }
    hold(rule, NotExercised, "> pause\nconnect\n> pause\n> resume\n", &[&[], &[Errs]]);
}

#[test]
fn an_error_a_panic_or_a_second_close_is_another_outcome() {
    let rule = Rule::AnySegmentation;
    let steps = "> ping \"x\"\nagain each\n";
    hold(rule, Violates, steps, &[&[], &[Errs]]);
    hold(rule, Violates, steps, &[&[], &[Panics]]);
    hold(rule, Violates, steps, &[&[Closes(1000)], &[Closes(1000)]]);
}

#[test]
fn who_is_not_read_from_or_hangs_has_no_outcome() {
    let rule = Rule::AnySegmentation;
    hold(rule, NotExercised, "> ping \"x\"\nagain each\n", &[&[], &[Errs, Spins]]);
    hold(rule, NotExercised, "> ping \"x\" cut=1\nagain whole\n", &[&[], &[Errs, Spins]]);
    hold(rule, NotExercised, "> ping \"x\"\napp pause\nagain each\n", &[&[], &[], &[Errs]]);
}
