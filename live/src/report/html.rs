//! The report as one HTML page that loads nothing else. The template escapes everything that the endpoint sent.

use askama::Template;
use wsclose::analysis::status::FindingStatus;

use super::{GENERATED_BY, anchor};
use crate::run::results::{ReportedFinding, RuleResult, RuleStatus, RunReport, RunVerdict};

#[derive(Template)]
#[template(path = "check.html")]
struct Page<'a> {
    mark: &'static str,
    run: &'a RunReport,
    verdict: &'static str,
    passes: bool,
    fails: usize,
    warns: usize,
    untested: Vec<(&'a str, String)>,
    rules: Vec<RuleRow<'a>>,
    words: Vec<&'static str>,
}

struct RuleRow<'a> {
    id: &'static str,
    level: &'static str,
    sections: &'static str,
    summary: &'static str,
    word: &'static str,
    class: &'static str,
    glyph: &'static str,
    result: &'a RuleResult,
    finding: Option<ReportedFinding<'a>>,
    repro_command: String,
    cases: Vec<(String, &'a str)>,
}

/// The text of the page.
pub fn text(run: &RunReport) -> String {
    let findings = run.findings();
    let row = |result| rule_row(run, result, &findings);
    let rules: Vec<RuleRow<'_>> = run.rules.iter().map(row).collect();
    let mut words: Vec<&'static str> = Vec::new();
    for row in &rules {
        if !words.contains(&row.word) {
            words.push(row.word);
        }
    }
    let page = Page {
        mark: GENERATED_BY,
        run,
        verdict: run.verdict().name(),
        passes: run.verdict() == RunVerdict::Pass,
        fails: run.count(FindingStatus::Fail),
        warns: run.count(FindingStatus::Warn),
        untested: run.errors().map(|(case, error)| (case.name.as_str(), error.to_string())).collect(),
        rules,
        words,
    };
    let mut text = page.render().expect("writing to a string does not fail");
    text.push('\n');
    text
}

fn rule_row<'a>(run: &'a RunReport, result: &'a RuleResult, findings: &[ReportedFinding<'a>]) -> RuleRow<'a> {
    let finding = findings.iter().find(|finding| finding.result.rule == result.rule).copied();
    let (class, glyph) = css_class_and_glyph(result.status());
    let rule = result.rule;
    let violating = run.cases.iter().filter(|case| case.violates(rule));
    RuleRow {
        id: rule.id(),
        level: rule.level().name(),
        sections: rule.sections(),
        summary: rule.summary(),
        word: result.status().name(),
        class,
        glyph,
        result,
        finding,
        repro_command: finding.map_or(String::new(), |finding| run.repro_command(&finding)),
        cases: violating
            .map(|case| (format!("{}.{}", rule.id(), anchor(&case.name)), case.name.as_str()))
            .collect(),
    }
}

/// The CSS class, which sets the colour, and a glyph for readers who do not distinguish colours.
pub const fn css_class_and_glyph(status: RuleStatus) -> (&'static str, &'static str) {
    match status {
        RuleStatus::Finding(FindingStatus::Fail) => ("fails", "✗"),
        RuleStatus::Finding(FindingStatus::Warn) => ("warns", "!"),
        RuleStatus::Finding(FindingStatus::Known) => ("known", "="),
        RuleStatus::Finding(FindingStatus::Info) => ("informs", "i"),
        RuleStatus::Flaky | RuleStatus::Unconfirmed => ("unsure", "~"),
        RuleStatus::Conforms => ("conformed", "✓"),
        RuleStatus::Inconclusive => ("none", "?"),
        RuleStatus::NotExercised => ("none", "–"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_style() {
        let style = include_str!("../../templates/style.css");
        let findings = [FindingStatus::Fail, FindingStatus::Warn, FindingStatus::Known, FindingStatus::Info];
        let others = [
            RuleStatus::Flaky,
            RuleStatus::Unconfirmed,
            RuleStatus::Conforms,
            RuleStatus::Inconclusive,
            RuleStatus::NotExercised,
        ];
        for status in findings.map(RuleStatus::Finding).into_iter().chain(others) {
            let (class, _) = css_class_and_glyph(status);
            assert!(style.contains(&format!("\n.{class} {{")), "no style for {class}");
        }
    }
}
