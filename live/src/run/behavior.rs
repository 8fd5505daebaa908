//! The words of the Autobahn test suite for how an endpoint behaved in a case.

use wsclose::analysis::status::FindingStatus;

use crate::run::case_result::CaseResult;
#[cfg(feature = "reports")]
use crate::run::results::RunReport;

/// The word for a case of a finished run.
#[cfg(feature = "reports")]
pub fn behavior(run: &RunReport, case: &CaseResult) -> &'static str {
    behavior_for(case, run.worst_status(case))
}

/// The word for a case while the run is under way, in which every violation counts as confirmed.
pub fn provisional_behavior(case: &CaseResult) -> &'static str {
    let status = |rule: wsclose::rules::Rule| FindingStatus::of(rule.level(), false, false);
    behavior_for(case, case.violations.iter().map(|found| status(found.rule)).min())
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
