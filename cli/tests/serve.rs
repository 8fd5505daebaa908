//! Tests `wsclose serve` with the model as a client, with clients that do not conform, and with hostile clients.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests read files and open sockets")]

mod support;

use std::io::{ErrorKind, Read};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::bad_clients::{self, BadClient};
use support::wsclose_process::WscloseProcess;
use support::{Folder, RunOutput, schema, wsclose};
use tungstenite::{Message, connect};

/// The command that starts the model as a client for one connection.
fn model() -> String {
    format!("exec '{}' echo --connect {{url}}", env!("CARGO_BIN_EXE_wsclose"))
}

/// The test that runs a bad client if this process was started as one.
const CLIENT: &str = "bad_client_process_behaves_as_named";

/// Runs `wsclose serve` with a bad client that is started for every connection.
fn serve_exec(bad: BadClient, more: &[&str]) -> RunOutput {
    let command = bad_clients::command(CLIENT, bad);
    wsclose(&[&["serve", "--exec", &command, "--verbose"], more].concat())
}

#[test]
fn bad_client_process_behaves_as_named() {
    bad_clients::run_if_child();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket");
    let address = listener.local_addr().expect("a port").to_string();
    let received = |bad: BadClient| {
        let command = bad_clients::command(CLIENT, bad).replace("{url}", &format!("ws://{address}/path"));
        let status = Command::new("sh").args(["-c", &command]).stdout(Stdio::null()).status();
        assert!(status.expect("a shell").success(), "{bad:?}");
        // The client has ended, so all of its octets have arrived.
        let (mut tcp, _) = listener.accept().expect("a connection of the client");
        tcp.set_nonblocking(false).expect("a socket");
        let mut octets = Vec::new();
        tcp.read_to_end(&mut octets).map(|_| octets).map_err(|error| error.kind())
    };
    assert_eq!(
        received(BadClient::EndsTcpAfter(20)).expect("octets"),
        bad_clients::request(&address, "/path")[..20]
    );
    assert!(received(BadClient::SendsGarbage).expect("octets").starts_with(b"\0\x01\x02 EHLO"));
    assert_eq!(received(BadClient::ResetsAfter(0)), Err(ErrorKind::ConnectionReset));
}

#[test]
fn model_passes() {
    wsclose(&[
        "serve",
        "--exec",
        &model(),
        "--verbose",
        "--close-command",
        "--client-reports-close",
        "--strict",
    ])
    .assert_exit(0)
    .assert_stdout("ok            reports-first-code")
    .assert_stdout("ok            any-segmentation")
    .assert_stdout("ok            client-lets-server-close-first")
    .assert_stdout("verdict: PASS: no rule fails");
}

#[test]
fn fixed_port_serves_one_client_at_a_time() {
    let port = support::free_port();
    let listen = format!("127.0.0.1:{port}");
    wsclose(&["serve", "--exec", &model(), "--listen", &listen, "--case", "code-received/10*", "--strict"])
        .assert_exit(0)
        .assert_stdout("verdict: PASS: no rule fails");
}

/// The number of cases that a client should run.
fn case_count(url: &str) -> usize {
    let (mut socket, _) = connect(format!("{url}/getCaseCount")).expect("an opening handshake");
    let count = socket.read().expect("a message").into_text().expect("a text").parse().expect("a number");
    socket.close(None).expect("a sent Close");
    count
}

fn get_json(url: &str, path: &str) -> Value {
    let (mut socket, _) = connect(format!("{url}/{path}")).expect("an opening handshake");
    let text = socket.read().expect("a message").into_text().expect("a text");
    while socket.read().is_ok() {}
    serde_json::from_str(text.as_str()).expect("JSON")
}

#[test]
fn model_passes_in_loop_mode() {
    let process = WscloseProcess::serve(&[
        "--strict",
        "--close-command",
        "--case",
        "code-*/100?",
        "--case",
        "local-close/*",
    ]);
    for number in 1..=case_count(process.url()) {
        let url = format!("{}/runCase?case={number}&agent=the%20model", process.url());
        wsclose(&["echo", "--connect", &url]).assert_exit(0).assert_stdout("closed ");
    }
    wsclose(&["echo", "--connect", &format!("{}/updateReports?agent=the+model", process.url())])
        .assert_exit(0)
        .assert_stdout("closed 1000 \"\" clean");
    process
        .wait()
        .assert_exit(0)
        .assert_stdout("the model as a client")
        .assert_stdout("verdict: PASS: no rule fails");
}

/// Runs all cases as the example `autobahn-client` of tungstenite does.
fn run_tungstenite_loop(url: &str) {
    for number in 1..=case_count(url) {
        let (mut socket, _) =
            connect(format!("{url}/runCase?case={number}&agent=Tungstenite")).expect("an opening handshake");
        while let Ok(message) = socket.read() {
            if matches!(message, Message::Text(_) | Message::Binary(_)) && socket.send(message).is_err() {
                break;
            }
        }
    }
    let (mut socket, _) =
        connect(format!("{url}/updateReports?agent=Tungstenite")).expect("an opening handshake");
    socket.close(None).expect("a sent Close");
}

#[test]
fn tungstenite_autobahn_loop_passes() {
    let folder = Folder::new();
    let index = folder.path().join("index");
    let process = WscloseProcess::serve(&[
        "--case",
        "code-received/1*",
        "--case",
        "closing_handshake/text-length-64",
        "--autobahn-index",
        index.to_str().expect("a path"),
    ]);
    assert_eq!(get_json(process.url(), "getCaseInfo?case=1")["id"], "liveness");
    run_tungstenite_loop(process.url());
    // Most deviations of tungstenite are at the level `lenient`, which fails only a strict run.
    process
        .wait()
        .assert_exit(0)
        .assert_stdout("Tungstenite as a client")
        .assert_stdout("warn          rejects-long-length-form            lenient  1 of 1")
        .assert_stdout("wrote ");
    let text = std::fs::read(index.join("index.json")).expect("an index");
    let index: Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(index["Tungstenite"]["code-received/1000"]["behavior"], "OK");
    assert_eq!(index["Tungstenite"]["closing_handshake/text-length-64"]["behaviorClose"], "NON-STRICT");
}

#[test]
fn case_status_is_reported_to_the_client() {
    let process = WscloseProcess::serve(&["--case", "code-received/1005", "--keep-running"]);
    let address = process.url().trim_start_matches("ws://").to_owned();
    let run = |number: usize| {
        bad_clients::connect(BadClient::EchoesAnyCode, &address, &format!("/runCase?case={number}&agent=it"))
    };
    run(1).and(run(2)).expect("a served case");
    assert_eq!(get_json(process.url(), "getCaseStatus?case=1&agent=it")["behavior"], "OK");
    assert_eq!(get_json(process.url(), "getCaseStatus?case=2&agent=it")["behavior"], "FAILED");
    assert_eq!(get_json(process.url(), "getCaseInfo?case=3")["id"], "retry/1");
    // The remaining cases re-run the unconfirmed violations.
    (3..=case_count(process.url())).for_each(|number| run(number).expect("a served case"));
    for (path, why) in [
        ("getCaseInfo?case=999", "expected a case from 1 to "),
        ("runCase?case=1", "expected agent=NAME"),
        ("runCase?agent=it", "expected case=N"),
        ("somewhere", "expected /getCaseCount"),
    ] {
        let response = process.rejection(path);
        assert!(response.starts_with("HTTP/1.1 404 Not Found\r\n") && response.contains(why), "{response}");
    }
    open_and_drain(process.url(), "updateReports?agent=it");
    process
        .interrupt()
        .assert_exit(1)
        .assert_stdout("FAIL          code-not-local-only")
        .assert_stdout("(seen again when it ran alone)")
        .assert_stdout("it as a client, profile iana, seed 1: 2 cases");
}

fn open_and_drain(url: &str, path: &str) {
    let (mut socket, _) = connect(format!("{url}/{path}")).expect("an opening handshake");
    while socket.read().is_ok() {}
}

#[test]
fn nonconforming_clients_fail() {
    let few = ["--case", "code-received/100?", "--case", "code-received/4999"];
    serve_exec(BadClient::EchoesAnyCode, &few)
        .assert_exit(1)
        .assert_stdout("FAIL          code-not-local-only")
        .assert_stdout("ok            client-masks")
        .assert_stdout("ok            close-answered");
    serve_exec(BadClient::DoesNotMask, &few).assert_exit(1).assert_stdout("FAIL          client-masks");
    serve_exec(BadClient::NeverReplies, &few).assert_exit(1).assert_stdout("FAIL          close-answered");
    serve_exec(BadClient::EndsTcpOnFrame, &few).assert_exit(1).assert_stdout("FAIL          close-answered");
    serve_exec(BadClient::Aborts, &few).assert_exit(1).assert_stdout("FAIL          no-panic");
    let tells = ["--case", "code-received/4999", "--client-reports-close"];
    serve_exec(BadClient::ReportsWrongCode, &tells)
        .assert_exit(1)
        .assert_stdout("FAIL          reports-first-code")
        .assert_stdout("reported 1000 to the application");
    serve_exec(BadClient::EchoesAnyCode, &tells)
        .assert_exit(0)
        .assert_stdout("ok            reports-first-code");
}

#[test]
fn close_command_shows_a_client_that_ends_tcp_and_not_one_that_ignores_it() {
    let requests = ["--close-command", "--case", "closing_handshake/close-local-reason-client"];
    serve_exec(BadClient::EndsTcpOnFrame, &requests)
        .assert_exit(1)
        .assert_stdout("FAIL          requested-close-sent");
    // Its program does not implement the command.
    serve_exec(BadClient::EchoesAnyCode, &requests)
        .assert_exit(0)
        .assert_stdout("inconclusive  requested-close-sent");
}

/// Runs `wsclose serve` with a client program that reads URLs and runs a bad client for each, in a loop that begins with
/// `reads`.
fn serve_exec_stdin(bad: BadClient, reads: &str, more: &[&str]) -> RunOutput {
    let client = bad_clients::command(CLIENT, bad).replace("{url}", "$url");
    wsclose(
        &[
            &["serve", "--verbose", "--exec-stdin", &format!("{reads} read -r url; do ({client}); done")],
            more,
        ]
        .concat(),
    )
}

#[test]
fn exec_stdin_client_is_started_once() {
    let folder = Folder::new();
    let starts = folder.path().join("starts");
    let command =
        format!("echo >> '{}'; exec '{}' echo --connect -", starts.display(), env!("CARGO_BIN_EXE_wsclose"));
    let run = [
        "serve",
        "--verbose",
        "--exec-stdin",
        &command,
        "--close-command",
        "--client-reports-close",
        "--strict",
        "--jobs",
        "3",
    ];
    wsclose(&run)
        .assert_exit(0)
        .assert_stdout("ok            reports-first-code")
        .assert_stdout("ok            next-connection-unharmed")
        .assert_stdout("verdict: PASS: no rule fails");
    // There is one process for each parallel connection, and another one if a process is slow to see the end of TCP.
    let starts = std::fs::read_to_string(starts).expect("a list of starts").lines().count();
    assert!((3..30).contains(&starts), "{starts} starts for some 900 connections");
}

#[test]
fn nonconforming_exec_stdin_clients_fail() {
    let few = ["--case", "code-received/100?", "--case", "code-received/4999", "--timeout", "60"];
    let tells = [&few[..], &["--client-reports-close"]].concat();
    serve_exec_stdin(BadClient::ReportsWrongCode, "while", &tells)
        .assert_exit(1)
        .assert_stdout("FAIL          reports-first-code");
    // The client never reports that it has finished, so it is started again each time.
    serve_exec_stdin(BadClient::NeverReplies, "while", &few)
        .assert_exit(1)
        .assert_stdout("FAIL          close-answered");
    let aborts = bad_clients::command(CLIENT, BadClient::Aborts).replace("{url}", "$url");
    wsclose(&[&["serve", "--exec-stdin", &format!("read -r url; {aborts}")], &few[..]].concat())
        .assert_exit(1)
        .assert_stdout("FAIL          no-panic");
    let leaves = bad_clients::command(CLIENT, BadClient::EndsTcpOnFrame).replace("{url}", "$url");
    wsclose(&[&["serve", "--exec-stdin", &format!("read -r url; ({leaves}); exit 7")], &few[..]].concat())
        .assert_exit(1)
        .assert_stdout("FAIL          no-panic")
        .assert_stdout("exit status: 7");
    // A program that prints no report violates no rule on reports, and is judged by the others.
    serve_exec_stdin(BadClient::EndsTcpOnFrame, "while", &tells)
        .assert_exit(1)
        .assert_stdout("FAIL          close-answered")
        .assert_stdout("not exercised reports-1006")
        .assert_stdout("note: the client printed no line `closed CODE");
    serve_exec_stdin(BadClient::EndsTcpOnFrame, "false && while", &few)
        .assert_exit(3)
        .assert_stderr("found: it ended");
    serve_exec_stdin(BadClient::NeverConnects, "while", &few)
        .assert_exit(3)
        .assert_stderr("no connection within");
    serve_exec_stdin(BadClient::Floods, "while", &few).assert_exit(3).assert_stderr("could not test");
    wsclose(&["serve", "--exec-stdin", "true"]).assert_exit(3).assert_stderr("could not test");
    wsclose(&["serve", "--exec-stdin", "x", "--exec", "x {url}"]).assert_exit(2);
    wsclose(&["serve", "--exec-stdin", "x", "--exec-loop", "x"]).assert_exit(2);
    wsclose(&["serve", "--exec-stdin", "x", "--keep-running"]).assert_exit(2);
}

#[test]
fn hostile_exec_clients_are_bounded() {
    let cases = [
        (BadClient::NeverConnects, "expected the client to connect, found: no connection within"),
        (BadClient::ExitsWithError, "the client fails"),
        (BadClient::FloodsStdout, "no connection within"),
        (BadClient::SendsNothing, "expected a request to open a WebSocket, found silence"),
        (BadClient::SendsGarbage, "expected an HTTP/1.1 request"),
        (BadClient::Floods, "HTTP"),
        (BadClient::SendsSlowly, "found no end of one"),
        (BadClient::FloodsAfterUpgrade, "expected at most"),
        (BadClient::SendsSlowlyAfterUpgrade, "still busy"),
        (BadClient::SendsHugeFrame, "expected at most"),
        (BadClient::ResetsAfter(0), "found a reset"),
        (BadClient::EndsTcpAfter(100), "found the end of TCP"),
    ];
    std::thread::scope(|scope| {
        for (bad, message) in cases {
            scope.spawn(move || {
                let few = ["--case", "code-received/100?", "--timeout", "30"];
                serve_exec(bad, &few).assert_exit(3).assert_stderr("could not test").assert_stderr(message);
            });
        }
    });
}

#[test]
fn flooding_client_uses_bounded_memory() {
    let command = bad_clients::command(CLIENT, BadClient::FloodsLaterConnections);
    let process =
        WscloseProcess::spawn(&["serve", "--exec", &command, "--case", "code-received/*", "--jobs", "8"]);
    let (ran, memory) = process.wait_with_peak_memory();
    ran.assert_exit(3).assert_stdout("expected at most 262144 octets");
    assert!(memory > 0 && memory < 64 << 10, "{memory} KiB");
}

#[test]
fn hostile_loop_clients_do_not_affect_others() {
    let process = WscloseProcess::serve(&["--strict", "--case", "code-received/100?"]);
    let address = process.url().trim_start_matches("ws://").to_owned();
    let bad = [
        BadClient::SendsNothing,
        BadClient::SendsGarbage,
        BadClient::Floods,
        BadClient::SendsSlowly,
        BadClient::FloodsAfterUpgrade,
        BadClient::SendsSlowlyAfterUpgrade,
        BadClient::SendsHugeFrame,
        BadClient::EndsTcpOnFrame,
        BadClient::NeverReplies,
    ];
    // Further clients end TCP after each octet of the request and the Close, once by FIN and once by a reset.
    let octets =
        (0..260).flat_map(|octets| [BadClient::EndsTcpAfter(octets), BadClient::ResetsAfter(octets)]);
    for bad in bad.into_iter().chain(octets) {
        let address = address.clone();
        std::thread::spawn(move || bad_clients::connect(bad, &address, "/runCase?case=2&agent=hostile"));
    }
    for number in 1..=case_count(process.url()) {
        let url = format!("{}/runCase?case={number}&agent=model", process.url());
        wsclose(&["echo", "--connect", &url]).assert_exit(0).assert_stdout("closed ");
    }
    let memory = process.peak_memory_kib();
    assert!(memory > 0 && memory < 64 << 10, "{memory} KiB");
    wsclose(&["echo", "--connect", &format!("{}/updateReports?agent=model", process.url())]).assert_exit(0);
    process
        .wait()
        .assert_exit(0)
        .assert_stdout("model as a client")
        .assert_stdout("verdict: PASS: no rule fails");
}

#[test]
fn results_are_kept_when_interrupted() {
    let folder = Folder::new();
    let json = folder.path().join("run.json");
    let process =
        WscloseProcess::serve(&["--json", json.to_str().expect("a path"), "--case", "code-received/100?"]);
    let address = process.url().trim_start_matches("ws://").to_owned();
    bad_clients::connect(BadClient::EchoesAnyCode, &address, "/runCase?case=1&agent=it")
        .expect("a served case");
    assert_eq!(get_json(process.url(), "getCaseStatus?case=1&agent=it")["behavior"], "OK");
    process
        .interrupt()
        .assert_exit(3)
        .assert_stdout("note: the client did not run 10 of 11 cases")
        .assert_stdout("the run was interrupted");
    let report: Value = serde_json::from_slice(&std::fs::read(json).expect("a report")).expect("JSON");
    schema::assert_valid(&report);
    assert_eq!(report["interrupted"], true);
    assert_eq!(report["verdict"], "INCOMPLETE");
    assert_eq!(report["role"], "client");
    assert_eq!(report["endpoint"], "it");
    // `wsclose` also ends a client that it has started.
    let started =
        WscloseProcess::spawn(&["serve", "--exec", &bad_clients::command(CLIENT, BadClient::NeverReplies)]);
    std::thread::sleep(Duration::from_secs(1));
    started.interrupt();
}

#[test]
fn no_client_is_not_a_pass() {
    let listen = format!("127.0.0.1:{}", support::free_port());
    let run = |more: &[&str]| wsclose(&[&["serve", "--listen", &listen], more].concat());
    run(&["--timeout", "1"]).assert_exit(3).assert_stderr("no client ran a case: the run timed out");
    run(&["--exec-loop", "exit 0"]).assert_exit(3).assert_stderr("no client ran a case: the client exited");
    run(&["--exec", "true"]).assert_exit(2).assert_stderr("expected `{url}`");
    run(&["--exec", "x {url}", "--exec-loop", "x"]).assert_exit(2);
    run(&["--client-reports-close"]).assert_exit(2);
    run(&["--only", "no-such-rule"]).assert_exit(2);
    wsclose(&["serve", "--listen", "0.0.0.0:0"]).assert_exit(2).assert_stderr("--allow-remote");
    wsclose(&["serve", "--exec", "no-such-program {url}"]).assert_exit(3).assert_stderr("not found");
    wsclose(&["serve", "--list", "--case", "code-received/1000"]).assert_exit(0).assert_stdout("2 cases");
    wsclose(&["echo"]).assert_exit(2);
    wsclose(&["echo", "--connect", "ws://127.0.0.1:1/"])
        .assert_exit(3)
        .assert_stderr("expected a connection");
}
