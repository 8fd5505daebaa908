//! The folder of a report: files that are replaced atomically.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::support::error::CliError;
use crate::support::files::{self, FileError};
use crate::support::output::Stdout;

/// The note at the beginning of every file of a report.
pub const GENERATED_BY: &str = "written by wsclose matrix";

/// The files of a report folder.
pub struct ReportDir<const N: usize>([PathBuf; N]);

impl<const N: usize> ReportDir<N> {
    /// Checks before the run that the files can be written.
    pub fn open(path: &Path, names: [&str; N]) -> Result<ReportDir<N>, FileError> {
        if path.exists() && !files::is_folder(path, "a folder")? {
            return Err(FileError::NotAFolder(files::display_path(path)));
        }
        let all = names.map(|name| path.join(name));
        if let Some(folder) = all.iter().find(|file| file.is_dir()) {
            return Err(FileError::Folder(files::display_path(folder)));
        }
        files::ensure_writable(path)?;
        Ok(ReportDir(all))
    }

    /// Writes a text for each name, and says where.
    pub fn write(self, texts: [String; N], out: &mut Stdout) -> Result<(), CliError> {
        let all: Vec<(PathBuf, Vec<u8>)> =
            self.0.into_iter().zip(texts).map(|(path, text)| (path, text.into_bytes())).collect();
        files::overwrite(&all)?;
        for (path, _) in &all {
            writeln!(out, "wrote {}", files::display_path(path))?;
        }
        Ok(())
    }
}
