//! A subject that ends what it sends behind its Close, and still reads: it is held to what it does about what comes
//! then, and not blamed for having gone.

use crate::closure_subject::FnSubject;
use wsclose::harness::subject::{Recorder, Stimulus};
use wsclose::judge::Verdict;
use wsclose::protocol::code::CloseCode;
use wsclose::rules::Rule;
use wsclose::script::MessageKind;

/// It closes when asked to, hands over what comes, tells of the peer's Close, and leaves after the peer's FIN. Told
/// to close by 1001, it has really gone, and a reset says so to whoever still sends.
fn half_closes(gone: &mut bool, stimulus: Stimulus<'_>, out: &mut Recorder) {
    match stimulus {
        Stimulus::Close { code, .. } => {
            *gone = code == Some(CloseCode::GOING_AWAY);
            out.sent(&[0x88, 2, 3, 0xe8]);
            out.write_shutdown();
            out.request_accepted();
        }
        Stimulus::Octets(_) if *gone => out.reset(),
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

fn on(steps: &str, rule: Rule) -> Verdict {
    FnSubject::new(half_closes).verdict(steps, rule)
}

#[test]
fn what_comes_after_its_fin_counts() {
    let steps = "app close 1000\n> text \"late\"\n> close 3333\n> fin\n";
    for rule in [
        Rule::AcceptsLibraryAndPrivateCodes,
        Rule::ReportsFirstCode,
        Rule::ReportsClean,
        Rule::ReadsUntilAnswer,
        Rule::TcpClosedAfterHandshake,
        Rule::WaitsForAnswer,
    ] {
        assert_eq!(on(steps, rule), Verdict::Conforms, "{rule}");
    }
}

#[test]
fn until_it_has_gone_it_may_still_tell() {
    // Half of TCP is still open.
    assert_eq!(on("app close 1000\n> close 3333\n", Rule::ReportsClean), Verdict::NotExercised);
    assert_eq!(on("app close 1000\n", Rule::Reports1006), Verdict::NotExercised);
    assert_eq!(on("app close 1000\n> reset\n", Rule::Reports1006), Verdict::Inconclusive);
}

#[test]
fn how_long_it_read_before_a_reset_nobody_knows() {
    let steps = "app close 1001\n> close 3333\n";
    assert_eq!(on(steps, Rule::WaitsForAnswer), Verdict::Inconclusive);
    assert_eq!(on(steps, Rule::TcpClosedCleanly), Verdict::Conforms);
    // But what came before the peer's Close was not read.
    let steps = "app close 1001\n> text \"late\"\n> close 3333\n";
    assert_eq!(on(steps, Rule::ReadsUntilAnswer), Verdict::Violates);
}
