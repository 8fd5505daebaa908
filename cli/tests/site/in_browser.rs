//! The pages in headless Chromium: on a phone, without scripts, by keyboard, and for assistive technology.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::made::{read, results};
use crate::support::browser::{self, DARK, assert_lines, run_with_options};

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
