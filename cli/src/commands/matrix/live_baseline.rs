//! What is known of live peers. In come the rows of `wsclose matrix --live` and the list that stands beside the
//! manifest; in the rows, what is listed becomes known, and what is listed and kept now becomes stale.

use std::path::Path;

use wsclose::analysis::baseline::Baseline;
use wsclose::analysis::report::FindingStatus;
use wsclose::judge::Verdict;

use crate::support::files::FileError;
use crate::support::subjects;
use wsclose_live::implementations::{ImplementationOutcome, ImplementationResult};
use wsclose_live::run::results::Confirmation;

/// The list in the folder of the manifest; a folder of somebody's own may have none.
pub fn read(folder: &Path) -> Result<Baseline, FileError> {
    let path = folder.join("baseline.toml");
    if !path.exists() {
        return Ok(Baseline::default());
    }
    subjects::read_baseline(&path)
}

/// Marks what is listed.
pub fn apply_baseline(rows: &mut [ImplementationResult], baseline: &Baseline) {
    for row in rows {
        let name = row.implementation.name.as_str();
        let ImplementationOutcome::Run(run) = &mut row.outcome else { continue };
        for told in &mut run.rules {
            let Some(reason) = baseline.reason(name, told.rule) else { continue };
            told.reason = Some(reason.to_owned());
            match told.confirmation {
                Confirmation::Confirmed => {
                    told.finding_status =
                        told.finding_status.map(|_| FindingStatus::of(told.rule.level(), true, run.strict));
                }
                // What does not come again is held against nobody as it is.
                Confirmation::Flaky | Confirmation::Unconfirmed => {}
            }
            if told.verdict == Verdict::Conforms {
                run.stale.push(told.rule);
            }
        }
        // An entry may no longer hold in a version whose source nobody has read.
        let mut versions = baseline.of(name).filter_map(|violation| violation.version.as_deref());
        if let Some(confirmed) = versions.find(|version| *version != row.version) {
            run.notes.push(format!(
                "baseline.toml was confirmed in {confirmed}, this is {}: read its source again",
                row.version
            ));
        }
    }
}
