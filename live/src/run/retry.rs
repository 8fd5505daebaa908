//! What has been played and what is in doubt. In come cases and what came of them, out comes which case is to be
//! played again, alone and with more patience, and in the end how sure each breach is.

use std::collections::BTreeMap;

use wsclose::rules::{Level, Rule, RuleSet};

use crate::run::cases::Case;
use crate::run::results::{CaseResult, Confirmation};
use crate::run::timing::TIMING_RULES;

/// How many cases are tried again, at the most, before a breach of a rule counts as flaky.
pub const MAX_CANDIDATES: usize = 3;

/// How often a case has to break the rule again before that counts as repeated.
const fn required_retries(rule: Rule) -> usize {
    if TIMING_RULES.contains(rule) { 3 } else { 1 }
}

/// What came of playing a case again.
#[derive(Clone, Copy, Debug)]
enum RetryResult {
    /// These rules were broken.
    Completed(RuleSet),
    /// It could not be played.
    Failed,
}

/// The cases of a run, and what came of each.
#[derive(Debug)]
pub struct ResultLedger {
    cases: Vec<Case>,
    results: Vec<Option<CaseResult>>,
    retries: Vec<Vec<RetryResult>>,
}

/// What is wanted of one rule.
enum RetryDecision {
    /// To play this case again.
    Retry(usize),
    /// Nothing more: so sure is it, and this case shows it.
    Settled(Confirmation, usize),
    /// Nothing: it is not broken, or none of its cases could be played again.
    Nothing,
}

impl ResultLedger {
    /// Nothing has been played.
    pub fn new(cases: Vec<Case>) -> ResultLedger {
        let (results, retries) = (vec![None; cases.len()], vec![Vec::new(); cases.len()]);
        ResultLedger { cases, results, retries }
    }

    /// The cases, in order.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// What came of the case at this place.
    pub fn result(&self, at: usize) -> Option<&CaseResult> {
        self.results.get(at)?.as_ref()
    }

    /// The rules that any case breaks.
    pub fn violated(&self) -> RuleSet {
        self.results.iter().flatten().flat_map(|played| &played.violations).map(|found| found.rule).collect()
    }

    /// A case that nobody planned, and what came of it.
    pub fn add(&mut self, case: Case, result: CaseResult) {
        self.cases.push(case);
        self.results.push(Some(result));
        self.retries.push(Vec::new());
    }

    /// The case at this place has been played.
    pub fn record(&mut self, at: usize, result: CaseResult) {
        self.results[at] = Some(result);
    }

    /// It has been played again, with more patience: what was seen then replaces what was seen before. What was
    /// seen once and not again is still told, as flaky.
    pub fn record_retry(&mut self, at: usize, mut fresh: CaseResult) {
        if fresh.error.is_some() {
            self.retries[at].push(RetryResult::Failed);
            return;
        }
        self.retries[at]
            .push(RetryResult::Completed(fresh.violations.iter().map(|found| found.rule).collect()));
        if let Some(before) = self.results[at].take() {
            if fresh.violations.is_empty() {
                fresh.timeline = before.timeline;
            }
            for found in before.violations {
                if !fresh.violates(found.rule) {
                    fresh.violations.push(found);
                }
            }
        }
        self.results[at] = Some(fresh);
    }

    /// The next case to play again: the smallest that breaks the first rule in doubt.
    pub fn next_retry(&self) -> Option<usize> {
        rules_to_confirm().find_map(|rule| match self.decide(rule) {
            RetryDecision::Retry(at) => Some(at),
            RetryDecision::Settled(..) | RetryDecision::Nothing => None,
        })
    }

    /// What was played, in order, and how sure the breach of each rule is, with the place among them of the case
    /// that shows it.
    pub fn finish(&self) -> (Vec<CaseResult>, BTreeMap<Rule, (Confirmation, usize)>) {
        let place = |at: usize| self.results[..at].iter().flatten().count();
        let sure = |rule| match self.decide(rule) {
            RetryDecision::Settled(surety, at) => Some((rule, (surety, place(at)))),
            RetryDecision::Retry(_) | RetryDecision::Nothing => {
                self.last_retried(rule).map(|at| (rule, (Confirmation::Flaky, place(at))))
            }
        };
        (self.results.iter().flatten().cloned().collect(), rules_to_confirm().filter_map(sure).collect())
    }

    /// The cases that are tried for a rule: the smallest that break it.
    fn candidates(&self, rule: Rule) -> Vec<usize> {
        let breaks = |at: &usize| self.result(*at).is_some_and(|played| played.violates(rule));
        let mut tries: Vec<usize> = (0..self.cases.len()).filter(breaks).collect();
        tries.sort_by_key(|at| (self.result(*at).map(|played| played.script.len()), *at));
        tries.truncate(MAX_CANDIDATES);
        tries
    }

    fn decide(&self, rule: Rule) -> RetryDecision {
        for at in self.candidates(rule) {
            let broke =
                |again: &RetryResult| matches!(again, RetryResult::Completed(rules) if rules.contains(rule));
            // What a case broke when it was first played again is sure, however often another rule wants it.
            let again = self.retries[at].iter().take(required_retries(rule));
            let enough = again.len() == required_retries(rule);
            if again.clone().all(broke) {
                return if enough {
                    RetryDecision::Settled(Confirmation::Confirmed, at)
                } else {
                    RetryDecision::Retry(at)
                };
            }
        }
        self.last_retried(rule)
            .map_or(RetryDecision::Nothing, |at| RetryDecision::Settled(Confirmation::Flaky, at))
    }

    /// The last case of those tried that was played again.
    fn last_retried(&self, rule: Rule) -> Option<usize> {
        self.candidates(rule)
            .into_iter()
            .rev()
            .find(|at| self.retries[*at].iter().any(|again| matches!(again, RetryResult::Completed(_))))
    }
}

/// The rules whose breach is to be seen twice.
fn rules_to_confirm() -> impl Iterator<Item = Rule> {
    Rule::ALL.into_iter().filter(|rule| rule.level() != Level::Info)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::features::EndpointFeatures;
    use crate::run::results::Violation;
    use std::time::Duration;
    use wsclose::protocol::role::Role;

    /// A case that broke these rules.
    fn result_violating(rules: &[Rule]) -> CaseResult {
        let found = |rule: &Rule| Violation { rule: *rule, expected: String::new(), actual: String::new() };
        CaseResult {
            name: String::new(),
            script: String::new(),
            timeline: String::new(),
            violations: rules.iter().map(found).collect(),
            conforming: RuleSet::EMPTY,
            inconclusive: RuleSet::EMPTY,
            error: None,
            code: None,
            elapsed: Duration::ZERO,
        }
    }

    /// How sure the breach of a rule is, by what a case broke each time it was played.
    fn confirmation(rule: Rule, runs: &[&[Rule]]) -> Option<Confirmation> {
        let able = EndpointFeatures { role: Role::Server, close_command: true, reconnects: true };
        let mut score = ResultLedger::new(vec![able.liveness()]);
        let [first, again @ ..] = runs else { return None };
        score.record(0, result_violating(first));
        for played in again {
            assert_eq!(score.next_retry(), Some(0), "more plays than are wanted");
            score.record_retry(0, result_violating(played));
        }
        assert_eq!(score.next_retry(), None, "fewer plays than are wanted");
        score.finish().1.get(&rule).map(|(surety, _)| *surety)
    }

    #[test]
    fn one_retry_confirms_a_violation() {
        let rule = Rule::CloseAnswered;
        assert_eq!(confirmation(rule, &[&[]]), None);
        assert_eq!(confirmation(rule, &[&[rule], &[rule]]), Some(Confirmation::Confirmed));
        assert_eq!(confirmation(rule, &[&[rule], &[]]), Some(Confirmation::Flaky));
    }

    #[test]
    fn timing_rules_need_three_retries() {
        let rule = Rule::WaitsForAnswer;
        assert_eq!(confirmation(rule, &[&[rule], &[rule], &[rule], &[rule]]), Some(Confirmation::Confirmed));
        assert_eq!(confirmation(rule, &[&[rule], &[rule], &[]]), Some(Confirmation::Flaky));
        // Another rule is sure by then, and stays so.
        let both = [rule, Rule::CloseAnswered];
        assert_eq!(confirmation(both[1], &[&both, &both, &[]]), Some(Confirmation::Confirmed));
    }
}
