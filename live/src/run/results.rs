//! The report of a run: a result for every case and for every rule.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use wsclose::analysis::aggregate::RuleAggregate;
use wsclose::analysis::status::{FindingStatus, RunStatus};
use wsclose::judge::Verdict;
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::{Level, Rule, RuleSet};

use crate::baseline::Baseline;
use crate::endpoint::connection::CaseError;
use crate::run::case_result::{CaseResult, Violation};
use crate::shell;

/// Whether a violation recurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confirmation {
    /// The violation recurred when its case was re-run alone, with longer timeouts.
    Confirmed,
    /// The violation did not recur.
    Flaky,
    /// There was no time to re-run the case.
    Unconfirmed,
}

impl Confirmation {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Confirmation::Confirmed => "confirmed",
            Confirmation::Flaky => "flaky",
            Confirmation::Unconfirmed => "unconfirmed",
        }
    }
}

/// The result of one rule, over all cases.
#[derive(Clone, Debug)]
pub struct RuleResult {
    /// The rule.
    pub rule: Rule,
    /// The worst verdict of all cases.
    pub verdict: Verdict,
    /// The number of cases that violated the rule.
    pub violated: usize,
    /// The number of cases that conformed to it.
    pub conformed: usize,
    /// The case that shows the violation, as an index into [`RunReport::cases`]: a re-run case if there is one, and the
    /// smallest of several.
    pub example: Option<usize>,
    /// Whether the violation recurs.
    pub confirmation: Confirmation,
    /// The effect of the violation on the run; `None` without a violation.
    pub finding_status: Option<FindingStatus>,
    /// Why the baseline accepts a violation, if it lists the rule.
    pub reason: Option<String>,
    /// Why the verdict is inconclusive, if it is: the reason of the first such case.
    pub inconclusive_reason: Option<&'static str>,
}

impl RuleResult {
    /// The status in one word: the status of a confirmed violation, else its confirmation, else the verdict.
    ///
    /// Violations of level `info` are never re-run, and count without confirmation.
    pub const fn status(&self) -> RuleStatus {
        match (self.finding_status, self.confirmation, self.verdict) {
            (Some(status), Confirmation::Confirmed, _) => RuleStatus::Finding(status),
            (Some(status), _, _) if matches!(self.rule.level(), Level::Info) => RuleStatus::Finding(status),
            (Some(_), Confirmation::Flaky, _) => RuleStatus::Flaky,
            (Some(_), Confirmation::Unconfirmed, _) => RuleStatus::Unconfirmed,
            (None, _, Verdict::Conforms | Verdict::Violates) => RuleStatus::Conforms,
            (None, _, Verdict::Inconclusive) => RuleStatus::Inconclusive,
            (None, _, Verdict::NotExercised) => RuleStatus::NotExercised,
        }
    }
}

/// The status of a rule in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleStatus {
    /// The endpoint violated the rule, and the violation recurred.
    Finding(FindingStatus),
    /// The endpoint violated the rule once; the violation did not recur.
    Flaky,
    /// The endpoint violated the rule; its case was not re-run.
    Unconfirmed,
    /// The endpoint conformed.
    Conforms,
    /// No case gave a verdict.
    Inconclusive,
    /// No case exercised the rule.
    NotExercised,
}

impl RuleStatus {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            RuleStatus::Finding(status) => status.name(),
            RuleStatus::Flaky => Confirmation::Flaky.name(),
            RuleStatus::Unconfirmed => Confirmation::Unconfirmed.name(),
            RuleStatus::Conforms => "ok",
            RuleStatus::Inconclusive => Verdict::Inconclusive.name(),
            RuleStatus::NotExercised => Verdict::NotExercised.name(),
        }
    }
}

/// A violation with its evidence, as it is reported.
#[derive(Clone, Copy, Debug)]
pub struct ReportedFinding<'a> {
    /// The rule and its counts.
    pub result: &'a RuleResult,
    /// The effect on the run.
    pub status: FindingStatus,
    /// The case that shows the violation.
    pub case: &'a CaseResult,
    /// The violation in that case.
    pub violation: &'a Violation,
}

/// The verdict of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunVerdict {
    /// Every case ran, and no violation fails the run.
    Pass,
    /// A confirmed violation fails the run.
    Fail,
    /// No violation fails the run, but some cases have no result.
    Incomplete,
    /// No case has a result.
    Error,
}

impl RunVerdict {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            RunVerdict::Pass => "PASS",
            RunVerdict::Fail => "FAIL",
            RunVerdict::Incomplete => "INCOMPLETE",
            RunVerdict::Error => "ERROR",
        }
    }
}

impl fmt::Display for RunVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The report of a run.
///
/// Its [`Display`](fmt::Display) form is the text that `wsclose check` prints: a line for each rule, the evidence of
/// each violation, and the verdict.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// The version of wsclose.
    pub version: &'static str,
    /// The URL of a server, or the name of a client.
    pub endpoint: String,
    /// The role of the endpoint.
    pub role: Role,
    /// The profile that decided which codes are valid.
    pub profile: Profile,
    /// The seed of generated scripts.
    pub seed: u64,
    /// Violations of levels `should` and `lenient` failed the run too.
    pub strict: bool,
    /// The command that repeats the run. The values of header fields are redacted.
    pub command: String,
    /// The command that repeats the run without generated scripts.
    pub(crate) repro_base: String,
    /// The cases, in order.
    pub cases: Vec<CaseResult>,
    /// The rules, in the order of the catalogue.
    pub rules: Vec<RuleResult>,
    /// Remarks, such as how many cases did not run and why.
    pub notes: Vec<String>,
    /// Rules that the baseline lists, and to which the endpoint conforms.
    pub stale: Vec<Rule>,
    /// The run ended early, or the endpoint stopped responding.
    pub interrupted: bool,
    /// Durations.
    pub timing: Timing,
}

/// The durations of a run, the only part that differs between two runs with the same results.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timing {
    /// The duration of the run.
    pub elapsed: Duration,
    /// The longest opening handshake; zero for clients, where it is not measured.
    pub round_trip: Duration,
}

impl RunReport {
    /// Counts the results of the cases by rule. `confirmations` holds, by rule, the confirmation and the case that shows
    /// it.
    pub(crate) fn summarize(
        cases: &[CaseResult],
        selected: RuleSet,
        strict: bool,
        confirmations: &BTreeMap<Rule, (Confirmation, usize)>,
        baseline: &Baseline,
    ) -> Vec<RuleResult> {
        let summary = |rule: Rule| {
            let mut aggregate = RuleAggregate::new(rule);
            for (index, case) in cases.iter().enumerate() {
                aggregate.record(case.verdict(rule));
                if case.violates(rule) {
                    aggregate.offer((case.script.len(), index));
                }
            }
            let (confirmation, example) = match confirmations.get(&rule) {
                Some((confirmation, example)) => (*confirmation, Some(*example)),
                None => (Confirmation::Unconfirmed, aggregate.example.map(|(_, index)| index)),
            };
            let verdict = aggregate.verdict();
            let reason = baseline.reason(rule).map(str::to_owned);
            let finding_status = match confirmation {
                Confirmation::Confirmed => aggregate.status(reason.is_some(), strict),
                // A violation that does not recur never fails a run.
                Confirmation::Flaky | Confirmation::Unconfirmed => {
                    aggregate.status(false, strict).map(|_| FindingStatus::Info)
                }
            };
            let doubt = || cases.iter().find_map(|case| case.inconclusive.get(&rule).copied());
            RuleResult {
                rule,
                verdict,
                violated: aggregate.violated,
                conformed: aggregate.conformed,
                example,
                confirmation,
                finding_status,
                reason,
                inconclusive_reason: (verdict == Verdict::Inconclusive).then(doubt).flatten(),
            }
        };
        selected.iter().map(summary).collect()
    }

    /// Whether the run passed: every case ran, no violation fails the run, and no entry of the baseline is stale.
    pub fn passes(&self) -> bool {
        self.status() == RunStatus::Pass
    }

    /// Whether a violation fails the run.
    pub fn fails(&self) -> bool {
        self.rules.iter().any(|result| result.finding_status == Some(FindingStatus::Fail))
    }

    /// The verdict.
    pub fn verdict(&self) -> RunVerdict {
        if !self.is_tested() {
            RunVerdict::Error
        } else if self.fails() {
            RunVerdict::Fail
        } else if self.is_complete() {
            RunVerdict::Pass
        } else {
            RunVerdict::Incomplete
        }
    }

    /// The status, from which the exit code of the command follows. A violation outweighs cases without a result, and
    /// these outweigh stale entries of the baseline.
    pub fn status(&self) -> RunStatus {
        RunStatus::of(self.rules.iter().filter_map(|result| result.finding_status))
            .and(RunStatus::Incomplete.when(!self.is_tested() || !self.is_complete()))
            .and(RunStatus::Stale.when(!self.stale.is_empty()))
    }

    /// Whether any case has a result.
    pub fn is_tested(&self) -> bool {
        self.cases.iter().any(|case| case.error.is_none())
    }

    /// Whether every case has a result, and the endpoint responded until the end.
    pub fn is_complete(&self) -> bool {
        !self.interrupted && self.errors().next().is_none()
    }

    /// Every violated rule with its evidence, the worst first.
    pub fn findings(&self) -> Vec<ReportedFinding<'_>> {
        let mut findings: Vec<ReportedFinding<'_>> =
            self.rules.iter().filter_map(|result| self.finding(result)).collect();
        findings.sort_by_key(|finding| match finding.status {
            FindingStatus::Fail => 0,
            FindingStatus::Warn => 1,
            FindingStatus::Known => 2,
            FindingStatus::Info => 3,
        });
        findings
    }

    fn finding<'a>(&'a self, result: &'a RuleResult) -> Option<ReportedFinding<'a>> {
        let case = &self.cases[result.example?];
        let violation = case.violations.iter().find(|violation| violation.rule == result.rule)?;
        Some(ReportedFinding { result, status: result.finding_status?, case, violation })
    }

    /// The number of rules with a violation of this status.
    pub fn count(&self, status: FindingStatus) -> usize {
        self.rules.iter().filter(|result| result.finding_status == Some(status)).count()
    }

    /// The worst status of the rules that a case violated.
    pub fn worst_status(&self, case: &CaseResult) -> Option<FindingStatus> {
        let violated = self.rules.iter().filter(|result| case.violates(result.rule));
        violated.filter_map(|result| result.finding_status).min()
    }

    /// The cases without a result, with the reason of each.
    pub fn errors(&self) -> impl Iterator<Item = (&CaseResult, &CaseError)> {
        self.cases.iter().filter_map(|case| Some((case, case.error.as_ref()?)))
    }

    /// Why nothing could be tested, if no case has a result.
    pub fn fatal_error(&self) -> Option<&CaseError> {
        if self.is_tested() { None } else { self.errors().next().map(|(_, error)| error) }
    }

    /// The command that re-runs one case. The values of header fields are redacted.
    pub fn repro_command(&self, case: &CaseResult) -> String {
        format!("{} --case {}", self.repro_base, shell::quote(&glob::Pattern::escape(&case.name)))
    }
}
