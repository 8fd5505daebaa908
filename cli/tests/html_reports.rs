//! Tests the pages of `check --html` and `matrix --live --out` in a browser.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests read files and start a browser"
)]

mod support;

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;
use support::browser::{assert_lines, run_in_browser};
use support::{Folder, echo_command, schema};

fn check_page(folder: &Folder) -> PathBuf {
    let page = folder.path().join("check.html");
    let path = page.to_str().expect("text");
    let cases = ["--case", "code-received/*", "--baseline", "baseline.toml"];
    folder.file(
        "baseline.toml",
        "[[known]]\nrule = \"rejects-undefined-codes\"\nreason = \"<b>of ours</b> & meant\"\n",
    );
    let exec = echo_command("beast");
    let run = ["check", "ws://127.0.0.1:{port}/", "--exec", &exec, "--html", path];
    folder.wsclose(&[&run[..], &cases[..]].concat()).assert_exit(1);
    page
}

#[test]
fn check_page_filters_links_and_opens() {
    let folder = Folder::new();
    let page = check_page(&folder);
    let script = "\
        const rules = () => Array.from(document.querySelectorAll('.rule')).filter(rule => !rule.hidden);\n\
        const type = (id, value) => {\n\
          const field = document.getElementById(id);\n\
          field.value = value;\n\
          field.dispatchEvent(new Event('input', { bubbles: true }));\n\
        };\n\
        see('linked', document.querySelector(':target').id);\n\
        see('linked-opens', document.querySelector(':target').closest('details').open);\n\
        see('escaped', document.querySelectorAll('b').length);\n\
        see('reason', document.body.textContent.includes('<b>of ours</b> & meant'));\n\
        see('outside', document.querySelectorAll('[src], link').length);\n\
        const all = rules().length;\n\
        see('all', all > 20);\n\
        type('text', 'code-is-defined');\n\
        see('by-text', rules().length < all && rules().some(rule => rule.id === 'code-is-defined'));\n\
        type('text', '');\n\
        see('again', rules().length === all);\n\
        document.querySelector('[value=FAIL]').click();\n\
        see('without-FAIL', rules().every(rule => rule.dataset.word !== 'FAIL') && rules().length < all);\n\
        document.querySelector('[value=FAIL]').click();\n\
        const evidence = document.querySelector('#rejects-undefined-codes details');\n\
        see('closed', !evidence.open);\n\
        evidence.querySelector('summary').click();\n\
        see('opened', evidence.open);\n\
        see('timeline', evidence.textContent.includes('CLOSE'));\n\
        see('keyboard', Array.from(document.querySelectorAll('main :is(summary, a, input, pre)')).every(e => e.tabIndex >= 0));\n\
        dispatchEvent(new Event('beforeprint'));\n\
        see('printed', Array.from(document.querySelectorAll('details')).every(details => details.open));\n\
        done();";
    let Some(lines) = run_in_browser(&page, "#code-is-defined.code-received-65369", script) else { return };
    let wanted = [
        "linked code-is-defined.code-received-65369",
        "linked-opens true",
        "escaped 0",
        "reason true",
        "outside 0",
        "all true",
        "by-text true",
        "again true",
        "without-FAIL true",
        "closed true",
        "opened true",
        "timeline true",
        "keyboard true",
        "printed true",
    ];
    assert_lines(&lines, &wanted);
}

/// The reports on two servers and one that is not installed.
struct LiveReports {
    html: String,
    json: String,
}

/// The reports of one run. It takes many seconds, so the tests share it.
fn live_reports() -> &'static LiveReports {
    static REPORTS: OnceLock<LiveReports> = OnceLock::new();
    REPORTS.get_or_init(|| {
        let peer = |name: &str, installed: &str, profile: &str| {
            let start = echo_command(profile);
            let start = start.strip_prefix("exec ").expect("a command");
            format!(
                "[[implementation]]\nname = \"{name}\"\nlanguage = \"Rust\"\nlibrary = \"<the model>\"\nrole = \"server\"\n\
                 set = \"none\"\nversion = \"echo 1.2.3\"\ninstalled = \"{installed}\"\n\
                 install = {{ text = \"\", debian = [], npm = [], pypi = [], crates = [] }}\n\
                 start = \"{start}\"\nwarm_up = 0\nnote = \"\"\n"
            )
        };
        let manifest =
            [peer("good", "true", "iana"), peer("as-beast", "true", "beast"), peer("gone", "false", "iana")];
        let folder = Folder::new();
        folder.file("live/implementations.toml", manifest.concat());
        // A run replaces the files, those of others too.
        folder.file("out/live.html", "mine");
        folder
            .wsclose(&["matrix", "--live", "live", "--out", "out"])
            .assert_exit(1)
            .assert_stdout("wrote out/live.html")
            .assert_stdout("wrote out/live.json");
        let read = |name: &str| fs::read_to_string(folder.path().join("out").join(name)).expect("a report");
        assert_ne!(read("live.html"), "mine");
        LiveReports { html: read("live.html"), json: read("live.json") }
    })
}

#[test]
fn live_json_contains_every_run() {
    let data: Value = serde_json::from_str(&live_reports().json).expect("JSON");
    assert_eq!(data["schema"], "wsclose-live/1");
    let peers = data["implementations"].as_array().expect("a list");
    let [good, bad, gone] = peers.as_slice() else { panic!("{peers:#?}") };
    for peer in [good, bad] {
        schema::assert_valid(&peer["run"]);
        assert_eq!((&peer["absent"], &peer["version"]), (&Value::Null, &Value::from("1.2.3")));
    }
    assert_eq!((&good["run"]["verdict"], &bad["run"]["verdict"]), (&"PASS".into(), &"FAIL".into()));
    assert_eq!((&gone["run"], &gone["name"]), (&Value::Null, &"gone".into()));
    let reaction = |peer: &Value, code: u16| {
        let codes = peer["run"]["codes"].as_array().expect("a list");
        let mut found = codes.iter().filter(|one| one["origin"] == "received" && one["code"] == code);
        found.next().expect("the code was tried")["reaction"].as_str().expect("text").to_owned()
    };
    let reactions = [1000, 1005, 5000].map(|code| reaction(good, code));
    assert_eq!(reactions, ["echoed", "rejected-with-1002", "rejected-with-1002"]);
    assert_eq!([1000, 5000].map(|code| reaction(bad, code)), ["echoed", "echoed"]);
    // It can be compared, and makes a site.
    let folder = Folder::new();
    folder.file("live.json", &live_reports().json);
    let mut worse = data.clone();
    worse["implementations"][0]["run"] = bad["run"].clone();
    worse["implementations"][1] = gone.clone();
    worse["implementations"][1]["name"] = "as-beast".into();
    folder.file("worse.json", worse.to_string());
    folder.wsclose(&["diff", "live.json", "live.json"]).assert_exit(0).assert_stdout("no rule changed");
    folder
        .wsclose(&["diff", "live.json", "worse.json"])
        .assert_exit(1)
        .assert_stdout("\nnew\n  good: code-is-defined (must): ok in ")
        .assert_stdout("note: as-beast has no result in worse.json: ");
    folder.wsclose(&["site", "live.json", "--out", "site"]).assert_exit(0).assert_stdout("2 implementations");
}

#[test]
fn live_page_supports_keyboard_navigation() {
    let folder = Folder::new();
    folder.file("live.html", &live_reports().html);
    let page = folder.path().join("live.html");
    let script = "\
        const type = (id, value) => {\n\
          const field = document.getElementById(id);\n\
          field.value = value;\n\
          field.dispatchEvent(new Event('input', { bubbles: true }));\n\
        };\n\
        const press = key => {\n\
          document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));\n\
          return document.activeElement.getAttribute('href');\n\
        };\n\
        const shown = what => Array.from(document.querySelectorAll(what)).filter(e => !e.hidden);\n\
        see('linked', document.querySelector(':target').id);\n\
        see('linked-opens', document.querySelector(':target').open);\n\
        see('library', document.body.textContent.includes('<the model> echo 1.2.3'));\n\
        see('gone', document.querySelector('main ul').textContent.includes('gone: not installed'));\n\
        see('outside', document.querySelectorAll('[src], link').length);\n\
        const cell = document.querySelector('[href=\"#as-beast.code-is-defined\"]');\n\
        see('word', cell.textContent);\n\
        see('colour', getComputedStyle(cell.parentElement).backgroundColor);\n\
        see('permalinks', Array.from(grid.querySelectorAll('td a')).every(a =>\n\
          document.getElementById(decodeURIComponent(a.getAttribute('href').slice(1))) !== null));\n\
        see('one-stop', grid.querySelectorAll('td a[tabindex=\"0\"]').length);\n\
        grid.querySelector('td a[tabindex=\"0\"]').focus();\n\
        const first = document.activeElement.getAttribute('href');\n\
        see('begins', first.startsWith('#good.'));\n\
        see('right', press('ArrowRight') === first.replace('good', 'as-beast'));\n\
        see('edge', press('ArrowRight') === first.replace('good', 'as-beast'));\n\
        see('down', press('ArrowDown') !== first && press('ArrowUp') === first.replace('good', 'as-beast'));\n\
        see('home', press('Home') === first);\n\
        see('still-one-stop', grid.querySelectorAll('td a[tabindex=\"0\"]').length);\n\
        type('rules', 'code-is-defined');\n\
        see('rules', shown('tbody tr').map(row => row.id).join());\n\
        type('rules', '');\n\
        type('implementations', 'beast');\n\
        see('implementations', shown('thead [data-implementation]').map(cell => cell.dataset.implementation).join());\n\
        type('implementations', '');\n\
        document.getElementsByName('word').forEach(box => { if (box.value !== 'FAIL') box.click(); });\n\
        see('only-FAIL', shown('tbody tr').every(row => row.querySelector('[data-word=FAIL]') !== null));\n\
        see('some-FAIL', shown('tbody tr').length > 0);\n\
        addEventListener('hashchange', () => {\n\
          see('click', document.getElementById('as-beast.code-is-defined').open);\n\
          done();\n\
        });\n\
        cell.click();";
    let Some(lines) = run_in_browser(&page, "#as-beast.rejects-undefined-codes", script) else { return };
    let wanted = [
        "linked as-beast.rejects-undefined-codes",
        "linked-opens true",
        "library true",
        "gone true",
        "outside 0",
        "word %E2%9C%97%20FAIL",
        "colour rgb(163%2C%2017%2C%2029)",
        "permalinks true",
        "one-stop 1",
        "begins true",
        "right true",
        "edge true",
        "down true",
        "home true",
        "still-one-stop 1",
        "rules code-is-defined",
        "implementations as-beast",
        "only-FAIL true",
        "some-FAIL true",
        "click true",
    ];
    assert_lines(&lines, &wanted);
}
