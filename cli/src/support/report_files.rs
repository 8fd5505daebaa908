//! The reports of a run of `check` or `serve`, each in the format of its option.

use std::path::{Path, PathBuf};

use wsclose_live::RunReport;
use wsclose_live::report::{AUTOBAHN_DETAILS, Format};

use crate::support::error::CliError;
use crate::support::output::Stdout;
use crate::support::report_dir::{self, ReportWriter};

/// The reports of a run.
#[derive(Debug)]
pub struct ReportFiles {
    formats: Vec<Format>,
    writer: ReportWriter,
}

impl ReportFiles {
    /// Checks that every report can be written. The index for scripts written for Autobahn refers to a JSON report,
    /// `check.json` in the same folder.
    pub fn open(requested: Vec<(Format, PathBuf)>, autobahn: Option<&Path>) -> Result<ReportFiles, CliError> {
        let mut all = requested;
        if let Some(folder) = autobahn {
            report_dir::check_folder(folder)?;
            all.push((Format::Json, folder.join(AUTOBAHN_DETAILS)));
            all.push((Format::Autobahn, folder.join("index.json")));
        }
        let (formats, paths) = all.into_iter().unzip();
        Ok(ReportFiles { formats, writer: ReportWriter::new(paths)? })
    }

    /// Writes the reports and prints their paths.
    pub fn write(&self, run: &RunReport, out: &mut Stdout) -> Result<(), CliError> {
        self.writer.write(self.formats.iter().map(|format| format.text(run)), out)
    }
}
