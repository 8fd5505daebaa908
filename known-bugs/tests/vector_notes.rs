//! Checks that the notes of the vectors cite the bugs of `bugs.toml`.
#![allow(clippy::disallowed_methods, reason = "tests read files and the environment")]

use std::path::Path;

use wsclose::portable::BUGS;
use wsclose_known_bugs::crates::PACKAGE_DIR;
use wsclose_known_bugs::manifest::Manifest;

/// What the table begins with in its file.
const HEAD: &str = "pub const BUGS: &[Bug] = &[\n";

/// `WSCLOSE_UPDATE_DOCS=1` writes the table.
#[test]
fn the_table_of_bugs_is_that_of_the_manifest() {
    let folder = Path::new(PACKAGE_DIR);
    let manifest = std::fs::read_to_string(folder.join("bugs.toml")).expect("bugs.toml is readable");
    let manifest = Manifest::load(&manifest).expect("bugs.toml is valid");
    let mut rows = String::new();
    for bug in &manifest.bugs {
        for rule in bug.rules() {
            let (library, affected, fixed) = (&bug.package, bug.affected.to_string(), bug.fixed.to_string());
            let (what, source) = (&bug.what, &bug.source);
            rows += &format!(
                "    Bug {{\n        rule: Rule::{rule:?},\n        library: {library:?},\n        affected: {affected:?},\n        \
                 fixed: {fixed:?},\n        what: {what:?},\n        source: {source:?},\n    }},\n"
            );
        }
    }
    let path = folder.join("../src/portable/bugs.rs");
    let text = std::fs::read_to_string(&path).expect("the table is readable");
    let (before, _) = text.split_once(HEAD).expect("the file has a table");
    let expected = format!("{before}{HEAD}{rows}];\n");
    if std::env::var_os("WSCLOSE_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &expected).expect("the table is writable");
        return;
    }
    assert!(
        text == expected,
        "src/portable/bugs.rs differs from known-bugs/bugs.toml; run `WSCLOSE_UPDATE_DOCS=1 cargo test -p \
         wsclose-known-bugs --test vector_notes`, then `cargo run -p wsclose-cli -- vectors --out vectors`"
    );
    assert!(!BUGS.is_empty());
}
