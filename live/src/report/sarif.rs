//! The report as SARIF 2.1.0, for code scanning: a rule for each rule, and a result for each violated one.
//!
//! GitHub shows a result at a line of a file, so every result is at the first line of one file:
//! [`RunReport::source_file`].

use std::fmt::Write;

use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use wsclose::analysis::status::FindingStatus;
use wsclose::rules::{Level, Rule};

use super::GENERATED_BY;
use crate::run::results::{ReportedFinding, RunReport};

/// The text of the report.
pub fn text(run: &RunReport) -> String {
    let rules: Vec<Value> = run.rules.iter().map(|result| rule(result.rule)).collect();
    let results: Vec<Value> = run.findings().iter().map(|finding| result(run, finding)).collect();
    let notifications: Vec<Value> = run
        .errors()
        .map(|(case, error)| format!("{}: {error}", case.name))
        .chain(run.stale.iter().map(|rule| format!("the baseline lists {rule}, which conforms now")))
        .chain(run.notes.iter().cloned())
        .map(|text| json!({ "level": "warning", "message": { "text": text } }))
        .collect();
    let document = json!({
        // Keys are sorted by name, so that the properties are near the beginning.
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "properties": { "about": GENERATED_BY },
        "runs": [{
            "tool": { "driver": {
                "name": "wsclose",
                "version": run.version,
                "semanticVersion": run.version,
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            } },
            "automationDetails": { "id": format!("wsclose/{}", run.endpoint) },
            "invocations": [{
                "commandLine": run.command,
                "executionSuccessful": run.is_tested() && run.is_complete(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
        "version": "2.1.0",
    });
    let mut text = serde_json::to_string_pretty(&document).expect("the document is text and numbers");
    text.push('\n');
    text
}

fn rule(rule: Rule) -> Value {
    let level = match rule.level() {
        Level::Must | Level::Interop | Level::Robust => "error",
        Level::Should | Level::Lenient => "warning",
        Level::Info => "note",
    };
    let page = rule.page();
    let fix = format!(
        "How to fix it. Library: {} Application: {}",
        rule.advice().in_library,
        rule.advice().in_application()
    );
    let help = format!("{} ({}, {})", rule.summary(), rule.level(), rule.reference());
    json!({
        "id": rule.id(),
        "shortDescription": { "text": rule.summary() },
        "fullDescription": { "text": rule.criterion() },
        "helpUri": page,
        "help": {
            "text": format!("{help}. {fix} `wsclose explain {rule}` prints how it is decided."),
            "markdown": format!("{help}.\n\n{fix}\n\n[How it is decided]({page})"),
        },
        "defaultConfiguration": { "level": level },
        "properties": {
            "level": rule.level().name(),
            "sections": rule.sections(),
            "tags": ["websocket", rule.family().name()],
        },
    })
}

fn result(run: &RunReport, finding: &ReportedFinding<'_>) -> Value {
    let ReportedFinding { result, status, case, violation } = finding;
    let hints: String = violation.hints.iter().map(|hint| format!(" ({hint})")).collect();
    let level = match status {
        FindingStatus::Fail => "error",
        FindingStatus::Warn | FindingStatus::Known => "warning",
        FindingStatus::Info => "note",
    };
    let suppressions: Vec<Value> =
        result.reason.iter().map(|reason| json!({ "kind": "external", "justification": reason })).collect();
    json!({
        "ruleId": result.rule.id(),
        "ruleIndex": run.rules.iter().position(|other| other.rule == result.rule),
        "level": level,
        "message": {
            "text": format!("{}: expected {}; found {}{hints}", run.endpoint, violation.expected, violation.actual),
        },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": run.source_file, "uriBaseId": "%SRCROOT%" },
                "region": { "startLine": 1 },
            },
            "logicalLocations": [{ "fullyQualifiedName": run.endpoint, "kind": "resource" }],
        }],
        "partialFingerprints": { "wsclose/v1": fingerprint(&[&run.endpoint, result.rule.id(), &case.name]) },
        "suppressions": suppressions,
        "properties": {
            "case": case.name,
            "confirmation": result.confirmation.name(),
            "script": case.script,
            "timeline": case.timeline.lines().collect::<Vec<_>>(),
            "reproduce": run.repro_command(finding),
        },
    })
}

/// A value that is the same in every run for the same endpoint, rule and case.
fn fingerprint(parts: &[&str]) -> String {
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().fold(String::new(), |mut text, octet| {
        write!(text, "{octet:02x}").expect("writing to a string does not fail");
        text
    })
}
