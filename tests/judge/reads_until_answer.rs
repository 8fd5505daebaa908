//! Tests `reads-until-answer`: an endpoint that initiated the handshake reads until the peer's Close.

use crate::scripted::Act::{Closes, ClosesTcp, Delivers, Hangs, Panics, ReportsError};
use crate::scripted::{assert_verdict, assert_verdict_without};
use wsclose::judge::Verdict::{Conforms, NotExercised, Violates};
use wsclose::rules::{Capability, Rule};

#[test]
fn after_its_close_it_reads_until_the_peers() {
    let rule = Rule::ReadsUntilAnswer;
    let steps = "app close 1000\n> text \"a\"\n> close 1000\n";
    assert_verdict(rule, Violates, steps, &[&[Closes(1000)]]);
    assert_verdict(rule, Violates, "app close 1000\n> ping \"x\"\n", &[&[Closes(1000)], &[ReportsError]]);
    assert_verdict(rule, Conforms, "app close 1000\n> ping \"x\"\n", &[&[Closes(1000), ReportsError]]);
    assert_verdict(
        rule,
        Conforms,
        "app close 1000\n> ping \"x\"\n> fin\n",
        &[&[Closes(1000)], &[], &[ClosesTcp]],
    );
    assert_verdict(rule, NotExercised, "app close 1000\n> close 1000\n", &[&[Closes(1000)]]);
    // What came before its Close is another matter, and a message in pieces is whole at its end.
    let earlier = "> text \"a\"\napp close 1000\n> close 1000\n";
    assert_verdict(rule, NotExercised, earlier, &[&[], &[Closes(1000)]]);
    let earlier = "> text \"a\"\napp close 1000\n> ping \"x\"\n> close 1000\n";
    assert_verdict(rule, Conforms, earlier, &[&[], &[Closes(1000)]]);
    let both = "> text \"a\"\napp close 1000\n> text \"b\"\n> close 1000\n";
    assert_verdict(rule, Violates, both, &[&[Delivers], &[Closes(1000)]]);
    let part = "app close 1000\n> text \"a\" fin=0\n> close 1000\n";
    assert_verdict(rule, Conforms, part, &[&[Closes(1000)]]);
    // A message is lost only by who could hand it over, and shows that.
    assert_verdict_without(&[Capability::ReportsCloseStatus], rule, Conforms, steps, &[&[Closes(1000)]]);
    assert_verdict_without(&[Capability::ReportsMessages], rule, Conforms, steps, &[&[Closes(1000)]]);
    assert_verdict(rule, Conforms, steps, &[&[Closes(1000)], &[], &[Panics]]);
    assert_verdict(rule, Conforms, steps, &[&[Closes(1000)], &[], &[Hangs]]);
    assert_verdict(rule, Conforms, steps, &[&[Closes(1000)], &[], &[ReportsError]]);
    assert_verdict(rule, Conforms, &format!("{steps}app pause\n"), &[&[Closes(1000)]]);
    let left = "app close 1000\n> text \"a\"\nwait 1\n";
    assert_verdict(rule, Conforms, left, &[&[Closes(1000)], &[], &[ClosesTcp]]);
    let flaw = "app close 1000\n> text \"a\"\n> ping \"x\" rsv=4\n";
    assert_verdict(rule, NotExercised, flaw, &[&[Closes(1000)]]);
}

#[test]
fn reading_ends_upon_a_frame_or_upon_what_follows_it() {
    let steps = "app close 1000\n> ping \"x\"\n> close 1000 cut=1\n";
    assert_verdict(Rule::ReadsUntilAnswer, Violates, steps, &[&[Closes(1000)], &[ReportsError], &[], &[]]);
    // A Close that is begun, and refused at that, is none of the frames between.
    assert_verdict(Rule::ReadsUntilAnswer, Conforms, steps, &[&[Closes(1000)], &[], &[ReportsError], &[]]);
}
