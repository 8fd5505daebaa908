//! Reads files of at most [`MAX_SCRIPT`] octets, and reports every error of a file or folder with its path.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use wsclose::script::{MAX_SCRIPT, ScriptError, text::ScriptParseError};

/// Why a file or folder could not be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The path does not exist.
    #[error("{path}: not found; expected {expected}")]
    Missing {
        /// The path.
        path: String,
        /// What the path should name.
        expected: &'static str,
    },
    /// The user may not read the path.
    #[error("{0}: permission denied; change its mode or owner")]
    PermissionDenied(String),
    /// Another error of the operating system.
    #[error("{path}: cannot be read: {source}")]
    Unreadable {
        /// The path.
        path: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The path is a folder and should be a file.
    #[error("{0}: is a folder; name a file")]
    Folder(String),
    /// The path is a pipe or a device, which may never end.
    #[error("{0}: is a pipe or a device; save its content to a file and name that")]
    NotAFile(String),
    /// A report cannot replace a pipe or a device.
    #[error("{0}: is a pipe or a device; name a file")]
    NotReplaceable(String),
    /// A baseline or manifest is too long.
    #[error("{path}: has {octets} octets, the limit is {limit}; shorten it")]
    TooLong {
        /// The path.
        path: String,
        /// The limit in octets.
        limit: usize,
        /// The length in octets.
        octets: usize,
    },
    /// The script exceeds the limits of the driver.
    #[error(
        "{path}: longer than {c} connections, {s} steps per connection or {o} octets per connection; the rest was not \
         run, so split the script",
        c = .limits.connections, s = .limits.steps, o = .limits.octets
    )]
    Truncated {
        /// The path.
        path: String,
        /// The limits of the driver.
        limits: wsclose::harness::Limits,
    },
    /// The path is a file and should be a folder.
    #[error("{0}: is a file; name a folder")]
    NotAFolder(String),
    /// The folder contains files that a command would not replace.
    #[error("{path}: contains other files, such as {found}; name a new or empty folder")]
    OtherFiles {
        /// The path.
        path: String,
        /// The name of one of them.
        found: String,
    },
    /// The folder contains no script.
    #[error(
        "{0}: contains no scripts; name a folder with files that end in .ws or .bin, or have no extension"
    )]
    NoScripts(String),
    /// A syntax error in a text script.
    #[error("{path}:{line}:{column}: expected {expected}, found {found}", line = .error.line, column = .error.column,
            expected = .error.expected, found = .error.found)]
    ScriptParse {
        /// The path.
        path: String,
        /// The error and its position.
        error: ScriptParseError,
    },
    /// The file is no script in either form.
    #[error("{path}: {error}")]
    InvalidScript {
        /// The path.
        path: String,
        /// What is wrong with it.
        error: ScriptError,
    },
    /// No folder for corpus entries.
    #[error("no folder `corpus` here or above; name the folder that contains it with --root DIR")]
    NoCorpus,
    /// The baseline is invalid.
    #[error("{path}: {error}")]
    Baseline {
        /// The path.
        path: String,
        /// What is wrong with it.
        error: wsclose::analysis::baseline::BaselineError,
    },
    /// The entries of a baseline have a form to which no further entry can be added.
    #[error(
        "{0}: expected each entry as a table `[[known]]`, found an array `known = [...]`; change its form"
    )]
    InlineBaseline(String),
    /// The file is no result of a run.
    #[error(
        "{path}: expected the result of a run, {why}; name a file that check or serve wrote with --json, or the \
         matrix.json or live.json of matrix"
    )]
    RunFile {
        /// The path.
        path: String,
        /// What was found.
        why: String,
    },
    /// The result of a run has a format that this version does not read.
    #[error("{path}: has the format `{format}`, this command reads `{known}`; use the wsclose that wrote it")]
    NewerRunFile {
        /// The path.
        path: String,
        /// The format of the file.
        format: String,
        /// The format that is read.
        known: String,
    },
    /// The manifest of the live implementations is invalid.
    #[error(
        "{path}: {error}; write `[[implementation]]` tables as in implementations/live/implementations.toml"
    )]
    Manifest {
        /// The path.
        path: String,
        /// What is wrong with it.
        error: toml::de::Error,
    },
    /// The folder holds files that the command did not write, so that it cannot replace the folder.
    #[error(
        "{path}: holds `{other}`, which is no part of a site; choose an empty folder, or move the file away"
    )]
    ForeignFolder {
        /// The path of the folder.
        path: String,
        /// The first such file.
        other: String,
    },
    /// The file holds no results that this version reads.
    #[error("{path}: {why}")]
    Results {
        /// The path.
        path: String,
        /// What is wrong with it, and what to do.
        why: String,
    },
    /// The file cannot be written.
    #[error("{path}: cannot be written: {source}; nothing was written")]
    Unwritable {
        /// The path.
        path: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The folder cannot be written to, or cannot be created.
    #[error("{path}: cannot be used for reports: {source}; choose another folder")]
    FolderNotWritable {
        /// The path.
        path: String,
        /// The error of the operating system.
        source: io::Error,
    },
}

impl FileError {
    /// The error of reading a path.
    pub fn reading(path: &Path, expected: &'static str, source: io::Error) -> FileError {
        let kind = source.kind();
        if kind == io::ErrorKind::NotFound {
            FileError::Missing { path: display_path(path), expected }
        } else if kind == io::ErrorKind::PermissionDenied {
            FileError::PermissionDenied(display_path(path))
        } else {
            FileError::Unreadable { path: display_path(path), source }
        }
    }

    /// The error of a file that is no script.
    pub fn script(path: &Path, error: ScriptError) -> FileError {
        let path = display_path(path);
        match error {
            ScriptError::Text(mistake) => FileError::ScriptParse { path, error: mistake },
            ScriptError::Empty
            | ScriptError::Version(_)
            | ScriptError::Magic(_)
            | ScriptError::TooLong(_) => FileError::InvalidScript { path, error },
        }
    }

    /// The error of writing a file.
    pub fn writing(path: &Path, source: io::Error) -> FileError {
        FileError::Unwritable { path: display_path(path), source }
    }
}

/// A path as text on one line: control characters are escaped, and octets that are not UTF-8 replaced.
pub fn display_path(path: &Path) -> String {
    path.to_string_lossy()
        .chars()
        .flat_map(|c| {
            let control = c.is_control();
            c.escape_default().filter(move |_| control).chain((!control).then_some(c))
        })
        .collect()
}

/// Whether the path is a folder. Follows links.
///
/// # Errors
/// If nothing is there; the error names `expected`.
pub fn is_folder(path: &Path, expected: &'static str) -> Result<bool, FileError> {
    fs::metadata(path).map(|about| about.is_dir()).map_err(|error| FileError::reading(path, expected, error))
}

/// The most octets of a baseline or manifest.
const MAX_CONFIG: usize = 1 << 22;

/// Reads a script.
///
/// # Errors
/// If it is longer than [`MAX_SCRIPT`] octets, or is no regular file.
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let too_long =
        |octets| FileError::InvalidScript { path: display_path(path), error: ScriptError::TooLong(octets) };
    read_at_most(path, MAX_SCRIPT)?.map_err(too_long)
}

/// Reads a baseline or a manifest.
///
/// # Errors
/// If it is longer than 4 MiB, or is no regular file.
pub fn read_config(path: &Path) -> Result<String, FileError> {
    let too_long = |octets| FileError::TooLong { path: display_path(path), limit: MAX_CONFIG, octets };
    let octets = read_at_most(path, MAX_CONFIG)?.map_err(too_long)?;
    Ok(String::from_utf8_lossy(&octets).into_owned())
}

/// Reads a file. If it is longer than `limit` octets, returns its length or how many were read as an error.
///
/// # Errors
/// If it is no regular file, or cannot be read.
pub fn read_at_most(path: &Path, limit: usize) -> Result<Result<Vec<u8>, usize>, FileError> {
    let reading = |error| FileError::reading(path, "a file", error);
    // The kind is checked before the file is opened: opening a pipe waits for a writer.
    let about = fs::metadata(path).map_err(reading)?;
    if about.is_dir() {
        return Err(FileError::Folder(display_path(path)));
    }
    if !about.is_file() {
        return Err(FileError::NotAFile(display_path(path)));
    }
    let file = File::open(path).map_err(reading)?;
    if about.len() > limit as u64 {
        return Ok(Err(usize::try_from(about.len()).unwrap_or(usize::MAX)));
    }
    read_bounded(file, limit).map_err(reading)
}

/// Reads to the end. If there are more than `limit` octets, stops and returns how many were read as an error.
///
/// # Errors
/// If reading fails.
pub fn read_bounded(from: impl Read, limit: usize) -> io::Result<Result<Vec<u8>, usize>> {
    let mut octets = Vec::new();
    from.take(limit as u64 + 1).read_to_end(&mut octets)?;
    Ok(if octets.len() > limit { Err(octets.len()) } else { Ok(octets) })
}
