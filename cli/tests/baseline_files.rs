//! Tests `--write-baseline` of `check` and `matrix`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests read files and start processes"
)]

mod support;

use std::fs;

use support::bad_servers::{BadServer, ModelServer, serve};
use support::{Folder, RunOutput};

/// Rules and cases that take no time: a server that sends 126 octets violates the first rule.
const FEW: [&str; 6] =
    ["--only", "close-at-most-125", "--only", "code-is-defined", "--case", "code-received/100?"];

fn read(folder: &Folder, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).expect("a file")
}

/// Checks a model with this fault.
fn check(folder: &Folder, fault: &[&str], more: &[&str]) -> RunOutput {
    let server = ModelServer::start_with(fault);
    folder.wsclose(&[&["check", server.url()], more].concat())
}

#[test]
fn written_baseline_is_accepted_at_once_and_kept_up_to_date() {
    let folder = Folder::new();
    let (fault, write) = (["--fault", "close-of-126"], ["--write-baseline", "baseline.toml"]);
    check(&folder, &fault, &FEW).assert_exit(1);
    check(&folder, &fault, &[&FEW[..], &write].concat())
        .assert_exit(0)
        .assert_stdout("FAIL  close-at-most-125")
        .assert_stdout("wrote baseline.toml\n  added: close-at-most-125\n  1 added, 0 removed, 0 kept\n")
        .assert_stdout("next: give the reasons that are `to be filled in`");
    let written = read(&folder, "baseline.toml");
    assert!(written.contains("[[known]]\nrule = \"close-at-most-125\"\nevidence = \""), "{written}");
    assert!(written.starts_with("# Accepted violations") && written.contains(" over 125 bytes"), "{written}");
    check(&folder, &fault, &[&FEW[..], &["--baseline", "baseline.toml"]].concat())
        .assert_exit(0)
        .assert_stdout("note: entries of the baseline without a reason: close-at-most-125");

    let given = format!(
        "{}\n# Why.\n[[known]]\nrule = \"close-answered\"\nreason = \"not so\"\n",
        written.replace("to be filled in", "issue 12 # of ours")
    );
    folder.file("baseline.toml", &given);
    // A selection of cases does not show that an entry is stale.
    check(&folder, &fault, &[&FEW[..], &write].concat())
        .assert_exit(0)
        .assert_stdout("0 added, 0 removed, 2 kept");
    let judged = ["--only", "close-answered", "--only", "close-at-most-125", "--case", "code-received/100?"];
    check(&folder, &fault, &[&judged[..], &write].concat())
        .assert_exit(0)
        .assert_stdout("0 added, 0 removed, 2 kept");
    assert_eq!(read(&folder, "baseline.toml"), given);
    let whole = ["--only", "close-answered", "--only", "close-at-most-125"];
    check(&folder, &fault, &[&whole[..], &write].concat()).assert_exit(0).assert_stdout(
        "removed, because the violation no longer occurs: close-answered\n  0 added, 1 removed, 1 kept",
    );
    let after = read(&folder, "baseline.toml");
    assert!(after.contains("issue 12 # of ours") && !after.contains("Why."), "{after}");
}

#[test]
fn flaky_violations_are_named_and_not_written() {
    let folder = Folder::new();
    let url = serve(BadServer::EchoesAnyCodeOnce);
    let args = ["check", &url, "--case", "code-received/999", "--only", "code-is-defined"];
    folder
        .wsclose(&[&args[..], &["--write-baseline", "baseline.toml"]].concat())
        .assert_exit(0)
        .assert_stdout("not written, because it is not confirmed: code-is-defined (flaky)");
    assert!(!read(&folder, "baseline.toml").contains("[[known]]"));
}

#[test]
fn a_run_that_tests_nothing_writes_no_baseline() {
    let folder = Folder::new();
    let url = format!("ws://127.0.0.1:{}/", support::free_port());
    folder.wsclose(&["check", &url, "--write-baseline", "baseline.toml"]).assert_exit(3);
    assert!(folder.files().is_empty());
    folder.file("baseline.toml", "known = [{ rule = \"close-fin\", reason = \"r\" }]\n");
    folder
        .wsclose(&["check", &url, "--write-baseline", "baseline.toml"])
        .assert_exit(3)
        .assert_stderr("baseline.toml: expected each entry as a table `[[known]]`");
    folder.file("baseline.toml", "[[known]]\nrule = \"close-fin\"\n");
    folder
        .wsclose(&["check", &url, "--write-baseline", "baseline.toml"])
        .assert_exit(3)
        .assert_stderr("baseline.toml: line 1: missing field `reason`");
    folder
        .wsclose(&["check", &url, "--write-baseline", "a.toml", "--json", "./a.toml"])
        .assert_exit(2)
        .assert_stderr("two outputs have this path");
    folder
        .wsclose(&["check", &url, "--write-baseline", "a.toml", "--baseline", "b.toml"])
        .assert_exit(2)
        .assert_stderr("cannot be used with");
}

#[test]
fn matrix_writes_entries_by_implementation() {
    let folder = Folder::new();
    let args = ["matrix", "--subject", "fault:close-of-126", "--codes", "none", "--scenarios", "none"];
    folder.wsclose(&args).assert_exit(1);
    let write = [&args[..], &["--write-baseline", "baseline.toml"]].concat();
    folder.wsclose(&write).assert_exit(0).assert_stdout("added: fault:close-of-126 close-at-most-125");
    let written = read(&folder, "baseline.toml");
    assert!(written.contains("implementation = \"fault:close-of-126\"\nevidence = "), "{written}");
    folder.wsclose(&[&args[..], &["--baseline", "baseline.toml"]].concat()).assert_exit(0);
    folder.wsclose(&write).assert_exit(0).assert_stdout("0 added, 0 removed");
    assert_eq!(read(&folder, "baseline.toml"), written);
}
