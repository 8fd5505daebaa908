//! Tests that `baseline.toml` is exact. In the curated scripts, in both roles, each implementation violates the rules that
//! are listed for it and no others, and the script of each entry shows the violation.
#![allow(clippy::disallowed_methods, reason = "tests read the corpus")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use wsclose::analysis::baseline::{Baseline, KnownViolation};
use wsclose::harness::Driver;
use wsclose::judge::Judge;
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::{Level, Rule};
use wsclose::script::ScriptBuf;
use wsclose_implementations::baseline::builtin;
use wsclose_implementations::{IMPLEMENTATIONS, Implementation, native_version, version};

#[test]
fn violations_match_the_baseline() {
    let errors: Vec<String> = IMPLEMENTATIONS.iter().filter_map(check).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

/// The implementation that an entry of the built-in baseline names.
fn implementation(violation: &KnownViolation) -> &str {
    violation.implementation.as_deref().expect("every entry has every field")
}

#[test]
fn every_entry_has_every_field() {
    assert_eq!(builtin().require_all_fields(), Ok(()));
    let live = Baseline::parse(include_str!("../live/baseline.toml")).expect("the live baseline is valid");
    assert_eq!(live.require_all_fields(), Ok(()));
}

#[test]
fn every_entry_names_an_implementation() {
    for violation in builtin().iter() {
        let name = implementation(violation);
        let exists = IMPLEMENTATIONS.iter().any(|implementation| implementation.name == name);
        assert!(exists, "baseline.toml:{}: expected an implementation, found `{name}`", violation.line);
    }
}

/// `info` findings never fail a run, so accepting them would have no effect.
#[test]
fn info_rules_are_not_listed() {
    for violation in builtin().iter() {
        let rule = violation.rule;
        assert_ne!(rule.level(), Level::Info, "baseline.toml:{}: lists {rule}", violation.line);
    }
}

/// An entry cites the source of one version, so an upgrade of the crate requires a new review.
#[test]
fn entry_versions_match_the_dependencies() {
    for violation in builtin().iter() {
        let name = implementation(violation);
        if !NATIVE.contains(&name) {
            assert_eq!(version(name), violation.version, "baseline.toml:{}", violation.line);
        }
    }
}

/// The violations of an implementation by script and rule: the roles, each with what the implementation did.
type FoundViolations = BTreeMap<(String, Rule), Vec<(Role, String)>>;

/// Runs every curated script on an implementation in both roles.
fn run_all(implementation: &Implementation) -> Option<FoundViolations> {
    let make = match implementation.new {
        Ok(make) => make,
        Err(remedy) => {
            println!("skipped: {} {remedy}", implementation.name);
            return None;
        }
    };
    let (mut subject, mut driver, mut judge) = (make(), Driver::new(), Judge::new(Profile::default()));
    let mut found = FoundViolations::new();
    for (name, script) in scripts() {
        for role in Role::ALL {
            let trace = driver.drive(script.as_script().for_role(role), subject.as_mut());
            for finding in judge.judge(trace) {
                let roles = found.entry((name.clone(), finding.rule)).or_default();
                // A script with several connections can violate a rule more than once.
                if roles.iter().all(|(seen, _)| *seen != role) {
                    roles.push((role, finding.actual.to_string()));
                }
            }
        }
    }
    Some(found)
}

/// Compares the violations of an implementation with its entries and returns the differences. If there are none, it
/// compares a table of the violations with a snapshot.
fn check(implementation: &Implementation) -> Option<String> {
    let name = implementation.name;
    let found = run_all(implementation)?;
    let mut errors = String::new();
    let mut reported = BTreeSet::new();
    for ((script, rule), shown) in &found {
        let (role, actual) = &shown[0];
        if rule.level() != Level::Info && !builtin().contains(name, *rule) && reported.insert(*rule) {
            writeln!(
                errors,
                "new: {name} violates {rule} ({}) in {script} as a {role}: {actual}; read its source, then list \
                 the violation in implementations/baseline.toml with its place, or fix the judge or the adapter",
                rule.level()
            )
            .expect("a write to a string");
        }
    }
    let confirmed = is_confirmed_version(name);
    for violation in builtin().of(name) {
        let rule = violation.rule;
        let script = violation.script.as_deref().expect("every entry has every field");
        let anywhere = found.keys().any(|(_, violated)| *violated == rule);
        let in_script = found.contains_key(&(script.to_owned(), rule));
        if confirmed && !anywhere {
            writeln!(
                errors,
                "stale: baseline.toml lists {rule} for {name}, and no curated script shows the violation; remove \
                 the entry, or restore a script that shows it"
            )
            .expect("a write to a string");
        } else if confirmed && !in_script {
            writeln!(
                errors,
                "wrong script: baseline.toml lists {script} for {rule} of {name}, and that script does not show the \
                 violation; name one that does"
            )
            .expect("a write to a string");
        }
    }
    if !errors.is_empty() {
        return Some(format!("baseline.toml and {name} differ\n{errors}"));
    }
    if confirmed {
        insta::with_settings!({
            snapshot_path => "../../snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!(format!("implementation__{name}"), table(&found)) });
    }
    None
}

/// The native implementations. Their version is the one that is installed on the machine.
const NATIVE: [&str; 3] = ["beast", "websocketpp", "wslay"];

/// Whether the version is the one in which the entries were confirmed.
fn is_confirmed_version(name: &str) -> bool {
    if !NATIVE.contains(&name) {
        return true;
    }
    let version = native_version(name).unwrap_or_default();
    let confirmed =
        builtin().of(name).all(|violation| violation.version.as_deref() == Some(version.as_str()));
    if !confirmed {
        println!("skipped: stale entries of {name}; baseline.toml is for another version than {version}");
    }
    confirmed
}

/// A line for each script with a violation, with the rules sorted by level.
fn table(found: &FoundViolations) -> String {
    let mut rows: BTreeMap<&str, Vec<(Level, String)>> = BTreeMap::new();
    for ((script, rule), roles) in found {
        let cell = match roles.as_slice() {
            [(role, _)] => format!("{rule} ({role})"),
            _ => rule.to_string(),
        };
        rows.entry(script).or_default().push((rule.level(), cell));
    }
    let widest = rows.keys().map(|script| script.len()).max().unwrap_or(0);
    let mut text =
        format!("{:widest$}  {:<7}  {}\n\n", "script", "worst", "rules violated, in one role or both");
    for (script, mut rules) in rows {
        rules.sort();
        let cells: Vec<&str> = rules.iter().map(|(_, cell)| cell.as_str()).collect();
        writeln!(text, "{script:widest$}  {:<7}  {}", rules[0].0, cells.join(", "))
            .expect("a write to a string");
    }
    text
}

/// The curated scripts of both targets by name.
fn scripts() -> BTreeMap<String, ScriptBuf> {
    let mut scripts = BTreeMap::new();
    for target in ["closing_handshake", "implementations"] {
        for (name, octets) in support::seeds(target) {
            let script = ScriptBuf::read(&octets).unwrap_or_else(|error| panic!("{name}: {error}"));
            let same_name = scripts.insert(name.clone(), script);
            assert!(
                same_name.is_none(),
                "{name}: expected one script with this name, because baseline.toml refers to it by name"
            );
        }
    }
    scripts
}

/// A file with one valid entry, of which `line` is replaced with `replacement`.
fn file_with(line: &str, replacement: &str) -> String {
    let text = "[[known]]\nimplementation = \"p\"\nversion = \"1\"\nrule = \"close-fin\"\nreason = \"r\"\n\
                source = \"s\"\nscript = \"x\"\n";
    assert!(text.contains(line), "{line}");
    text.replace(line, replacement)
}

fn load_error(text: &str) -> String {
    Baseline::parse(text).expect_err("it is not sound").to_string()
}

#[test]
fn valid_file_loads() {
    let known = Baseline::parse(&file_with("", "")).expect("it is sound");
    assert!(known.contains("p", Rule::CloseFin) && !known.contains("q", Rule::CloseFin));
    assert_eq!(known.reason("p", Rule::CloseFin), Some("r"));
    assert_eq!(Baseline::parse("").expect("an empty file is sound").iter().count(), 0);
}

#[test]
fn unknown_rule_is_reported() {
    assert_eq!(
        load_error(&file_with("close-fin", "close-final")),
        "line 4: expected a rule id, for example `close-fin`, found `close-final`; did you mean `close-fin`?; \
         `wsclose rules` lists the rules"
    );
}

#[test]
fn duplicate_entry_is_rejected() {
    let twice = file_with("", "").repeat(2);
    assert_eq!(load_error(&twice), "close-fin is listed twice for p, on lines 1 and 8; keep one entry");
}

#[test]
fn empty_field_is_reported() {
    for (field, line) in [
        ("version", "version = \"1\""),
        ("reason", "reason = \"r\""),
        ("source", "source = \"s\""),
        ("script", "script = \"x\""),
    ] {
        assert_eq!(
            load_error(&file_with(line, &format!("{field} = \" \""))),
            format!("line 1: expected a text for `{field}`, found an empty one")
        );
    }
}

#[test]
fn malformed_file_is_reported_with_its_location() {
    let shape = "; expected `[[known]]` tables with rule and reason, and optionally implementation, evidence, version, \
                 source and script";
    for (text, words) in [
        (file_with("[[known]]", "[[known]"), "line 1"),
        (file_with("reason", "raison"), "unknown field `raison`"),
        (file_with("reason = \"r\"\n", ""), "missing field `reason`"),
        (file_with("version = \"1\"", "version = 1"), "line 3"),
        ("[[unknown]]\n".to_owned(), "unknown field `unknown`"),
    ] {
        let mistake = load_error(&text);
        assert!(mistake.ends_with(shape) && mistake.contains(words), "expected {words} in: {mistake}");
    }
}
