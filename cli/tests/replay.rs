//! Tests the reports, tables and exit codes of `wsclose replay`.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests write files")]

mod support;

use std::ffi::OsStr;

use wsclose::protocol::role::Role;
use wsclose::scenario::Scenario;

use support::{FAULTY, Folder, GOOD, MODEL};

const TIMELINE: &str = "\
subject role: server      > to subject   < from subject   | note
== model
  0  |  # The peer closes.
  0  >  CLOSE 1000 \"bye\" masked                  88 85 37fa213d 03e8627965
  0  |  Open -> CloseReceived
  0  <  CLOSE 1000 \"\"                            88 02 03e8
  0  |  CloseReceived -> CloseExchanged
  0  <  FIN
  0  |  app reported: closed 1000 \"bye\", clean
  0  >  FIN
  0  |  CloseExchanged -> Closed (clean)
";

#[test]
fn a_file_gives_a_timeline() {
    let folder = Folder::new();
    folder.file("a.ws", GOOD);
    let ran = folder.wsclose(&[&["replay", "a.ws"], &MODEL[..]].concat()).assert_exit(0);
    assert_eq!(ran.out, format!("{TIMELINE}verdict: PASS\n"));
    assert_eq!(ran.err, "");
}

#[test]
fn a_built_in_script_needs_no_checkout() {
    let folder = Folder::new();
    let play = |name: &str| folder.wsclose(&[&["replay", name], &MODEL[..]].concat());
    let by_name = play("closing_handshake/close-empty").assert_exit(0);
    assert_eq!(by_name.out, play("corpus/closing_handshake/close-empty.ws").assert_exit(0).out);
    play("closing_handshake/close-empt").assert_exit(3).assert_stderr("close-empt");
    // A file comes first.
    folder.file("corpus/closing_handshake/close-empty.ws", GOOD);
    assert_ne!(by_name.out, play("corpus/closing_handshake/close-empty.ws").assert_exit(0).out);
}

#[test]
fn a_violation_is_reported_and_exits_1() {
    let folder = Folder::new();
    folder.file("a.ws", GOOD);
    folder
        .wsclose(&[&["replay", "a.ws"], &FAULTY[..]].concat())
        .assert_exit(1)
        .assert_stdout("== close-of-126\n")
        .assert_stdout("  close-at-most-125  must     sent a control frame over 125 bytes\n")
        .assert_stdout("verdict: FAIL: close-of-126\n");
}

#[test]
fn a_warning_fails_only_a_strict_run() {
    let folder = Folder::new();
    folder.file("a.ws", GOOD);
    let args = ["replay", "a.ws", "--subject", "fault:closes-twice"];
    folder
        .wsclose(&args)
        .assert_exit(0)
        .assert_stdout("  one-close  should   ")
        .assert_stdout("verdict: PASS");
    folder
        .wsclose(&[&args[..], &["--strict"]].concat())
        .assert_exit(1)
        .assert_stdout("verdict: FAIL: closes-twice");
}

#[test]
fn a_folder_gives_a_table_and_totals() {
    let folder = Folder::new();
    folder.file("scripts/b.ws", "wsclose 1\nrole server\n> fin\n");
    folder.file("scripts/deeper/a.ws", GOOD);
    folder.file("scripts/.hidden.ws", "no script");
    folder.file("scripts/README.md", "no script");
    let ran = folder.wsclose(&[&["replay", "scripts"], &FAULTY[..]].concat()).assert_exit(1);
    let lines: Vec<String> =
        ran.out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(lines[0], "script model close-of-126");
    assert_eq!(lines[2], "b.ws PASS PASS");
    assert_eq!(lines[3], "deeper/a.ws PASS FAIL close-at-most-125");
    assert_eq!(lines[4], "2 scripts, 4 verdicts: 3 passed, 1 failed; 1 new violation, 0 known, 0 warnings");
    folder.wsclose(&[&["replay", "scripts"], &MODEL[..]].concat()).assert_exit(0);
}

#[test]
fn hash_named_files_are_listed_only_on_a_violation() {
    let folder = Folder::new();
    folder.file("scripts/b.ws", "wsclose 1\nrole server\n> fin\n");
    folder.file(format!("scripts/{}", "0a".repeat(20)), "wsclose 1\nrole server\n> reset\n");
    let breaks = "1b".repeat(20);
    folder.file(format!("scripts/{breaks}"), GOOD);
    // What a fuzzer without a mutator for scripts keeps.
    folder.file(format!("scripts/{}", "2c".repeat(20)), b"no script");
    let ran = folder.wsclose(&[&["replay", "scripts"], &FAULTY[..]].concat()).assert_exit(1);
    let ran = ran.assert_stdout("b.ws").assert_stdout(&breaks).assert_stdout("3 scripts, 6 verdicts:");
    let ran = ran.assert_stdout("not listed: 1 that a fuzzer named by a hash, without a new violation\n");
    let ran = ran.assert_stdout("not played: 1 that a fuzzer named by a hash, and that are no script\n");
    assert!(!ran.out.contains("0a0a") && !ran.err.contains("2c2c"), "{ran:#?}");
    folder.file("scripts/other", b"no script");
    folder
        .wsclose(&[&["replay", "scripts"], &MODEL[..]].concat())
        .assert_exit(3)
        .assert_stderr("scripts/other");
}

#[test]
fn the_role_can_be_set() {
    let folder = Folder::new();
    folder.file("a.ws", GOOD);
    let replay =
        |role| folder.wsclose(&[&["replay", "a.ws", "--role", role], &MODEL[..]].concat()).assert_exit(0);
    let has = |text: &str, role: &str| text.contains(&format!("subject role: {role} "));
    let client = replay("client").out;
    assert!(has(&client, "client") && !has(&client, "server"), "{client}");
    let both = replay("both").out;
    assert!(has(&both, "client") && has(&both, "server"), "{both}");
}

#[test]
fn baseline_violations_do_not_fail() {
    let folder = Folder::new();
    folder.file("a.ws", GOOD);
    folder.file(
        "baseline.toml",
        "[[known]]\nimplementation = \"close-of-126\"\nversion = \"1\"\nrule = \"close-at-most-125\"\n\
         reason = \"it was made so\"\nsource = \"faulty.rs\"\nscript = \"a\"\n",
    );
    let known = [&FAULTY[..], &["--baseline", "baseline.toml"]].concat();
    folder
        .wsclose(&[&["replay", "a.ws"], &known[..]].concat())
        .assert_exit(0)
        .assert_stdout("sent a control frame over 125 bytes (known)\n")
        .assert_stdout("verdict: PASS");
    folder
        .wsclose(&[&["replay", "."], &known[..]].concat())
        .assert_exit(0)
        .assert_stdout("known close-at-most-125")
        .assert_stdout("1 known");
}

#[test]
fn octets_are_played_to_both_roles() {
    let folder = Folder::new();
    let octets = [0x88, 0x80, 0, 0, 0, 0];
    folder.file("close_frame/empty.bin", octets);
    folder.file("elsewhere.bin", octets);
    let replay = |args: &[&str]| folder.wsclose(&[&["replay"], args, &MODEL[..]].concat());
    replay(&["close_frame/empty.bin"])
        .assert_exit(0)
        .assert_stdout("subject role: client ")
        .assert_stdout("subject role: server ")
        .assert_stdout("CLOSE masked");
    let within: [&dyn AsRef<OsStr>; 4] = [&"replay", &"empty.bin", &"--subject", &"model"];
    support::wsclose_in(&folder.path().join("close_frame"), &within, b"")
        .assert_exit(0)
        .assert_stdout("CLOSE masked");
    replay(&["close_frame"]).assert_exit(0).assert_stdout("empty.bin").assert_stdout("1 script, 1 verdict:");
    replay(&["elsewhere.bin", "--raw-bytes"]).assert_exit(0).assert_stdout("CLOSE masked");
    replay(&["elsewhere.bin"])
        .assert_exit(3)
        .assert_stderr("elsewhere.bin: expected a script that begins with `wsclose 1`")
        .assert_stderr("found 0x88");
}

#[test]
fn an_input_of_the_fuzz_target_scenario_is_a_script() {
    let folder = Folder::new();
    let octets = Scenario::named(Role::Client, "rsv2").expect("a scenario").to_fuzzer();
    folder.file("scenario/crash-1", &octets);
    folder.file("elsewhere/crash-1", &octets);
    let replay = |path: &str| folder.wsclose(&[&["replay", path], &MODEL[..]].concat());
    let ran = replay("scenario/crash-1")
        .assert_exit(0)
        .assert_stdout("subject role: client ")
        .assert_stdout("rsv=2");
    assert!(!ran.out.contains("subject role: server "), "{}", ran.out);
    replay("elsewhere/crash-1").assert_exit(3).assert_stderr("the first line of a script");
}

#[test]
fn octets_of_many_steps_are_one_segment() {
    let folder = Folder::new();
    // A binary frame of 1,000 octets from a server, and a Close.
    let mut octets = vec![0x82, 126, 0x03, 0xe8];
    octets.resize(1004, 0xaa);
    octets.extend([0x88, 0x00]);
    folder.file("close_frame/long", octets);
    let ran = folder
        .wsclose(&[&["replay", "close_frame/long", "--role", "client"], &MODEL[..]].concat())
        .assert_exit(0)
        .assert_stdout("  0  >  BINARY aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa… (1000 octets) len16")
        .assert_stdout("Open -> CloseReceived");
    // The whole frame is one segment, so no line shows only its last octets.
    assert!(!ran.out.contains("the last"), "{}", ran.out);
}

#[test]
fn each_of_several_files_has_a_heading() {
    let folder = Folder::new();
    folder.file("a.ws", GOOD);
    folder.file("b.ws", GOOD);
    folder
        .wsclose(&[&["replay", "a.ws", "b.ws"], &MODEL[..]].concat())
        .assert_exit(0)
        .assert_stdout("file: a.ws\nsubject role")
        .assert_stdout("file: b.ws\nsubject role");
}

#[test]
fn unknown_names_are_usage_errors() {
    let folder = Folder::new();
    folder.file("a.ws", GOOD);
    folder
        .wsclose(&["replay", "a.ws", "--subject", "missing"])
        .assert_exit(2)
        .assert_stderr("expected a subject (model")
        .assert_stderr("found `missing`");
    folder
        .wsclose(&["replay", "a.ws", "--subject", "fault:nothing"])
        .assert_exit(2)
        .assert_stderr("expected a fault of the model")
        .assert_stderr("found `nothing`");
    folder.wsclose(&["replay", "a.ws", "--profile", "x"]).assert_exit(2).assert_stderr("expected a profile");
    folder.wsclose(&["replay", "a.ws", "--role", "x"]).assert_exit(2);
    folder.wsclose(&["replay"]).assert_exit(2);
    folder.wsclose(&[]).assert_exit(2);
    folder.wsclose(&["nonsense"]).assert_exit(2);
}

#[test]
fn help_lists_the_exit_codes() {
    let help = support::wsclose(&["--help"]).assert_exit(0);
    for line in [
        "  0  everything that was tested conforms",
        "  1  a rule of level must, interop or robust is violated",
        "  2  the command line is invalid",
        "  3  something could not be tested",
        "  4  the baseline lists a violation that no longer occurs",
    ] {
        assert!(help.out.contains(line), "{line}\n{}", help.out);
    }
    for command in ["replay", "adopt", "decode", "rules", "explain", "codes"] {
        support::wsclose(&[command, "--help"]).assert_exit(0).assert_stdout("Examples:");
    }
}

#[test]
fn a_wrong_close_of_the_peer_has_a_hint() {
    let folder = Folder::new();
    folder.file("digits.ws", "wsclose 1\nrole client\napp close 1000\n> close hex:31303030\nwait 2\n> fin\n");
    folder
        .wsclose(&["replay", "digits.ws", "--subject", "model"])
        .assert_exit(0)
        .assert_stdout("\nhint on the peer's Close, likely: the two octets are the ASCII digits \"10\"");
    folder.file("plain.ws", GOOD);
    let ran = folder.wsclose(&["replay", "plain.ws", "--subject", "model"]).assert_exit(0);
    assert!(!ran.out.contains("hint"), "{ran:?}");
}
