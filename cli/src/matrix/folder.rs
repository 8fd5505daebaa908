//! The folder of a report. In come names and texts, out come files, all of them whole or none; what no run of
//! this command has written is not overwritten unasked.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::failure::CliError;
use crate::files::{self, FileError};
use crate::out::Stdout;

/// What every file of a report has near its beginning, and no other file.
pub const GENERATED_BY: &str = "written by wsclose matrix";

/// Files of a folder that may be written.
pub struct ReportDir<const N: usize>([PathBuf; N]);

impl<const N: usize> ReportDir<N> {
    /// Looks before the work begins whether its result will have a place.
    pub fn open(path: &Path, names: [&str; N], force: bool) -> Result<ReportDir<N>, FileError> {
        if path.exists() && !files::is_folder(path, "a folder")? {
            return Err(FileError::NotAFolder(files::display_path(path)));
        }
        let all = names.map(|name| path.join(name));
        for file in &all {
            if file.exists() && !force && !files::has_marker(file, GENERATED_BY)? {
                return Err(FileError::NotAMatrixReport(files::display_path(file)));
            }
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
