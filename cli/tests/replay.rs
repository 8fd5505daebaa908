//! `wsclose replay`: reports, tables and exit codes.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests write files")]

mod support;

use std::ffi::OsStr;

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
  0  |  app is told: closed 1000 \"bye\", clean
  0  >  FIN
  0  |  CloseExchanged -> Closed (clean)
";

#[test]
fn a_file_gives_a_timeline() {
    let folder = Folder::new();
    folder.file("a.ws", GOOD);
    let ran = folder.wsclose(&[&["replay", "a.ws"], &MODEL[..]].concat()).exits(0);
    assert_eq!(ran.out, format!("{TIMELINE}verdict: PASS\n"));
    assert_eq!(ran.err, "");
}

#[test]
fn a_breach_is_named_and_exits_1() {
    let folder = Folder::new();
    folder.file("a.ws", GOOD);
    folder
        .wsclose(&[&["replay", "a.ws"], &FAULTY[..]].concat())
        .exits(1)
        .says("== close-of-126\n")
        .says("  close-at-most-125  must     wrote a control frame over 125 bytes\n")
        .says("verdict: FAIL: close-of-126\n");
}

#[test]
fn a_warning_fails_only_a_strict_run() {
    let folder = Folder::new();
    folder.file("a.ws", GOOD);
    let args = ["replay", "a.ws", "--subject", "faulty:closes-twice"];
    folder.wsclose(&args).exits(0).says("  one-close  should   ").says("verdict: PASS");
    folder.wsclose(&[&args[..], &["--strict"]].concat()).exits(1).says("verdict: FAIL: closes-twice");
}

#[test]
fn a_folder_gives_a_table_and_totals() {
    let folder = Folder::new();
    folder.file("scripts/b.ws", "wsclose 1\nrole server\n> fin\n");
    folder.file("scripts/deeper/a.ws", GOOD);
    folder.file("scripts/.hidden.ws", "no script");
    folder.file("scripts/README.md", "no script");
    let ran = folder.wsclose(&[&["replay", "scripts"], &FAULTY[..]].concat()).exits(1);
    let lines: Vec<String> =
        ran.out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(lines[0], "script model close-of-126");
    assert_eq!(lines[2], "b.ws PASS PASS");
    assert_eq!(lines[3], "deeper/a.ws PASS FAIL close-at-most-125");
    assert_eq!(lines[4], "2 scripts, 4 verdicts: 3 passed, 1 failed; 1 new breach, 0 known, 0 warnings");
    folder.wsclose(&[&["replay", "scripts"], &MODEL[..]].concat()).exits(0);
}

#[test]
fn what_a_fuzzer_left_in_a_folder_is_counted_and_listed_where_it_breaks_something() {
    let folder = Folder::new();
    folder.file("scripts/b.ws", "wsclose 1\nrole server\n> fin\n");
    folder.file(format!("scripts/{}", "0a".repeat(20)), "wsclose 1\nrole server\n> reset\n");
    let breaks = "1b".repeat(20);
    folder.file(format!("scripts/{breaks}"), GOOD);
    let ran = folder.wsclose(&[&["replay", "scripts"], &FAULTY[..]].concat()).exits(1);
    let ran = ran.says("b.ws").says(&breaks).says("3 scripts, 6 verdicts:");
    let ran = ran.says("not listed: 1 that a fuzzer named by a hash, without a new breach\n");
    assert!(!ran.out.contains("0a0a"), "{}", ran.out);
}

#[test]
fn the_role_can_be_chosen() {
    let folder = Folder::new();
    folder.file("a.ws", GOOD);
    let replay = |role| folder.wsclose(&[&["replay", "a.ws", "--role", role], &MODEL[..]].concat()).exits(0);
    let has = |text: &str, role: &str| text.contains(&format!("subject role: {role} "));
    let client = replay("client").out;
    assert!(has(&client, "client") && !has(&client, "server"), "{client}");
    let both = replay("both").out;
    assert!(has(&both, "client") && has(&both, "server"), "{both}");
}

#[test]
fn what_is_known_does_not_fail() {
    let folder = Folder::new();
    folder.file("a.ws", GOOD);
    folder.file(
        "known.toml",
        "[[known]]\npeer = \"close-of-126\"\nversion = \"1\"\nrule = \"close-at-most-125\"\n\
         reason = \"it was made so\"\nsource = \"faulty.rs\"\nscript = \"a\"\n",
    );
    let known = [&FAULTY[..], &["--known", "known.toml"]].concat();
    folder
        .wsclose(&[&["replay", "a.ws"], &known[..]].concat())
        .exits(0)
        .says("wrote a control frame over 125 bytes (known)\n")
        .says("verdict: PASS");
    folder
        .wsclose(&[&["replay", "."], &known[..]].concat())
        .exits(0)
        .says("known close-at-most-125")
        .says("1 known");
}

#[test]
fn octets_are_played_to_both_roles() {
    let folder = Folder::new();
    let octets = [0x88, 0x80, 0, 0, 0, 0];
    folder.file("close_frame/empty.bin", octets);
    folder.file("elsewhere.bin", octets);
    let replay = |args: &[&str]| folder.wsclose(&[&["replay"], args, &MODEL[..]].concat());
    replay(&["close_frame/empty.bin"])
        .exits(0)
        .says("subject role: client ")
        .says("subject role: server ")
        .says("CLOSE masked");
    let within: [&dyn AsRef<OsStr>; 4] = [&"replay", &"empty.bin", &"--subject", &"model"];
    support::wsclose_in(&folder.path().join("close_frame"), &within, b"").exits(0).says("CLOSE masked");
    replay(&["close_frame"]).exits(0).says("empty.bin").says("1 script, 1 verdict:");
    replay(&["elsewhere.bin", "--octets"]).exits(0).says("CLOSE masked");
    replay(&["elsewhere.bin"])
        .exits(3)
        .complains("elsewhere.bin: expected a script that begins with `wsclose 1`")
        .complains("found 0x88");
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
        .exits(0)
        .says("  0  >  BINARY aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa… (1000 octets) len16")
        .says("Open -> CloseReceived");
    // Nothing was cut: the whole of the frame came at once.
    assert!(!ran.out.contains("the last"), "{}", ran.out);
}

#[test]
fn several_files_are_told_apart() {
    let folder = Folder::new();
    folder.file("a.ws", GOOD);
    folder.file("b.ws", GOOD);
    folder
        .wsclose(&[&["replay", "a.ws", "b.ws"], &MODEL[..]].concat())
        .exits(0)
        .says("file: a.ws\nsubject role")
        .says("file: b.ws\nsubject role");
}

#[test]
fn unknown_names_are_usage() {
    let folder = Folder::new();
    folder.file("a.ws", GOOD);
    folder
        .wsclose(&["replay", "a.ws", "--subject", "nobody"])
        .exits(2)
        .complains("expected a subject (model")
        .complains("found `nobody`");
    folder
        .wsclose(&["replay", "a.ws", "--subject", "faulty:nothing"])
        .exits(2)
        .complains("expected a fault of the model")
        .complains("found `faulty:nothing`");
    folder.wsclose(&["replay", "a.ws", "--profile", "x"]).exits(2).complains("expected a profile");
    folder.wsclose(&["replay", "a.ws", "--role", "x"]).exits(2);
    folder.wsclose(&["replay"]).exits(2);
    folder.wsclose(&[]).exits(2);
    folder.wsclose(&["nonsense"]).exits(2);
}

#[test]
fn help_tells_the_exit_codes() {
    let help = support::wsclose(&["--help"]).exits(0);
    for line in ["  0  conforms", "  1  a breach", "  2  usage", "  3  could not test"] {
        assert!(help.out.contains(line), "{}", help.out);
    }
    for command in ["replay", "adopt", "decode", "rules", "explain", "codes"] {
        support::wsclose(&[command, "--help"]).exits(0).says("Examples:");
    }
}
