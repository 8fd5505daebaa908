//! Tests the commands of the README.
//!
//! Every line `$ wsclose …` is run. Its exit code must be that of a comment such as `# exit 1`, or 0. Its output must be
//! the lines below it, if there are any.
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::path::Path;
use std::process::Command;

#[test]
fn readme_commands_print_the_documented_output() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the root of the workspace");
    let readme = std::fs::read_to_string(root.join("README.md")).expect("a readable README.md");
    // A command may start another `wsclose`, so the binary must be on the path.
    let own = Path::new(env!("CARGO_BIN_EXE_wsclose")).parent().expect("a folder").to_owned();
    let others = std::env::var_os("PATH").unwrap_or_default();
    let path =
        std::env::join_paths([own].into_iter().chain(std::env::split_paths(&others))).expect("folders");
    let mut commands = 0;
    let mut lines = readme.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(command) = line.strip_prefix("$ wsclose ") else { continue };
        commands += 1;
        let (command, comment) = command.split_once("  # ").unwrap_or((command, ""));
        let expected: i32 =
            comment.trim().strip_prefix("exit ").map_or(0, |code| code.parse().expect("a number"));
        let output = Command::new(env!("CARGO_BIN_EXE_wsclose"))
            .args(words(command))
            .current_dir(root)
            .env("PATH", &path)
            .output()
            .expect("a run of wsclose");
        let stdout = String::from_utf8(output.stdout).expect("text");
        assert_eq!(output.status.code(), Some(expected), "wsclose {command}\n{stdout}");
        let mut shown = String::new();
        while let Some(next) = lines.next_if(|next| !next.starts_with("```") && !next.starts_with("$ ")) {
            shown += &format!("{next}\n");
        }
        if !shown.is_empty() {
            assert_eq!(stdout, shown, "wsclose {command} prints something else than the README shows");
        }
    }
    assert!(commands >= 8, "the README has only {commands} commands");
}

/// The words of a command. Text between single quotes is one word.
fn words(command: &str) -> Vec<&str> {
    let parts = command.split('\'').enumerate();
    parts
        .flat_map(|(at, part)| if at % 2 == 0 { part.split_whitespace().collect() } else { vec![part] })
        .collect()
}

#[test]
fn readme_counts_are_correct() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the root of the workspace");
    let readme = std::fs::read_to_string(root.join("README.md")).expect("a readable README.md");
    let faults = wsclose::model::faults::Fault::ALL.len();
    assert!(readme.contains(&format!("{faults} faulty models")), "there are {faults}");
    let rules = wsclose::rules::Rule::ALL.len();
    assert!(readme.contains(&format!("[{rules} rules]")), "there are {rules}");
}

#[test]
fn ci_runs_the_test_command_of_the_readme() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the root of the workspace");
    let readme = std::fs::read_to_string(root.join("README.md")).expect("a readable README.md");
    for name in ["fuzz", "test"] {
        let marker = format!("<!-- command: {name} -->\n```sh\n");
        assert_eq!(readme.matches(&marker).count(), 1, "the README has one {name} command");
    }
    let ci = std::fs::read_to_string(root.join(".ci/run")).expect("a readable .ci/run");
    assert!(ci.contains("<!-- command: test -->"), ".ci/run takes the test command from the README");
}
