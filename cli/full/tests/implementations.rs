//! `wsclose-full`: the subjects and reports that need the in-process libraries.
#![allow(clippy::disallowed_methods, reason = "tests read files and start programs")]

#[path = "../../tests/support/guide.rs"]
#[allow(dead_code, reason = "the tests of the other command use the rest")]
mod guide;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use wsclose::analysis::baseline::Baseline;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn wsclose_full(args: &[&str]) -> Output {
    let command = Command::new(env!("CARGO_BIN_EXE_wsclose-full")).args(args).current_dir(root()).output();
    command.expect("it runs")
}

#[test]
fn a_library_is_replayed_against_the_baseline() {
    // The script shows a violation by tungstenite that baseline.toml lists.
    let script = "corpus/implementations/close-of-126-asked-for.ws";
    let output = wsclose_full(&["replay", script, "--subject", "tungstenite"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("close-at-most-125") && text.contains("known"), "{text}");
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().join("baseline.toml");
    fs::write(&empty, "").expect("a file");
    let empty = empty.to_str().expect("a path");
    let output = wsclose_full(&["replay", script, "--subject", "tungstenite", "--baseline", empty]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn every_library_is_a_default_subject_of_replay() {
    let output = wsclose_full(&["replay", "corpus/closing_handshake/close-crossed.ws"]);
    let text = String::from_utf8_lossy(&output.stdout);
    for library in wsclose_cli::libraries::NAMES {
        assert!(text.contains(library), "{library} is not in {text}");
    }
}

#[test]
fn the_matrix_shows_close_code_types() {
    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("report");
    let report = report.to_str().expect("a path");
    let args =
        ["matrix", "--subject", "tungstenite", "--codes", "none", "--scenarios", "none", "--out", report];
    let output = wsclose_full(&args);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    let page = fs::read_to_string(Path::new(report).join("matrix.md")).expect("a report");
    let types = page.split("## Close code types").nth(1).expect("a table of close code types");
    assert!(types.contains("\n| tungstenite | 0 |"), "{types}");
}

#[test]
fn adopt_runs_the_fuzz_target_of_the_libraries() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("corpus")).expect("a folder");
    let artifact = folder.path().join("crash-1");
    fs::write(&artifact, "wsclose 1\nrole server\n> close 1000\n> fin\n").expect("a file");
    let (artifact, project) = (artifact.to_str().expect("a path"), folder.path().to_str().expect("a path"));
    let output = wsclose_full(&["adopt", artifact, "--target", "implementations", "--root", project]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn commands_of_the_guide_with_libraries_print_the_documented_output() {
    let commands = guide::run_commands("wsclose-full", Path::new(env!("CARGO_BIN_EXE_wsclose-full")));
    assert!(commands >= 2, "the guide has only {commands} commands");
}

#[test]
fn live_baseline_entries_name_an_implementation() {
    let folder = root().join("implementations/live");
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a committed file");
    let baseline = Baseline::parse(&read("baseline.toml")).expect("a valid baseline");
    let manifest = read("implementations.toml");
    for violation in baseline.iter() {
        let name = violation.implementation.as_deref().expect("every entry has every field");
        assert!(
            manifest.contains(&format!("\nname = \"{name}\"\n")),
            "baseline.toml:{}: expected a name in implementations.toml, found {name}",
            violation.line
        );
    }
}
