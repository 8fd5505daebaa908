//! Tests what an endpoint reports and delivers around a Close, and which messages of its application it sends.

use crate::closure_subject::FnSubject;
use crate::scripted::Act::{
    Accepts, Closes, ClosesTcp, Delivers, Panics, Refuses, ReportsClose, ReportsError, Resets, Writes,
};
use crate::scripted::{Act, assert_verdict, assert_verdict_as};
use wsclose::harness::{Recorder, Stimulus};
use wsclose::judge::Verdict::{self, Conforms, Inconclusive, NotExercised, Violates};
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;

/// A text message of a server.
const MESSAGE: Act = Act::Writes(&[0x81, 1, b'a']);

#[test]
fn reports_once_counts_reports_and_no_errors() {
    let rule = Rule::ReportsOnce;
    let once = ReportsClose(Some(1000), None);
    assert_verdict(rule, Conforms, "> close 1000\n", &[&[Closes(1000), ClosesTcp, ReportsError, once]]);
    assert_verdict(rule, Violates, "> close 1000\n> fin\n", &[&[Closes(1000), ClosesTcp, once], &[once]]);
    assert_verdict(rule, NotExercised, "> close 1000\n> fin\n", &[&[Closes(1000), ClosesTcp]]);
    // Each connection has a closure of its own.
    let twice = "> close 1000\nconnect\n> close 1000\n";
    assert_verdict(rule, Conforms, twice, &[&[Closes(1000), ClosesTcp, once]]);
}

#[test]
fn reports_after_tcp_allows_a_report_at_the_end_of_either_side() {
    let rule = Rule::ReportsAfterTcp;
    let report = ReportsClose(Some(1000), None);
    assert_verdict(rule, Violates, "> close 1000\n", &[&[Closes(1000), report]]);
    assert_verdict(rule, Conforms, "> close 1000\n", &[&[Closes(1000), Resets, report]]);
    assert_verdict(rule, Conforms, "> close 1000\n> reset\n", &[&[Closes(1000)], &[report]]);
}

#[test]
fn reports_no_error_after_close_needs_a_normal_handshake() {
    let rule = Rule::ReportsNoErrorAfterClose;
    let report = ReportsClose(Some(1000), None);
    for role in Role::ALL {
        let steps = "> close 1000\n> fin\n";
        assert_verdict_as(
            role,
            &[],
            rule,
            Violates,
            steps,
            &[&[Closes(1000), report], &[ReportsError, ClosesTcp]],
        );
        assert_verdict_as(role, &[], rule, Conforms, steps, &[&[Closes(1000), report], &[ClosesTcp]]);
    }
    // An error in place of the closure, at the FIN behind a Close that the endpoint had read.
    let requested = "app close 1000\n> close 1000\n> fin\n";
    assert_verdict(rule, Violates, requested, &[&[Closes(1000)], &[], &[ReportsError, ClosesTcp]]);
    assert_verdict(rule, Conforms, requested, &[&[Closes(1000)], &[], &[report, ClosesTcp]]);
    // reports-first-code judges that one, and accepts-defined-codes the next.
    assert_verdict(
        rule,
        NotExercised,
        "> close 1000\n> fin\n",
        &[&[Closes(1000)], &[ReportsError, ClosesTcp]],
    );
    assert_verdict(rule, NotExercised, requested, &[&[Closes(1000)], &[ReportsError, ClosesTcp]]);
    let with = |steps: &str, acts: &[&[Act]]| assert_verdict(rule, NotExercised, steps, acts);
    with("> close 1011\n> fin\n", &[&[Closes(1011), report], &[ReportsError]]);
    with("> close 1000\n> text \"a\"\n", &[&[Closes(1000), report], &[ReportsError]]);
    with("> close 1000\n> reset\n", &[&[Closes(1000), report], &[ReportsError]]);
    with("> ping \"x\"\n> close 1000\n", &[&[ReportsError], &[Closes(1000), report]]);
    with("> ping \"x\"\n> close 1000\n", &[&[Closes(1008)], &[report, ReportsError]]);
    with("> close 1000\n", &[&[Closes(1000), report, ReportsError, Panics]]);
}

#[test]
fn reports_no_error_after_close_is_inconclusive_after_a_timeout_or_a_request() {
    let rule = Rule::ReportsNoErrorAfterClose;
    let report = ReportsClose(Some(1000), None);
    let late = "> close 1000\nwait 3\n";
    assert_verdict(rule, Inconclusive, late, &[&[Closes(1000), report], &[], &[], &[ReportsError]]);
    assert_verdict(rule, Violates, late, &[&[Closes(1000), report], &[ReportsError]]);
    let requests = "> close 1000\napp send text \"a\"\n";
    assert_verdict(rule, Inconclusive, requests, &[&[Closes(1000), report], &[ReportsError]]);
}

#[test]
fn reports_1006_after_failing_is_about_a_failure_without_any_close() {
    let rule = Rule::Reports1006AfterFailing;
    let own = ReportsClose(Some(1002), Some(false));
    assert_verdict(rule, Violates, "> opcode=11\n", &[&[Closes(1002), ClosesTcp, own]]);
    assert_verdict(rule, Conforms, "> opcode=11\n", &[&[Closes(1002), ClosesTcp, ReportsClose(None, None)]]);
    assert_verdict(rule, Conforms, "> opcode=11\n", &[&[Closes(1002), ReportsError, ClosesTcp]]);
    assert_verdict(rule, Inconclusive, "> opcode=11\n", &[&[Closes(1002), ReportsError, ClosesTcp, own]]);
    assert_verdict(rule, Inconclusive, "> opcode=11\n", &[&[Closes(1002), ClosesTcp]]);
    assert_verdict(rule, NotExercised, "> close 999\n", &[&[Closes(1002), ClosesTcp, own]]);
    assert_verdict(rule, NotExercised, "> opcode=11\n> close 1002\n", &[&[Closes(1002)], &[ClosesTcp, own]]);
    assert_verdict(rule, NotExercised, "> opcode=11\n> reset\n", &[&[Closes(1002)], &[own]]);
}

#[test]
fn delivers_before_close_is_violated_by_a_lost_message_or_an_early_report() {
    let rule = Rule::DeliversBeforeClose;
    let report = ReportsClose(Some(1000), None);
    let steps = "> text \"a\"\n> text \"b\"\n> close 1000\n";
    assert_verdict(rule, Conforms, steps, &[&[Delivers], &[Delivers], &[Closes(1000), ClosesTcp, report]]);
    assert_verdict(
        rule,
        Conforms,
        steps,
        &[&[], &[], &[Delivers, Delivers, Closes(1000), ClosesTcp, report]],
    );
    assert_verdict(rule, Violates, steps, &[&[Delivers], &[], &[Closes(1000), ClosesTcp, report]]);
    assert_verdict(rule, Violates, steps, &[&[Delivers], &[], &[Closes(1000), report, Delivers, ClosesTcp]]);
    let glued = "> text \"a\"\n> close 1000 glue\n";
    assert_verdict(rule, Violates, glued, &[&[Closes(1000), ClosesTcp]]);
    assert_verdict(rule, Conforms, glued, &[&[Delivers, Closes(1000), ClosesTcp]]);
}

#[test]
fn delivers_before_close_is_not_exercised_if_the_endpoint_may_drop_messages() {
    let rule = Rule::DeliversBeforeClose;
    let with = |steps: &str, acts: &[&[Act]]| assert_verdict(rule, NotExercised, steps, acts);
    with("> text \"a\" fin=0\n> close 1000\n", &[&[], &[Closes(1000)]]);
    with("app close 1000\n> text \"a\"\n> close 1000\n", &[&[Closes(1000)]]);
    with("app close 1000\n> text \"a\"\n> close 1000\n", &[&[]]);
    with("> text \"a\"\n> close 1000\n", &[&[ReportsError], &[Closes(1000)]]);
    with("> text \"a\"\n> close 1000\n", &[&[ClosesTcp]]);
    with("app pause\n> text \"a\"\n> close 1000\n", &[]);
    assert_verdict(rule, Inconclusive, "> text \"a\"\n> close 1000\n> reset\n", &[&[], &[Closes(1000)]]);
    with("> ping \"x\"\n> text \"a\"\n> close 1000\n", &[&[Closes(1000)]]);
    // The message between the Closes may be dropped, the one before may not.
    let steps = "> text \"a\"\napp close 1000\n> text \"b\"\n> close 1000\n";
    with(steps, &[&[Delivers], &[Closes(1000)]]);
}

#[test]
fn sends_before_close_counts_the_accepted_messages() {
    let rule = Rule::SendsBeforeClose;
    let steps = "app send text \"a\"\napp send text \"a\"\napp close 1000\n> close 1000\n";
    assert_verdict(rule, Conforms, steps, &[&[Accepts], &[Accepts], &[MESSAGE, MESSAGE, Closes(1000)]]);
    assert_verdict(rule, Violates, steps, &[&[MESSAGE, Accepts], &[Accepts], &[Closes(1000)]]);
    assert_verdict(rule, Violates, steps, &[&[Accepts], &[Accepts], &[MESSAGE, Closes(1000), MESSAGE]]);
    // A message without its last fragment is missing.
    let begins = Writes(&[0x01, 1, b'a']);
    assert_verdict(rule, Violates, steps, &[&[MESSAGE, Accepts], &[Accepts], &[begins, Closes(1000)]]);
    assert_verdict(rule, Conforms, steps, &[&[Refuses], &[MESSAGE, Accepts], &[Closes(1000)]]);
    assert_verdict(rule, NotExercised, steps, &[&[Refuses], &[Refuses], &[Closes(1000)]]);
    assert_verdict(rule, NotExercised, steps, &[&[], &[], &[Closes(1000)]]);
    let no_request = "app send text \"a\"\n> close 1000\n";
    assert_verdict(rule, NotExercised, no_request, &[&[Accepts], &[Closes(1000)]]);
    let crossed = "app send text \"a\"\napp close 1000\n> close 1000\n";
    assert_verdict(rule, Inconclusive, crossed, &[&[Accepts], &[Accepts], &[Closes(1000)]]);
}

/// Greets in the tick of the first octets, which a socket delivers after any delay, or in the next one.
fn greets<const MAY_CROSS: bool, const LATER: bool>(
    pending: &mut bool,
    stimulus: Stimulus<'_>,
    out: &mut Recorder,
) {
    let greet = |out: &mut Recorder| {
        out.sent(b"\x82\x01g");
        out.sent(b"\x88\x02\x03\xe8");
    };
    match stimulus {
        Stimulus::Octets(_) => {
            if MAY_CROSS {
                out.set_may_cross();
            }
            if LATER { *pending = true } else { greet(out) }
        }
        Stimulus::Tick if std::mem::take(pending) => greet(out),
        Stimulus::Tick
        | Stimulus::Fin
        | Stimulus::Reset
        | Stimulus::Close { .. }
        | Stimulus::PeerGone(_)
        | Stimulus::PeerPause
        | Stimulus::PeerResume
        | Stimulus::Send { .. }
        | Stimulus::Pause
        | Stimulus::Resume => {}
    }
}

#[test]
fn no_new_message_after_peer_close_is_inconclusive_if_they_may_have_crossed() {
    let rule = Rule::NoNewMessageAfterPeerClose;
    let steps = "> close 1000\nwait 3\n";
    assert_eq!(FnSubject::new(greets::<false, false>).verdict(steps, rule), Violates);
    assert_eq!(FnSubject::new(greets::<true, false>).verdict(steps, rule), Inconclusive);
    assert_eq!(FnSubject::new(greets::<true, true>).verdict(steps, rule), Violates);
}

#[test]
fn no_new_message_after_peer_close_is_inconclusive_if_it_may_be_a_reply() {
    let rule = Rule::NoNewMessageAfterPeerClose;
    assert_verdict(rule, Violates, "> close 1000\n", &[&[MESSAGE, Closes(1000)]]);
    let earlier = "> text \"a\"\n> close 1000\n";
    assert_verdict(rule, Inconclusive, earlier, &[&[], &[MESSAGE, Closes(1000)]]);
    assert_verdict(rule, Violates, earlier, &[&[MESSAGE], &[MESSAGE, Closes(1000)]]);
    // The end of a message that had begun before.
    let (begins, ends) = (Writes(&[0x01, 0]), Writes(&[0x80, 0]));
    assert_verdict(rule, Conforms, "> ping \"x\"\n> close 1000\n", &[&[begins], &[ends, Closes(1000)]]);
    assert_verdict(rule, Conforms, "> text \"a\"\n> close 1000 glue\n", &[&[MESSAGE, Closes(1000)]]);
}

#[test]
fn code_1010_names_extensions_unless_the_application_requested_the_close() {
    let rule = Rule::Code1010NamesExtensions;
    let verdict = |verdict: Verdict, steps: &str, acts: &[&[Act]]| {
        assert_verdict_as(Role::Client, &[], rule, verdict, steps, acts);
    };
    verdict(Violates, "> ping \"x\"\n", &[&[Closes(1010)]]);
    verdict(Inconclusive, "app close 1010\n", &[&[Closes(1010)]]);
    verdict(NotExercised, "> close 1010\n", &[&[Closes(1010)]]);
    verdict(NotExercised, "> ping \"x\"\n", &[&[Closes(1000)]]);
    verdict(Inconclusive, "> close 1010 rsv=4\n", &[&[Closes(1010)]]);
    // It may echo the code of a Close that is not complete.
    verdict(Inconclusive, "> octets 880303f2\n", &[&[Closes(1010)]]);
    assert_verdict(rule, NotExercised, "> ping \"x\"\n", &[&[Closes(1010)]]);
}
