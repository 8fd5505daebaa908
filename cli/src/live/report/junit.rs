//! A run as JUnit XML: a test case for each rule, and one for each case that could not be played. In comes a
//! [`Run`], out comes text.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use wsclose::report::FindingStatus;

use super::MARK;
use crate::live::run::{Finding, Outcome, Run, Told};

/// The text.
pub fn text(run: &Run) -> String {
    let mut report = Report::new("wsclose");
    report.set_time(run.timing.elapsed);
    let mut rules = TestSuite::new(run.endpoint.as_str());
    rules.set_time(run.timing.elapsed);
    let findings = run.findings();
    for told in &run.rules {
        let finding = findings.iter().find(|finding| finding.told.rule == told.rule);
        rules.add_test_case(rule(run, told, finding));
    }
    for (case, trouble) in run.troubles() {
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
    format!("{declaration}\n<!-- {MARK} -->\n{rest}")
}

fn rule(run: &Run, told: &Told, finding: Option<&Finding<'_>>) -> TestCase {
    let status = match told.outcome() {
        Outcome::Stands(FindingStatus::Fail) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Kept | Outcome::Stands(FindingStatus::Warn | FindingStatus::Known | FindingStatus::Info) => {
            TestCaseStatus::success()
        }
        Outcome::Flaky | Outcome::NotRepeated | Outcome::Inconclusive | Outcome::NotExercised => {
            TestCaseStatus::skipped()
        }
    };
    let mut test = TestCase::new(told.rule.id(), status);
    test.set_classname(format!("wsclose.{}", told.rule.level().name()));
    let outcome = told.outcome().name();
    match finding {
        Some(finding) => {
            let evidence = format!(
                "{outcome}: {}\nexpected: {}\nactual: {}\ncase: {}\n{}\nrepeat: {}\n",
                told.rule.summary(),
                finding.found.expected,
                finding.found.actual,
                finding.case.name,
                finding.case.timeline,
                run.repeat(finding.case)
            );
            let fails = matches!(test.status, TestCaseStatus::NonSuccess { .. });
            if fails {
                test.status.set_message(finding.found.actual.as_str());
                test.status.set_description(evidence);
            } else {
                test.status.set_message(outcome);
                test.set_system_out(evidence);
            }
        }
        None if told.outcome() != Outcome::Kept => {
            test.status.set_message(outcome);
        }
        None => {}
    }
    test
}
