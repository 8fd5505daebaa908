//! What several test files share: the curated corpus, read from disk.
#![allow(clippy::disallowed_methods, dead_code, reason = "tests read the corpus, each what it needs")]

use std::path::{Path, PathBuf};

use wsclose::script::ScriptBuf;

/// A curated seed: its name without the extension, and its octets.
pub struct Seed {
    /// The file's name without `.ws` or `.bin`.
    pub name: String,
    /// What is in the file.
    pub octets: Vec<u8>,
}

/// The folder of a target's corpus.
pub fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// The curated seeds of a target, by name; what a fuzzer added, named by its hash, is left out.
pub fn seeds(target: &str) -> Vec<Seed> {
    let entries = std::fs::read_dir(folder(target)).expect("the corpus is a folder");
    let mut seeds: Vec<Seed> = entries
        .map(|entry| entry.expect("a folder can be listed").path())
        .filter(|path| path.extension().is_some())
        .map(|path| Seed {
            name: path.file_stem().expect("a file has a name").to_string_lossy().into_owned(),
            octets: std::fs::read(&path).expect("a seed can be read"),
        })
        .collect();
    seeds.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!seeds.is_empty(), "no seeds in {target}");
    seeds
}

/// The curated scripts, by name.
pub fn scripts() -> Vec<(String, ScriptBuf)> {
    seeds("closing_handshake")
        .into_iter()
        .map(|seed| {
            let script =
                ScriptBuf::read(&seed.octets).unwrap_or_else(|mistake| panic!("{}: {mistake}", seed.name));
            (seed.name, script)
        })
        .collect()
}

/// The names of the files in a folder, in order.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder can be listed");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("a folder can be listed").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
