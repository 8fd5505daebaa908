//! Runs that end before they are finished are neither PASS nor long.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests open sockets and measure time"
)]

mod support;

use std::time::{Duration, Instant};

use support::bad_servers::{BadServer, ModelServer, serve, serve_with_pauses};
use support::{Folder, RunOutput, wsclose};

/// How much longer than its limit a run may take, on a busy machine and in an unoptimized build, which needs half a second
/// of processor time to list the cases.
const TOLERANCE: Duration = Duration::from_millis(2500);

/// Runs a check with a time limit, and asserts that it keeps the limit.
fn check_within(url: &str, seconds: u64, more: &[&str]) -> RunOutput {
    let begun = Instant::now();
    let limit = seconds.to_string();
    let ran = wsclose(&[&["check", url, "--verbose", "--timeout", &limit], more].concat());
    let elapsed = begun.elapsed();
    assert!(elapsed < Duration::from_secs(seconds) + TOLERANCE, "{elapsed:?}: {ran:#?}");
    ran
}

#[test]
fn run_that_times_out_is_not_a_pass() {
    let url = serve(BadServer::LeavesTcpOpen);
    check_within(&url, 1, &[]).assert_exit(3).assert_stderr("(--timeout)");
    let ran = check_within(&url, 6, &[]).assert_stdout("cases left out");
    assert!(ran.code == Some(1) || ran.code == Some(3), "{ran:#?}");
    // Nothing violates this rule: only the cases that were left out count.
    check_within(&url, 5, &["--only", "close-fin"])
        .assert_exit(3)
        .assert_stdout("verdict: INCOMPLETE: no rule fails")
        .assert_stdout("cases were left out because the run timed out");
}

#[test]
fn run_that_times_out_confirms_what_it_found() {
    check_within(&serve(BadServer::LeavesTcpOpen), 40, &["--only", "tcp-closed-after-handshake"])
        .assert_exit(1)
        .assert_stdout("FAIL          tcp-closed-after-handshake")
        .assert_stdout("cases were left out because the run timed out");
}

#[test]
fn violation_that_was_not_rerun_is_not_a_pass() {
    // The plain Close and the first run of the cases take most of the time.
    let ran = check_within(
        &serve(BadServer::LeavesTcpOpen),
        5,
        &["--case", "code-received/100[0-3]", "--only", "tcp-closed-after-handshake"],
    );
    ran.assert_exit(3)
        .assert_stdout("unconfirmed   tcp-closed-after-handshake")
        .assert_stdout("verdict: INCOMPLETE: no rule fails, 1 is unconfirmed");
}

#[test]
fn silent_server_keeps_the_limit() {
    check_within(&serve(BadServer::SendsNothing), 1, &[]).assert_exit(3).assert_stderr("(--timeout)");
    check_within(&serve(BadServer::SendsSlowlyAfterUpgrade), 2, &[]).assert_exit(3);
}

#[test]
fn baseline_is_not_stale_where_cases_were_left_out() {
    let folder = Folder::new();
    folder.file("baseline.toml", "[[known]]\nrule = \"close-fin\"\nreason = \"ours\"\n");
    let args = ["--only", "close-fin", "--baseline", "baseline.toml"];
    let echo = ModelServer::start();
    let whole = folder.wsclose(&[&["check", echo.url()], &args[..]].concat());
    whole.assert_exit(4).assert_stdout("stale: the baseline lists close-fin");
    let url = serve(BadServer::LeavesTcpOpen);
    let cut = folder.wsclose(&[&["check", &url, "--timeout", "5"], &args[..]].concat());
    assert!(!cut.assert_exit(3).out.contains("stale"));
}

#[test]
fn busy_moment_does_not_end_the_run() {
    let url = serve_with_pauses(Duration::from_millis(250));
    let ran = wsclose(&["check", &url, "--only", "close-fin", "--case", "code-received/*"]).assert_exit(0);
    // The server answers a text by a Close, which is the only thing to note.
    let notes = ran.out.replace("note: the program of the server may", "");
    assert!(!ran.out.contains("not tested") && !notes.contains("note:"), "{ran:#?}");
}
