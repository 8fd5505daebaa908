//! The report as SARIF 2.1.0, for code scanning: a rule for each rule, and a result for each violated one.

use serde_json::{Value, json};
use wsclose::analysis::status::FindingStatus;

use super::GENERATED_BY;
use crate::run::results::{ReportedFinding, RunReport};

/// The text of the report.
pub fn text(run: &RunReport) -> String {
    let rules: Vec<Value> = run
        .rules
        .iter()
        .map(|result| {
            json!({
                "id": result.rule.id(),
                "shortDescription": { "text": result.rule.summary() },
                "fullDescription": { "text": result.rule.criterion() },
                "properties": { "level": result.rule.level().name(), "sections": result.rule.sections() },
            })
        })
        .collect();
    let results: Vec<Value> = run.findings().iter().map(|finding| result(run, finding)).collect();
    let notifications: Vec<Value> = run
        .errors()
        .map(|(case, error)| format!("{}: {error}", case.name))
        .chain(run.notes.iter().cloned())
        .map(|text| json!({ "level": "warning", "message": { "text": text } }))
        .collect();
    let document = json!({
        // Keys are sorted by name, so that the properties are near the beginning.
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "properties": { "about": GENERATED_BY },
        "runs": [{
            "tool": { "driver": { "name": "wsclose", "version": run.version, "rules": rules } },
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
        "level": level,
        "message": { "text": format!("expected {}; found {}{hints}", violation.expected, violation.actual) },
        // There is no source file: the location is the endpoint.
        "locations": [{ "logicalLocations": [{ "fullyQualifiedName": run.endpoint, "kind": "resource" }] }],
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
