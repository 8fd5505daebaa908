//! Tests what other tools read from the reports: code scanning from SARIF, CI from JUnit.
//!
//! The SARIF report was validated with `sarif-multitool validate --rule-kind 'Sarif;Ghas'` of npm, which has the rules of
//! GitHub. It is no part of these tests, because it needs a download of a hundred megabytes.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests read files and open sockets")]

mod support;

use std::fs;

use serde_json::Value;
use support::Folder;

/// Checks a server that accepts the close code 0 as ws-rs does. It is at another port in each run.
fn check(folder: &Folder, options: &[&str]) {
    let wsclose = assert_cmd::cargo::cargo_bin("wsclose");
    let exec = format!("exec '{}' echo --profile ws-rs --listen 127.0.0.1:{{port}}", wsclose.display());
    let few = ["--case", "code-received/0", "--case", "code-received/1000"];
    let args = ["check", "ws://127.0.0.1:{port}/", "--exec", &exec];
    folder.wsclose(&[&args[..], &few[..], options].concat()).assert_exit(1);
}

fn json(folder: &Folder, name: &str) -> Value {
    let text = fs::read(folder.path().join(name)).expect("a report");
    serde_json::from_slice(&text).expect("JSON")
}

#[test]
fn code_scanning_finds_a_file_a_fingerprint_and_help() {
    let folder = Folder::new();
    folder.file("src/server.js", "");
    check(&folder, &["--sarif", "first.sarif", "--sarif-file", "src/server.js"]);
    check(&folder, &["--sarif", "second.sarif"]);
    let (first, second) = (json(&folder, "first.sarif"), json(&folder, "second.sarif"));
    let driver = &first["runs"][0]["tool"]["driver"];
    assert!(driver["informationUri"].as_str().is_some_and(|uri| uri.starts_with("https://")));
    let rules = driver["rules"].as_array().expect("rules");
    for rule in rules {
        let page = format!("/{}.md", rule["id"].as_str().expect("an id"));
        assert!(rule["helpUri"].as_str().is_some_and(|uri| uri.ends_with(&page)), "{rule}");
        for form in ["text", "markdown"] {
            assert!(
                rule["help"][form].as_str().is_some_and(|help| help.contains("How to fix it. Library: ")),
                "{rule}"
            );
        }
        assert!(rule["shortDescription"]["text"].is_string() && rule["fullDescription"]["text"].is_string());
    }
    let results = |run: &Value| run["runs"][0]["results"].as_array().expect("results").clone();
    assert_eq!(results(&first).len(), 2);
    for (result, again) in results(&first).iter().zip(&results(&second)) {
        let at = |result: &Value| result["locations"][0]["physicalLocation"].clone();
        assert_eq!(at(result)["artifactLocation"]["uri"], "src/server.js");
        assert_eq!(at(result)["region"]["startLine"], 1);
        assert_eq!(at(again)["artifactLocation"]["uri"], "README.md");
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("a small one");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(result["partialFingerprints"]["wsclose/v1"].is_string());
        assert_eq!(result["partialFingerprints"], again["partialFingerprints"]);
    }
    assert_ne!(results(&first)[0]["partialFingerprints"], results(&first)[1]["partialFingerprints"]);
}

#[test]
fn code_scanning_shows_findings_at_the_program_or_the_baseline() {
    let folder = Folder::new();
    folder.file("baseline.toml", "[[known]]\nrule = \"close-fin\"\nreason = \"ours\"\n");
    let uri = |name: &str| {
        let result = &json(&folder, name)["runs"][0]["results"][0];
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone()
    };
    check(&folder, &["--sarif", "a.sarif", "--baseline", "baseline.toml"]);
    assert_eq!(uri("a.sarif"), "baseline.toml");
    let wsclose = assert_cmd::cargo::cargo_bin("wsclose");
    folder.file(
        "bin/serve",
        format!("exec '{}' echo --profile ws-rs --listen 127.0.0.1:$1", wsclose.display()),
    );
    let args = ["check", "ws://127.0.0.1:{port}/", "--exec", "sh bin/serve {port}", "--sarif", "b.sarif"];
    folder.wsclose(&[&args[..], &["--case", "code-received/0"]].concat()).assert_exit(1);
    assert_eq!(uri("b.sarif"), "bin/serve");
}

/// The documented exceptions are times: `timing` of JSON, and `time` of JUnit.
#[test]
fn two_runs_with_the_same_results_write_the_same_reports() {
    let runs: Vec<(Vec<Vec<u8>>, Value)> = (0..2)
        .map(|_| {
            let folder = Folder::new();
            let options = "--sarif run.sarif --markdown run.md --html run.html --json run.json";
            check(&folder, &options.split(' ').collect::<Vec<_>>());
            let octets = |name: &str| fs::read(folder.path().join(name)).expect("a report");
            let mut run = json(&folder, "run.json");
            assert!(run.as_object_mut().is_some_and(|run| run.remove("timing").is_some()), "{run}");
            (["run.sarif", "run.md", "run.html"].map(octets).to_vec(), run)
        })
        .collect();
    assert!(runs[0] == runs[1], "{}\n{}", runs[0].1, runs[1].1);
}

#[test]
fn junit_has_a_suite_for_each_family_times_and_warnings() {
    let folder = Folder::new();
    check(&folder, &["--junit", "run.xml"]);
    let text = fs::read_to_string(folder.path().join("run.xml")).expect("a report");
    let document = roxmltree::Document::parse(&text).expect("XML");
    let suites: Vec<&str> = document
        .descendants()
        .filter(|node| node.has_tag_name("testsuite"))
        .map(|suite| suite.attribute("name").expect("a name"))
        .collect();
    assert_eq!(
        suites[..2],
        ["ws://127.0.0.1:{port}/: frames it sends", "ws://127.0.0.1:{port}/: reply to a Close"]
    );
    let tests: Vec<_> = document.descendants().filter(|node| node.has_tag_name("testcase")).collect();
    assert!(tests.len() > 50 && tests.iter().all(|test| test.attribute("time").is_some()));
    let named =
        |name: &str| tests.iter().find(|test| test.attribute("name") == Some(name)).expect("a test case");
    let warning = named("rejects-undefined-codes").children().find(|node| node.has_tag_name("skipped"));
    let message = warning.and_then(|node| node.attribute("message")).expect("a message");
    assert_eq!(message, "warn: accepted a code without meaning or range, code 0");
    let failure = named("code-is-defined").children().find(|node| node.has_tag_name("failure"));
    assert!(failure.and_then(|node| node.text()).is_some_and(|text| text.contains("CLOSE 0")));
}

#[test]
fn reports_of_two_runs_differ_in_their_times_alone() {
    let folder = Folder::new();
    let options = |run: &str| {
        let file = |format: &str| [format!("--{format}"), format!("{run}.{format}")];
        ["json", "markdown", "html", "sarif"].into_iter().flat_map(file).collect::<Vec<String>>()
    };
    for run in ["one", "two"] {
        let options = options(run);
        check(&folder, &options.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let text = |name: String| {
        let text = fs::read_to_string(folder.path().join(name)).expect("a report");
        // The command names the files of the reports in no case, and the port is not the one of the run.
        assert!(!text.contains("ws://127.0.0.1:1"), "{text}");
        text
    };
    for format in ["markdown", "html", "sarif"] {
        assert_eq!(text(format!("one.{format}")), text(format!("two.{format}")), "{format}");
    }
    let without_times = |name: &str| {
        let mut report = json(&folder, name);
        report["timing"] = Value::Null;
        report
    };
    assert_eq!(without_times("one.json"), without_times("two.json"));
}
