//! The report as JUnit XML: a test case for each rule, and an error for each case without a result.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use wsclose::analysis::status::FindingStatus;

use super::GENERATED_BY;
use crate::run::results::{ReportedFinding, RuleResult, RuleStatus, RunReport};

/// The text of the report.
pub fn text(run: &RunReport) -> String {
    let mut report = Report::new("wsclose");
    report.set_time(run.timing.elapsed);
    let mut rules = TestSuite::new(run.endpoint.as_str());
    rules.set_time(run.timing.elapsed);
    let findings = run.findings();
    for result in &run.rules {
        let finding = findings.iter().find(|finding| finding.result.rule == result.rule);
        rules.add_test_case(rule(run, result, finding));
    }
    for (case, error) in run.errors() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(error.to_string());
        let mut test = TestCase::new(case.name.as_str(), status);
        test.set_classname("wsclose.untested");
        rules.add_test_case(test);
    }
    let undecided: Vec<&str> = run.undecided().map(|result| result.rule.id()).collect();
    let mut why = Vec::new();
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
        test.set_classname("wsclose.untested");
        rules.add_test_case(test);
    }
    if !run.notes.is_empty() {
        rules.set_system_out(run.notes.join("\n"));
    }
    report.add_test_suite(rules);
    let text = report.to_string().expect("a report of text and numbers is XML");
    // The comment follows the XML declaration, which must come first.
    let (declaration, rest) = text.split_once('\n').unwrap_or((&text, ""));
    format!("{declaration}\n<!-- {GENERATED_BY} -->\n{rest}")
}

fn rule(run: &RunReport, result: &RuleResult, finding: Option<&ReportedFinding<'_>>) -> TestCase {
    let status = match result.status() {
        RuleStatus::Finding(FindingStatus::Fail) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        RuleStatus::Conforms
        | RuleStatus::Finding(FindingStatus::Warn | FindingStatus::Known | FindingStatus::Info) => {
            TestCaseStatus::success()
        }
        RuleStatus::Flaky | RuleStatus::Unconfirmed | RuleStatus::Inconclusive | RuleStatus::NotExercised => {
            TestCaseStatus::skipped()
        }
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
            let fails = matches!(test.status, TestCaseStatus::NonSuccess { .. });
            if fails {
                test.status.set_message(finding.violation.actual.as_str());
                test.status.set_description(evidence);
            } else {
                test.status.set_message(word);
                test.set_system_out(evidence);
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
