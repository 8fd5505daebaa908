//! What the model does with every curated script: one reviewed snapshot each. The verdicts are asserted in
//! code as well, so that an accepted snapshot cannot hide a breach.

mod support;

use std::collections::BTreeSet;

use wsclose::harness::driver::Driver;
use wsclose::judge::Judge;
use wsclose::model::endpoint::Model;
use wsclose::protocol::code::Profile;

#[test]
fn the_model_answers_every_script_as_reviewed() {
    let mut driver = Driver::new();
    let mut model = Model::new(Profile::default());
    let mut judge = Judge::new(Profile::default());
    for (name, script) in support::scripts() {
        let script = script.as_script();
        let trace = driver.drive(script, &mut model);
        assert!(judge.judge(trace).is_empty(), "{name}: {:?}", judge.findings());
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

/// A snapshot that no test asserts any more says nothing, and looks as if it did.
#[test]
fn no_snapshot_is_left_over() {
    let stems = |target: &str, prefix: &str| -> BTreeSet<String> {
        support::seeds(target).into_iter().map(|seed| format!("{prefix}__{}.snap", seed.name)).collect()
    };
    let mut expected = stems("closing_handshake", "model");
    expected.extend(stems("implementations", "regressions"));
    let tables = ["closing_table", "text_mistakes", "rule_matrix", "close_frame_corpus"];
    expected.extend(tables.map(|table| format!("{table}.snap")));
    let folder = support::folder("").join("../snapshots");
    let left: Vec<String> = support::names(&folder)
        .into_iter()
        // The command's and the peers' tables are asserted in their own packages.
        .filter(|name| !name.starts_with("cli__") && !name.starts_with("implementation__"))
        .filter(|name| name.ends_with(".snap") && !expected.contains(name))
        .collect();
    assert!(left.is_empty(), "snapshots that no test asserts: {left:?}");
}
