//! The reports of many implementations as one: an HTML page of rules and implementations, and a JSON document.
//! The template escapes everything that an endpoint sent.

use askama::Template;
use serde::Serialize;
use wsclose::analysis::baseline::{Baseline, KnownViolation};
use wsclose::rules::Rule;

use super::html::css_class_and_glyph;
use super::json::{self, Document};
use crate::implementations::{ImplementationOutcome, ImplementationResult};
use crate::run::results::{ReportedFinding, RuleResult, RuleStatus, RunReport};

/// The version of the document. It rises when a field is removed or changes its meaning.
const SCHEMA: &str = "wsclose-live/1";

#[derive(Template)]
#[template(path = "live.html")]
struct Page<'a> {
    mark: &'static str,
    version: &'static str,
    columns: Vec<Column<'a>>,
    rows: Vec<RuleRow<'a>>,
    words: Vec<&'static str>,
    absent: Vec<(&'a str, String)>,
}

/// An implementation that ran.
struct Column<'a> {
    name: &'a str,
    tested_library: &'a str,
    language: &'a str,
    version: &'a str,
    run: &'a RunReport,
    findings: Vec<FindingView<'a>>,
}

/// A finding as the page shows it.
struct FindingView<'a> {
    finding: ReportedFinding<'a>,
    word: &'static str,
    class: &'static str,
    glyph: &'static str,
    repro_command: String,
}

/// A rule with its status for every implementation.
struct RuleRow<'a> {
    rule: Rule,
    cells: Vec<Cell<'a>>,
}

struct Cell<'a> {
    implementation: &'a str,
    word: &'static str,
    class: &'static str,
    glyph: &'static str,
    /// Whether the page shows evidence.
    evidence: bool,
}

/// The HTML page. `mark` names its origin.
pub fn page(rows: &[ImplementationResult], mark: &'static str) -> String {
    let columns: Vec<Column<'_>> = rows.iter().filter_map(column).collect();
    let is_judged = |rule: &Rule| columns.iter().any(|column| rule_result(column.run, *rule).is_some());
    let lines: Vec<RuleRow<'_>> =
        Rule::ALL.into_iter().filter(is_judged).map(|rule| rule_row(rule, &columns)).collect();
    let mut words: Vec<&'static str> = Vec::new();
    for cell in lines.iter().flat_map(|line| &line.cells) {
        if !words.contains(&cell.word) {
            words.push(cell.word);
        }
    }
    let absent = rows
        .iter()
        .filter_map(|row| Some((row.implementation.name.as_str(), row.unavailable_reason()?)))
        .collect();
    let page = Page { mark, version: env!("CARGO_PKG_VERSION"), columns, rows: lines, words, absent };
    let mut text = page.render().expect("a page of text and numbers is written to a string");
    text.push('\n');
    text
}

fn column(row: &ImplementationResult) -> Option<Column<'_>> {
    let ImplementationOutcome::Run(run) = &row.outcome else { return None };
    let findings = run.findings().into_iter().map(|finding| {
        let status = finding.result.status();
        let (class, glyph) = css_class_and_glyph(status);
        FindingView { finding, word: status.name(), class, glyph, repro_command: run.repro_command(&finding) }
    });
    Some(Column {
        name: &row.implementation.name,
        tested_library: &row.implementation.tested_library,
        language: &row.implementation.language,
        version: &row.version,
        run,
        findings: findings.collect(),
    })
}

fn rule_result(run: &RunReport, rule: Rule) -> Option<&RuleResult> {
    run.rules.iter().find(|result| result.rule == rule)
}

fn rule_row<'a>(rule: Rule, columns: &[Column<'a>]) -> RuleRow<'a> {
    let cell = |column: &Column<'a>| {
        let status = rule_result(column.run, rule).map_or(RuleStatus::NotExercised, RuleResult::status);
        let (class, glyph) = css_class_and_glyph(status);
        let evidence = column.findings.iter().any(|shown| shown.finding.result.rule == rule);
        Cell { implementation: column.name, word: status.name(), class, glyph, evidence }
    };
    RuleRow { rule, cells: columns.iter().map(cell).collect() }
}

#[derive(Serialize)]
struct All<'a> {
    about: &'static str,
    schema: &'static str,
    wsclose: &'static str,
    implementations: Vec<ImplementationEntry<'a>>,
}

#[derive(Serialize)]
struct ImplementationEntry<'a> {
    name: &'a str,
    library: &'a str,
    language: &'a str,
    version: &'a str,
    /// Why there is no report.
    absent: Option<String>,
    /// What the baseline documents about its violations.
    known: Vec<KnownEntry<'a>>,
    /// The report, as `wsclose check --json` writes it.
    run: Option<Document<'a>>,
}

/// An entry of the baseline.
#[derive(Serialize)]
struct KnownEntry<'a> {
    rule: &'static str,
    reason: &'a str,
    version: Option<&'a str>,
    source: Option<&'a str>,
}

/// The JSON document. `mark` names its origin.
pub fn data(rows: &[ImplementationResult], baseline: &Baseline, mark: &'static str) -> String {
    let all = All {
        about: mark,
        schema: SCHEMA,
        wsclose: env!("CARGO_PKG_VERSION"),
        implementations: rows.iter().map(|row| entry(row, baseline)).collect(),
    };
    let mut text = serde_json::to_string_pretty(&all).expect("the data is text and numbers");
    text.push('\n');
    text
}

fn entry<'a>(row: &'a ImplementationResult, baseline: &'a Baseline) -> ImplementationEntry<'a> {
    let run = match &row.outcome {
        ImplementationOutcome::Run(run) => Some(json::document(run)),
        ImplementationOutcome::NotInstalled(_) | ImplementationOutcome::Failed(_) => None,
    };
    ImplementationEntry {
        name: &row.implementation.name,
        library: &row.implementation.tested_library,
        language: &row.implementation.language,
        version: &row.version,
        absent: row.unavailable_reason(),
        known: baseline.of(&row.implementation.name).map(known).collect(),
        run,
    }
}

fn known(known: &KnownViolation) -> KnownEntry<'_> {
    KnownEntry {
        rule: known.rule.id(),
        reason: &known.reason,
        version: known.version.as_deref(),
        source: known.source.as_deref(),
    }
}
