//! The `index.json` of the Autobahn test suite: the behavior of the endpoint in each case.
//!
//! All cases are about closing, so the two behaviors that Autobahn distinguishes are equal.

use std::collections::BTreeMap;

use crate::run::behavior::behavior;
use crate::run::case_result::CaseResult;
use crate::run::results::RunReport;
use serde::Serialize;

/// The file next to the index that has the details.
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

/// The text of the index.
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
