//! Reads the accepted violations of live implementations from the folder of their manifest.

use std::path::Path;

use wsclose::analysis::baseline::Baseline;

use crate::support::files::FileError;
use crate::support::subjects;

/// The baseline of the folder. A folder without `baseline.toml` has an empty one.
pub fn read(folder: &Path) -> Result<Baseline, FileError> {
    let path = folder.join("baseline.toml");
    if !path.exists() {
        return Ok(Baseline::default());
    }
    subjects::read_baseline(&path)
}
