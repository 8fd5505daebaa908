//! Tests where the reports of `check` and `serve` go: bad paths are refused before the run, and `-` is standard output.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests write files and open sockets")]

mod support;

use support::bad_servers::ModelServer;
use support::schema;
use support::{Folder, RunOutput};

/// The options of the reports that are one file.
const OPTIONS: [&str; 6] = ["--json", "--junit", "--markdown", "--html", "--sarif", "--pcap"];

/// Runs `check` with a command that leaves a file behind if it is started, and `serve` in the same way.
fn check_and_serve(folder: &Folder, reports: &[&str]) -> [RunOutput; 2] {
    let check = ["check", "ws://127.0.0.1:{port}/", "--exec", "touch started; : {port}"];
    let serve = ["serve", "--exec", "touch started; : {url}"];
    [folder.wsclose(&[&check, reports].concat()), folder.wsclose(&[&serve, reports].concat())]
}

#[test]
fn bad_paths_are_refused_before_the_run() {
    let folder = Folder::new();
    folder.file("folder/file", "a file");
    for option in OPTIONS.iter().chain(&["--autobahn-index"]) {
        let name = if *option == "--autobahn-index" { "folder/file" } else { "folder" };
        for ran in check_and_serve(&folder, &[option, name]) {
            ran.assert_exit(2).assert_stderr(name).assert_stderr("name a f");
        }
        // A file is no folder, and no file can be made in /proc, also by a superuser.
        for place in ["folder/file/report", "/proc/wsclose/report"] {
            for ran in check_and_serve(&folder, &[option, place]) {
                ran.assert_exit(2).assert_stderr("wsclose: ");
            }
        }
    }
    assert_eq!(
        folder.files(),
        [("folder/file".to_owned(), b"a file".to_vec())],
        "nothing was started or written"
    );
}

#[test]
fn two_reports_to_one_file_are_refused() {
    let folder = Folder::new();
    folder.file("old", "an old report");
    for (at, option) in OPTIONS.iter().enumerate() {
        let other = OPTIONS[(at + 1) % OPTIONS.len()];
        for (first, second) in [("new", "new"), ("new", "./new"), ("old", "../old")] {
            // `..` is the folder of the test, seen from a folder in it.
            let second = if second == "../old" { "sub/../old" } else { second };
            folder.file("sub/file", "");
            for ran in check_and_serve(&folder, &[option, first, other, second]) {
                ran.assert_exit(2).assert_stderr("two outputs have this path");
            }
        }
        for ran in check_and_serve(&folder, &[option, "-", other, "-"]) {
            ran.assert_exit(2).assert_stderr("expected one report on standard output");
        }
    }
    let log = folder.wsclose(&[
        "check",
        "ws://127.0.0.1:{port}/",
        "--exec",
        "touch started; : {port}",
        "--json",
        "log",
        "--server-log",
        "./log",
    ]);
    log.assert_exit(2).assert_stderr("two outputs have this path");
    for ran in check_and_serve(&folder, &["--json", "index/check.json", "--autobahn-index", "index"]) {
        ran.assert_exit(2).assert_stderr("two outputs have this path");
    }
    let names: Vec<String> = folder.files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["old", "sub/file"]);
}

#[test]
fn report_goes_to_standard_output_and_text_to_standard_error() {
    let (folder, model) = (Folder::new(), ModelServer::start_with(&["--fault", "replies-swapped-code"]));
    let check = |more: &[&str]| {
        let run = ["check", model.url(), "--case", "code-received/1000"];
        folder.wsclose(&[&run, more].concat()).assert_exit(1)
    };
    for (option, begin) in OPTIONS.iter().zip(["{", "<?xml", "<!-- written by", "<!doctype html>", "{"]) {
        let ran = check(&[option, "-"]).assert_stderr("verdict: FAIL");
        assert!(ran.out.to_lowercase().starts_with(begin), "{option}: {}", ran.out);
    }
    let ran = check(&["--json", "-", "--html", "run.html", "--quiet"]).assert_stderr("wrote run.html\n");
    schema::assert_valid(&serde_json::from_str(&ran.out).expect("JSON alone"));
    assert!(ran.err.starts_with("verdict: FAIL"), "{}", ran.err);
    assert_eq!(folder.files().len(), 1);
}

#[test]
fn reader_that_leaves_is_no_error() {
    let model = ModelServer::start_with(&["--fault", "replies-swapped-code"]);
    for more in [&["--verbose"][..], &["--json", "-"]] {
        let args = ["check", model.url(), "--case", "code-received/1000"];
        let (code, text) = support::wsclose_without_reader(&[&args[..], more].concat());
        assert_eq!(code, Some(1), "{more:?}");
        assert!(!text.contains("wsclose: ") && !text.contains("panicked"), "{more:?}: {text}");
    }
}
