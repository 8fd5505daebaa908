//! Runs the scripts of the GitHub action and of a release, as their workflows do.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests run scripts and read files")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::Folder;

/// The folder `packaging` of the checkout.
fn packaging(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging").join(script)
}

fn binary() -> PathBuf {
    assert_cmd::cargo::cargo_bin("wsclose")
}

/// What the action wrote, by the files that GitHub gives it.
struct Action {
    folder: Folder,
}

impl Action {
    fn new() -> Action {
        let folder = Folder::new();
        for file in ["output", "summary", "path"] {
            folder.file(file, "");
        }
        Action { folder }
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.path().join(file)).expect("a file")
    }

    fn run(&self, script: &str, variables: &[(&str, &str)]) -> Output {
        let commands = binary().parent().expect("a folder").to_owned();
        let path = std::env::var("PATH").expect("a PATH");
        let file = |name: &str| self.folder.path().join(name);
        Command::new(packaging(script))
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", commands.display()))
            .env("GITHUB_OUTPUT", file("output"))
            .env("GITHUB_STEP_SUMMARY", file("summary"))
            .env("GITHUB_PATH", file("path"))
            .env("RUNNER_TEMP", self.folder.path())
            .envs(variables.iter().copied())
            .output()
            .expect("the script runs")
    }

    /// Runs the step that checks a server.
    fn check(&self, exec: &str, options: &str) -> Output {
        self.run(
            "action/run",
            &[
                ("WSCLOSE_COMMAND", "check"),
                ("WSCLOSE_URL", "ws://127.0.0.1:{port}/"),
                ("WSCLOSE_EXEC", exec),
                ("WSCLOSE_BASELINE", ""),
                ("WSCLOSE_OPTIONS", options),
                ("WSCLOSE_REPORTS", "reports"),
            ],
        )
    }
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

#[test]
fn violation_fails_the_step_with_an_annotation() {
    if Command::new("jq").arg("--version").output().is_err() {
        return eprintln!("skipped: jq is not installed");
    }
    let action = Action::new();
    let exec = "exec wsclose echo --listen 127.0.0.1:{port} --fault close-with-rsv1";
    let ran = action.check(exec, "--strict\n--case=liveness\n--only=close-rsv-clear\n");
    assert_eq!(ran.status.code(), Some(1), "{ran:?}");
    assert_eq!(action.read("output"), "exit-code=1\n");
    assert!(action.read("summary").contains("FAIL"), "{}", action.read("summary"));
    let out = text(&ran.stdout);
    let annotation = out.lines().find(|line| line.starts_with("::error")).expect("an annotation");
    assert!(annotation.starts_with("::error title=wsclose close-rsv-clear::expected: "), "{annotation}");
    assert!(annotation.contains("%0Afound: "), "{annotation}");
    for report in ["report.html", "junit.xml", "wsclose.sarif", "run.json"] {
        assert!(action.folder.path().join("reports").join(report).exists(), "{report}");
    }
}

#[test]
fn inputs_are_no_part_of_a_program() {
    let action = Action::new();
    let ran = action.check("", "--case=$(touch made)\n`touch made`\n");
    assert_ne!(ran.status.code(), Some(0));
    assert!(!action.folder.path().join("made").exists());
    let wrong = action.run("action/run", &[("WSCLOSE_COMMAND", "proxy; touch made")]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stdout).contains("::error::expected check or serve"), "{wrong:?}");
    assert!(!action.folder.path().join("made").exists());
}

/// Packs the command as a release does, and returns the folder of releases as a URL.
fn release(folder: &Folder) -> String {
    let target = "x86_64-unknown-linux-musl";
    let build = folder.path().join(format!("build/{target}/release"));
    fs::create_dir_all(&build).expect("a folder");
    fs::copy(binary(), build.join("wsclose")).expect("a copy");
    for releases in ["releases", "again"] {
        let packed = Command::new(packaging("archive"))
            .args([target.as_ref(), folder.path().join(releases).join("v0.1.0").as_os_str()])
            .env("CARGO_TARGET_DIR", folder.path().join("build"))
            .output()
            .expect("the script runs");
        assert!(packed.status.success(), "{packed:?}");
    }
    format!("file://{}", folder.path().join("releases").display())
}

#[test]
fn release_is_packed_the_same_way_twice_and_installed_by_its_checksum() {
    let action = Action::new();
    let releases = release(&action.folder);
    let archive = "v0.1.0/wsclose-0.1.0-x86_64-unknown-linux-musl.tar.gz";
    let octets =
        |folder: &str| fs::read(action.folder.path().join(folder).join(archive)).expect("an archive");
    assert!(octets("releases") == octets("again"), "two archives of the same files differ");
    let install = |version, os| {
        let target = [("TARGET_OS", os), ("TARGET_ARCH", "X64")];
        let from = [("WSCLOSE_VERSION", version), ("WSCLOSE_RELEASES", releases.as_str())];
        action.run("action/install", &[target, from].concat())
    };
    let installed = install("0.1.0", "Linux");
    assert!(installed.status.success(), "{installed:?}");
    let command = Path::new(action.read("path").trim()).join("wsclose");
    let version = Command::new(command).arg("--version").output().expect("it runs");
    assert_eq!(text(&version.stdout), "wsclose 0.1.0\n");

    let missing = install("0.2.0", "Linux");
    assert!(!missing.status.success());
    assert!(text(&missing.stdout).contains("::error::cannot download wsclose-0.2.0-"), "{missing:?}");
    assert!(text(&install("0.1.0", "Plan9").stdout).contains("set version to source"));
    let path = action.folder.path().join("releases").join(archive);
    fs::write(&path, [octets("releases"), vec![0]].concat()).expect("written");
    let damaged = install("0.1.0", "Linux");
    assert!(!damaged.status.success(), "{damaged:?}");
    assert_eq!(action.read("path").lines().count(), 1, "a damaged archive is on the PATH");
}

#[test]
fn release_needs_a_section_of_the_changelog() {
    let notes = Command::new(packaging("release-notes")).arg("99.0.0").output().expect("the script runs");
    assert_eq!(notes.status.code(), Some(3));
    assert!(text(&notes.stderr).contains("expected a section \"## [99.0.0]\""), "{notes:?}");
}
