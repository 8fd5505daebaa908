//! Checks that scripts are valid, that curated ones are first, and that a seed is reproducible.
#![allow(clippy::disallowed_methods, reason = "tests read the corpus")]

use std::path::Path;

use wsclose::script::Script;
use wsclose_known_bugs::crates::PACKAGE_DIR;
use wsclose_known_bugs::scripts::Scripts;

fn scripts(seed: u64) -> Scripts {
    let folder = Path::new(PACKAGE_DIR).join("../corpus/closing_handshake");
    Scripts::read(&[&folder], seed).expect("the corpus is readable")
}

#[test]
fn curated_scripts_come_first_then_scenarios_and_a_seed_is_reproducible() {
    let (one, two) = (scripts(1), scripts(2));
    let (curated, scenarios) = (one.curated_count(), one.scenario_count());
    assert!((200..1000).contains(&curated), "{curated}");
    assert!(scenarios > 10_000, "{scenarios}");
    let written = curated + scenarios;
    let first = |scripts: &Scripts| {
        scripts.clone().take(written + 500).map(|source| source.octets).collect::<Vec<_>>()
    };
    assert_eq!(first(&one), first(&scripts(1)));
    assert_ne!(first(&one)[written..], first(&two)[written..]);
    assert_eq!(first(&one)[..written], first(&two)[..written]);
    let roles: Vec<_> =
        first(&one)[..2].iter().map(|octets| Script::decode(octets).expect("a script").role()).collect();
    assert_ne!(roles[0], roles[1]);
    assert!(one.skip(curated).take(scenarios).all(|source| source.name.starts_with("scenario/")));
}

#[test]
fn generated_scripts_are_valid_and_distinct() {
    let scripts = scripts(7);
    let written = scripts.curated_count() + scripts.scenario_count();
    let mut generated: Vec<_> = scripts.skip(written).take(2000).map(|source| source.octets).collect();
    assert!(generated.iter().all(|octets| Script::decode(octets).is_ok()));
    generated.sort();
    generated.dedup();
    assert!(generated.len() > 1000, "{}", generated.len());
}
