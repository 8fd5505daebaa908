//! Writes a site whole or not at all: into a new folder next to the old one, which then takes its place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::support::atomic_write;
use crate::support::error::CliError;
use crate::support::files::{self, FileError};

/// The list of the files of a site, by which a later run recognizes it.
pub const LIST: &str = "site.json";

const SCHEMA: &str = "wsclose-site/1";

/// The contents of a site by the path in its folder, with `/`.
pub type Files = BTreeMap<String, Vec<u8>>;

#[derive(Serialize, Deserialize)]
struct List {
    about: String,
    schema: String,
    wsclose: String,
    files: BTreeSet<String>,
}

/// The folder of a site. It does not exist, is empty, or holds an earlier site and nothing else.
#[derive(Debug)]
pub struct SiteFolder {
    path: PathBuf,
}

impl SiteFolder {
    /// Checks a folder.
    ///
    /// # Errors
    /// If it is a file, holds a file that no earlier site wrote, or cannot be replaced.
    pub fn open(path: &Path) -> Result<SiteFolder, CliError> {
        let path = atomic_write::target(path);
        if path.exists() {
            if !files::is_folder(&path, "a folder")? {
                return Err(CliError::ReportPath(FileError::NotAFolder(files::display_path(&path))));
            }
            let listed = listed(&path);
            let found = files_of(&path).map_err(|error| FileError::reading(&path, "a folder", error))?;
            if let Some(other) = found.into_iter().find(|file| !listed.contains(file)) {
                return Err(CliError::ReportPath(FileError::ForeignFolder {
                    path: files::display_path(&path),
                    other,
                }));
            }
        }
        atomic_write::ensure_writable(atomic_write::folder_of(&path)).map_err(CliError::ReportPath)?;
        Ok(SiteFolder { path })
    }

    /// Writes the site, with the list of its files. Returns the number of files that the folder then has.
    ///
    /// # Errors
    /// If a file cannot be written, or the folder cannot be replaced. The folder is then as before.
    pub fn publish(&self, mut site: Files) -> Result<usize, FileError> {
        let files = site.keys().cloned().chain([LIST.to_owned()]).collect();
        let list = List {
            about: "written by wsclose site".to_owned(),
            schema: SCHEMA.to_owned(),
            wsclose: env!("CARGO_PKG_VERSION").to_owned(),
            files,
        };
        let mut text = serde_json::to_string_pretty(&list).expect("a list of names");
        text.push('\n');
        site.insert(LIST.to_owned(), text.into_bytes());
        let unwritable = |source| FileError::writing(&self.path, source);
        let parent = atomic_write::folder_of(&self.path);
        // The names begin with a dot, so that a server of the parent folder does not show them.
        let scratch = |name: &str| tempfile::Builder::new().prefix(name).tempdir_in(parent);
        let new = scratch(".wsclose-site-new-").map_err(unwritable)?;
        write(new.path(), &site).map_err(unwritable)?;
        if !self.path.exists() {
            return fs::rename(new.path(), &self.path).map_err(unwritable).map(|()| site.len());
        }
        let old = scratch(".wsclose-site-old-").map_err(unwritable)?;
        let kept = old.path().join("site");
        fs::rename(&self.path, &kept).map_err(unwritable)?;
        fs::rename(new.path(), &self.path).map_err(|error| {
            // If this fails too, the old site is lost only with its temporary folder, which is then kept.
            if fs::rename(&kept, &self.path).is_err() {
                let _ = old.keep();
            }
            unwritable(error)
        })?;
        Ok(site.len())
    }
}

/// Writes the files into an empty folder.
fn write(folder: &Path, site: &Files) -> io::Result<()> {
    for (name, content) in site {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(&path, content)?;
    }
    // A temporary folder is private, and a server may run as another user.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// The files that the list in a folder names; none if there is no list.
fn listed(folder: &Path) -> BTreeSet<String> {
    let text = fs::read(folder.join(LIST)).unwrap_or_default();
    let list: Option<List> = serde_json::from_slice(&text).ok();
    list.filter(|list| list.schema == SCHEMA).map(|list| list.files).unwrap_or_default()
}

/// The files in a folder and its subfolders, in order, with `/`. An empty subfolder counts as a file.
fn files_of(folder: &Path) -> io::Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(next) = pending.pop() {
        let mut entries = fs::read_dir(&next)?.peekable();
        if entries.peek().is_none() && next != folder {
            found.insert(name(folder, &next));
        }
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                pending.push(entry.path());
            } else {
                found.insert(name(folder, &entry.path()));
            }
        }
    }
    Ok(found)
}

fn name(folder: &Path, path: &Path) -> String {
    let inner = path.strip_prefix(folder).unwrap_or(path);
    let parts: Vec<String> = inner.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(names: &[&str]) -> Files {
        names.iter().map(|name| ((*name).to_owned(), name.as_bytes().to_vec())).collect()
    }

    #[test]
    fn a_site_replaces_an_earlier_one_and_leaves_nothing_behind() {
        let parent = tempfile::tempdir().expect("a folder");
        let path = parent.path().join("site");
        let publish = |names: &[&str]| {
            let folder = SiteFolder::open(&path).expect("a folder for a site");
            let count = folder.publish(site(names)).expect("written");
            let files = files_of(&path).expect("a folder");
            assert_eq!(files.len(), count);
            files
        };
        assert_eq!(publish(&["index.html", "rules/a.html"]).len(), 3);
        assert_eq!(publish(&["index.html"]), BTreeSet::from(["index.html".to_owned(), LIST.to_owned()]));
        assert_eq!(fs::read_dir(parent.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn a_folder_with_other_files_is_refused() {
        let parent = tempfile::tempdir().expect("a folder");
        let path = parent.path().join("site");
        SiteFolder::open(&path)
            .and_then(|folder| Ok(folder.publish(site(&["index.html"]))?))
            .expect("written");
        fs::create_dir(path.join("notes")).expect("a folder");
        for other in ["notes", "notes/mine.txt"] {
            if other != "notes" {
                fs::write(path.join(other), "mine").expect("a file");
            }
            let error = SiteFolder::open(&path).expect_err("it holds another file").to_string();
            assert!(error.contains(&format!("holds `{other}`")), "{error}");
        }
        assert_eq!(fs::read(path.join("notes/mine.txt")).expect("still there"), b"mine");
    }

    #[test]
    fn a_site_that_cannot_be_written_leaves_the_old_one() {
        let parent = tempfile::tempdir().expect("a folder");
        let path = parent.path().join("site");
        let folder = SiteFolder::open(&path).expect("a folder for a site");
        folder.publish(site(&["index.html"])).expect("written");
        // A file cannot be a folder too.
        assert!(folder.publish(site(&["new.html", "a", "a/b"])).is_err());
        let left = BTreeSet::from(["index.html".to_owned(), LIST.to_owned()]);
        assert_eq!(files_of(&path).expect("a folder"), left);
        assert_eq!(fs::read_dir(parent.path()).expect("a folder").count(), 1);
    }
}
