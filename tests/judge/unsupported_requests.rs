//! A subject that is not asked for what its application wants: nothing is to its credit, whenever it is told.

use crate::closure_subject::FnSubject;
use wsclose::harness::subject::{Recorder, Stimulus};
use wsclose::judge::Verdict;
use wsclose::rules::Rule;

/// It has no interface for anything, and its program says so only once so many wishes have come.
fn mute<const PATIENCE: usize>(wishes: &mut usize, stimulus: Stimulus<'_>, out: &mut Recorder) {
    *wishes += usize::from(matches!(stimulus, Stimulus::Close { .. } | Stimulus::Send { .. }));
    if *wishes == PATIENCE {
        (0..std::mem::take(wishes)).for_each(|_| out.unsupported("no interface"));
    }
}

#[test]
fn what_was_not_asked_is_neither_kept_nor_broken() {
    let wishes = "app close 999 \"x\" * 124\napp send text \"late\"\napp close 1005\napp close\n";
    let patient: [fn(&mut usize, Stimulus<'_>, &mut Recorder); 4] =
        [mute::<1>, mute::<2>, mute::<3>, mute::<4>];
    for (others, react) in patient.into_iter().enumerate() {
        for rule in Rule::ALL.into_iter().filter(|rule| rule.id().starts_with("api-")) {
            let verdict = FnSubject::new(react).verdict(wishes, rule);
            assert!(verdict != Verdict::Violates, "{others} others before it is told, {rule}");
            // Told late, it cannot be told which wish was meant.
            if others == 0 {
                assert_eq!(verdict, Verdict::NotExercised, "{rule}");
            }
        }
    }
}
