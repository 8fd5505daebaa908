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
use wsclose::scenario::Pattern;

use crate::baseline::Baseline;
use crate::endpoint::connection::CaseError;
use crate::run::case_result::{CaseResult, Violation};
use crate::run::lateness::{self, Lateness};
use crate::shell;

/// Whether a violation recurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confirmation {
    /// The violation recurred when its case was re-run alone, with longer timeouts. For a rule on what an endpoint sends,
    /// the timeouts of the first run suffice.
    Confirmed,
    /// The violation recurred only with the short waits of the first run: the endpoint acts when a timer expires.
    Late(Lateness),
    /// The violation did not recur.
    Flaky,
    /// There was no time to re-run the case, or its re-runs had no result.
    Unconfirmed,
}

impl Confirmation {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Confirmation::Confirmed => "confirmed",
            Confirmation::Late(_) => "late",
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
    /// The number of cases that exercised it without a clear verdict.
    pub inconclusive: usize,
    /// The case that shows the violation, as an index into [`RunReport::cases`]: a re-run case if there is one, and the
    /// smallest of several.
    pub example: Option<usize>,
    /// Whether the violation recurs.
    pub confirmation: Confirmation,
    /// The effect of the violation on the run; `None` without a violation.
    pub finding_status: Option<FindingStatus>,
    /// Why the baseline accepts a violation, if it lists the rule.
    pub reason: Option<String>,
    /// Why cases are inconclusive, if some are: the most common reason.
    pub inconclusive_reason: Option<&'static str>,
    /// What the scenarios that violate the rule have in common.
    pub pattern: Option<Pattern>,
}

impl RuleResult {
    /// Whether the rule may fail the run: its violation was not re-run, and would fail the run if it recurred.
    fn is_undecided(&self, strict: bool) -> bool {
        let status = FindingStatus::of(self.rule.level(), self.reason.is_some(), strict);
        self.violated > 0 && self.confirmation == Confirmation::Unconfirmed && status == FindingStatus::Fail
    }

    /// The status in one word: the status of a confirmed violation, else its confirmation, else the verdict.
    ///
    /// Violations of level `info` are never re-run, and count without confirmation.
    pub const fn status(&self) -> RuleStatus {
        match (self.finding_status, self.confirmation, self.verdict) {
            (Some(status), Confirmation::Confirmed | Confirmation::Late(_), _) => RuleStatus::Finding(status),
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
    /// Every status, the worst first.
    pub const ALL: [RuleStatus; 9] = [
        RuleStatus::Finding(FindingStatus::Fail),
        RuleStatus::Finding(FindingStatus::Known),
        RuleStatus::Finding(FindingStatus::Warn),
        RuleStatus::Finding(FindingStatus::Info),
        RuleStatus::Unconfirmed,
        RuleStatus::Flaky,
        RuleStatus::Inconclusive,
        RuleStatus::Conforms,
        RuleStatus::NotExercised,
    ];

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
    /// No violation fails the run, but some cases have no result, or a violation was not re-run.
    Incomplete,
    /// Every case ran, no violation fails the run, and the baseline lists a violation that no longer occurs.
    Stale,
    /// No case has a result.
    Error,
}

impl RunVerdict {
    /// Every verdict.
    pub const ALL: [RunVerdict; 5] =
        [RunVerdict::Pass, RunVerdict::Fail, RunVerdict::Incomplete, RunVerdict::Stale, RunVerdict::Error];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            RunVerdict::Pass => "PASS",
            RunVerdict::Fail => "FAIL",
            RunVerdict::Incomplete => "INCOMPLETE",
            RunVerdict::Stale => "STALE",
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
/// Its [`Display`](fmt::Display) form is the text that `wsclose check` prints: the verdict and what fails, the evidence, and
/// counts of the rest. [`RunReport::text`] has variants of it.
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
    /// The file to which code scanning attaches findings, as a relative path with `/`.
    pub source_file: String,
    /// What the run could show.
    pub scope: Scope,
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
    /// The number of cases that did not run, for whatever reason.
    pub left_out: usize,
    /// Rules that the baseline lists, and to which the endpoint conforms.
    pub stale: Vec<Rule>,
    /// The run ended early, or the endpoint stopped responding.
    pub interrupted: bool,
    /// Durations.
    pub timing: Timing,
}

/// What a run could show, which explains the rules that it did not exercise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Rules, cases or scripts were selected.
    pub selected: bool,
    /// The endpoint closes when it receives the text `close:CODE:REASON`.
    pub close_command: bool,
    /// The program of the endpoint prints how its connections closed.
    pub reports_close: bool,
}

/// The durations of a run, the only part that differs between two runs with the same results.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timing {
    /// The duration of the run.
    pub elapsed: Duration,
    /// The longest opening handshake; zero for clients, where it is not measured.
    pub round_trip: Duration,
    /// The time from the opening handshake until the endpoint begins to read.
    pub start_up: Duration,
    /// The time from a plain Close to the endpoint's Close; zero if it did not reply.
    pub reaction: Duration,
    /// The duration of a tick in the first run of each case.
    pub tick: Duration,
}

impl RunReport {
    /// Counts the results of the cases by rule, without patterns. `confirmations` holds, by rule, the confirmation and the case that shows
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
                Confirmation::Late(_) => {
                    let status = aggregate.status(reason.is_some(), strict);
                    status.map(|status| lateness::finding_status(rule, status))
                }
                // A violation that does not recur never fails a run.
                Confirmation::Flaky | Confirmation::Unconfirmed => {
                    aggregate.status(false, strict).map(|_| FindingStatus::Info)
                }
            };
            RuleResult {
                rule,
                verdict,
                violated: aggregate.violated,
                conformed: aggregate.conformed,
                inconclusive: aggregate.inconclusive,
                example,
                confirmation,
                finding_status,
                reason,
                inconclusive_reason: most_common_reason(cases, rule),
                pattern: None,
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
        match self.status() {
            _ if !self.is_tested() => RunVerdict::Error,
            RunStatus::Fail => RunVerdict::Fail,
            RunStatus::Incomplete => RunVerdict::Incomplete,
            RunStatus::Stale => RunVerdict::Stale,
            RunStatus::Pass => RunVerdict::Pass,
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

    /// Whether every case has a result, a rule was exercised, every violation that may fail the run was re-run, and the
    /// endpoint responded until the end.
    pub fn is_complete(&self) -> bool {
        let is_unfinished = self.interrupted || self.left_out > 0 || self.errors().next().is_some();
        !is_unfinished && self.judged_any() && self.undecided().next().is_none()
    }

    /// Whether a case exercised any of the rules. A run that judged nothing shows nothing.
    pub fn judged_any(&self) -> bool {
        self.rules.iter().any(|result| result.verdict != Verdict::NotExercised)
    }

    /// The violated rules that would fail the run if the violation recurred, but whose cases were not re-run.
    pub fn undecided(&self) -> impl Iterator<Item = &RuleResult> {
        self.rules.iter().filter(|result| result.is_undecided(self.strict))
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

    /// The command that re-runs the case of a finding and judges its rule alone. The values of header fields are redacted.
    pub fn repro_command(&self, finding: &ReportedFinding<'_>) -> String {
        let case = shell::option("case", &glob::Pattern::escape(&finding.case.name));
        format!("{} {case} --only {}", self.repro_base, finding.result.rule)
    }
}

/// The most common reason for which cases are inconclusive; of equally common ones, the first.
fn most_common_reason(cases: &[CaseResult], rule: Rule) -> Option<&'static str> {
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    let is_inconclusive = |case: &&CaseResult| case.verdict(rule) == Verdict::Inconclusive;
    for reason in cases.iter().filter(is_inconclusive).filter_map(|case| case.inconclusive.get(&rule)) {
        match counts.iter_mut().find(|(counted, _)| counted == reason) {
            Some((_, count)) => *count += 1,
            None => counts.push((reason, 1)),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(reason, _)| reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::timing::Latencies;

    /// A report with one case, in which the endpoint violated a rule.
    fn report(rule: Rule, confirmation: Confirmation, known: bool, strict: bool) -> RunReport {
        let violation = Violation { rule, expected: String::new(), actual: String::new(), hints: Vec::new() };
        let case = CaseResult {
            name: "case".to_owned(),
            script: String::new(),
            timeline: String::new(),
            shown: false,
            violations: vec![violation],
            conforming: RuleSet::EMPTY,
            inconclusive: BTreeMap::new(),
            error: None,
            code: None,
            code_sample: None,
            latencies: Latencies::default(),
            elapsed: Duration::ZERO,
            traces: Vec::new(),
            kept: None,
        };
        let baseline: Baseline = known.then(|| (rule, "accepted".to_owned())).into_iter().collect();
        let confirmations = BTreeMap::from([(rule, (confirmation, 0))]);
        let cases = vec![case];
        RunReport {
            version: "",
            endpoint: String::new(),
            role: Role::Server,
            profile: Profile::default(),
            seed: 1,
            strict,
            source_file: String::new(),
            scope: Scope::default(),
            command: String::new(),
            repro_base: String::new(),
            rules: RunReport::summarize(&cases, RuleSet::of(&[rule]), strict, &confirmations, &baseline),
            cases,
            notes: Vec::new(),
            left_out: 0,
            stale: Vec::new(),
            interrupted: false,
            timing: Timing::default(),
        }
    }

    #[test]
    fn exit_status_follows_from_the_violation_and_what_is_missing() {
        let levels = [(Rule::CloseAnswered, Level::Must), (Rule::CodeNot1004, Level::Lenient)];
        let confirmations = [Confirmation::Confirmed, Confirmation::Flaky, Confirmation::Unconfirmed];
        let flags = [false, true];
        let mut count = 0;
        for (rule, level) in levels {
            assert_eq!(rule.level().fails(false), level.fails(false), "{rule}");
            for (confirmation, known, strict) in confirmations.into_iter().flat_map(|confirmation| {
                flags.into_iter().flat_map(move |known| flags.map(|strict| (confirmation, known, strict)))
            }) {
                let may_fail = level.fails(strict) && !known;
                let complete = match confirmation {
                    Confirmation::Confirmed if may_fail => RunStatus::Fail,
                    Confirmation::Unconfirmed if may_fail => RunStatus::Incomplete,
                    Confirmation::Confirmed
                    | Confirmation::Late(_)
                    | Confirmation::Flaky
                    | Confirmation::Unconfirmed => RunStatus::Pass,
                };
                let with = |change: fn(&mut RunReport)| {
                    let mut report = report(rule, confirmation, known, strict);
                    change(&mut report);
                    report.status()
                };
                let context = format!("{rule} {confirmation:?} known {known} strict {strict}");
                assert_eq!(with(|_| {}), complete, "{context}");
                let missing: [fn(&mut RunReport); 3] = [
                    |report| report.left_out = 1,
                    |report| report.interrupted = true,
                    |report| {
                        let mut untested = report.cases[0].clone();
                        untested.invalidate(CaseError::Connect("refused".to_owned()));
                        report.cases.push(untested);
                    },
                ];
                for change in missing {
                    assert_eq!(with(change), complete.and(RunStatus::Incomplete), "{context}");
                }
                let stale = with(|report| report.stale.push(Rule::CloseFin));
                assert_eq!(stale, complete.and(RunStatus::Stale), "{context}");
                count += 1;
            }
        }
        assert_eq!(count, 24);
    }

    #[test]
    fn verdict_names_what_is_missing() {
        let mut unfinished = report(Rule::CloseAnswered, Confirmation::Unconfirmed, false, false);
        unfinished.left_out = 7;
        let line = "verdict: INCOMPLETE: no rule fails, 1 is unconfirmed (1 must), 7 cases left out\n";
        assert!(unfinished.to_string().starts_with(line), "{unfinished}");
    }

    #[test]
    fn run_without_an_exercised_rule_is_incomplete() {
        let mut nothing = report(Rule::CloseAnswered, Confirmation::Flaky, false, false);
        assert_eq!(nothing.status(), RunStatus::Pass);
        nothing.rules[0].verdict = Verdict::NotExercised;
        nothing.rules[0].finding_status = None;
        assert_eq!(nothing.status(), RunStatus::Incomplete);
        let line = "verdict: INCOMPLETE: no rule fails, no rule was exercised\n";
        assert!(nothing.to_string().starts_with(line), "{nothing}");
    }

    #[test]
    fn reason_of_most_cases_is_shown_beside_the_conforming_ones() {
        let rule = Rule::CloseAnswered;
        let with = |conforms: bool, reason: Option<&'static str>| CaseResult {
            conforming: if conforms { RuleSet::of(&[rule]) } else { RuleSet::EMPTY },
            inconclusive: reason.map(|reason| (rule, reason)).into_iter().collect(),
            violations: Vec::new(),
            ..report(rule, Confirmation::Flaky, false, false).cases[0].clone()
        };
        let cases = [
            with(false, Some("rare")),
            with(false, Some("common")),
            with(true, None),
            with(false, Some("common")),
        ];
        let mut report = report(rule, Confirmation::Flaky, false, false);
        report.rules =
            RunReport::summarize(&cases, RuleSet::of(&[rule]), false, &BTreeMap::new(), &Baseline::default());
        assert_eq!((report.rules[0].conformed, report.rules[0].inconclusive), (1, 3));
        let text = report.to_string();
        let line = "inconclusive: close-answered (must) in 3 of 4 cases: common\n";
        assert!(text.contains(line), "{text}");
    }
}
