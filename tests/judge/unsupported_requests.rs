//! Tests requests that an adapter reports as unsupported: no rule on the application interface applies to them.

use crate::closure_subject::FnSubject;
use wsclose::harness::{Recorder, Stimulus};
use wsclose::judge::Verdict;
use wsclose::rules::Rule;

/// Supports no request, and reports so only after every `BATCH` requests.
fn unsupporting<const BATCH: usize>(requests: &mut usize, stimulus: Stimulus<'_>, out: &mut Recorder) {
    *requests += usize::from(matches!(stimulus, Stimulus::Close { .. } | Stimulus::Send { .. }));
    if *requests == BATCH {
        (0..std::mem::take(requests)).for_each(|_| out.unsupported("no interface"));
    }
}

/// Asserts that unsupported requests never violate the rule. If each is reported at once, the rule is not exercised;
/// if several are reported together, the judge cannot know which of them each report is about.
fn assert_not_violated(rule: Rule) {
    let requests = "app close 999 \"x\" * 124\napp send text \"late\"\napp close 1005\napp close\n";
    let batches: [fn(&mut usize, Stimulus<'_>, &mut Recorder); 4] =
        [unsupporting::<1>, unsupporting::<2>, unsupporting::<3>, unsupporting::<4>];
    for (pending, react) in batches.into_iter().enumerate() {
        let verdict = FnSubject::new(react).verdict(requests, rule);
        assert_ne!(verdict, Verdict::Violates, "{rule}, after {pending} pending requests");
        if pending == 0 {
            assert_eq!(verdict, Verdict::NotExercised, "{rule}");
        }
    }
}

#[test]
fn api_refuses_unsendable_code_is_not_exercised_by_unsupported_requests() {
    assert_not_violated(Rule::ApiRefusesUnsendableCode);
}

#[test]
fn api_refuses_long_reason_is_not_exercised_by_unsupported_requests() {
    assert_not_violated(Rule::ApiRefusesLongReason);
}

#[test]
fn api_refuses_data_after_close_is_not_exercised_by_unsupported_requests() {
    assert_not_violated(Rule::ApiRefusesDataAfterClose);
}
