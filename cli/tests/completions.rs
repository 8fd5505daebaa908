//! Tests `wsclose completions` and `wsclose man`.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests use files and processes")]

mod support;

use std::io::Write;
use std::process::{Command, Stdio};

use support::{Folder, wsclose};

/// Every command, as the help lists it.
const COMMANDS: [&str; 18] = [
    "replay",
    "matrix",
    "check",
    "serve",
    "doctor",
    "judge",
    "proxy",
    "echo",
    "diff",
    "site",
    "adopt",
    "decode",
    "rules",
    "explain",
    "codes",
    "vectors",
    "completions",
    "man",
];

/// Runs a program with `input`, if the system has the program. Returns its standard output.
fn run(program: &str, args: &[&str], input: &str) -> Option<String> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("the whole input");
    let output = child.wait_with_output().expect("an end");
    assert!(output.status.success() && output.stderr.is_empty(), "{program} {args:?}: {output:?}");
    Some(String::from_utf8(output.stdout).expect("text"))
}

#[test]
fn completions_name_every_command_and_option() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = wsclose(&["completions", shell]).assert_exit(0).out;
        for command in COMMANDS {
            assert!(script.contains(command), "{shell} has no {command}");
        }
        for option in ["server-reports-close", "keep-running", "raw-bytes"] {
            assert!(script.contains(option), "{shell} has no --{option}");
        }
    }
    wsclose(&["completions", "csh"]).assert_exit(2).assert_stderr("possible values: bash, elvish, fish");
}

#[test]
fn bash_completes_a_command_and_an_option() {
    let script = wsclose(&["completions", "bash"]).assert_exit(0).out;
    let complete = |words: &str, at: usize| {
        let call = format!(
            "{script}\nCOMP_WORDS=({words}); COMP_CWORD={at}\n\
             _wsclose wsclose \"${{COMP_WORDS[{at}]}}\" \"${{COMP_WORDS[{at}-1]}}\"\necho \"${{COMPREPLY[@]}}\"\n"
        );
        run("bash", &[], &call)
    };
    // Some systems have no Bash.
    let Some(commands) = complete("wsclose re", 1) else { return };
    assert_eq!(commands, "replay\n");
    assert_eq!(complete("wsclose check --server-r", 2).as_deref(), Some("--server-reports-close\n"));
    assert_eq!(complete("wsclose check --color al", 3).as_deref(), Some("always\n"));
}

#[test]
fn manual_pages_are_printed_and_written() {
    let page = wsclose(&["man"]).assert_exit(0).assert_stdout(".TH wsclose 1").out;
    for command in COMMANDS {
        assert!(page.contains(&format!("wsclose\\-{command}(1)")), "no {command} in {page}");
    }
    let folder = Folder::new();
    let wrote = format!("wrote {} manual pages to pages\n", COMMANDS.len() + 1);
    folder.wsclose(&["man", "pages"]).assert_exit(0).assert_stdout(&wrote);
    let pages = folder.files();
    assert_eq!(
        pages.len(),
        COMMANDS.len() + 1,
        "{:?}",
        pages.iter().map(|(name, _)| name).collect::<Vec<_>>()
    );
    for command in COMMANDS {
        let name = format!("pages/wsclose-{command}.1");
        let (_, page) = pages.iter().find(|(found, _)| *found == name).expect("a page");
        let page = String::from_utf8_lossy(page);
        assert!(page.contains(&format!(".TH wsclose-{command} 1")), "{page}");
        // Some systems cannot show pages.
        // Characters that are not ASCII need an option of `groff`, so the pages have none.
        if let Some(shown) = run("groff", &["-man", "-Tascii", "-ww", "-P-cbou"], &page) {
            assert!(shown.contains(&format!("wsclose {command}")) && shown.contains("OPTIONS"), "{shown}");
        }
    }
    let (_, check) = pages.iter().find(|(name, _)| name == "pages/wsclose-check.1").expect("a page");
    let check = String::from_utf8_lossy(check);
    assert!(check.contains("\\-\\-server\\-reports\\-close") && check.contains("Examples:"), "{check}");
    folder.file("a file", "");
    folder.wsclose(&["man", "a file"]).assert_exit(2).assert_stderr("a file: ");
}
