//! Tests `wsclose proxy` between clients and servers on this machine.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests use files, sockets and processes"
)]

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use support::bad_clients::{read_head, request};
use support::bad_servers::{BadServer, ModelServer, serve};
use support::wsclose_process::WscloseProcess;
use support::{Folder, RunOutput, free_port, one_line, wsclose};

/// A masked Close with code 1000.
const CLOSE: [u8; 8] = [0x88, 0x82, 0x37, 0xfa, 0x21, 0x3d, 0x34, 0x12];

/// Starts a proxy in front of a server.
fn proxy(server: &str, args: &[&str]) -> WscloseProcess {
    WscloseProcess::listening(&[&["proxy", "--listen", "127.0.0.1:0", "--to", server], args].concat())
}

/// Connects to a proxy, and completes the opening handshake with the server behind it.
fn open(proxy: &WscloseProcess) -> TcpStream {
    let address = proxy.url().trim_start_matches("ws://").trim_end_matches('/');
    let mut tcp = TcpStream::connect(address).expect("a connection");
    tcp.set_read_timeout(Some(Duration::from_secs(20))).expect("a time limit");
    tcp.write_all(&request("chat.example", "/chat")).expect("a request");
    assert!(read_head(&mut tcp).expect("a response").starts_with("HTTP/1.1 101 "));
    tcp
}

/// Everything until FIN.
fn read_all(tcp: &mut TcpStream) -> Vec<u8> {
    let mut octets = Vec::new();
    tcp.read_to_end(&mut octets).expect("octets until FIN");
    octets
}

/// Sends a Close, and reads until FIN.
fn close(mut tcp: TcpStream) -> Vec<u8> {
    tcp.write_all(&CLOSE).expect("a sent Close");
    read_all(&mut tcp)
}

/// Starts a server that accepts one connection, and hands it over behind the opening handshake.
fn server(handle: impl FnOnce(TcpStream) + Send + 'static) -> (String, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    let thread = thread::spawn(move || {
        let (mut tcp, _) = listener.accept().expect("a connection");
        tcp.set_read_timeout(Some(Duration::from_secs(20))).expect("a time limit");
        let head = read_head(&mut tcp).expect("a request");
        assert!(head.contains("Host: chat.example\r\n") && head.starts_with("GET /chat "), "{head}");
        tcp.write_all(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        )
        .expect("a response");
        handle(tcp);
    });
    (url, thread)
}

/// Closes a socket by a reset.
fn reset(tcp: TcpStream) {
    socket2::SockRef::from(&tcp).set_linger(Some(Duration::ZERO)).expect("an option of the socket");
}

#[test]
fn closing_handshake_passes_unchanged_and_conforms() {
    let model = ModelServer::start();
    let mut proxy = proxy(model.url(), &[]);
    assert_eq!(close(open(&proxy)), [0x88, 2, 0x03, 0xe8]);
    let line = proxy.read_until("What the APIs");
    assert!(line.contains("connection 1: client 127.0.0.1:") && line.contains(", /chat\n"), "{line}");
    assert!(one_line(&line).contains("The server answered with Close 1000"), "{line}");
    let ran = proxy.interrupt().assert_exit(0);
    ran.assert_stdout("verdict: PASS: 1 connection; the client violated rules in 0, the server in 0");
}

#[test]
fn fault_of_a_server_is_named() {
    let model = ModelServer::start_with(&["--fault", "resets-tcp"]);
    let mut proxy = proxy(model.url(), &["--strict"]);
    let mut tcp = open(&proxy);
    tcp.write_all(&CLOSE).expect("a sent Close");
    let ended = tcp.read_to_end(&mut Vec::new()).expect_err("a reset");
    assert_eq!(ended.kind(), ErrorKind::ConnectionReset);
    proxy.read_until("VIOLATED by the server: tcp-closed-cleanly");
    proxy.interrupt().assert_exit(1).assert_stdout("the client violated rules in 0, the server in 1");
}

/// Runs the model as a client behind a proxy in front of a library, which closes the connection.
fn run_client(fault: &[&str]) -> RunOutput {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    let thread = thread::spawn(move || {
        let (tcp, _) = listener.accept().expect("a connection");
        let mut server = tungstenite::accept(tcp).expect("an opening handshake");
        server.close(None).expect("a sent Close");
        while server.read().is_ok() {}
    });
    let mut proxy = proxy(&url, &[]);
    wsclose(&[&["echo", "--connect", proxy.url()], fault].concat()).assert_exit(0);
    thread.join().expect("a server");
    let mut text = proxy.read_until("What the APIs");
    let ran = proxy.interrupt();
    text.push_str(&ran.out);
    RunOutput { out: text, ..ran }
}

#[test]
fn fault_of_a_client_is_named() {
    run_client(&[]).assert_exit(0).assert_stdout("the client violated rules in 0, the server in 0");
    run_client(&["--fault", "close-of-126"])
        .assert_exit(1)
        .assert_stdout("VIOLATED by the client: close-at-most-125")
        .assert_stdout("the client violated rules in 1, the server in 0");
}

#[test]
fn model_is_not_accused_behind_the_harness() {
    let model = ModelServer::start_with(&[]);
    let folder = Folder::new();
    let json = folder.path().join("report.json");
    let mut proxy = proxy(model.url(), &["--json", json.to_str().expect("a path"), "--strict"]);
    // The harness is a client that violates rules on purpose.
    let checked = wsclose(&["check", proxy.url(), "--case", "closing_handshake/close-*"]);
    checked.assert_exit(0).assert_stdout("PASS");
    drop(proxy.read_until("VIOLATED by the client"));
    let ran = proxy.interrupt().assert_exit(1);
    assert!(!ran.out.contains("VIOLATED by the server"), "{}", ran.out);
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&json).expect("a report")).expect("JSON");
    assert_eq!(
        (report["schema"].as_str(), report["verdict"].as_str()),
        (Some("wsclose-judge/1"), Some("FAIL"))
    );
    let connections = report["files"][0]["connections"].as_array().expect("the connections");
    assert!(connections.len() > 20, "{}", connections.len());
}

#[test]
fn half_close_is_passed_on() {
    let (url, thread) = server(|mut tcp| {
        assert_eq!(read_all(&mut tcp), CLOSE);
        // The client reads on behind its FIN.
        tcp.write_all(&[0x88, 2, 0x03, 0xe8]).expect("a sent Close");
    });
    let mut proxy = proxy(&url, &[]);
    let mut tcp = open(&proxy);
    tcp.write_all(&CLOSE).expect("a sent Close");
    tcp.shutdown(Shutdown::Write).expect("a FIN");
    assert_eq!(read_all(&mut tcp), [0x88, 2, 0x03, 0xe8]);
    thread.join().expect("a server");
    let text = one_line(&proxy.read_until("What the APIs"));
    let (client, server) = (text.find("The client ended its side"), text.find("The server ended its side"));
    assert!(client.is_some() && client < server, "{text}");
}

#[test]
fn reset_is_passed_on_in_both_directions() {
    let (url, thread) = server(|mut tcp| {
        let error = tcp.read_to_end(&mut Vec::new()).expect_err("a reset");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
    let mut by_client = proxy(&url, &[]);
    reset(open(&by_client));
    thread.join().expect("a server");
    let text = one_line(&by_client.read_until("What the APIs"));
    assert!(text.contains("The client reset TCP (RST)"), "{text}");

    let (url, thread) = server(|mut tcp| {
        tcp.write_all(&[0x81, 2, b'h', b'i']).expect("a sent message");
        reset(tcp);
    });
    let mut by_server = proxy(&url, &[]);
    let mut tcp = open(&by_server);
    let mut message = [0; 4];
    tcp.read_exact(&mut message).expect("what came before the reset");
    assert_eq!(message, [0x81, 2, b'h', b'i']);
    let error = tcp.read(&mut message).expect_err("a reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    thread.join().expect("a server");
    let text = one_line(&by_server.read_until("What the APIs"));
    assert!(text.contains("The server reset TCP (RST)"), "{text}");
}

#[test]
fn reset_behind_a_fin_is_passed_on() {
    let (url, thread) = server(|mut tcp| {
        assert_eq!(read_all(&mut tcp), CLOSE);
        let error = (0..400).find_map(|_| {
            thread::sleep(Duration::from_millis(50));
            tcp.take_error().expect("the state of the socket")
        });
        // The system reports a reset behind a FIN in this way.
        let error = error.expect("a reset");
        assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{error}");
    });
    let mut proxy = proxy(&url, &[]);
    let mut tcp = open(&proxy);
    tcp.write_all(&CLOSE).expect("a sent Close");
    tcp.shutdown(Shutdown::Write).expect("a FIN");
    thread::sleep(Duration::from_millis(300));
    reset(tcp);
    thread.join().expect("a server");
    let text = one_line(&proxy.read_until("What the APIs"));
    let (fin, rst) = (text.find("The client ended its side"), text.find("The client reset TCP"));
    assert!(fin.is_some() && fin < rst, "{text}");
}

#[test]
fn octets_before_a_reset_are_passed_on() {
    // The server leaves the octets of the client unread, so that its system resets TCP behind its Close.
    let (url, thread) = server(|mut tcp| {
        tcp.write_all(&[0x88, 2, 0x03, 0xe9]).expect("a sent Close");
        thread::sleep(Duration::from_millis(200));
    });
    let mut proxy = proxy(&url, &[]);
    let mut tcp = open(&proxy);
    tcp.write_all(&[0x82, 0xfe, 0xff, 0xff, 0, 0, 0, 0]).expect("a header");
    tcp.write_all(&[0; 0xffff]).expect("a message");
    thread.join().expect("a server");
    let mut received = Vec::new();
    let ended = tcp.read_to_end(&mut received);
    assert_eq!((received.as_slice(), ended.is_err()), (&[0x88, 2, 0x03, 0xe9][..], true));
    let text = one_line(&proxy.read_until("What the APIs"));
    assert!(text.contains("The server reset TCP"), "{text}");
}

#[test]
fn reset_overtakes_what_a_busy_server_does_not_read() {
    let (url, thread) = server(|tcp| {
        let error = (0..400).find_map(|_| {
            thread::sleep(Duration::from_millis(50));
            tcp.take_error().expect("the state of the socket")
        });
        assert_eq!(error.expect("a reset").kind(), ErrorKind::ConnectionReset);
    });
    let mut proxy = proxy(&url, &[]);
    let mut tcp = open(&proxy);
    tcp.set_write_timeout(Some(Duration::from_millis(500))).expect("a time limit");
    while tcp.write_all(&[0x82, 0x80, 0, 0, 0, 0].repeat(10_000)).is_ok() {}
    reset(tcp);
    thread.join().expect("a server");
    let text = one_line(&proxy.read_until("What the APIs"));
    assert!(text.contains("The client reset TCP"), "{text}");
}

#[test]
fn connection_that_both_sides_reset_ends() {
    let (sender, stopped) = std::sync::mpsc::channel();
    let (url, thread) = server(move |mut tcp| {
        stopped.recv().expect("a stopped proxy");
        tcp.write_all(&[0x81, 2, b'h', b'i']).expect("a sent message");
        reset(tcp);
    });
    let mut proxy = proxy(&url, &[]);
    let mut tcp = open(&proxy);
    // The proxy finds both resets when it runs again.
    proxy.signal("STOP");
    thread::sleep(Duration::from_millis(200));
    tcp.write_all(&CLOSE).expect("a sent Close");
    reset(tcp);
    sender.send(()).expect("a server");
    thread.join().expect("a server");
    proxy.signal("CONT");
    let text = one_line(&proxy.read_until("What the APIs"));
    assert!(text.contains("reset TCP"), "{text}");
}

#[test]
fn server_that_cannot_be_reached_is_a_reset_and_exit_3() {
    let proxy = proxy(&format!("ws://127.0.0.1:{}/", free_port()), &[]);
    let address = proxy.url().trim_start_matches("ws://").trim_end_matches('/').to_owned();
    let mut tcp = TcpStream::connect(address).expect("a connection to the proxy");
    assert_eq!(tcp.read(&mut [0]).expect_err("a reset").kind(), ErrorKind::ConnectionReset);
    thread::sleep(Duration::from_millis(200));
    let ran = proxy.interrupt().assert_exit(3).assert_stdout("verdict: INCOMPLETE: 0 connections");
    ran.assert_stderr("connection 1: cannot reach ws://127.0.0.1:")
        .assert_stderr("1 connection did not reach the server");
}

#[test]
fn open_connections_are_judged_at_ctrl_c() {
    let folder = Folder::new();
    let json = folder.path().join("reports/report.json");
    let url = serve(BadServer::LeavesTcpOpen);
    let proxy = proxy(&url, &["--json", json.to_str().expect("a path")]);
    let mut tcp = open(&proxy);
    tcp.write_all(&CLOSE).expect("a sent Close");
    let mut reply = [0; 4];
    tcp.read_exact(&mut reply).expect("a Close");
    let _idle = open(&proxy);
    // The server has to close TCP at once, and a tick of the judge is a second.
    thread::sleep(Duration::from_millis(2500));
    let ran = proxy.interrupt().assert_exit(1);
    let ran = ran.assert_stdout("VIOLATED by the server: tcp-closed-after-handshake");
    ran.assert_stdout("verdict: FAIL: 2 connections; the client violated rules in 0, the server in 1")
        .assert_stdout("wrote ");
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&json).expect("a report")).expect("JSON");
    let connections = report["files"][0]["connections"].as_array().expect("the connections");
    let rules: Vec<&str> = connections
        .iter()
        .flat_map(|connection| connection["violations"].as_array().expect("violations"))
        .filter_map(|violation| violation["rule"].as_str())
        .collect();
    assert_eq!(
        (connections.len(), rules),
        (2, vec!["tcp-closed-after-handshake", "server-closes-tcp-at-once"])
    );
}

#[test]
fn two_hundred_connections_at_a_time() {
    let model = ModelServer::start();
    let mut proxy = proxy(model.url(), &[]);
    let open: Vec<TcpStream> = (0..200).map(|_| open(&proxy)).collect();
    for tcp in open {
        assert_eq!(close(tcp), [0x88, 2, 0x03, 0xe8]);
    }
    for _ in 0..200 {
        proxy.read_until("What the APIs");
    }
    proxy.interrupt().assert_exit(0).assert_stdout("verdict: PASS: 200 connections; the client violated");
}

#[test]
fn long_connections_pass_unchanged_in_bounded_memory() {
    const MESSAGES: usize = 1600;
    let message = |number: usize| {
        let mut octets = vec![0x82, 0x7e, 0xff, 0xff];
        octets.extend((0..0xffff_usize).map(|at| (at * 31 + number) as u8));
        octets
    };
    let (url, thread) = server(move |mut tcp| {
        for number in 0..MESSAGES {
            tcp.write_all(&message(number)).expect("a sent message");
        }
        tcp.write_all(&[0x88, 2, 0x03, 0xe8]).expect("a sent Close");
        assert_eq!(read_all(&mut tcp), CLOSE);
    });
    let mut proxy = proxy(&url, &[]);
    let mut tcp = open(&proxy);
    let mut received = vec![0; message(0).len()];
    for number in 0..MESSAGES {
        tcp.read_exact(&mut received).expect("a message");
        assert!(received == message(number), "message {number} has changed");
    }
    tcp.read_exact(&mut received[..4]).expect("a Close");
    tcp.write_all(&CLOSE).expect("a sent Close");
    tcp.shutdown(Shutdown::Write).expect("a FIN");
    read_all(&mut tcp);
    thread.join().expect("a server");
    proxy.read_until("The proxy keeps the beginning and the end");
    // 100 MiB passed.
    let memory = proxy.peak_memory_kib();
    assert!(memory < 60 << 10, "{memory} KiB");
    proxy.interrupt().assert_exit(0);
}

/// Passes a request of another protocol and its response on. Returns what the proxy reports.
fn pass(request: &'static [u8], response: &'static [u8]) -> RunOutput {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    let thread = thread::spawn(move || {
        let (mut tcp, _) = listener.accept().expect("a connection");
        assert_eq!(read_all(&mut tcp), request);
        tcp.write_all(response).expect("a response");
    });
    let proxy = proxy(&url, &[]);
    let address = proxy.url().trim_start_matches("ws://").trim_end_matches('/').to_owned();
    let mut tcp = TcpStream::connect(address).expect("a connection");
    tcp.write_all(request).expect("a request");
    tcp.shutdown(Shutdown::Write).expect("a FIN");
    assert_eq!(read_all(&mut tcp), response);
    thread.join().expect("a server");
    drop(tcp);
    thread::sleep(Duration::from_millis(200));
    proxy.interrupt()
}

#[test]
fn other_protocols_pass_unjudged() {
    pass(b"GET / HTTP/1.0\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\nhello")
        .assert_exit(3)
        .assert_stderr("1 connection passed unjudged, without a request for WebSocket");
    // The records of a TLS handshake.
    pass(&[0x16, 3, 1, 0, 2, 1, 0], &[0x16, 3, 3, 0, 2, 2, 0])
        .assert_exit(3)
        .assert_stderr("1 connection passed unjudged, encrypted by TLS");
}

#[test]
fn redacted_report_has_no_host_and_no_message() {
    let model = ModelServer::start();
    let folder = Folder::new();
    let json = folder.path().join("report.json");
    let mut proxy = proxy(model.url(), &["--redact", "--verbose", "--json", json.to_str().expect("a path")]);
    let mut tcp = open(&proxy);
    tcp.write_all(&[0x81, 0x86, 0, 0, 0, 0]).expect("a header");
    tcp.write_all(b"secret").expect("a message");
    close(tcp);
    let mut text = proxy.read_until("TEXT");
    let ran = proxy.interrupt().assert_exit(0);
    text.push_str(&ran.out.replace(json.to_str().expect("a path"), ""));
    let report = std::fs::read_to_string(&json).expect("a report");
    for text in [text, report] {
        assert!(text.contains("REDACTED"), "{text}");
        for secret in ["127.0.0.1", "chat", "secret"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[test]
fn recording_is_judged_alike() {
    let model = ModelServer::start_with(&["--fault", "close-of-126"]);
    let folder = Folder::new();
    let path = |name: &str| folder.path().join(name).to_str().expect("a path").to_owned();
    let (json, pcap) = (path("proxy.json"), path("proxy.pcapng"));
    let mut proxy = proxy(model.url(), &["--json", &json, "--pcap", &pcap]);
    close(open(&proxy));
    proxy.read_until("VIOLATED by the server: close-at-most-125");
    let checked = wsclose(&["check", proxy.url(), "--case", "closing_handshake/close-[a-m]*"]);
    checked.assert_exit(1);
    proxy.interrupt().assert_exit(1).assert_stdout("proxy.pcapng");
    folder.wsclose(&["judge", "proxy.pcapng", "--json", "judge.json"]).assert_exit(1);
    let violations = |name: &str| {
        let report: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path(name)).expect("a report")).expect("JSON");
        let connections = report["files"][0]["connections"].as_array().expect("the connections");
        let mut violations: Vec<(String, String, String)> = connections
            .iter()
            .flat_map(|connection| {
                let violations = connection["violations"].as_array().expect("violations");
                violations.iter().map(|violation| {
                    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
                    (text(&connection["client"]), text(&violation["side"]), text(&violation["rule"]))
                })
            })
            .collect();
        violations.sort();
        violations
    };
    assert!(violations("proxy.json").len() > 20);
    assert_eq!(violations("proxy.json"), violations("judge.json"));
}

#[test]
fn command_line_says_what_works() {
    for (args, why) in [
        (&["--to", "wss://localhost/"][..], "TLS terminator"),
        (&["--to", "ws://localhost:1/chat"], "the path `/chat`"),
        (&["--to", "ws://localhost:1/", "--listen", "0.0.0.0:0"], "--allow-remote"),
        (&["--to", "ws://localhost:1/", "--json", "."], "is a folder"),
        (&["--to", "ws://localhost:1/", "--redact", "--pcap", "a.pcapng"], "cannot be used with"),
        (&["--to", "ws://localhost:1/", "--json", "a", "--pcap", "./a"], "two outputs have this path"),
        (&[], "--to <URL>"),
    ] {
        wsclose(&[&["proxy"], args].concat()).assert_exit(2).assert_stderr(why);
    }
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    wsclose(&["proxy", "--to", "ws://localhost:1/", "--listen", &address])
        .assert_exit(3)
        .assert_stderr(&address);
}

#[test]
fn idle_proxy_says_that_no_client_connected() {
    let begun = Instant::now();
    let proxy = proxy("ws://127.0.0.1:1/", &[]);
    proxy.interrupt().assert_exit(3).assert_stderr("expected a client to connect, found none");
    assert!(begun.elapsed() < Duration::from_secs(10));
}
