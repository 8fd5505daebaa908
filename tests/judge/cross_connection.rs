//! Connections of one trace beside each other: what counts as the same input, and what has no outcome to compare.

use crate::closure_subject::FnSubject;
use crate::scripted::Act::{Closes, Hangs, Panics, ReportsError};
use crate::scripted::assert_verdict;
use wsclose::harness::subject::{Recorder, Stimulus};
use wsclose::judge::Verdict::{self, Conforms, NotExercised, Violates};
use wsclose::protocol::code::CloseCode;
use wsclose::rules::Rule;
use wsclose::script::MessageKind;

#[test]
fn only_the_same_input_asks_for_the_same_outcome() {
    let rule = Rule::NextConnectionUnharmed;
    assert_verdict(rule, Conforms, "> ping \"x\"\nconnect\n> ping \"x\"\n", &[&[], &[ReportsError]]);
    for more in ["> fin", "> reset", "> gone 1", "> pause", "app close", "app send text \"a\"", "wait 1"] {
        let steps = format!("> ping \"x\"\nconnect\n> ping \"x\"\n{more}\n");
        assert_verdict(rule, NotExercised, &steps, &[&[], &[ReportsError]]);
    }
    assert_verdict(rule, NotExercised, "> pause\nconnect\n> pause\n> resume\n", &[&[], &[ReportsError]]);
}

#[test]
fn an_error_a_panic_or_a_second_close_is_another_outcome() {
    let rule = Rule::AnySegmentation;
    let steps = "> ping \"x\"\nagain each\n";
    assert_verdict(rule, Violates, steps, &[&[], &[ReportsError]]);
    assert_verdict(rule, Violates, steps, &[&[], &[Panics]]);
    assert_verdict(rule, Violates, steps, &[&[Closes(1000)], &[Closes(1000)]]);
}

#[test]
fn who_is_not_read_from_or_hangs_has_no_outcome() {
    let rule = Rule::AnySegmentation;
    assert_verdict(rule, NotExercised, "> ping \"x\"\nagain each\n", &[&[], &[ReportsError, Hangs]]);
    assert_verdict(rule, NotExercised, "> ping \"x\" cut=1\nagain whole\n", &[&[], &[ReportsError, Hangs]]);
    assert_verdict(rule, NotExercised, "> ping \"x\"\napp pause\nagain each\n", &[&[], &[], &[ReportsError]]);
}

/// The same in as few segments as can be, and every octet alone.
const CUTS: &str = "again whole\nagain each\n";

fn on<S: Default>(react: fn(&mut S, Stimulus<'_>, &mut Recorder), steps: &str) -> Verdict {
    FnSubject::new(react).verdict(&format!("{steps}{CUTS}"), Rule::AnySegmentation)
}

/// What it answers a first segment with, whatever that is.
fn answer(code: u16, out: &mut Recorder) {
    let [high, low] = code.to_be_bytes();
    out.sent(&[0x88, 2, high, low]);
}

#[test]
fn another_close_or_another_word_to_the_application_is_another_outcome() {
    fn by_length(seen: &mut bool, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if let (Stimulus::Octets(octets), false) = (stimulus, std::mem::replace(seen, true)) {
            answer(if octets.len() == 1 { 1002 } else { 1000 }, out);
            out.fin();
        }
    }
    assert_eq!(on(by_length, "> close 1000\n"), Verdict::Violates);
    fn tells(seen: &mut bool, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if let (Stimulus::Octets(octets), false) = (stimulus, std::mem::replace(seen, true)) {
            out.reported(Some(CloseCode(if octets.len() == 1 { 1006 } else { 1000 })), None, None);
            out.fin();
        }
    }
    assert_eq!(on(tells, "> close 1000\n"), Verdict::Violates);
}

#[test]
fn what_lies_unread_makes_a_fin_or_a_reset() {
    fn leaves(seen: &mut bool, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if let (Stimulus::Octets(octets), false) = (stimulus, std::mem::replace(seen, true)) {
            answer(1000, out);
            if octets.len() == 1 { out.fin() } else { out.reset() }
        }
    }
    assert_eq!(on(leaves, "> close 1000\n"), Verdict::Conforms);
    fn leaves_at_the_end(seen: &mut usize, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if let Stimulus::Octets(octets) = stimulus {
            *seen += octets.len();
            if *seen == 8 {
                answer(1000, out);
                if octets.len() == 1 { out.fin() } else { out.reset() }
            }
        }
    }
    assert_eq!(on(leaves_at_the_end, "> close 1000\n"), Verdict::Conforms);
}

#[test]
fn when_it_hangs_up_after_its_close_is_a_matter_of_time_and_without_one_it_is_not() {
    fn hangs_up(seen: &mut u32, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if let Stimulus::Octets(_) = stimulus {
            *seen += 1;
            match seen {
                1 => answer(1000, out),
                // As many octets as a Close with a code has from a client.
                8 => out.fin(),
                _ => {}
            }
        }
    }
    assert_eq!(on(hangs_up, "> close 1000\n"), Verdict::Conforms);
    fn just_leaves(seen: &mut u32, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if let Stimulus::Octets(_) = stimulus {
            *seen += 1;
            if *seen == 8 {
                out.fin();
            }
        }
    }
    assert_eq!(on(just_leaves, "> close 1000\n"), Verdict::Violates);
}

/// It answers what comes first and ends what it sends, and delivers what comes in the same segment.
fn delivers(seen: &mut bool, stimulus: Stimulus<'_>, out: &mut Recorder) {
    if let (Stimulus::Octets(octets), false) = (stimulus, std::mem::replace(seen, true)) {
        answer(1000, out);
        if octets.len() > 1 {
            out.message(MessageKind::Text, b"a");
        }
        out.write_shutdown();
    }
}

/// The same, but it closes TCP in both directions.
fn delivers_and_goes(seen: &mut bool, stimulus: Stimulus<'_>, out: &mut Recorder) {
    let before = *seen;
    delivers(seen, stimulus, out);
    if *seen && !before {
        out.fin();
    }
}

#[test]
fn where_octets_came_too_late_more_may_be_done_with_other_cuts() {
    assert_eq!(on(delivers, "> text \"a\"\n"), Verdict::Conforms);
    assert_eq!(on(delivers_and_goes, "> text \"a\"\n"), Verdict::Conforms);
    // Where all of them came in time, not.
    fn never_goes(seen: &mut bool, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if let (Stimulus::Octets(octets), false) = (stimulus, std::mem::replace(seen, true))
            && octets.len() > 1
        {
            out.message(MessageKind::Text, b"a");
        }
    }
    assert_eq!(on(never_goes, "> text \"a\"\n"), Verdict::Violates);
}

#[test]
fn a_wish_that_is_seen_to_late_may_be_seen_to_earlier_with_other_cuts() {
    fn waits(wish: &mut bool, stimulus: Stimulus<'_>, out: &mut Recorder) {
        match stimulus {
            Stimulus::Close { .. } => *wish = true,
            Stimulus::Octets(octets) if std::mem::take(wish) => {
                answer(if octets.len() == 1 { 1000 } else { 1001 }, out);
                out.request_accepted();
            }
            Stimulus::Octets(_)
            | Stimulus::Fin
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
    assert_eq!(on(waits, "app close 1000\n> close 3333\n"), Verdict::NotExercised);
}
