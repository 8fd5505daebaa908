//! How a site takes the place of an earlier one, and which addresses it has.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ::wsclose::rules::Rule;
use serde_json::{Value, json};

use crate::made::{bugs, copy_of_results, files, read, results, run};
use crate::support::wsclose_in;

#[test]
fn the_same_results_make_the_same_files() {
    let folder = copy_of_results();
    run(folder.path(), &["live.json", "matrix.json", "--out", "other"]).assert_exit(0);
    let (one, other) = (results().join("site"), folder.path().join("other"));
    assert_eq!(files(&one), files(&other));
    for name in files(&one) {
        assert!(
            fs::read(one.join(&name)).expect("a file") == fs::read(other.join(&name)).expect("a file"),
            "{name}"
        );
    }
}

#[test]
fn bad_input_is_a_sentence_and_changes_nothing() {
    let folder = copy_of_results();
    run(folder.path(), &["matrix.json", "--out", "site"]).assert_exit(0);
    folder.file("site/mine.txt", "mine");
    folder.file("full/mine.txt", "mine");
    folder.file("taken", "a file");
    folder.file("text.json", "no JSON");
    folder.file("newer.json", "{\"schema\": \"wsclose-matrix/2\"}");
    folder.file("check.json", "{\"schema\": \"wsclose-check/1\"}");
    folder.file("short.json", "{\"schema\": \"wsclose-live/1\"}");
    let matrix = fs::read_to_string(folder.path().join("matrix.json")).expect("a file");
    folder.file("rule.json", matrix.replace("\"rule\": \"close-fin\"", "\"rule\": \"close-final\""));
    folder.file("bad.toml", "[[bug]]\ncrate = 1\n");
    folder.file("norule.toml", bugs("x").replace("close-fin", "close-final"));
    folder.file("urls", "index.html\n../etc/passwd\n");
    folder.file("lost", "codes-received.png\n");
    folder.file("gone", "old.html new.html\n");
    let before = folder.files();
    let refused = |args: &[&str], code: i32, message: &str| {
        run(folder.path(), args).assert_exit(code).assert_stderr(message);
        assert!(folder.files() == before, "{args:?} changed a file");
    };
    refused(
        &["matrix.json", "--out", "full"],
        2,
        "full: holds `mine.txt`, which is no part of a site; choose an empty",
    );
    refused(&["matrix.json", "--out", "site"], 2, "site: holds `mine.txt`");
    refused(&["matrix.json", "--out", "taken"], 2, "taken: is a file; name a folder");
    refused(&["missing.json", "--out", "new"], 3, "missing.json: not found");
    refused(&["text.json", "--out", "new"], 3, "text.json: is no result of `wsclose matrix --out`");
    refused(&["newer.json", "--out", "new"], 3, "has the schema `wsclose-matrix/2`, and this version reads");
    refused(&["check.json", "--out", "new"], 3, "name a matrix.json or live.json");
    refused(
        &["short.json", "--out", "new"],
        3,
        "short.json: cannot be read as wsclose-live/1 (missing field",
    );
    refused(&["rule.json", "--out", "new"], 3, "did you mean `close-fin`?");
    refused(
        &["matrix.json", "matrix.json", "--out", "new"],
        2,
        "two implementations have the page implementations/",
    );
    refused(&["matrix.json", "--out", "new", "--urls", "urls"], 3, "urls: line 2: expected a path");
    refused(&["matrix.json", "--out", "new", "--urls", "lost"], 2, "codes-received.png");
    refused(&["matrix.json", "--out", "new", "--urls", "gone"], 2, "names `new.html` for `old.html`");
    let with = |option: &str, file: &str, message: &str| {
        let folder = folder.path();
        let args = ["site", "matrix.json", "--out", "new", option, file];
        let args: Vec<&dyn AsRef<std::ffi::OsStr>> =
            args.iter().map(|arg| arg as &dyn AsRef<std::ffi::OsStr>).collect();
        wsclose_in(folder, &args, b"").assert_exit(3).assert_stderr(message);
    };
    with("--known-bugs", "bad.toml", "expected `[[bug]]` tables");
    with("--known-bugs", "norule.toml", "did you mean `close-fin`?");
    with("--findings", "bugs.toml", "expected `[[page]]` tables");
    assert!(folder.files() == before);
    run(folder.path(), &["--out", "new"]).assert_exit(2);
}

/// The list of the URLs that were ever published.
const URLS: &str = "../docs/site-urls.txt";

#[test]
fn published_urls_go_on_resolving() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(URLS);
    let list = fs::read_to_string(&path).unwrap_or_default();
    let listed: BTreeSet<&str> = list
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(' ').next())
        .collect();
    let missing: Vec<String> = published().into_iter().filter(|url| !listed.contains(url.as_str())).collect();
    if !missing.is_empty() && std::env::var_os("WSCLOSE_UPDATE_DOCS").is_some() {
        return fs::write(&path, list.clone() + &missing.join("\n") + "\n").expect("a writable list");
    }
    assert!(
        missing.is_empty(),
        "docs/site-urls.txt: add {missing:?}; `WSCLOSE_UPDATE_DOCS=1 cargo test -p wsclose-cli --test site` does it"
    );
    // Every one of them resolves in a site that has few implementations, with the charts of codes and without.
    let folder = copy_of_results();
    let path = path.to_str().expect("a path");
    let mut without_codes: Value = serde_json::from_str(&read(folder.path(), "matrix.json")).expect("JSON");
    for subject in without_codes["subjects"].as_array_mut().expect("a list") {
        subject["codes"] = json!([]);
    }
    folder.file("without_codes.json", without_codes.to_string());
    let site = folder.path().join("site");
    for results in ["without_codes.json", "matrix.json"] {
        run(folder.path(), &[results, "--out", "site", "--urls", path]).assert_exit(0);
        let all = files(&site);
        for url in &listed {
            assert!(all.contains(*url), "{url} does not resolve");
        }
        for name in listed.iter().filter(|url| url.ends_with(".svg")) {
            let svg = read(&site, name);
            let picture = roxmltree::Document::parse(&svg).expect("well-formed XML");
            let mut texts = picture.descendants().filter_map(|node| node.text());
            let is_absent = texts.any(|text| text == "Not in the newest results");
            assert_eq!(is_absent, results == "without_codes.json", "{name}: {svg}");
        }
    }
    let stub = read(&site, "implementations/soketto.html");
    assert!(stub.contains("<code>soketto</code>, which the newest results do not have"), "{stub}");
    assert!(read(&site, "badges/soketto.json").contains("not in the newest results"));
    // A page that moved leads to its successor.
    folder.file(
        "moved",
        "implementations/old.html implementations/model.html\nbadges/old.json badges/model.json\n",
    );
    run(folder.path(), &["matrix.json", "--out", "site", "--urls", "moved"]).assert_exit(0);
    assert!(read(&site, "implementations/old.html").contains("href=\"../implementations/model.html\""));
    assert_eq!(read(&site, "badges/old.json"), read(&site, "badges/model.json"));
}

/// The URLs that a site of this repository's implementations has.
fn published() -> Vec<String> {
    let pages = ["index", "rules", "codes", "disagreements", "reading"].map(|page| format!("{page}.html"));
    let charts = ["received", "answered", "asked"].map(|origin| format!("codes-{origin}.svg"));
    let rules = Rule::ALL.map(|rule| format!("rules/{rule}.html"));
    let manifest = include_str!("../../../implementations/live/implementations.toml");
    let names = manifest.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    let names = wsclose_cli::libraries::NAMES.into_iter().chain(names).chain(["model"]);
    let of_name = |name: &str| [format!("implementations/{name}.html"), format!("badges/{name}.json")];
    pages.into_iter().chain(charts).chain(rules).chain(names.flat_map(of_name)).collect()
}
