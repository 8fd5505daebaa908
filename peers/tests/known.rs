//! `known.toml` is exact: over every curated script, in both roles, each peer breaks the rules that are
//! listed for it and no others, and each entry's script shows what it says.
#![allow(clippy::disallowed_methods, reason = "tests read the corpus")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use wsclose::code::Profile;
use wsclose::drive::Driver;
use wsclose::judge::Judge;
use wsclose::role::Role;
use wsclose::rule::{Level, Rule};
use wsclose::script::ScriptBuf;
use wsclose_peers::known::Known;
use wsclose_peers::{PEERS, Peer, beast};

#[test]
fn tungstenite_breaks_what_is_known() {
    check("tungstenite");
}

#[test]
fn the_frame_layer_of_ws_rs_breaks_what_is_known() {
    check("ws-rs-frames");
}

#[test]
fn ws_rs_breaks_what_is_known() {
    check("ws-rs");
}

#[test]
fn beast_breaks_what_is_known() {
    check("beast");
}

#[test]
fn actix_http_breaks_what_is_known() {
    check("actix-http");
}

#[test]
fn embedded_websocket_breaks_what_is_known() {
    check("embedded-websocket");
}

#[test]
fn websocket_breaks_what_is_known() {
    check("websocket");
}

#[test]
fn websocket_codec_breaks_what_is_known() {
    check("websocket-codec");
}

#[test]
fn websocket_sans_io_breaks_what_is_known() {
    check("websocket-sans-io");
}

#[test]
fn every_entry_is_about_a_peer_that_there_is() {
    for (rule, deviation) in Known::committed().iter() {
        let known = PEERS.iter().any(|peer| peer.name == deviation.peer);
        assert!(known, "known.toml, {rule}: expected a peer, found `{}`", deviation.peer);
    }
}

/// What is only reported is never held against anyone: to list it would say otherwise.
#[test]
fn nothing_is_listed_that_is_only_reported() {
    for (rule, deviation) in Known::committed().iter() {
        assert_ne!(rule.level(), Level::Info, "known.toml lists {rule} for {}", deviation.peer);
    }
}

/// The crates are pinned; a newer one needs its entries read again in its source.
#[test]
fn the_crates_are_confirmed_in_the_versions_that_are_built() {
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    let manifest: toml::Table = manifest.expect("there is a manifest").parse().expect("it is TOML");
    for (rule, deviation) in Known::committed().iter() {
        let name = match deviation.peer.as_str() {
            "beast" => continue,
            "ws-rs" | "ws-rs-frames" => "ws",
            other => other,
        };
        let wanted = &manifest["dependencies"][name];
        let wanted = wanted.as_str().or_else(|| wanted["version"].as_str()).expect("a version");
        assert_eq!(wanted, format!("={}", deviation.version), "known.toml, {}, {rule}", deviation.peer);
    }
}

/// A rule that a peer broke in one script, and what it did, in each role in which it did.
type Found = BTreeMap<(String, Rule), Vec<(Role, String)>>;

/// Plays every curated script to a peer in both roles.
fn play_all(peer: &Peer) -> Option<Found> {
    let make = match peer.make {
        Ok(make) => make,
        Err(remedy) => {
            println!("skipped: {} {remedy}", peer.name);
            return None;
        }
    };
    let (mut subject, mut driver, mut judge) = (make(), Driver::new(), Judge::new(Profile::default()));
    let mut found = Found::new();
    for (name, script) in scripts() {
        for role in Role::ALL {
            let trace = driver.drive(script.as_script().for_role(role), subject.as_mut());
            for finding in judge.judge(trace) {
                let shown = found.entry((name.clone(), finding.rule)).or_default();
                // A script of several connections can show a rule more than once.
                if shown.iter().all(|(seen, _)| *seen != role) {
                    shown.push((role, finding.actual.to_string()));
                }
            }
        }
    }
    Some(found)
}

fn check(name: &str) {
    let peer = PEERS.iter().find(|peer| peer.name == name).expect("a peer of this name");
    let Some(found) = play_all(peer) else { return };
    let mut mistakes = String::new();
    let mut reported = BTreeSet::new();
    for ((script, rule), shown) in &found {
        let (role, actual) = &shown[0];
        if rule.level() != Level::Info && !Known::committed().has(name, *rule) && reported.insert(*rule) {
            writeln!(
                mistakes,
                "new: {name} breaks {rule} ({}) in {script} as a {role}: {actual}. Read its source; then list \
                 it in peers/known.toml with the place, or mend the judge or the adapter",
                rule.level()
            )
            .expect("a string grows");
        }
    }
    let confirmed = is_confirmed_version(name);
    for (rule, deviation) in Known::committed().iter().filter(|(_, deviation)| deviation.peer == name) {
        let anywhere = found.keys().any(|(_, broken)| *broken == rule);
        let there = found.contains_key(&(deviation.script.clone(), rule));
        if confirmed && !anywhere {
            writeln!(
                mistakes,
                "stale: known.toml says that {name} breaks {rule}, and no curated script shows it: remove the \
                 entry, or bring back a script that does"
            )
            .expect("a string grows");
        } else if confirmed && !there {
            writeln!(
                mistakes,
                "wrong script: known.toml says that {} shows {rule} by {name}, and it does not: name one that \
                 does",
                deviation.script
            )
            .expect("a string grows");
        }
    }
    assert!(mistakes.is_empty(), "known.toml and {name} disagree\n{mistakes}");
    if confirmed {
        insta::with_settings!({
            snapshot_path => "../../snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!(format!("peer__{name}"), table(&found)) });
    }
}

/// Whether this is the version that the entries were confirmed in: Boost is whatever the machine has.
fn is_confirmed_version(name: &str) -> bool {
    if name != "beast" {
        return true;
    }
    let mut versions = Known::committed().iter().filter(|(_, deviation)| deviation.peer == name);
    let confirmed = versions.all(|(_, deviation)| deviation.version == beast_version());
    if !confirmed {
        println!("not asked what is stale: known.toml is about another version than {}", beast_version());
    }
    confirmed
}

#[cfg(wsclose_beast)]
fn beast_version() -> String {
    beast::version()
}

#[cfg(not(wsclose_beast))]
fn beast_version() -> String {
    beast::NOT_BUILT.to_owned()
}

/// One line for each script in which something was found, the rules by level.
fn table(found: &Found) -> String {
    let mut rows: BTreeMap<&str, Vec<(Level, String)>> = BTreeMap::new();
    for ((script, rule), shown) in found {
        let cell = match shown.as_slice() {
            [(role, _)] => format!("{rule} ({role})"),
            _ => rule.to_string(),
        };
        rows.entry(script).or_default().push((rule.level(), cell));
    }
    let widest = rows.keys().map(|script| script.len()).max().unwrap_or(0);
    let mut text =
        format!("{:widest$}  {:<7}  {}\n\n", "script", "worst", "rules broken, in one role or both");
    for (script, mut rules) in rows {
        rules.sort();
        let cells: Vec<&str> = rules.iter().map(|(_, cell)| cell.as_str()).collect();
        writeln!(text, "{script:widest$}  {:<7}  {}", rules[0].0, cells.join(", ")).expect("a string grows");
    }
    text
}

/// The curated scripts of both folders, by name.
fn scripts() -> BTreeMap<String, ScriptBuf> {
    let mut scripts = BTreeMap::new();
    for target in ["closing_handshake", "peers"] {
        for (name, octets) in support::seeds(target) {
            let script = ScriptBuf::read(&octets).unwrap_or_else(|mistake| panic!("{name}: {mistake}"));
            let twin = scripts.insert(name.clone(), script);
            assert!(twin.is_none(), "{name}: two scripts of one name; known.toml could not tell them apart");
        }
    }
    scripts
}

/// A file with one sound entry, but for what is put in place of one of its lines.
fn file_with(line: &str, instead: &str) -> String {
    let text = "[[known]]\npeer = \"p\"\nversion = \"1\"\nrule = \"close-fin\"\nreason = \"r\"\n\
                source = \"s\"\nscript = \"x\"\n";
    assert!(text.contains(line), "{line}");
    text.replace(line, instead)
}

fn mistake(text: &str) -> String {
    Known::load(text).expect_err("it is not sound").to_string()
}

#[test]
fn a_sound_file_is_taken() {
    let known = Known::load(&file_with("", "")).expect("it is sound");
    assert!(known.has("p", Rule::CloseFin) && !known.has("q", Rule::CloseFin));
    assert_eq!(known.reason("p", Rule::CloseFin), Some("r"));
    assert_eq!(Known::load("").expect("an empty file is sound").iter().count(), 0);
}

#[test]
fn an_unknown_rule_is_named() {
    assert_eq!(
        mistake(&file_with("close-fin", "close-final")),
        "known deviation of p: expected a rule id, for example `close-fin`, found `close-final`; did you mean \
         `close-fin`?"
    );
}

#[test]
fn an_entry_is_stated_once() {
    let twice = file_with("", "").repeat(2);
    assert_eq!(mistake(&twice), "known deviation of p: close-fin is listed twice; state it once");
}

#[test]
fn an_empty_field_is_named() {
    for (field, line) in [
        ("version", "version = \"1\""),
        ("reason", "reason = \"r\""),
        ("source", "source = \"s\""),
        ("script", "script = \"x\""),
    ] {
        assert_eq!(
            mistake(&file_with(line, &format!("{field} = \" \""))),
            format!("known deviation of p, close-fin: expected a text for `{field}`, found an empty one")
        );
    }
}

#[test]
fn what_is_not_of_the_expected_shape_is_shown_with_its_place() {
    let shape = "expected `[[known]]` tables with peer, version, rule, reason, source and script: ";
    for (text, words) in [
        (file_with("[[known]]", "[[known]"), "line 1"),
        (file_with("reason", "raison"), "unknown field `raison`"),
        (file_with("source = \"s\"\n", ""), "missing field `source`"),
        (file_with("version = \"1\"", "version = 1"), "line 3"),
        ("[[unknown]]\n".to_owned(), "unknown field `unknown`"),
    ] {
        let mistake = mistake(&text);
        assert!(mistake.starts_with(shape) && mistake.contains(words), "expected {words} in: {mistake}");
    }
}
