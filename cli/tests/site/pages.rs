//! What the pages and badges show, and where their links lead.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ::wsclose::rules::Rule;
use serde_json::{Value, json};

use crate::made::{copy_of_results, files, read, results, run};
use crate::support::{self, Folder};

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
