//! The report as Markdown, for the summary of a CI job or a comment on a pull request.

use std::fmt::Write;

use super::GENERATED_BY;
use crate::overview::{self, Group};
use crate::run::results::{ReportedFinding, RunReport};

/// The text of the report.
pub fn text(run: &RunReport) -> String {
    let mut text = String::new();
    page(run, &mut text).expect("writing to a string does not fail");
    text
}

fn page(run: &RunReport, text: &mut String) -> std::fmt::Result {
    writeln!(text, "<!-- {GENERATED_BY} -->\n# `{}`: {}\n", run.endpoint, run.verdict())?;
    writeln!(text, "{}\n", inline(&overview::counts(run)))?;
    let groups = overview::groups(run);
    let violated: Vec<ReportedFinding<'_>> = groups.iter().flat_map(findings).collect();
    if !violated.is_empty() {
        writeln!(text, "| status | rule | level | cases | found |\n|---|---|---|---:|---|")?;
        for finding in violated {
            let ReportedFinding { result, violation, .. } = finding;
            let (status, rule, level) = (result.status().name(), result.rule, result.rule.level());
            let cases = result.conformed + result.violated;
            let found = inline(&violation.actual);
            writeln!(text, "| {status} | `{rule}` | {level} | {} of {cases} | {found} |", result.violated)?;
        }
    }
    for group in &groups {
        evidence(run, group, text)?;
    }
    writeln!(text, "\n## The run\n")?;
    writeln!(text, "wsclose {}, {}.\n", run.version, overview::scope(run))?;
    writeln!(text, "{}", block(&run.command))?;
    let families = overview::conforming(run).into_iter().map(|(family, count)| format!("{count} {family}"));
    writeln!(text, "- ok: {}", families.collect::<Vec<_>>().join(", "))?;
    let skipped = overview::not_exercised(run);
    if !skipped.is_empty() {
        let reasons = skipped.iter().map(|(why, rules)| why.text(rules.len()));
        writeln!(text, "- not exercised: {}", reasons.collect::<Vec<_>>().join(", "))?;
    }
    run.notes.iter().try_for_each(|note| writeln!(text, "- {}", inline(note)))?;
    run.stale
        .iter()
        .try_for_each(|rule| writeln!(text, "- stale: the baseline lists {rule}, which conforms now"))?;
    for (case, error) in run.errors() {
        writeln!(text, "- not tested: {}: {}", inline(&case.name), inline(&error.to_string()))?;
    }
    table(run, text)
}

/// The findings of a group, the worst first.
fn findings<'a>(group: &Group<'a>) -> impl Iterator<Item = ReportedFinding<'a>> {
    std::iter::once(group.first).chain(group.others.clone())
}

/// Every rule, folded.
fn table(run: &RunReport, text: &mut String) -> std::fmt::Result {
    writeln!(
        text,
        "\n<details><summary>Every rule</summary>\n\n\
         | rule | level | § | status | conformed | violated | inconclusive |\n|---|---|---|---|---:|---:|---|"
    )?;
    for result in &run.rules {
        let (rule, status) = (result.rule, result.status().name());
        let (level, sections) = (rule.level(), rule.sections());
        let doubt = result
            .inconclusive_reason
            .map_or(String::new(), |reason| format!("{}: {}", result.inconclusive, inline(reason)));
        writeln!(
            text,
            "| `{rule}` | {level} | {sections} | {status} | {} | {} | {doubt} |",
            result.conformed, result.violated
        )?;
    }
    writeln!(text, "\n</details>")
}

fn evidence(run: &RunReport, group: &Group<'_>, text: &mut String) -> std::fmt::Result {
    let ReportedFinding { result, case, violation, .. } = group.first;
    let rule = result.rule;
    writeln!(text, "\n## {}: `{rule}` ({}, {})\n", result.status().name(), rule.level(), rule.reference())?;
    writeln!(text, "{}\n", inline(rule.summary()))?;
    writeln!(text, "- expected: {}", inline(&violation.expected))?;
    writeln!(text, "- found: {}", inline(&violation.actual))?;
    violation.hints.iter().try_for_each(|hint| writeln!(text, "- hint: {}", inline(hint)))?;
    if let Some(pattern) = &result.pattern {
        writeln!(text, "- pattern: {}", inline(&pattern.to_string()))?;
    }
    if let Some(reason) = &result.reason {
        writeln!(text, "- known: {}", inline(reason))?;
    }
    writeln!(text, "- case: `{}` ({})\n", case.name, result.confirmation.name())?;
    writeln!(text, "{}", block(&case.timeline))?;
    writeln!(text, "{}", block(&run.repro_command(&group.first)))?;
    if !group.others.is_empty() {
        writeln!(text, "Violated by these cases and no others:\n")?;
    }
    for other in &group.others {
        let (status, rule) = (other.result.status().name(), other.result.rule);
        writeln!(text, "- {status}: `{rule}`: {}", inline(&other.violation.actual))?;
        if let Some(reason) = &other.result.reason {
            writeln!(text, "  (known: {})", inline(reason))?;
        }
    }
    Ok(())
}

/// A text on one line, with the characters escaped that Markdown interprets.
fn inline(text: &str) -> String {
    let mut written = String::new();
    for c in text.chars() {
        match c {
            '\n' | '\r' => written.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' => {
                written.push('\\');
                written.push(c);
            }
            _ => written.push(c),
        }
    }
    written
}

/// A fenced block. Its fence is longer than any run of backticks in the text, which an endpoint may choose.
fn block(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}text\n{}\n{fence}\n", text.trim_end())
}
