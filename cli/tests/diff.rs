//! Tests `wsclose diff` on the results of `check` and `matrix`, and on files that are none.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests read files and start processes"
)]

mod support;

use std::fs;

use serde_json::{Value, json};
use support::Folder;
use support::bad_servers::ModelServer;

/// Checks a model with this fault, and writes the report `name`.
fn check(folder: &Folder, fault: &[&str], name: &str, more: &[&str]) {
    let server = ModelServer::start_with(fault);
    let args = ["check", server.url(), "--name", "echo", "--case", "code-received/100?", "--json", name];
    folder.wsclose(&[&args[..], more].concat());
}

fn read(folder: &Folder, name: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.path().join(name)).expect("a file")).expect("a report")
}

fn write(folder: &Folder, name: &str, json: &Value) {
    folder.file(name, serde_json::to_vec(json).expect("JSON"));
}

/// The entry of a rule in a report.
fn rule<'a>(report: &'a mut Value, id: &str) -> &'a mut Value {
    let rules = report["rules"].as_array_mut().expect("a list");
    rules.iter_mut().find(|rule| rule["id"] == id).expect("a rule")
}

#[test]
fn new_and_gone_violations_of_two_runs() {
    let folder = Folder::new();
    check(&folder, &[], "good.json", &[]);
    check(&folder, &["--fault", "close-of-126"], "bad.json", &[]);
    let diff = |old, new| folder.wsclose(&["diff", old, new]);
    diff("good.json", "bad.json")
        .assert_exit(1)
        .assert_stdout("verdict: FAIL: 1 rule fails that did not; 1 new; 2 no longer exercised")
        .assert_stdout("old: good.json: echo (server), ")
        .assert_stdout("\nnew\n  close-at-most-125 (must): ok in ")
        .assert_stdout(" -> FAIL in 11 of 11 cases\n    liveness: sent a control frame over 125 bytes\n");
    diff("bad.json", "good.json")
        .assert_exit(0)
        .assert_stdout("verdict: PASS: nothing is worse; 1 gone; 2 now exercised, and ok")
        .assert_stdout("\ngone\n  close-at-most-125 (must): FAIL in ");
    for name in ["good.json", "bad.json"] {
        diff(name, name).assert_exit(0).assert_stdout("PASS: nothing is worse; no rule changed");
    }
    folder
        .wsclose(&["diff", "good.json", "bad.json", "--markdown"])
        .assert_exit(1)
        .assert_stdout("### wsclose: FAIL: 1 rule fails that did not")
        .assert_stdout("\n#### new\n\n| rule | level | old | new | evidence |\n|---|---|---|---|---|\n| `close-at-most-125` | must |");
}

#[test]
fn every_kind_of_change_is_told() {
    let folder = Folder::new();
    check(&folder, &["--fault", "close-of-126"], "old.json", &[]);
    let id = "close-at-most-125";
    let old = read(&folder, "old.json");
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut new = old.clone();
        change(&mut new);
        write(&folder, "new.json", &new);
    };
    let diff = |more: &[&str]| folder.wsclose(&[&["diff", "old.json", "new.json"], more].concat());
    for status in ["flaky", "unconfirmed"] {
        changed(&|new| rule(new, id)["status"] = json!(status));
        diff(&[]).assert_exit(0).assert_stdout(&format!("\nnow flaky\n  {id} (must): FAIL in "));
        folder
            .wsclose(&["diff", "new.json", "old.json"])
            .assert_exit(1)
            .assert_stdout(&format!("\nnow confirmed\n  {id} (must): {status} in "));
    }
    changed(&|new| rule(new, id)["status"] = json!("known"));
    diff(&[]).assert_exit(0).assert_stdout("\nother status\n");
    folder.wsclose(&["diff", "new.json", "old.json"]).assert_exit(0);
    changed(&|new| rule(new, id)["status"] = json!("not exercised"));
    diff(&[]).assert_exit(0).assert_stdout("\nno longer exercised\n");
    changed(&|new| rule(new, id)["violated_by"] = json!(["another"]));
    diff(&[]).assert_exit(0).assert_stdout("also violated by: another\n    no longer violated by: ");
    changed(&|new| rule(new, "close-answered")["status"] = json!("inconclusive"));
    diff(&[]).assert_exit(0).assert_stdout("\nnow inconclusive\n  close-answered");
    changed(&|new| rule(new, "close-answered")["status"] = json!("warn"));
    diff(&[]).assert_exit(0).assert_stdout("\nnew\n  close-answered");
    diff(&["--strict"]).assert_exit(1);
    changed(&|new| {
        new["rules"].as_array_mut().expect("a list").retain(|rule| rule["id"] != id);
        new["verdict"] = json!("INCOMPLETE");
        new["profile"] = json!("rfc6455");
        new["wsclose"] = json!("9.9.9");
        new["strict"] = json!(true);
    });
    diff(&[])
        .assert_exit(3)
        .assert_stdout("verdict: INCOMPLETE: nothing is worse; 1 no longer exercised")
        .assert_stdout("note: the new run is incomplete")
        .assert_stdout("and 9.9.9\n")
        .assert_stdout("note: the runs have the profiles iana and rfc6455")
        .assert_stdout("note: one of the runs is strict");
}

#[test]
fn matrices_are_compared_by_subject() {
    let folder = Folder::new();
    let matrix = |out: &str, subjects: &[&str]| {
        let few = ["--codes", "none", "--scenarios", "none", "--out", out];
        let subjects = subjects.iter().flat_map(|name| ["--subject", name]);
        let args: Vec<&str> = ["matrix"].into_iter().chain(subjects).chain(few).collect();
        folder.wsclose(&args);
    };
    matrix("a", &["model"]);
    matrix("b", &["model", "fault:close-of-126"]);
    folder
        .wsclose(&["diff", "a/matrix.json", "b/matrix.json"])
        .assert_exit(1)
        .assert_stdout(
            "note: fault:close-of-126 has no result in a/matrix.json: all of its violations are new",
        )
        .assert_stdout("fault:close-of-126: close-at-most-125 (must): not exercised -> FAIL in ");
    folder
        .wsclose(&["diff", "b/matrix.json", "a/matrix.json"])
        .assert_exit(0)
        .assert_stdout("note: fault:close-of-126 is not part of a/matrix.json");
    let mut lost = read(&folder, "a/matrix.json");
    lost["untested"] = json!([{ "name": "fault:close-of-126", "why": "it hangs" }]);
    write(&folder, "lost.json", &lost);
    folder
        .wsclose(&["diff", "b/matrix.json", "lost.json"])
        .assert_exit(3)
        .assert_stdout("note: fault:close-of-126 has no result in lost.json: it hangs");
    let mut cut = read(&folder, "b/matrix.json");
    cut["subjects"][1]["notes"] = json!(["TIMED OUT"]);
    write(&folder, "cut.json", &cut);
    folder
        .wsclose(&["diff", "b/matrix.json", "cut.json"])
        .assert_exit(3)
        .assert_stdout("note: the new run is incomplete");
    check(&folder, &[], "run.json", &[]);
    folder.wsclose(&["diff", "run.json", "a/matrix.json"]).assert_exit(2).assert_stderr(
        "run.json is a report of check or serve, and a/matrix.json is a matrix of libraries; compare",
    );
}

#[test]
fn files_that_are_no_run_are_refused() {
    let folder = Folder::new();
    check(&folder, &[], "run.json", &[]);
    let run = read(&folder, "run.json");
    let refused = |code: i32, error: &str| {
        folder.wsclose(&["diff", "run.json", "other.json"]).assert_exit(code).assert_stderr(error);
    };
    refused(3, "other.json: not found");
    folder.file("other.json", "{");
    refused(3, "other.json: expected the result of a run, found no JSON");
    folder.file("other.json", "[]");
    refused(3, "other.json: expected the result of a run, found no field `schema`; name a file that check");
    folder.file("other.json", "{\"schema\": \"wsclose-judge/1\"}");
    refused(3, "found the format `wsclose-judge/1`");
    folder.file("other.json", "{\"schema\": \"wsclose-check/1\"}");
    refused(3, "found other fields: missing field");
    let with = |field: &str, value: Value| {
        let mut run = run.clone();
        run[field] = value;
        write(&folder, "other.json", &run);
    };
    with("schema", json!("wsclose-check/2"));
    refused(3, "other.json: has the format `wsclose-check/2`, this command reads `wsclose-check/1`");
    with("verdict", json!("FINE"));
    refused(3, "expected one of PASS, FAIL, INCOMPLETE, STALE, ERROR, found `FINE`");
    with("role", json!("client"));
    refused(2, "run.json is the run of a server, and other.json that of a client");
    folder.wsclose(&["diff", "run.json"]).assert_exit(2);
}
