//! Tests Closes that the application requested and that the endpoint sends only after the peer's Close arrived.
//!
//! Such a Close is no reply, so its code shows neither acceptance nor rejection of the peer's Close.

use crate::closure_subject::FnSubject;
use wsclose::harness::{Recorder, Stimulus};
use wsclose::judge::Verdict;
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;

/// Accepts the first request with a sendable code, and sends the Close when the next octets arrive.
fn delays_close(requested: &mut Option<Option<CloseCode>>, stimulus: Stimulus<'_>, out: &mut Recorder) {
    if let Stimulus::Close { code, .. } = stimulus {
        if code.is_some_and(|code| code.sendable(Role::Server, Profile::Iana).is_err()) {
            return out.request_refused("the code must not be sent");
        }
        requested.get_or_insert(code);
        out.request_accepted();
    } else if let (Stimulus::Octets(_), Some(code)) = (stimulus, requested.take()) {
        // Like many libraries, it sends 1000 if the request has no code.
        let [high, low] = code.unwrap_or(CloseCode::NORMAL).to_octets();
        out.sent(&[0x88, 2, high, low]);
        out.fin();
    }
}

#[test]
fn accepts_library_and_private_codes_is_inconclusive_if_a_requested_close_was_pending() {
    let verdict = |requests: &str| {
        let steps = format!("{requests}> close 3333\n");
        FnSubject::new(delays_close).verdict(&steps, Rule::AcceptsLibraryAndPrivateCodes)
    };
    assert_eq!(verdict("app close 1008\n"), Verdict::Inconclusive);
    // The first request is followed by another one, or by two that the endpoint refuses.
    assert_eq!(verdict("app close 1008\napp close 1000\n"), Verdict::Inconclusive);
    assert_eq!(verdict("app close 1008\napp close 1005\napp close 1006\n"), Verdict::Inconclusive);
}

#[test]
fn rejects_bad_utf8_reason_is_not_violated_by_a_requested_close_that_was_pending() {
    for request in ["app close 1000\n", "app close\n"] {
        let steps = format!("{request}> close 1000 hex:80\n");
        let verdict = FnSubject::new(delays_close).verdict(&steps, Rule::RejectsBadUtf8Reason);
        assert_ne!(verdict, Verdict::Violates, "{request}");
    }
}

/// The application requests a Close with a reason that is too long, and then the peer's Close arrives.
const REFUSED_CLOSE_THEN_CLOSE: &str = "app close 1000 \"x\" * 124\n> close 1000\nwait 2\n";

/// Refuses to close, and closes TCP without a reply when octets arrive.
fn refuses_to_close(_: &mut (), stimulus: Stimulus<'_>, out: &mut Recorder) {
    match stimulus {
        Stimulus::Close { .. } => out.request_refused("closing is disabled"),
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
fn accepts_defined_codes_is_not_exercised_after_a_close_request_without_a_close() {
    let verdict = |steps| FnSubject::new(refuses_to_close).verdict(steps, Rule::AcceptsDefinedCodes);
    assert_eq!(verdict("> close 1000\n"), Verdict::Violates);
    assert_eq!(verdict(REFUSED_CLOSE_THEN_CLOSE), Verdict::NotExercised);
}

#[test]
fn close_answered_is_violated_even_after_a_refused_close_request() {
    let verdict = FnSubject::new(refuses_to_close).verdict(REFUSED_CLOSE_THEN_CLOSE, Rule::CloseAnswered);
    assert_eq!(verdict, Verdict::Violates);
}
