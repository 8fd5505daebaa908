//! Tests the rules about waiting. No rule sets the length of a timeout, so one tick counts as waiting.

use crate::closure_subject::FnSubject;
use crate::scripted::Act::{self, Closes, ClosesTcp, Hangs, Panics};
use crate::scripted::assert_verdict;
use wsclose::harness::{Recorder, Stimulus};
use wsclose::judge::Verdict::{self, Conforms, NotExercised, Violates};
use wsclose::rules::Rule;

/// Sends a requested Close. Its code selects when the endpoint closes TCP: 1000 at once, 1001 at the next octets, any
/// other code after a tick.
fn closes_tcp_by_code(code: &mut Option<u16>, stimulus: Stimulus<'_>, out: &mut Recorder) {
    const IMMEDIATELY: u16 = 1000;
    const AT_NEXT_OCTETS: u16 = 1001;
    let closes = match stimulus {
        Stimulus::Close { code: requested, .. } => {
            *code = requested.map(|code| code.0);
            let [high, low] = code.unwrap_or_default().to_be_bytes();
            out.sent(&[0x88, 2, high, low]);
            out.request_accepted();
            *code == Some(IMMEDIATELY)
        }
        Stimulus::Octets(_) => *code == Some(AT_NEXT_OCTETS),
        Stimulus::Tick => code.is_some_and(|code| ![IMMEDIATELY, AT_NEXT_OCTETS].contains(&code)),
        Stimulus::Fin
        | Stimulus::Reset
        | Stimulus::PeerGone(_)
        | Stimulus::PeerPause
        | Stimulus::PeerResume
        | Stimulus::Send { .. }
        | Stimulus::Pause
        | Stimulus::Resume => false,
    };
    if closes {
        out.fin();
    }
}

fn verdict(steps: &str, rule: Rule) -> Verdict {
    FnSubject::new(closes_tcp_by_code).verdict(steps, rule)
}

#[test]
fn waits_for_answer_counts_one_tick_as_waiting() {
    assert_eq!(verdict("app close 1000\nwait 3\n", Rule::WaitsForAnswer), Verdict::Violates);
    assert_eq!(verdict("app close 3000\nwait 3\n", Rule::WaitsForAnswer), Verdict::Conforms);
}

#[test]
fn reads_until_answer_is_violated_by_a_tcp_close_because_of_input_but_not_by_a_timeout() {
    let steps = |code: u16| format!("app close {code}\n> ping \"a\"\nwait 3\n> close 1000\n");
    assert_eq!(verdict(&steps(1001), Rule::ReadsUntilAnswer), Verdict::Violates);
    assert_eq!(verdict(&steps(3000), Rule::ReadsUntilAnswer), Verdict::Conforms);
    // The endpoint closes TCP at the input, even if the input arrives late.
    let late = "app close 1001\nwait 3\n> ping \"a\"\n> close 1000\n";
    assert_eq!(verdict(late, Rule::ReadsUntilAnswer), Verdict::Violates);
}

#[test]
fn gives_up_waiting_is_violated_after_16_ticks() {
    let rule = Rule::GivesUpWaiting;
    assert_verdict(rule, Violates, "app close 1000\nwait 16\n", &[&[Closes(1000)]]);
    assert_verdict(rule, NotExercised, "app close 1000\nwait 15\n", &[&[Closes(1000)]]);
    assert_verdict(rule, Conforms, "app close 1000\nwait 16\n", &[&[Closes(1000)], &[], &[ClosesTcp]]);
    assert_verdict(rule, NotExercised, "app close 1000\nwait 16\n", &[&[Closes(1000)], &[ClosesTcp]]);
    let mut late: [&[Act]; 18] = [&[]; 18];
    (late[0], late[17]) = (&[Closes(1000)], &[ClosesTcp]);
    assert_verdict(rule, Violates, "app close 1000\nwait 17\n", &late);
}

#[test]
fn gives_up_waiting_is_not_exercised_if_input_or_a_crash_ended_the_wait() {
    let rule = Rule::GivesUpWaiting;
    assert_verdict(rule, NotExercised, "app close 1000\nwait 8\n> ping \"x\"\nwait 8\n", &[&[Closes(1000)]]);
    for more in ["> ping \"x\" rsv=4\nwait 16\n", "> fin\nwait 16\n", "> reset\nwait 16\n"] {
        assert_verdict(rule, NotExercised, &format!("app close 1000\n{more}"), &[&[Closes(1000)]]);
    }
    assert_verdict(rule, NotExercised, "app close 1000\nwait 16\n", &[&[Closes(1000), Panics]]);
    assert_verdict(rule, NotExercised, "app close 1000\nwait 16\n", &[&[Closes(1000), Hangs]]);
}
