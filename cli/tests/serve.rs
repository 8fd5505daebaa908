//! `wsclose serve`: the model as a client, which conforms, clients of our own that do not, and hostile ones.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests read files and open sockets")]

mod support;

use std::io::{ErrorKind, Read};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::client::{self, Bad};
use support::hall::Hall;
use support::{Folder, Ran, schema, wsclose};
use tungstenite::{Message, connect};

/// The model, started for every connection.
fn model() -> String {
    format!("exec '{}' echo --connect {{url}}", env!("CARGO_BIN_EXE_wsclose"))
}

/// The test in which this program is a client, where it was started as one.
const CLIENT: &str = "a_client_that_is_started_does_what_it_was_started_for";

/// A client that is started for every connection.
fn started(bad: Bad, more: &[&str]) -> Ran {
    let command = client::command(CLIENT, bad);
    wsclose(&[&["serve", "--exec", &command], more].concat())
}

#[test]
fn a_client_that_is_started_does_what_it_was_started_for() {
    client::be();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket");
    let address = listener.local_addr().expect("a port").to_string();
    let came = |bad: Bad| {
        let command = client::command(CLIENT, bad).replace("{url}", &format!("ws://{address}/path"));
        let status = Command::new("sh").args(["-c", &command]).stdout(Stdio::null()).status();
        assert!(status.expect("a shell").success(), "{bad:?}");
        // It has ended: what it sent is there.
        let (mut tcp, _) = listener.accept().expect("it came");
        tcp.set_nonblocking(false).expect("a socket");
        let mut octets = Vec::new();
        tcp.read_to_end(&mut octets).map(|_| octets).map_err(|error| error.kind())
    };
    assert_eq!(came(Bad::EndsAfter(20)).expect("octets"), client::request(&address, "/path")[..20]);
    assert!(came(Bad::Garbage).expect("octets").starts_with(b"\0\x01\x02 EHLO"));
    assert_eq!(came(Bad::ResetsAfter(0)), Err(ErrorKind::ConnectionReset));
}

#[test]
fn nothing_is_found_against_the_model() {
    wsclose(&["serve", "--exec", &model(), "--command-close", "--says-closed", "--strict"])
        .exits(0)
        .says("ok            reports-first-code")
        .says("ok            any-segmentation")
        .says("ok            client-lets-server-close-first")
        .says("verdict: PASS, 0 rules fail, 0 warn");
}

#[test]
fn one_port_is_for_one_client_at_a_time() {
    let port = support::free_port();
    let listen = format!("127.0.0.1:{port}");
    wsclose(&["serve", "--exec", &model(), "--listen", &listen, "--case", "code-received/10*", "--strict"])
        .exits(0)
        .says("verdict: PASS, 0 rules fail, 0 warn");
}

/// The numbers that a client is asked to come for.
fn count(url: &str) -> usize {
    let (mut socket, _) = connect(format!("{url}/getCaseCount")).expect("it opens");
    let count = socket.read().expect("a message").into_text().expect("a text").parse().expect("a number");
    socket.close(None).expect("it closes");
    count
}

fn ask(url: &str, path: &str) -> Value {
    let (mut socket, _) = connect(format!("{url}/{path}")).expect("it opens");
    let text = socket.read().expect("a message").into_text().expect("a text");
    while socket.read().is_ok() {}
    serde_json::from_str(text.as_str()).expect("JSON")
}

#[test]
fn nothing_is_found_against_the_model_in_a_loop() {
    let hall =
        Hall::open(&["--strict", "--command-close", "--case", "code-*/100?", "--case", "local-close/*"]);
    for number in 1..=count(hall.url()) {
        let url = format!("{}/runCase?case={number}&agent=the%20model", hall.url());
        wsclose(&["echo", "--connect", &url]).exits(0).says("closed ");
    }
    wsclose(&["echo", "--connect", &format!("{}/updateReports?agent=the+model", hall.url())])
        .exits(0)
        .says("closed 1000 \"\" clean");
    hall.ends().exits(0).says("the model as a client").says("verdict: PASS, 0 rules fail, 0 warn");
}

/// What tungstenite's own example `autobahn-client` does.
fn loop_of_tungstenite(url: &str) {
    for number in 1..=count(url) {
        let (mut socket, _) =
            connect(format!("{url}/runCase?case={number}&agent=Tungstenite")).expect("it opens");
        while let Ok(message) = socket.read() {
            if matches!(message, Message::Text(_) | Message::Binary(_)) && socket.send(message).is_err() {
                break;
            }
        }
    }
    let (mut socket, _) = connect(format!("{url}/updateReports?agent=Tungstenite")).expect("it opens");
    socket.close(None).expect("it closes");
}

#[test]
fn the_loop_of_a_library_runs_unchanged() {
    let folder = Folder::new();
    let index = folder.path().join("index");
    let hall = Hall::open(&[
        "--case",
        "code-received/1*",
        "--case",
        "closing_handshake/text-length-64",
        "--autobahn-index",
        index.to_str().expect("a path"),
    ]);
    assert_eq!(ask(hall.url(), "getCaseInfo?case=1")["id"], "liveness");
    loop_of_tungstenite(hall.url());
    // Most of what it does otherwise than others is lenient: it fails no run that is not strict.
    hall.ends()
        .exits(0)
        .says("Tungstenite as a client")
        .says("warn          rejects-long-length-form            lenient  1 of 1")
        .says("wrote ");
    let text = std::fs::read(index.join("index.json")).expect("an index");
    let index: Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(index["Tungstenite"]["code-received/1000"]["behavior"], "OK");
    assert_eq!(index["Tungstenite"]["closing_handshake/text-length-64"]["behaviorClose"], "NON-STRICT");
}

#[test]
fn a_client_that_comes_is_told_how_it_fared() {
    let hall = Hall::open(&["--case", "code-received/1005", "--keep"]);
    let address = hall.url().trim_start_matches("ws://").to_owned();
    let run = |number: usize| {
        client::talk(Bad::EchoesAnything, &address, &format!("/runCase?case={number}&agent=it"))
    };
    run(1).and(run(2)).expect("it is served");
    assert_eq!(ask(hall.url(), "getCaseStatus?case=1&agent=it")["behavior"], "OK");
    assert_eq!(ask(hall.url(), "getCaseStatus?case=2&agent=it")["behavior"], "FAILED");
    assert_eq!(ask(hall.url(), "getCaseInfo?case=3")["id"], "again/1");
    // What was in doubt is asked once more.
    (3..=count(hall.url())).for_each(|number| run(number).expect("it is served"));
    for (path, why) in [
        ("getCaseInfo?case=999", "expected a case from 1 to "),
        ("runCase?case=1", "expected agent=NAME"),
        ("runCase?agent=it", "expected case=N"),
        ("somewhere", "expected /getCaseCount"),
    ] {
        let said = hall.refusal(path);
        assert!(said.starts_with("HTTP/1.1 404 Not Found\r\n") && said.contains(why), "{said}");
    }
    ask_nothing(hall.url(), "updateReports?agent=it");
    hall.interrupt()
        .exits(1)
        .says("FAIL          code-not-local-only")
        .says("(repeated)")
        .says("it as a client, profile iana, seed 1: 2 cases");
}

fn ask_nothing(url: &str, path: &str) {
    let (mut socket, _) = connect(format!("{url}/{path}")).expect("it opens");
    while socket.read().is_ok() {}
}

#[test]
fn bad_clients_are_found_out() {
    let few = ["--case", "code-received/100?", "--case", "code-received/4999"];
    started(Bad::EchoesAnything, &few)
        .exits(1)
        .says("FAIL          code-not-local-only")
        .says("ok            client-masks")
        .says("ok            close-answered");
    started(Bad::DoesNotMask, &few).exits(1).says("FAIL          client-masks");
    started(Bad::NeverAnswers, &few).exits(1).says("FAIL          close-answered");
    started(Bad::Leaves, &few).exits(1).says("FAIL          close-answered");
    started(Bad::Aborts, &few).exits(1).says("FAIL          no-panic");
    let tells = ["--case", "code-received/4999", "--says-closed"];
    started(Bad::TellsAnother, &tells)
        .exits(1)
        .says("FAIL          reports-first-code")
        .says("was told 1000");
    started(Bad::EchoesAnything, &tells).exits(0).says("ok            reports-first-code");
}

/// A client that is fed: one of these for each URL that it reads, as long as it goes on to read.
fn fed(bad: Bad, reads: &str, more: &[&str]) -> Ran {
    let client = client::command(CLIENT, bad).replace("{url}", "$url");
    wsclose(&[&["serve", "--feed", &format!("{reads} read -r url; do ({client}); done")], more].concat())
}

#[test]
fn a_client_that_is_fed_is_started_once() {
    let folder = Folder::new();
    let starts = folder.path().join("starts");
    let command =
        format!("echo >> '{}'; exec '{}' echo --connect -", starts.display(), env!("CARGO_BIN_EXE_wsclose"));
    let run = ["serve", "--feed", &command, "--command-close", "--says-closed", "--strict", "--jobs", "3"];
    wsclose(&run)
        .exits(0)
        .says("ok            reports-first-code")
        .says("ok            next-connection-unharmed")
        .says("verdict: PASS, 0 rules fail, 0 warn");
    // One for each connection at a time. Where another shows up, the one before took long to see the end of TCP.
    let starts = std::fs::read_to_string(starts).expect("it was started").lines().count();
    assert!((3..30).contains(&starts), "{starts} starts for some 900 connections");
}

#[test]
fn bad_clients_that_are_fed_are_found_out() {
    let few = ["--case", "code-received/100?", "--case", "code-received/4999", "--timeout", "60"];
    let tells = [&few[..], &["--says-closed"]].concat();
    fed(Bad::TellsAnother, "while", &tells).exits(1).says("FAIL          reports-first-code");
    // It never says that it is done, and is started again each time.
    fed(Bad::NeverAnswers, "while", &few).exits(1).says("FAIL          close-answered");
    let aborts = client::command(CLIENT, Bad::Aborts).replace("{url}", "$url");
    wsclose(&[&["serve", "--feed", &format!("read -r url; {aborts}")], &few[..]].concat())
        .exits(1)
        .says("FAIL          no-panic");
    let leaves = client::command(CLIENT, Bad::Leaves).replace("{url}", "$url");
    wsclose(&[&["serve", "--feed", &format!("read -r url; ({leaves}); exit 7")], &few[..]].concat())
        .exits(1)
        .says("FAIL          no-panic")
        .says("exit status: 7");
    // What a program does not print is not what a library does not tell.
    fed(Bad::Leaves, "while", &tells).exits(3).complains("found no such line");
    fed(Bad::Leaves, "false && while", &few).exits(3).complains("found: it ended");
    fed(Bad::StaysAway, "while", &few).exits(3).complains("nobody there");
    fed(Bad::Floods, "while", &few).exits(3).complains("could not test");
    wsclose(&["serve", "--feed", "true"]).exits(3).complains("could not test");
    wsclose(&["serve", "--feed", "x", "--exec", "x {url}"]).exits(2);
    wsclose(&["serve", "--feed", "x", "--loop", "x"]).exits(2);
    wsclose(&["serve", "--feed", "x", "--keep"]).exits(2);
}

#[test]
fn hostile_clients_that_are_started_are_left_within_bounds() {
    let cases = [
        (Bad::StaysAway, "expected the client to connect, found: nobody there"),
        (Bad::Fails, "the client has no wish to"),
        (Bad::Prints, "nobody there"),
        (Bad::SaysNothing, "expected a request to open a WebSocket, found silence"),
        (Bad::Garbage, "expected an HTTP/1.1 request"),
        (Bad::Floods, "HTTP"),
        (Bad::Drips, "found no end of one"),
        (Bad::FloodsOpen, "expected at most"),
        (Bad::DripsOpen, "still busy"),
        (Bad::Gigabyte, "expected at most"),
        (Bad::ResetsAfter(0), "found a reset"),
        (Bad::EndsAfter(100), "found the end of TCP"),
    ];
    std::thread::scope(|scope| {
        for (bad, says) in cases {
            scope.spawn(move || {
                let few = ["--case", "code-received/100?", "--timeout", "30"];
                started(bad, &few).exits(3).complains("could not test").complains(says);
            });
        }
    });
}

#[test]
fn a_client_that_floods_every_case_but_the_first_takes_no_room() {
    let command = client::command(CLIENT, Bad::FloodsLater);
    let hall = Hall::start(&["serve", "--exec", &command, "--case", "code-received/*", "--jobs", "8"]);
    let (ran, memory) = hall.ends_within();
    ran.exits(3).says("expected at most 262144 octets");
    assert!(memory > 0 && memory < 64 << 10, "{memory} KiB");
}

#[test]
fn hostile_clients_that_come_harm_nobody_else() {
    let hall = Hall::open(&["--strict", "--case", "code-received/100?"]);
    let address = hall.url().trim_start_matches("ws://").to_owned();
    let bad = [
        Bad::SaysNothing,
        Bad::Garbage,
        Bad::Floods,
        Bad::Drips,
        Bad::FloodsOpen,
        Bad::DripsOpen,
        Bad::Gigabyte,
        Bad::Leaves,
        Bad::NeverAnswers,
    ];
    // At every octet of a request and a Close, and at every step of both: the second leaves by a reset.
    let octets = (0..260).flat_map(|octets| [Bad::EndsAfter(octets), Bad::ResetsAfter(octets)]);
    for bad in bad.into_iter().chain(octets) {
        let address = address.clone();
        std::thread::spawn(move || client::talk(bad, &address, "/runCase?case=2&agent=hostile"));
    }
    for number in 1..=count(hall.url()) {
        let url = format!("{}/runCase?case={number}&agent=model", hall.url());
        wsclose(&["echo", "--connect", &url]).exits(0).says("closed ");
    }
    let memory = hall.memory();
    assert!(memory > 0 && memory < 64 << 10, "{memory} KiB");
    wsclose(&["echo", "--connect", &format!("{}/updateReports?agent=model", hall.url())]).exits(0);
    hall.ends().exits(0).says("model as a client").says("verdict: PASS, 0 rules fail, 0 warn");
}

#[test]
fn what_was_found_is_kept_when_a_run_is_ended() {
    let folder = Folder::new();
    let json = folder.path().join("run.json");
    let hall = Hall::open(&["--json", json.to_str().expect("a path"), "--case", "code-received/100?"]);
    let address = hall.url().trim_start_matches("ws://").to_owned();
    client::talk(Bad::EchoesAnything, &address, "/runCase?case=1&agent=it").expect("it is served");
    assert_eq!(ask(hall.url(), "getCaseStatus?case=1&agent=it")["behavior"], "OK");
    hall.interrupt().exits(3).says("note: the client did not come for 10 of 11 cases").says("it was ended");
    let report: Value = serde_json::from_slice(&std::fs::read(json).expect("a report")).expect("JSON");
    schema::holds(&report);
    assert_eq!(report["interrupted"], true);
    assert_eq!(report["verdict"], "INCOMPLETE");
    assert_eq!(report["role"], "client");
    assert_eq!(report["endpoint"], "it");
    // One that is started is ended too.
    let started = Hall::start(&["serve", "--exec", &client::command(CLIENT, Bad::NeverAnswers)]);
    std::thread::sleep(Duration::from_secs(1));
    started.interrupt();
}

#[test]
fn nobody_is_no_pass() {
    let listen = format!("127.0.0.1:{}", support::free_port());
    let run = |more: &[&str]| wsclose(&[&["serve", "--listen", &listen], more].concat());
    run(&["--timeout", "1"]).exits(3).complains("no client came for a case: the time was over");
    run(&["--loop", "exit 0"]).exits(3).complains("no client came for a case: the client ended");
    run(&["--exec", "true"]).exits(2).complains("expected `{url}`");
    run(&["--exec", "x {url}", "--loop", "x"]).exits(2);
    run(&["--says-closed"]).exits(2);
    run(&["--only", "no-such-rule"]).exits(2);
    wsclose(&["serve", "--listen", "0.0.0.0:0"]).exits(2).complains("--i-may-test-this-host");
    wsclose(&["serve", "--exec", "no-such-program {url}"]).exits(3).complains("not found");
    wsclose(&["serve", "--list", "--case", "code-received/1000"]).exits(0).says("1 cases");
    wsclose(&["echo"]).exits(2);
    wsclose(&["echo", "--connect", "ws://127.0.0.1:1/"]).exits(3).complains("expected a connection");
}
