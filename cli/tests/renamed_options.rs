//! Options by an old name: the error has the new name.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests use files, sockets and processes"
)]

mod support;

use support::wsclose;

#[test]
fn a_renamed_option_gives_a_hint() {
    for (command, old, new) in [
        ("check", "--as-known", "--baseline"),
        ("replay", "--known", "--baseline"),
        ("serve", "--feed", "--exec-stdin"),
        ("serve", "--loop", "--exec-loop"),
        ("serve", "--says-closed", "--client-reports-close"),
        ("check", "--command-close", "--close-command"),
        ("replay", "--octets", "--raw-bytes"),
        ("matrix", "--patience", "--timeout"),
        ("serve", "--keep", "--keep-running"),
        ("adopt", "--into", "--root"),
        ("matrix", "--no-codes", "--codes none"),
        ("matrix", "--only-codes", "--codes only"),
        ("rules", "--binds", "--party"),
        ("check", "--i-may-test-this-host", "--allow-remote"),
    ] {
        wsclose(&[command, old, "x"])
            .assert_exit(2)
            .assert_stderr(&format!("unexpected argument '{old}' found"))
            .assert_stderr(&format!("tip: did you mean {new}?\n"));
    }
    wsclose(&["check", "--as-known=x"]).assert_exit(2).assert_stderr("tip: did you mean --baseline?\n");
    wsclose(&["matrix", "--force"]).assert_exit(2).assert_stderr("reports replace files that exist");
}

#[test]
fn other_unknown_options_give_no_such_hint() {
    // `codes` has no baseline.
    let ran = wsclose(&["codes", "--known", "x"]).assert_exit(2);
    assert!(!ran.err.contains("baseline"), "{ran:?}");
    wsclose(&["check", "--basline", "x"]).assert_exit(2).assert_stderr("--baseline");
    wsclose(&["--help"]).assert_exit(0);
    wsclose(&["--version"]).assert_exit(0);
}
