//! Recordings of situations from public bug reports. Each gives the side and the rule, or says why no rule is broken.
#![allow(clippy::disallowed_methods, reason = "the test reads recordings")]

mod reports;

use std::path::Path;

/// The name of a recording, and what its connections violate.
type Situation = (&'static str, &'static [(&'static str, &'static str)]);

const SITUATIONS: [Situation; 13] = [
    ("01-second-close", &[("server", "one-close")]),
    ("02-reason-without-code", &[("client", "code-is-defined")]),
    ("03-code-as-digits", &[("server", "code-is-defined")]),
    ("04-code-not-filled-in", &[("client", "code-is-defined")]),
    ("05-long-reason", &[("server", "close-at-most-125")]),
    ("06-close-not-answered", &[("server", "close-answered")]),
    ("07-too-big", &[]),
    ("08-1005-sent-back", &[("server", "code-not-local-only")]),
    ("09-proxy-sends-1006", &[("client", "code-not-local-only")]),
    ("10-reset-after-handshake", &[("server", "tcp-closed-cleanly")]),
    ("11-unmasked-text", &[("client", "client-masks")]),
    ("12-sixty-seconds", &[]),
    ("13-close-in-two-segments", &[]),
];

#[test]
fn the_right_side_is_named() {
    for (name, expected) in SITUATIONS {
        let reports = reports::of_file(&format!("situations/{name}.txt"));
        let found = reports::violations(&reports);
        let text: String = reports.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{name}\n{text}");
    }
}

#[test]
fn every_recording_is_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/situations");
    assert_eq!(std::fs::read_dir(folder).expect("a folder").count(), SITUATIONS.len());
}

#[test]
fn answers_in_words() {
    for (name, _) in SITUATIONS {
        let text: String = reports::of_file(&format!("situations/{name}.txt"))
            .iter()
            .map(|report| format!("{report}\n"))
            .collect();
        insta::with_settings!({
            snapshot_path => "../../snapshots",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!(format!("situation__{name}"), text) });
    }
}
