//! The results of the cases, and which case to re-run to confirm a violation.

use std::collections::BTreeMap;

use wsclose::rules::{Level, Rule, RuleSet};

use crate::run::case_result::CaseResult;
use crate::run::cases::Case;
use crate::run::comparer::{self, Comparer};
use crate::run::lateness::Lateness;
use crate::run::results::Confirmation;
use crate::run::timing::{Latencies, TIMING_RULES};

/// The number of cases that are re-run for one rule before its violation counts as flaky.
pub const MAX_CANDIDATES: usize = 3;

/// How many cases of several connections are re-run after these. What an earlier connection caused in a case of one
/// connection does not recur when the case runs alone.
const MAX_CANDIDATES_OF_SEVERAL_CONNECTIONS: usize = 2;

/// The number of re-runs of one case that may fail. One may fail because the endpoint is busy.
const MAX_FAILED_RETRIES: usize = 2;

/// How often a case has to violate the rule again to confirm the violation.
const fn required_retries(rule: Rule) -> usize {
    if TIMING_RULES.contains(rule) {
        3
    } else if matches!(rule, Rule::NoPanic) {
        // A server may also exit for a reason of its own, just then.
        2
    } else {
        1
    }
}

/// The result of one re-run.
#[derive(Clone, Copy, Debug)]
enum RetryResult {
    /// The endpoint violated these rules.
    Completed(RuleSet),
    /// The case had no result.
    Failed,
}

impl RetryResult {
    /// The violated rules, if the case had a result.
    const fn completed(&self) -> Option<RuleSet> {
        match self {
            RetryResult::Completed(rules) => Some(*rules),
            RetryResult::Failed => None,
        }
    }
}

/// The cases of a run, with the results of their runs.
#[derive(Debug)]
pub struct ResultLedger {
    cases: Vec<Case>,
    /// The rules whose violations need a confirmation.
    rules: RuleSet,
    results: Vec<Option<CaseResult>>,
    retries: Vec<Vec<RetryResult>>,
    /// The violations that only the short waits of the first run show, each with the case.
    short_waits: BTreeMap<Rule, (ShortWaits, usize)>,
    /// Compares results with the usual replies of the endpoint, once these are known.
    comparer: Option<Comparer>,
    /// The rules that results do not decide, whatever they are.
    left_out: RuleSet,
}

/// A violation that recurs with the short waits of the first run only.
#[derive(Clone, Copy, Debug)]
pub enum ShortWaits {
    /// The endpoint did late what it should do at once.
    Late(Lateness),
    /// The endpoint sent what it should not send.
    Sent,
}

impl ShortWaits {
    const fn confirmation(self) -> Confirmation {
        match self {
            ShortWaits::Late(lateness) => Confirmation::Late(lateness),
            ShortWaits::Sent => Confirmation::Confirmed,
        }
    }
}

/// What one rule needs next.
enum RetryDecision {
    /// A re-run of this case.
    Retry(usize),
    /// Nothing: its confirmation is known, and this case shows the violation.
    Settled(Confirmation, usize),
    /// Nothing: no case violates it, or too few re-runs had a result.
    Nothing,
}

impl ResultLedger {
    /// A ledger without results.
    pub fn new(cases: Vec<Case>) -> ResultLedger {
        let (results, retries) = (vec![None; cases.len()], vec![Vec::new(); cases.len()]);
        let rules = Rule::ALL.into_iter().filter(|rule| rule.level() != Level::Info).collect();
        ResultLedger {
            cases,
            rules,
            results,
            retries,
            short_waits: BTreeMap::new(),
            comparer: None,
            left_out: RuleSet::EMPTY,
        }
    }

    /// The same ledger, in which only violations of these rules are confirmed.
    pub fn judging(mut self, rules: RuleSet) -> ResultLedger {
        self.rules = self.rules.intersection(rules);
        self
    }

    /// The cases, in order.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The result of the case at this index, if it ran.
    pub fn result(&self, at: usize) -> Option<&CaseResult> {
        self.results.get(at)?.as_ref()
    }

    /// How long the endpoint took in each case that has run.
    pub fn latencies(&self) -> impl Iterator<Item = Latencies> {
        self.results.iter().flatten().map(|result| result.latencies)
    }

    /// The rules that any case violates.
    pub fn violated(&self) -> RuleSet {
        self.results.iter().flatten().flat_map(|result| &result.violations).map(|found| found.rule).collect()
    }

    /// The results so far.
    pub fn results(&self) -> impl Iterator<Item = &CaseResult> {
        self.results.iter().flatten()
    }

    /// Whether usual replies of the endpoint may decide a case.
    pub fn has_open_case(&self) -> bool {
        self.results().any(|result| result.kept.as_ref().is_some_and(|kept| !kept.open.is_empty()))
    }

    /// Learns the usual replies of the endpoint from the results and `further` ones, and decides by them what the
    /// cases left open, later ones included.
    pub fn compare(&mut self, further: &[CaseResult]) {
        if let Some((habits, profile)) = comparer::habits(self.results().chain(further)) {
            let comparer = self.comparer.insert(Comparer::new(habits, profile));
            self.results.iter_mut().flatten().for_each(|result| comparer.decide(result));
        }
    }

    /// Adds a generated case with its result.
    pub fn add(&mut self, case: Case, mut result: CaseResult) {
        self.compare_one(&mut result);
        self.cases.push(case);
        self.results.push(Some(result));
        self.retries.push(Vec::new());
    }

    /// Records the result of the case at this index.
    pub fn record(&mut self, at: usize, mut result: CaseResult) {
        self.compare_one(&mut result);
        self.results[at] = Some(result);
    }

    /// The patient cases to re-run, those without a re-run that violate a rule which no short case violates. A short case
    /// confirms a rule sooner.
    pub fn patient_retries(&self) -> Vec<usize> {
        let violated = |at: usize| {
            self.result(at).map_or(RuleSet::EMPTY, CaseResult::violated_rules).intersection(self.rules)
        };
        let (patient, short): (Vec<usize>, Vec<usize>) =
            (0..self.cases.len()).partition(|at| self.cases[*at].is_patient());
        let by_short = short.into_iter().map(violated).fold(RuleSet::EMPTY, RuleSet::union);
        let needs_rerun = |at: &usize| {
            let exits = self.result(*at).is_some_and(|result| result.violates(Rule::NoPanic));
            self.retries[*at].is_empty() && !exits && !violated(*at).without(by_short).is_empty()
        };
        patient.into_iter().filter(needs_rerun).collect()
    }

    /// Records a re-run with longer timeouts. Its result replaces the earlier one; violations that did not recur are kept
    /// and count as flaky.
    pub fn record_retry(&mut self, at: usize, mut fresh: CaseResult) {
        if fresh.error.is_some() {
            self.retries[at].push(RetryResult::Failed);
            return;
        }
        self.compare_one(&mut fresh);
        self.retries[at]
            .push(RetryResult::Completed(fresh.violations.iter().map(|found| found.rule).collect()));
        self.merge(at, fresh);
    }

    /// Records that a case without a violation was played again, alone. A violation counts as if it had occurred at first.
    pub fn record_alone(&mut self, at: usize, mut fresh: CaseResult) {
        self.compare_one(&mut fresh);
        if fresh.error.is_none() && !fresh.violations.is_empty() {
            self.merge(at, fresh);
        }
    }

    /// Replaces a result, but keeps the violations that did not recur.
    fn merge(&mut self, at: usize, mut fresh: CaseResult) {
        if let Some(mut before) = self.results[at].take() {
            before.traces.append(&mut fresh.traces);
            fresh.traces = before.traces;
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

    /// The results so far, with the numbers of their cases.
    pub fn numbered(&self) -> impl Iterator<Item = (usize, &CaseResult)> {
        self.results.iter().enumerate().filter_map(|(at, result)| Some((at, result.as_ref()?)))
    }

    /// Leaves rules out of the results from now on.
    pub fn leave_out(&mut self, rules: RuleSet) {
        self.left_out = rules;
    }

    fn compare_one(&mut self, result: &mut CaseResult) {
        result.leave_out(self.left_out);
        if let Some(comparer) = &mut self.comparer {
            comparer.decide(result);
        }
    }

    /// The next case to re-run: the smallest that violates the first rule without a confirmation.
    pub fn next_retry(&self) -> Option<usize> {
        // A server that exits comes first: it may leave no time for the others.
        let exits = self.rules.intersection(RuleSet::of(&[Rule::NoPanic]));
        let rules = exits.iter().chain(self.rules.without(exits).iter());
        rules.into_iter().find_map(|rule| match self.decide(rule) {
            RetryDecision::Retry(at) => Some(at),
            RetryDecision::Settled(..) | RetryDecision::Nothing => None,
        })
    }

    /// Whether a violation of the rule recurred.
    pub fn is_confirmed(&self, rule: Rule) -> bool {
        matches!(self.decide(rule), RetryDecision::Settled(Confirmation::Confirmed, _))
    }

    /// The number of cases without a result.
    pub fn left_out(&self) -> usize {
        self.results.iter().filter(|result| result.is_none()).count()
    }

    /// The results in order, and for each violated rule its confirmation with the index of the case that shows it.
    pub fn finish(&self) -> (Vec<CaseResult>, BTreeMap<Rule, (Confirmation, usize)>) {
        let index = |at: usize| self.results[..at].iter().flatten().count();
        let confirmation = |rule| match self.decide(rule) {
            RetryDecision::Settled(Confirmation::Flaky, at) => Some(match self.short_waits.get(&rule) {
                Some((kind, at)) => (rule, (kind.confirmation(), index(*at))),
                None => (rule, (Confirmation::Flaky, index(at))),
            }),
            RetryDecision::Settled(confirmation, at) => Some((rule, (confirmation, index(at)))),
            RetryDecision::Retry(_) | RetryDecision::Nothing => {
                self.last_retried(rule).map(|at| (rule, (Confirmation::Unconfirmed, index(at))))
            }
        };
        (
            self.results.iter().flatten().cloned().collect(),
            self.rules.iter().filter_map(confirmation).collect(),
        )
    }

    /// The rules whose violations did not recur, each with the cases that conformed when they were re-run.
    pub fn not_recurring(&self) -> Vec<(Rule, usize)> {
        let is_flaky =
            |rule: &Rule| matches!(self.decide(*rule), RetryDecision::Settled(Confirmation::Flaky, _));
        let conformed = |rule: Rule| {
            let candidates = self.candidates(rule).into_iter();
            candidates
                .filter(move |at| self.result(*at).is_some_and(|result| result.conforming.contains(rule)))
        };
        self.rules
            .iter()
            .filter(is_flaky)
            .flat_map(|rule| conformed(rule).map(move |at| (rule, at)))
            .collect()
    }

    /// Whether a violation of the rule is known to recur with short waits.
    pub fn is_classified(&self, rule: Rule) -> bool {
        self.short_waits.contains_key(&rule)
    }

    /// Notes that the case at this index shows a violation of the rule with short waits only.
    pub fn classify(&mut self, rule: Rule, at: usize, kind: ShortWaits) {
        let result = self.results[at].as_mut();
        let violations = result.map(|result| result.violations.as_mut_slice()).unwrap_or_default();
        if let Some(found) = violations.iter_mut().find(|found| found.rule == rule) {
            if let ShortWaits::Late(lateness) = kind {
                found.actual = format!("{}: {lateness}", found.actual);
            }
            self.short_waits.insert(rule, (kind, at));
        }
    }

    /// The cases to re-run for a rule: the smallest that violate it, and then the smallest of several connections.
    fn candidates(&self, rule: Rule) -> Vec<usize> {
        let violates = |at: &usize| self.result(*at).is_some_and(|result| result.violates(rule));
        let mut candidates: Vec<usize> = (0..self.cases.len()).filter(violates).collect();
        candidates.sort_by_key(|at| (self.result(*at).map(|result| result.script.len()), *at));
        let has_several_connections =
            |at: &usize| self.cases[*at].script.as_script().steps().any(|step| step.begins_connection());
        let rest = candidates.split_off(candidates.len().min(MAX_CANDIDATES));
        let several = rest.into_iter().filter(has_several_connections);
        candidates.extend(several.take(MAX_CANDIDATES_OF_SEVERAL_CONNECTIONS));
        candidates
    }

    fn decide(&self, rule: Rule) -> RetryDecision {
        let mut is_decided = true;
        for at in self.candidates(rule) {
            // Further re-runs, which another rule needs, do not change what the first ones confirmed.
            let completed = self.retries[at].iter().filter_map(RetryResult::completed);
            let recurred: Vec<bool> =
                completed.take(required_retries(rule)).map(|rules| rules.contains(rule)).collect();
            if recurred.contains(&false) {
                continue;
            }
            let failed = self.retries[at].iter().filter(|retry| retry.completed().is_none()).count();
            if recurred.len() == required_retries(rule) {
                return RetryDecision::Settled(Confirmation::Confirmed, at);
            } else if failed < MAX_FAILED_RETRIES {
                return RetryDecision::Retry(at);
            }
            is_decided = false;
        }
        match self.last_retried(rule) {
            Some(at) if is_decided => RetryDecision::Settled(Confirmation::Flaky, at),
            Some(_) | None => RetryDecision::Nothing,
        }
    }

    /// The last candidate with a completed re-run.
    fn last_retried(&self, rule: Rule) -> Option<usize> {
        self.candidates(rule)
            .into_iter()
            .rev()
            .find(|at| self.retries[*at].iter().any(|retry| retry.completed().is_some()))
    }
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
        let violation = |rule: &Rule| Violation {
            rule: *rule,
            expected: String::new(),
            actual: String::new(),
            hints: Vec::new(),
        };
        CaseResult {
            name: String::new(),
            script: String::new(),
            timeline: String::new(),
            shown: false,
            violations: rules.iter().map(violation).collect(),
            conforming: RuleSet::EMPTY,
            inconclusive: std::collections::BTreeMap::new(),
            error: None,
            code: None,
            code_sample: None,
            latencies: Latencies::default(),
            elapsed: Duration::ZERO,
            traces: Vec::new(),
            kept: None,
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
    fn violation_without_enough_retries_is_unconfirmed() {
        let features = EndpointFeatures { role: Role::Server, close_command: true, reconnects: true };
        let (rule, timed) = (Rule::CloseAnswered, Rule::WaitsForAnswer);
        let mut failing = result_violating(&[]);
        failing.error = Some(crate::endpoint::connection::CaseError::Connect(String::new()));
        let confirmation = |rule: Rule, retries: &[&CaseResult]| {
            let mut ledger = ResultLedger::new(vec![features.liveness()]);
            ledger.record(0, result_violating(&[rule]));
            for result in retries {
                assert_eq!(ledger.next_retry(), Some(0));
                ledger.record_retry(0, (*result).clone());
            }
            let confirmations = ledger.finish().1;
            (confirmations.get(&rule).map(|(confirmation, _)| *confirmation), ledger.next_retry())
        };
        let again = result_violating(&[timed]);
        // Without an entry, the report says unconfirmed too.
        assert_eq!(confirmation(rule, &[]), (None, Some(0)), "no time");
        assert_eq!(confirmation(rule, &[&failing]), (None, Some(0)), "one failure may be chance");
        assert_eq!(confirmation(rule, &[&failing, &failing]), (None, None), "the re-runs failed");
        let unconfirmed = Some(Confirmation::Unconfirmed);
        assert_eq!(confirmation(timed, &[&again]), (unconfirmed, Some(0)), "one of three");
        assert_eq!(confirmation(timed, &[&again, &failing, &failing]), (unconfirmed, None));
        assert_eq!(confirmation(rule, &[&failing, &result_violating(&[])]).0, Some(Confirmation::Flaky));
    }

    #[test]
    fn a_patient_case_is_rerun_only_for_what_no_short_case_shows() {
        let features = EndpointFeatures { role: Role::Server, close_command: true, reconnects: true };
        let patient = features.patient_cases().into_iter().next().expect("a patient case");
        assert!(patient.is_patient() && !features.liveness().is_patient());
        let retries = |short: &[Rule], patiently: &[Rule]| {
            let mut ledger = ResultLedger::new(vec![features.liveness(), patient.clone()]);
            ledger.record(0, result_violating(short));
            ledger.record(1, result_violating(patiently));
            ledger.patient_retries()
        };
        let (rule, other) = (Rule::CodeIsDefined, Rule::GivesUpWaiting);
        assert_eq!(retries(&[], &[rule]), [1]);
        assert_eq!(retries(&[rule], &[rule]), [0; 0]);
        assert_eq!(retries(&[rule], &[rule, other]), [1]);
        assert_eq!(retries(&[other], &[]), [0; 0]);
        // A server that exits is re-run alone.
        assert_eq!(retries(&[], &[rule, Rule::NoPanic]), [0; 0]);
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
