//! Tests an endpoint that sends FIN after its Close and goes on reading: the rules still apply to what it reads.

use crate::closure_subject::FnSubject;
use wsclose::harness::{Recorder, Stimulus};
use wsclose::judge::Verdict;
use wsclose::protocol::code::CloseCode;
use wsclose::rules::Rule;
use wsclose::script::MessageKind;

/// Sends a Close and FIN when the application requests a Close. After that it delivers messages, reports the peer's
/// Close, and closes TCP after the peer's FIN. If the request has the code 1001, it resets TCP at the next octets.
fn shuts_down_write(resets: &mut bool, stimulus: Stimulus<'_>, out: &mut Recorder) {
    match stimulus {
        Stimulus::Close { code, .. } => {
            *resets = code == Some(CloseCode::GOING_AWAY);
            out.sent(&[0x88, 2, 3, 0xe8]);
            out.write_shutdown();
            out.request_accepted();
        }
        Stimulus::Octets(_) if *resets => out.reset(),
        Stimulus::Octets([0x88, ..]) => out.reported(Some(CloseCode(3333)), Some(""), Some(true)),
        Stimulus::Octets(_) => out.message(MessageKind::Text, b"late"),
        Stimulus::Fin => out.fin(),
        Stimulus::Reset
        | Stimulus::PeerGone(_)
        | Stimulus::PeerPause
        | Stimulus::PeerResume
        | Stimulus::Send { .. }
        | Stimulus::Pause
        | Stimulus::Resume
        | Stimulus::Tick => {}
    }
}

fn verdict(steps: &str, rule: Rule) -> Verdict {
    FnSubject::new(shuts_down_write).verdict(steps, rule)
}

/// Asserts that the rule is exercised and conforms although all of the peer's input arrives after the endpoint's FIN.
#[track_caller]
fn assert_conforms_after_fin(rule: Rule) {
    let steps = "app close 1000\n> text \"late\"\n> close 3333\n> fin\n";
    assert_eq!(verdict(steps, rule), Verdict::Conforms, "{rule}");
}

#[test]
fn accepts_library_and_private_codes_applies_after_the_own_fin() {
    assert_conforms_after_fin(Rule::AcceptsLibraryAndPrivateCodes);
}

#[test]
fn reports_first_code_applies_after_the_own_fin() {
    assert_conforms_after_fin(Rule::ReportsFirstCode);
}

#[test]
fn reports_clean_applies_after_the_own_fin() {
    assert_conforms_after_fin(Rule::ReportsClean);
    // TCP is still open, so the endpoint may report the closure later.
    assert_eq!(verdict("app close 1000\n> close 3333\n", Rule::ReportsClean), Verdict::NotExercised);
}

#[test]
fn reads_until_answer_applies_after_the_own_fin() {
    assert_conforms_after_fin(Rule::ReadsUntilAnswer);
    // This endpoint resets TCP instead of reading the message.
    let steps = "app close 1001\n> text \"late\"\n> close 3333\n";
    assert_eq!(verdict(steps, Rule::ReadsUntilAnswer), Verdict::Violates);
}

#[test]
fn tcp_closed_after_handshake_counts_fin_as_closing() {
    assert_conforms_after_fin(Rule::TcpClosedAfterHandshake);
}

#[test]
fn waits_for_answer_does_not_count_fin_as_closing() {
    assert_conforms_after_fin(Rule::WaitsForAnswer);
    // The reset does not show how long the endpoint read.
    let steps = "app close 1001\n> close 3333\n";
    assert_eq!(verdict(steps, Rule::WaitsForAnswer), Verdict::Inconclusive);
}

#[test]
fn tcp_closed_cleanly_allows_a_reset_after_fin() {
    let steps = "app close 1001\n> close 3333\n";
    assert_eq!(verdict(steps, Rule::TcpClosedCleanly), Verdict::Conforms);
}

#[test]
fn reports_1006_is_not_exercised_while_the_endpoint_still_reads() {
    assert_eq!(verdict("app close 1000\n", Rule::Reports1006), Verdict::NotExercised);
    assert_eq!(verdict("app close 1000\n> reset\n", Rule::Reports1006), Verdict::Inconclusive);
}
