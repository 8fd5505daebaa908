//! The report as Markdown, for the summary of a CI job or a comment on a pull request.

use std::fmt::Write;

use wsclose::analysis::status::FindingStatus;

use super::GENERATED_BY;
use crate::run::results::{ReportedFinding, RunReport};

/// The text of the report.
pub fn text(run: &RunReport) -> String {
    let mut text = String::new();
    page(run, &mut text).expect("writing to a string does not fail");
    text
}

fn page(run: &RunReport, text: &mut String) -> std::fmt::Result {
    writeln!(text, "<!-- {GENERATED_BY} -->\n# `{}`: {}\n", run.endpoint, run.verdict())?;
    writeln!(
        text,
        "wsclose {}, a {}, profile {}, seed {}: {} cases ({} left out), {} rules; {} fail, {} warn, {} known.\n",
        run.version,
        run.role,
        run.profile,
        run.seed,
        run.cases.len(),
        run.left_out,
        run.rules.len(),
        run.count(FindingStatus::Fail),
        run.count(FindingStatus::Warn),
        run.count(FindingStatus::Known),
    )?;
    writeln!(text, "```sh\n{}\n```\n", run.command)?;
    run.notes.iter().try_for_each(|note| writeln!(text, "- {}", inline(note)))?;
    run.stale
        .iter()
        .try_for_each(|rule| writeln!(text, "- stale: the baseline lists {rule}, which conforms now"))?;
    for (case, error) in run.errors() {
        writeln!(text, "- not tested: {}: {}", inline(&case.name), inline(&error.to_string()))?;
    }
    writeln!(
        text,
        "\n| rule | level | § | status | conformed | violated | inconclusive |\n|---|---|---|---|---:|---:|---|"
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
    run.findings().into_iter().try_for_each(|finding| evidence(run, finding, text))
}

fn evidence(run: &RunReport, finding: ReportedFinding<'_>, text: &mut String) -> std::fmt::Result {
    let ReportedFinding { result, status, case, violation } = finding;
    let rule = result.rule;
    writeln!(text, "\n## {}: `{rule}` ({}, §{})\n", status.name(), rule.level(), rule.sections())?;
    writeln!(text, "{}\n", inline(rule.summary()))?;
    writeln!(text, "- expected: {}", inline(&violation.expected))?;
    writeln!(text, "- actual: {}", inline(&violation.actual))?;
    violation.hints.iter().try_for_each(|hint| writeln!(text, "- hint: {}", inline(hint)))?;
    if let Some(pattern) = &result.pattern {
        writeln!(text, "- pattern: {}", inline(&pattern.to_string()))?;
    }
    if let Some(reason) = &result.reason {
        writeln!(text, "- known: {}", inline(reason))?;
    }
    writeln!(text, "- case: `{}` ({})\n", case.name, result.confirmation.name())?;
    writeln!(text, "{}", block(&case.timeline))?;
    writeln!(text, "{}", block(&run.repro_command(&finding)))
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
