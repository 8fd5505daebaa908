//! Tests that bad input gives a clear message on standard error and the documented exit code, and never a panic.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests write files")]

mod support;

use std::fs::{self, File};
use std::io::Write;
use std::process::Command;

use support::{Folder, GOOD, MODEL, RunOutput};

fn replay(folder: &Folder, args: &[&str]) -> RunOutput {
    folder.wsclose(&[&["replay"], args, &MODEL[..]].concat())
}

#[test]
fn an_empty_file() {
    let folder = Folder::new();
    folder.file("empty.ws", "");
    folder.file("close_frame/empty.bin", "");
    replay(&folder, &["empty.ws"])
        .assert_exit(3)
        .assert_stderr("empty.ws: expected a script, found an empty file");
    replay(&folder, &["close_frame/empty.bin"]).assert_exit(3).assert_stderr("found an empty file");
    folder.wsclose(&["adopt", "empty.ws", "--root", "."]).assert_exit(3).assert_stderr("found an empty file");
}

#[test]
fn a_one_gigabyte_file() {
    let folder = Folder::new();
    let path = folder.path().join("noise");
    // The file is sparse, so it needs no space. No script begins with its first octet.
    let mut file = File::create(&path).expect("a file");
    file.write_all(&[0xff]).expect("an octet");
    file.set_len(1 << 30).expect("a gigabyte");
    let sentence = "noise: expected a script of at most 65536 octets, found 1073741824";
    replay(&folder, &["noise"]).assert_exit(3).assert_stderr(sentence);
    replay(&folder, &["noise", "--raw-bytes"]).assert_exit(3).assert_stderr(sentence);
    folder.wsclose(&["adopt", "noise", "--root", "."]).assert_exit(3).assert_stderr(sentence);
}

#[cfg(target_os = "linux")]
#[test]
fn an_endless_stream() {
    let folder = Folder::new();
    replay(&folder, &["/dev/zero"]).assert_exit(3).assert_stderr("/dev/zero: is a pipe or a device");
    let output = Command::new(assert_cmd::cargo::cargo_bin("wsclose"))
        .args(["decode", "-"])
        .stdin(File::open("/dev/zero").expect("zeros"))
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard input: has"));
}

#[test]
fn an_older_version_of_the_codec() {
    let folder = Folder::new();
    folder.file("old", [0xc0, 1, 2]);
    folder.file("old.ws", "wsclose 0\nrole server\n");
    replay(&folder, &["old"])
        .assert_exit(3)
        .assert_stderr("expected version 1 or 2 of the script codec, found version 0");
    replay(&folder, &["old.ws"]).assert_exit(3).assert_stderr("old.ws:1:9: expected `wsclose 1`");
}

#[test]
fn a_text_script_with_a_syntax_error() {
    let folder = Folder::new();
    folder.file("a.ws", "wsclose 1\nrole server\n> close 1000\n> cloze 1000\n");
    replay(&folder, &["a.ws"])
        .assert_exit(3)
        .assert_stderr("a.ws:4:3: expected what the peer sends: `close`, ")
        .assert_stderr("found `cloze`");
    folder.file("b.ws", b"wsclose 1\nrole server\n# \xff\n");
    replay(&folder, &["b.ws"]).assert_exit(3).assert_stderr("b.ws:3:3: expected text, found the octet 0xff");
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let folder = Folder::new();
    folder.file("scripts/bad.ws", "wsclose 1\nrole neither\n");
    folder.file("scripts/good.ws", GOOD);
    replay(&folder, &["scripts"])
        .assert_exit(3)
        .assert_stdout("good.ws")
        .assert_stderr("scripts/bad.ws:2:6: expected");
    // The exit code of a violation takes precedence.
    let ran = folder.wsclose(&["replay", "scripts", "--subject", "fault:close-of-126"]).assert_exit(1);
    assert!(ran.out.ends_with("verdict: FAIL, and 1 could not be tested\n"), "{}", ran.out);
}

#[test]
fn untested_files_are_not_a_pass() {
    let folder = Folder::new();
    folder.file("good.ws", GOOD);
    for args in [&["good.ws", "nowhere.ws"][..], &["nowhere.ws", "good.ws"], &["nowhere.ws"]] {
        let ran = replay(&folder, args).assert_exit(3);
        assert!(ran.out.ends_with("verdict: INCOMPLETE: 1 could not be tested\n"), "{}", ran.out);
    }
    replay(&folder, &["good.ws", "good.ws"]).assert_exit(0).assert_stdout("verdict: PASS");
}

#[test]
fn missing_files() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("empty")).expect("a folder");
    replay(&folder, &["nowhere.ws"])
        .assert_exit(3)
        .assert_stderr("nowhere.ws: not found; expected a file or a folder");
    replay(&folder, &["empty"]).assert_exit(3).assert_stderr("empty: contains no scripts");
    folder
        .wsclose(&["adopt", "nowhere", "--root", "."])
        .assert_exit(3)
        .assert_stderr("nowhere: not found; expected a file");
    let ran = folder.wsclose(&["adopt", "empty", "--root", "."]);
    ran.assert_exit(3).assert_stderr("empty: contains no scripts");
}

#[cfg(unix)]
#[test]
fn a_folder_without_permission() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    folder.file("closed/a.ws", GOOD);
    let closed = folder.path().join("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("a mode");
    let may_read = fs::read_dir(&closed).is_ok();
    let ran = replay(&folder, &["closed"]);
    let above = replay(&folder, &["."]);
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).expect("a mode");
    // A superuser can read the folder in any case.
    if !may_read {
        ran.assert_exit(3).assert_stderr("closed: permission denied");
        above.assert_exit(3).assert_stderr("permission denied");
    }
}

#[cfg(unix)]
#[test]
fn symlink_loops() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new();
    folder.file("scripts/a.ws", GOOD);
    symlink("../scripts", folder.path().join("scripts/again")).expect("a link");
    symlink("loop.ws", folder.path().join("loop.ws")).expect("a link");
    symlink("scripts", folder.path().join("link")).expect("a link");
    replay(&folder, &["scripts"]).assert_exit(0).assert_stdout("1 script, 1 verdict:");
    replay(&folder, &["link"]).assert_exit(0).assert_stdout("1 script, 1 verdict:");
    replay(&folder, &["loop.ws"]).assert_exit(3).assert_stderr("loop.ws: cannot be read: ");
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_utf8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new();
    let name = OsStr::from_bytes(b"scripts/a\xff\n.ws");
    folder.file(name, GOOD);
    let args: [&dyn AsRef<OsStr>; 4] = [&"replay", &name, &"--subject", &"model"];
    support::wsclose_in(folder.path(), &args, b"").assert_exit(0).assert_stdout("verdict: PASS");
    replay(&folder, &["scripts"]).assert_exit(0).assert_stdout("a\u{fffd}\\n.ws");
}

#[test]
fn an_invalid_baseline() {
    let folder = Folder::new();
    folder.file("a.ws", GOOD);
    // A baseline may be longer than a script.
    let long = format!("# {}\n", "x".repeat(wsclose::script::MAX_SCRIPT));
    folder.file("baseline.toml", &long);
    replay(&folder, &["a.ws", "--baseline", "baseline.toml"]).assert_exit(0);
    folder.file("baseline.toml", "[[known\n");
    replay(&folder, &["a.ws", "--baseline", "baseline.toml"]).assert_exit(3).assert_stderr("baseline.toml: ");
    replay(&folder, &["a.ws", "--baseline", "nowhere.toml"])
        .assert_exit(3)
        .assert_stderr("nowhere.toml: not found; expected a file");
}

#[test]
fn unknown_rules_and_codes() {
    support::wsclose(&["explain", "close-answer"])
        .assert_exit(2)
        .assert_stderr("expected a rule's id such as `close-fin`, a close code such as `1005`, or a case")
        .assert_stderr("found `close-answer`; did you mean `close-answered`?");
    support::wsclose(&["explain", "interop"])
        .assert_exit(2)
        .assert_stderr("found the level `interop` (`wsclose rules --level interop` lists its rules)");
    support::wsclose(&["explain", "2500"])
        .assert_exit(0)
        .assert_stdout("Boost.Beast has no name for it, ws-rs has no name");
    support::wsclose(&["explain", "65536"])
        .assert_exit(2)
        .assert_stderr("expected a close code")
        .assert_stderr("`65536`");
    support::wsclose(&["codes", "nonsense"]).assert_exit(2).assert_stderr("found `nonsense`");
    support::wsclose(&["rules", "--level", "maybe"]).assert_exit(2).assert_stderr("expected must, interop");
    support::wsclose(&["rules", "--party", "us"])
        .assert_exit(2)
        .assert_stderr("expected sender, receiver or app");
}

#[test]
fn a_closed_stdout() {
    assert_eq!(support::wsclose_without_reader(&["codes", "--all"]), (Some(0), String::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let output = Command::new(assert_cmd::cargo::cargo_bin("wsclose"))
        .args(["codes", "--all"])
        .stdout(File::options().write(true).open("/dev/full").expect("a full disk"))
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("could not write the output"));
}
