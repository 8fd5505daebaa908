//! Tests `wsclose decode`, `rules`, `explain` and `codes`.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests write files")]

mod support;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use ::wsclose::rules::Rule;
use support::{wsclose, wsclose_in};

#[test]
fn a_conforming_frame_is_decoded() {
    let ran = wsclose(&["decode", "88", "82", "37fa213d", "3412"]).assert_exit(0);
    assert_eq!(
        ran.out,
        "    0  CLOSE 1000 \"\" masked                     888237fa213d3412\n\
         \u{20}      code 1000 normal-closure: defined; may be sent: rfc6455 both, iana both, beast both, ws-rs both\n\
         \u{20}      reason \"\" of 0 octets\n"
    );
}

#[test]
fn all_flaws_of_a_frame_are_listed() {
    // A server sends no FIN, RSV1, a mask, a 16-bit length, the code 1005 and a surrogate.
    let ran = wsclose(&["decode", "--sender", "server", "48 fe 0005 00000000 03ed eda080"]).assert_exit(1);
    for rule in [
        "close-fin",
        "close-rsv-clear",
        "server-does-not-mask",
        "shortest-length",
        "code-not-local-only",
        "reason-utf8",
    ] {
        assert!(ran.out.contains(&format!("violates {rule} ")), "{rule} in {}", ran.out);
    }
}

#[test]
fn message_sequence_is_checked() {
    let ran = wsclose(&["decode", "--sender=server", "0001 61", "8101 ff", "8800", "8800", "8101 61"])
        .assert_exit(1);
    let ran = ran
        .assert_stdout("continuation with no message to continue")
        .assert_stdout("text that is not UTF-8")
        .assert_stdout("a second Close");
    ran.assert_stdout("violates no-data-after-close  must");
    // Text may be split between the octets of a character.
    wsclose(&["decode", "--sender=server", "0101 c3", "8001 a9"]).assert_exit(0);
    wsclose(&["decode", "--sender=server", "0101 c3", "8101 61"])
        .assert_exit(1)
        .assert_stdout("new message inside a fragmented one");
}

#[test]
fn should_violations_fail_only_a_strict_decode() {
    let octets = ["decode", "--sender", "server", "880203f2"];
    wsclose(&octets).assert_exit(0).assert_stdout("violates code-1010-from-client");
    wsclose(&[&octets[..], &["--strict"]].concat()).assert_exit(1);
    let octets = ["decode", "--sender", "server", "880203f6", "--strict"];
    wsclose(&octets).assert_exit(0);
    wsclose(&[&octets[..], &["--profile", "rfc6455"]].concat())
        .assert_exit(1)
        .assert_stdout("violates code-is-assigned");
}

#[test]
fn incomplete_frames_are_reported() {
    wsclose(&["decode", "--sender=server", "88"])
        .assert_exit(0)
        .assert_stdout("incomplete: at least 1 more octets of header");
    wsclose(&["decode", "--sender=server", "8805 03e8"])
        .assert_exit(0)
        .assert_stdout("CLOSE 1000 \"\" claims 5 …")
        .assert_stdout("incomplete: 3 more octets of payload");
    wsclose(&["decode", "--sender=server", "887f ffffffffffffffff"])
        .assert_exit(1)
        .assert_stdout("length-top-bit-clear")
        .assert_stdout("incomplete: 18446744073709551615 more octets");
    wsclose(&["decode", ""]).assert_exit(0).assert_stdout("no octets");
}

#[test]
fn octets_are_read_from_standard_input() {
    let args: [&dyn AsRef<OsStr>; 3] = [&"decode", &"--sender=server", &"-"];
    wsclose_in(Path::new("."), &args, &[0x88, 0x00]).assert_exit(0).assert_stdout("    0  CLOSE");
    wsclose_in(Path::new("."), &args, b"").assert_exit(0).assert_stdout("no octets");
}

#[test]
fn invalid_digits_have_a_position() {
    wsclose(&["decode", "88", "0g"])
        .assert_exit(2)
        .assert_stderr("argument 2, column 2: expected pairs of hexadecimal digits, found `g`");
    wsclose(&["decode", "88 0"])
        .assert_exit(2)
        .assert_stderr("argument 1, column 4")
        .assert_stderr("found a single digit");
    wsclose(&["decode"]).assert_exit(2);
}

#[test]
fn rules_are_listed_and_filtered() {
    let all = Rule::ALL.len();
    wsclose(&["rules"])
        .assert_exit(0)
        .assert_stdout(" close-fin ")
        .assert_stdout(&format!("{all} of {all} rules"));
    let ran = wsclose(&["rules", "--level", "robust", "--party", "receiver"])
        .assert_exit(0)
        .assert_stdout("gives-up-waiting");
    assert!(!ran.out.contains("close-fin"), "{}", ran.out);
    let ran = wsclose(&["rules", "--party", "app"]).assert_exit(0).assert_stdout("reports-clean");
    assert!(!ran.out.contains("close-fin") && !ran.out.contains("gives-up-waiting"), "{}", ran.out);
}

#[test]
fn a_rule_is_explained() {
    wsclose(&["explain", "close-fin"])
        .assert_exit(0)
        .assert_stdout("close-fin\n  summary    A Close is one frame")
        .assert_stdout("  section    RFC 6455 §5.4, 5.5\n")
        .assert_stdout("  party      sender\n")
        .assert_stdout("  level      must: a violation fails the run\n")
        .assert_stdout("  criterion  ")
        .assert_stdout("  applies    to a subject that ");
}

#[test]
fn a_code_is_explained_by_any_name() {
    for name in ["1014", "bad-gateway", "reserved2"] {
        wsclose(&["explain", name])
            .assert_exit(0)
            .assert_stdout("1014 bad-gateway\n")
            .assert_stdout("  class      registered with IANA\n")
            .assert_stdout("Boost.Beast calls it reserved2 (bad_gateway), ws-rs has no name for it");
    }
    wsclose(&["explain", "1005"])
        .assert_exit(0)
        .assert_stdout("violates code-not-local-only if sent")
        .assert_stdout("violates rejects-local-only-codes if accepted");
}

#[test]
fn codes_are_listed_in_a_table() {
    let ran = wsclose(&["codes"]).assert_exit(0);
    let words: Vec<Vec<&str>> = ran.out.lines().map(|line| line.split_whitespace().collect()).collect();
    let row = |number: &str| words.iter().find(|words| words.first() == Some(&number));
    let going_away = ["1001", "going-away", "defined", "both", "both", "both", "both", "going_away", "Away"];
    assert_eq!(row("1001").map(Vec::as_slice), Some(going_away.as_slice()));
    assert!(row("5000–65535").is_some(), "{}", ran.out);
    wsclose(&["codes", "1005", "Away"]).assert_exit(0).assert_stdout(" 1005 ").assert_stdout(" 1001 ");
}

#[test]
fn all_codes_are_tab_separated_lines() {
    let ran = wsclose(&["codes", "--all"]).assert_exit(0);
    let numbers: BTreeSet<u16> = ran
        .out
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            assert_eq!(fields.len(), 9, "{line}");
            fields[0].parse().expect("a number")
        })
        .collect();
    assert_eq!((ran.out.lines().count(), numbers.len()), (65_536, 65_536));
    assert!(ran.out.contains(
        "\n1010\tmandatory-extension\tdefined\tclient\tclient\tclient\tclient\tneeds_extension\tExtension\n"
    ));
    wsclose(&["codes", "--all", "1000"]).assert_exit(2);
}
