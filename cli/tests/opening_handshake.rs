//! Tests what `check` says when the opening handshake fails: the next step, the first line of the body, and no secret.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests open sockets and write files")]

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

use support::bad_servers::ModelServer;
use support::{Folder, RunOutput, wsclose};

/// A server that answers each request with `response`, and closes TCP. Returns its address, and the requests.
fn server(response: &'static str) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        for tcp in listener.incoming() {
            let request = tcp.and_then(|tcp| answer(tcp, response)).unwrap_or_default();
            // The test may have ended.
            let _ = sender.send(request);
        }
    });
    (address, requests)
}

fn answer(mut tcp: TcpStream, response: &str) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        tcp.read_exact(&mut octet)?;
        head.extend(octet);
    }
    // The body comes in a segment of its own.
    let (head_of_response, body) = response.split_once("\r\n\r\n").unwrap_or((response, ""));
    tcp.write_all(format!("{head_of_response}\r\n\r\n").as_bytes())?;
    std::thread::sleep(std::time::Duration::from_millis(20));
    tcp.write_all(body.as_bytes())?;
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn check(url: &str, more: &[&str]) -> RunOutput {
    wsclose(&[&["check", url, "--case", "liveness"], more].concat())
}

#[test]
fn refusals_have_the_next_step_and_the_first_line_of_the_body() {
    for (response, error, step) in [
        (
            "HTTP/1.1 401 Unauthorized\r\nContent-Length: 17\r\n\r\nmissing token\nabc",
            "found 401 Unauthorized: missing token\n",
            "next: add credentials, as in --header 'Authorization: ",
        ),
        (
            "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\nc\r\nwrong\x1borigin\r\n0\r\n\r\n",
            "found 403 Forbidden: wrong\u{fffd}origin\n",
            "next: add the header fields that the server expects, as in --header 'Origin: ",
        ),
        (
            "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n\r\n{\"error\": \"no subprotocol\"}",
            "found 400 Bad Request: {\"error\": \"no subprotocol\"}\n",
            "next: if the server expects a subprotocol, offer it with --subprotocol",
        ),
        (
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n<html><body>Not Found",
            "found 404 Not Found\n",
            "next: check the path of the URL",
        ),
        (
            "HTTP/1.1 308 Permanent Redirect\r\nLocation: wss://user:secret@host/ws\r\n\r\n",
            "found 308 Permanent Redirect, which points to wss://REDACTED@host/ws\n",
            "next: use the URL that the response names",
        ),
        ("\u{15}\u{3}\u{3}\0\u{2}\u{2}(", "expected an HTTP/1.1 answer, found TLS\n", "next: use wss://"),
        ("SSH-2.0-x", "expected an HTTP/1.1 answer, found \"SSH-2.0-x", "next: check the port of the URL"),
    ] {
        let (address, _) = server(response);
        check(&format!("ws://{address}/chat"), &[])
            .assert_exit(3)
            .assert_stderr(&format!("could not test ws://{address}/chat: the opening handshake failed: "))
            .assert_stderr(error)
            .assert_stderr(step);
    }
}

#[test]
fn wrong_urls_have_the_next_step() {
    for (url, error) in [
        ("127.0.0.1:9001", "found `127.0.0.1:9001`; did you mean `ws://127.0.0.1:9001`?"),
        ("localhost:9001", "found `localhost:9001`; did you mean `ws://localhost:9001`?"),
        ("http://127.0.0.1:9001/", "did you mean `ws://127.0.0.1:9001/`?"),
        ("https://127.0.0.1:9001/", "did you mean `wss://127.0.0.1:9001/`?"),
        ("ws://127.0.0.1:{port}/", "stands for the port of a server that the check starts (option --exec)"),
        ("ws://127.0.0.1:9001/#top", "a URL without a fragment (RFC 6455 §3), found `#top`; leave it out"),
    ] {
        check(url, &[]).assert_exit(2).assert_stderr(error);
    }
    // A wrong URL is found before the server starts.
    let ran = check("http://127.0.0.1:{port}/", &["--exec", "echo {port} > started"]).assert_exit(2);
    ran.assert_stderr("did you mean `ws://127.0.0.1:");
    assert!(!std::path::Path::new("started").exists());
}

#[test]
fn wrong_addresses_have_the_next_step() {
    for command in [&["serve", "--exec", "true {url}"][..], &["serve"], &["echo"]] {
        wsclose(&[command, &["--listen", "0.0.0.0:0"]].concat())
            .assert_exit(2)
            .assert_stderr("expected an address that this machine alone can reach, such as 127.0.0.1:0, found 0.0.0.0:0;")
            .assert_stderr("; to permit it, add --allow-remote\n");
        wsclose(&[command, &["--listen", "localhost:9001"]].concat())
            .assert_exit(2)
            .assert_stderr("expected an address and a port such as 127.0.0.1:9001, found `localhost:9001`");
    }
    check("ws://192.0.2.1/", &[])
        .assert_exit(2)
        .assert_stderr(
            "expected a server on this machine, found 192.0.2.1:80; a test of another one needs the consent",
        )
        .assert_stderr("; to permit it, add --allow-remote\n");
    check("ws://127.0.0.1:{port}/", &["--exec", "true"])
        .assert_exit(2)
        .assert_stderr("expected `{port}` in the command `true`, in place of the port, found none");
}

#[test]
fn connections_that_fail_have_the_next_step() {
    let url = format!("ws://127.0.0.1:{}/", support::free_port());
    check(&url, &[]).assert_exit(3).assert_stderr("refused").assert_stderr("next: start the server first");
    let plain = ModelServer::start();
    let url = plain.url().replace("ws://", "wss://");
    check(&url, &[]).assert_exit(3).assert_stderr("next: if the server does not use TLS, use ws://");
}

#[test]
fn credentials_are_sent_and_never_printed() {
    let folder = Folder::new();
    // The server repeats what it received.
    let response = "HTTP/1.1 401 Unauthorized\r\nX-Reason: c2VjcmV0\r\n\r\nno user for Basic YWxpY2U6c2VjcmV0, hunter22\n";
    let (address, requests) = server(response);
    let paths = ["json", "junit", "markdown", "html", "sarif"].map(|format| (format!("--{format}"), format));
    let mut args =
        vec!["check".to_owned(), format!("ws://alice:secret@{address}/"), "--case=liveness".to_owned()];
    args.extend(["--header", "Cookie: hunter22", "--autobahn-index", "index"].map(str::to_owned));
    args.extend(paths.iter().flat_map(|(option, format)| [option.clone(), format!("report.{format}")]));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let ran = folder.wsclose(&args).assert_exit(3).assert_stderr("no user for REDACTED, REDACTED\n");
    let request = requests.recv().expect("a request");
    assert!(request.contains("\r\nAuthorization: Basic YWxpY2U6c2VjcmV0\r\n"), "{request}");
    assert!(request.contains("\r\nCookie: hunter22\r\n"), "{request}");
    let files = folder.files();
    assert_eq!(files.len(), 7, "{files:?}");
    let shown = files.iter().map(|(name, text)| (name.as_str(), String::from_utf8_lossy(text).into_owned()));
    for (name, text) in shown.chain([("standard output", ran.out), ("standard error", ran.err)]) {
        for secret in ["alice", "secret", "YWxpY2U6c2VjcmV0", "hunter22"] {
            assert!(!text.contains(secret), "{name} has {secret}: {text}");
        }
    }
}

#[test]
fn credentials_are_in_no_report_of_a_run() {
    let (folder, model) = (Folder::new(), ModelServer::start_with(&["--fault", "replies-swapped-code"]));
    let url = model.url().replace("ws://", "ws://alice:secret@");
    let mut args = vec!["check", url.as_str(), "--case", "code-received/1000", "--verbose"];
    args.extend(["--header", "Cookie: session=hunter22", "--header", "X-Key: hunter23"]);
    args.extend(["--json", "a", "--junit", "b", "--markdown", "c", "--html", "d", "--sarif", "e"]);
    args.extend(["--autobahn-index", "index"]);
    let ran = folder.wsclose(&args).assert_exit(1);
    ran.out.contains("ws://REDACTED@127.0.0.1").then_some(()).expect("the redacted URL");
    let mut reproduced = 0;
    let texts = folder.files();
    let texts = texts.iter().map(|(name, text)| (name.as_str(), String::from_utf8_lossy(text).into_owned()));
    for (name, text) in texts.chain([("standard output", ran.out), ("standard error", ran.err)]) {
        reproduced += usize::from(text.contains("Cookie: REDACTED"));
        for secret in ["alice", "secret", "hunter22", "hunter23", "YWxpY2U6c2VjcmV0"] {
            assert!(!text.contains(secret), "{name} has {secret}");
        }
    }
    assert!(reproduced >= 5, "{reproduced} reports have the command that reproduces a finding");
}
