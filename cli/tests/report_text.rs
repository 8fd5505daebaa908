//! What a terminal shows of a run: the verdict and what fails on the first screen, 80 columns, colors.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests read files and open sockets")]

mod support;

use support::bad_servers::ModelServer;
use support::{RunOutput, wsclose};

/// The size of a terminal.
const COLUMNS: usize = 80;
const LINES: usize = 24;

/// Checks a server that accepts the close code 0 as ws-rs does, and echoes it.
fn check(options: &[&str]) -> RunOutput {
    let server = ModelServer::start_with(&["--profile", "ws-rs"]);
    let few = ["--case", "code-received/0", "--case", "code-received/1000", "--strict"];
    wsclose(&[&["check", server.url()], &few[..], options].concat()).assert_exit(1)
}

#[test]
fn first_screen_shows_the_verdict_what_fails_and_why() {
    let ran = check(&[]);
    let screen: Vec<&str> = ran.out.lines().take(LINES).collect();
    assert_eq!(screen[0], "verdict: FAIL: 2 rules fail (1 must)", "{}", ran.out);
    let fails = |line: &&&str| line.starts_with("FAIL   ");
    assert_eq!(screen.iter().filter(fails).count(), 2, "{}", ran.out);
    let screen = screen.join("\n");
    let heading = "FAIL code-is-defined (must, RFC 6455 §5.5.1, 7.4.2)";
    for shown in [heading, "  found:     sent code 0", "<-- code-is-defined"] {
        assert!(screen.contains(shown), "no `{shown}` on the first screen: {}", ran.out);
    }
    // One cause violates both rules, so its evidence is printed once.
    assert_eq!(ran.out.matches("\nFAIL ").count(), 3, "{}", ran.out);
    let ran = ran.assert_stdout(
        "1 other rule is violated by these cases and no others: FAIL rejects-undefined-codes: ",
    );
    assert_eq!(ran.out.lines().last(), Some("next: wsclose explain code-is-defined"));
}

#[test]
fn lines_fit_a_terminal() {
    let ran = check(&["--verbose"]);
    let is_free = |line: &&str| line.contains("reproduce: ") || line.starts_with("    ");
    let long = ran.out.lines().filter(|line| !is_free(line) && line.chars().count() > COLUMNS);
    assert_eq!(long.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn report_is_as_long_and_as_colored_as_requested() {
    let quiet = check(&["--quiet"]);
    assert_eq!(quiet.out, "verdict: FAIL: 2 rules fail (1 must)\n");
    let usual = check(&[]);
    assert!(!usual.out.contains("ok            close-answered"), "{usual:?}");
    check(&["--verbose"]).assert_stdout("ok            close-answered");
    wsclose(&["check", "ws://127.0.0.1:1/", "--quiet", "--verbose"]).assert_exit(2);
    // Standard output is no terminal here.
    assert!(!usual.out.contains('\u{1b}'), "{usual:?}");
    let colored = check(&["--color", "always"]);
    assert!(colored.out.contains('\u{1b}'), "{colored:?}");
    let usual = usual.out.replace(&port(&usual.out), &port(&colored.out));
    assert_eq!(without_styles(&colored.out), usual);
}

/// The port of the server in a report.
fn port(report: &str) -> String {
    let rest = report.split("ws://127.0.0.1:").nth(1).expect("a URL");
    rest.chars().take_while(char::is_ascii_digit).collect()
}

/// A text without escape sequences that set colors.
fn without_styles(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}
