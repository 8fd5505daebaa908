//! Checks that docs/coverage-of-the-rfc.md has every rule, with the sections of the catalogue and with its level.

#![allow(clippy::disallowed_methods, reason = "reads the files of the repository")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use wsclose::rules::Rule;

const PAGE: &str = "docs/coverage-of-the-rfc.md";

/// A row of a table: the columns by the words of its heading.
type Row = BTreeMap<String, String>;

/// The rows of all tables.
fn rows() -> Vec<Row> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE)).expect("the page");
    let mut heading: Option<Vec<String>> = None;
    let mut rows = Vec::new();
    for line in text.lines() {
        let Some(line) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else {
            if !line.starts_with("|---") {
                heading = None;
            }
            continue;
        };
        let cells: Vec<String> = line.split(" | ").map(|cell| cell.trim().to_owned()).collect();
        match &heading {
            None => heading = Some(cells),
            Some(heading) => {
                assert_eq!(heading.len(), cells.len(), "the columns of: {line}");
                rows.push(heading.iter().cloned().zip(cells).collect());
            }
        }
    }
    rows
}

/// The words in backticks that name rules. A name with `*` stands for several and is left out.
fn rules(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).filter(|word| !word.contains('*')).collect()
}

/// The rules that a row assigns to its sections. A cell that begins with `none` only mentions rules.
fn assigned(row: &Row) -> Vec<&str> {
    let cell = row.get("rules").map_or("", String::as_str);
    if cell.starts_with("none") { Vec::new() } else { rules(cell) }
}

/// The sections or documents that a cell lists.
fn sections(cell: &str) -> BTreeSet<String> {
    cell.split([',', ';']).map(|section| section.trim().to_owned()).collect()
}

#[test]
fn every_rule_has_a_row_for_each_of_its_sections() {
    let mut on_page: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let rows = rows();
    for row in &rows {
        for rule in assigned(row) {
            let cell = row.get("§").or_else(|| row.get("source")).expect("a column of sections");
            on_page.entry(rule).or_default().extend(sections(cell));
        }
    }
    let mut report = String::new();
    for rule in Rule::ALL {
        let expected = sections(rule.sections());
        match on_page.get(rule.id()) {
            None => report += &format!("{rule}: add it to the row of {}\n", rule.sections()),
            Some(found) if *found != expected => {
                report += &format!("{rule}: the catalogue has {expected:?}, the page {found:?}\n");
            }
            Some(_) => {}
        }
    }
    assert!(report.is_empty(), "{PAGE}:\n{report}");
}

#[test]
fn every_rule_on_the_page_exists() {
    let rows = rows();
    assert!(rows.len() > 150, "only {} rows were found", rows.len());
    let mut count = 0;
    for row in &rows {
        for rule in row.get("rules").into_iter().chain(row.get("rule")).flat_map(|cell| rules(cell)) {
            assert!(rule.parse::<Rule>().is_ok(), "{PAGE}: there is no rule `{rule}`");
            count += 1;
        }
    }
    assert!(count > Rule::ALL.len(), "only {count} names of rules were found");
}

#[test]
fn rows_without_a_rule_say_why() {
    for row in rows() {
        let Some(cell) = row.get("rules") else { continue };
        let is_reason = cell.strip_prefix("none").is_some_and(|rest| rest.contains(": "));
        assert!(
            is_reason || !rules(cell).is_empty(),
            "{PAGE}: expected rules or `none: REASON`, found: {cell}"
        );
    }
}

#[test]
fn disputed_levels_are_those_of_the_catalogue() {
    let rows = rows();
    let disputed: Vec<_> =
        rows.iter().filter_map(|row| Some((row.get("rule")?, row.get("level")?))).collect();
    assert!(disputed.len() > 30, "only {} rows were found", disputed.len());
    for (rule, level) in disputed {
        let rule: Rule = rules(rule)[0].parse().expect("a rule");
        assert_eq!(rule.level().name(), level, "{PAGE}: the level of {rule}");
    }
}
