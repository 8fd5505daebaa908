//! Tests `wsclose doctor` with good servers, and with programs that use a good library in a bad way. A check of such a
//! program blames its library for nothing.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::wildcard_enum_match_arm,
    reason = "tests open sockets and start processes; most programs do what the others do"
)]

#[path = "support/bad_programs.rs"]
mod bad_programs;
mod support;

use std::sync::atomic::{AtomicUsize, Ordering};

use ::wsclose::rules::{Level, Rule};
use bad_programs::BadProgram;
use serde_json::{Value, json};
use support::bad_servers::ModelServer;
use support::{Folder, RunOutput, one_line, wsclose};

fn doctor(url: &str) -> RunOutput {
    wsclose(&["doctor", url, "--close-command"])
}

#[test]
fn good_servers_are_fit() {
    let model = ModelServer::start();
    for url in [model.url(), &BadProgram::None.start()] {
        let ran = doctor(url).assert_exit(0).assert_stdout(&format!("{url}: fit to be tested\n"));
        assert_eq!(ran.out.matches("\nok ").count(), 12, "{ran:#?}");
    }
    wsclose(&["doctor", model.url()]).assert_exit(0).assert_stdout("not asked obeys close:CODE:REASON");
}

#[test]
fn each_bad_program_is_told_with_how_to_mend_it() {
    for_each_program(|program| {
        let all = BadProgram::ALL.into_iter();
        let (_, question, seen) = all.clone().find(|(other, ..)| *other == program).expect("a program");
        let ran = doctor(&program.start()).assert_exit(1);
        let answers: Vec<String> = ran.out.split("\n\n").skip(1).map(one_line).collect();
        let is_bad = |answer: &str| ["FAULT", "unclear"].iter().any(|word| answer.starts_with(word));
        let is_told = |answer: &String| {
            is_bad(answer) && answer.contains(question) && answer.contains(seen) && answer.contains(" mend: ")
        };
        assert!(answers.iter().any(is_told), "{program:?}: {ran:#?}");
        let others = answers.iter().filter(|answer| !answer.contains(question) && is_bad(answer));
        assert_eq!(others.count(), program.further_faults(), "{program:?}: {ran:#?}");
    });
}

/// Runs a test for each bad program, a few at a time, because they mostly wait.
fn for_each_program(test: impl Fn(BadProgram) + Sync) {
    let programs: Vec<BadProgram> = BadProgram::ALL.map(|(program, ..)| program).to_vec();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                while let Some(program) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    test(*program);
                }
            });
        }
    });
}

#[test]
fn unreachable_servers_and_wrong_options_are_errors() {
    let url = format!("ws://127.0.0.1:{}/", support::free_port());
    wsclose(&["doctor", &url]).assert_exit(3).assert_stderr("next: start the server first");
    wsclose(&["doctor", "127.0.0.1:1"]).assert_exit(2).assert_stderr("did you mean `ws://127.0.0.1:1`?");
    wsclose(&["doctor"]).assert_exit(2);
    wsclose(&["doctor", "ws://127.0.0.1:{port}/", "--exec", "exit 7; {port}"])
        .assert_exit(3)
        .assert_stderr("it ended");
    let exec = format!("exec {} echo --listen 127.0.0.1:{{port}}", env!("CARGO_BIN_EXE_wsclose"));
    wsclose(&["doctor", "ws://127.0.0.1:{port}/", "--exec", &exec])
        .assert_exit(0)
        .assert_stdout("ws://127.0.0.1:{port}/: fit to be tested");
}

/// The rules of level must that tungstenite violates on its own, when its application requests a Close that it should
/// refuse: see docs/findings/tungstenite.md.
const OF_THE_LIBRARY: [Rule; 3] = [Rule::CloseAtMost125, Rule::CodeIsDefined, Rule::CodeNotLocalOnly];

/// Cases with messages before a Close, Closes of both sides, and requests of the application.
const CASES: [&str; 3] =
    ["closing_handshake/close-1000*", "closing_handshake/close-local*", "closing_handshake/*text*"];

/// The rules of level must that fail in a check of a program, and its report.
fn violated(program: BadProgram) -> (Vec<String>, Value) {
    let folder = Folder::new();
    let url = program.start();
    let mut args: Vec<&str> = vec!["check", &url, "--close-command", "--jobs", "4", "--json", "run.json"];
    args.extend(CASES.iter().flat_map(|case| ["--case", case]));
    let must =
        Rule::ALL.into_iter().filter(|rule| rule.level() == Level::Must && !OF_THE_LIBRARY.contains(rule));
    args.extend(must.flat_map(|rule| ["--only", rule.id()]));
    folder.wsclose(&args);
    let files = folder.files();
    let (_, text) = files.first().expect("a report");
    let report: Value = serde_json::from_slice(text).expect("a report");
    let rules = report["rules"].as_array().expect("a list");
    let fails = rules.iter().filter(|rule| rule["status"] == "FAIL");
    (fails.map(|rule| rule["id"].as_str().expect("an id").to_owned()).collect(), report)
}

#[test]
fn faults_of_programs_are_no_findings_about_the_library() {
    let (rules, report) = violated(BadProgram::None);
    assert!(rules.is_empty(), "{report:#}");
    assert_eq!(report["notes"], json!([]), "a good program has no note");
    for_each_program(|program| {
        let (rules, report) = violated(program);
        let undecidable = program.undecidable();
        let accused: Vec<&String> =
            rules.iter().filter(|rule| !undecidable.contains(&rule.as_str())).collect();
        assert!(accused.is_empty(), "{program:?}: {accused:?} {report:#}");
    });
}

#[test]
fn a_check_is_examined_if_it_has_the_time() {
    let url = BadProgram::EchoesTwice.start();
    let check = |timeout| wsclose(&["check", &url, "--case", "code-received/1000", "--timeout", timeout]);
    check("30").assert_stdout("the program of the server may distort results: echoes a text twice");
    assert!(!check("1").out.contains("may distort results"));
}

#[test]
fn a_greeting_that_crosses_a_close_is_no_violation() {
    let url = BadProgram::GreetsOnConnect.start();
    let rule = "no-new-message-after-peer-close";
    // In one connection of about eight, the Close is sent first.
    let ran = wsclose(&["check", &url, "--case", "code-received/*", "--only", rule, "--verbose"]);
    let ran = ran.assert_exit(0).assert_stdout(rule);
    assert!(!ran.out.contains("began a message"), "{ran:#?}");
}
