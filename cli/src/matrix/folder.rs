//! The folder of a report. In come names and texts, out come files, all of them whole or none; what no run of
//! this command has written is not overwritten unasked.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::files::{self, FileError};
use crate::out::Out;

/// What every file of a report has near its beginning, and no other file.
pub const MARK: &str = "written by wsclose matrix";

/// Files of a folder that may be written.
pub struct Folder<const N: usize>([PathBuf; N]);

impl<const N: usize> Folder<N> {
    /// Looks before the work begins whether its result will have a place.
    pub fn open(path: &Path, names: [&str; N], force: bool) -> Result<Folder<N>, FileError> {
        if path.exists() && !files::is_folder(path, "a folder")? {
            return Err(FileError::NotAFolder(files::shown(path)));
        }
        let all = names.map(|name| path.join(name));
        for file in &all {
            if file.exists() && !force && !files::has_mark(file, MARK)? {
                return Err(FileError::Foreign(files::shown(file)));
            }
        }
        files::can_write_in(path)?;
        Ok(Folder(all))
    }

    /// Writes a text for each name, and says where.
    pub fn write(self, texts: [String; N], out: &mut Out) -> Result<(), Failure> {
        let all: Vec<(PathBuf, Vec<u8>)> =
            self.0.into_iter().zip(texts).map(|(path, text)| (path, text.into_bytes())).collect();
        files::write_over(&all)?;
        for (path, _) in &all {
            writeln!(out, "wrote {}", files::shown(path))?;
        }
        Ok(())
    }
}
