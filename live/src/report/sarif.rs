//! A run as SARIF 2.1.0, for code scanning: a rule each, a result for each broken one. In comes a [`Run`], out
//! comes text.

use serde_json::{Value, json};
use wsclose::analysis::report::FindingStatus;

use super::GENERATED_BY;
use crate::run::results::{ReportedFinding, RunReport};

/// The text.
pub fn text(run: &RunReport) -> String {
    let rules: Vec<Value> = run
        .rules
        .iter()
        .map(|told| {
            json!({
                "id": told.rule.id(),
                "shortDescription": { "text": told.rule.summary() },
                "fullDescription": { "text": told.rule.criterion() },
                "properties": { "level": told.rule.level().name(), "sections": told.rule.sections() },
            })
        })
        .collect();
    let results: Vec<Value> = run.findings().iter().map(|finding| result(run, finding)).collect();
    let notifications: Vec<Value> = run
        .errors()
        .map(|(case, trouble)| format!("{}: {trouble}", case.name))
        .chain(run.notes.iter().cloned())
        .map(|text| json!({ "level": "warning", "message": { "text": text } }))
        .collect();
    let document = json!({
        // Sorted by name, a bag of properties stands near the beginning.
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "properties": { "about": GENERATED_BY },
        "runs": [{
            "tool": { "driver": { "name": "wsclose", "version": run.version, "rules": rules } },
            "invocations": [{
                "commandLine": run.command,
                "executionSuccessful": run.tested() && run.is_complete(),
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
    let ReportedFinding { result: told, status: standing, case, violation: found } = finding;
    let level = match standing {
        FindingStatus::Fail => "error",
        FindingStatus::Warn | FindingStatus::Known => "warning",
        FindingStatus::Info => "note",
    };
    let suppressions: Vec<Value> =
        told.reason.iter().map(|reason| json!({ "kind": "external", "justification": reason })).collect();
    json!({
        "ruleId": told.rule.id(),
        "level": level,
        "message": { "text": format!("expected {}; found {}", found.expected, found.actual) },
        // There is no source to point to: the place is the endpoint.
        "locations": [{ "logicalLocations": [{ "fullyQualifiedName": run.endpoint, "kind": "resource" }] }],
        "suppressions": suppressions,
        "properties": {
            "case": case.name,
            "confirmation": told.confirmation.name(),
            "script": case.script,
            "timeline": case.timeline.lines().collect::<Vec<_>>(),
            "reproduce": run.repro_command(case),
        },
    })
}
