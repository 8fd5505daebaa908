//! Checks that `bugs.toml`, the adapters and the locks match.
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::collections::BTreeSet;
use std::path::Path;

use wsclose_known_bugs::crates::{PACKAGE_DIR, name};
use wsclose_known_bugs::manifest::Manifest;

fn manifest() -> Manifest {
    let text =
        std::fs::read_to_string(Path::new(PACKAGE_DIR).join("bugs.toml")).expect("bugs.toml is readable");
    Manifest::load(&text).expect("bugs.toml is valid")
}

/// The names of the files with this extension, without it.
fn files(folder: &str, extension: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(Path::new(PACKAGE_DIR).join(folder)).expect("the folder is readable");
    let names = entries.map(|entry| entry.expect("the folder is readable").file_name());
    names.filter_map(|name| Some(name.to_str()?.strip_suffix(extension)?.to_owned())).collect()
}

#[test]
fn adapter_files_match_the_manifest() {
    let listed: BTreeSet<_> = manifest().adapters.into_iter().map(|adapter| adapter.file).collect();
    assert_eq!(listed, files("adapters", ".rs"));
}

#[test]
fn lock_files_match_the_versions() {
    let manifest = manifest();
    let versions = manifest.bugs.iter().flat_map(|bug| [(bug, &bug.affected), (bug, &bug.fixed)]);
    let named: BTreeSet<_> = versions
        .map(|(bug, version)| {
            name(manifest.adapter(&bug.package, version).expect("`Manifest::load` checked it"), version)
        })
        .collect();
    assert_eq!(named, files("locks", ".lock"));
}

#[test]
fn every_bug_has_rules_and_a_source() {
    for bug in manifest().bugs {
        let is_described = [&bug.what, &bug.source].into_iter().all(|text| !text.trim().is_empty());
        assert!(is_described && bug.rules().next().is_some() && bug.affected < bug.fixed, "{bug:?}");
    }
}
