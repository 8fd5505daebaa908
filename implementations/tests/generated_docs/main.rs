//! Tests that the generated parts of the guide are up to date. With `WSCLOSE_UPDATE_DOCS=1` it writes them.
#![allow(clippy::disallowed_methods, reason = "tests read and write the guide")]

mod findings;
mod rules;
mod script_language;
mod summary;

use std::path::{Path, PathBuf};

use wsclose::analysis::baseline::Baseline;

/// The environment variable that makes the tests write what they expect.
const UPDATE: &str = "WSCLOSE_UPDATE_DOCS";

/// The end of each generated part of a page that has a hand-written part too.
const END: &str = "<!-- end of generated -->\n";

/// A file of the guide.
fn docs(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(path)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Asserts that a file has this text, or writes it. Returns what to do if the file differs.
#[must_use]
fn hold(path: &Path, expected: &str) -> Option<String> {
    let found = std::fs::read_to_string(path).unwrap_or_default();
    if found == expected {
        return None;
    }
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(path, expected).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return None;
    }
    let line = found.lines().zip(expected.lines()).take_while(|(a, b)| a == b).count() + 1;
    Some(format!(
        "{}:{line}: expected the generated text; run `{UPDATE}=1 cargo test -p wsclose-implementations --test \
         generated_docs`",
        path.display()
    ))
}

/// The page with `text` between the marker `<!-- generated: NAME -->` and the end of the generated part.
fn with_generated(page: &str, name: &str, text: &str) -> String {
    let marker = format!("<!-- generated: {name} -->\n");
    let (before, rest) = page.split_once(&marker).unwrap_or_else(|| panic!("expected {marker}"));
    let (_, after) = rest.split_once(END).unwrap_or_else(|| panic!("expected {END}"));
    format!("{before}{marker}\n{text}\n{END}{after}")
}

/// The known violations of the in-process implementations, and those of the live ones.
fn baselines() -> [(Baseline, &'static str); 2] {
    let texts = [
        (include_str!("../../baseline.toml"), "implementations/baseline.toml"),
        (include_str!("../../live/baseline.toml"), "implementations/live/baseline.toml"),
    ];
    texts.map(|(text, path)| (Baseline::parse(text).unwrap_or_else(|error| panic!("{path}: {error}")), path))
}
