//! Tests the rules against endpoints that fail the connection for what every conforming peer may send.

use crate::scripted::Act::{Accepts, Closes, ClosesTcp, Panics, Refuses, ReportsError};
use crate::scripted::{PONG, assert_verdict, assert_verdict_without};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::{Capability, Rule};

const LAWFUL: Rule = Rule::AcceptsLawfulFrames;
const BETWEEN: Rule = Rule::AcceptsCloseBetweenFragments;

#[test]
fn accepts_lawful_frames_is_violated_by_a_failure_before_the_next_input() {
    for steps in [
        "> pong\n",
        "> ping \"x\"\n",
        "> text hex:e2 fin=0\n",
        "> binary hex:ff\n",
        "> text \"a\" fin=0\n> continuation \"b\"\n",
    ] {
        let frames = steps.lines().count();
        let silent: Vec<&[_]> = vec![&[]; frames - 1];
        let then = |last: &'static [_]| [silent.clone(), vec![last]].concat();
        assert_verdict(LAWFUL, Violates, steps, &then(&[Closes(1002)]));
        assert_verdict(LAWFUL, Violates, steps, &then(&[Closes(1007)]));
        assert_verdict(LAWFUL, Violates, steps, &then(&[ReportsError]));
        assert_verdict(LAWFUL, Violates, steps, &then(&[ClosesTcp]));
        assert_verdict(LAWFUL, Inconclusive, steps, &then(&[Closes(1008)]));
        assert_verdict(LAWFUL, Inconclusive, steps, &then(&[Closes(1000)]));
        assert_verdict(LAWFUL, Conforms, steps, &[]);
        assert_verdict(LAWFUL, NotExercised, steps, &then(&[Panics]));
    }
    assert_verdict(LAWFUL, Violates, "> ping \"x\"\nwait 1\n", &[&[PONG], &[Closes(1002)]]);
    assert_verdict(LAWFUL, Inconclusive, "> ping \"x\"\nwait 4\n", &[&[PONG], &[], &[], &[Closes(1002)]]);
}

#[test]
fn accepts_lawful_frames_allows_a_program_its_policy() {
    let live = [Capability::ReportsMessages];
    let data = "> text \"a\"\n";
    assert_verdict_without(&live, LAWFUL, Violates, data, &[&[Closes(1002)]]);
    assert_verdict_without(&live, LAWFUL, Inconclusive, data, &[&[Closes(1007)]]);
    assert_verdict_without(&live, LAWFUL, Inconclusive, data, &[&[ClosesTcp]]);
    assert_verdict_without(&live, LAWFUL, Violates, "> pong\n", &[&[ClosesTcp]]);
}

#[test]
fn accepts_lawful_frames_is_only_about_lawful_frames() {
    // A later or another input in the segment may be the cause.
    assert_verdict(LAWFUL, Conforms, "> pong\n> close 1000\n", &[&[], &[Closes(1002)]]);
    assert_verdict(LAWFUL, Inconclusive, "> pong\n> close 1000 glue\n", &[&[Closes(1002)]]);
    assert_verdict(LAWFUL, Inconclusive, "> pong\n> ping rsv=4 glue\n", &[&[Closes(1002)]]);
    assert_verdict(LAWFUL, Conforms, "> pong\n> fin\n", &[&[], &[ReportsError, ClosesTcp]]);
    assert_verdict(LAWFUL, NotExercised, "> pong rsv=4\n", &[&[Closes(1002)]]);
    let in_bad_text = "> text hex:ff fin=0 cut=8\n> ping \"x\" glue\n";
    assert_verdict(LAWFUL, NotExercised, in_bad_text, &[&[], &[Closes(1007)]]);
    assert_verdict(LAWFUL, NotExercised, "> pong\n> reset\n", &[&[], &[ReportsError]]);
    // The application closes.
    let steps = "app close 1002\n> pong\n";
    assert_verdict(LAWFUL, NotExercised, steps, &[&[Accepts], &[Closes(1002)]]);
    assert_verdict(LAWFUL, NotExercised, steps, &[&[Accepts, Closes(1002)], &[ReportsError]]);
    assert_verdict(LAWFUL, Violates, steps, &[&[Refuses], &[Closes(1002)]]);
}

#[test]
fn accepts_lawful_frames_is_violated_by_refusing_a_masking_key() {
    let zero = "> close 1000 key=00000000\n";
    assert_verdict(LAWFUL, Violates, zero, &[&[Closes(1002)]]);
    assert_verdict(LAWFUL, Conforms, zero, &[&[Closes(1000)]]);
    assert_verdict(Rule::AcceptsDefinedCodes, Inconclusive, zero, &[&[Closes(1002)]]);
    assert_verdict(LAWFUL, Inconclusive, zero, &[&[ClosesTcp]]);
    // The code may be the cause.
    assert_verdict(LAWFUL, Inconclusive, "> close 1001 key=00000000\n", &[&[Closes(1002)]]);
    assert_verdict(LAWFUL, NotExercised, "> close 1000 key=01020304\n", &[&[Closes(1002)]]);
}

#[test]
fn accepts_close_between_fragments_is_violated_by_a_rejection() {
    let steps = "> text \"a\" fin=0\n> close 1000\n";
    assert_verdict(BETWEEN, Violates, steps, &[&[], &[Closes(1002)]]);
    assert_verdict(BETWEEN, Violates, steps, &[&[], &[ReportsError]]);
    // Some endpoints end TCP after every Close and never reply.
    assert_verdict(BETWEEN, Inconclusive, steps, &[&[], &[ClosesTcp]]);
    assert_verdict(BETWEEN, Violates, "> text \"a\" fin=0\n> close\n", &[&[], &[Closes(1002)]]);
    assert_verdict(Rule::AcceptsDefinedCodes, Inconclusive, steps, &[&[], &[Closes(1002)]]);
    // The code, the reason or the other frame may be the cause.
    let short = "> text \"a\" fin=0\n> close 1000 \"bye\"\n";
    assert_verdict(BETWEEN, Violates, short, &[&[], &[Closes(1002)]]);
    let other_reason = "> text \"a\" fin=0\n> close 1000 \"é\"\n";
    assert_verdict(BETWEEN, Inconclusive, other_reason, &[&[], &[Closes(1007)]]);
    assert_verdict(BETWEEN, Conforms, other_reason, &[&[], &[Closes(1000)]]);
    let other = "> text \"a\" fin=0\n> close 3333\n";
    assert_verdict(BETWEEN, Inconclusive, other, &[&[], &[Closes(1002)]]);
    assert_verdict(BETWEEN, Conforms, other, &[&[], &[Closes(3333)]]);
    let glued = "> text \"a\" fin=0\n> close 1000 glue\n";
    assert_verdict(BETWEEN, Inconclusive, glued, &[&[Closes(1002)]]);
    assert_verdict(BETWEEN, NotExercised, "> text \"a\"\n> close 1000\n", &[&[], &[Closes(1002)]]);
}
