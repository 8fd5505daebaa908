//! Where adopted artifacts go. In come a name and contents, out come new files under `corpus/` and
//! `snapshots/`; nothing is overwritten.

use std::path::{Path, PathBuf};

use wsclose::rules::Rule;

use crate::args::fuzz_target::FuzzTarget;
use crate::args::slug::{self, NameError};
use crate::support::files::{self, FileError};

/// The folders of a project.
#[derive(Debug)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// The folder that was named, or the nearest one from here up that has a corpus.
    pub fn find(named: Option<&Path>) -> Result<Project, FileError> {
        if let Some(root) = named {
            return match files::is_folder(root, "a folder")? {
                true => Ok(Project { root: root.to_owned() }),
                false => Err(FileError::NotAFolder(files::display_path(root))),
            };
        }
        let here =
            std::env::current_dir().map_err(|error| FileError::reading(Path::new("."), "a folder", error))?;
        // Shorter than the whole path, and just as right from here.
        let mut root = PathBuf::new();
        for _ in here.ancestors() {
            if root.join("corpus").is_dir() {
                return Ok(Project { root });
            }
            root.push("..");
        }
        Err(FileError::NoCorpus)
    }

    /// The corpus folder of a target.
    pub fn corpus(&self, target: FuzzTarget) -> PathBuf {
        self.root.join("corpus").join(target.name())
    }

    /// Where an entry of this name goes: the one given, which must be free, or the first free one like
    /// `proposed`.
    pub fn entry_paths(
        &self,
        target: FuzzTarget,
        given: Option<&str>,
        proposed: &str,
        extension: &str,
    ) -> Result<EntryPaths, NameError> {
        let place = |slug: String| {
            let entry = self.corpus(target).join(format!("{slug}.{extension}"));
            let snapshot = self.root.join("snapshots").join(format!("regressions__{slug}.snap"));
            EntryPaths { entry, pending: snapshot.with_extension("snap.new"), snapshot }
        };
        let Some(given) = given else {
            let proposed = slug::from_text(proposed);
            let mut found = place(proposed.clone());
            let mut count = 1;
            while found.existing().is_some() {
                count += 1;
                found = place(format!("{proposed}-{count}"));
            }
            return Ok(found);
        };
        let found = place(slug::parse(given)?);
        match found.existing() {
            Some(path) => Err(NameError::AlreadyExists(files::display_path(path))),
            None => Ok(found),
        }
    }
}

/// Where one entry goes.
#[derive(Debug)]
pub struct EntryPaths {
    /// Its file in the corpus.
    pub entry: PathBuf,
    /// Its snapshot, once somebody has reviewed it.
    pub snapshot: PathBuf,
    /// The snapshot that waits for review.
    pub pending: PathBuf,
}

impl EntryPaths {
    fn existing(&self) -> Option<&Path> {
        [&self.entry, &self.snapshot, &self.pending]
            .into_iter()
            .map(PathBuf::as_path)
            .find(|path| path.exists())
    }
}

/// The name that an entry gets if nobody gives it one.
pub fn proposed_name(rule: Rule, subject: &str) -> String {
    format!("{rule}-{subject}")
}

/// A snapshot in the form in which insta writes one that is to be reviewed.
pub fn snapshot(text: &str) -> String {
    format!(
        "---\nsource: implementations/tests/regressions.rs\nexpression: report\n---\n{}\n",
        text.trim_end()
    )
}
