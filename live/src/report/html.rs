//! A run as one HTML page that needs nothing else. In comes a [`Run`], out comes text; everything that an
//! endpoint said is escaped by the template.

use askama::Template;
use wsclose::analysis::report::FindingStatus;

use super::{GENERATED_BY, anchor};
use crate::run::results::{ReportedFinding, RuleResult, RuleStatus, RunReport};

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

/// The text.
pub fn text(run: &RunReport) -> String {
    let findings = run.findings();
    let row = |told| rule_row(run, told, &findings);
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
        verdict: run.verdict(),
        passes: run.tested() && !run.fails(),
        fails: run.count(FindingStatus::Fail),
        warns: run.count(FindingStatus::Warn),
        untested: run.errors().map(|(case, trouble)| (case.name.as_str(), trouble.to_string())).collect(),
        rules,
        words,
    };
    let mut text = page.render().expect("a page of text and numbers is written to a string");
    text.push('\n');
    text
}

fn rule_row<'a>(run: &'a RunReport, result: &'a RuleResult, findings: &[ReportedFinding<'a>]) -> RuleRow<'a> {
    let finding = findings.iter().find(|finding| finding.result.rule == result.rule).copied();
    let (class, glyph) = css_class_and_glyph(result.status());
    let rule = result.rule;
    let broken = run.cases.iter().filter(|case| case.violates(rule));
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
        repro_command: finding.map_or(String::new(), |finding| run.repro_command(finding.case)),
        cases: broken
            .map(|case| (format!("{}.{}", rule.id(), anchor(&case.name)), case.name.as_str()))
            .collect(),
    }
}

/// The colour, by the name of its class, and the glyph: nobody need tell colours apart.
pub const fn css_class_and_glyph(outcome: RuleStatus) -> (&'static str, &'static str) {
    match outcome {
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
