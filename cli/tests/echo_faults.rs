//! Tests `wsclose echo --fault` over real sockets: `check` and `serve` find each of these faults by its own rule.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests start processes")]

mod support;

use std::path::Path;

use ::wsclose::model::faults::Fault;
use support::{RunOutput, wsclose};

const WSCLOSE: &str = env!("CARGO_BIN_EXE_wsclose");

/// Checks the model with this fault as a server, in the cases of these names.
fn check(fault: &str, cases: &[&str]) -> RunOutput {
    let exec = format!("exec '{WSCLOSE}' echo --listen 127.0.0.1:{{port}} --fault {fault}");
    let options = ["--strict", "--close-command", "--server-reports-close"];
    let cases: Vec<&str> = cases.iter().flat_map(|case| ["--case", case]).collect();
    wsclose(&[&["check", "ws://127.0.0.1:{port}/", "--exec", &exec], &options[..], &cases].concat())
}

/// Checks the model with this fault as a client, in the cases of these names.
fn serve(fault: &str, cases: &[&str]) -> RunOutput {
    let exec = format!("exec '{WSCLOSE}' echo --connect - --fault {fault}");
    let options = ["--strict", "--close-command", "--client-reports-close"];
    let cases: Vec<&str> = cases.iter().flat_map(|case| ["--case", case]).collect();
    wsclose(&[&["serve", "--exec-stdin", &exec], &options[..], &cases].concat())
}

/// The rules that fail, in the order of the catalogue.
fn failing(ran: &RunOutput) -> Vec<&str> {
    ran.out.lines().filter_map(|line| line.strip_prefix("FAIL  ")?.split_whitespace().next()).collect()
}

/// Asserts that the run finds the fault by the rule that the fault violates, and by no other.
#[track_caller]
fn assert_found(fault: Fault, ran: &RunOutput) {
    assert_eq!((failing(ran), ran.code), (vec![fault.rule().id()], Some(1)), "{fault:?}: {ran:#?}");
}

#[test]
fn faults_of_a_server_are_found_by_their_rules() {
    for (fault, case) in [
        (Fault::CloseOf126, "code-received/1000"),
        (Fault::ResetsTcp, "code-received/1000"),
        (Fault::ServerMasks, "code-received/1000"),
        (Fault::ReplacesRequestedCode, "code-asked/3000"),
        (Fault::ReportsNoReason, "closing_handshake/reason-nul"),
        (Fault::ClosesTcpLate, "code-received/1000"),
        (Fault::FailsInSilence, "closing_handshake/close-rsv2"),
        (Fault::IgnoresEof, "closing_handshake/eof-in-message"),
        (Fault::LeavesDataUnread, "closing_handshake/close-then-flood"),
    ] {
        assert_found(fault, &check(fault.slug(), &[case]));
    }
}

#[test]
fn faults_of_a_client_are_found_by_their_rules() {
    for (fault, case) in [
        (Fault::CloseOf126, "code-received/1000"),
        (Fault::KeyZero, "closing_handshake/mask-keys-sixteen"),
        (Fault::TakesMasked, "closing_handshake/close-masked-to-client"),
        (Fault::PanicsOnOneByte, "closing_handshake/close-one-byte"),
        (Fault::SpinsOnEmptyClose, "ending/empty-close-and-reset"),
    ] {
        assert_found(fault, &serve(fault.slug(), &[case]));
    }
}

#[test]
fn crash_ends_the_process() {
    let ran = check("panics-on-one-byte", &["closing_handshake/close-one-byte"]);
    assert_found(Fault::PanicsOnOneByte, &ran);
    assert!(ran.out.contains("the model crashed, as its fault says"), "{ran:#?}");
    let ran = check("allocates-the-claim", &["closing_handshake/binary-length-top-bit"]);
    assert!(
        ran.out.contains("last output: wsclose: the model crashed, as its fault says: could not allocate ")
    );
}

#[test]
fn tls_is_cut_without_close_notify() {
    let file = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../live/tests/support");
        folder.join(name).to_str().expect("a path").to_owned()
    };
    let (cert, key) = (file("localhost.pem"), file("localhost.key.pem"));
    let check = |fault: &str| {
        let exec = format!(
            "exec '{WSCLOSE}' echo --listen 127.0.0.1:{{port}} --cert '{cert}' --key '{key}' {fault}"
        );
        let url = "wss://localhost:{port}/";
        wsclose(&["check", url, "--ca", &cert, "--exec", &exec, "--strict", "--case", "code-received/100?"])
    };
    assert_found(Fault::CutsTls, &check("--fault cuts-tls"));
    assert_eq!(failing(&check("").assert_exit(0)), [""; 0]);
}

#[test]
fn unknown_fault_is_answered_with_similar_names() {
    let unknown = wsclose(&["echo", "--listen", "127.0.0.1:0", "--fault", "never-answer"]).assert_exit(2);
    let unknown = unknown.assert_stderr(
        "expected a fault of the model, found `never-answer`; did you mean `never-answers` or ",
    );
    unknown.assert_stderr("`wsclose echo --list-faults` lists them");
    wsclose(&["replay", ".", "--subject", "fault:close-with-fin"])
        .assert_exit(2)
        .assert_stderr("found `close-with-fin`; did you mean `")
        .assert_stderr("`close-without-fin`");
    wsclose(&["echo", "--fault", "never-answers"]).assert_exit(2).assert_stderr("--listen");
}

#[test]
fn list_has_every_fault_in_80_columns() {
    let list = wsclose(&["echo", "--list-faults"]).assert_exit(0);
    let lines: Vec<&str> = list.out.lines().collect();
    for fault in Fault::ALL {
        let role = fault.role().map(|role| format!("  {role}")).unwrap_or_default();
        let head = format!("{}  {}{role}", fault.slug(), fault.rule());
        let at = lines.iter().position(|line| *line == head).unwrap_or_else(|| panic!("no line `{head}`"));
        let text = lines[at + 1..].iter().take_while(|line| line.starts_with("    "));
        let sentence = text.map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        assert_eq!(sentence, fault.description());
    }
    assert!(lines.contains(&"takes-masked  client-rejects-masked  client"), "{list:#?}");
    assert_eq!(lines.iter().filter(|line| line.chars().count() > 80).collect::<Vec<_>>(), [&""; 0]);
    wsclose(&["echo", "--help"])
        .assert_exit(0)
        .assert_stdout("--fault <NAME>")
        .assert_stdout("--list-faults");
}

/// Each of these cases ends the server. The harness starts a server again at most sixty times, and keeps some of these
/// starts to confirm what it saw.
#[test]
fn server_that_exits_again_and_again_fails() {
    check("panics-on-bad-utf8", &["reason-received/*"])
        .assert_exit(1)
        .assert_stdout("FAIL          no-panic")
        .assert_stdout("cases were left out because the server ended too often");
}

/// The server sends its second Close only if the answer to the first comes after a silence that is shorter than its timeout.
/// The re-run waits for longer than that.
#[test]
fn frame_that_only_short_waits_show_is_confirmed() {
    check("forgets-its-close", &["waiting/own-close-answered-late"])
        .assert_exit(1)
        .assert_stdout("FAIL          one-close");
}
