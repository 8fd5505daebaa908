//! Tests `--script`, `--show` and `--save-cases` of `check` and `serve`.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests read files and open sockets")]

mod support;

use support::bad_servers::{BadServer, ModelServer, serve};
use support::{Folder, RunOutput, wsclose};

/// A Close with two flaws, and a script that waits for longer than any built-in case.
const TWO_FLAWS: &str = "wsclose 1\nrole server\n# two flaws\n> close 1000 fin=0 rsv=4\nwait 2\n> fin\n";
const LONG_WAIT: &str = "wsclose 1\nrole server\n> close 1005\nwait 16\n";

/// The finding's command, without `wsclose`, as its words.
fn reproduce(ran: &RunOutput) -> Vec<String> {
    let lines = ran.out.lines().map(str::trim);
    let command =
        lines.filter_map(|line| line.strip_prefix("reproduce: wsclose ")).next().expect("a command");
    command.split(' ').map(|word| word.trim_matches('\'').to_owned()).collect()
}

#[test]
fn scripts_are_played_in_place_of_the_built_in_cases() {
    let (folder, echo) = (Folder::new(), ModelServer::start());
    folder.file("cases/two-flaws.ws", TWO_FLAWS);
    folder.file("cases/deep/long-wait.ws", LONG_WAIT);
    let ran = folder
        .wsclose(&["check", echo.url(), "--script", "cases", "--show", "*", "--verbose"])
        .assert_exit(0);
    ran.assert_stdout("3 cases")
        .assert_stdout("ok            rejects-rsv")
        .assert_stdout("ok            rejects-fragmented-close")
        .assert_stdout("case: two-flaws (")
        .assert_stdout("# two flaws\n")
        .assert_stdout("case: deep/long-wait (")
        .assert_stdout("     16  |  end of the script\n")
        .assert_stdout("  conforms      rejects-local-only-codes\n");
}

#[test]
fn finding_in_a_script_is_reproduced_by_its_command() {
    let (folder, url) = (Folder::new(), serve(BadServer::EchoesAnyCode));
    folder.file("my cases/long-wait.ws", LONG_WAIT);
    let ran =
        folder.wsclose(&["check", &url, "--script", "my cases/long-wait.ws", "--skip", "code-*", "--strict"]);
    let ran = ran.assert_exit(1).assert_stdout("FAIL          rejects-local-only-codes");
    assert!(!ran.out.contains("end of the script"), "{ran:#?}");
    let command = reproduce(&ran).join(" ");
    let expected = format!(
        "check {url} --script my cases/long-wait.ws --strict --case long-wait --only rejects-local-only-codes"
    );
    assert_eq!(command, expected);
    let again = ["check", &url, "--script", "my cases/long-wait.ws", "--case", "long-wait"];
    folder
        .wsclose(&[&again[..], &["--only", "rejects-local-only-codes", "--strict"]].concat())
        .assert_exit(1)
        .assert_stdout("2 cases, 1 of 1 rule")
        .assert_stdout("FAIL          rejects-local-only-codes");
}

#[test]
fn scripts_that_no_socket_plays_are_named() {
    let (folder, echo) = (Folder::new(), ModelServer::start());
    let url = echo.url();
    folder.file("cases/good.ws", TWO_FLAWS);
    folder.file("cases/pause.ws", "wsclose 1\nrole server\napp pause\n> close\n");
    folder.file("cases/client.ws", "wsclose 1\nrole client\n> close\n");
    folder
        .wsclose(&["check", url, "--script", "cases"])
        .assert_exit(0)
        .assert_stdout("2 cases")
        .assert_stdout("note: not played: client: expected a script for a server, found `role client`")
        .assert_stdout("note: not played: pause: expected steps that a socket can play, found `app pause`");
    folder
        .wsclose(&["check", url, "--script", "cases/pause.ws"])
        .assert_exit(2)
        .assert_stderr("pause: expected steps that a socket can play, found `app pause`");
    folder
        .wsclose(&["check", url, "--script", "cases/client.ws"])
        .assert_exit(2)
        .assert_stderr("client: expected a script for a server, found `role client`");
    // A client that is started can be told to close, and a server without --close-command cannot.
    folder.file("close.ws", "wsclose 1\nrole server\napp close 1000\n");
    let close = ["check", url, "--script", "close.ws"];
    folder.wsclose(&close).assert_exit(2).assert_stderr("close:CODE:REASON");
    folder.wsclose(&[&close[..], &["--close-command"]].concat()).assert_exit(0);
}

#[test]
fn invalid_scripts_are_usage_errors() {
    let folder = Folder::new();
    folder.file("bad.ws", "wsclose 1\nrole server\n> clsoe 1000\n");
    folder.file("empty/README", "");
    folder.file("clients/a.ws", "wsclose 1\nrole client\n> close\n");
    std::fs::remove_file(folder.path().join("empty/README")).expect("a file");
    let check = |more: &[&str]| folder.wsclose(&[&["check", "--list"], more].concat());
    check(&["--script", "bad.ws"]).assert_exit(2).assert_stderr("bad.ws:3:3: expected what the peer sends");
    check(&["--script", "empty"]).assert_exit(2).assert_stderr("empty: contains no scripts");
    check(&["--script", "no-such-file"]).assert_exit(3).assert_stderr("no-such-file: not found");
    check(&["--script", "clients"])
        .assert_exit(2)
        .assert_stderr("expected a script that can be played to the endpoint, found none")
        .assert_stderr("not played: a: expected a script for a server");
    check(&["--script", "bad.ws", "--codes", "all"]).assert_exit(2);
}

#[test]
fn saved_cases_are_played_like_the_built_in_ones() {
    let (folder, url) = (Folder::new(), serve(BadServer::EchoesAnyCode));
    folder
        .wsclose(&[
            "check",
            "--save-cases",
            "saved",
            "--case",
            "code-received/*",
            "--case",
            "recovery/*-1014",
        ])
        .assert_exit(0)
        .assert_stdout("cases to saved; --script saved plays them");
    let names: Vec<String> = folder.files().into_iter().map(|(name, _)| name).collect();
    for name in ["liveness", "code-received/1005", "recovery/closing_handshake/code-1014"] {
        assert!(names.contains(&format!("saved/{name}.ws")), "{name}: {names:?}");
    }
    let rules = |ran: RunOutput| -> Vec<String> {
        let lines = ran.assert_exit(1).out.lines().map(str::to_owned).collect::<Vec<_>>();
        lines.into_iter().skip(1).take_while(|line| !line.is_empty()).collect()
    };
    let cases = ["--case", "code-received/100?"];
    let built_in = rules(folder.wsclose(&["check", &url, cases[0], cases[1]]));
    let saved = rules(folder.wsclose(&["check", &url, "--script", "saved", cases[0], cases[1]]));
    assert_eq!(built_in, saved);
    folder.wsclose(&["check", "--save-cases", "saved/liveness.ws"]).assert_exit(2).assert_stderr("is a file");
}

#[test]
fn client_plays_scripts_and_shows_a_kept_case() {
    let folder = Folder::new();
    folder.file("reason.ws", "wsclose 1\nrole client\n> close 3000 \"bye\"\n");
    let echo = format!("exec {} echo --connect {{url}}", env!("CARGO_BIN_EXE_wsclose"));
    folder
        .wsclose(&["serve", "--exec", &echo, "--script", "reason.ws", "--show", "reason"])
        .assert_exit(0)
        .assert_stdout("2 cases")
        .assert_stdout("case: reason (")
        .assert_stdout("CLOSE 3000 \"bye\"")
        .assert_stdout("  conforms      close-echoes-code\n");
    folder.file("server.ws", TWO_FLAWS);
    folder
        .wsclose(&["serve", "--exec", &echo, "--script", "server.ws"])
        .assert_exit(2)
        .assert_stderr("expected a script for a client, found `role server`");
}

#[test]
fn a_broken_case_is_shown_too_and_errors_name_the_options() {
    let url = serve(BadServer::EchoesAnyCode);
    wsclose(&["check", &url, "--show", "code-received/1005"])
        .assert_exit(1)
        .assert_stdout("2 cases")
        .assert_stdout("case: code-received/1005 (")
        .assert_stdout("  violates      rejects-local-only-codes\n");
    let list = |more: [&str; 2]| wsclose(&["check", "--list", more[0], more[1]]).assert_exit(2);
    list(["--only", "["])
        .assert_stderr("expected a pattern in which `[` begins a set of characters that `]` ends");
    list(["--only", "nothing"]).assert_stderr("options --only and --skip");
    list(["--show", "nothing"]).assert_stderr("options --case and --show");
    wsclose(&["check"]).assert_exit(2).assert_stderr("<URL>");
}

#[test]
fn generated_cases_are_saved_in_their_minimized_form() {
    let (folder, url) = (Folder::new(), serve(BadServer::EchoesAnyCode));
    let only = ["--only", "code-is-defined"];
    let few = ["--case", "code-received/1000", "--fuzz", "5s", "--seed", "7", "--save-cases", "saved"];
    let ran = folder.wsclose(&[&["check", &url], &few[..], &only[..]].concat()).assert_exit(1);
    let path = ran.out.lines().find_map(|line| line.strip_prefix("wrote saved/fuzz/")).expect("a saved case");
    folder
        .wsclose(&[&["check", &url, "--script", &format!("saved/fuzz/{path}")], &only[..]].concat())
        .assert_exit(1)
        .assert_stdout("FAIL          code-is-defined");
}
