//! Checks that every target has a program, a corpus and a dictionary, and that its seeds are usable.

use std::collections::BTreeSet;
use std::path::Path;

use wsclose::protocol::frame::{Header, Status};
use wsclose::rules::RuleSet;
use wsclose::script::ScriptBuf;

use crate::{recordings, support};

fn package_dir() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names of the programs in the manifest.
fn declared_targets() -> BTreeSet<String> {
    let manifest = include_str!("Cargo.toml");
    manifest
        .split("\n[")
        .filter_map(|table| table.strip_prefix("[bin]]"))
        .map(|table| {
            let name = table.lines().find_map(|line| line.strip_prefix("name = "));
            name.expect("a program has a name").trim_matches('"').to_owned()
        })
        .collect()
}

#[test]
fn targets_corpora_and_properties_match() {
    let declared = declared_targets();
    assert!(!declared.is_empty());
    let sources = support::names(&package_dir().join("fuzz_targets"));
    let sources: BTreeSet<String> =
        sources.iter().map(|file| file.trim_end_matches(".rs").to_owned()).collect();
    assert_eq!(sources, declared, "fuzz_targets/ and Cargo.toml");
    let corpora: BTreeSet<String> = support::names(&package_dir().join("corpus")).into_iter().collect();
    assert_eq!(corpora, declared, "corpus/ and Cargo.toml");
    for target in &declared {
        let seeds = support::names(&package_dir().join("__fuzz__").join(target).join("corpus"));
        assert!(!seeds.is_empty(), "the property {target} has no seeds");
    }
}

#[test]
fn every_octet_seed_starts_a_frame() {
    let mut whole = 0;
    for seed in support::seeds("close_frame") {
        assert!(!seed.octets.is_empty(), "{} is empty", seed.name);
        let begins = matches!(Header::decode(&seed.octets), Status::Complete(..));
        // The seeds for incomplete headers end in the header.
        assert!(begins || seed.name.starts_with("cut-"), "{} has no whole header", seed.name);
        whole += usize::from(begins);
    }
    assert!(whole >= 50, "only {whole} seeds have a whole header");
}

#[test]
fn every_script_seed_has_steps() {
    for target in ["closing_handshake", "implementations"] {
        for seed in support::seeds(target) {
            let script =
                ScriptBuf::read(&seed.octets).unwrap_or_else(|error| panic!("{}: {error}", seed.name));
            assert!(script.as_script().steps().next().is_some(), "{target}/{} has no steps", seed.name);
        }
    }
}

/// The body of a target that plays a script. It returns the rules that the input exercises.
type Body = fn(&[u8]) -> RuleSet;

/// The body of a target that reads a recording. It returns how many connections it judged.
type RecordingBody = fn(&[u8]) -> usize;

const RECORDINGS: [(&str, RecordingBody); 3] = [
    ("net_log", recordings::net_log),
    ("pcap", recordings::pcap),
    ("recording_text", recordings::recording_text),
];

#[test]
fn every_recording_seed_has_a_connection() {
    for (target, body) in RECORDINGS {
        for seed in support::seeds(target) {
            assert!(body(&seed.octets) > 0, "{target}/{} has no WebSocket connection", seed.name);
        }
    }
}

#[test]
fn every_seed_exercises_a_rule() {
    let targets: [(&str, Body); 4] = [
        ("close_frame", wsclose::fuzz::close_frame),
        ("closing_handshake", wsclose::fuzz::closing_handshake),
        ("implementations", wsclose_implementations::fuzz::implementations),
        ("scenario", crate::scenario_from),
    ];
    let names = targets.iter().map(|(target, _)| *target).chain(RECORDINGS.map(|(target, _)| target));
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    assert_eq!(names, declared_targets());
    for (target, body) in targets {
        for seed in support::seeds(target) {
            assert!(!body(&seed.octets).is_empty(), "{target}/{} exercises no rule", seed.name);
        }
    }
}

/// The longest input of a target.
fn max_len(target: &str) -> usize {
    let is_recording = RECORDINGS.iter().any(|(recording, _)| *recording == target);
    if is_recording { super::MAX_RECORDING } else { super::MAX_LEN }
}

/// The longest input of a target that its options pass to libFuzzer, which truncates longer seeds at loading.
fn max_len_in_options(target: &str) -> usize {
    let path = package_dir().join("options").join(format!("{target}.options"));
    let options = std::fs::read_to_string(&path).expect("a target has options");
    let max_len = options.lines().find_map(|line| line.strip_prefix("max_len = "));
    max_len.expect("options have a max_len").parse().expect("a number of octets")
}

#[test]
fn no_seed_is_lost_at_loading() {
    for target in declared_targets() {
        let max_len = max_len(&target);
        assert_eq!(max_len_in_options(&target), max_len, "{target}: options and properties");
        for seed in support::seeds(&target) {
            let len = seed.octets.len();
            assert!(len <= max_len, "{target}/{} has {len} octets and is truncated", seed.name);
        }
        let program = package_dir().join("fuzz_targets").join(format!("{target}.rs"));
        let source = std::fs::read_to_string(&program).expect("the program of a target");
        // libFuzzer drops an input that the target rejects.
        assert!(!source.contains("Corpus"), "{target} rejects inputs");
    }
}

/// Parses a line of a libFuzzer dictionary: empty, a comment, or `name="value"` with `\\`, `\"` and `\xAB`.
fn parse_token(line: &str) -> Result<Option<Vec<u8>>, &'static str> {
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (_, quoted) = line.split_once('=').ok_or("no name")?;
    let value = quoted.strip_prefix('"').and_then(|value| value.strip_suffix('"')).ok_or("no quotes")?;
    let mut octets = Vec::new();
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = match (first, after) {
            (b'\\', [escaped @ (b'\\' | b'"'), after @ ..]) => {
                octets.push(*escaped);
                after
            }
            (b'\\', [b'x', high, low, after @ ..]) => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).map_err(|_| "no digits")?;
                octets.push(u8::from_str_radix(digits, 16).map_err(|_| "no digits")?);
                after
            }
            (b'\\' | b'"', _) => return Err("an escape that libFuzzer does not support"),
            (b' '..=b'~', after) => {
                octets.push(*first);
                after
            }
            _ => return Err("an octet that is not printable"),
        };
    }
    Ok(Some(octets))
}

#[test]
fn dictionaries_are_valid_for_libfuzzer() {
    for (name, text) in [
        ("close_frame", include_str!("dictionaries/close_frame.dict")),
        ("net_log", include_str!("dictionaries/net_log.dict")),
        ("pcap", include_str!("dictionaries/pcap.dict")),
        ("recording_text", include_str!("dictionaries/recording_text.dict")),
        ("scripts", include_str!("dictionaries/scripts.dict")),
    ] {
        let mut tokens = BTreeSet::new();
        for (number, line) in (1..).zip(text.lines()) {
            let token =
                parse_token(line).unwrap_or_else(|error| panic!("{name}.dict, line {number}: {error}"));
            let Some(token) = token else { continue };
            // libFuzzer ignores longer tokens silently.
            assert!((1..=64).contains(&token.len()), "{name}.dict, line {number}: {} octets", token.len());
            assert!(tokens.insert(token), "{name}.dict, line {number}: twice");
        }
        assert!(tokens.len() > 20, "{name}.dict has {} tokens", tokens.len());
    }
    let listed = support::names(&package_dir().join("dictionaries"));
    let read = ["close_frame.dict", "net_log.dict", "pcap.dict", "recording_text.dict", "scripts.dict"];
    assert_eq!(listed, read);
}
