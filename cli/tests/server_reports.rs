//! Tests `check --server-reports-close` with the model, whose reports a filter changes in some tests.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests start processes")]

mod support;

use support::{RunOutput, wsclose};

const URL: &str = "ws://127.0.0.1:{port}/";

/// Checks the model as a server, whose output passes through a filter of the shell.
fn check(filter: &str, more: &[&str]) -> RunOutput {
    let exec = format!("'{}' echo --listen 127.0.0.1:{{port}} | {filter}", env!("CARGO_BIN_EXE_wsclose"));
    wsclose(&[&["check", URL, "--verbose", "--exec", &exec, "--server-reports-close"], more].concat())
}

#[test]
fn reports_of_parallel_connections_are_told_apart() {
    let ran = check("cat", &["--close-command", "--strict"]).assert_exit(0);
    for rule in ["reports-first-code", "reports-1005", "reports-1006", "reports-reason", "reports-clean"] {
        let line = ran.out.lines().find(|line| line.contains(&format!(" {rule} ")));
        assert!(line.is_some_and(|line| line.starts_with("ok ")), "{rule}: {ran:#?}");
    }
    assert!(!ran.out.contains("note:"), "{ran:#?}");
}

#[test]
fn wrong_report_is_a_violation_of_its_rule() {
    let ran = check("sed -u 's/^closed [0-9]*/closed 1001/'", &["--case", "closing_handshake/code-*"]);
    let ran = ran.assert_exit(1).assert_stdout("FAIL          reports-first-code");
    let command = ran.out.lines().find(|line| line.contains("reproduce: ")).expect("a command");
    assert!(command.contains(" --server-reports-close "), "{command}");
    check("sed -u 's/ clean / unclean /'", &["--case", "closing_handshake/code-*", "--strict"])
        .assert_exit(1)
        .assert_stdout("FAIL          reports-clean");
}

#[test]
fn connection_without_a_report_violates_nothing() {
    let cases = ["--case", "closing_handshake/code-*"];
    let ran = check("sed -u '/^closed 10/d'", &cases).assert_exit(0);
    assert!(!ran.out.contains("note:"), "{ran:#?}");
    ran.assert_stdout("ok            reports-first-code");
    let absent = check("sed -u '/^closed/d'", &cases).assert_exit(0);
    assert_eq!(absent.out.matches("note: the server printed no line `closed CODE").count(), 1, "{absent:#?}");
    absent.assert_stdout("not exercised reports-first-code").assert_stdout("not exercised reports-clean");
}

#[test]
fn malformed_report_is_noted_once() {
    let ran = check("sed -u 's/ clean / tidy /'", &["--case", "closing_handshake/code-*"]).assert_exit(0);
    assert_eq!(ran.out.matches("note:").count(), 1, "{ran:#?}");
    ran.assert_stdout(
        "note: the server printed `closed 3333 \"\" tidy /?wsclose=1`, expected `closed CODE \"REASON\"",
    )
    .assert_stdout("not exercised reports-first-code");
}

#[test]
fn reports_need_a_server_that_is_started() {
    wsclose(&["check", "ws://127.0.0.1:1/", "--server-reports-close"]).assert_exit(2).assert_stderr("--exec");
}

#[test]
fn standard_error_of_a_server_is_shown_only_if_it_explains_something() {
    let check = |url: &str, server: &str| {
        // The command, which errors show, does not contain the words as they are printed.
        let exec = format!("echo no such module | tr a-z A-Z >&2; {server}");
        wsclose(&["check", url, "--exec", &exec, "--case", "code-received/1000", "--insecure"])
    };
    let echo = format!("exec '{}' echo --listen 127.0.0.1:{{port}}", env!("CARGO_BIN_EXE_wsclose"));
    let ran = check(URL, &echo).assert_exit(0);
    assert!(!format!("{ran:?}").contains("NO SUCH MODULE"), "{ran:#?}");
    check(URL, "exit 7; {port}").assert_exit(3).assert_stderr("last output: NO SUCH MODULE");
    // It listens, and speaks no TLS.
    check("wss://127.0.0.1:{port}/", &echo).assert_exit(3).assert_stderr("last output: NO SUCH MODULE");
}
