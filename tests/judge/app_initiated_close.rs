//! What an application wishes: a Close that is written only once the peer's has come is the application's, and no
//! answer; and who refuses to close may have reasons of its own for what it does then.

use crate::closure_subject::FnSubject;
use wsclose::harness::subject::{Recorder, Stimulus};
use wsclose::judge::Verdict;
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;

/// It takes the first wish that can be taken, and does nothing about it until something comes.
fn late(wish: &mut Option<Option<CloseCode>>, stimulus: Stimulus<'_>, out: &mut Recorder) {
    if let Stimulus::Close { code, .. } = stimulus {
        if code.is_some_and(|code| code.sendable(Role::Server, Profile::Iana).is_err()) {
            return out.request_refused("nobody may send that");
        }
        wish.get_or_insert(code);
        out.request_accepted();
    } else if let (Stimulus::Octets(_), Some(wish)) = (stimulus, wish.take()) {
        // Like many, it says 1000 where it was not told what to say.
        let [high, low] = wish.unwrap_or(CloseCode::NORMAL).to_octets();
        out.sent(&[0x88, 2, high, low]);
        out.fin();
    }
}

#[test]
fn a_close_that_was_asked_for_before_does_not_refuse_the_peers() {
    let taken = |wishes: &str| {
        let steps = format!("{wishes}> close 3333\n");
        FnSubject::new(late).verdict(&steps, Rule::AcceptsLibraryAndPrivateCodes)
    };
    assert_eq!(taken("app close 1008\n"), Verdict::Inconclusive);
    // Another wish came after it, and two that were refused.
    assert_eq!(taken("app close 1008\napp close 1000\n"), Verdict::Inconclusive);
    assert_eq!(taken("app close 1008\napp close 1005\napp close 1006\n"), Verdict::Inconclusive);
}

#[test]
fn a_close_that_was_asked_for_before_does_not_take_what_is_broken() {
    for wish in ["app close 1000\n", "app close\n"] {
        let steps = format!("{wish}> close 1000 hex:80\n");
        let verdict = FnSubject::new(late).verdict(&steps, Rule::RejectsBadUtf8Reason);
        assert_ne!(verdict, Verdict::Violates, "{wish}");
    }
}

/// It refuses to close, and then leaves without an answer.
fn sulks(_: &mut (), stimulus: Stimulus<'_>, out: &mut Recorder) {
    match stimulus {
        Stimulus::Close { .. } => out.request_refused("not like that"),
        Stimulus::Octets(_) => out.fin(),
        Stimulus::Fin
        | Stimulus::Reset
        | Stimulus::PeerGone(_)
        | Stimulus::PeerPause
        | Stimulus::PeerResume
        | Stimulus::Send { .. }
        | Stimulus::Pause
        | Stimulus::Resume
        | Stimulus::Tick => {}
    }
}

#[test]
fn who_refused_to_close_is_blamed_for_not_answering_and_not_for_refusing_a_code() {
    let on = |steps, rule| FnSubject::new(sulks).verdict(steps, rule);
    assert_eq!(on("> close 1000\n", Rule::AcceptsDefinedCodes), Verdict::Violates);
    let steps = "app close 1000 \"x\" * 124\n> close 1000\nwait 2\n";
    assert_eq!(on(steps, Rule::AcceptsDefinedCodes), Verdict::NotExercised);
    assert_eq!(on(steps, Rule::CloseAnswered), Verdict::Violates);
}
