//! Tests `wsclose adopt`: which files it writes, what it refuses, and that it overwrites nothing.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests write files")]

mod support;

use wsclose::protocol::role::Role;
use wsclose::scenario::Scenario;

use support::{FAULTY, Folder, GOOD, MODEL, RunOutput};

const CRASH: &str = "wsclose 1\nrole server\n> text \"hello\" cut=2\n> ping \"ping\" glue\nwait 3\n\
                     > close 1001 \"goodbye\" cut=3 key=00000000\n> fin\n";

const NAME: &str = "close-at-most-125-close-of-126";

fn adopt(folder: &Folder, args: &[&str]) -> RunOutput {
    folder.wsclose(&[&["adopt"], args, &FAULTY[..]].concat())
}

fn project() -> Folder {
    let folder = Folder::new();
    folder.file("corpus/.keep", "");
    folder.file("artifacts/closing_handshake/crash-1", CRASH);
    folder
}

fn new_files(folder: &Folder) -> Vec<(String, String)> {
    let files = folder
        .files()
        .into_iter()
        .filter(|(name, _)| !name.starts_with("artifacts/") && !name.ends_with(".keep"));
    files.map(|(name, content)| (name, String::from_utf8_lossy(&content).into_owned())).collect()
}

#[test]
fn a_violation_is_minimized_and_filed() {
    let folder = project();
    adopt(&folder, &["artifacts/closing_handshake/crash-1"])
        .assert_exit(0)
        .assert_stdout("close-of-126 violates close-at-most-125  must  sent a control frame over 125 bytes")
        .assert_stdout("minimized: steps 5 to 1\n")
        .assert_stdout(&format!("wrote corpus/closing_handshake/{NAME}.ws\n"))
        .assert_stdout("next: ");
    let files = new_files(&folder);
    let [(entry, script), (pending, snapshot)] = files.as_slice() else { panic!("{files:#?}") };
    assert_eq!(entry, &format!("corpus/closing_handshake/{NAME}.ws"));
    assert_eq!(
        script,
        "wsclose 1\nrole server\n# close-of-126 violates close-at-most-125: sent a control frame over 125 bytes.\n\
         > close\n"
    );
    assert_eq!(pending, &format!("snapshots/regressions__{NAME}.snap.new"));
    assert!(snapshot.starts_with(
        "---\nsource: implementations/tests/regressions.rs\nexpression: report\n---\nsubject role: server"
    ));
    assert!(
        snapshot.contains("\n== close-of-126\n") && snapshot.contains("\n  close-at-most-125  must "),
        "{snapshot}"
    );
    // The adopted script shows the violation.
    folder
        .wsclose(&[&["replay", entry], &FAULTY[..]].concat())
        .assert_exit(1)
        .assert_stdout("close-at-most-125");
}

#[test]
fn a_duplicate_is_refused() {
    let folder = project();
    folder.file("corpus/closing_handshake/was-here.ws", GOOD);
    let before = folder.files();
    adopt(&folder, &["artifacts/closing_handshake/crash-1"]).assert_exit(1).assert_stdout(
        "refused: corpus/closing_handshake/was-here.ws already shows close-at-most-125 by close-of-126",
    );
    assert_eq!(folder.files(), before);
}

#[test]
fn nothing_is_overwritten() {
    let folder = project();
    // The existing script has the same name, but is no duplicate.
    let taken = format!("corpus/closing_handshake/{NAME}.ws");
    folder.file(&taken, "wsclose 1\nrole server\n> fin\n");
    let before = folder.files();
    adopt(&folder, &["artifacts/closing_handshake/crash-1", "--name", NAME])
        .assert_exit(2)
        .assert_stderr(&taken)
        .assert_stderr("choose another with --name");
    assert_eq!(folder.files(), before);
    adopt(&folder, &["artifacts/closing_handshake/crash-1"])
        .assert_exit(0)
        .assert_stdout(&format!("{NAME}-2.ws"));
    assert!(before.iter().all(|file| folder.files().contains(file)));
}

#[test]
fn invalid_names_are_rejected() {
    let folder = project();
    let before = folder.files();
    for name in ["../escape", "a b", "UPPER", "", "a--b"] {
        adopt(&folder, &["artifacts/closing_handshake/crash-1", "--name", name])
            .assert_exit(2)
            .assert_stderr("expected a name");
    }
    assert_eq!(folder.files(), before);
}

#[test]
fn a_conforming_script_is_not_filed() {
    let folder = project();
    let before = folder.files();
    folder
        .wsclose(&[&["adopt", "artifacts/closing_handshake/crash-1"], &MODEL[..]].concat())
        .assert_exit(0)
        .assert_stdout("no violation, nothing was written");
    assert_eq!(folder.files(), before);
}

#[test]
fn octets_become_a_script() {
    let folder = project();
    folder.file("artifacts/close_frame/crash-2", [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);
    adopt(&folder, &["artifacts/close_frame/crash-2", "--name", "from-octets"])
        .assert_exit(0)
        .assert_stdout("wrote corpus/implementations/from-octets.ws");
    let files = new_files(&folder);
    assert!(files[0].1.contains("\n> octets "), "{files:#?}");
}

#[test]
fn a_scenario_becomes_a_script() {
    let folder = project();
    let scenario = Scenario::named(Role::Server, "plain").expect("a scenario");
    folder.file("artifacts/scenario/crash-2", scenario.to_fuzzer());
    adopt(&folder, &["artifacts/scenario/crash-2", "--name", "from-scenario"])
        .assert_exit(0)
        .assert_stdout("wrote corpus/implementations/from-scenario.ws");
    let files = new_files(&folder);
    assert!(files[0].1.contains("role server\n") && files[0].1.contains("\n> close"), "{files:#?}");
}

#[test]
fn target_and_root_can_be_set() {
    let folder = project();
    folder.file("crash", CRASH);
    folder.file("elsewhere/.keep", "");
    adopt(&folder, &["crash", "--target", "implementations", "--root", "elsewhere", "--name", "mine"])
        .assert_exit(0)
        .assert_stdout(
            "wrote elsewhere/corpus/implementations/mine.ws\nwrote elsewhere/snapshots/regressions__mine.snap.new\n",
        );
    adopt(&folder, &["crash", "--root", "crash"])
        .assert_exit(3)
        .assert_stderr("crash: is a file; name a folder");
}

#[test]
fn a_corpus_is_required() {
    let folder = Folder::new();
    folder.file("crash", CRASH);
    adopt(&folder, &["crash"]).assert_exit(3).assert_stderr("no folder `corpus` here or above");
}
