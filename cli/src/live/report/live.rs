//! Many runs as one: peers × rules as a page of HTML that needs nothing else, and as data. In come the rows of
//! `wsclose matrix --live`, out comes text; everything that a peer said is escaped by the template.

use askama::Template;
use serde::Serialize;
use wsclose::rule::Rule;

use super::html::look;
use super::json::{self, Document};
use crate::live::fleet::{Came, Row};
use crate::live::run::{Finding, Outcome, Run, Told};

/// The version of the shape of the data; it rises when a field changes its meaning or goes.
const SCHEMA: &str = "wsclose-live/1";

#[derive(Template)]
#[template(path = "live.html")]
struct Page<'a> {
    mark: &'static str,
    version: &'static str,
    columns: Vec<Column<'a>>,
    rows: Vec<Line<'a>>,
    words: Vec<&'static str>,
    absent: Vec<(&'a str, String)>,
}

/// A peer that was run.
struct Column<'a> {
    name: &'a str,
    tested: &'a str,
    language: &'a str,
    version: &'a str,
    run: &'a Run,
    findings: Vec<Shown<'a>>,
}

/// A finding, as it looks.
struct Shown<'a> {
    finding: Finding<'a>,
    word: &'static str,
    class: &'static str,
    glyph: &'static str,
    repeat: String,
}

/// A rule, and what every peer makes of it.
struct Line<'a> {
    rule: Rule,
    cells: Vec<Cell<'a>>,
}

struct Cell<'a> {
    peer: &'a str,
    word: &'static str,
    class: &'static str,
    glyph: &'static str,
    /// There is something to show.
    evidence: bool,
}

/// The page; `mark` is what it is known by.
pub fn page(rows: &[Row], mark: &'static str) -> String {
    let columns: Vec<Column<'_>> = rows.iter().filter_map(column).collect();
    let asked = |rule: &Rule| columns.iter().any(|column| told(column.run, *rule).is_some());
    let lines: Vec<Line<'_>> = Rule::ALL.into_iter().filter(asked).map(|rule| line(rule, &columns)).collect();
    let mut words: Vec<&'static str> = Vec::new();
    for cell in lines.iter().flat_map(|line| &line.cells) {
        if !words.contains(&cell.word) {
            words.push(cell.word);
        }
    }
    let absent = rows.iter().filter_map(|row| Some((row.live.name.as_str(), row.absence()?))).collect();
    let page = Page { mark, version: env!("CARGO_PKG_VERSION"), columns, rows: lines, words, absent };
    let mut text = page.render().expect("a page of text and numbers is written to a string");
    text.push('\n');
    text
}

fn column(row: &Row) -> Option<Column<'_>> {
    let Came::Run(run) = &row.came else { return None };
    let findings = run.findings().into_iter().map(|finding| {
        let outcome = finding.told.outcome();
        let (class, glyph) = look(outcome);
        Shown { finding, word: outcome.name(), class, glyph, repeat: run.repeat(finding.case) }
    });
    Some(Column {
        name: &row.live.name,
        tested: &row.live.tested,
        language: &row.live.language,
        version: &row.version,
        run,
        findings: findings.collect(),
    })
}

fn told(run: &Run, rule: Rule) -> Option<&Told> {
    run.rules.iter().find(|told| told.rule == rule)
}

fn line<'a>(rule: Rule, columns: &[Column<'a>]) -> Line<'a> {
    let cell = |column: &Column<'a>| {
        let outcome = told(column.run, rule).map_or(Outcome::NotExercised, Told::outcome);
        let (class, glyph) = look(outcome);
        let evidence = column.findings.iter().any(|shown| shown.finding.told.rule == rule);
        Cell { peer: column.name, word: outcome.name(), class, glyph, evidence }
    };
    Line { rule, cells: columns.iter().map(cell).collect() }
}

#[derive(Serialize)]
struct All<'a> {
    about: &'static str,
    schema: &'static str,
    wsclose: &'static str,
    peers: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    library: &'a str,
    language: &'a str,
    version: &'a str,
    /// Why there is no run.
    absent: Option<String>,
    /// As `wsclose check --json` writes it.
    run: Option<Document<'a>>,
}

/// The data; `mark` is what it is known by.
pub fn data(rows: &[Row], mark: &'static str) -> String {
    let all = All {
        about: mark,
        schema: SCHEMA,
        wsclose: env!("CARGO_PKG_VERSION"),
        peers: rows.iter().map(entry).collect(),
    };
    let mut text = serde_json::to_string_pretty(&all).expect("the data is text and numbers");
    text.push('\n');
    text
}

fn entry(row: &Row) -> Entry<'_> {
    let run = match &row.came {
        Came::Run(run) => Some(json::document(run)),
        Came::NotInstalled(_) | Came::Failed(_) => None,
    };
    Entry {
        name: &row.live.name,
        library: &row.live.tested,
        language: &row.live.language,
        version: &row.version,
        absent: row.absence(),
        run,
    }
}
