//! Decides what single cases leave open by the endpoint's usual replies, which other cases show.

use wsclose::generate::vectors::TestVector;
use wsclose::judge::Habits;

use crate::endpoint::features::EndpointFeatures;
use crate::run::case_result::CaseResult;
use crate::run::cases::Case;
use crate::run::parallel::Deadline;
use crate::run::retry::ResultLedger;

/// Learns the usual replies of the endpoint, and decides by them what the cases of the ledger left open. Cases that
/// show usual replies and did not run are run for this, by `play`.
pub fn compare(
    features: EndpointFeatures,
    ledger: &mut ResultLedger,
    mut play: impl FnMut(&Case) -> CaseResult,
    deadline: &Deadline,
) {
    if !ledger.has_open_case() {
        return;
    }
    let is_missing = |vector: &TestVector| {
        Habits::case(&vector.name).is_some()
            && !ledger.results().any(|result| result.name == vector.name && result.error.is_none())
    };
    let missing: Vec<TestVector> = TestVector::curated_corpus().into_iter().filter(is_missing).collect();
    let mut further = Vec::new();
    for vector in &missing {
        if deadline.should_stop() {
            break;
        }
        further.extend(features.case(vector.name.clone(), &vector.script).map(|case| play(&case)));
    }
    ledger.compare(&further);
}
