//! Writes the reports of a run to files, each of them atomically.

use std::io::Write;
use std::path::{Path, PathBuf};

use wsclose_live::RunReport;
use wsclose_live::report::{AUTOBAHN_DETAILS, Format};

use crate::support::error::CliError;
use crate::support::files::{self, FileError};
use crate::support::output::Stdout;

/// The files of a run's reports, checked before the run.
#[derive(Debug)]
pub struct ReportFiles(Vec<(Format, PathBuf)>);

impl ReportFiles {
    /// Checks that every report can be written. The index for scripts written for Autobahn refers to a JSON report,
    /// `check.json` in the same folder.
    pub fn open(requested: Vec<(Format, PathBuf)>, autobahn: Option<&Path>) -> Result<ReportFiles, CliError> {
        let mut all = requested;
        if let Some(folder) = autobahn {
            if folder.exists() && !files::is_folder(folder, "a folder")? {
                return Err(FileError::NotAFolder(files::display_path(folder)).into());
            }
            all.push((Format::Json, folder.join(AUTOBAHN_DETAILS)));
            all.push((Format::Autobahn, folder.join("index.json")));
        }
        for (at, (_, path)) in all.iter().enumerate() {
            if all[..at].iter().any(|(_, other)| other == path) {
                let path = files::display_path(path);
                return Err(CliError::Usage(format!(
                    "{path}: expected a file for each report, found two for one"
                )));
            }
            if path.is_dir() {
                return Err(FileError::Folder(files::display_path(path)).into());
            }
            files::ensure_writable(files::folder_of(path))?;
        }
        Ok(ReportFiles(all))
    }

    /// Writes the reports, replacing files that exist, and prints their paths.
    pub fn write(&self, run: &RunReport, out: &mut Stdout) -> Result<(), CliError> {
        let texts: Vec<(PathBuf, Vec<u8>)> =
            self.0.iter().map(|(format, path)| (path.clone(), format.text(run).into_bytes())).collect();
        files::overwrite(&texts)?;
        for (path, _) in &texts {
            writeln!(out, "wrote {}", files::display_path(path))?;
        }
        Ok(())
    }
}
