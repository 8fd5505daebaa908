//! Tests the commands and the scripts of the README and of the guide.
#![allow(clippy::disallowed_methods, reason = "tests read files")]

#[path = "support/guide.rs"]
mod guide;

use std::path::Path;

use wsclose::script::ScriptBuf;

#[test]
fn commands_of_the_guide_print_the_documented_output() {
    let commands = guide::run_commands("wsclose", Path::new(env!("CARGO_BIN_EXE_wsclose")));
    assert!(commands >= 18, "the guide has only {commands} commands");
}

#[test]
fn commands_that_are_not_run_have_a_reason() {
    let unmarked = guide::unmarked_blocks();
    assert!(
        unmarked.is_empty(),
        "begin each line with `$ `, or write `<!-- not run: REASON -->` above the block:\n{}",
        unmarked.join("\n")
    );
}

#[test]
fn scripts_of_the_guide_are_scripts() {
    let scripts = guide::scripts();
    assert!(scripts.len() >= 3, "the guide has only {} scripts", scripts.len());
    for (page, script) in scripts {
        if script.starts_with("wsclose recording") {
            let read = wsclose_capture::text::read(&script, &mut |_| {});
            assert!(read.is_ok(), "{page}: {read:?}\n{script}");
            continue;
        }
        assert!(
            ScriptBuf::read(script.as_bytes()).is_ok_and(|read| !read.as_script().to_string().is_empty()),
            "{page}:\n{script}"
        );
    }
}

#[test]
fn readme_is_short_and_counts_the_rules() {
    let readme = readme();
    assert!(readme.lines().count() <= 150, "README.md has {} lines", readme.lines().count());
    let rules = wsclose::rules::Rule::ALL.len();
    assert!(readme.contains(&format!("[{rules} rules]")), "there are {rules}");
}

#[test]
fn ci_runs_the_test_command_of_the_readme() {
    let readme = readme();
    for name in ["fuzz", "test"] {
        let marker = format!("<!-- command: {name} -->\n```sh\n");
        assert_eq!(readme.matches(&marker).count(), 1, "the README has one {name} command");
    }
    let ci = std::fs::read_to_string(guide::root().join(".ci/run")).expect("a readable .ci/run");
    assert!(ci.contains("<!-- command: test -->"), ".ci/run takes the test command from the README");
}

fn readme() -> String {
    std::fs::read_to_string(guide::root().join("README.md")).expect("a readable README.md")
}
