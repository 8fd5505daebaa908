//! Prints the results on the terminal: the subjects, the violated rules, the new findings, and the scripts that show
//! them.

use std::io::Write;

use wsclose::analysis::matrix::SubjectResult;
use wsclose::analysis::status::FindingStatus;
use wsclose::rules::Rule;

use super::results::{Results, title};
use crate::support::error::CliError;
use crate::support::output::{Stdout, table, write_table};

/// Prints the results.
pub fn print(results: &Results<'_>, out: &mut Stdout) -> Result<(), CliError> {
    subjects(results, out)?;
    rules(results, out)?;
    let reported = [FindingStatus::Fail, FindingStatus::Warn];
    for status in reported {
        findings(results, status, out)?;
    }
    scripts(results, &reported, out)?;
    clusters(results, out)?;
    for (subject, why) in &results.untested {
        writeln!(out, "could not test: {subject}: {why}")?;
    }
    for (subject, remedy) in &results.unavailable {
        writeln!(out, "not built: {subject} ({remedy})")?;
    }
    writeln!(out, "{}", verdict(results))?;
    Ok(())
}

fn subjects(results: &Results<'_>, out: &mut Stdout) -> Result<(), CliError> {
    let mut table =
        table(&["", "subject", "scripts", "conformed", "new", "known", "warn", "info", "nearest", ""]);
    for (at, row) in results.rows.iter().enumerate() {
        let conformed = Rule::ALL.into_iter().filter(|rule| {
            let cell = row.cell(*rule);
            cell.conformed > 0 && cell.violated == 0
        });
        let count = |status| results.count(row, status).to_string();
        let nearest = results.nearest[at].map(|(other, distance)| {
            let name = &results.rows[other].name;
            format!("{name} {}.{} %", distance.per_mille() / 10, distance.per_mille() % 10)
        });
        table.add_row([
            (at + 1).to_string(),
            row.name.clone(),
            row.scripts().to_string(),
            conformed.count().to_string(),
            count(FindingStatus::Fail),
            count(FindingStatus::Known),
            count(FindingStatus::Warn),
            count(FindingStatus::Info),
            nearest.unwrap_or_default(),
            results.notes[at].join("; "),
        ]);
    }
    write_table(out, &table)?;
    writeln!(out)?;
    Ok(())
}

/// The text of a cell: a mark and the number of scripts that show a violation.
fn cell(results: &Results<'_>, row: &SubjectResult, rule: Rule) -> String {
    let cell = row.cell(rule);
    let violated = cell.violated;
    match results.status(row, rule, &cell) {
        Some(FindingStatus::Fail) => format!("!{violated}"),
        Some(FindingStatus::Known) => format!("k{violated}"),
        Some(FindingStatus::Warn) => format!("w{violated}"),
        Some(FindingStatus::Info) => format!("i{violated}"),
        None if !row.covers(rule) => "-".to_owned(),
        None if cell.conformed > 0 => "ok".to_owned(),
        None if cell.inconclusive > 0 => "?".to_owned(),
        None => String::new(),
    }
}

fn rules(results: &Results<'_>, out: &mut Stdout) -> Result<(), CliError> {
    let is_violated = |rule: &Rule| results.rows.iter().any(|row| row.cell(*rule).violated > 0);
    let shown: Vec<Rule> = Rule::ALL.into_iter().filter(is_violated).collect();
    if !shown.is_empty() {
        let numbers: Vec<String> = (1..=results.rows.len()).map(|number| number.to_string()).collect();
        let mut heading = vec!["rule", "level"];
        heading.extend(numbers.iter().map(String::as_str));
        let mut table = table(&heading);
        for rule in &shown {
            let cells = results.rows.iter().map(|row| cell(results, row, *rule));
            table.add_row([rule.id().to_owned(), rule.level().name().to_owned()].into_iter().chain(cells));
        }
        write_table(out, &table)?;
        writeln!(
            out,
            "scripts with a violation: ! new, k known, w warn, i info; ok conforms, - not covered by the library, ? inconclusive"
        )?;
    }
    writeln!(out, "{} of {} rules were not violated\n", Rule::ALL.len() - shown.len(), Rule::ALL.len())?;
    Ok(())
}

fn findings(results: &Results<'_>, status: FindingStatus, out: &mut Stdout) -> Result<(), CliError> {
    for row in &results.rows {
        for rule in Rule::ALL {
            let cell = row.cell(rule);
            if results.status(row, rule, &cell) != Some(status) {
                continue;
            }
            let Some(shown) = &cell.example else { continue };
            let (name, violated, all) = (&row.name, cell.violated, cell.exercised());
            let word = status.name();
            writeln!(out, "{word} {name} {rule} ({}): {violated} of {all} scripts", rule.level())?;
            writeln!(out, "     {}; shortest script: {}", shown.actual, title(shown))?;
        }
    }
    Ok(())
}

/// Prints the scripts as files that `wsclose replay` accepts.
fn scripts(results: &Results<'_>, statuses: &[FindingStatus], out: &mut Stdout) -> Result<(), CliError> {
    for (title, text) in results.scripts(statuses) {
        writeln!(out, "\n{title}:\n")?;
        text.lines().try_for_each(|line| writeln!(out, "    {line}"))?;
    }
    writeln!(out)?;
    Ok(())
}

fn clusters(results: &Results<'_>, out: &mut Stdout) -> Result<(), CliError> {
    for cluster in results.clusters.iter().filter(|cluster| cluster.len() > 1) {
        writeln!(out, "same behavior: {}", results.names(cluster))?;
    }
    Ok(())
}

fn verdict(results: &Results<'_>) -> String {
    let scripts: usize = results.rows.iter().map(SubjectResult::scripts).sum();
    let sum = |status| results.rows.iter().map(|row| results.count(row, status)).sum::<usize>();
    let word = if sum(FindingStatus::Fail) > 0 { "FAIL" } else { "PASS" };
    let topics = match results.topics.len() {
        0 => String::new(),
        topics => format!("; they differ in {topics} rules"),
    };
    format!(
        "verdict: {word}: {}, {scripts} scripts; {} new, {} known, {} warnings{topics}",
        if results.rows.len() == 1 {
            "1 subject".to_owned()
        } else {
            format!("{} subjects", results.rows.len())
        },
        sum(FindingStatus::Fail),
        sum(FindingStatus::Known),
        sum(FindingStatus::Warn),
    )
}
