//! The peer ends TCP at once after its last octets, before the endpoint can do anything.

use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;

use crate::scripted::Act::{Accepts, Closes, ClosesTcp};
use crate::scripted::{Act, assert_verdict, assert_verdict_as};

const CLOSED_FIRST: &[&[Act]] = &[&[Closes(1000), Accepts]];

#[test]
fn tcp_closed_after_handshake_is_not_asked_if_a_reset_came_with_the_close() {
    for (steps, verdict) in [
        ("app close 1000\n> close 1000\n> reset\nwait 20\n", NotExercised),
        ("app close 1000\n> close 1000\nwait 2\n> reset\nwait 20\n", Violates),
    ] {
        assert_verdict(Rule::TcpClosedAfterHandshake, verdict, steps, CLOSED_FIRST);
        assert_verdict(Rule::ServerClosesTcpAtOnce, verdict, steps, CLOSED_FIRST);
    }
    let steps = "app close 1000\n> close 1000\n> reset\n";
    let acts: &[&[Act]] = &[&[Closes(1000), Accepts], &[ClosesTcp]];
    assert_verdict(Rule::TcpClosedAfterHandshake, Conforms, steps, acts);
}

#[test]
fn any_segmentation_compares_no_connection_that_a_reset_cut_off() {
    // The first connection answers nothing before the reset.
    let answers_late: &[&[Act]] = &[&[], &[], &[], &[], &[], &[], &[], &[Closes(1000), ClosesTcp]];
    let steps = "> close 1000\n> reset\nagain each\n";
    assert_verdict(Rule::AnySegmentation, NotExercised, steps, answers_late);
    let steps = "> close 1000\nwait 1\n> reset\nagain each\n";
    assert_verdict(Rule::AnySegmentation, Violates, steps, answers_late);
}

#[test]
fn rejects_rsv_is_inconclusive_if_a_reset_came_with_the_frame() {
    for end in ["> reset\n", "> fin\n"] {
        let steps = format!("> close 1000 rsv=4\n{end}");
        assert_verdict(Rule::RejectsRsv, Inconclusive, &steps, &[]);
    }
}

#[test]
fn close_answered_is_due_after_a_fin_and_not_after_a_reset() {
    for role in Role::ALL {
        let verdict = |end: &str, verdict| {
            let steps = format!("> close 1000\n> {end}\nwait 2\n");
            assert_verdict_as(role, &[], Rule::CloseAnswered, verdict, &steps, &[]);
        };
        verdict("fin", Violates);
        verdict("reset", Inconclusive);
    }
}
