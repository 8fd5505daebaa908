//! Bad input: a clear sentence on standard error, the right exit code, never a panic.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests write files")]

mod support;

use std::fs::{self, File};
use std::io::Write;
use std::process::{Command, Stdio};

use support::{Folder, GOOD, MODEL, Ran};

fn replay(folder: &Folder, args: &[&str]) -> Ran {
    folder.wsclose(&[&["replay"], args, &MODEL[..]].concat())
}

#[test]
fn an_empty_file() {
    let folder = Folder::new();
    folder.file("empty.ws", "");
    folder.file("close_frame/empty.bin", "");
    replay(&folder, &["empty.ws"]).exits(3).complains("empty.ws: expected a script, found an empty file");
    replay(&folder, &["close_frame/empty.bin"]).exits(3).complains("found an empty file");
    folder.wsclose(&["adopt", "empty.ws", "--into", "."]).exits(3).complains("found an empty file");
}

#[test]
fn a_gigabyte_of_noise() {
    let folder = Folder::new();
    let path = folder.path().join("noise");
    // Sparse, so that it takes no room; its first octet is no script's.
    let mut file = File::create(&path).expect("a file");
    file.write_all(&[0xff]).expect("an octet");
    file.set_len(1 << 30).expect("a gigabyte");
    let sentence = "noise: expected a script of at most 65536 octets, found 1073741824";
    replay(&folder, &["noise"]).exits(3).complains(sentence);
    replay(&folder, &["noise", "--octets"]).exits(3).complains(sentence);
    folder.wsclose(&["adopt", "noise", "--into", "."]).exits(3).complains(sentence);
}

#[cfg(target_os = "linux")]
#[test]
fn a_stream_without_end() {
    let folder = Folder::new();
    replay(&folder, &["/dev/zero"])
        .exits(3)
        .complains("/dev/zero: expected a file, found a pipe or a device");
    let output = Command::new(assert_cmd::cargo::cargo_bin("wsclose"))
        .args(["decode", "-"])
        .stdin(File::open("/dev/zero").expect("zeros"))
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard input: expected"));
}

#[test]
fn an_older_version_of_the_codec() {
    let folder = Folder::new();
    folder.file("old", [0xc0, 1, 2]);
    folder.file("old.ws", "wsclose 0\nrole server\n");
    replay(&folder, &["old"]).exits(3).complains("expected version 1 of the script codec, found version 0");
    replay(&folder, &["old.ws"]).exits(3).complains("old.ws:1:9: expected `wsclose 1`");
}

#[test]
fn a_text_script_with_a_mistake() {
    let folder = Folder::new();
    folder.file("a.ws", "wsclose 1\nrole server\n> close 1000\n> cloze 1000\n");
    replay(&folder, &["a.ws"])
        .exits(3)
        .complains("a.ws:4:3: expected what the peer sends: `close`, ")
        .complains("found `cloze`");
    folder.file("b.ws", b"wsclose 1\nrole server\n# \xff\n");
    replay(&folder, &["b.ws"]).exits(3).complains("b.ws:3:3: expected text, found the octet 0xff");
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let folder = Folder::new();
    folder.file("scripts/bad.ws", "wsclose 1\nrole nobody\n");
    folder.file("scripts/good.ws", GOOD);
    replay(&folder, &["scripts"]).exits(3).says("good.ws").complains("scripts/bad.ws:2:6: expected");
    // A breach outweighs it.
    let ran = folder.wsclose(&["replay", "scripts", "--subject", "faulty:close-of-126"]).exits(1);
    assert!(ran.out.ends_with("verdict: FAIL, and 1 could not be tested\n"), "{}", ran.out);
}

#[test]
fn what_could_not_be_tested_has_not_passed() {
    let folder = Folder::new();
    folder.file("good.ws", GOOD);
    for args in [&["good.ws", "nowhere.ws"][..], &["nowhere.ws", "good.ws"], &["nowhere.ws"]] {
        let ran = replay(&folder, args).exits(3);
        assert!(ran.out.ends_with("verdict: INCOMPLETE: 1 could not be tested\n"), "{}", ran.out);
    }
    replay(&folder, &["good.ws", "good.ws"]).exits(0).says("verdict: PASS");
}

#[test]
fn nothing_there() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("empty")).expect("a folder");
    replay(&folder, &["nowhere.ws"])
        .exits(3)
        .complains("nowhere.ws: expected a file or a folder, found nothing");
    replay(&folder, &["empty"]).exits(3).complains("empty: expected scripts");
    folder.wsclose(&["adopt", "nowhere"]).exits(3).complains("nowhere: expected a file, found nothing");
    folder.wsclose(&["adopt", "empty"]).exits(3).complains("empty: expected a file, found a folder");
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
    // A superuser reads it all the same.
    if !may_read {
        ran.exits(3).complains("closed: expected something readable, found that permission is denied");
        above.exits(3).complains("permission is denied");
    }
}

#[cfg(unix)]
#[test]
fn links_that_go_round() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new();
    folder.file("scripts/a.ws", GOOD);
    symlink("../scripts", folder.path().join("scripts/again")).expect("a link");
    symlink("loop.ws", folder.path().join("loop.ws")).expect("a link");
    symlink("scripts", folder.path().join("link")).expect("a link");
    replay(&folder, &["scripts"]).exits(0).says("1 script, 1 verdict:");
    replay(&folder, &["link"]).exits(0).says("1 script, 1 verdict:");
    replay(&folder, &["loop.ws"]).exits(3).complains("loop.ws: expected something readable, found: ");
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
    support::wsclose_in(folder.path(), &args, b"").exits(0).says("verdict: PASS");
    replay(&folder, &["scripts"]).exits(0).says("a\u{fffd}\\n.ws");
}

#[test]
fn a_broken_known_toml() {
    let folder = Folder::new();
    folder.file("a.ws", GOOD);
    folder.file("known.toml", "[[known\n");
    replay(&folder, &["a.ws", "--known", "known.toml"]).exits(3).complains("known.toml: ");
    replay(&folder, &["a.ws", "--known", "nowhere.toml"])
        .exits(3)
        .complains("nowhere.toml: expected a file,");
}

#[test]
fn unknown_rules_and_codes() {
    support::wsclose(&["explain", "close-answer"])
        .exits(2)
        .complains("expected a rule's id, for example `close-fin`, or a close code, for example `1005`")
        .complains("found `close-answer`; did you mean `close-");
    support::wsclose(&["explain", "interop"])
        .exits(2)
        .complains("found the level `interop` (`wsclose rules --level interop` lists its rules)");
    support::wsclose(&["explain", "2500"]).exits(0).says("Boost.Beast has no name for it, ws-rs has no name");
    support::wsclose(&["explain", "65536"]).exits(2).complains("expected a close code").complains("`65536`");
    support::wsclose(&["codes", "nonsense"]).exits(2).complains("found `nonsense`");
    support::wsclose(&["rules", "--level", "maybe"]).exits(2).complains("expected must, interop");
    support::wsclose(&["rules", "--binds", "us"]).exits(2).complains("expected sender, receiver or app");
}

#[test]
fn a_reader_that_goes_early() {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("wsclose"))
        .args(["codes", "--all"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
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
