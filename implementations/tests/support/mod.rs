//! What several test files share: the curated corpus, read from disk.
#![allow(clippy::disallowed_methods, reason = "tests read the corpus")]

use std::collections::BTreeMap;
use std::path::Path;

/// The curated seeds of a target; what a fuzzer added, named by its hash alone, is left out.
pub fn seeds(target: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(target);
    let entries = std::fs::read_dir(folder).expect("the corpus is a folder");
    let paths = entries.map(|entry| entry.expect("a folder can be listed").path());
    paths
        .filter(|path| path.extension().is_some())
        .map(|path| {
            let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            (name, std::fs::read(&path).expect("a seed can be read"))
        })
        .collect()
}
