//! Servers that exit during a run: the case that makes them exit is found, and everything else is still judged.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests open sockets and start processes"
)]

mod support;

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use support::bad_servers::{BadServer, serve_on, serve_that_leaves};
use support::{RunOutput, wsclose};

/// The variables that make a process of this test binary a server: its port, and what it does.
const PORT: &str = "WSCLOSE_TEST_PORT";
const KIND: &str = "WSCLOSE_TEST_SERVER";

/// The other tests start servers from this binary, as processes of this test: with the variables set, it is the server.
#[test]
fn server_process_exits_with_its_error() {
    if let (Ok(port), Ok(kind)) = (std::env::var(PORT), std::env::var(KIND)) {
        return run_server(&port, &kind);
    }
    let command = server_command("exits-at-once").replace("{port}", "0");
    let output = Command::new("sh").args(["-c", &command]).output().expect("a shell");
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("an error of mine"), "{output:?}");
}

fn run_server(port: &str, kind: &str) {
    let bad = match kind {
        "exits-on-4000" => BadServer::ExitsOn4000,
        "exits-on-close" => BadServer::ExitsOnClose,
        "exits-on-its-own" => {
            std::thread::spawn(|| {
                std::thread::sleep(Duration::from_millis(1500));
                std::process::exit(9);
            });
            BadServer::EchoesAnyCode
        }
        _ => {
            eprintln!("an error of mine");
            std::process::exit(7);
        }
    };
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).expect("a free port");
    serve_on(&listener, bad);
}

/// The command of such a server.
fn server_command(kind: &str) -> String {
    let binary = std::env::current_exe().expect("the path of this binary");
    let test = "server_process_exits_with_its_error";
    format!("{PORT}={{port}} {KIND}={kind} exec '{}' --exact {test} --nocapture", binary.display())
}

/// Checks such a server, which `wsclose` starts.
fn check(kind: &str, more: &[&str]) -> RunOutput {
    let exec = server_command(kind);
    wsclose(&[&["check", "ws://127.0.0.1:{port}/", "--verbose", "--exec", &exec], more].concat())
}

#[test]
fn case_that_makes_a_server_exit_is_found() {
    let rules = ["--only", "no-panic", "--only", "close-answered", "--only", "close-fin"];
    let ran = check("exits-on-4000", &[&["--case", "code-received/*"], &rules[..]].concat())
        .assert_exit(1)
        .assert_stdout("FAIL          no-panic                            robust   1 of ")
        .assert_stdout("case:      code-received/4000 (seen again when it ran alone)")
        .assert_stdout(
            "PANIC: the server exited: exit status: 7, last output: an error of mine  <-- no-panic",
        )
        .assert_stdout("ok            close-answered")
        .assert_stdout("and was started again")
        .assert_stdout("verdict: FAIL: 1 rule fails");
    assert!(!ran.out.contains("not tested"), "{ran:#?}");
}

#[test]
fn server_that_exits_each_time_is_not_tested() {
    let ran = check("exits-on-close", &[]).assert_exit(3);
    ran.assert_stderr("ends each time: the server exited: exit status: 7, last output: an error of mine");
    let ran = check("exits-at-once", &[]).assert_exit(3);
    ran.assert_stderr("found that it ended: exit status: 7, last output: an error of mine");
}

#[test]
fn exit_that_no_case_explains_is_incomplete() {
    // Some runs are over before the server exits, so that generated scripts follow.
    let cases = ["--case", "code-received/100?", "--only", "close-fin", "--only", "no-panic"];
    let ran = check("exits-on-its-own", &[&["--fuzz", "4s"], &cases[..]].concat()).assert_exit(3);
    ran.assert_stdout("the server exited: exit status: 9")
        .assert_stdout("no single case makes the server end again")
        .assert_stdout("verdict: INCOMPLETE: no rule fails");
}

#[test]
fn server_that_comes_back_is_tested_to_the_end() {
    let options = ["--case", "code-received/*", "--only", "no-panic"];
    let url = serve_that_leaves(Duration::from_millis(1200));
    wsclose(&[&["check", &url], &options[..]].concat())
        .assert_exit(1)
        .assert_stdout("case:      code-received/4000 (seen again when it ran alone)")
        .assert_stdout("came back on its own")
        .assert_stdout("verdict: FAIL: 1 rule fails");
}

#[test]
fn server_that_does_not_come_back_is_incomplete() {
    let url = serve_that_leaves(Duration::from_secs(600));
    wsclose(&["check", &url, "--case", "code-received/*", "--only", "no-panic"])
        .assert_exit(3)
        .assert_stdout("the server did not listen again within 5 s")
        .assert_stdout("the cases that ran at that time: ")
        .assert_stdout("code-received/4000")
        .assert_stdout("cases were left out because the run lost the endpoint");
}
