//! Files and folders. In come paths, out come octets, scripts and lists of files, or a sentence that
//! names the file; written files are whole or not there. Nothing over [`MAX_SCRIPT`] octets is read.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use wsclose::protocol::role::Role;
use wsclose::script::{
    MAX_SCRIPT, ScriptBuf, ScriptError, SegmentPlacement, Step, Writer, text::ScriptParseError,
};

/// Why a file or folder was of no use.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Nothing there.
    #[error("{path}: expected {expected}, found nothing of that name")]
    Missing {
        /// Where.
        path: String,
        /// What should be there.
        expected: &'static str,
    },
    /// Not for us.
    #[error(
        "{0}: expected something readable, found that permission is denied; change its mode or its owner"
    )]
    PermissionDenied(String),
    /// Another error of the system.
    #[error("{path}: expected something readable, found: {source}")]
    Unreadable {
        /// Which.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// A folder where a file should be.
    #[error("{0}: expected a file, found a folder")]
    Folder(String),
    /// Neither a file nor a folder: a pipe or a device, which may never end.
    #[error("{0}: expected a file, found a pipe or a device; save what it gives to a file first")]
    NotAFile(String),
    /// A baseline or manifest that is too long.
    #[error("{path}: expected at most {limit} octets, found {octets}")]
    TooLong {
        /// Which.
        path: String,
        /// The limit in octets.
        limit: usize,
        /// The length in octets.
        octets: usize,
    },
    /// A script that goes on beyond what is played.
    #[error(
        "{path}: expected a script of at most {c} connections, {s} steps a connection and {o} octets a connection; \
         the rest of this one was left out",
        c = .limits.connections, s = .limits.steps, o = .limits.octets
    )]
    Truncated {
        /// Which.
        path: String,
        /// What is played of a script.
        limits: wsclose::harness::driver::Limits,
    },
    /// A file where a folder should be.
    #[error("{0}: expected a folder, found a file")]
    NotAFolder(String),
    /// A folder without a script.
    #[error("{0}: expected scripts (files that end in .ws or .bin, or have no extension), found none")]
    NoScripts(String),
    /// A mistake in a text script.
    #[error("{path}:{line}:{column}: expected {expected}, found {found}", line = .error.line, column = .error.column,
            expected = .error.expected, found = .error.found)]
    ScriptParse {
        /// Where.
        path: String,
        /// What.
        error: ScriptParseError,
    },
    /// No script of any kind.
    #[error("{path}: {error}")]
    InvalidScript {
        /// Which.
        path: String,
        /// Why not.
        error: ScriptError,
    },
    /// No folder to file things in.
    #[error(
        "expected a folder `corpus` here or above, found none; name the folder that has it with --root DIR"
    )]
    NoCorpus,
    /// A baseline is invalid.
    #[error("{path}: {error}")]
    Baseline {
        /// Which.
        path: String,
        /// What is wrong with it.
        error: wsclose::analysis::baseline::BaselineError,
    },
    /// The manifest of the live peers is broken.
    #[error(
        "{path}: expected `[[implementation]]` tables such as those of implementations/live/implementations.toml: {error}"
    )]
    Manifest {
        /// Which.
        path: String,
        /// What is wrong with it.
        error: toml::de::Error,
    },
    /// A file could not be written.
    #[error("{path}: expected to write a new file, found: {source}; nothing was written")]
    Unwritable {
        /// Which.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// A folder in which nothing can be written, or that cannot be made.
    #[error("{path}: expected a folder to write in, found: {source}; choose another")]
    FolderNotWritable {
        /// Which.
        path: String,
        /// What the system says.
        source: io::Error,
    },
}

impl FileError {
    /// A file or folder that could not be read.
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

    /// A file that holds no script.
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

    fn writing(path: &Path, source: io::Error) -> FileError {
        FileError::Unwritable { path: display_path(path), source }
    }
}

/// A path on one line, whatever octets it has.
pub fn display_path(path: &Path) -> String {
    path.to_string_lossy()
        .chars()
        .flat_map(|c| {
            let control = c.is_control();
            c.escape_default().filter(move |_| control).chain((!control).then_some(c))
        })
        .collect()
}

/// Whether the path is a folder, links followed; where there is nothing, `wanted` says what was expected.
pub fn is_folder(path: &Path, expected: &'static str) -> Result<bool, FileError> {
    fs::metadata(path).map(|about| about.is_dir()).map_err(|error| FileError::reading(path, expected, error))
}

/// The largest baseline or manifest that is read, in octets.
const MAX_CONFIG: usize = 1 << 22;

/// Reads a script, a file of at most [`MAX_SCRIPT`] octets.
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let too_long =
        |octets| FileError::InvalidScript { path: display_path(path), error: ScriptError::TooLong(octets) };
    read_at_most(path, MAX_SCRIPT)?.map_err(too_long)
}

/// Reads a baseline or a manifest, a file of at most 4 MiB.
pub fn read_config(path: &Path) -> Result<String, FileError> {
    let too_long = |octets| FileError::TooLong { path: display_path(path), limit: MAX_CONFIG, octets };
    let octets = read_at_most(path, MAX_CONFIG)?.map_err(too_long)?;
    Ok(String::from_utf8_lossy(&octets).into_owned())
}

/// Reads a file; if it is longer than `limit`, returns how long it is or how much was read.
fn read_at_most(path: &Path, limit: usize) -> Result<Result<Vec<u8>, usize>, FileError> {
    let reading = |error| FileError::reading(path, "a file", error);
    // Checked before the file is opened, because opening a pipe blocks until it has a writer.
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
    read_bounded_to(file, limit).map_err(reading)
}

/// Reads to the end, or one octet past [`MAX_SCRIPT`]; then the error is the number of octets read.
pub fn read_bounded(from: impl Read) -> io::Result<Result<Vec<u8>, usize>> {
    read_bounded_to(from, MAX_SCRIPT)
}

fn read_bounded_to(from: impl Read, limit: usize) -> io::Result<Result<Vec<u8>, usize>> {
    let mut octets = Vec::new();
    from.take(limit as u64 + 1).read_to_end(&mut octets)?;
    Ok(if octets.len() > limit { Err(octets.len()) } else { Ok(octets) })
}

/// A script, and the roles to play it to.
#[derive(Debug)]
pub struct LoadedScript {
    /// The script.
    pub script: ScriptBuf,
    /// The roles that its file asks for.
    pub roles: Vec<Role>,
}

/// Reads a script in either form, or octets of the wire: if `octets` says so, or if the file lies in a
/// folder of them and is no text script.
pub fn load(path: &Path, raw_bytes: bool) -> Result<LoadedScript, FileError> {
    let content = read(path)?;
    parse_script(&content, raw_bytes || holds_raw_bytes(path, &content))
        .map_err(|error| FileError::script(path, error))
}

/// A script, or octets of the wire as a script of their own.
pub fn parse_script(content: &[u8], raw_bytes: bool) -> Result<LoadedScript, ScriptError> {
    if raw_bytes && !content.is_empty() {
        return Ok(LoadedScript { script: from_raw_bytes(content)?, roles: Role::ALL.to_vec() });
    }
    let script = ScriptBuf::read(content)?;
    let role = script.as_script().role();
    Ok(LoadedScript { script, roles: vec![role] })
}

/// The name of the folder that a file lies in, wherever it was named from.
pub fn folder_name(path: &Path) -> Option<OsString> {
    let path = fs::canonicalize(path).ok()?;
    Some(path.parent()?.file_name()?.to_owned())
}

fn holds_raw_bytes(path: &Path, content: &[u8]) -> bool {
    folder_name(path).is_some_and(|name| name == "close_frame")
        && path.extension() != Some(OsStr::new("ws"))
        && !content.starts_with(b"wsclose ")
}

/// One stream of octets, in as many steps as it takes, joined to one segment.
fn from_raw_bytes(content: &[u8]) -> Result<ScriptBuf, ScriptError> {
    let mut writer = Writer::new(Role::Client);
    for (at, octets) in content.chunks(255).enumerate() {
        writer.step(&Step::Octets { octets, placement: SegmentPlacement { glue: at > 0, cut: None } });
    }
    ScriptBuf::read(&writer.into_octets())
}

/// The files in a folder that may be scripts, its folders' too, in order; and what could not be looked
/// into. Links to folders are not followed, so that a loop of them ends.
pub fn scripts_in(folder: &Path) -> (Vec<PathBuf>, Vec<FileError>) {
    let mut files = Vec::new();
    let mut errors = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                errors.push(FileError::reading(&folder, "a folder", error));
                continue;
            }
        };
        for entry in entries {
            let (path, kind) = match entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))) {
                Ok(found) => found,
                Err(error) => {
                    errors.push(FileError::reading(&folder, "a file or a folder", error));
                    continue;
                }
            };
            let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            if hidden {
                continue;
            }
            if kind.is_dir() {
                folders.push(path);
            } else if may_be_script(&path) && (kind.is_file() || kind.is_symlink() && !path.is_dir()) {
                files.push(path);
            }
        }
    }
    files.sort();
    if files.is_empty() && errors.is_empty() {
        errors.push(FileError::NoScripts(display_path(folder)));
    }
    (files, errors)
}

/// Whether a fuzzer gave a file its name: the SHA-1 of what is in it.
pub fn is_named_by_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.len() == 40 && name.bytes().all(|octet| octet.is_ascii_hexdigit())
}

fn may_be_script(path: &Path) -> bool {
    path.extension().is_none_or(|extension| extension == "ws" || extension == "bin")
}

/// Writes new files, each whole; one that is already there is left as it is, and then none is written. All of
/// them are ready before the first gets its name, so that only a kill between two renames can part them.
pub fn write_new(files: &[(PathBuf, Vec<u8>)]) -> Result<(), FileError> {
    let mut written: Vec<&PathBuf> = Vec::new();
    for (path, file) in write_temporary(files)? {
        if let Err(error) = file.persist_noclobber(path) {
            for path in written {
                // What cannot be removed either is at least whole.
                let _ = fs::remove_file(path);
            }
            return Err(FileError::writing(path, error.error));
        }
        written.push(path);
    }
    Ok(())
}

/// Writes files, each whole, over those that are there. All of them are ready before the first gets its name.
pub fn overwrite(files: &[(PathBuf, Vec<u8>)]) -> Result<(), FileError> {
    for (path, file) in write_temporary(files)? {
        file.persist(path).map_err(|error| FileError::writing(path, error.error))?;
    }
    Ok(())
}

/// Makes the folder if need be, and finds out whether files can be written in it.
pub fn ensure_writable(folder: &Path) -> Result<(), FileError> {
    let no_place = |source| FileError::FolderNotWritable { path: display_path(folder), source };
    fs::create_dir_all(folder).map_err(no_place)?;
    temporary(folder).map(|_| ()).map_err(no_place)
}

/// The files under names of their own, whole.
fn write_temporary(
    files: &[(PathBuf, Vec<u8>)],
) -> Result<Vec<(&PathBuf, tempfile::NamedTempFile)>, FileError> {
    let mut ready = Vec::new();
    for (path, content) in files {
        let writing = |error| FileError::writing(path, error);
        let folder = folder_of(path);
        fs::create_dir_all(folder).map_err(writing)?;
        let mut file = temporary(folder).map_err(writing)?;
        file.write_all(content).and_then(|()| file.as_file().sync_all()).map_err(writing)?;
        ready.push((path, file));
    }
    Ok(ready)
}

/// The folder that a file is in; that of a bare name is `.`.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wsclose-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{FileError, write_new};

    #[test]
    fn new_files_are_written_all_or_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("old"), "old").expect("a file");
        let files = [(path("new"), b"new".to_vec()), (path("old"), b"other".to_vec())];
        assert!(matches!(write_new(&files), Err(FileError::Unwritable { .. })));
        assert_eq!(fs::read(path("old")).expect("still there"), b"old");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        write_new(&files[..1]).expect("written");
        assert_eq!(fs::read(path("new")).expect("there"), b"new");
    }
}
