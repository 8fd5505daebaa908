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
fn curated_scripts_come_first_and_a_seed_is_reproducible() {
    let first = |seed| scripts(seed).take(1000).map(|source| source.octets).collect::<Vec<_>>();
    let curated = scripts(1).curated_count();
    assert!((200..1000).contains(&curated), "{curated}");
    assert_eq!(first(1), first(1));
    assert_ne!(first(1)[curated..], first(2)[curated..]);
    assert_eq!(first(1)[..curated], first(2)[..curated]);
    let roles: Vec<_> =
        first(1)[..2].iter().map(|octets| Script::decode(octets).expect("a script").role()).collect();
    assert_ne!(roles[0], roles[1]);
}

#[test]
fn generated_scripts_are_valid_and_distinct() {
    let scripts = scripts(7);
    let curated = scripts.curated_count();
    let mut generated: Vec<_> = scripts.skip(curated).take(2000).map(|source| source.octets).collect();
    assert!(generated.iter().all(|octets| Script::decode(octets).is_ok()));
    generated.sort();
    generated.dedup();
    assert!(generated.len() > 1000, "{}", generated.len());
}
