//! Tests `wsclose check` with slow servers: the same violations are found as without the delay, and no others.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests read files and open sockets")]

mod support;

use std::time::Duration;

use serde_json::Value;
use support::bad_servers::{BadServer, ModelServer, serve};
use support::delaying_proxy::{Delay, delay};
use support::{Folder, wsclose};

/// A few cases of each kind: lawful and unlawful codes, reasons and frames.
const CASES: [&str; 6] = [
    "code-received/100?",
    "closing_handshake/reason-*",
    "*/close-r*",
    "*/close-unmasked",
    "*/cut-close",
    "*/opcode-*",
];

/// The delays, of which the last ones take long if there are violations to confirm.
const DELAYS: [Delay; 5] = [
    Delay::StartUp(Duration::from_millis(300)),
    Delay::StartUp(Duration::from_secs(1)),
    Delay::Reaction(Duration::from_millis(100)),
    Delay::Reaction(Duration::from_millis(300)),
    Delay::StartUp(Duration::from_secs(3)),
];

/// The report of a run with [`CASES`] and these options.
fn check(url: &str, more: &[&str]) -> Value {
    let folder = Folder::new();
    let cases = CASES.iter().flat_map(|case| ["--case", *case]);
    let options = ["--strict", "--json", "run.json"];
    let args: Vec<&str> = ["check", url, "--verbose"]
        .into_iter()
        .chain(cases)
        .chain(options)
        .chain(more.iter().copied())
        .collect();
    folder.wsclose(&args);
    let report = std::fs::read(folder.path().join("run.json")).expect("a report");
    serde_json::from_slice(&report).expect("JSON")
}

/// The status of each rule.
fn statuses(report: &Value) -> Vec<String> {
    let rules = report["rules"].as_array().expect("rules");
    rules.iter().map(|rule| format!("{} {}", rule["id"], rule["status"])).collect()
}

fn assert_same_statuses_with_every_delay(url: &str, delays: &[Delay]) {
    let prompt = statuses(&check(url, &[]));
    std::thread::scope(|scope| {
        for kind in delays {
            let prompt = &prompt;
            scope.spawn(move || {
                let report = check(&delay(url, *kind), &[]);
                assert_eq!(&statuses(&report), prompt, "{kind:?}: {report:#}");
                assert_eq!(report["interrupted"], false, "{kind:?}");
            });
        }
    });
}

#[test]
fn slow_model_conforms() {
    let echo = ModelServer::start();
    assert_eq!(check(echo.url(), &[])["verdict"], "PASS");
    assert_same_statuses_with_every_delay(echo.url(), &DELAYS);
}

#[test]
fn slow_faulty_server_has_the_same_violations() {
    let url = serve(BadServer::EchoesAnyCode);
    assert_eq!(check(&url, &[])["verdict"], "FAIL");
    assert_same_statuses_with_every_delay(&url, &DELAYS[..3]);
}

#[test]
fn report_says_how_slow_the_server_is() {
    let echo = ModelServer::start();
    let millis = |report: &Value, name: &str| report["timing"][name].as_u64().expect("a number");
    let start_up = check(&delay(echo.url(), DELAYS[1]), &["--case", "liveness"]);
    assert!((500..1500).contains(&millis(&start_up, "start_up_ms")), "{start_up:#}");
    assert!(millis(&start_up, "reaction_ms") < 500, "{start_up:#}");
    let reaction = check(&delay(echo.url(), DELAYS[3]), &["--case", "liveness"]);
    assert_eq!(millis(&reaction, "start_up_ms"), 0);
    assert!(millis(&reaction, "tick_ms") > millis(&reaction, "reaction_ms"), "{reaction:#}");
    assert!((300..900).contains(&millis(&reaction, "reaction_ms")), "{reaction:#}");
}

#[test]
fn tick_is_set_by_hand() {
    let echo = ModelServer::start();
    let report = check(echo.url(), &["--tick", "70ms"]);
    assert_eq!((&report["timing"]["tick_ms"], &report["verdict"]), (&Value::from(70), &Value::from("PASS")));
    assert!(report["command"].as_str().is_some_and(|command| command.contains("--tick 70ms")), "{report:#}");
    for wrong in ["0", "61s", "1m", "1e1s", "inf"] {
        wsclose(&["check", echo.url(), "--tick", wrong])
            .assert_exit(2)
            .assert_stderr("expected a duration from 1ms to 60s");
    }
}
