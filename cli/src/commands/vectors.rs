//! `wsclose vectors`: writes the vectors for runners in other languages.

mod header;
mod json;

use std::io::Write;
use std::path::Path;

use wsclose::portable;

use crate::args;
use crate::support::atomic_write;
use crate::support::error::{CliError, ExitStatus};
use crate::support::files::{FileError, display_path};
use crate::support::output::Stdout;
use crate::support::report_dir;

/// The names of the files, in the order in which they are written.
const FILES: [&str; 4] = ["README.md", "close_frames.json", "scenarios.json", "close_frames.h"];

/// The folder of the schemas, and their names and contents.
const SCHEMAS: &str = "schema";
const SCHEMA_FILES: [(&str, &str); 2] = [
    ("close_frames.schema.json", include_str!("../../schema/close_frames.schema.json")),
    ("scenarios.schema.json", include_str!("../../schema/scenarios.schema.json")),
];

/// Writes all files to a folder, or none.
pub fn run(args: &args::Vectors, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let folder = &args.out;
    report_dir::check_folder(folder)?;
    refuse_other_files(folder, &FILES)?;
    let schemas = folder.join(SCHEMAS);
    report_dir::check_folder(&schemas)?;
    refuse_other_files(&schemas, &SCHEMA_FILES.map(|(name, _)| name))?;

    let frames = portable::close_frames();
    let contents = [
        include_str!("vectors/README.md").to_owned(),
        json::close_frames(&frames),
        json::scenarios(&portable::scenarios()),
        header::close_frames(&frames),
    ];
    let files =
        FILES.into_iter().zip(contents).map(|(name, content)| (folder.join(name), content.into_bytes()));
    let schema_files =
        SCHEMA_FILES.into_iter().map(|(name, content)| (schemas.join(name), content.as_bytes().to_vec()));
    let all: Vec<_> = files.chain(schema_files).collect();
    atomic_write::overwrite(&all)?;
    for (path, _) in &all {
        writeln!(out, "wrote {}", display_path(path))?;
    }
    Ok(ExitStatus::Conforms)
}

/// Refuses a folder with files that this command does not write, so that none of them passes for a vector file. Folders in it
/// are left alone.
fn refuse_other_files(folder: &Path, own: &[&str]) -> Result<(), CliError> {
    if !folder.exists() {
        return Ok(());
    }
    let reading = |error| FileError::reading(folder, "a folder", error);
    for entry in std::fs::read_dir(folder).map_err(reading)? {
        let entry = entry.map_err(reading)?;
        let is_own = entry.file_name().to_str().is_some_and(|name| own.contains(&name));
        if !is_own && !entry.path().is_dir() {
            let found = entry.file_name().to_string_lossy().into_owned();
            return Err(CliError::ReportPath(FileError::OtherFiles { path: display_path(folder), found }));
        }
    }
    Ok(())
}
