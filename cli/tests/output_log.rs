//! Tests what becomes of the output of a server or client that `wsclose` starts: its last lines are shown where it dies,
//! and a log keeps everything.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests write files and start processes"
)]

mod support;

use std::fs;

use support::{Folder, RunOutput};

/// The command of an endpoint that prints a line to each stream before it runs the model.
fn noisy(model: &str) -> String {
    let wsclose = assert_cmd::cargo::cargo_bin("wsclose");
    format!("echo noise on stderr >&2; echo noise on stdout; exec '{}' echo {model}", wsclose.display())
}

fn check(folder: &Folder, exec: &str, more: &[&str]) -> RunOutput {
    let run = ["check", "ws://127.0.0.1:{port}/", "--exec", exec, "--case", "code-received/1000"];
    folder.wsclose(&[&run, more].concat())
}

fn serve(folder: &Folder, more: &[&str]) -> RunOutput {
    folder.wsclose(&[&["serve", "--case", "code-received/1000"], more].concat())
}

/// Asserts that a run shows nothing of the output of the endpoint.
#[track_caller]
fn assert_quiet(ran: RunOutput) {
    let ran = ran.assert_exit(0);
    // The command, which the report has, is quoted there.
    let shown = ran.out.replace("echo noise", "");
    assert!(!shown.contains("noise") && ran.err.is_empty(), "{ran:?}");
}

#[test]
fn output_of_a_healthy_endpoint_is_dropped_or_logged() {
    let folder = Folder::new();
    let server = noisy("--listen 127.0.0.1:{port}");
    assert_quiet(check(&folder, &server, &[]));
    assert_quiet(check(&folder, &server, &["--server-log", "log"]));
    let log = fs::read_to_string(folder.path().join("log")).expect("a log");
    assert!(log.starts_with("noise on stderr\nnoise on stdout\nlistening on ws://127.0.0.1:"), "{log}");
    assert_quiet(check(&folder, &server, &["--server-log", "log", "--server-reports-close"]));
    let log = fs::read_to_string(folder.path().join("log")).expect("a log");
    assert!(log.contains("noise on stderr\n") && log.contains("closed 1000 \"\" clean /?wsclose="), "{log}");

    let client = noisy("--connect {url}");
    assert_quiet(serve(&folder, &["--exec", &client]));
    assert_quiet(serve(&folder, &["--exec", &client, "--client-log", "log"]));
    let log = fs::read_to_string(folder.path().join("log")).expect("a log");
    assert!(log.matches("noise on stderr\n").count() >= 2, "a client for each connection: {log}");
    let client = noisy("--connect -");
    assert_quiet(serve(&folder, &["--exec-stdin", &client, "--client-log", "log"]));
    let log = fs::read_to_string(folder.path().join("log")).expect("a log");
    assert!(log.contains("noise on stdout\n") && log.contains("closed 1000 \"\" clean\n"), "{log}");
}

#[test]
fn last_lines_of_an_endpoint_that_dies_are_shown() {
    let folder = Folder::new();
    let dies = "for n in $(seq 1 12); do echo line $n >&2; done; exit 7";
    let ran = check(&folder, &format!("{dies}; : {{port}}"), &["--server-log", "log"]).assert_exit(3);
    assert!(
        ran.err.contains("exit status: 7, last output: line 12\n  | line 3\n  | line 4\n"),
        "{}",
        ran.err
    );
    assert!(ran.err.ends_with("  | line 12\n") && !ran.err.contains("| line 2\n"), "{}", ran.err);
    let log = fs::read_to_string(folder.path().join("log")).expect("a log");
    assert!(log.starts_with("line 1\nline 2\n") && log.ends_with("line 12\n"), "{log}");

    let ran = serve(&folder, &["--listen", "127.0.0.1:0", "--exec-loop", dies]).assert_exit(3);
    let ran =
        ran.assert_stderr("no client ran a case: the client exited: exit status: 7, last output: line 12\n");
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
}

#[test]
fn log_that_cannot_be_written_is_refused() {
    let folder = Folder::new();
    folder.file("folder/file", "");
    for ran in [
        check(&folder, "touch started; : {port}", &["--server-log", "folder"]),
        serve(&folder, &["--exec", "touch started; : {url}", "--client-log", "folder"]),
        serve(&folder, &["--exec-loop", "touch started", "--client-log", "folder"]),
    ] {
        ran.assert_exit(2).assert_stderr("folder: cannot write what the endpoint prints to this file: ");
    }
    let ran = serve(&folder, &["--client-log", "log"]);
    ran.assert_exit(2).assert_stderr("expected a command that starts the endpoint");
    assert_eq!(folder.files().len(), 1, "nothing was started");
}
