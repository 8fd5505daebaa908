//! Chooses the cases that are played alone too: connections at the same time may hide what one connection shows.
//!
//! The choice covers every rule to which the endpoint conformed, and every family of cases, by cases that take little time.
//! The family of a case is the first part of its name.

use std::collections::BTreeMap;
use std::time::Duration;

use wsclose::rules::RuleSet;

use crate::run::case_result::CaseResult;

/// The time that a case takes in addition to the time of its connection.
const OVERHEAD: Duration = Duration::from_millis(5);

/// The cases to play alone, by their numbers, the most useful first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cover {
    /// These exercise every rule and every family.
    pub required: Vec<usize>,
    /// With these, every family exercises every rule that it can.
    pub further: Vec<usize>,
}

/// A case that may be chosen.
#[derive(Clone, Copy, Debug)]
struct Candidate<'a> {
    at: usize,
    family: &'a str,
    rules: RuleSet,
    cost: Duration,
}

/// What has been covered so far.
#[derive(Debug, Default)]
struct Covered<'a> {
    rules: RuleSet,
    families: BTreeMap<&'a str, RuleSet>,
}

impl<'a> Covered<'a> {
    fn add(&mut self, case: Candidate<'a>) {
        self.rules = self.rules.union(case.rules);
        let rules = self.families.entry(case.family).or_default();
        *rules = rules.union(case.rules);
    }

    /// The number of rules and families that the case would add.
    fn gain(&self, case: Candidate<'_>) -> usize {
        case.rules.without(self.rules).len() + usize::from(!self.families.contains_key(case.family))
    }

    /// The number of rules that the case would add to its family.
    fn gain_in_family(&self, case: Candidate<'_>) -> usize {
        case.rules.without(self.families.get(case.family).copied().unwrap_or_default()).len()
    }

    /// Chooses cases until no further one has a gain. The next is the one with the most gain for its cost.
    fn choose(
        &mut self,
        cases: &[Candidate<'a>],
        gain: fn(&Covered<'a>, Candidate<'_>) -> usize,
    ) -> Vec<usize> {
        let mut chosen = Vec::new();
        // A case that adds nothing now adds nothing later.
        let mut left: Vec<Candidate<'a>> = cases.to_vec();
        loop {
            left.retain(|case| gain(self, *case) > 0);
            let worth = |case: &Candidate<'_>| gain(self, *case) as f64 / case.cost.as_secs_f64();
            let Some(best) = left
                .iter()
                .copied()
                .reduce(|best, case| if worth(&case) > worth(&best) { case } else { best })
            else {
                return chosen;
            };
            chosen.push(best.at);
            self.add(best);
        }
    }
}

/// Chooses from the results of cases, with their numbers, those that cover `rules`. `played` was played alone before.
pub fn choose<'a>(
    results: impl Iterator<Item = (usize, &'a CaseResult)>,
    rules: RuleSet,
    played: usize,
) -> Cover {
    let candidates: Vec<Candidate<'a>> = results
        // A case with a violation is re-run anyway.
        .filter(|(_, result)| result.error.is_none() && result.violations.is_empty())
        .map(|(at, result)| Candidate {
            at,
            family: result.name.split('/').next().unwrap_or_default(),
            rules: result.conforming.intersection(rules),
            cost: result.elapsed + OVERHEAD,
        })
        .collect();
    let mut covered = Covered::default();
    candidates.iter().filter(|case| case.at == played).for_each(|case| covered.add(*case));
    let required = covered.choose(&candidates, Covered::gain);
    let further = covered.choose(&candidates, Covered::gain_in_family);
    Cover { required, further }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsclose::rules::Rule;

    fn result(name: &str, rules: &[Rule], millis: u64) -> CaseResult {
        CaseResult {
            name: name.to_owned(),
            script: String::new(),
            timeline: String::new(),
            shown: false,
            violations: Vec::new(),
            conforming: RuleSet::of(rules),
            inconclusive: BTreeMap::new(),
            error: None,
            code: None,
            code_sample: None,
            latencies: crate::run::timing::Latencies::default(),
            elapsed: Duration::from_millis(millis),
            traces: Vec::new(),
            kept: None,
        }
    }

    #[test]
    fn cover_has_every_rule_and_family_at_little_cost() {
        use Rule::{CloseAnswered, CloseFin, CloseRsvClear, OneClose};
        let results = [
            result("liveness", &[CloseAnswered], 1),
            result("a/slow", &[CloseFin, OneClose], 900),
            result("a/one", &[CloseFin], 1),
            result("a/two", &[OneClose], 1),
            result("a/known", &[CloseAnswered], 1),
            result("b/unselected", &[CloseRsvClear], 1),
            result("c/plain", &[CloseAnswered], 1),
        ];
        let rules = RuleSet::of(&[CloseAnswered, CloseFin, OneClose]);
        let cover = choose(results.iter().enumerate(), rules, 0);
        assert_eq!(cover, Cover { required: vec![2, 3, 5, 6], further: vec![4] });
        let mut failed = results[2].clone();
        failed.invalidate(crate::endpoint::connection::CaseError::OutputLimit);
        let cover = choose([(2, &failed), (1, &results[1])].into_iter(), rules, 0);
        assert_eq!(cover, Cover { required: vec![1], further: Vec::new() });
    }
}
