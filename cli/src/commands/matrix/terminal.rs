//! What a person sees at once: the subjects, the rules that any of them broke, what is new, and the scripts that
//! show it. In come results, out come tables on standard output.

use std::io::Write;

use wsclose::analysis::matrix::SubjectResult;
use wsclose::analysis::report::FindingStatus;
use wsclose::rules::Rule;

use super::results::{Results, title};
use crate::support::error::CliError;
use crate::support::output::{Stdout, table, write_table};

/// Prints them.
pub fn print(results: &Results<'_>, out: &mut Stdout) -> Result<(), CliError> {
    subjects(results, out)?;
    rules(results, out)?;
    let reported = [FindingStatus::Fail, FindingStatus::Warn];
    for standing in reported {
        findings(results, standing, out)?;
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
        let kept = Rule::ALL.into_iter().filter(|rule| {
            let cell = row.cell(*rule);
            cell.conformed > 0 && cell.violated == 0
        });
        let count = |standing| results.count(row, standing).to_string();
        let nearest = results.nearest[at].map(|(other, distance)| {
            let name = &results.rows[other].name;
            format!("{name} {}.{} %", distance.per_mille() / 10, distance.per_mille() % 10)
        });
        table.add_row([
            (at + 1).to_string(),
            row.name.clone(),
            row.scripts().to_string(),
            kept.count().to_string(),
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

/// What stands in a cell: a mark, and how many scripts show a breach.
fn cell(results: &Results<'_>, row: &SubjectResult, rule: Rule) -> String {
    let cell = row.cell(rule);
    let broken = cell.violated;
    match results.status(row, rule, &cell) {
        Some(FindingStatus::Fail) => format!("!{broken}"),
        Some(FindingStatus::Known) => format!("k{broken}"),
        Some(FindingStatus::Warn) => format!("w{broken}"),
        Some(FindingStatus::Info) => format!("i{broken}"),
        None if !row.covers(rule) => "-".to_owned(),
        None if cell.conformed > 0 => "ok".to_owned(),
        None if cell.inconclusive > 0 => "?".to_owned(),
        None => String::new(),
    }
}

fn rules(results: &Results<'_>, out: &mut Stdout) -> Result<(), CliError> {
    let broken = |rule: &Rule| results.rows.iter().any(|row| row.cell(*rule).violated > 0);
    let shown: Vec<Rule> = Rule::ALL.into_iter().filter(broken).collect();
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
            "scripts that break a rule: ! new, k known, w warns, i informs; ok kept, - left to its program, ? unclear"
        )?;
    }
    writeln!(out, "{} of {} rules were not seen broken\n", Rule::ALL.len() - shown.len(), Rule::ALL.len())?;
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
            let (name, broken, all) = (&row.name, cell.violated, cell.exercised());
            let word = status.name();
            writeln!(out, "{word} {name} {rule} ({}): {broken} of {all} scripts", rule.level())?;
            writeln!(out, "     {}; shortest that was played: {}", shown.actual, title(shown))?;
        }
    }
    Ok(())
}

/// Each is a file as `wsclose replay` takes it.
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
        writeln!(out, "alike in everything: {}", results.names(cluster))?;
    }
    Ok(())
}

fn verdict(results: &Results<'_>) -> String {
    let scripts: usize = results.rows.iter().map(SubjectResult::scripts).sum();
    let sum = |standing| results.rows.iter().map(|row| results.count(row, standing)).sum::<usize>();
    let word = if sum(FindingStatus::Fail) > 0 { "FAIL" } else { "PASS" };
    let topics = match results.topics.len() {
        0 => String::new(),
        topics => format!("; they differ over {topics} rules"),
    };
    format!(
        "verdict: {word}: {} subjects, {scripts} scripts; {} new, {} known, {} warnings{topics}",
        results.rows.len(),
        sum(FindingStatus::Fail),
        sum(FindingStatus::Known),
        sum(FindingStatus::Warn),
    )
}
