//! Tests `wsclose rules`, `explain` and `codes`.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests write files")]

mod support;

use std::collections::BTreeSet;

use ::wsclose::rules::Rule;
use support::wsclose;

#[test]
fn explain_has_hints_on_codes() {
    for (code, hint) in [
        (
            "22373",
            "likely: a reason without a code in front of it: the octets of the code, 22373, read \"We\"",
        ),
        ("12592", "likely: the two octets are the ASCII digits \"10\" (12592): the code was written as text"),
        ("59395", "likely: the octets are those of 1000 in the wrong order: little-endian"),
        ("0", "likely: the octets of the code were allocated and not filled in"),
        ("1006", "likely: an API reports 1006 where no Close was received"),
    ] {
        wsclose(&["explain", code]).assert_exit(0).assert_stdout(&format!("\n  hint       {hint}"));
    }
    let ran = wsclose(&["explain", "1000"]).assert_exit(0);
    assert!(!ran.out.contains("hint"), "{ran:?}");
}

#[test]
fn rules_are_listed_and_filtered() {
    let all = Rule::ALL.len();
    wsclose(&["rules"])
        .assert_exit(0)
        .assert_stdout("frames it sends\n  close-fin ")
        .assert_stdout(
            "  must    sender    §5.4, 5.5\n      A Close is one frame: an endpoint sends it with FIN set",
        )
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
    let ran = wsclose(&["explain", "close-fin"])
        .assert_exit(0)
        .assert_stdout("close-fin\n  summary    A Close is one frame")
        .assert_stdout("  section    RFC 6455 §5.4, RFC 6455 §5.5\n")
        .assert_stdout("  party      sender\n")
        .assert_stdout("  level      must: a violation fails the run\n")
        .assert_stdout("  applies    to every endpoint")
        .assert_stdout("\nHow to fix a violation\n  Application: ")
        .assert_stdout("  $ wsclose replay closing_handshake/")
        .assert_stdout("/docs/rules/close-fin.md");
    // Scripts, timelines, commands and addresses are not broken.
    let unbroken = |line: &&str| line.starts_with("    ") || line.starts_with("  $ ") || line.contains("://");
    let prose = ran.out.lines().filter(|line| !unbroken(line));
    let widest = prose.map(|line| line.chars().count()).max();
    assert!(widest.is_some_and(|columns| columns <= 80), "{ran:?}");
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
    let words = |args: &[&str]| -> Vec<Vec<String>> {
        let out = wsclose(args).assert_exit(0).out;
        out.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
    };
    let row = |args: &[&str], number: &str| words(args).into_iter().find(|words| words[0] == number);
    let going_away = ["1001", "going-away", "defined", "both", "both", "both", "both", "going_away", "Away"];
    let shown = row(&["codes", "--long"], "1001").expect("a row");
    assert_eq!(shown, going_away);
    assert_eq!(row(&["codes"], "1001").expect("a row"), going_away[..5]);
    assert!(row(&["codes"], "5000–65535").is_some() && row(&["codes", "--long"], "5000–65535").is_some());
    wsclose(&["codes", "1005", "Away"]).assert_exit(0).assert_stdout(" 1005 ").assert_stdout(" 1001 ");
    wsclose(&["codes", "--long", "--all"]).assert_exit(2);
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

#[test]
fn a_case_is_explained() {
    wsclose(&["explain", "closing_handshake/close-rsv1"])
        .assert_exit(0)
        .assert_stdout("for a server: wsclose check URL --show closing_handshake/close-rsv1\n")
        .assert_stdout("for a client: wsclose serve --show closing_handshake/close-rsv1\n")
        .assert_stdout("  exercises  rejects-rsv")
        .assert_stdout("  exercises, as every plain Close does: close-fin, ")
        .assert_stdout("    > close 3333 rsv=4\n");
    wsclose(&["explain", "local-close/answered"])
        .assert_exit(0)
        .assert_stdout("wsclose check URL --close-command --show local-close/answered\n");
    wsclose(&["explain", "code-received/1005"]).assert_exit(0).assert_stdout("a Close with code 1005");
    wsclose(&["explain", "fuzz/1-3"]).assert_exit(0).assert_stdout("A generated script");
    wsclose(&["explain", "close-rsv1"])
        .assert_exit(2)
        .assert_stderr("found `close-rsv1`; did you mean `closing_handshake/close-rsv1`?");
    wsclose(&["explain", "closing_handshake/nothing"])
        .assert_exit(2)
        .assert_stderr("expected a case, for example `closing_handshake/close-rsv1`, found");
}
