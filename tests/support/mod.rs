//! Reads the curated corpus from disk, for several test binaries.
#![allow(clippy::disallowed_methods, reason = "tests read files")]
#![allow(dead_code, reason = "each test binary uses only some of the functions")]

use std::path::{Path, PathBuf};

use wsclose::script::ScriptBuf;

/// One file of the curated corpus.
pub struct Seed {
    /// The file's name without `.ws` or `.bin`.
    pub name: String,
    /// The content of the file.
    pub octets: Vec<u8>,
}

/// The path of a fuzz target's corpus.
pub fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// The curated seeds of a fuzz target, sorted by name. Files that a fuzzer added have no extension and are left out.
pub fn seeds(target: &str) -> Vec<Seed> {
    let entries = std::fs::read_dir(folder(target)).expect("a readable corpus folder");
    let mut seeds: Vec<Seed> = entries
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|path| path.extension().is_some())
        .map(|path| Seed {
            name: path.file_stem().expect("a file name").to_string_lossy().into_owned(),
            octets: std::fs::read(&path).expect("a readable seed"),
        })
        .collect();
    seeds.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!seeds.is_empty(), "no seeds in {target}");
    seeds
}

/// The curated scripts of the closing handshake, sorted by name.
pub fn scripts() -> Vec<(String, ScriptBuf)> {
    seeds("closing_handshake")
        .into_iter()
        .map(|seed| {
            let script =
                ScriptBuf::read(&seed.octets).unwrap_or_else(|error| panic!("{}: {error}", seed.name));
            (seed.name, script)
        })
        .collect()
}

/// The names of the files in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a readable folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("a readable folder").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
