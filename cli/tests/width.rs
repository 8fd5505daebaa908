//! Tests that help and tables fit a terminal of 80 columns.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests start processes")]

mod support;

use support::wsclose;

/// The longest line, in characters.
const WIDTH: usize = 80;

#[track_caller]
fn assert_fits(args: &[&str]) -> String {
    let out = wsclose(args).assert_exit(0).out;
    for line in out.lines() {
        assert!(line.chars().count() <= WIDTH, "{args:?} prints a line of {}: {line}", line.chars().count());
    }
    out
}

#[test]
fn help_fits_80_columns() {
    let help = assert_fits(&["--help"]);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands: Vec<&str> = listed
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() >= 13 && commands.contains(&"check"), "{commands:?}");
    assert_fits(&["-h"]);
    for command in commands {
        assert_fits(&["help", command]);
        // `wsclose help help` has no options.
        if command != "help" {
            assert_fits(&[command, "-h"]);
            assert_fits(&[command, "--help"]);
        }
    }
}

#[test]
fn short_help_has_one_line_for_each_command() {
    let help = assert_fits(&["-h"]);
    let continued = help.lines().skip_while(|line| *line != "Commands:").take_while(|line| !line.is_empty());
    let continued: Vec<&str> = continued.filter(|line| line.starts_with("     ")).collect();
    assert!(continued.is_empty(), "expected one line for each command, found {continued:?}");
}

#[test]
fn lists_fit_80_columns() {
    for args in [
        &["rules"][..],
        &["rules", "--level", "robust"],
        &["codes"],
        &["codes", "1014", "bad_gateway", "4000"],
        &["echo", "--list-faults"],
    ] {
        assert_fits(args);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn rules_fill_a_wide_terminal() {
    let binary = assert_cmd::cargo::cargo_bin("wsclose");
    let command = format!("stty rows 40 cols 150; {} rules", binary.display());
    // Some systems have no `script`, which runs a command in a terminal.
    let Ok(output) = std::process::Command::new("script").args(["-qec", &command, "/dev/null"]).output()
    else {
        return;
    };
    let text = String::from_utf8(output.stdout).expect("text");
    let longest = text.lines().map(|line| line.trim_end().chars().count()).max().unwrap_or(0);
    assert!((100..=150).contains(&longest), "the longest line has {longest} characters: {text}");
}
