//! What a subject was told, or did, for a reason that excuses it: nothing is held against it there.

#[path = "support/does.rs"]
mod does;

use does::Does;
use wsclose::code::CloseCode;
use wsclose::judge::Verdict;
use wsclose::rule::Rule;
use wsclose::subject::{Output, Stimulus};

/// The last octets of 1000 and of 1002.
const NORMAL: u8 = 0xe8;
const FAILS: u8 = 0xea;

/// It closes when asked to, answers a Close with `answer`, and tells the same of the end, whatever that was.
fn ends(closed: &mut bool, stimulus: Stimulus<'_>, out: &mut Output, answer: u8, code: u16, clean: bool) {
    match stimulus {
        Stimulus::Close { .. } => {
            *closed = true;
            out.sent(&[0x88, 2, 3, 0xe8]);
            out.accepted();
        }
        Stimulus::Octets(_) | Stimulus::Fin => {
            if !*closed && stimulus != Stimulus::Fin {
                out.sent(&[0x88, 2, 3, answer]);
            }
            out.reported(Some(CloseCode(code)), Some(""), Some(clean));
            out.fin();
        }
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

#[test]
fn who_has_closed_may_stop_at_a_ping() {
    let told_1005 = || Does::new(|closed, stimulus, out| ends(closed, stimulus, out, NORMAL, 1005, true));
    let steps = |before: &str| format!("app close 1000\n{before}> close hex:00 rsv=3 glue\nwait 2\n");
    assert_eq!(told_1005().verdict(&steps(""), Rule::RejectsOneByteBody), Verdict::Breaks);
    for rule in [Rule::RejectsOneByteBody, Rule::RejectsRsv] {
        assert_eq!(told_1005().verdict(&steps("> ping \"p\"\n"), rule), Verdict::Inconclusive, "{rule}");
    }
}

#[test]
fn told_1005_after_1005_may_be_told_of_no_code() {
    let told = Does::new(|closed, stimulus, out| ends(closed, stimulus, out, NORMAL, 1005, true));
    let steps = "app close 1000\n> close 1005\nwait 2\n";
    assert_eq!(told.verdict(steps, Rule::RejectsLocalOnlyCodes), Verdict::Inconclusive);
    let told = Does::new(|closed, stimulus, out| ends(closed, stimulus, out, NORMAL, 1015, true));
    assert_eq!(
        told.verdict("app close 1000\n> close 1015\nwait 2\n", Rule::RejectsLocalOnlyCodes),
        Verdict::Breaks
    );
}

#[test]
fn an_end_that_is_called_unclean_is_no_close() {
    let unclean = || Does::new(|closed, stimulus, out| ends(closed, stimulus, out, NORMAL, 0, false));
    assert_eq!(unclean().verdict("> fin\nwait 2\n", Rule::EofIsNotAClose), Verdict::Conforms);
    assert_eq!(unclean().verdict("> fin\nwait 2\n", Rule::Reports1006), Verdict::Breaks);
    let clean = Does::new(|closed, stimulus, out| ends(closed, stimulus, out, NORMAL, 0, true));
    assert_eq!(clean.verdict("> fin\nwait 2\n", Rule::EofIsNotAClose), Verdict::Breaks);
}

#[test]
fn who_fails_the_connection_may_call_that_unclean() {
    let steps = "> close 1014\nwait 2\n";
    let unclean = Does::new(|closed, stimulus, out| ends(closed, stimulus, out, FAILS, 1014, false));
    assert_eq!(unclean.verdict(steps, Rule::ReportsClean), Verdict::Inconclusive);
    let unclean = Does::new(|closed, stimulus, out| ends(closed, stimulus, out, NORMAL, 1014, false));
    assert_eq!(unclean.verdict(steps, Rule::ReportsClean), Verdict::Breaks);
}
