//! Reads the accepted violations of live implementations: those of a file, or of the folder of their manifest.

use std::path::Path;

use wsclose::analysis::baseline::Baseline;

use crate::support::files::FileError;
use crate::support::subjects;

/// The baseline in `file` if that exists, or else that of the folder. A folder without `baseline.toml` has an empty one.
pub fn read(folder: &Path, file: Option<&Path>) -> Result<Baseline, FileError> {
    let usual = folder.join("baseline.toml");
    let paths = file.into_iter().chain([usual.as_path()]);
    match paths.into_iter().find(|path| path.exists()) {
        Some(path) => subjects::read_baseline(path),
        None => Ok(Baseline::default()),
    }
}
