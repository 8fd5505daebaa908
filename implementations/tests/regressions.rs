//! Compares the timelines of the model and every in-process implementation with reviewed snapshots, one for each script
//! of `corpus/implementations`. `wsclose adopt` adds scripts and snapshots in the same form.
#![allow(clippy::disallowed_methods, reason = "tests read the corpus")]

use std::path::{Path, PathBuf};

use wsclose::analysis::report::Report;
use wsclose::harness::{Driver, Subject};
use wsclose::judge::Judge;
use wsclose::model::endpoint::Model;
use wsclose::protocol::code::Profile;
use wsclose::script::{Script, ScriptBuf, Step};
use wsclose_implementations::native_version;

/// The versions of the native libraries in the snapshots. A machine may have other versions, or none.
const NATIVE: [(&str, &str); 3] = [("beast", "1.81"), ("websocketpp", "0.8.2"), ("wslay", "1.1.1")];

/// The scripts of `corpus/implementations`. A `.bin` file in the folder makes a fuzz target fail and has no timeline.
fn paths() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/implementations");
    let entries = std::fs::read_dir(folder).expect("a readable corpus folder");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ws"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "expected scripts in corpus/implementations");
    paths
}

fn name(path: &Path) -> String {
    path.file_stem().expect("a file name").to_string_lossy().into_owned()
}

fn script(path: &Path) -> (String, ScriptBuf) {
    let text = std::fs::read_to_string(path).expect("a readable script");
    let script = ScriptBuf::read(text.as_bytes());
    let script = script.unwrap_or_else(|error| panic!("{}: {error}", name(path)));
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
            println!("skipped: the snapshots are for {name} {version}, found {found:?}");
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

/// The report of one script. It also asserts that the model violates no rule, so an accepted snapshot cannot hide a
/// violation.
fn report(script: Script<'_>, subjects: &mut [Box<dyn Subject>]) -> String {
    let (mut driver, mut judge) = (Driver::new(), Judge::new(Profile::default()));
    let mut report = Report::new();
    for subject in subjects {
        let trace = driver.drive(script, subject.as_mut());
        let findings = judge.judge(trace);
        assert!(
            subject.name() != "model" || findings.is_empty(),
            "expected no finding in the model, found {findings:?}\n{script}"
        );
        report.add(subject.name(), trace, findings);
    }
    report.to_string()
}
