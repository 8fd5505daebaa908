//! Tests `wsclose site`: the pages, their links and findings, and how they look in a browser.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests read files and start a browser"
)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use ::wsclose::rules::Rule;
use serde_json::{Value, json};
use support::browser::{self, DARK, assert_lines, run_with_options};
use support::{Folder, wsclose_in};

/// The version of axe-core that looks for faults of accessibility.
const AXE: &str = "axe-core@4.14.1";

const PHONE: &str = "--window-size=360,740";
const DESKTOP: &str = "--window-size=1280,900";

/// A page of each kind.
const PAGES: [&str; 7] = [
    "index.html",
    "rules.html",
    "rules/close-at-most-125.html",
    "implementations/fault-replies-code-modulo-4096.html",
    "codes.html",
    "disagreements.html",
    "reading.html",
];

const BASELINE: &str = "[[known]]\nimplementation = \"fault:close-of-126\"\nversion = \"0.9\"\n\
                        rule = \"close-at-most-125\"\nreason = \"It never counts `octets` <b>at all</b>.\"\n\
                        source = \"src/lib.rs:1 `close`\"\nscript = \"close\"\n";

/// A folder with the results of the model and two faulty ones in-process, and of two servers. It is made once.
fn results() -> &'static Path {
    static RESULTS: OnceLock<PathBuf> = OnceLock::new();
    RESULTS.get_or_init(|| {
        let folder = Folder::new();
        folder.file("corpus/close.ws", support::GOOD);
        folder.file("baseline.toml", BASELINE);
        let faults = ["--subject", "fault:close-of-126", "--subject", "fault:replies-code-modulo-4096"];
        let options =
            ["--corpus", "corpus", "--baseline", "baseline.toml", "--scenarios", "none", "--timeout", "600"];
        folder.wsclose(&[&["matrix", "--out", "report"], &faults[..], &options].concat()).assert_exit(1);
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("site-results");
        let _ = fs::remove_dir_all(&kept);
        fs::create_dir_all(&kept).expect("a folder");
        fs::copy(folder.path().join("report/matrix.json"), kept.join("matrix.json")).expect("a file");
        fs::write(kept.join("live.json"), live(&folder).to_string()).expect("a file");
        fs::write(kept.join("bugs.toml"), bugs("fault:close-of-126")).expect("a file");
        fs::write(kept.join("pages.toml"), PAGES_LIST).expect("a file");
        run(&kept, &["matrix.json", "live.json", "--out", "site"]).assert_exit(0);
        kept
    })
}

/// The cases on close codes of two servers, in the form of `live.json`. All cases of a server would take half a minute.
fn live(folder: &Folder) -> Value {
    let entry = |name: &str, profile: &str, exit: i32| {
        let exec = support::echo_command(profile);
        let target = ["check", "ws://127.0.0.1:{port}/", "--exec", &exec, "--close-command"];
        let options = ["--case", "code-*", "--name", name, "--json", "run.json"];
        folder.wsclose(&[&target[..], &options].concat()).assert_exit(exit);
        let run: Value = serde_json::from_str(&read(folder.path(), "run.json")).expect("JSON");
        json!({ "name": name, "library": "<the model>", "language": "Rust", "version": "1.2.3", "absent": null,
                "known": [], "run": run })
    };
    let gone = json!({ "name": "gone", "library": "", "language": "", "version": "", "absent": "not installed: x",
                       "known": [], "run": null });
    json!({ "schema": "wsclose-live/1", "implementations": [entry("good", "iana", 0), entry("as-beast", "beast", 1), gone] })
}

const PAGES_LIST: &str =
    "[[page]]\nfile = \"the-page\"\ntitle = \"t\"\nimplementations = [\"good\", \"as-beast\"]\n";

fn bugs(package: &str) -> String {
    format!(
        "[[bug]]\ncrate = \"{package}\"\naffected = \"0.1.0\"\nfixed = \"0.2.0\"\nwhat = \"an old bug\"\nsource = \"s\"\n\
         rules = [\"close-fin\"]\n"
    )
}

/// Runs `wsclose site` in a folder, with bugs and pages.
fn run(folder: &Path, args: &[&str]) -> support::RunOutput {
    let all = [&["site", "--known-bugs", "bugs.toml", "--findings", "pages.toml"], args].concat();
    let args: Vec<&dyn AsRef<std::ffi::OsStr>> =
        all.iter().map(|arg| arg as &dyn AsRef<std::ffi::OsStr>).collect();
    wsclose_in(folder, &args, b"")
}

/// A folder with a copy of the results.
fn copy_of_results() -> Folder {
    let folder = Folder::new();
    for name in ["matrix.json", "live.json", "bugs.toml", "pages.toml"] {
        folder.file(name, fs::read(results().join(name)).expect("a file"));
    }
    folder
}

/// The files of the site.
fn files(site: &Path) -> BTreeSet<String> {
    let list: Value =
        serde_json::from_slice(&fs::read(site.join("site.json")).expect("a list")).expect("JSON");
    assert_eq!(list["schema"], "wsclose-site/1");
    let names = list["files"].as_array().expect("a list");
    names.iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
}

fn read(site: &Path, name: &str) -> String {
    fs::read_to_string(site.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The values of an attribute in a page.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let parts = html.split(&format!(" {name}=\"")).skip(1).collect::<Vec<_>>();
    parts.into_iter().map(|rest| rest.split('"').next().expect("a value")).collect()
}

/// The file that a link of a page leads to, and the id in it.
fn target(page: &str, link: &str) -> (String, String) {
    let (path, id) = link.split_once('#').unwrap_or((link, ""));
    let mut parts: Vec<&str> = page.split('/').collect();
    if !path.is_empty() {
        parts.pop();
        for part in path.split('/') {
            match part {
                ".." => assert!(parts.pop().is_some(), "{page}: {link}"),
                part => parts.push(part),
            }
        }
    }
    (parts.join("/"), id.to_owned())
}

#[test]
fn every_link_leads_somewhere_and_nothing_is_loaded_from_elsewhere() {
    let site = results().join("site");
    let all = files(&site);
    assert!(all.iter().all(|name| site.join(name).is_file()));
    let mut followed = 0;
    for page in all.iter().filter(|name| name.ends_with(".html")) {
        let html = read(&site, page);
        let ids = attributes(&html, "id");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{page}: an id is there twice");
        assert!(
            attributes(&html, "src").iter().all(|src| src.trim_start_matches("../").starts_with("assets/"))
        );
        assert_eq!(attributes(&html, "style").iter().filter(|style| style.contains("url(")).count(), 0);
        for link in attributes(&html, "href") {
            if link.starts_with("https://") || link == "data:," {
                continue;
            }
            followed += 1;
            let (file, id) = target(page, link);
            assert!(all.contains(&file), "{page}: {link}");
            if !id.is_empty() {
                let there = read(&site, &file);
                assert!(attributes(&there, "id").contains(&id.as_str()), "{page}: {link}");
            }
        }
    }
    assert!(followed > 2000, "{followed}");
    let style = read(&site, "assets/site.css");
    assert!(!style.contains("url(") && !style.contains("@import"), "the style loads something");
}

#[test]
fn pages_show_who_violates_a_rule_with_evidence_reason_and_source() {
    let site = results().join("site");
    let rule = read(&site, "rules/close-at-most-125.html");
    for part in [
        "An endpoint limits the payload of a Close to 125 bytes",
        "<a href=\"https://www.rfc-editor.org/rfc/rfc6455#section-5.5\">RFC 6455 §5.5</a>",
        "Violation: the header of a Close that the subject wrote announces more than 125 bytes.",
        "<a href=\"../implementations/fault-close-of-126.html#close-at-most-125\">fault:close-of-126</a>",
        "sent a control frame over 125 bytes",
        "It never counts <code>octets</code> &#60;b&#62;at all&#60;/b&#62;.",
        "src/lib.rs:1 <code>close</code>",
        "confirmed in 0.9",
        "wsclose 1\nrole ",
        "&#60;-- close-at-most-125",
    ] {
        assert!(rule.contains(part), "expected {part} in {rule}");
    }
    let page = read(&site, "implementations/fault-close-of-126.html");
    for part in ["id=\"close-at-most-125\"", "an old bug", "0.1.0", "violates 1 rule"] {
        assert!(page.contains(part), "expected {part} in {page}");
    }
    // The program over a socket has a page of findings, which the other server shares.
    let page = read(&site, "implementations/as-beast.html");
    for part in
        ["docs/findings/the-page.md", "good.html\">good</a>", "It recurred when its case was re-run", "1.2.3"]
    {
        assert!(page.contains(part), "expected {part} in {page}");
    }
    assert!(page.contains("The source has not been read for it yet"), "{page}");
    // The square shows only where codes of one column differ.
    let squares =
        |name: &str| read(&site, &format!("implementations/{name}.html")).matches("class=\"square\"").count();
    assert_eq!((squares("model"), squares("fault-close-of-126")), (0, 0));
    assert!(squares("fault-replies-code-modulo-4096") > 0);
    let index = read(&site, "index.html");
    assert!(index.contains("4 implementations, tested by wsclose"), "the model is the reference: {index}");
    assert!(index.contains("<code>gone</code>"), "{index}");
    let chart = read(&site, "codes-received.svg");
    let chart = roxmltree::Document::parse(&chart).expect("well-formed XML");
    let cells = chart.descendants().filter(|node| node.has_tag_name("g")).count();
    // Five rows of 21 columns, and the legend.
    assert!((105..130).contains(&cells), "{cells}");
}

#[test]
fn badges_are_endpoints_of_shields() {
    let site = results().join("site");
    let badges: Vec<String> = files(&site).into_iter().filter(|name| name.starts_with("badges/")).collect();
    assert_eq!(badges.len(), 5);
    let message = |name: &str| {
        let badge: Value = serde_json::from_str(&read(&site, &format!("badges/{name}.json"))).expect("JSON");
        let fields: BTreeSet<&str> =
            badge.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(fields, BTreeSet::from(["color", "label", "message", "schemaVersion"]));
        assert_eq!(badge["schemaVersion"], 1);
        assert_eq!(badge["label"], "closing handshake");
        (
            badge["message"].as_str().expect("text").to_owned(),
            badge["color"].as_str().expect("text").to_owned(),
        )
    };
    assert_eq!(message("model"), ("conforms".to_owned(), "brightgreen".to_owned()));
    assert_eq!(message("fault-close-of-126"), ("violates 1 rule".to_owned(), "orange".to_owned()));
    let folder = copy_of_results();
    run(folder.path(), &["matrix.json", "--out", "s", "--url", "https://example.org/r/"]).assert_exit(0);
    let page = fs::read_to_string(folder.path().join("s/implementations/model.html")).expect("a page");
    let badge = "https://img.shields.io/endpoint?url=https%3A%2F%2Fexample.org%2Fr%2Fbadges%2Fmodel.json";
    assert!(page.contains(badge), "{page}");
}

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
fn what_is_not_confirmed_or_of_the_program_is_no_violation() {
    let folder = copy_of_results();
    let article = |html: &str| {
        let mut articles = html.split("<article class=\"finding ").skip(1);
        articles.find(|part| part.contains("id=\"code-is-defined\"")).expect("evidence").to_owned()
    };
    let before = article(&read(&results().join("site"), "implementations/as-beast.html"));
    assert!(before.starts_with("bad\"") && before.contains("violates"), "{before}");
    let live: Value = serde_json::from_str(&read(folder.path(), "live.json")).expect("JSON");
    for status in ["flaky", "unconfirmed", "known"] {
        let mut live = live.clone();
        let run_of_beast = &mut live["implementations"][1]["run"];
        let is = |entry: &&mut Value, field: &str| entry[field] == "code-is-defined";
        let findings = run_of_beast["findings"].as_array_mut().expect("a list");
        let finding = findings.iter_mut().find(|finding| is(finding, "rule")).expect("a finding");
        if status == "known" {
            finding["reason"] = "Behavior of the echo program: it copies the code.".into();
        } else {
            finding["confirmation"] = status.into();
        }
        let rules = run_of_beast["rules"].as_array_mut().expect("a list");
        rules.iter_mut().find(|rule| is(rule, "id")).expect("the rule")["status"] = status.into();
        folder.file("changed.json", live.to_string());
        run(folder.path(), &["changed.json", "--out", "site"]).assert_exit(0);
        let site = folder.path().join("site");
        let after = article(&read(&site, "implementations/as-beast.html"));
        let word = if status == "known" { "its program" } else { "not confirmed" };
        assert!(after.starts_with("open\"") && after.contains(word), "{status}: {after}");
        // The page of the rule lists it below the others, without the evidence of a violation.
        let page = read(&site, "rules/code-is-defined.html");
        let (violations, others) = page.split_once("id=\"others\"").expect("others");
        assert!(!violations.contains("as-beast") && others.contains("as-beast"), "{status}: {page}");
        assert!(read(&site, "badges/as-beast.json").contains("conforms"), "{status}");
    }
    // The repository's baselines begin reasons with these words.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../implementations");
    for (path, words) in [
        ("live/baseline.toml", "Behavior of the echo program"),
        ("baseline.toml", "Only on application request"),
    ] {
        assert!(read(&root, path).contains(&format!("reason = \"{words}")), "{path}");
    }
}

/// The results of the libraries, after changes to one of them.
fn changed(folder: &Folder, subject: &str, change: impl Fn(&mut Value)) {
    let mut matrix: Value = serde_json::from_str(&read(folder.path(), "matrix.json")).expect("JSON");
    let subjects = matrix["subjects"].as_array_mut().expect("a list");
    change(subjects.iter_mut().find(|one| one["name"] == subject).expect("the subject"));
    folder.file("matrix.json", matrix.to_string());
}

/// The entry of a rule in the results of a library.
fn cell<'a>(subject: &'a mut Value, rule: &str) -> &'a mut Value {
    let cells = subject["cells"].as_array_mut().expect("a list");
    cells.iter_mut().find(|cell| cell["rule"] == rule).expect("the rule")
}

#[test]
fn violations_only_on_request_count_apart() {
    let folder = copy_of_results();
    let site = folder.path().join("site");
    changed(&folder, "fault:close-of-126", |subject| {
        let reason = "Only on application request: it copies the reason.";
        cell(subject, "close-at-most-125")["known"]["reason"] = reason.into();
        cell(subject, "code-is-assigned")["status"] = "known".into();
        cell(subject, "code-is-assigned")["known"] =
            json!({ "reason": reason, "version": null, "source": null });
    });
    run(folder.path(), &["matrix.json", "live.json", "--out", "site"]).assert_exit(0);
    let badge = read(&site, "badges/fault-close-of-126.json");
    assert!(badge.contains("\"violates 0 rules, 1 on request\"") && badge.contains("\"green\""), "{badge}");
    let row = |site: &Path| {
        let index = read(site, "index.html");
        let mut rows = index.split("<tr>").filter(|row| row.contains(">fault:close-of-126<"));
        rows.next().expect("a row").to_owned()
    };
    let frames = "frames it sends: 1 violated only on request, 1 with a warning only on request, ";
    for part in [frames, ">(✗) 1<", ">(!) 1<"] {
        assert!(row(&site).contains(part), "expected {part} in {}", row(&site));
    }
    assert!(!row(&site).contains(">✗ 1<"), "{}", row(&site));
    let entry = |page: &str, rule: &str| {
        let mut entries = page.split("<li>").filter(|entry| entry.contains(&format!("<code>{rule}</code>")));
        entries.next().expect("the rule").to_owned()
    };
    let rule = entry(&read(&site, "rules.html"), "close-at-most-125");
    assert!(rule.contains(">1 only on request<") && !rule.contains("violates it"), "{rule}");
    let page = read(&site, "rules/close-at-most-125.html");
    for part in [">1 only on request<", "<article class=\"finding open\" id=\"fault-close-of-126\">"] {
        assert!(page.contains(part), "expected {part} in {page}");
    }
    let page = read(&site, "implementations/fault-close-of-126.html");
    let sentence = "Only on request of its application, it violates 1 rule and has a warning on 1 rule.";
    for part in [sentence, "id=\"violations-on-request\"", "violates only on request"] {
        assert!(page.contains(part), "expected {part} in {page}");
    }
    assert!(!page.contains("id=\"violations\""), "{page}");
    let reading = read(&site, "reading.html");
    assert!(reading.contains("They do not make the badge orange."), "{reading}");
    // A violation on its own decides the color.
    changed(&folder, "fault:close-of-126", |subject| cell(subject, "close-fin")["status"] = "FAIL".into());
    run(folder.path(), &["matrix.json", "live.json", "--out", "site"]).assert_exit(0);
    let badge = read(&site, "badges/fault-close-of-126.json");
    assert!(badge.contains("\"violates 1 rule, 1 more on request\"") && badge.contains("orange"), "{badge}");
    assert!(row(&site).contains(">✗ 1<") && row(&site).contains(">(✗) 1<"), "{}", row(&site));
}

#[test]
fn numbers_agree_and_the_model_does_not_count() {
    let folder = copy_of_results();
    let site = folder.path().join("site");
    let ran = run(folder.path(), &["matrix.json", "live.json", "--out", "site"]).assert_exit(0);
    let count = files(&site).len();
    ran.assert_stdout(&format!("wrote site: 4 implementations and the model, {count} files;"));
    run(folder.path(), &["live.json", "--out", "other"])
        .assert_exit(0)
        .assert_stdout("wrote other: 2 implementations, ");
    let index = read(&site, "index.html");
    assert!(index.contains("4 implementations, tested by wsclose"), "{index}");
    assert!(index.contains("The model is the reference of wsclose, and does not count."), "{index}");
    let rules = read(&site, "rules.html");
    for rule in Rule::ALL {
        let entry = rules.split("<li>").find(|entry| entry.contains(&format!("<code>{rule}</code>")));
        let conform = entry.expect("the rule").split("<span class=\"muted\">").nth(1).expect("a number");
        let conform: usize = conform.split(' ').next().expect("a number").parse().expect("a number");
        let page = read(&site, &format!("rules/{rule}.html"));
        assert!(!page.contains("implementations/model.html"), "{page}");
        let listed = page.split_once("</span> conforms</span></dt>").map_or("", |(_, list)| list);
        let listed = listed.split("</dd>").next().expect("a list").matches("<a href=").count();
        assert_eq!(listed, conform, "{rule}: {page}");
    }
}

#[test]
fn pages_tell_how_to_replay_a_script_and_what_was_played() {
    let folder = copy_of_results();
    let site = folder.path().join("site");
    changed(&folder, "fault:close-of-126", |subject| {
        subject["notes"] = json!(["sockets: curated scripts only, no sweeps", "TIMED OUT"]);
        folder.file(
            "x.ws",
            cell(subject, "close-at-most-125")["shortest"]["script"].as_str().expect("a script"),
        );
    });
    run(folder.path(), &["matrix.json", "live.json", "--out", "site"]).assert_exit(0);
    let page = read(&site, "implementations/fault-close-of-126.html");
    let replay = ["replay", "x.ws", "--subject", "fault:close-of-126"];
    for part in [
        &format!("<code>wsclose-full {}</code>", replay.join(" ")),
        "The adapter connects it over sockets on loopback, in the same process.",
        "The run reached its time limit, so some scripts are missing.",
        "compared scripts differ; other segmentations and generated scenarios are not compared",
    ] {
        assert!(page.contains(part), "expected {part} in {page}");
    }
    assert!(!page.contains("no sweeps") && !page.contains("TIMED OUT"), "{page}");
    folder.wsclose(&replay).assert_exit(1).assert_stdout("close-at-most-125");
    let page = read(&site, "implementations/as-beast.html");
    assert!(page.contains("<code>wsclose check URL --script x.ws</code>"), "{page}");
    let live: Value = serde_json::from_str(&read(folder.path(), "live.json")).expect("JSON");
    let findings = live["implementations"][1]["run"]["findings"].as_array().expect("a list");
    let finding = findings.iter().find(|finding| finding["rule"] == "code-is-defined").expect("a finding");
    folder.file("x.ws", finding["script"].as_str().expect("a script"));
    let exec = support::echo_command("beast");
    let check = ["check", "ws://127.0.0.1:{port}/", "--exec", &exec, "--script", "x.ws"];
    folder.wsclose(&check).assert_exit(1).assert_stdout("code-is-defined");
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
    let manifest = include_str!("../../implementations/live/implementations.toml");
    let names = manifest.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    let names = wsclose_cli::libraries::NAMES.into_iter().chain(names).chain(["model"]);
    let of_name = |name: &str| [format!("implementations/{name}.html"), format!("badges/{name}.json")];
    pages.into_iter().chain(charts).chain(rules).chain(names.flat_map(of_name)).collect()
}

#[test]
fn pages_fit_a_phone_and_log_nothing() {
    let site = results().join("site");
    let script = "see('overflow', Math.max(0, document.documentElement.scrollWidth - innerWidth));\n\
        see('title', document.title !== '');\n\
        see('one-h1', document.querySelectorAll('h1').length);\n\
        done();";
    for page in PAGES {
        for view in [PHONE, DESKTOP] {
            let Some(lines) = run_with_options(&site.join(page), "", script, &[view]) else { return };
            assert!(lines.contains(&"overflow 0".to_owned()), "{page} {view}: {lines:?}");
            assert_lines(&lines, &["title true", "one-h1 1"]);
        }
    }
}

#[test]
fn pages_can_be_read_without_scripts() {
    let site = results().join("site");
    for (page, text) in [
        ("index.html", "fault:close-of-126"),
        ("rules/close-at-most-125.html", "sent a control frame over 125 bytes"),
        ("codes.html", "accepted and echoed"),
    ] {
        let html = read(&site, page);
        let plain: String = html
            .lines()
            .filter(|line| !line.starts_with("<script"))
            .map(|line| format!("{line}\n"))
            .collect();
        assert!(!plain.contains("<script") && !plain.contains(" onclick"), "{page}");
        let copy = site.join(page).with_extension("plain.html");
        fs::write(&copy, plain).expect("a folder to write in");
        let script = format!(
            "see('there', document.getElementById('main').innerText.includes('{text}'));\n\
             see('search', document.getElementById('query').checkVisibility());\n\
             done();"
        );
        let lines = run_with_options(&copy, "", &script, &[DESKTOP]);
        fs::remove_file(&copy).expect("the copy");
        let Some(lines) = lines else { return };
        assert_lines(&lines, &["there true", "search false"]);
    }
}

#[test]
fn search_finds_rules_and_implementations_by_keyboard() {
    let site = results().join("site");
    let script = "\
        const input = document.getElementById('query'), list = document.getElementById('hits');\n\
        const press = (at, key) =>\n\
          at.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));\n\
        const type = text => { input.value = text; input.dispatchEvent(new Event('input', { bubbles: true })); };\n\
        see('shown', !document.getElementById('search').hidden);\n\
        press(document.body, '/');\n\
        see('focused', document.activeElement === input);\n\
        type('close-fin');\n\
        see('rule', list.querySelector('a').getAttribute('href'));\n\
        type('126');\n\
        const paths = () => Array.from(list.querySelectorAll('a')).map(a => a.getAttribute('href'));\n\
        see('implementation', paths().includes('../implementations/fault-close-of-126.html'));\n\
        see('words', (type('payload limits'), list.querySelector('a').getAttribute('href')));\n\
        press(input, 'ArrowDown');\n\
        see('moved', document.activeElement === list.querySelector('a'));\n\
        press(document.activeElement, 'Escape');\n\
        see('closed', list.hidden && document.activeElement === input);\n\
        type('zzzz');\n\
        see('none', list.hidden);\n\
        see('announced', document.getElementById('hit-count').textContent);\n\
        see('target', document.querySelector(':target').id);\n\
        see('opened', document.querySelector(':target details').open);\n\
        const reachable = Array.from(document.querySelectorAll('main :is(summary, a, pre, .scrolls)'));\n\
        see('keyboard', reachable.every(element => element.tabIndex >= 0));\n\
        done();";
    let page = site.join("implementations/fault-close-of-126.html");
    let Some(lines) = run_with_options(&page, "#close-at-most-125", script, &[DESKTOP]) else { return };
    let expected = [
        "shown true",
        "focused true",
        "rule ..%2Frules%2Fclose-fin.html",
        "implementation true",
        "words ..%2Frules%2Fclose-at-most-125.html",
        "moved true",
        "closed true",
        "none true",
        "announced 0%20found",
        "target close-at-most-125",
        "opened true",
        "keyboard true",
    ];
    assert_lines(&lines, &expected);
}

/// The script of axe-core, which npm installs once. Without npm the test prints that and passes, unless
/// `WSCLOSE_REQUIRE_AXE` is set.
fn axe() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("axe");
    let script = folder.join("node_modules/axe-core/axe.min.js");
    if !script.exists() {
        fs::create_dir_all(&folder).expect("a folder");
        let install = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"];
        let ran = Command::new("npm").args(install).arg(&folder).arg(AXE).output();
        let is_there = ran.is_ok_and(|ran| ran.status.success()) && script.exists();
        assert!(is_there || std::env::var_os("WSCLOSE_REQUIRE_AXE").is_none(), "npm cannot install {AXE}");
        if !is_there {
            eprintln!("no {AXE}: install npm to run this test");
            return None;
        }
    }
    Some(script)
}

#[test]
fn pages_have_no_serious_fault_of_accessibility() {
    let Some(axe) = browser::browser().and_then(|_| axe()) else { return };
    let site = results().join("site");
    let script = format!(
        "await new Promise(ready => {{\n\
           const axe = document.createElement('script');\n\
           axe.src = 'file://{}';\n\
           axe.onload = ready;\n\
           document.head.append(axe);\n\
         }});\n\
         document.querySelectorAll('details').forEach(details => {{ details.open = true; }});\n\
         const found = await axe.run(document, {{ resultTypes: ['violations', 'passes'], preload: false }});\n\
         see('checked', found.passes.length > 15);\n\
         for (const {{ id, impact, nodes: [first] }} of found.violations)\n\
           if (['serious', 'critical'].includes(impact))\n\
             see('fault', `${{id}} ${{first.html.slice(0, 200)}} ${{first.failureSummary}}`);\n\
         done();",
        axe.display()
    );
    for page in PAGES {
        for options in [&[DESKTOP][..], &[PHONE, DARK]] {
            let lines = run_with_options(&site.join(page), "", &script, options).expect("a browser");
            assert_lines(&lines, &["checked true"]);
            assert!(lines.iter().all(|line| !line.starts_with("fault")), "{page} {options:?}: {lines:#?}");
        }
    }
}
