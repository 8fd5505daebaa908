//! Tests `wsclose judge`: the answer, exit codes, bad input, reports and scripts.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests read and write files")]

mod support;

use serde_json::Value;
use support::{Folder, wsclose};

/// A recording of a test of wsclose-capture.
fn recording(name: &str) -> String {
    format!("{}/../capture/tests/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_answer_comes_first_and_names_the_side() {
    let ran = wsclose(&["judge", &recording("situations/08-1005-sent-back.txt")])
        .assert_exit(1)
        .assert_stdout("VIOLATED by the server: code-not-local-only (must, RFC 6455 §7.4.1)")
        .assert_stdout("the client 1006, not clean")
        .assert_stdout("<-- code-not-local-only")
        .assert_stdout("verdict: FAIL: 1 connection; the client violated rules in 0, the server in 1");
    let answer = ran.out.find("The client sent Close without a code").expect("the answer");
    assert!(answer < ran.out.find("VIOLATED").expect("the violation"), "{}", ran.out);
    wsclose(&["judge", &recording("situations/12-sixty-seconds.txt")])
        .assert_exit(0)
        .assert_stdout("TCP ended after 60.0 s of silence: an idle timeout on the server's side");
    // A violation of level should fails a strict run only.
    let second = recording("situations/01-second-close.txt");
    wsclose(&["judge", &second]).assert_exit(0);
    wsclose(&["judge", &second, "--strict"]).assert_exit(1);
}

#[test]
fn a_capture_of_tcpdump_is_judged() {
    let ran = wsclose(&["judge", &recording("pcap/data/loopback-ipv4.pcap")]).assert_stdout("verdict: ");
    assert!(ran.out.contains("connection 1: client 127.0.0.1:"), "{}", ran.out);
    // Without a violation, the frames are printed on request only.
    let brief = wsclose(&["judge", &recording("situations/13-close-in-two-segments.txt")]);
    assert!(!brief.assert_exit(0).out.contains("CLOSE 1000"));
    wsclose(&["judge", &recording("situations/13-close-in-two-segments.txt"), "--verbose"])
        .assert_exit(0)
        .assert_stdout(">  CLOSE 1000");
}

#[test]
fn what_cannot_be_judged_is_said() {
    let folder = Folder::new();
    let file = |name: &str, octets: &[u8]| {
        folder.file(name, octets);
        folder.wsclose(&["judge", name])
    };
    file("empty", b"").assert_exit(3).assert_stderr("found an empty file");
    file("image.png", b"\x89PNG\r\n").assert_exit(3).assert_stderr("expected a packet capture");
    file("a.har", br#"{"log": {"version": "1.2", "entries": []}}"#)
        .assert_exit(3)
        .assert_stderr("no control frames");
    file("typo.txt", b"wsclose recording 1\n> 88 8\n").assert_exit(3).assert_stderr("line 2, column");
    folder.wsclose(&["judge", "missing"]).assert_exit(3).assert_stderr("missing: cannot read the file");
    folder.wsclose(&["judge"]).assert_exit(2);
    // What stands before the end of a file that was cut off is judged.
    let capture = std::fs::read(recording("pcap/data/loopback-ipv4.pcap")).expect("a capture");
    file("cut.pcap", &capture[..capture.len() / 2]).assert_stdout("connection 1: ");
    let http = b"wsclose recording 1\n> \"GET / HTTP/1.1\\r\\n\\r\\n\"\n< \"HTTP/1.1 200 OK\\r\\n\\r\\n\"\n";
    file("http.txt", http)
        .assert_exit(3)
        .assert_stderr("expected a WebSocket connection, found 1 connection and no WebSocket in it");
}

#[test]
fn an_encrypted_connection_needs_keys_and_tshark() {
    let capture = recording("data/packets_tls.pcap");
    wsclose(&["judge", &capture]).assert_exit(3).assert_stderr("1 connection encrypted; --keylog FILE");
    let ran = wsclose(&["judge", &capture, "--keylog", &recording("data/packets_tls.keys"), "--verbose"]);
    let is_installed = std::process::Command::new("tshark").arg("--version").output().is_ok();
    if !is_installed {
        ran.assert_exit(3).assert_stderr("install it");
        return;
    }
    ran.assert_exit(0)
        .assert_stdout("The client sent Close 1000 \"done\" (packet 16, 0.015 s).")
        .assert_stdout("<  close_notify")
        .assert_stdout(">  TEXT \"hello\" masked");
    // The keys of another connection decrypt nothing.
    let folder = Folder::new();
    folder.file("other.keys", "CLIENT_RANDOM 00 00\n");
    folder
        .wsclose(&["judge", &capture, "--keylog", "other.keys"])
        .assert_exit(3)
        .assert_stderr("the keys of 1 connection are missing");
}

#[test]
fn json_has_the_violations_and_redacts() {
    let folder = Folder::new();
    let secret = "wsclose recording 1\nconnection client 192.0.2.7:50000 server 192.0.2.8:80\n\
                  > \"GET /chat?token=secret HTTP/1.1\\r\\nUpgrade: websocket\\r\\n\\r\\n\"\n\
                  < \"HTTP/1.1 101 S\\r\\n\\r\\n\"\n\
                  > 81 06 \"secret\"\n";
    folder.file("a.txt", secret);
    folder.wsclose(&["judge", "a.txt", "--json", "a.json"]).assert_exit(1).assert_stdout("secret");
    let ran = folder.wsclose(&["judge", "a.txt", "--json", "b.json", "--redact"]).assert_exit(1);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("a report");
    for text in [ran.out, read("b.json")] {
        assert!(!text.contains("secret") && !text.contains("192.0.2"), "{text}");
    }
    folder.file("hostile.txt", secret.replace("/chat?token=secret", "/<script>"));
    folder.wsclose(&["judge", "hostile.txt", "--html", "a.html"]).assert_exit(1);
    let page = read("a.html");
    assert!(page.contains("client-masks by the client") && !page.contains("<script>"), "{page}");
    folder.wsclose(&["judge", "a.txt", "--json", "x", "--html", "x"]).assert_exit(2);
    let report: Value = serde_json::from_str(&read("a.json")).expect("JSON");
    support::schema::assert_valid_judgement(&report);
    assert_eq!(report["schema"], "wsclose-judge/1");
    assert_eq!(report["verdict"], "FAIL");
    let violation = &report["files"][0]["connections"][0]["violations"][0];
    assert_eq!((&violation["side"], &violation["rule"]), (&"client".into(), &"client-masks".into()));
}

#[test]
fn a_connection_becomes_a_script() {
    let folder = Folder::new();
    let script = |name: &str, args: &[&str]| {
        let path = recording(&format!("situations/{name}.txt"));
        let ran = wsclose(&[&["judge", path.as_str(), "--to-script", "1"], args].concat()).assert_exit(0);
        folder.file("a.ws", &ran.out);
        folder.wsclose(&["replay", "a.ws", "--subject", "model"]).assert_exit(0);
        ran.out
    };
    assert_eq!(script("08-1005-sent-back", &[]), "wsclose 1\nrole server\n> close\n> fin\n");
    let client = script("08-1005-sent-back", &["--role", "client"]);
    assert_eq!(client, "wsclose 1\nrole client\napp close\n> close 1005\n> fin\n");
    assert!(script("13-close-in-two-segments", &[]).contains("> octets 8882 37fa\n"));
    script("05-long-reason", &[]);
    // The script shows the mistake in another endpoint that makes it.
    folder.file("a.ws", script("08-1005-sent-back", &[]));
    folder.wsclose(&["replay", "a.ws", "--subject", "fault:echoes-no-status"]).assert_exit(1);
    let path = recording("situations/08-1005-sent-back.txt");
    wsclose(&["judge", &path, "--to-script", "2"]).assert_exit(2).assert_stderr("from 1 to 1, found 2");
}

#[test]
fn options_select_connections() {
    let proxied = recording("situations/09-proxy-sends-1006.txt");
    wsclose(&["judge", &proxied]).assert_exit(1).assert_stdout("2 connections");
    wsclose(&["judge", &proxied, "--port", "443"]).assert_exit(0).assert_stdout("1 connection;");
    wsclose(&["judge", &proxied, "--host", "192.0.2.3"]).assert_exit(1).assert_stdout("1 connection;");
    wsclose(&["judge", &proxied, "--host", "other"]).assert_exit(3);
}
