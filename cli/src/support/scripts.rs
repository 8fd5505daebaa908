//! Loads scripts: a file in either form, raw bytes of the wire, or every script of a folder.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use wsclose::protocol::role::Role;
use wsclose::scenario::Scenario;
use wsclose::script::{ScriptBuf, ScriptError, Writer, corpus};

use crate::args::fuzz_target::FuzzTarget;
use crate::support::files::{self, FileError};

/// A script and the roles of the subjects that it is run against.
#[derive(Debug)]
pub struct LoadedScript {
    /// The script.
    pub script: ScriptBuf,
    /// The role in the script; both roles for raw bytes.
    pub roles: Vec<Role>,
}

/// What a file that is no text script contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A script in binary form.
    Script,
    /// Raw bytes of the wire.
    RawBytes,
    /// The octets that a fuzzer makes a scenario of.
    Scenario,
}

impl Content {
    /// What the inputs of a fuzz target are.
    pub const fn of_target(target: FuzzTarget) -> Content {
        match target {
            FuzzTarget::CloseFrame => Content::RawBytes,
            FuzzTarget::ClosingHandshake | FuzzTarget::Implementations => Content::Script,
            FuzzTarget::Scenario => Content::Scenario,
        }
    }

    /// What a file contains: the inputs of a target, if it is in the target's folder and its name does not end in `.ws`.
    fn of_file(path: &Path) -> Content {
        if path.extension() == Some(OsStr::new("ws")) {
            return Content::Script;
        }
        target_of_folder(path).map_or(Content::Script, Content::of_target)
    }
}

/// The fuzz target that has the name of the file's folder.
pub fn target_of_folder(path: &Path) -> Option<FuzzTarget> {
    let path = fs::canonicalize(path).ok()?;
    let folder = path.parent()?.file_name()?;
    FuzzTarget::ALL.into_iter().find(|target| folder == target.name())
}

/// Loads a script in either form. A file that is no text script is raw bytes of the wire if `raw_bytes` is true, or if it
/// is in a folder named `close_frame`; in a folder named `scenario`, it is an input of that fuzz target.
pub fn load(path: &Path, raw_bytes: bool) -> Result<LoadedScript, FileError> {
    let octets = files::read(path)?;
    let parsed = if raw_bytes {
        // Also octets that begin like a text script.
        raw_bytes_script(&octets)
    } else {
        parse_script(&octets, Content::of_file(path))
    };
    parsed.map_err(|error| FileError::script(path, error))
}

/// The curated script of this name, such as `closing_handshake/code-1014`. A path that a checkout would have,
/// `corpus/closing_handshake/code-1014.ws`, is also such a name.
pub fn built_in(path: &Path) -> Option<LoadedScript> {
    let name = path.strip_prefix("corpus").unwrap_or(path).to_str()?;
    let script = corpus::named(name.strip_suffix(".ws").unwrap_or(name))?;
    let role = script.as_script().role();
    Some(LoadedScript { script, roles: vec![role] })
}

/// Parses a text script, or makes a script from other content.
pub fn parse_script(octets: &[u8], content: Content) -> Result<LoadedScript, ScriptError> {
    let is_text = octets.is_empty() || octets.starts_with(b"wsclose ");
    let script = match content {
        Content::RawBytes if !is_text => return raw_bytes_script(octets),
        Content::Scenario if !is_text => Scenario::from_fuzzer(octets).script(),
        Content::RawBytes | Content::Scenario | Content::Script => ScriptBuf::read(octets)?,
    };
    let role = script.as_script().role();
    Ok(LoadedScript { script, roles: vec![role] })
}

/// A script that sends the octets in one segment. Without octets there is none.
fn raw_bytes_script(octets: &[u8]) -> Result<LoadedScript, ScriptError> {
    if octets.is_empty() {
        return Err(ScriptError::Empty);
    }
    let mut writer = Writer::new(Role::Client);
    writer.segment(octets);
    Ok(LoadedScript { script: ScriptBuf::read(writer.octets())?, roles: Role::ALL.to_vec() })
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
