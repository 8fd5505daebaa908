//! The scripts of `--script`, and the files of `--save-cases`.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use wsclose::protocol::role::Role;
use wsclose::script::ScriptBuf;
use wsclose_live::{CaseResult, Check, PlannedCase};

use crate::support::atomic_write;
use crate::support::error::CliError;
use crate::support::files::{self, FileError, display_path};
use crate::support::output::Stdout;
use crate::support::report_dir;
use crate::support::scripts::{self, LoadedScript};

/// Adds the scripts of these files and folders to a check of an endpoint of this role. The script of a file has to be
/// playable, those of a folder are left out with a note if they are not.
pub fn add<E>(mut check: Check<E>, paths: &[PathBuf], role: Role) -> Result<Check<E>, CliError> {
    let mut names = BTreeSet::new();
    for path in paths {
        check = check.script_path(path);
        if !files::is_folder(path, "a script or a folder of scripts")? {
            let name = unique_name(&mut names, path.file_name().map(Path::new), path);
            check = check.script(name, load(path, role)?);
            continue;
        }
        let (files, errors) = scripts::scripts_in(path);
        if let Some(error) = errors.into_iter().next() {
            return Err(error_of(error));
        }
        for file in &files {
            let name = unique_name(&mut names, file.strip_prefix(path).ok(), file);
            check = check.script_if_playable(name, load(file, role)?);
        }
    }
    Ok(check)
}

/// Reads a script. Raw bytes of the wire are for endpoints of both roles.
fn load(path: &Path, role: Role) -> Result<ScriptBuf, CliError> {
    let LoadedScript { script, roles } = scripts::load(path, false).map_err(error_of)?;
    if roles.len() == 1 {
        return Ok(script);
    }
    ScriptBuf::read(&script.as_script().for_role(role).encode())
        .map_err(|error| error_of(FileError::script(path, error)))
}

/// A file that is no script is a mistake on the command line; one that cannot be read is not.
fn error_of(error: FileError) -> CliError {
    match error {
        FileError::ScriptParse { .. } | FileError::InvalidScript { .. } | FileError::NoScripts(_) => {
            CliError::Script(error)
        }
        FileError::Missing { .. }
        | FileError::PermissionDenied(_)
        | FileError::Unreadable { .. }
        | FileError::Folder(_)
        | FileError::NotAFile(_)
        | FileError::NotReplaceable(_)
        | FileError::TooLong { .. }
        | FileError::Truncated { .. }
        | FileError::NotAFolder(_)
        | FileError::OtherFiles { .. }
        | FileError::NoCorpus
        | FileError::Baseline { .. }
        | FileError::InlineBaseline(_)
        | FileError::RunFile { .. }
        | FileError::NewerRunFile { .. }
        | FileError::Manifest { .. }
        | FileError::Unwritable { .. }
        | FileError::ForeignFolder { .. }
        | FileError::Results { .. }
        | FileError::FolderNotWritable { .. } => CliError::File(error),
    }
}

/// The name of a case: the short path without the extension `.ws`, or the whole path if another case has that name.
fn unique_name(names: &mut BTreeSet<String>, short: Option<&Path>, whole: &Path) -> String {
    let without_extension = |path: &Path| {
        let text = display_path(path);
        text.strip_suffix(".ws").map(str::to_owned).unwrap_or(text)
    };
    let candidates =
        [short.map(without_extension), Some(without_extension(whole)), Some(display_path(whole))];
    let is_free = |name: &String| !names.contains(name) && name != "liveness";
    let name = candidates.into_iter().flatten().find(is_free).unwrap_or_else(|| display_path(whole));
    names.insert(name.clone());
    name
}

/// Writes cases to a folder, each as a script with the name of the case.
pub fn save(cases: &[PlannedCase], folder: &Path, out: &mut Stdout) -> Result<(), CliError> {
    report_dir::check_folder(folder)?;
    atomic_write::ensure_writable(folder).map_err(CliError::ReportPath)?;
    let file = |case: &PlannedCase| {
        (script_path(folder, &case.name), case.script.as_script().to_string().into_bytes())
    };
    let files: Vec<(PathBuf, Vec<u8>)> = cases.iter().map(file).collect();
    atomic_write::overwrite(&files)?;
    let folder = display_path(folder);
    writeln!(out, "wrote {} cases to {folder}; --script {folder} plays them", files.len())?;
    Ok(())
}

/// Writes the generated cases of a run. Each is minimized, which its name alone does not say.
pub fn save_generated(cases: &[CaseResult], folder: &Path, out: &mut Stdout) -> Result<(), CliError> {
    let generated = cases.iter().filter(|case| case.name.starts_with("fuzz/"));
    let file = |case: &CaseResult| (script_path(folder, &case.name), case.script.clone().into_bytes());
    let files: Vec<(PathBuf, Vec<u8>)> = generated.map(file).collect();
    atomic_write::overwrite(&files)?;
    for (path, _) in &files {
        writeln!(out, "wrote {}", display_path(path))?;
    }
    Ok(())
}

/// The file of a case. Parts of the name that would lead out of the folder are left out.
fn script_path(folder: &Path, name: &str) -> PathBuf {
    let parts = Path::new(name).components();
    let mut path = folder.to_owned();
    path.extend(parts.filter(|part| matches!(part, Component::Normal(_))));
    let mut file = path.into_os_string();
    file.push(".ws");
    file.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_unique() {
        let mut names = BTreeSet::new();
        let mut name =
            |short: &str, whole: &str| unique_name(&mut names, Some(Path::new(short)), Path::new(whole));
        assert_eq!(name("a.ws", "x/a.ws"), "a");
        assert_eq!(name("a.ws", "y/a.ws"), "y/a");
        assert_eq!(name("sub/b", "y/sub/b"), "sub/b");
        assert_eq!(name("liveness.ws", "y/liveness.ws"), "y/liveness");
    }

    #[test]
    fn files_stay_in_the_folder() {
        assert_eq!(script_path(Path::new("out"), "a/b-1"), Path::new("out/a/b-1.ws"));
        assert_eq!(script_path(Path::new("out"), "/etc/../b"), Path::new("out/etc/b.ws"));
        assert_eq!(script_path(Path::new("out"), "v1.2"), Path::new("out/v1.2.ws"));
    }
}
