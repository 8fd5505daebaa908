//! A run as files. In come a [`Run`] and the names that were asked for, out come files, all of them whole;
//! what no run of this command has written is not overwritten.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::run::{CaseResult, RunReport};
use crate::failure::CliError;
use crate::files::{self, FileError};
use crate::out::Stdout;

mod autobahn;
mod html;
mod json;
mod junit;
pub mod live;
mod markdown;
mod sarif;

/// What every report has near its beginning, and no other file.
const GENERATED_BY: &str = "written by wsclose check or wsclose serve";

/// A way to write a run down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Everything, as data.
    Json,
    /// What CI systems count.
    Junit,
    /// What a pull request shows.
    Markdown,
    /// What people read and click through.
    Html,
    /// What code scanning takes.
    Sarif,
    /// The index that scripts written for the Autobahn test suite read.
    Autobahn,
}

impl Format {
    /// The text of a report. The same run makes the same text.
    fn text(self, run: &RunReport) -> String {
        match self {
            Format::Json => json::text(run),
            Format::Junit => junit::text(run),
            Format::Markdown => markdown::text(run),
            Format::Html => html::text(run),
            Format::Sarif => sarif::text(run),
            Format::Autobahn => autobahn::text(run),
        }
    }
}

/// The files that reports go to, looked at before the run begins.
#[derive(Debug)]
pub struct Reports(Vec<(Format, PathBuf)>);

impl Reports {
    /// Finds out whether every report will have a place. The index for Autobahn's scripts has no room for a
    /// mark: it lies beside `check.json`, to which it refers, and belongs to whom that belongs to.
    pub fn open(requested: Vec<(Format, PathBuf)>, autobahn: Option<&Path>) -> Result<Reports, CliError> {
        let mut all = requested;
        if let Some(folder) = autobahn {
            if folder.exists() && !files::is_folder(folder, "a folder")? {
                return Err(FileError::NotAFolder(files::display_path(folder)).into());
            }
            all.push((Format::Json, folder.join(autobahn::DETAILS_FILE)));
            all.push((Format::Autobahn, folder.join("index.json")));
        }
        for (at, (format, path)) in all.iter().enumerate() {
            if all[..at].iter().any(|(_, other)| other == path) {
                let path = files::display_path(path);
                return Err(CliError::Usage(format!(
                    "{path}: expected a file for each report, found two for one"
                )));
            }
            let marked = match format {
                Format::Json | Format::Junit | Format::Markdown | Format::Html | Format::Sarif => {
                    path.clone()
                }
                Format::Autobahn => path.with_file_name(autobahn::DETAILS_FILE),
            };
            if path.exists() && !(marked.exists() && files::has_marker(&marked, GENERATED_BY)?) {
                return Err(FileError::NotACheckReport(files::display_path(path)).into());
            }
            files::ensure_writable(files::folder_of(path))?;
        }
        Ok(Reports(all))
    }

    /// Writes them, and says where.
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

/// How an endpoint behaved in a case of a run that is still under way, in Autobahn's word.
pub fn provisional_behavior(case: &CaseResult) -> &'static str {
    autobahn::provisional_behavior(case)
}

/// A name as the part of a URL behind `#`, and as an id.
fn anchor(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' }).collect()
}
