//! Tests `wsclose check` with `wsclose echo`, which conforms, and with servers that do not.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests read files and open sockets")]

mod support;

use std::time::{Duration, Instant};

use serde_json::Value;
use support::bad_servers::{BadServer, ModelServer, serve};
use support::wsclose_process::WscloseProcess;
use support::{Folder, RunOutput, schema, wsclose};

/// The longest time that a run may take, even on a busy machine.
const BOUND: Duration = Duration::from_secs(60);

/// The options for a few cases, so that a run with a slow server is short.
const FEW: [&str; 4] = ["--case", "code-received/100?", "--timeout", "20"];

fn check(url: &str, more: &[&str]) -> RunOutput {
    let begun = Instant::now();
    let args: Vec<&str> = ["check", url, "--verbose"].into_iter().chain(more.iter().copied()).collect();
    let ran = wsclose(&args);
    assert!(begun.elapsed() < BOUND, "{:?}: {ran:#?}", begun.elapsed());
    ran
}

fn json(text: &[u8]) -> Value {
    serde_json::from_slice(text).expect("a report in JSON")
}

#[test]
fn model_passes() {
    let echo = ModelServer::start();
    check(echo.url(), &["--close-command", "--strict"])
        .assert_exit(0)
        .assert_stdout("verdict: PASS: no rule fails");
}

#[test]
fn model_over_tls_passes() {
    let file = |name: &str| format!("{}/../live/tests/support/{name}", env!("CARGO_MANIFEST_DIR"));
    let (cert, key) = (file("localhost.pem"), file("localhost.key.pem"));
    let echo = ModelServer::start_with(&["--cert", &cert, "--key", &key]);
    assert!(echo.url().starts_with("wss://"), "{}", echo.url());
    check(echo.url(), &["--ca", &cert, "--case", "liveness", "--strict"])
        .assert_exit(0)
        .assert_stdout("ok            tls-closed-cleanly");
    wsclose(&["echo", "--listen", "127.0.0.1:0", "--cert", &cert]).assert_exit(2).assert_stderr("--key");
    wsclose(&["echo", "--listen", "127.0.0.1:0", "--cert", "none.pem", "--key", &key])
        .assert_exit(3)
        .assert_stderr("none.pem");
}

#[test]
fn exec_starts_and_stops_the_server() {
    let exec = format!("exec {} echo --listen 127.0.0.1:{{port}}", env!("CARGO_BIN_EXE_wsclose"));
    check("ws://127.0.0.1:{port}/", &["--exec", &exec, FEW[0], FEW[1]]).assert_exit(0);
    check("ws://127.0.0.1:{port}/", &["--exec", "sleep 9"]).assert_exit(2).assert_stderr("{port}");
    check("ws://127.0.0.1:{port}/", &["--exec", "exit 7; {port}"]).assert_exit(3).assert_stderr("it ended");
}

#[test]
fn server_echoing_any_code_fails() {
    let url = serve(BadServer::EchoesAnyCode);
    let ran = check(&url, &["--case", "code-received/*"])
        .assert_exit(1)
        .assert_stdout("FAIL          code-is-defined")
        .assert_stdout("FAIL          code-not-local-only")
        .assert_stdout("warn          code-not-1004")
        .assert_stdout("\n  hint:      likely: the code of the received Close was echoed\n")
        .assert_stdout("ok            close-answered");
    // The printed command reproduces the finding, with two cases only.
    let reproduce =
        ran.out.lines().find_map(|line| line.trim().strip_prefix("reproduce: wsclose ")).expect("a command");
    let args: Vec<&str> = reproduce.split(' ').collect();
    wsclose(&args).assert_exit(1).assert_stdout("2 cases");
    check(&url, &["--case", "liveness"]).assert_stdout("1 case,");
    check(
        &url,
        &["--case", "code-received/*", "--only", "close-answered", "--only", "5.5.*", "--skip", "code-*"],
    )
    .assert_exit(0);
}

#[test]
fn fuzz_finding_is_reproduced_by_name() {
    let url = serve(BadServer::EchoesAnyCode);
    let few = ["--case", "code-received/1000", "--only", "code-is-defined"];
    let ran = check(&url, &[&few[..], &["--fuzz", "5s", "--seed", "7"]].concat())
        .assert_exit(1)
        .assert_stdout("generated scripts were run, seed 7")
        .assert_stdout("\nFAIL ")
        .assert_stdout("(seen again when it ran alone)");
    let name = ran.out.split("--case fuzz/7-").nth(1).and_then(|rest| rest.split_whitespace().next());
    let name = format!("fuzz/7-{}", name.expect("a generated case"));
    check(&url, &["--case", &name])
        .assert_exit(1)
        .assert_stdout("2 cases")
        .assert_stdout(&format!("--case {name}"));
}

#[test]
fn model_passes_fuzzing() {
    let echo = ModelServer::start();
    check(echo.url(), &["--close-command", "--strict", "--case", "code-received/1000", "--fuzz", "8s"])
        .assert_exit(0)
        .assert_stdout("generated scripts were run, seed 1")
        .assert_stdout("verdict: PASS: no rule fails");
    check(echo.url(), &["--fuzz", "0"]).assert_exit(2).assert_stderr("expected a time such as `60s`");
}

#[test]
fn rsv1_close_is_a_violation_with_compression() {
    let url = serve(BadServer::AcceptsRsv1WithDeflate);
    check(&url, &["--case", "closing_handshake/close-rsv1"])
        .assert_exit(0)
        .assert_stdout("ok            rejects-rsv");
    check(&url, &["--case", "deflate/closing_handshake/close-rsv1"])
        .assert_exit(1)
        .assert_stdout("FAIL          rejects-rsv")
        .assert_stdout("permessage-deflate negotiated");
}

#[test]
fn server_writing_http_after_its_close_violates_one_rule() {
    let url = serve(BadServer::WritesHttpAfterClose);
    let ran = check(&url, &["--case", "code-received/1000", "--case", "liveness"])
        .assert_exit(1)
        .assert_stdout("FAIL          sends-only-frames")
        .assert_stdout("an HTTP response was written into the WebSocket connection, 0 octets after the Close")
        .assert_stdout("not a frame: \"HTTP/1.1 200 OK\\r\\n");
    assert_eq!(ran.out.matches("\nFAIL ").count(), 2, "{}", ran.out);
    assert!(!ran.out.contains("\nwarn "), "{}", ran.out);
}

#[test]
fn server_leaving_data_behind_the_close_unread_is_found() {
    // It reads the Close and nothing behind it, so its kernel resets TCP.
    let url = serve(BadServer::EchoesAnyCode);
    check(&url, &["--case", "closing_handshake/close-then-flood"])
        .assert_exit(0)
        .assert_stdout("warn          tcp-closed-cleanly")
        .assert_stdout("ok            close-answered");
    let echo = ModelServer::start();
    check(echo.url(), &["--case", "closing_handshake/close-then-flood", "--strict"])
        .assert_exit(0)
        .assert_stdout("ok            tcp-closed-cleanly");
}

#[test]
fn server_without_close_reply_fails() {
    // Each case waits for the reply, so the run leaves most cases out.
    check(&serve(BadServer::NeverReplies), &[])
        .assert_exit(1)
        .assert_stdout("FAIL          close-answered")
        .assert_stdout("a plain Close was not answered");
}

#[test]
fn server_closing_tcp_without_close_fails() {
    check(&serve(BadServer::EndsTcpOnFrame), &FEW)
        .assert_exit(1)
        .assert_stdout("FAIL          close-answered");
}

#[test]
fn failed_opening_handshake_exits_3() {
    let cases = [
        (BadServer::NotFound, "expected status 101, found 404"),
        (BadServer::SendsGarbage, "expected an HTTP/1.1 answer"),
        (BadServer::Floods, "HTTP"),
        (BadServer::SendsSlowly, "expected an answer to the opening handshake, found no end of one"),
        (BadServer::EndsTcpAtOnce, "expected an answer to the opening handshake, found"),
        (BadServer::WrongAccept, "expected Sec-WebSocket-Accept"),
        (BadServer::Redirects, "expected status 101, found 302 Found, which points to /there"),
        (BadServer::SendsNothing, "expected an answer to the opening handshake, found silence"),
    ];
    std::thread::scope(|scope| {
        for (bad, message) in cases {
            scope.spawn(move || {
                check(&serve(bad), &FEW).assert_exit(3).assert_stderr("could not test").assert_stderr(message)
            });
        }
    });
    let url = format!("ws://127.0.0.1:{}/", support::free_port());
    check(&url, &FEW).assert_exit(3).assert_stderr("could not test").assert_stderr("expected a connection");
}

#[test]
fn endless_servers_are_bounded() {
    check(&serve(BadServer::FloodsAfterUpgrade), &FEW).assert_exit(3).assert_stderr("expected at most");
    check(&serve(BadServer::SendsSlowlyAfterUpgrade), &FEW).assert_exit(3).assert_stderr("still busy");
    check(&serve(BadServer::SendsHugeFrame), &FEW).assert_exit(3).assert_stderr("expected at most");
}

/// Runs most cases and asserts a limit of the peak memory.
fn run_within_memory_limit(bad: BadServer) -> RunOutput {
    let (ran, memory) =
        WscloseProcess::spawn(&["check", &serve(bad), "--timeout", "8"]).wait_with_peak_memory();
    assert!(memory > 0 && memory < 72 << 10, "{bad:?}: {memory} KiB");
    ran
}

#[test]
fn flooding_server_uses_bounded_memory() {
    run_within_memory_limit(BadServer::FloodsLaterConnections)
        .assert_exit(3)
        .assert_stdout("expected at most 262144 octets");
}

#[test]
fn server_ending_at_every_octet_is_bounded() {
    // Most opening handshakes end early. A Close that ends early does not end early when its case is re-run.
    run_within_memory_limit(BadServer::EndsTcpEarly)
        .assert_exit(3)
        .assert_stdout("verdict: INCOMPLETE: no rule fails, ")
        .assert_stdout("found the end of TCP")
        .assert_stdout("found a reset");
}

#[test]
fn violation_that_other_connections_hide_is_found() {
    // These cases run at the same time at first.
    let cases = ["--case", "closing_handshake/close-rsv?", "--case", "code-received/100?"];
    let url = serve(BadServer::ConformsInCompany);
    check(&url, &[&cases[..], &["--only", "rejects-rsv"]].concat())
        .assert_exit(1)
        .assert_stdout("FAIL          rejects-rsv                         must     1 of 3");
}

#[test]
fn invalid_arguments_are_usage_errors() {
    let url = "ws://127.0.0.1:1/";
    check("http://127.0.0.1:1/", &[]).assert_exit(2).assert_stderr("begins with ws:// or wss://");
    check("127.0.0.1", &[]).assert_exit(2).assert_stderr("expected a URL");
    check("ws://192.0.2.1/", &[]).assert_exit(2).assert_stderr("--allow-remote");
    check(url, &["--only", "no-such-rule"]).assert_exit(2).assert_stderr("--only");
    check(url, &["--case", "no-such-case"]).assert_exit(2).assert_stderr("--case");
    check(url, &["--case", "[["]).assert_exit(2);
    check(url, &["--jobs", "0"]).assert_exit(2);
    check(url, &["--header", "no colon"]).assert_exit(2);
    check(url, &["--json", "a", "--html", "a"]).assert_exit(2).assert_stderr("two outputs have this path");
}

#[test]
fn a_list_tests_nothing() {
    let ran = check("ws://127.0.0.1:1/", &["--list", "--only", "7.4.1", "--case", "code-received/1*"])
        .assert_exit(0);
    ran.assert_stdout("  code-not-local-only\n").assert_stdout("  code-received/1000\n");
}

#[test]
fn reports_match_the_run() {
    let (folder, url) = (Folder::new(), serve(BadServer::EchoesAnyCode));
    let reports = "--case code-received/* --json a/run.json --junit run.xml --markdown run.md --html run.html \
                   --sarif run.sarif --autobahn-index index";
    let args: Vec<&str> = ["check", &url].into_iter().chain(reports.split_whitespace()).collect();
    let run = || {
        folder.wsclose(&args).assert_exit(1).assert_stdout("wrote a/run.json");
        folder.files()
    };
    let (first, second) = (run(), run());
    let names: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["a/run.json", "index/check.json", "index/index.json", "run.html", "run.md", "run.sarif", "run.xml"]
    );
    let file = |name: &str| &first.iter().find(|(other, _)| other == name).expect("a report of this name").1;
    let text = |name: &str| std::str::from_utf8(file(name)).expect("text");

    let document = json(file("a/run.json"));
    schema::assert_valid(&document);
    let untimed = |files: &[(String, Vec<u8>)]| {
        let text = String::from_utf8(files[0].1.clone()).expect("text");
        text.split_once("\"timing\"").expect("the member `timing` at the end").0.to_owned()
    };
    assert_eq!(untimed(&first), untimed(&second), "expected two runs to differ only in their timing");
    let findings = document["findings"].as_array().expect("findings");
    let rules: Vec<&str> = findings.iter().filter_map(|finding| finding["rule"].as_str()).collect();
    assert!(rules.contains(&"code-is-defined"), "{rules:?}");

    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    let html = roxmltree::Document::parse_with_options(text("run.html"), options).expect("well-formed");
    let ids: Vec<&str> = html.descendants().filter_map(|node| node.attribute("id")).collect();
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "expected every id once");
    let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rules");
    let mut linked = 0;
    for node in html.descendants() {
        if let Some((_, page)) = node.attribute("href").and_then(|to| to.split_once("/blob/main/docs/rules/"))
        {
            linked += 1;
            assert!(pages.join(page).exists(), "expected a page of the guide, found {page}");
        } else if let Some(to) = node.attribute("href") {
            assert!(
                to.strip_prefix('#').is_some_and(|to| ids.contains(&to)),
                "expected an element with the id of the link {to}"
            );
        }
        assert!(node.attribute("src").is_none(), "expected a page without external resources");
    }

    assert_eq!(linked, findings.len(), "expected a link to the page of each violated rule");

    let junit = roxmltree::Document::parse(text("run.xml")).expect("XML");
    let failed = junit.descendants().filter(|node| node.has_tag_name("failure")).count();
    let fails = findings.iter().filter(|finding| finding["status"] == "FAIL").count();
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
fn results_are_kept_when_interrupted() {
    let folder = Folder::new();
    let path = folder.path().join("run.json");
    let report = path.to_str().expect("a path");
    let process = WscloseProcess::spawn(&["check", &serve(BadServer::NeverReplies), "--json", report]);
    std::thread::sleep(Duration::from_secs(2));
    let ran = process.interrupt().assert_stdout("cases were left out");
    assert!(ran.code == Some(1) || ran.code == Some(3), "{ran:#?}");
    let report = json(&std::fs::read(path).expect("a report"));
    schema::assert_valid(&report);
    assert_eq!(report["interrupted"], true);
}

#[test]
fn server_that_exits_is_not_a_pass() {
    let wsclose = |exec: &str, url: &str| wsclose(&["check", url, "--exec", exec, "--fuzz", "4s"]);
    let echo = format!("exec timeout 2 '{}' echo --listen 127.0.0.1:{{port}}", env!("CARGO_BIN_EXE_wsclose"));
    wsclose(&echo, "ws://127.0.0.1:{port}/")
        .assert_exit(3)
        .assert_stdout("the server exited: exit status: 124")
        .assert_stdout("verdict: INCOMPLETE");
    wsclose(&echo, "ws://127.0.0.1:9001/").assert_exit(2).assert_stderr("expected `{port}` in the URL");
}

#[test]
fn report_files_are_replaced() {
    let (folder, echo) = (Folder::new(), ModelServer::start());
    folder.file("run.json", "an older report");
    folder.file("folder/x", "a folder where a file belongs");
    let few = |more: [&str; 2]| folder.wsclose(&["check", echo.url(), FEW[0], FEW[1], more[0], more[1]]);
    few(["--autobahn-index", "run.json"]).assert_exit(2).assert_stderr("is a file; name a folder");
    few(["--json", "folder"]).assert_exit(2).assert_stderr("is a folder; name a file");
    few(["--json", "/dev/null"]).assert_exit(2).assert_stderr("/dev/null: is a pipe or a device");
    assert_eq!(folder.files().len(), 2);
    few(["--json", "run.json"]).assert_exit(0);
    few(["--autobahn-index", "index"]).assert_exit(0);
    few(["--autobahn-index", "index"]).assert_exit(0);
    let files = folder.files();
    assert_eq!(files.len(), 4);
    assert!(files.iter().any(|(name, text)| name == "run.json" && text.starts_with(b"{")));
}

#[test]
fn baseline_violations_do_not_fail() {
    let (folder, url) = (Folder::new(), serve(BadServer::EchoesAnyCode));
    let run = |url: &str, text: &str| {
        folder.file("baseline.toml", text);
        folder.wsclose(&["check", url, "--baseline", "baseline.toml", "--case", "code-received/1005"])
    };
    let entry = |rule: &str| format!("[[known]]\nrule = \"{rule}\"\nreason = \"ours echoes what comes\"\n");
    let known = entry("code-not-local-only");
    run(&url, &known)
        .assert_exit(0)
        .assert_stdout("known         code-not-local-only")
        .assert_stdout("ours echoes what comes");
    let whole = |text: &str| {
        folder.file("baseline.toml", text);
        let rules = ["--only", "code-not-local-only", "--only", "close-fin"];
        folder.wsclose(&[&["check", &url, "--baseline", "baseline.toml"], &rules[..]].concat())
    };
    let both = known.clone() + &entry("close-fin");
    whole(&both).assert_exit(4).assert_stdout("stale: the baseline lists close-fin");
    whole(&entry("close-fin")).assert_exit(1).assert_stdout("stale: the baseline lists close-fin");
    // A filtered run cannot tell whether an entry is stale.
    let part = run(&url, &both).assert_exit(0);
    assert!(!part.out.contains("stale"), "{part:#?}");
    run(&url, &(known.clone() + &known))
        .assert_exit(3)
        .assert_stderr("baseline.toml: code-not-local-only is listed twice");
    run(&url, &entry("no-such")).assert_exit(3).assert_stderr("baseline.toml").assert_stderr("wsclose rules");
    run(&url, "[[known]]\nrule = \"one-close\"\nreason = \" \"\n")
        .assert_exit(3)
        .assert_stderr("found an empty one");
    run(&url, "[[known]]\nrule = \"one-close\"\n").assert_exit(3).assert_stderr("reason");
}
