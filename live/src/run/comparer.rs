//! Judges what single cases left open by the endpoint's usual replies.

use wsclose::judge::{Finding, Habits, Judge, Verdict};
use wsclose::protocol::code::Profile;

use crate::run::case_result::{CaseResult, Violation, timeline};

/// Judges kept traces by the habits of the endpoint.
#[derive(Debug)]
pub struct Comparer(Judge);

impl Comparer {
    /// A comparer with these habits.
    pub fn new(habits: Habits, profile: Profile) -> Comparer {
        let mut judge = Judge::new(profile);
        judge.set_habits(Some(habits));
        Comparer(judge)
    }

    /// Replaces the verdicts on the rules that the case left open.
    pub fn decide(&mut self, result: &mut CaseResult) {
        let Some(kept) = result.kept.take().filter(|kept| !kept.open.is_empty()) else { return };
        self.0.judge(&kept.trace);
        result.violations.retain(|found| !kept.open.contains(found.rule));
        result.conforming = result.conforming.without(kept.open);
        result.inconclusive.retain(|rule, _| !kept.open.contains(*rule));
        let verdicts = self.0.verdicts();
        result.conforming = result.conforming.union(verdicts.with(Verdict::Conforms).intersection(kept.open));
        for rule in kept.open.iter() {
            if let Some(reason) = verdicts.inconclusive_reason(rule) {
                result.inconclusive.insert(rule, reason.description());
            }
        }
        let found = self.0.findings().iter().filter(|finding| kept.open.contains(finding.rule));
        result.violations.extend(found.map(|finding| Violation::of(&kept.trace, finding)));
        let violated = result.violated_rules();
        let shown: Vec<&Finding> =
            self.0.findings().iter().filter(|finding| violated.contains(finding.rule)).collect();
        let marked = kept.trace.timeline(shown.iter().copied());
        result.timeline = match (shown.is_empty(), result.shown) {
            (true, false) => String::new(),
            (false, false) => timeline(marked),
            (_, true) => timeline(marked.with_ends()),
        };
    }
}

/// The habits that these results show, and the profile by which they were judged.
pub fn habits<'a>(results: impl Iterator<Item = &'a CaseResult>) -> Option<(Habits, Profile)> {
    let mut learned: Option<(Habits, Profile)> = None;
    for result in results {
        if let (Some(case), Some(kept)) = (Habits::case(&result.name), &result.kept) {
            let (habits, profile) =
                learned.get_or_insert_with(|| (Habits::new(kept.trace.role), kept.profile));
            habits.learn(case, &kept.trace, *profile);
        }
    }
    learned
}
