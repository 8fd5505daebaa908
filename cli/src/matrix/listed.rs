//! What is known of live peers. In come the rows of `wsclose matrix --live` and the list that stands beside the
//! manifest; in the rows, what is listed becomes known, and what is listed and kept now becomes stale.

use std::borrow::Cow;
use std::path::Path;

use wsclose::judge::Verdict;
use wsclose::report::FindingStatus;
use wsclose_peers::known::Baseline;

use crate::files::FileError;
use crate::live::fleet::{Came, Row};
use crate::live::run::Surety;
use crate::subjects;

/// The list in the folder of the manifest; a folder of somebody's own may have none.
pub fn read(folder: &Path) -> Result<Baseline, FileError> {
    let path = folder.join("known.toml");
    if !path.exists() {
        return Ok(Baseline::default());
    }
    subjects::known(Some(&path)).map(Cow::into_owned)
}

/// Marks what is listed.
pub fn mark(rows: &mut [Row], known: &Baseline) {
    for row in rows {
        let name = row.live.name.as_str();
        let Came::Run(run) = &mut row.came else { continue };
        for told in &mut run.rules {
            let Some(reason) = known.reason(name, told.rule) else { continue };
            told.reason = Some(reason.to_owned());
            match told.surety {
                Surety::Repeated => {
                    told.standing =
                        told.standing.map(|_| FindingStatus::of(told.rule.level(), true, run.strict));
                }
                // What does not come again is held against nobody as it is.
                Surety::Flaky | Surety::Once => {}
            }
            if told.verdict == Verdict::Conforms {
                run.stale.push(told.rule);
            }
        }
        // A list is as good as the source that was read for it.
        let mut listed = known.iter().map(|(_, deviation)| deviation);
        if let Some(deviation) =
            listed.find(|deviation| deviation.implementation == name && deviation.version != row.version)
        {
            run.notes.push(format!(
                "known.toml was confirmed in {}, this is {}: read its source again",
                deviation.version, row.version
            ));
        }
    }
}
