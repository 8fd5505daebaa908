//! The report as JUnit XML: a suite for each family, a test case for each rule, and an error for each case without a result.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use wsclose::analysis::status::FindingStatus;
use wsclose::judge::Verdict;
use wsclose::rules::{Family, Rule};

use super::GENERATED_BY;
use crate::run::results::{ReportedFinding, RuleResult, RuleStatus, RunReport};

/// The text of the report.
pub fn text(run: &RunReport) -> String {
    let mut report = Report::new(format!("wsclose: {}", run.endpoint));
    report.set_time(run.timing.elapsed);
    let (findings, times) = (run.findings(), times(run));
    for family in Family::ALL {
        let mut suite = TestSuite::new(format!("{}: {family}", run.endpoint));
        let mut time = Duration::ZERO;
        for result in run.rules.iter().filter(|result| result.rule.family() == family) {
            let finding = findings.iter().find(|finding| finding.result.rule == result.rule);
            let mut test = rule(run, result, finding);
            let share = times.get(&result.rule).copied().unwrap_or_default();
            test.set_time(share);
            time += share;
            suite.add_test_case(test);
        }
        suite.set_time(time);
        if !suite.test_cases.is_empty() {
            report.add_test_suite(suite);
        }
    }
    let mut untested = TestSuite::new(format!("{}: run", run.endpoint));
    for (case, error) in run.errors() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(error.to_string());
        let mut test = TestCase::new(case.name.as_str(), status);
        test.set_classname("wsclose.untested").set_time(case.elapsed);
        untested.add_test_case(test);
    }
    for rule in &run.stale {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(format!("the baseline lists {rule}, which conforms now; remove the entry"));
        let mut test = TestCase::new(format!("baseline entry {rule}"), status);
        test.set_classname("wsclose.baseline").set_time(Duration::ZERO);
        untested.add_test_case(test);
    }
    let undecided: Vec<&str> = run.undecided().map(|result| result.rule.id()).collect();
    let mut why = Vec::new();
    if !run.judged_any() {
        why.push("no rule was exercised".to_owned());
    }
    if run.left_out > 0 {
        why.push(format!("{} cases were left out", run.left_out));
    }
    if run.interrupted {
        why.push("the run ended early, or the endpoint stopped responding".to_owned());
    }
    if !undecided.is_empty() {
        why.push(format!("violations were not re-run: {}", undecided.join(", ")));
    }
    if !why.is_empty() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(why.join("; "));
        let mut test = TestCase::new("run", status);
        test.set_classname("wsclose.untested").set_time(Duration::ZERO);
        untested.add_test_case(test);
    }
    if !run.notes.is_empty() {
        untested.set_system_out(run.notes.join("\n"));
    }
    if !untested.test_cases.is_empty() || !run.notes.is_empty() {
        report.add_test_suite(untested);
    }
    let text = report.to_string().expect("a report of text and numbers is XML");
    // The comment follows the XML declaration, which must come first.
    let (declaration, rest) = text.split_once('\n').unwrap_or((&text, ""));
    format!("{declaration}\n<!-- {GENERATED_BY} -->\n{rest}")
}

/// The time for each rule: every case divides its own equally between the rules that it exercised.
fn times(run: &RunReport) -> BTreeMap<Rule, Duration> {
    let mut times = BTreeMap::new();
    for case in &run.cases {
        let exercised = |rule: &Rule| case.verdict(*rule) != Verdict::NotExercised;
        let rules: Vec<Rule> = run.rules.iter().map(|result| result.rule).filter(exercised).collect();
        let share = case.elapsed / u32::try_from(rules.len().max(1)).expect("there are few rules");
        rules.into_iter().for_each(|rule| *times.entry(rule).or_default() += share);
    }
    times
}

fn rule(run: &RunReport, result: &RuleResult, finding: Option<&ReportedFinding<'_>>) -> TestCase {
    let status = match result.status() {
        RuleStatus::Finding(FindingStatus::Fail) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        RuleStatus::Conforms | RuleStatus::Finding(FindingStatus::Known | FindingStatus::Info) => {
            TestCaseStatus::success()
        }
        // JUnit has no warnings. Viewers show a skipped test case with its message, and hide the output of others.
        RuleStatus::Finding(FindingStatus::Warn)
        | RuleStatus::Flaky
        | RuleStatus::Unconfirmed
        | RuleStatus::Inconclusive
        | RuleStatus::NotExercised => TestCaseStatus::skipped(),
    };
    let mut test = TestCase::new(result.rule.id(), status);
    test.set_classname(format!("wsclose.{}", result.rule.level().name()));
    let word = result.status().name();
    match finding {
        Some(finding) => {
            let hints: String =
                finding.violation.hints.iter().map(|hint| format!("hint: {hint}\n")).collect();
            let evidence = format!(
                "{word}: {}\nexpected: {}\nactual: {}\n{hints}case: {}\n{}\nreproduce: {}\n",
                result.rule.summary(),
                finding.violation.expected,
                finding.violation.actual,
                finding.case.name,
                finding.case.timeline,
                run.repro_command(finding)
            );
            match test.status {
                TestCaseStatus::Success { .. } => {
                    test.set_system_out(evidence);
                }
                TestCaseStatus::NonSuccess { .. } | TestCaseStatus::Skipped { .. } => {
                    test.status.set_message(format!("{word}: {}", finding.violation.actual));
                    test.status.set_description(evidence);
                }
            }
        }
        None if result.status() != RuleStatus::Conforms => {
            test.status.set_message(word);
        }
        None => {}
    }
    if let Some(reason) = result.inconclusive_reason {
        let doubt = format!("{} cases inconclusive: {reason}", result.inconclusive);
        test.add_property(("inconclusive", doubt.as_str()));
    }
    test
}
