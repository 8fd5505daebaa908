//! Tests `close-between-fragments`: a Close may arrive between the fragments of a message.

use crate::scripted::Act::{Closes, ClosesTcp, Hangs, Panics, ReportsError};
use crate::scripted::assert_verdict;
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::Rule;

#[test]
fn close_between_fragments_requires_a_close_an_error_or_a_tcp_close() {
    let rule = Rule::CloseBetweenFragments;
    let steps = "> text \"a\" fin=0\n> close 1000\n";
    assert_verdict(rule, Violates, steps, &[]);
    assert_verdict(rule, Violates, "> text \"a\" fin=0\n> close 1000 glue\n", &[]);
    assert_verdict(rule, Conforms, steps, &[&[], &[ClosesTcp]]);
    assert_verdict(rule, Conforms, steps, &[&[], &[ReportsError]]);
    for peer_ends in ["wait 1\n> fin\n", "wait 1\n> reset\n"] {
        assert_verdict(
            rule,
            Violates,
            &format!("{steps}{peer_ends}"),
            &[&[], &[], &[], &[ReportsError, ClosesTcp]],
        );
    }
    assert_verdict(rule, NotExercised, "> close 1000\n", &[]);
}

#[test]
fn close_between_fragments_is_not_exercised_if_the_endpoint_could_not_react() {
    let rule = Rule::CloseBetweenFragments;
    let steps = "> text \"a\" fin=0\n> close 1000\n";
    // The peer's FIN leaves the endpoint no time unless it has already replied.
    assert_verdict(rule, Inconclusive, &format!("{steps}> fin\n"), &[]);
    assert_verdict(rule, Conforms, &format!("{steps}> fin\n"), &[&[], &[Closes(1000)]]);
    assert_verdict(rule, NotExercised, steps, &[&[], &[Panics]]);
    assert_verdict(rule, NotExercised, steps, &[&[], &[Hangs]]);
    assert_verdict(rule, NotExercised, &format!("{steps}app pause\n"), &[]);
    assert_verdict(rule, NotExercised, &format!("app close 1000\n{steps}"), &[&[Closes(1000)]]);
}
