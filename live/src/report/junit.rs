//! A run as JUnit XML: a test case for each rule, and one for each case that could not be played. In comes a
//! [`Run`], out comes text.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use wsclose::analysis::report::FindingStatus;

use super::GENERATED_BY;
use crate::run::results::{ReportedFinding, RuleResult, RuleStatus, RunReport};

/// The text.
pub fn text(run: &RunReport) -> String {
    let mut report = Report::new("wsclose");
    report.set_time(run.timing.elapsed);
    let mut rules = TestSuite::new(run.endpoint.as_str());
    rules.set_time(run.timing.elapsed);
    let findings = run.findings();
    for told in &run.rules {
        let finding = findings.iter().find(|finding| finding.result.rule == told.rule);
        rules.add_test_case(rule(run, told, finding));
    }
    for (case, trouble) in run.errors() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(trouble.to_string());
        let mut test = TestCase::new(case.name.as_str(), status);
        test.set_classname("wsclose.untested");
        rules.add_test_case(test);
    }
    if run.interrupted {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message("the run ended before its time, or the endpoint did");
        let mut test = TestCase::new("run", status);
        test.set_classname("wsclose.untested");
        rules.add_test_case(test);
    }
    if !run.notes.is_empty() {
        rules.set_system_out(run.notes.join("\n"));
    }
    report.add_test_suite(rules);
    let text = report.to_string().expect("a report of text and numbers is XML");
    // The mark stands behind the declaration, which has to be first.
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
    let outcome = result.status().name();
    match finding {
        Some(finding) => {
            let evidence = format!(
                "{outcome}: {}\nexpected: {}\nactual: {}\ncase: {}\n{}\nreproduce: {}\n",
                result.rule.summary(),
                finding.violation.expected,
                finding.violation.actual,
                finding.case.name,
                finding.case.timeline,
                run.repro_command(finding.case)
            );
            let fails = matches!(test.status, TestCaseStatus::NonSuccess { .. });
            if fails {
                test.status.set_message(finding.violation.actual.as_str());
                test.status.set_description(evidence);
            } else {
                test.status.set_message(outcome);
                test.set_system_out(evidence);
            }
        }
        None if result.status() != RuleStatus::Conforms => {
            test.status.set_message(outcome);
        }
        None => {}
    }
    test
}
