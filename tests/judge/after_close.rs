//! Tests what an endpoint does after a Close has arrived or Closes went both ways.

use crate::scripted::Act::{Closes, ClosesTcp, Delivers, Panics, ReportsClose, ReportsError, Writes};
use crate::scripted::{PONG, assert_verdict, assert_verdict_without};
use wsclose::judge::Verdict::{Conforms, NotExercised, Violates};
use wsclose::rules::{Capability, Rule};

#[test]
fn discards_after_close_is_violated_by_an_error_in_place_of_the_close() {
    let rule = Rule::DiscardsAfterClose;
    let steps = "> close 3333\n> text \"a\"\n";
    assert_verdict(rule, Violates, steps, &[&[Closes(3333)], &[ReportsError]]);
    assert_verdict(
        rule,
        Violates,
        steps,
        &[&[Closes(3333)], &[ReportsError, ReportsClose(Some(1006), None)]],
    );
    assert_verdict(
        rule,
        Conforms,
        steps,
        &[&[Closes(3333), ReportsClose(Some(3333), None)], &[ReportsError]],
    );
    assert_verdict(
        rule,
        Conforms,
        "> close\n> text \"a\"\n",
        &[&[Closes(1000), ReportsClose(Some(1005), None)], &[ReportsError]],
    );
    assert_verdict(rule, Conforms, steps, &[&[Closes(1002)], &[ReportsError]]);
    assert_verdict_without(
        &[Capability::ReportsCloseStatus],
        rule,
        Conforms,
        steps,
        &[&[Closes(3333)], &[ReportsError]],
    );
    assert_verdict(rule, Conforms, &format!("{steps}> fin\n"), &[&[Closes(3333)], &[], &[ReportsError]]);
    assert_verdict(rule, Conforms, &format!("> ping \"x\"\n{steps}"), &[&[ReportsError], &[Closes(3333)]]);
}

#[test]
fn discards_after_close_is_violated_by_a_delivery_after_the_close() {
    let rule = Rule::DiscardsAfterClose;
    let message = "> text \"a\" fin=0\n> close 3333\n> continuation \"b\"\n";
    assert_verdict(rule, Violates, message, &[&[], &[Closes(3333)], &[Delivers]]);
    assert_verdict(rule, Conforms, "> close 3333\n> text \"a\" glue\n", &[&[Closes(3333)]]);
}

#[test]
fn discards_after_close_is_not_exercised_without_input_or_after_a_panic() {
    let rule = Rule::DiscardsAfterClose;
    assert_verdict(rule, NotExercised, "> close 3333\n", &[&[Closes(3333)]]);
    let steps = "> close 3333\n> text \"a\"\n";
    assert_verdict(rule, NotExercised, steps, &[&[Closes(3333)], &[Panics]]);
}

#[test]
fn discards_after_close_is_exercised_only_where_deliveries_or_reports_are_seen() {
    let rule = Rule::DiscardsAfterClose;
    let steps = "> close 3333\n> text \"a\"\n";
    let unseen = [Capability::ReportsMessages];
    assert_verdict_without(&unseen, rule, NotExercised, steps, &[&[Closes(3333)]]);
    let reports = [Closes(3333), ReportsClose(Some(3333), None)];
    assert_verdict_without(&unseen, rule, Conforms, steps, &[&reports]);
    assert_verdict_without(&unseen, rule, Violates, steps, &[&[Closes(3333)], &[ReportsError]]);
    let silent = [Capability::ReportsMessages, Capability::ReportsCloseStatus];
    assert_verdict_without(&silent, rule, NotExercised, steps, &[&reports]);
    assert_verdict(rule, NotExercised, steps, &[&[Closes(3333), ClosesTcp]]);
}

#[test]
fn quiet_after_close_is_violated_by_a_ping_or_pong_after_both_closes() {
    let rule = Rule::QuietAfterClose;
    for noise in [PONG, Writes(&[0x89, 0])] {
        assert_verdict(rule, Violates, "> close 1000\n", &[&[Closes(1000), noise]]);
        assert_verdict(rule, Conforms, "> close 1000\n", &[&[noise, Closes(1000)]]);
        assert_verdict(rule, Conforms, "app close 1000\n> close 1000\n", &[&[Closes(1000), noise]]);
    }
    assert_verdict(rule, Conforms, "> ping \"x\"\n> close 1000\n", &[&[], &[Closes(1000), PONG]]);
}
