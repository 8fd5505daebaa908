//! The endpoint of the guide: the suite finds its mistakes, and the guide shows its adapter and a failure as they are.
#![allow(clippy::disallowed_methods, reason = "the test reads the guide")]

#[path = "../../examples/naive-endpoint/tests/kit/mod.rs"]
mod kit;

use std::fs;
use std::path::{Path, PathBuf};

use wsclose_adapter::prelude::*;

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn guide() -> String {
    fs::read_to_string(project().join("docs/testing-your-crate.md")).expect("a readable page")
}

#[track_caller]
fn assert_shown(what: &str, text: &str) {
    assert!(guide().contains(text), "docs/testing-your-crate.md does not show {what} as it is here:\n{text}");
}

#[test]
fn the_suite_finds_its_mistakes() {
    let report = kit::suite().run().expect("a valid suite");
    let listed = fs::read_to_string(project().join("examples/naive-endpoint/failures.txt")).expect("a list");
    let failing: Vec<&str> = report.failures().map(|violation| violation.rule.id()).collect();
    let printed: String = listed.lines().map(|id| format!("    {id}\n")).collect();
    assert_shown("the list of failures", &format!("failures:\n{printed}```\n"));
    let mut listed: Vec<&str> = listed.lines().collect();
    listed.sort_by_key(|id| failing.iter().position(|failing| failing == id));
    assert_eq!(failing, listed, "{report}");
    let shown = report.failure_of(Rule::NoPanic).expect("it panics");
    assert_shown("the failure of no-panic", &shown);
}

#[test]
fn the_guide_shows_the_files_of_the_example() {
    let example = project().join("examples/naive-endpoint");
    for file in ["tests/kit/mod.rs", "tests/rules.rs", "fuzz/fuzz_targets/closing.rs", "tests/scenarios.rs"] {
        let text = fs::read_to_string(example.join(file)).expect("a file of the example");
        // The comment at the top is for readers of the file.
        let (_, code) = text.split_once("\n").expect("a first line");
        assert_shown(file, code.trim());
    }
}

#[test]
fn the_guide_shows_a_stale_entry() {
    let guide = guide();
    let (_, rest) = guide.split_once("```toml\n[[known]]\n").expect("a baseline");
    let (entry, _) = rest.split_once("```").expect("the end of a baseline");
    // The model does not panic.
    let suite = Suite::new(|| wsclose::model::endpoint::Model::new(Profile::default()));
    let report = suite.baseline_toml(format!("[[known]]\n{entry}")).run().expect("a valid suite");
    assert_eq!(report.stale.len(), 1, "{report}");
    assert_shown("the stale entry", &format!("{}\n", report.stale[0]));
}
