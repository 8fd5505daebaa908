//! How long a timeout is, no rule says: who ends TCP, or reading, once a tick has passed has waited, and who does so
//! at once has not.

use crate::closure_subject::FnSubject;
use crate::scripted::Act::{self, Closes, ClosesTcp, Hangs, Panics};
use crate::scripted::assert_verdict;
use wsclose::harness::subject::{Recorder, Stimulus};
use wsclose::judge::Verdict::{self, Conforms, NotExercised, Violates};
use wsclose::rules::Rule;

/// It closes when asked to, by a code that says when it leaves: 1000, at once; 1001, upon what comes next; any other,
/// after a tick.
fn leaves(code: &mut Option<u16>, stimulus: Stimulus<'_>, out: &mut Recorder) {
    const AT_ONCE: u16 = 1000;
    const UPON_OCTETS: u16 = 1001;
    let leave = match stimulus {
        Stimulus::Close { code: asked, .. } => {
            *code = asked.map(|code| code.0);
            let [high, low] = code.unwrap_or_default().to_be_bytes();
            out.sent(&[0x88, 2, high, low]);
            out.request_accepted();
            *code == Some(AT_ONCE)
        }
        Stimulus::Octets(_) => *code == Some(UPON_OCTETS),
        Stimulus::Tick => code.is_some_and(|code| ![AT_ONCE, UPON_OCTETS].contains(&code)),
        Stimulus::Fin
        | Stimulus::Reset
        | Stimulus::PeerGone(_)
        | Stimulus::PeerPause
        | Stimulus::PeerResume
        | Stimulus::Send { .. }
        | Stimulus::Pause
        | Stimulus::Resume => false,
    };
    if leave {
        out.fin();
    }
}

fn on(steps: &str, rule: Rule) -> Verdict {
    FnSubject::new(leaves).verdict(steps, rule)
}

#[test]
fn a_tick_is_a_wait() {
    assert_eq!(on("app close 1000\nwait 3\n", Rule::WaitsForAnswer), Verdict::Violates);
    assert_eq!(on("app close 3000\nwait 3\n", Rule::WaitsForAnswer), Verdict::Conforms);
}

#[test]
fn what_ends_reading_is_what_came_or_time() {
    let upon = |code: u16| format!("app close {code}\n> ping \"a\"\nwait 3\n> close 1000\n");
    assert_eq!(on(&upon(1001), Rule::ReadsUntilAnswer), Verdict::Violates);
    assert_eq!(on(&upon(3000), Rule::ReadsUntilAnswer), Verdict::Conforms);
    // However late it came.
    let late = "app close 1001\nwait 3\n> ping \"a\"\n> close 1000\n";
    assert_eq!(on(late, Rule::ReadsUntilAnswer), Verdict::Violates);
}

#[test]
fn nobody_waits_for_ever() {
    let rule = Rule::GivesUpWaiting;
    assert_verdict(rule, Violates, "app close 1000\nwait 16\n", &[&[Closes(1000)]]);
    assert_verdict(rule, NotExercised, "app close 1000\nwait 15\n", &[&[Closes(1000)]]);
    assert_verdict(rule, Conforms, "app close 1000\nwait 16\n", &[&[Closes(1000)], &[], &[ClosesTcp]]);
    assert_verdict(rule, NotExercised, "app close 1000\nwait 16\n", &[&[Closes(1000)], &[ClosesTcp]]);
    let mut late: [&[Act]; 18] = [&[]; 18];
    (late[0], late[17]) = (&[Closes(1000)], &[ClosesTcp]);
    assert_verdict(rule, Violates, "app close 1000\nwait 17\n", &late);
    assert_verdict(rule, NotExercised, "app close 1000\nwait 8\n> ping \"x\"\nwait 8\n", &[&[Closes(1000)]]);
    for more in ["> ping \"x\" rsv=4\nwait 16\n", "> fin\nwait 16\n", "> reset\nwait 16\n"] {
        assert_verdict(rule, NotExercised, &format!("app close 1000\n{more}"), &[&[Closes(1000)]]);
    }
    assert_verdict(rule, NotExercised, "app close 1000\nwait 16\n", &[&[Closes(1000), Panics]]);
    assert_verdict(rule, NotExercised, "app close 1000\nwait 16\n", &[&[Closes(1000), Hangs]]);
}
