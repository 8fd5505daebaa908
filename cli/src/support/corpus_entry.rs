//! Chooses the paths of new corpus entries: a script under `corpus/` and its snapshot under `snapshots/`.

use std::path::{Path, PathBuf};

use wsclose::rules::Rule;

use crate::args::fuzz_target::FuzzTarget;
use crate::args::slug::{self, NameError};
use crate::support::files::{self, FileError};

/// A checkout with the folders `corpus/` and `snapshots/`.
#[derive(Debug)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// The named folder, or else the current folder or its nearest parent that contains `corpus/`.
    pub fn find(named: Option<&Path>) -> Result<Project, FileError> {
        if let Some(root) = named {
            return match files::is_folder(root, "a folder")? {
                true => Ok(Project { root: root.to_owned() }),
                false => Err(FileError::NotAFolder(files::display_path(root))),
            };
        }
        let here =
            std::env::current_dir().map_err(|error| FileError::reading(Path::new("."), "a folder", error))?;
        // A relative path keeps the output short.
        let mut root = PathBuf::new();
        for _ in here.ancestors() {
            if root.join("corpus").is_dir() {
                return Ok(Project { root });
            }
            root.push("..");
        }
        Err(FileError::NoCorpus)
    }

    /// Whether this is a checkout of wsclose, whose tests read the corpus.
    pub fn is_wsclose(&self) -> bool {
        self.root.join("implementations/tests/regressions.rs").is_file()
    }

    /// The corpus folder of a target.
    pub fn corpus(&self, target: FuzzTarget) -> PathBuf {
        self.root.join("corpus").join(target.name())
    }

    /// The paths of a new entry. Its name is `given`, or `proposed` with the lowest number that makes it free.
    ///
    /// # Errors
    /// If an entry named `given` exists.
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

/// The paths of one entry.
#[derive(Debug)]
pub struct EntryPaths {
    /// The file in the corpus.
    pub entry: PathBuf,
    /// The snapshot after its review.
    pub snapshot: PathBuf,
    /// The snapshot before its review.
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

/// The name of an entry for which the command line has none.
pub fn proposed_name(rule: Rule, subject: &str) -> String {
    format!("{rule}-{subject}")
}

/// A snapshot before its review, in the format of insta.
pub fn snapshot(text: &str) -> String {
    format!(
        "---\nsource: implementations/tests/regressions.rs\nexpression: report\n---\n{}\n",
        text.trim_end()
    )
}
