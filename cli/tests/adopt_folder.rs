//! Tests `wsclose adopt DIR`: how artifacts are grouped, what is written, bad input, and a second run.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests write files")]

mod support;

use support::{Folder, RunOutput};

/// A model that sends 126 octets in every Close, and one that never answers a Close.
const SUBJECTS: [&str; 4] = ["--subject", "fault:close-of-126", "--subject", "fault:never-answers"];

fn script(steps: &str) -> String {
    format!("wsclose 1\nrole server\n{steps}")
}

/// A project with five artifacts, of which three show one fault, one another fault, and one nothing.
fn project() -> Folder {
    let folder = Folder::new();
    folder.file("corpus/.keep", "");
    for (name, steps) in [
        ("crash-1", "> ping\n> text \"abc\"\napp close 1000\nwait 1\n"),
        ("crash-2", "app close 1000\nwait 1\n"),
        ("deeper/crash-3", "> ping\napp close 1001 \"bye\"\nwait 2\n"),
        ("crash-4", "> ping\n> pong\n> close 1000\nwait 3\n"),
        ("crash-5", "> ping\n"),
    ] {
        folder.file(format!("artifacts/closing_handshake/{name}"), script(steps));
    }
    folder
}

fn adopt(folder: &Folder, more: &[&str]) -> RunOutput {
    let args = ["adopt", "artifacts", "--target", "closing_handshake"];
    folder.wsclose(&[&args[..], more, &SUBJECTS].concat())
}

/// The files that the command wrote.
fn new_files(folder: &Folder) -> Vec<String> {
    let files = folder.files().into_iter().map(|(name, _)| name);
    files.filter(|name| !name.starts_with("artifacts/") && !name.ends_with(".keep")).collect()
}

#[test]
fn one_artifact_of_each_group_is_filed() {
    let folder = project();
    let ran = adopt(&folder, &[]).assert_exit(0);
    let ran = ran
        .assert_stdout("closing_handshake/crash-1: close-of-126 violates close-at-most-125")
        .assert_stdout("closing_handshake/crash-5: no violation\n")
        .assert_stdout("close-at-most-125 by close-of-126 (")
        .assert_stdout(": 2 filed, 0 in the corpus before; without anything new: 1; could not be tested: 0\n")
        .assert_stdout("next: read both files");
    assert!(ran.out.contains(
        "close-at-most-125 by close-of-126 (4 files):\n  minimized artifacts/closing_handshake/crash-2"
    ));
    assert_eq!(
        new_files(&folder),
        [
            "corpus/closing_handshake/close-answered-never-answers.ws",
            "corpus/closing_handshake/close-at-most-125-close-of-126.ws",
            "snapshots/regressions__close-answered-never-answers.snap.new",
            "snapshots/regressions__close-at-most-125-close-of-126.snap.new"
        ],
        "{ran:#?}"
    );
}

#[test]
fn second_run_writes_nothing() {
    let folder = project();
    adopt(&folder, &[]).assert_exit(0);
    let before = folder.files();
    let again = adopt(&folder, &[]).assert_exit(0);
    assert_eq!(again.out.matches(".ws shows it already\n").count(), 2, "{again:#?}");
    again.assert_stdout(": 0 filed, 2 in the corpus before;");
    assert_eq!(folder.files(), before);
}

#[test]
fn files_that_cannot_be_tested_are_told_once() {
    let folder = project();
    folder.file("artifacts/closing_handshake/crash-0", "wsclose 1\nrole proxy\n");
    folder.file("artifacts/closing_handshake/crash-8", "");
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", folder.path().join("artifacts/closing_handshake/crash-9"))
        .expect("a link");
    let ran = adopt(&folder, &[]).assert_exit(3);
    assert_eq!(ran.err.matches("closing_handshake/crash-0:2:").count(), 1, "{ran:#?}");
    assert_eq!(ran.err.matches("closing_handshake/crash-8: ").count(), 1, "{ran:#?}");
    #[cfg(unix)]
    assert_eq!(ran.err.matches("closing_handshake/crash-9: not found").count(), 1, "{ran:#?}");
    // The others are filed.
    let entry = "corpus/closing_handshake/close-at-most-125-close-of-126.ws";
    assert!(folder.path().join(entry).is_file(), "{ran:#?}");
}

#[test]
fn empty_folder_and_a_name_are_rejected() {
    let folder = project();
    std::fs::create_dir(folder.path().join("empty")).expect("a folder");
    folder.wsclose(&["adopt", "empty"]).assert_exit(3).assert_stderr("empty: contains no scripts");
    adopt(&folder, &["--name", "mine"]).assert_exit(2).assert_stderr("--name: names one entry");
    folder.wsclose(&["adopt", "nothing"]).assert_exit(3).assert_stderr("nothing: not found");
    assert_eq!(new_files(&folder), [""; 0]);
}

#[test]
fn artifacts_that_show_nothing_leave_the_corpus_alone() {
    let folder = project();
    folder
        .wsclose(&["adopt", "artifacts", "--target", "closing_handshake", "--subject", "model"])
        .assert_exit(0)
        .assert_stdout("5 files in 0 groups: 0 filed, 0 in the corpus before; without anything new: 5;");
    assert_eq!(new_files(&folder), [""; 0]);
}
