//! Compares the model's timeline of every curated script with a reviewed snapshot.
//!
//! The test also asserts that the judge finds nothing, so an accepted snapshot cannot hide a violation.

mod support;

use std::collections::BTreeSet;

use wsclose::Harness;
use wsclose::model::endpoint::Model;
use wsclose::protocol::code::Profile;

#[test]
fn every_timeline_of_the_model_matches_its_snapshot() {
    let mut harness = Harness::new(Profile::default());
    let mut model = Model::new(Profile::default());
    for (name, script) in support::scripts() {
        let script = script.as_script();
        let played = harness.play(script, &mut model);
        assert!(played.findings.is_empty(), "{name}\n{played}");
        let trace = played.trace;
        let role = script.role();
        let timeline =
            format!("subject role: {role:<10} > to subject   < from subject   | note\n== model\n{trace}");
        insta::with_settings!({
            snapshot_path => "../snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!(format!("model__{name}"), timeline) });
    }
}

/// A snapshot that no test asserts would look like evidence without being any.
#[test]
fn every_snapshot_is_asserted_by_a_test() {
    let stems = |target: &str, prefix: &str| -> BTreeSet<String> {
        support::seeds(target).into_iter().map(|seed| format!("{prefix}__{}.snap", seed.name)).collect()
    };
    let mut expected = stems("closing_handshake", "model");
    expected.extend(stems("implementations", "regressions"));
    // Tests of other packages assert these.
    expected.extend(["rule_matrix", "close_frame_corpus"].map(|table| format!("{table}.snap")));
    expected.extend(asserted_by_name());
    let folder = support::folder("").join("../snapshots");
    let unasserted: Vec<String> = support::names(&folder)
        .into_iter()
        // Tests of other packages assert the snapshots of the command, of the implementations and of recordings.
        .filter(|name| !["cli__", "implementation__", "situation__"].iter().any(|of| name.starts_with(of)))
        .filter(|name| name.ends_with(".snap") && !expected.contains(name))
        .collect();
    assert!(unasserted.is_empty(), "no test asserts these snapshots: {unasserted:?}");
}

/// The files of the snapshots that the tests of this package assert by a literal name.
fn asserted_by_name() -> Vec<String> {
    let tests = support::folder("").join("../tests");
    let source = |name: String| std::fs::read_to_string(tests.join(name)).expect("a readable test");
    let sources = support::names(&tests).into_iter().filter(|name| name.ends_with(".rs")).map(source);
    let literal = |part: &str| Some(format!("{}.snap", part.split_once('"')?.0));
    sources
        .flat_map(|source| {
            source.split("assert_snapshot!(\"").skip(1).filter_map(literal).collect::<Vec<_>>()
        })
        .collect()
}
