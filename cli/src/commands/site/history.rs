//! Reads what documents the implementations: known bugs of earlier versions, and the pages on findings.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use wsclose::rules::{Rule, UnknownRule};

use super::results::{Implementation, Tested};
use crate::support::files::{self, FileError};

/// A bug that a version had and a later one fixed, as `known-bugs/bugs.toml` lists it.
#[derive(Clone, Debug, Deserialize)]
pub struct Bug {
    /// The name of the library on crates.io.
    #[serde(rename = "crate")]
    package: String,
    /// A version with the bug.
    pub affected: String,
    /// A version without it.
    pub fixed: String,
    /// What the bug does.
    pub what: String,
    /// The place in the source.
    pub source: String,
    #[serde(rename = "rules")]
    ids: Vec<String>,
}

#[derive(Deserialize)]
struct BugsFile {
    #[serde(default)]
    bug: Vec<Bug>,
}

#[derive(Deserialize)]
struct PagesFile {
    page: Vec<FindingsPage>,
}

#[derive(Deserialize)]
struct FindingsPage {
    file: String,
    implementations: Vec<String>,
}

/// What documents the implementations.
#[derive(Debug, Default)]
pub struct Documents {
    bugs: Vec<Bug>,
    /// The page on the findings of each implementation, without `.md`.
    pages: BTreeMap<String, String>,
}

impl Bug {
    /// The rules that it violates. A test of `wsclose-known-bugs` checks that they exist.
    pub fn rules(&self) -> impl Iterator<Item = Rule> {
        self.ids.iter().filter_map(|id| id.parse().ok())
    }
}

impl Documents {
    /// Reads the list of bugs and the list of pages, each if there is one.
    ///
    /// # Errors
    /// If a file cannot be read or has another form.
    pub fn read(bugs: Option<&Path>, pages: Option<&Path>) -> Result<Documents, FileError> {
        let mut documents = Documents::default();
        if let Some(path) = bugs {
            let expected = "`[[bug]]` tables with crate, affected, fixed, what, source and rules, as in \
                            known-bugs/bugs.toml";
            documents.bugs = read_toml::<BugsFile>(path, expected)?.bug;
            let unknown = documents.bugs.iter().flat_map(|bug| &bug.ids);
            if let Some(error) = unknown.filter_map(|id| id.parse::<Rule>().err()).next() {
                return Err(no_rule(path, &error));
            }
        }
        if let Some(path) = pages {
            let expected = "`[[page]]` tables with file and implementations, as in docs/findings/pages.toml";
            for page in read_toml::<PagesFile>(path, expected)?.page {
                let entry = |name| (name, page.file.clone());
                documents.pages.extend(page.implementations.into_iter().map(entry));
            }
        }
        Ok(documents)
    }

    /// The bugs that earlier versions of an implementation had, in the order of the list. A crate is known by its name,
    /// and a Rust program by its library.
    pub fn bugs<'a>(&'a self, implementation: &'a Implementation) -> impl Iterator<Item = &'a Bug> {
        let Implementation { tested, language, tested_library, .. } = implementation;
        let is_crate = *tested == Tested::InProcess || language.starts_with("Rust");
        self.bugs.iter().filter(move |bug| is_crate && bug.package == *tested_library)
    }

    /// The address of the page on the findings of an implementation, if there is one.
    pub fn findings_page(&self, implementation: &Implementation) -> Option<String> {
        let file = self.pages.get(&implementation.name)?;
        Some(format!("{}/blob/main/docs/findings/{file}.md", env!("CARGO_PKG_REPOSITORY")))
    }
}

fn read_toml<T: for<'de> Deserialize<'de>>(path: &Path, expected: &str) -> Result<T, FileError> {
    let results = |why| FileError::Results { path: files::display_path(path), why };
    toml::from_str(&files::read_config(path)?)
        .map_err(|error| results(format!("{}; expected {expected}", error.message())))
}

fn no_rule(path: &Path, error: &UnknownRule) -> FileError {
    FileError::Results { path: files::display_path(path), why: error.to_string() }
}
