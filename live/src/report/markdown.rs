//! A run as Markdown, for a summary of a CI job or a pull request. In comes a [`Run`], out comes text.

use std::fmt::Write;

use wsclose::analysis::report::FindingStatus;

use super::GENERATED_BY;
use crate::run::results::{ReportedFinding, RunReport};

/// The text.
pub fn text(run: &RunReport) -> String {
    let mut text = String::new();
    page(run, &mut text).expect("a string takes every text");
    text
}

fn page(run: &RunReport, text: &mut String) -> std::fmt::Result {
    writeln!(text, "<!-- {GENERATED_BY} -->\n# `{}`: {}\n", run.endpoint, run.verdict())?;
    writeln!(
        text,
        "wsclose {}, a {}, profile {}, seed {}: {} cases, {} rules; {} fail, {} warn, {} are known.\n",
        run.version,
        run.role,
        run.profile,
        run.seed,
        run.cases.len(),
        run.rules.len(),
        run.count(FindingStatus::Fail),
        run.count(FindingStatus::Warn),
        run.count(FindingStatus::Known),
    )?;
    writeln!(text, "```sh\n{}\n```\n", run.command)?;
    run.notes.iter().try_for_each(|note| writeln!(text, "- {}", inline(note)))?;
    run.stale
        .iter()
        .try_for_each(|rule| writeln!(text, "- stale: the baseline lists {rule}, which is kept now"))?;
    for (case, trouble) in run.errors() {
        writeln!(text, "- not tested: {}: {}", inline(&case.name), inline(&trouble.to_string()))?;
    }
    writeln!(text, "\n| rule | level | § | outcome | kept | broken |\n|---|---|---|---|---:|---:|")?;
    for told in &run.rules {
        let (rule, outcome) = (told.rule, told.status().name());
        let (level, sections) = (rule.level(), rule.sections());
        writeln!(
            text,
            "| `{rule}` | {level} | {sections} | {outcome} | {} | {} |",
            told.conformed, told.violated
        )?;
    }
    run.findings().into_iter().try_for_each(|finding| evidence(run, finding, text))
}

fn evidence(run: &RunReport, finding: ReportedFinding<'_>, text: &mut String) -> std::fmt::Result {
    let ReportedFinding { result: told, status: standing, case, violation: found } = finding;
    let rule = told.rule;
    writeln!(text, "\n## {}: `{rule}` ({}, §{})\n", standing.name(), rule.level(), rule.sections())?;
    writeln!(text, "{}\n", inline(rule.summary()))?;
    writeln!(text, "- expected: {}", inline(&found.expected))?;
    writeln!(text, "- actual: {}", inline(&found.actual))?;
    if let Some(reason) = &told.reason {
        writeln!(text, "- known: {}", inline(reason))?;
    }
    writeln!(text, "- case: `{}` ({})\n", case.name, told.confirmation.name())?;
    writeln!(text, "{}", block(&case.timeline))?;
    writeln!(text, "{}", block(&run.repro_command(case)))
}

/// Text in a line, with nothing in it that Markdown takes for its own.
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

/// A block whose fence is longer than any in it: an endpoint may write what it likes.
fn block(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}text\n{}\n{fence}\n", text.trim_end())
}
