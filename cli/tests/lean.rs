//! The command without WebSocket libraries: what it does, and what it refers to `wsclose-full`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests use files, sockets and processes"
)]

mod support;

use support::{Folder, GOOD, wsclose};

/// How to get the libraries.
const REMEDY: &str = "`cargo install --path cli/full`";

#[test]
fn a_library_is_not_part_of_the_command() {
    let folder = Folder::new();
    folder.file("a.ws", GOOD);
    for args in [
        &["replay", "a.ws", "--subject", "tungstenite"][..],
        &["matrix", "--subject", "beast"],
        &["adopt", "a.ws", "--root", ".", "--subject", "wslay"],
        &["adopt", "a.ws", "--root", ".", "--target", "implementations"],
    ] {
        folder.wsclose(args).assert_exit(3).assert_stderr("has no WebSocket libraries").assert_stderr(REMEDY);
    }
}

#[test]
fn without_names_the_model_is_the_only_subject() {
    let folder = Folder::new();
    folder.file("a.ws", GOOD);
    folder
        .wsclose(&["replay", "a.ws"])
        .assert_exit(0)
        .assert_stdout("== model\n")
        .assert_stdout("not built: WebSocket libraries (")
        .assert_stdout(REMEDY);
    wsclose(&["matrix", "--codes", "none", "--scenarios", "none"])
        .assert_exit(0)
        .assert_stdout("verdict: PASS: 1 subject,")
        .assert_stdout(REMEDY);
}

#[test]
fn octets_of_a_fuzz_target_are_adopted() {
    let folder = Folder::new();
    folder.file("corpus/.keep", "");
    folder.file("artifacts/close_frame/crash-1", [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);
    folder.wsclose(&["adopt", "artifacts/close_frame/crash-1"]).assert_exit(0).assert_stdout("no violation");
}
