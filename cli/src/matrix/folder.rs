//! The folder of a report. In come results, out come four files, all of them whole or none; what no run of
//! this command has written is not overwritten unasked.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::results::Results;
use super::{codes_svg, disagreements, json, markdown};
use crate::failure::Failure;
use crate::files::{self, FileError};
use crate::out::Out;

/// What every file of a report has near its beginning, and no other file.
pub const MARK: &str = "written by wsclose matrix";

const FILES: [&str; 4] = ["matrix.md", "disagreements.md", "codes.svg", "matrix.json"];

/// A folder that may be written to.
pub struct Folder(PathBuf);

impl Folder {
    /// Looks before the work begins whether its result will have a place.
    pub fn open(path: &Path, force: bool) -> Result<Folder, FileError> {
        if path.exists() && !files::is_folder(path, "a folder")? {
            return Err(FileError::NotAFolder(files::shown(path)));
        }
        for file in FILES.map(|name| path.join(name)) {
            if file.exists() && !force && !files::has_mark(&file, MARK)? {
                return Err(FileError::Foreign(files::shown(&file)));
            }
        }
        files::can_write_in(path)?;
        Ok(Folder(path.to_owned()))
    }

    /// Writes the report, and says where.
    pub fn write(&self, results: &Results<'_>, out: &mut Out) -> Result<(), Failure> {
        let contents = [
            markdown::page(results),
            disagreements::page(results),
            codes_svg::sheet(results),
            json::text(results),
        ];
        let all: Vec<(PathBuf, Vec<u8>)> = FILES
            .into_iter()
            .zip(contents)
            .map(|(name, content)| (self.0.join(name), content.into_bytes()))
            .collect();
        files::write_over(&all)?;
        for (path, _) in &all {
            writeln!(out, "wrote {}", files::shown(path))?;
        }
        Ok(())
    }
}
