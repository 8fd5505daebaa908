//! `wsclose check` against `wsclose echo`, which conforms, and against servers of our own that do not.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests read files and open sockets")]

mod support;

use std::time::{Duration, Instant};

use serde_json::Value;
use support::hall::Hall;
use support::live::{Bad, Echo, serve};
use support::{Folder, Ran, schema, wsclose};

/// What every run against a server of bad manners ends within, on a busy machine too.
const BOUND: Duration = Duration::from_secs(60);

/// Few cases, so that a server that answers late is not asked for long.
const FEW: [&str; 4] = ["--case", "code-received/100?", "--timeout", "20"];

fn check(url: &str, more: &[&str]) -> Ran {
    let begun = Instant::now();
    let args: Vec<&str> = ["check", url].into_iter().chain(more.iter().copied()).collect();
    let ran = wsclose(&args);
    assert!(begun.elapsed() < BOUND, "{:?}: {ran:#?}", begun.elapsed());
    ran
}

fn json(text: &[u8]) -> Value {
    serde_json::from_slice(text).expect("a report is JSON")
}

#[test]
fn nothing_is_found_against_the_model() {
    let echo = Echo::start();
    check(echo.url(), &["--command-close", "--strict"]).exits(0).says("verdict: PASS, 0 rules fail, 0 warn");
}

#[test]
fn a_server_is_started_and_ended() {
    let exec = format!("exec {} echo --listen 127.0.0.1:{{port}}", env!("CARGO_BIN_EXE_wsclose"));
    check("ws://127.0.0.1:{port}/", &["--exec", &exec, FEW[0], FEW[1]]).exits(0);
    check("ws://127.0.0.1:{port}/", &["--exec", "sleep 9"]).exits(2).complains("{port}");
    check("ws://127.0.0.1:{port}/", &["--exec", "exit 7; {port}"]).exits(3).complains("it ended");
}

#[test]
fn a_server_that_echoes_any_code_is_found_out() {
    let url = serve(Bad::EchoesAnything);
    let ran = check(&url, &["--case", "code-received/*"])
        .exits(1)
        .says("FAIL          code-is-defined")
        .says("FAIL          code-not-local-only")
        .says("warn          code-not-1004")
        .says("ok            close-answered");
    // What the report says repeats the finding, and nothing but that.
    let repeat =
        ran.out.lines().find_map(|line| line.trim().strip_prefix("repeat:   wsclose ")).expect("a command");
    let again: Vec<&str> = repeat.split(' ').collect();
    wsclose(&again).exits(1).says("2 cases");
    check(&url, &["--case", "liveness"]).says("1 cases");
    check(
        &url,
        &["--case", "code-received/*", "--only", "close-answered", "--only", "5.5.*", "--skip", "code-*"],
    )
    .exits(0);
}

#[test]
fn what_no_case_shows_is_found_by_fuzzing_and_played_again_by_name() {
    let url = serve(Bad::EchoesAnything);
    let few = ["--case", "code-received/1000", "--only", "code-is-defined"];
    let ran = check(&url, &[&few[..], &["--fuzz", "5s", "--seed", "7"]].concat())
        .exits(1)
        .says("scripts were made and played besides, seed 7")
        .says("FAIL: ")
        .says("(repeated)");
    let name = ran.out.split("--case fuzz/7-").nth(1).and_then(|rest| rest.split_whitespace().next());
    let name = format!("fuzz/7-{}", name.expect("a child of the seed"));
    check(&url, &["--case", &name]).exits(1).says("2 cases").says(&format!("--case {name}"));
}

#[test]
fn nothing_is_found_against_the_model_by_fuzzing() {
    let echo = Echo::start();
    check(echo.url(), &["--command-close", "--strict", "--case", "code-received/1000", "--fuzz", "8s"])
        .exits(0)
        .says("scripts were made and played besides, seed 1")
        .says("verdict: PASS, 0 rules fail, 0 warn");
    check(echo.url(), &["--fuzz", "0"]).exits(2).complains("expected a time such as `60s`");
}

#[test]
fn rsv1_in_a_close_stays_wrong_where_compression_is_agreed() {
    let url = serve(Bad::DeflatesCloses);
    check(&url, &["--case", "closing_handshake/close-rsv1"]).exits(0).says("ok            rejects-rsv");
    check(&url, &["--case", "deflate/closing_handshake/close-rsv1"])
        .exits(1)
        .says("FAIL          rejects-rsv")
        .says("permessage-deflate is offered");
}

#[test]
fn a_server_that_never_answers_is_found_out() {
    // Every answer costs its wait, so that most of the cases are left out.
    check(&serve(Bad::NeverAnswers), &[])
        .exits(1)
        .says("FAIL          close-answered")
        .says("a plain Close was not answered");
}

#[test]
fn a_server_that_just_goes_is_found_out() {
    check(&serve(Bad::Leaves), &FEW).exits(1).says("FAIL          close-answered");
}

#[test]
fn who_does_not_open_cannot_be_tested() {
    let cases = [
        (Bad::NotFound, "expected status 101, found 404"),
        (Bad::Garbage, "expected an HTTP/1.1 answer"),
        (Bad::Floods, "HTTP"),
        (Bad::Drips, "expected an answer to the opening handshake, found no end of one"),
        (Bad::ClosesAtOnce, "expected an answer to the opening handshake, found"),
        (Bad::WrongAccept, "expected Sec-WebSocket-Accept"),
        (Bad::Redirects, "expected status 101, found 302 Found, which points to /there"),
        (Bad::SaysNothing, "expected an answer to the opening handshake, found silence"),
    ];
    std::thread::scope(|scope| {
        for (bad, says) in cases {
            scope
                .spawn(move || check(&serve(bad), &FEW).exits(3).complains("could not test").complains(says));
        }
    });
    // A port that was free a moment ago.
    let nobody =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port");
    check(&format!("ws://{nobody}/"), &FEW)
        .exits(3)
        .complains("could not test")
        .complains("expected a connection");
}

#[test]
fn what_never_ends_is_left_within_bounds() {
    check(&serve(Bad::FloodsOpen), &FEW).exits(3).complains("expected at most");
    check(&serve(Bad::DripsOpen), &FEW).exits(3).complains("still busy");
    check(&serve(Bad::Gigabyte), &FEW).exits(3).complains("expected at most");
}

/// A run over most cases, and how much memory it took, in KiB.
fn watched(bad: Bad) -> (Ran, u64) {
    let (ran, memory) = Hall::start(&["check", &serve(bad), "--timeout", "8"]).ends_within();
    assert!(memory > 0 && memory < 64 << 10, "{bad:?}: {memory} KiB");
    (ran, memory)
}

#[test]
fn a_server_that_floods_every_connection_but_the_first_takes_no_room() {
    watched(Bad::FloodsLater).0.exits(3).says("expected at most 262144 octets");
}

#[test]
fn a_server_that_ends_at_every_octet_is_left_within_bounds() {
    // Most openings are cut off. Where only the Close is, it is not when the case is played again.
    watched(Bad::EndsSooner)
        .0
        .exits(3)
        .says("found the end of TCP")
        .says("found a reset")
        .says("not repeated  stream-well-formed");
}

#[test]
fn what_does_not_exist_is_usage() {
    let url = "ws://127.0.0.1:1/";
    check("http://127.0.0.1:1/", &[]).exits(2).complains("expected ws:// or wss://");
    check("127.0.0.1", &[]).exits(2).complains("expected a URL");
    check("ws://192.0.2.1/", &[]).exits(2).complains("--i-may-test-this-host");
    check(url, &["--only", "no-such-rule"]).exits(2).complains("--only");
    check(url, &["--case", "no-such-case"]).exits(2).complains("--case");
    check(url, &["--case", "[["]).exits(2);
    check(url, &["--jobs", "0"]).exits(2);
    check(url, &["--header", "no colon"]).exits(2);
    check(url, &["--json", "a", "--html", "a"]).exits(2).complains("found two for one");
}

#[test]
fn a_list_tests_nothing() {
    let ran =
        check("ws://127.0.0.1:1/", &["--list", "--only", "7.4.1", "--case", "code-received/1*"]).exits(0);
    ran.says("  code-not-local-only\n").says("  code-received/1000\n");
}

#[test]
fn reports_say_the_same_as_the_run() {
    let (folder, url) = (Folder::new(), serve(Bad::EchoesAnything));
    let reports = "--case code-received/* --json a/run.json --junit run.xml --markdown run.md --html run.html \
                   --sarif run.sarif --autobahn-index index";
    let args: Vec<&str> = ["check", &url].into_iter().chain(reports.split_whitespace()).collect();
    let run = || {
        folder.wsclose(&args).exits(1).says("wrote a/run.json");
        folder.files()
    };
    let (first, second) = (run(), run());
    let names: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["a/run.json", "index/check.json", "index/index.json", "run.html", "run.md", "run.sarif", "run.xml"]
    );
    let file = |name: &str| &first.iter().find(|(other, _)| other == name).expect("it is there").1;
    let text = |name: &str| std::str::from_utf8(file(name)).expect("text");

    let document = json(file("a/run.json"));
    schema::holds(&document);
    let untimed = |files: &[(String, Vec<u8>)]| {
        let text = String::from_utf8(files[0].1.clone()).expect("text");
        text.split_once("\"timing\"").expect("a timing, at the end").0.to_owned()
    };
    assert_eq!(untimed(&first), untimed(&second), "two runs differ in more than their timing");
    let findings = document["findings"].as_array().expect("findings");
    let rules: Vec<&str> = findings.iter().filter_map(|finding| finding["rule"].as_str()).collect();
    assert!(rules.contains(&"code-is-defined"), "{rules:?}");

    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    let html = roxmltree::Document::parse_with_options(text("run.html"), options).expect("well-formed");
    let ids: Vec<&str> = html.descendants().filter_map(|node| node.attribute("id")).collect();
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "an id stands twice");
    for node in html.descendants() {
        if let Some(to) = node.attribute("href") {
            assert!(to.strip_prefix('#').is_some_and(|to| ids.contains(&to)), "{to} leads nowhere");
        }
        assert!(node.attribute("src").is_none(), "something is fetched from elsewhere");
    }

    let junit = roxmltree::Document::parse(text("run.xml")).expect("XML");
    let failed = junit.descendants().filter(|node| node.has_tag_name("failure")).count();
    let fails = findings.iter().filter(|finding| finding["standing"] == "FAIL").count();
    assert_eq!(failed, fails);

    let sarif = json(file("run.sarif"));
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(findings.len()));
    assert!(rules.iter().all(|rule| text("run.md").contains(&format!("`{rule}`"))));
    let index = json(file("index/index.json"));
    assert_eq!(index[&url]["code-received/1005"]["behavior"], "FAILED");
    assert_eq!(index[&url]["code-received/1005"]["remoteCloseCode"], 1005);
    assert_eq!(index[&url]["code-received/1000"]["behaviorClose"], "OK");
}

#[test]
fn what_was_found_is_kept_when_a_run_is_ended() {
    let folder = Folder::new();
    let path = folder.path().join("run.json");
    let report = path.to_str().expect("a path");
    let hall = Hall::start(&["check", &serve(Bad::NeverAnswers), "--json", report]);
    std::thread::sleep(Duration::from_secs(2));
    let ran = hall.interrupt().says("cases were left out");
    assert!(ran.code == Some(1) || ran.code == Some(3), "{ran:#?}");
    let report = json(&std::fs::read(path).expect("a report"));
    schema::holds(&report);
    assert_eq!(report["interrupted"], true);
}

#[test]
fn a_server_that_ends_is_no_pass() {
    let wsclose = |exec: &str, url: &str| wsclose(&["check", url, "--exec", exec, "--fuzz", "20s"]);
    let echo = format!("exec timeout 2 '{}' echo --listen 127.0.0.1:{{port}}", env!("CARGO_BIN_EXE_wsclose"));
    wsclose(&echo, "ws://127.0.0.1:{port}/")
        .exits(3)
        .says("the server had ended by then: exit status: 124")
        .says("verdict: INCOMPLETE");
    wsclose(&echo, "ws://127.0.0.1:9001/").exits(2).complains("expected `{port}` in the URL");
}

#[test]
fn nothing_of_others_is_overwritten() {
    let (folder, echo) = (Folder::new(), Echo::start());
    folder.file("run.json", "{}");
    folder.file("index/index.json", "{}");
    let few = |more: [&str; 2]| folder.wsclose(&["check", echo.url(), FEW[0], FEW[1], more[0], more[1]]);
    few(["--json", "run.json"]).exits(3).complains("choose another name");
    few(["--autobahn-index", "index"]).exits(3).complains("choose another name");
    few(["--autobahn-index", "run.json"]).exits(3).complains("expected a folder");
    few(["--json", "new.json"]).exits(0);
    few(["--json", "new.json"]).exits(0);
    assert_eq!(folder.files().len(), 3);
}

#[test]
fn a_baseline_excuses_what_it_lists() {
    let (folder, url) = (Folder::new(), serve(Bad::EchoesAnything));
    let run = |url: &str, text: &str| {
        folder.file("known.toml", text);
        folder.wsclose(&["check", url, "--as-known", "known.toml", "--case", "code-received/1005"])
    };
    let entry = |rule: &str| format!("[[known]]\nrule = \"{rule}\"\nreason = \"ours echoes what comes\"\n");
    let known = entry("code-not-local-only");
    run(&url, &known).exits(0).says("known         code-not-local-only").says("ours echoes what comes");
    let whole = |text: &str| {
        folder.file("known.toml", text);
        let rules = ["--only", "code-not-local-only", "--only", "close-fin"];
        folder.wsclose(&[&["check", &url, "--as-known", "known.toml"], &rules[..]].concat())
    };
    let both = known.clone() + &entry("close-fin");
    whole(&both).exits(4).says("stale: the baseline lists close-fin");
    whole(&entry("close-fin")).exits(1).says("stale: the baseline lists close-fin");
    // Another case may break it.
    let part = run(&url, &both).exits(0);
    assert!(!part.out.contains("stale"), "{part:#?}");
    run(&url, &(known.clone() + &known))
        .exits(3)
        .complains("known.toml: code-not-local-only is listed twice");
    run(&url, &entry("no-such")).exits(3).complains("known.toml").complains("wsclose rules");
    run(&url, "[[known]]\nrule = \"one-close\"\nreason = \" \"\n").exits(3).complains("found an empty one");
    run(&url, "[[known]]\nrule = \"one-close\"\n").exits(3).complains("reason");
}
