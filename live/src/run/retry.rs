//! The results of the cases, and which case to re-run to confirm a violation.

use std::collections::BTreeMap;

use wsclose::rules::{Level, Rule, RuleSet};

use crate::run::case_result::CaseResult;
use crate::run::cases::Case;
use crate::run::results::Confirmation;
use crate::run::timing::TIMING_RULES;

/// The number of cases that are re-run for one rule before its violation counts as flaky.
pub const MAX_CANDIDATES: usize = 3;

/// How often a case has to violate the rule again to confirm the violation.
const fn required_retries(rule: Rule) -> usize {
    if TIMING_RULES.contains(rule) { 3 } else { 1 }
}

/// The result of one re-run.
#[derive(Clone, Copy, Debug)]
enum RetryResult {
    /// The endpoint violated these rules.
    Completed(RuleSet),
    /// The case had no result.
    Failed,
}

/// The cases of a run, with the results of their runs.
#[derive(Debug)]
pub struct ResultLedger {
    cases: Vec<Case>,
    results: Vec<Option<CaseResult>>,
    retries: Vec<Vec<RetryResult>>,
}

/// What one rule needs next.
enum RetryDecision {
    /// A re-run of this case.
    Retry(usize),
    /// Nothing: its confirmation is known, and this case shows the violation.
    Settled(Confirmation, usize),
    /// Nothing: no case violates it, or no re-run had a result.
    Nothing,
}

impl ResultLedger {
    /// A ledger without results.
    pub fn new(cases: Vec<Case>) -> ResultLedger {
        let (results, retries) = (vec![None; cases.len()], vec![Vec::new(); cases.len()]);
        ResultLedger { cases, results, retries }
    }

    /// The cases, in order.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The result of the case at this index, if it ran.
    pub fn result(&self, at: usize) -> Option<&CaseResult> {
        self.results.get(at)?.as_ref()
    }

    /// The rules that any case violates.
    pub fn violated(&self) -> RuleSet {
        self.results.iter().flatten().flat_map(|result| &result.violations).map(|found| found.rule).collect()
    }

    /// Adds a generated case with its result.
    pub fn add(&mut self, case: Case, result: CaseResult) {
        self.cases.push(case);
        self.results.push(Some(result));
        self.retries.push(Vec::new());
    }

    /// Records the result of the case at this index.
    pub fn record(&mut self, at: usize, result: CaseResult) {
        self.results[at] = Some(result);
    }

    /// Records a re-run with longer timeouts. Its result replaces the earlier one; violations that did not recur are kept
    /// and count as flaky.
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

    /// The next case to re-run: the smallest that violates the first rule without a confirmation.
    pub fn next_retry(&self) -> Option<usize> {
        rules_to_confirm().find_map(|rule| match self.decide(rule) {
            RetryDecision::Retry(at) => Some(at),
            RetryDecision::Settled(..) | RetryDecision::Nothing => None,
        })
    }

    /// The results in order, and for each violated rule its confirmation with the index of the case that shows it.
    pub fn finish(&self) -> (Vec<CaseResult>, BTreeMap<Rule, (Confirmation, usize)>) {
        let index = |at: usize| self.results[..at].iter().flatten().count();
        let confirmation = |rule| match self.decide(rule) {
            RetryDecision::Settled(confirmation, at) => Some((rule, (confirmation, index(at)))),
            RetryDecision::Retry(_) | RetryDecision::Nothing => {
                self.last_retried(rule).map(|at| (rule, (Confirmation::Flaky, index(at))))
            }
        };
        (
            self.results.iter().flatten().cloned().collect(),
            rules_to_confirm().filter_map(confirmation).collect(),
        )
    }

    /// The cases to re-run for a rule: the smallest that violate it.
    fn candidates(&self, rule: Rule) -> Vec<usize> {
        let violates = |at: &usize| self.result(*at).is_some_and(|result| result.violates(rule));
        let mut candidates: Vec<usize> = (0..self.cases.len()).filter(violates).collect();
        candidates.sort_by_key(|at| (self.result(*at).map(|result| result.script.len()), *at));
        candidates.truncate(MAX_CANDIDATES);
        candidates
    }

    fn decide(&self, rule: Rule) -> RetryDecision {
        for at in self.candidates(rule) {
            let recurs =
                |retry: &RetryResult| matches!(retry, RetryResult::Completed(rules) if rules.contains(rule));
            // Further re-runs, which another rule needs, do not change what the first ones confirmed.
            let retries = self.retries[at].iter().take(required_retries(rule));
            let is_enough = retries.len() == required_retries(rule);
            if retries.clone().all(recurs) {
                return if is_enough {
                    RetryDecision::Settled(Confirmation::Confirmed, at)
                } else {
                    RetryDecision::Retry(at)
                };
            }
        }
        self.last_retried(rule)
            .map_or(RetryDecision::Nothing, |at| RetryDecision::Settled(Confirmation::Flaky, at))
    }

    /// The last candidate with a completed re-run.
    fn last_retried(&self, rule: Rule) -> Option<usize> {
        self.candidates(rule)
            .into_iter()
            .rev()
            .find(|at| self.retries[*at].iter().any(|retry| matches!(retry, RetryResult::Completed(_))))
    }
}

/// The rules whose violations need a confirmation.
fn rules_to_confirm() -> impl Iterator<Item = Rule> {
    Rule::ALL.into_iter().filter(|rule| rule.level() != Level::Info)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::features::EndpointFeatures;
    use crate::run::case_result::Violation;
    use std::time::Duration;
    use wsclose::protocol::role::Role;

    /// The result of a case that violated these rules.
    fn result_violating(rules: &[Rule]) -> CaseResult {
        let violation =
            |rule: &Rule| Violation { rule: *rule, expected: String::new(), actual: String::new() };
        CaseResult {
            name: String::new(),
            script: String::new(),
            timeline: String::new(),
            violations: rules.iter().map(violation).collect(),
            conforming: RuleSet::EMPTY,
            inconclusive: std::collections::BTreeMap::new(),
            error: None,
            code: None,
            elapsed: Duration::ZERO,
        }
    }

    /// The confirmation of a rule after runs of one case that violated these rules.
    fn confirmation(rule: Rule, runs: &[&[Rule]]) -> Option<Confirmation> {
        let features = EndpointFeatures { role: Role::Server, close_command: true, reconnects: true };
        let mut ledger = ResultLedger::new(vec![features.liveness()]);
        let [first, retries @ ..] = runs else { return None };
        ledger.record(0, result_violating(first));
        for rules in retries {
            assert_eq!(ledger.next_retry(), Some(0), "no further re-run is needed");
            ledger.record_retry(0, result_violating(rules));
        }
        assert_eq!(ledger.next_retry(), None, "a re-run is missing");
        ledger.finish().1.get(&rule).map(|(confirmation, _)| *confirmation)
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
        // Another rule was confirmed by the first re-run, and stays confirmed.
        let both = [rule, Rule::CloseAnswered];
        assert_eq!(confirmation(both[1], &[&both, &both, &[]]), Some(Confirmation::Confirmed));
    }
}
