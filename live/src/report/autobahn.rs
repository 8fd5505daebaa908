//! The `index.json` that scripts written for the Autobahn test suite read: for every case how the endpoint
//! behaved. In comes a [`Run`], out comes text. Everything here is about closing, so that both behaviours that
//! Autobahn tells apart are one.

use std::collections::BTreeMap;

use serde::Serialize;
use wsclose::analysis::report::FindingStatus;

use crate::run::results::{CaseResult, RunReport};

/// The file beside the index in which the details are.
pub const DETAILS_FILE: &str = "check.json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    behavior: &'static str,
    behavior_close: &'static str,
    duration: u128,
    remote_close_code: Option<u16>,
    reportfile: &'static str,
}

/// The text.
pub fn text(run: &RunReport) -> String {
    let entry = |case: &CaseResult| {
        let behavior = behavior(run, case);
        Entry {
            behavior,
            behavior_close: behavior,
            duration: case.elapsed.as_millis(),
            remote_close_code: case.code.map(|code| code.0),
            reportfile: DETAILS_FILE,
        }
    };
    let cases: BTreeMap<&str, Entry> =
        run.cases.iter().map(|case| (case.name.as_str(), entry(case))).collect();
    let agents = BTreeMap::from([(run.endpoint.as_str(), cases)]);
    let mut text = serde_json::to_string_pretty(&agents).expect("the index is text and numbers");
    text.push('\n');
    text
}

/// Autobahn's word for a case of a run.
fn behavior(run: &RunReport, case: &CaseResult) -> &'static str {
    behavior_for(case, run.worst_status(case))
}

/// Autobahn's word for a case while the run is still under way: for all that is known, its breaches are sure.
pub fn provisional_behavior(case: &CaseResult) -> &'static str {
    behavior_for(
        case,
        case.violations.iter().map(|found| FindingStatus::of(found.rule.level(), false, false)).min(),
    )
}

fn behavior_for(case: &CaseResult, worst: Option<FindingStatus>) -> &'static str {
    if case.error.is_some() {
        return "FAILED";
    }
    match worst {
        Some(FindingStatus::Fail) => "FAILED",
        Some(FindingStatus::Warn | FindingStatus::Known) => "NON-STRICT",
        Some(FindingStatus::Info) => "INFORMATIONAL",
        None => "OK",
    }
}
