//! Tests `wsclose matrix`.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests write files")]

mod support;

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use support::{Folder, MODEL, wsclose};

const FILES: [&str; 4] = ["codes.svg", "disagreements.md", "matrix.json", "matrix.md"];

/// The options that select the model and two faulty ones, with a corpus of the test, so that no test depends on the
/// project's corpus. The scenarios take seconds, and have a test of their own.
const FAULTY: [&str; 10] = [
    "--subject",
    "fault:close-of-126",
    "--subject",
    "fault:refuses-1014",
    "--corpus",
    "corpus",
    "--scenarios",
    "none",
    "--timeout",
    "600",
];

fn folder() -> Folder {
    let folder = Folder::new();
    folder.file("corpus/close.ws", support::GOOD);
    folder.file("corpus/registered.ws", "wsclose 1\nrole server\n# IANA has it.\n> close 1014\n> fin\n");
    folder.file("corpus/silence.ws", "wsclose 1\nrole client\napp close\nwait 32\n");
    folder
}

fn matrix(folder: &Folder, args: &[&[&str]]) -> support::RunOutput {
    folder.wsclose(&[&["matrix"], args.concat().as_slice()].concat())
}

#[test]
fn model_and_two_faulty_subjects() {
    let ran = matrix(&folder(), &[&FAULTY, &["--codes", "none"]]).assert_exit(1);
    insta::with_settings!({
        snapshot_path => "../../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!("cli__matrix", ran.out) });
    // These assertions hold even if a wrong snapshot is accepted.
    ran.assert_stdout("FAIL fault:close-of-126 close-at-most-125 (must)")
        .assert_stdout("warn fault:refuses-1014 accepts-registered-codes (should)")
        .assert_stdout("replied to 1014 with 1002; shortest script: registered, client");
}

/// The parts of a text between `before` and `after`.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.split(before).skip(1).map(|rest| rest.split(after).next().expect("a part")).collect()
}

#[test]
fn every_script_in_a_report_is_accepted_by_replay() {
    let folder = folder();
    let ran = matrix(&folder, &[&FAULTY, &["--codes", "none", "--out", "report"]]).assert_exit(1);
    let read = |name: &str| fs::read_to_string(folder.path().join("report").join(name)).expect("a file");
    let (page, disagreements) = (read("matrix.md"), read("disagreements.md"));
    assert!(page.contains("Scripts, each in both roles: 3 curated"), "{page}");
    assert!(page.contains("; no sweep of the codes."), "{page}");
    assert!(page.contains("Empty: no script exercised the rule"), "{page}");

    let shown: Vec<&str> = between(&ran.out, ":\n\n    wsclose", "\n\n");
    let shown: Vec<String> = shown.iter().map(|rest| format!("    wsclose{}\n", rest.trim_end())).collect();
    let blocks = [&page, &disagreements].map(|page| between(page, "```text\n", "```"));
    assert_eq!((shown.len(), blocks[0].len()), (2, 3), "{}\n{page}", ran.out);
    assert!(!blocks[1].is_empty(), "{disagreements}");
    for script in shown.iter().map(String::as_str).chain(blocks.concat()) {
        folder.file("shown.ws", script);
        folder.wsclose(&["replay", "shown.ws", "--subject", "model"]).assert_exit(0);
    }

    matrix(&folder, &[&FAULTY, &["--codes", "only", "--out", "codes"]]).assert_exit(1);
    let page = fs::read_to_string(folder.path().join("codes/matrix.md")).expect("a file");
    assert!(page.contains("No scripts; every code from 0 to 65535 received"), "{page}");
}

#[test]
fn reports_are_identical_for_any_number_of_threads() {
    let folder = folder();
    let report = |name: &str, jobs: &str| {
        let args: [&[&str]; 3] = [&FAULTY, &["--codes", "none", "--jobs", jobs], &["--out", name]];
        matrix(&folder, &args).assert_exit(1).assert_stdout("wrote ");
        FILES.map(|file| fs::read(folder.path().join(name).join(file)).expect("a file"))
    };
    let first = report("one", "1");
    assert_eq!(first, report("two", "4"));
    // And over what it wrote before.
    assert_eq!(first, report("one", "2"));
    assert_eq!(fs::read_dir(folder.path().join("one")).expect("a folder").count(), FILES.len());
}

#[test]
fn svg_and_json_contain_every_code_once() {
    let folder = folder();
    let args = ["--subject", "fault:refuses-1014", "--codes", "only", "--timeout", "600", "--out", "report"];
    matrix(&folder, &[&args])
        .assert_exit(0)
        .assert_stdout("warn fault:refuses-1014 accepts-registered-codes");
    let read = |name: &str| fs::read_to_string(folder.path().join("report").join(name)).expect("a file");

    let picture = read("codes.svg");
    let picture = roxmltree::Document::parse(&picture).expect("well-formed XML");
    let squares = picture.descendants().filter(|node| node.attribute("class") == Some("codes"));
    let mut count = 0;
    for square in squares {
        count += 1;
        let mut seen = vec![0; 65_536];
        for rect in square.descendants().filter(|node| node.has_tag_name("rect")) {
            let number = |name| rect.attribute(name).and_then(|text| text.parse().ok()).expect("a number");
            let (x, y, wide, high): (usize, usize, usize, usize) =
                (number("x"), number("y"), number("width"), number("height"));
            assert!(x + wide <= 256 && y + high <= 256);
            (y..y + high).for_each(|line| (x..x + wide).for_each(|column| seen[256 * line + column] += 1));
        }
        assert!(seen.iter().all(|times| *times == 1));
        let title = square.first_element_child().and_then(|title| title.text()).expect("a title");
        assert!(title.contains("rejected") || title.contains("refused"), "{title}");
    }
    // There are two subjects, two roles and three origins of a code.
    assert_eq!(count, 12);
    let patterns = picture.descendants().filter(|node| node.has_tag_name("pattern"));
    let patterns: Vec<&str> = patterns.filter_map(|node| node.attribute("id")).collect();
    for used in picture.descendants().filter_map(|node| node.attribute("fill")) {
        if let Some(name) = used.strip_prefix("url(#").and_then(|rest| rest.strip_suffix(')')) {
            assert!(patterns.contains(&name), "{name}");
        }
    }

    let data: Value = serde_json::from_str(&read("matrix.json")).expect("JSON");
    assert_eq!(data["schema"], "wsclose-matrix/1");
    let faulty = &data["subjects"][1];
    assert_eq!(faulty["name"], "fault:refuses-1014");
    let tables = faulty["codes"].as_array().expect("a list");
    assert_eq!(tables.len(), 6);
    for table in tables {
        let mut next = 0;
        for run in table["ranges"].as_array().expect("a list") {
            assert_eq!(run[0], next);
            next = run[1].as_u64().expect("a number") + 1;
        }
        assert_eq!(next, 65_536);
    }
    assert!(
        read("disagreements.md").contains("| 1014 | 1 | accepted and echoed: model<br>rejected with 1002:")
    );
}

#[test]
fn scenarios_find_what_no_script_shows() {
    let folder = folder();
    // No script of this corpus has a reason with a surrogate.
    let fault = [
        "--subject",
        "fault:takes-surrogate-pairs",
        "--corpus",
        "corpus",
        "--codes",
        "none",
        "--out",
        "report",
    ];
    matrix(&folder, &[&fault, &["--scenarios", "none"]]).assert_exit(0);
    matrix(&folder, &[&fault, &["--scenarios", "pairs"]])
        .assert_exit(1)
        .assert_stdout("shortest script: scenario/");
    let page = fs::read_to_string(folder.path().join("report/matrix.md")).expect("a file");
    assert!(!page.contains("each in its own role: 0"), "{page}");
}

#[test]
fn runs_outside_a_checkout() {
    let args = ["--codes", "none", "--scenarios", "pairs"];
    let ran = matrix(&Folder::new(), &[&MODEL, &args]).assert_exit(0).assert_stdout("verdict: PASS");
    assert!(!ran.out.contains("FAIL"), "{}", ran.out);
}

#[test]
fn unknown_names_are_usage_errors() {
    wsclose(&["matrix", "--subject", "missing"]).assert_exit(2).assert_stderr("expected a subject");
    wsclose(&["matrix", "--subject", "fault:nothing"]).assert_exit(2).assert_stderr("expected a fault");
    wsclose(&["matrix", "--profile", "missing"]).assert_exit(2);
    wsclose(&["matrix", "--jobs", "0"]).assert_exit(2);
    wsclose(&["matrix", "--timeout", "0"]).assert_exit(2);
    wsclose(&["matrix", "--codes", "none", "--codes", "only"]).assert_exit(2);
}

#[cfg(target_os = "linux")]
#[test]
fn an_unwritable_output_folder_fails_before_the_run() {
    let ran = matrix(&Folder::new(), &[&MODEL, &["--out", "/proc/none"]]).assert_exit(2);
    ran.assert_stderr("/proc/none: cannot be used for reports: ");
}

#[test]
fn an_invalid_corpus_fails_before_the_run() {
    let folder = Folder::new();
    folder.file("empty/readme.txt", "no script");
    folder.file("broken/a.ws", "wsclose 1\nrole neither\n");
    folder.file("file.ws", support::GOOD);
    let with = |corpus: &str| matrix(&folder, &[&MODEL, &["--corpus", corpus]]).assert_exit(3);
    with("empty").assert_stderr("contains no scripts");
    with("broken").assert_stderr("a.ws:2:");
    with("file.ws").assert_stderr("is a file; name a folder");
    with("nowhere").assert_stderr("nowhere: not found; expected a folder");
}

#[test]
fn report_files_are_replaced() {
    let folder = folder();
    folder.file("report/matrix.md", "an older report");
    folder.file("taken", "a file");
    folder.file("folders/matrix.json/x", "a folder where a file belongs");
    let before = folder.files();
    let run = |args: &[&str]| matrix(&folder, &[&FAULTY, &["--codes", "none"], args]);
    run(&["--out", "taken"]).assert_exit(2).assert_stderr("is a file; name a folder");
    run(&["--out", "taken/below"]).assert_exit(2).assert_stderr("taken/below");
    run(&["--out", "folders"]).assert_exit(2).assert_stderr("is a folder; name a file");
    assert_eq!(folder.files(), before);
    run(&["--out", "report"]).assert_exit(1).assert_stdout("wrote report/matrix.md");
    let after: BTreeMap<String, Vec<u8>> = folder.files().into_iter().collect();
    assert!(FILES.iter().all(|name| after[&format!("report/{name}")].len() > 100));
}

#[test]
fn baseline_violations_do_not_fail() {
    let folder = folder();
    let known = folder.file(
        "baseline.toml",
        "[[known]]\nimplementation = \"fault:close-of-126\"\nversion = \"1\"\nrule = \"close-at-most-125\"\nreason = \"r\"\n\
         source = \"s\"\nscript = \"c\"\n",
    );
    let known = known.to_str().expect("text");
    let args =
        ["--codes", "none", "--subject", "fault:close-of-126", "--corpus", "corpus", "--baseline", known];
    matrix(&folder, &[&args, &["--out", "report"]]).assert_exit(0).assert_stdout("1 known");
    let data = fs::read(folder.path().join("report/matrix.json")).expect("a file");
    let data: Value = serde_json::from_slice(&data).expect("JSON");
    let cells = data["subjects"][1]["cells"].as_array().expect("a list");
    let cell = cells.iter().find(|cell| cell["rule"] == "close-at-most-125").expect("a cell");
    assert_eq!((&cell["known"]["reason"], &cell["known"]["source"]), (&"r".into(), &"s".into()));
    assert!(cell["shortest"]["timeline"].as_str().expect("text").contains("<-- close-at-most-125"), "{cell}");
    assert!(cells.iter().filter(|cell| !cell["known"].is_null()).count() == 1);
    assert!(!data["disagreements"].as_array().expect("a list").is_empty());
}

/// A folder with a manifest of one server, which accepts and sends 5000 as Boost.Beast does.
fn live_folder() -> Folder {
    let folder = Folder::new();
    let manifest = format!(
        "[[implementation]]\nname = \"echo\"\nlanguage = \"Rust\"\nlibrary = \"the model\"\nrole = \"server\"\nset = \"none\"\n\
         version = \"echo 1.2.3\"\ninstalled = \"true\"\n\
         install = {{ text = \"\", debian = [], npm = [], pypi = [], crates = [] }}\n\
         start = '{} echo --profile beast --listen 127.0.0.1:{{port}}'\nwarm_up = 0\nnote = \"\"\n",
        assert_cmd::cargo::cargo_bin("wsclose").display()
    );
    folder.file("live/implementations.toml", &manifest);
    folder
}

fn baseline_entry(rule: &str, version: &str) -> String {
    format!(
        "[[known]]\nimplementation = \"echo\"\nversion = \"{version}\"\nrule = \"{rule}\"\nreason = \"r\"\nsource = \"s\"\n\
         script = \"c\"\n"
    )
}

#[test]
fn a_live_violation_fails_unless_in_the_baseline() {
    let folder = live_folder();
    folder.wsclose(&["matrix", "--live", "live"]).assert_exit(1).assert_stdout("FAIL     code-is-defined");
    let known = baseline_entry("code-is-defined", "1.2.3") + &baseline_entry("close-answered", "1.2.2");
    folder.file("live/baseline.toml", &known);
    folder
        .wsclose(&["matrix", "--live", "live", "--write-baseline", "mine.toml"])
        .assert_exit(0)
        .assert_stdout("known    code-is-defined")
        .assert_stdout("stale    close-answered")
        .assert_stdout("was confirmed in 1.2.2, this is 1.2.3")
        .assert_stdout("added: echo code-is-defined");
    let written = fs::read_to_string(folder.path().join("mine.toml")).expect("a baseline");
    assert!(written.contains("reason = \"r\"") && !written.contains("close-answered"), "{written}");
    let manifest = fs::read_to_string(folder.path().join("live/implementations.toml")).expect("the manifest");
    folder.file("live/implementations.toml", manifest.repeat(2));
    folder.wsclose(&["matrix", "--live", "live"]).assert_exit(2).assert_stderr("two named `echo`");
    folder.file("live/implementations.toml", manifest);
    folder.file("live/baseline.toml", "[[known]]");
    folder.wsclose(&["matrix", "--live", "live"]).assert_exit(3).assert_stderr("baseline.toml");
}
