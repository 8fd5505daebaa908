//! Reads the curated corpus from disk, for several test binaries.
#![allow(clippy::disallowed_methods, reason = "tests read the corpus")]

use std::collections::BTreeMap;
use std::path::Path;

/// The curated seeds of a fuzz target by name. Files that a fuzzer added have no extension and are left out.
pub fn seeds(target: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(target);
    let entries = std::fs::read_dir(folder).expect("a readable corpus folder");
    let paths = entries.map(|entry| entry.expect("a folder entry").path());
    paths
        .filter(|path| path.extension().is_some())
        .map(|path| {
            let name = path.file_stem().expect("a file name").to_string_lossy().into_owned();
            (name, std::fs::read(&path).expect("a readable seed"))
        })
        .collect()
}
