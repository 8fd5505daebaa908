//! The report as JSON, as `schema/check.schema.json` describes it. Reports of runs with the same results differ only in
//! `timing`.

use serde::Serialize;
use wsclose::analysis::code_map::CodeSample;

use super::GENERATED_BY;
use crate::run::case_result::CaseResult;
use crate::run::results::{ReportedFinding, RunReport};

/// The version of the document. It rises when a field is removed or changes its meaning.
const SCHEMA: &str = "wsclose-check/1";

/// The document.
#[derive(Serialize)]
pub struct Document<'a> {
    about: &'static str,
    schema: &'static str,
    wsclose: &'static str,
    endpoint: &'a str,
    role: &'static str,
    profile: &'static str,
    seed: u64,
    strict: bool,
    command: &'a str,
    verdict: &'static str,
    interrupted: bool,
    cases: usize,
    left_out: usize,
    findings: Vec<FindingEntry<'a>>,
    rules: Vec<RuleEntry<'a>>,
    codes: Vec<CodeEntry>,
    untested: Vec<NotTested<'a>>,
    notes: &'a [String],
    stale: Vec<&'static str>,
    timing: Timing,
}

#[derive(Serialize)]
struct FindingEntry<'a> {
    rule: &'static str,
    level: &'static str,
    status: &'static str,
    confirmation: &'static str,
    case: &'a str,
    expected: &'a str,
    actual: &'a str,
    hints: &'a [String],
    pattern: Option<String>,
    script: &'a str,
    timeline: Vec<&'a str>,
    reproduce: String,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct RuleEntry<'a> {
    id: &'static str,
    level: &'static str,
    sections: &'static str,
    family: &'static str,
    summary: &'static str,
    status: &'static str,
    conformed: usize,
    violated: usize,
    inconclusive: usize,
    inconclusive_reason: Option<&'static str>,
    /// The names of the cases that violated the rule.
    violated_by: Vec<&'a str>,
}

/// The reaction to a close code.
#[derive(Serialize)]
struct CodeEntry {
    origin: &'static str,
    code: u16,
    reaction: &'static str,
}

#[derive(Serialize)]
struct NotTested<'a> {
    case: &'a str,
    why: String,
}

#[derive(Serialize)]
struct Timing {
    elapsed_ms: u128,
    round_trip_ms: u128,
    start_up_ms: u128,
    reaction_ms: u128,
    tick_ms: u128,
}

/// The text of the document.
pub fn text(run: &RunReport) -> String {
    let mut text = serde_json::to_string_pretty(&document(run)).expect("the document is text and numbers");
    text.push('\n');
    text
}

/// The document of a run.
pub fn document(run: &RunReport) -> Document<'_> {
    Document {
        about: GENERATED_BY,
        schema: SCHEMA,
        wsclose: run.version,
        endpoint: &run.endpoint,
        role: run.role.name(),
        profile: run.profile.name(),
        seed: run.seed,
        strict: run.strict,
        command: &run.command,
        verdict: run.verdict().name(),
        interrupted: run.interrupted,
        cases: run.cases.len(),
        left_out: run.left_out,
        findings: run.findings().into_iter().map(|finding| entry(run, finding)).collect(),
        rules: run
            .rules
            .iter()
            .map(|result| RuleEntry {
                id: result.rule.id(),
                level: result.rule.level().name(),
                sections: result.rule.sections(),
                family: result.rule.family().name(),
                summary: result.rule.summary(),
                status: result.status().name(),
                conformed: result.conformed,
                violated: result.violated,
                inconclusive: result.inconclusive,
                inconclusive_reason: result.inconclusive_reason,
                violated_by: names(run.cases.iter().filter(|case| case.violates(result.rule))),
            })
            .collect(),
        codes: codes(run),
        untested: run
            .errors()
            .map(|(case, error)| NotTested { case: &case.name, why: error.to_string() })
            .collect(),
        notes: &run.notes,
        stale: run.stale.iter().map(|rule| rule.id()).collect(),
        timing: Timing {
            elapsed_ms: run.timing.elapsed.as_millis(),
            round_trip_ms: run.timing.round_trip.as_millis(),
            start_up_ms: run.timing.start_up.as_millis(),
            reaction_ms: run.timing.reaction.as_millis(),
            tick_ms: run.timing.tick.as_millis(),
        },
    }
}

fn entry<'a>(run: &RunReport, finding: ReportedFinding<'a>) -> FindingEntry<'a> {
    let ReportedFinding { result, status, case, violation } = finding;
    FindingEntry {
        rule: result.rule.id(),
        level: result.rule.level().name(),
        status: status.name(),
        confirmation: result.confirmation.name(),
        case: &case.name,
        expected: &violation.expected,
        actual: &violation.actual,
        hints: &violation.hints,
        pattern: result.pattern.as_ref().map(ToString::to_string),
        script: &case.script,
        timeline: case.timeline.lines().collect(),
        reproduce: run.repro_command(&finding),
        reason: result.reason.as_deref(),
    }
}

/// The reactions to the codes that cases tried, by origin and code; of several cases with the same code, the first.
fn codes(run: &RunReport) -> Vec<CodeEntry> {
    let mut samples: Vec<CodeSample> = run.cases.iter().filter_map(|case| case.code_sample).collect();
    let key = |sample: &CodeSample| (sample.origin as u8, sample.code);
    samples.sort_by_key(key);
    samples.dedup_by_key(|sample| key(sample));
    let entry = |CodeSample { origin, code, reaction }: CodeSample| CodeEntry {
        origin: origin.name(),
        code: code.0,
        reaction: reaction.name(),
    };
    samples.into_iter().map(entry).collect()
}

fn names<'a>(cases: impl Iterator<Item = &'a CaseResult>) -> Vec<&'a str> {
    cases.map(|case| case.name.as_str()).collect()
}
