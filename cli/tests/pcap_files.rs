//! Tests `--pcap`: `wsclose judge` finds in the packets of a run what the run found.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests read files and start processes"
)]

mod support;

use std::collections::BTreeSet;

use ::wsclose::rules::Rule;
use serde_json::Value;
use support::{Folder, RunOutput};
use wsclose_capture::undecided::why_undecided;

const WSCLOSE: &str = env!("CARGO_BIN_EXE_wsclose");

type Rules = BTreeSet<String>;

/// The connections that `wsclose judge` finds in a file of the folder.
fn judged(folder: &Folder, file: &str) -> Vec<Value> {
    folder.wsclose(&["judge", file, "--json", "judged.json", "--strict"]);
    let report: Value = json(folder, "judged.json");
    report["files"][0]["connections"].as_array().expect("connections").clone()
}

fn json(folder: &Folder, name: &str) -> Value {
    let text = std::fs::read(folder.path().join(name)).expect("a report");
    serde_json::from_slice(&text).expect("JSON")
}

/// The rules that a side violates in any of these connections.
fn violated_by(side: &str, connections: &[Value]) -> Rules {
    let violations =
        connections.iter().flat_map(|connection| connection["violations"].as_array().expect("a list"));
    let of_side = violations.filter(|violation| violation["side"] == side);
    of_side.map(|violation| violation["rule"].as_str().expect("a rule").to_owned()).collect()
}

/// The rules that a run of `check` or `serve` found violated, as far as recordings decide them.
fn found_by_run(folder: &Folder, name: &str) -> Rules {
    let report = json(folder, name);
    let rules = report["rules"].as_array().expect("rules").iter();
    let violated = rules.filter(|rule| rule["violated"].as_u64() > Some(0));
    let ids: Rules = violated.map(|rule| rule["id"].as_str().expect("an id").to_owned()).collect();
    ids.into_iter().filter(|id| is_decided(id)).collect()
}

/// Whether a recording may decide the rule.
fn is_decided(id: &str) -> bool {
    let rule = Rule::ALL.into_iter().find(|rule| rule.id() == id).expect("a rule");
    why_undecided(rule).is_none()
}

/// Checks the model with this fault as a server, in the cases of these names.
fn check(folder: &Folder, fault: &str, cases: &[&str]) -> RunOutput {
    let exec = format!("exec '{WSCLOSE}' echo --listen 127.0.0.1:{{port}} --fault {fault}");
    let reports = ["--close-command", "--json", "run.json", "--pcap", "run.pcapng"];
    let cases: Vec<&str> = cases.iter().flat_map(|case| ["--case", case]).collect();
    folder.wsclose(&[&["check", "ws://127.0.0.1:{port}/", "--exec", &exec], &reports[..], &cases].concat())
}

/// Checks the model with this fault as a client, in the cases of these names.
fn serve(folder: &Folder, fault: &str, cases: &[&str]) -> RunOutput {
    let exec = format!("exec '{WSCLOSE}' echo --connect - --fault {fault}");
    let reports = ["--close-command", "--json", "run.json", "--pcap", "run.pcapng"];
    let cases: Vec<&str> = cases.iter().flat_map(|case| ["--case", case]).collect();
    folder.wsclose(&[&["serve", "--exec-stdin", &exec], &reports[..], &cases].concat())
}

/// What a run finds and its packets leave open, with the reason.
const LESS: [(&str, &str); 1] =
    [("accepts-library-and-private-codes", "the missing reply may have another cause")];

/// Asserts that the packets show the rule that the fault violates, and whatever else the run found.
#[track_caller]
fn assert_shown(fault: &str, rule: &str, side: &str, folder: &Folder) {
    let connections = judged(folder, "run.pcapng");
    let (found, shown) = (found_by_run(folder, "run.json"), violated_by(side, &connections));
    assert!(shown.contains(rule), "{fault}: {shown:?}");
    assert!(shown.is_subset(&found), "{fault}: {shown:?}, and the run found {found:?}");
    let missing: Vec<&String> = found.difference(&shown).collect();
    let is_listed = |id: &&String| LESS.iter().any(|(listed, _)| listed == id);
    assert!(missing.iter().all(is_listed), "{fault}: the run also found {missing:?}");
}

#[test]
fn packets_of_a_check_show_what_it_found() {
    let folder = Folder::new();
    for (fault, case, rule) in [
        ("close-of-126", "code-received/1000", "close-at-most-125"),
        ("resets-tcp", "code-received/1000", "tcp-closed-cleanly"),
        ("server-masks", "code-received/1000", "server-does-not-mask"),
        ("never-answers", "code-received/1000", "close-answered"),
        ("fails-in-silence", "closing_handshake/close-rsv2", "fail-sends-close"),
        ("ignores-eof", "closing_handshake/eof-in-message", "server-ends-on-eof"),
    ] {
        check(&folder, fault, &[case]).assert_stdout("wrote run.pcapng");
        assert_shown(fault, rule, "server", &folder);
    }
}

#[test]
fn packets_of_serve_show_what_it_found() {
    let folder = Folder::new();
    for (fault, case, rule) in [
        ("close-of-126", "code-received/1000", "close-at-most-125"),
        ("takes-masked", "closing_handshake/close-masked-to-client", "client-rejects-masked"),
        ("never-answers", "code-received/1000", "close-answered"),
    ] {
        serve(&folder, fault, &[case]).assert_stdout("wrote run.pcapng");
        assert_shown(fault, rule, "client", &folder);
    }
}

#[test]
fn packets_of_the_model_accuse_nobody() {
    let folder = Folder::new();
    let exec = format!("exec '{WSCLOSE}' echo --listen 127.0.0.1:{{port}}");
    let args = ["check", "ws://127.0.0.1:{port}/", "--exec", &exec, "--close-command"];
    folder.wsclose(&[&args[..], &["--pcap", "run.pcapng", "--quiet"]].concat()).assert_exit(0);
    let connections = judged(&folder, "run.pcapng");
    assert!(connections.len() > 500, "{}", connections.len());
    assert_eq!(violated_by("server", &connections), Rules::new());
    let targets: Vec<&str> = connections.iter().filter_map(|it| it["target"].as_str()).collect();
    assert_eq!(targets[0], "/?case=liveness");
    assert!(targets.contains(&"/?case=closing_handshake/close-rsv1"));
}

#[test]
fn packets_of_replay_show_what_it_found() {
    let folder = Folder::new();
    let scripts =
        ["close-empty", "close-rsv1", "close-one-byte"].map(|name| format!("closing_handshake/{name}"));
    let scripts: Vec<&str> = scripts.iter().map(String::as_str).collect();
    // A Close 1000 may also be that of the application, so packets do not show that it has the wrong code.
    for (fault, rules) in [
        ("close-of-126", &["close-at-most-125", "close-echoes-code"][..]),
        ("never-answers", &["close-answered"]),
        ("fails-in-silence", &["fail-sends-close"]),
        ("fails-with-normal", &[]),
    ] {
        let subject = format!("fault:{fault}");
        let args = ["--subject", &subject, "--role", "server", "--pcap", "run.pcapng"];
        let ran =
            folder.wsclose(&[&["replay"], &scripts[..], &args].concat()).assert_stdout("wrote run.pcapng");
        let connections = judged(&folder, "run.pcapng");
        let expected: Rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
        assert_eq!(violated_by("server", &connections), expected, "{fault}");
        for rule in rules {
            assert!(ran.out.contains(&format!("\n  {rule}  ")), "{fault}, {rule}: {}", ran.out);
        }
        // The model comes first.
        let targets: Vec<&str> = connections.iter().filter_map(|it| it["target"].as_str()).collect();
        let twice =
            scripts.iter().flat_map(|script| [format!("/?case={script}"), format!("/?case={script}")]);
        assert_eq!(targets, twice.collect::<Vec<_>>());
        let of_model: Vec<Value> = connections.iter().step_by(2).cloned().collect();
        assert_eq!(violated_by("server", &of_model), Rules::new());
    }
}

#[test]
fn replay_leaves_out_what_a_recording_does_not_show() {
    let folder = Folder::new();
    folder.file("gone.ws", "wsclose 1\nrole server\n> gone 1\nwait 2\n");
    let args = ["replay", "gone.ws", "--subject", "model", "--pcap", "run.pcapng"];
    folder
        .wsclose(&args)
        .assert_exit(0)
        .assert_stdout("left out of it: 1 connection whose peer or application stopped reading");
    folder.file("folder/file", "");
    for place in ["folder", "folder/file/report", "/proc/wsclose/report"] {
        folder.wsclose(&["replay", "gone.ws", "--subject", "model", "--pcap", place]).assert_exit(2);
    }
}

#[test]
fn packets_may_go_to_standard_output() {
    let folder = Folder::new();
    let exec = format!("exec '{WSCLOSE}' echo --listen 127.0.0.1:{{port}}");
    let args = ["check", "ws://127.0.0.1:{port}/", "--exec", &exec, "--case", "code-received/1000"];
    let ran = folder.wsclose(&[&args[..], &["--pcap", "-"]].concat()).assert_stderr("verdict: PASS");
    // The block of a section header.
    assert!(ran.out.starts_with("\n\r\r\n"), "{:?}", ran.out);
}
