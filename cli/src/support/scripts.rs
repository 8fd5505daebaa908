//! Loads scripts: a file in either form, raw bytes of the wire, or every script of a folder.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use wsclose::protocol::role::Role;
use wsclose::script::{ScriptBuf, ScriptError, Writer};

use crate::support::files::{self, FileError};

/// A script and the roles of the subjects that it is run against.
#[derive(Debug)]
pub struct LoadedScript {
    /// The script.
    pub script: ScriptBuf,
    /// The role in the script; both roles for raw bytes.
    pub roles: Vec<Role>,
}

/// Loads a script in either form. A file is raw bytes of the wire if `raw_bytes` is true, or if it is in a folder named
/// `close_frame` and is no text script.
pub fn load(path: &Path, raw_bytes: bool) -> Result<LoadedScript, FileError> {
    let content = files::read(path)?;
    parse_script(&content, raw_bytes || holds_raw_bytes(path, &content))
        .map_err(|error| FileError::script(path, error))
}

/// Parses a script in either form, or makes a script from raw bytes of the wire.
pub fn parse_script(content: &[u8], raw_bytes: bool) -> Result<LoadedScript, ScriptError> {
    if raw_bytes && !content.is_empty() {
        return Ok(LoadedScript { script: from_raw_bytes(content)?, roles: Role::ALL.to_vec() });
    }
    let script = ScriptBuf::read(content)?;
    let role = script.as_script().role();
    Ok(LoadedScript { script, roles: vec![role] })
}

/// The name of the folder that contains a file.
pub fn folder_name(path: &Path) -> Option<OsString> {
    let path = fs::canonicalize(path).ok()?;
    Some(path.parent()?.file_name()?.to_owned())
}

fn holds_raw_bytes(path: &Path, content: &[u8]) -> bool {
    folder_name(path).is_some_and(|name| name == "close_frame")
        && path.extension() != Some(OsStr::new("ws"))
        && !content.starts_with(b"wsclose ")
}

/// A script that sends the octets in one segment.
fn from_raw_bytes(content: &[u8]) -> Result<ScriptBuf, ScriptError> {
    let mut writer = Writer::new(Role::Client);
    writer.segment(content);
    ScriptBuf::read(writer.octets())
}

/// Lists the files of a folder and its subfolders that may be scripts, sorted, and the errors on the way. Does not
/// follow links to folders, which may form a loop.
pub fn scripts_in(folder: &Path) -> (Vec<PathBuf>, Vec<FileError>) {
    let mut scripts = Vec::new();
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
                scripts.push(path);
            }
        }
    }
    scripts.sort();
    if scripts.is_empty() && errors.is_empty() {
        errors.push(FileError::NoScripts(files::display_path(folder)));
    }
    (scripts, errors)
}

/// Whether the file name is a SHA-1 in hexadecimal: a fuzzer names files so.
pub fn is_named_by_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.len() == 40 && name.bytes().all(|octet| octet.is_ascii_hexdigit())
}

fn may_be_script(path: &Path) -> bool {
    path.extension().is_none_or(|extension| extension == "ws" || extension == "bin")
}
