//! A run as one HTML page that needs nothing else. In comes a [`Run`], out comes text; everything that an
//! endpoint said is escaped by the template.

use askama::Template;
use wsclose::report::FindingStatus;

use super::{MARK, anchor};
use crate::live::run::{Finding, Outcome, Run, Told};

#[derive(Template)]
#[template(path = "check.html")]
struct Page<'a> {
    mark: &'static str,
    run: &'a Run,
    verdict: &'static str,
    passes: bool,
    fails: usize,
    warns: usize,
    untested: Vec<(&'a str, String)>,
    rules: Vec<Row<'a>>,
    words: Vec<&'static str>,
}

struct Row<'a> {
    id: &'static str,
    level: &'static str,
    sections: &'static str,
    says: &'static str,
    word: &'static str,
    class: &'static str,
    glyph: &'static str,
    told: &'a Told,
    finding: Option<Finding<'a>>,
    repeat: String,
    cases: Vec<(String, &'a str)>,
}

/// The text.
pub fn text(run: &Run) -> String {
    let findings = run.findings();
    let row = |told| row(run, told, &findings);
    let rules: Vec<Row<'_>> = run.rules.iter().map(row).collect();
    let mut words: Vec<&'static str> = Vec::new();
    for row in &rules {
        if !words.contains(&row.word) {
            words.push(row.word);
        }
    }
    let page = Page {
        mark: MARK,
        run,
        verdict: run.verdict(),
        passes: run.tested() && !run.fails(),
        fails: run.count(FindingStatus::Fail),
        warns: run.count(FindingStatus::Warn),
        untested: run.troubles().map(|(case, trouble)| (case.name.as_str(), trouble.to_string())).collect(),
        rules,
        words,
    };
    let mut text = page.render().expect("a page of text and numbers is written to a string");
    text.push('\n');
    text
}

fn row<'a>(run: &'a Run, told: &'a Told, findings: &[Finding<'a>]) -> Row<'a> {
    let finding = findings.iter().find(|finding| finding.told.rule == told.rule).copied();
    let (class, glyph) = look(told.outcome());
    let rule = told.rule;
    let broken = run.cases.iter().filter(|case| case.breaks(rule));
    Row {
        id: rule.id(),
        level: rule.level().name(),
        sections: rule.sections(),
        says: rule.summary(),
        word: told.outcome().name(),
        class,
        glyph,
        told,
        finding,
        repeat: finding.map_or(String::new(), |finding| run.repeat(finding.case)),
        cases: broken
            .map(|case| (format!("{}.{}", rule.id(), anchor(&case.name)), case.name.as_str()))
            .collect(),
    }
}

/// The colour, by the name of its class, and the glyph: nobody need tell colours apart.
pub const fn look(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Stands(FindingStatus::Fail) => ("fails", "✗"),
        Outcome::Stands(FindingStatus::Warn) => ("warns", "!"),
        Outcome::Stands(FindingStatus::Known) => ("known", "="),
        Outcome::Stands(FindingStatus::Info) => ("informs", "i"),
        Outcome::Flaky | Outcome::NotRepeated => ("unsure", "~"),
        Outcome::Kept => ("kept", "✓"),
        Outcome::Inconclusive => ("none", "?"),
        Outcome::NotExercised => ("none", "–"),
    }
}
