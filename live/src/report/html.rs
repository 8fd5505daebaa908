//! The report as one HTML page that loads nothing else. The template escapes everything that the endpoint sent.

use askama::Template;
use wsclose::analysis::status::FindingStatus;
use wsclose::rules::{Advice, Family};

use super::{GENERATED_BY, anchor};
use crate::overview;
use crate::run::results::{ReportedFinding, RuleResult, RuleStatus, RunReport, RunVerdict};

#[derive(Template)]
#[template(path = "check.html")]
struct Page<'a> {
    mark: &'static str,
    run: &'a RunReport,
    verdict: &'static str,
    counts: String,
    passes: bool,
    untested: Vec<(&'a str, String)>,
    groups: Vec<GroupView<'a>>,
    not_exercised: Vec<String>,
    families: Vec<FamilyView<'a>>,
    words: Vec<&'static str>,
}

/// Violations of one cause.
struct GroupView<'a> {
    first: Line<'a>,
    others: Vec<Line<'a>>,
}

/// A violation in a line.
struct Line<'a> {
    id: &'static str,
    word: &'static str,
    class: &'static str,
    glyph: &'static str,
    found: &'a str,
}

/// The rules about one topic. Those that are not violated are folded.
struct FamilyView<'a> {
    name: &'static str,
    violated: Vec<RuleRow<'a>>,
    others: Vec<RuleRow<'a>>,
    counts: String,
}

struct RuleRow<'a> {
    page: String,
    advice: Advice,
    id: &'static str,
    level: &'static str,
    reference: String,
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
    let families: Vec<FamilyView<'_>> =
        Family::ALL.into_iter().filter_map(|family| family_view(run, family, &findings)).collect();
    let mut words: Vec<&'static str> = Vec::new();
    for row in families.iter().flat_map(|family| family.violated.iter().chain(&family.others)) {
        if !words.contains(&row.word) {
            words.push(row.word);
        }
    }
    let page = Page {
        mark: GENERATED_BY,
        run,
        verdict: run.verdict().name(),
        counts: overview::counts(run),
        passes: run.verdict() == RunVerdict::Pass,
        untested: run.errors().map(|(case, error)| (case.name.as_str(), error.to_string())).collect(),
        groups: overview::groups(run)
            .iter()
            .map(|group| GroupView {
                first: line(group.first),
                others: group.others.iter().copied().map(line).collect(),
            })
            .collect(),
        not_exercised: overview::not_exercised(run)
            .iter()
            .map(|(why, rules)| why.text(rules.len()))
            .collect(),
        families,
        words,
    };
    let mut text = page.render().expect("writing to a string does not fail");
    text.push('\n');
    text
}

fn line(finding: ReportedFinding<'_>) -> Line<'_> {
    let status = finding.result.status();
    let (class, glyph) = css_class_and_glyph(status);
    Line { id: finding.result.rule.id(), word: status.name(), class, glyph, found: &finding.violation.actual }
}

/// The rules of a family, the worst first; `None` if no rule of it was judged.
fn family_view<'a>(
    run: &'a RunReport,
    family: Family,
    findings: &[ReportedFinding<'a>],
) -> Option<FamilyView<'a>> {
    let mut results: Vec<&RuleResult> =
        run.rules.iter().filter(|result| result.rule.family() == family).collect();
    if results.is_empty() {
        return None;
    }
    results.sort_by_key(|result| overview::rank(result.status()));
    let rows = results.into_iter().map(|result| rule_row(run, result, findings));
    let (violated, others): (Vec<_>, Vec<_>) = rows.partition(|row| row.finding.is_some());
    let by_status = others.chunk_by(|one, other| one.word == other.word);
    let counts: Vec<String> = by_status.map(|chunk| format!("{} {}", chunk.len(), chunk[0].word)).collect();
    Some(FamilyView { name: family.name(), violated, others, counts: counts.join(", ") })
}

fn rule_row<'a>(run: &'a RunReport, result: &'a RuleResult, findings: &[ReportedFinding<'a>]) -> RuleRow<'a> {
    let finding = findings.iter().find(|finding| finding.result.rule == result.rule).copied();
    let (class, glyph) = css_class_and_glyph(result.status());
    let rule = result.rule;
    let violating = run.cases.iter().filter(|case| case.violates(rule));
    RuleRow {
        id: rule.id(),
        page: rule.page(),
        advice: rule.advice(),
        level: rule.level().name(),
        reference: rule.reference(),
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
