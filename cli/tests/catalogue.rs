//! `wsclose decode`, `rules`, `explain` and `codes`.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests write files")]

mod support;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use ::wsclose::rule::Rule;
use support::{wsclose, wsclose_in};

#[test]
fn a_conforming_frame_is_decoded() {
    let ran = wsclose(&["decode", "88", "82", "37fa213d", "3412"]).exits(0);
    assert_eq!(
        ran.out,
        "    0  CLOSE 1000 \"\" masked                     888237fa213d3412\n\
         \u{20}      code 1000 normal-closure: defined; may be sent: rfc6455 both, iana both, beast both, ws-rs both\n\
         \u{20}      reason \"\" of 0 octets\n"
    );
}

#[test]
fn everything_wrong_with_a_frame_is_listed() {
    // From a server: no FIN, RSV1, masked, 16-bit length, code 1005, and a surrogate.
    let ran = wsclose(&["decode", "--sender", "server", "48 fe 0005 00000000 03ed eda080"]).exits(1);
    for rule in [
        "close-fin",
        "close-rsv-clear",
        "server-does-not-mask",
        "shortest-length",
        "code-not-local-only",
        "reason-utf8",
    ] {
        assert!(ran.out.contains(&format!("breaks {rule} ")), "{rule} in {}", ran.out);
    }
}

#[test]
fn the_stream_is_judged_too() {
    let ran =
        wsclose(&["decode", "--sender=server", "0001 61", "8101 ff", "8800", "8800", "8101 61"]).exits(1);
    let ran = ran.says("continuation of nothing").says("text that is not UTF-8").says("a second Close");
    ran.says("breaks no-data-after-close  must");
    // Text is whole only at its end.
    wsclose(&["decode", "--sender=server", "0101 c3", "8001 a9"]).exits(0);
    wsclose(&["decode", "--sender=server", "0101 c3", "8101 61"])
        .exits(1)
        .says("new message inside a fragmented one");
}

#[test]
fn a_should_fails_a_strict_decode_only() {
    let octets = ["decode", "--sender", "server", "880203f2"];
    wsclose(&octets).exits(0).says("breaks code-1010-from-client");
    wsclose(&[&octets[..], &["--strict"]].concat()).exits(1);
    let octets = ["decode", "--sender", "server", "880203f6", "--strict"];
    wsclose(&octets).exits(0);
    wsclose(&[&octets[..], &["--profile", "rfc6455"]].concat()).exits(1).says("breaks code-is-assigned");
}

#[test]
fn what_is_not_whole_is_said() {
    wsclose(&["decode", "--sender=server", "88"])
        .exits(0)
        .says("incomplete: at least 1 more octets of header");
    wsclose(&["decode", "--sender=server", "8805 03e8"])
        .exits(0)
        .says("CLOSE 1000 \"\" claims 5 …")
        .says("incomplete: 3 more octets of payload");
    wsclose(&["decode", "--sender=server", "887f ffffffffffffffff"])
        .exits(1)
        .says("length-top-bit-clear")
        .says("incomplete: 18446744073709551615 more octets");
    wsclose(&["decode", ""]).exits(0).says("no octets");
}

#[test]
fn octets_come_from_standard_input_too() {
    let args: [&dyn AsRef<OsStr>; 3] = [&"decode", &"--sender=server", &"-"];
    wsclose_in(Path::new("."), &args, &[0x88, 0x00]).exits(0).says("    0  CLOSE");
    wsclose_in(Path::new("."), &args, b"").exits(0).says("no octets");
}

#[test]
fn bad_digits_have_a_place() {
    wsclose(&["decode", "88", "0g"])
        .exits(2)
        .complains("argument 2, column 2: expected pairs of hexadecimal digits, found `g`");
    wsclose(&["decode", "88 0"])
        .exits(2)
        .complains("argument 1, column 4")
        .complains("found one digit alone");
    wsclose(&["decode"]).exits(2);
}

#[test]
fn rules_are_listed_and_filtered() {
    let all = Rule::ALL.len();
    wsclose(&["rules"]).exits(0).says(" close-fin ").says(&format!("{all} of {all} rules"));
    let ran =
        wsclose(&["rules", "--level", "robust", "--binds", "receiver"]).exits(0).says("gives-up-waiting");
    assert!(!ran.out.contains("close-fin"), "{}", ran.out);
    let ran = wsclose(&["rules", "--binds", "app"]).exits(0).says("reports-clean");
    assert!(!ran.out.contains("close-fin") && !ran.out.contains("gives-up-waiting"), "{}", ran.out);
}

#[test]
fn a_rule_is_explained() {
    wsclose(&["explain", "close-fin"])
        .exits(0)
        .says("close-fin\n  says    A Close is one frame")
        .says("  from    RFC 6455 §5.4, 5.5\n")
        .says("  binds   sender\n")
        .says("  level   must: a breach fails a run\n")
        .says("  judged  ")
        .says("  asked   of a subject that ");
}

#[test]
fn a_code_is_explained_by_any_name() {
    for name in ["1014", "bad-gateway", "reserved2"] {
        wsclose(&["explain", name])
            .exits(0)
            .says("1014 bad-gateway\n")
            .says("  class   registered with IANA\n")
            .says("Boost.Beast calls it reserved2 (bad_gateway), ws-rs has no name for it");
    }
    wsclose(&["explain", "1005"])
        .exits(0)
        .says("sent, it breaks code-not-local-only")
        .says("accepted, it breaks rejects-local-only-codes");
}

#[test]
fn codes_stand_side_by_side() {
    let ran = wsclose(&["codes"]).exits(0);
    let words: Vec<Vec<&str>> = ran.out.lines().map(|line| line.split_whitespace().collect()).collect();
    let row = |number: &str| words.iter().find(|words| words.first() == Some(&number));
    let going_away = ["1001", "going-away", "defined", "both", "both", "both", "both", "going_away", "Away"];
    assert_eq!(row("1001").map(Vec::as_slice), Some(going_away.as_slice()));
    assert!(row("5000–65535").is_some(), "{}", ran.out);
    wsclose(&["codes", "1005", "Away"]).exits(0).says(" 1005 ").says(" 1001 ");
}

#[test]
fn all_codes_are_lines_without_ornament() {
    let ran = wsclose(&["codes", "--all"]).exits(0);
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
    wsclose(&["codes", "--all", "1000"]).exits(2);
}
