//! Writes the files of a report. Their paths are checked before the run, so that a long run does not end with an error.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::support::atomic_write;
use crate::support::error::CliError;
use crate::support::files::{self, FileError};
use crate::support::output::Stdout;

/// The paths of the files of a report.
#[derive(Debug)]
pub struct ReportWriter(Vec<PathBuf>);

impl ReportWriter {
    /// Checks that a file can be written at every path. Creates the folders that do not exist.
    ///
    /// # Errors
    /// If two paths name one file, if a path is a folder, or if its folder is not writable.
    pub fn new(paths: Vec<PathBuf>) -> Result<ReportWriter, CliError> {
        let mut known = Vec::new();
        for path in &paths {
            if path.is_dir() {
                return Err(CliError::ReportPath(FileError::Folder(files::display_path(path))));
            }
            if path.exists() && !path.is_file() {
                return Err(CliError::ReportPath(FileError::NotReplaceable(files::display_path(path))));
            }
            let folder = atomic_write::folder_of(path);
            atomic_write::ensure_writable(folder).map_err(CliError::ReportPath)?;
            known.push(identity(path));
            refuse_second(&known, path)?;
        }
        Ok(ReportWriter(paths))
    }

    /// Checks that files of these names can be written in a folder.
    ///
    /// # Errors
    /// If the folder is a file, or as [`ReportWriter::new`].
    pub fn in_folder(folder: &Path, names: &[&str]) -> Result<ReportWriter, CliError> {
        check_folder(folder)?;
        ReportWriter::new(names.iter().map(|name| folder.join(name)).collect())
    }

    /// Refuses a path of another output that is the path of a report.
    ///
    /// # Errors
    /// If it is.
    pub fn refuse(&self, path: &Path) -> Result<(), CliError> {
        let known: Vec<PathBuf> = self.0.iter().map(|path| identity(path)).chain([identity(path)]).collect();
        refuse_second(&known, path)
    }

    /// Writes a report to every path, in order, and prints the paths. Files that exist are replaced.
    ///
    /// # Errors
    /// If a file cannot be written; then none is replaced.
    pub fn write<T: Into<Vec<u8>>>(
        &self,
        reports: impl IntoIterator<Item = T>,
        out: &mut Stdout,
    ) -> Result<(), CliError> {
        let reports = reports.into_iter().map(T::into);
        let targets = self.0.iter().map(|path| atomic_write::target(path));
        let all: Vec<(PathBuf, Vec<u8>)> = targets.zip(reports).collect();
        atomic_write::overwrite(&all)?;
        for path in &self.0 {
            writeln!(out, "wrote {}", files::display_path(path))?;
        }
        Ok(())
    }
}

/// The file that a path names: `a` and `./a` are one.
fn identity(path: &Path) -> PathBuf {
    match path.file_name() {
        Some(name) if !path.exists() => atomic_write::target(atomic_write::folder_of(path)).join(name),
        Some(_) | None => atomic_write::target(path),
    }
}

/// Refuses `path`, whose identity is the last of `known`, if another is the same.
fn refuse_second(known: &[PathBuf], path: &Path) -> Result<(), CliError> {
    match known.split_last() {
        Some((last, others)) if others.contains(last) => {
            let path = files::display_path(path);
            let why = format!("{path}: two outputs have this path; choose another for one of them");
            Err(CliError::Usage(why))
        }
        Some(_) | None => Ok(()),
    }
}

/// Checks that a path is a folder or free.
///
/// # Errors
/// If it is a file, or cannot be read.
pub fn check_folder(folder: &Path) -> Result<(), CliError> {
    if folder.exists() && !files::is_folder(folder, "a folder")? {
        return Err(CliError::ReportPath(FileError::NotAFolder(files::display_path(folder))));
    }
    Ok(())
}
