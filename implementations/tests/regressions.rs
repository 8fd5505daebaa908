//! What every in-process peer does with every script of `corpus/implementations`, beside the model: one reviewed
//! snapshot each, in the form in which `wsclose adopt` files them.
#![allow(clippy::disallowed_methods, reason = "tests read the corpus")]

use std::path::{Path, PathBuf};

use wsclose::analysis::report::Report;
use wsclose::harness::driver::Driver;
use wsclose::harness::subject::Subject;
use wsclose::judge::Judge;
use wsclose::model::endpoint::Model;
use wsclose::protocol::code::Profile;
use wsclose::script::{Script, ScriptBuf, Step};
use wsclose_implementations::native_version;

/// The snapshots have sections of peers of which a machine may have another version, or none.
const NATIVE: [(&str, &str); 3] = [("beast", "1.81"), ("websocketpp", "0.8.2"), ("wslay", "1.1.1")];

/// The scripts of `corpus/implementations`. A `.bin` there makes an oracle fail, and has no timeline to review.
fn paths() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/implementations");
    let entries = std::fs::read_dir(folder).expect("the corpus is a folder");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ws"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no scripts in corpus/implementations");
    paths
}

fn name(path: &Path) -> String {
    path.file_stem().expect("a file has a name").to_string_lossy().into_owned()
}

fn script(path: &Path) -> (String, ScriptBuf) {
    let text = std::fs::read_to_string(path).expect("a script can be read");
    let script = ScriptBuf::read(text.as_bytes());
    let script = script.unwrap_or_else(|mistake| panic!("{}: {mistake}", name(path)));
    (text, script)
}

#[test]
fn every_script_is_canonical_and_starts_with_a_note() {
    for path in paths() {
        let (text, script) = script(&path);
        assert_eq!(script.as_script().to_string(), text, "{}", name(&path));
        let first = script.as_script().steps().next();
        assert!(matches!(first, Some(Step::Note(_))), "{}: expected a note, found {first:?}", name(&path));
    }
}

#[test]
fn timelines_match_reviewed_snapshots() {
    for (name, version) in NATIVE {
        let found = native_version(name);
        if found.as_deref() != Some(version) {
            println!("skipped: the snapshots are those with {name} {version}; found here: {found:?}");
            return;
        }
    }
    let mut subjects: Vec<Box<dyn Subject>> = vec![Box::new(Model::new(Profile::default()))];
    subjects.extend(wsclose_implementations::in_process());
    for path in paths() {
        let (_, script) = script(&path);
        let report = report(script.as_script(), &mut subjects);
        insta::with_settings!({
            snapshot_path => "../../snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!(format!("regressions__{}", name(&path)), report) });
    }
}

/// The report; asserts that the model is not faulted, whatever snapshots are accepted.
fn report(script: Script<'_>, subjects: &mut [Box<dyn Subject>]) -> String {
    let (mut driver, mut judge) = (Driver::new(), Judge::new(Profile::default()));
    let mut report = Report::new();
    for subject in subjects {
        let trace = driver.drive(script, subject.as_mut());
        let findings = judge.judge(trace);
        assert!(subject.name() != "model" || findings.is_empty(), "the model: {findings:?}\n{script}");
        report.add(subject.name(), trace, findings);
    }
    report.to_string()
}
