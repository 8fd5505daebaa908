//! Runs the command `wsclose` and asserts its exit code and output.
#![allow(dead_code, reason = "each test binary uses only some of the functions")]

pub mod bad_clients;
pub mod bad_servers;
pub mod browser;
pub mod delaying_proxy;
pub mod schema;
pub mod wsclose_process;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use assert_cmd::Command;
use tempfile::TempDir;

/// A script in which a conforming endpoint violates no rule.
pub const GOOD: &str = "wsclose 1\nrole server\n# The peer closes.\n> close 1000 \"bye\"\n> fin\n";

/// The options that select a faulty model, which sends 126 octets in every Close.
pub const FAULTY: [&str; 2] = ["--subject", "fault:close-of-126"];

/// The options that select the model alone, so that no test depends on the libraries that were built.
pub const MODEL: [&str; 2] = ["--subject", "model"];

/// The exit code and the output of a run.
#[derive(Debug)]
pub struct RunOutput {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl RunOutput {
    /// Asserts the exit code, and that the output shows no panic.
    #[track_caller]
    pub fn assert_exit(self, code: i32) -> RunOutput {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for word in ["panicked", "RUST_BACKTRACE", "stack backtrace"] {
            assert!(!self.err.contains(word), "{self:#?}");
        }
        self
    }

    /// Asserts that standard output contains `text`, which may be wrapped there.
    #[track_caller]
    pub fn assert_stdout(self, text: &str) -> RunOutput {
        let is_there = self.out.contains(text) || one_line(&self.out).contains(&one_line(text));
        assert!(is_there, "expected `{text}` on standard output: {self:#?}");
        self
    }

    /// Asserts that standard error contains `text`.
    #[track_caller]
    pub fn assert_stderr(self, text: &str) -> RunOutput {
        assert!(self.err.contains(text), "expected `{text}` on standard error: {self:#?}");
        self
    }
}

/// A text with one space in place of each run of spaces and ends of lines.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Runs `wsclose` in a folder, with standard input.
pub fn wsclose_in(folder: &Path, args: &[&dyn AsRef<OsStr>], input: &[u8]) -> RunOutput {
    let mut command = Command::cargo_bin("wsclose").expect("the binary is built");
    command.current_dir(folder).env_remove("RUST_BACKTRACE").write_stdin(input);
    for arg in args {
        command.arg(arg.as_ref());
    }
    let output = command.output().expect("a run of wsclose");
    let text = |octets: Vec<u8>| String::from_utf8_lossy(&octets).into_owned();
    RunOutput { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Runs `wsclose` in the current folder.
pub fn wsclose(args: &[&str]) -> RunOutput {
    let args: Vec<&dyn AsRef<OsStr>> = args.iter().map(|arg| arg as &dyn AsRef<OsStr>).collect();
    wsclose_in(Path::new("."), &args, b"")
}

/// Runs `wsclose` with a closed pipe as its standard output. Returns the exit code, and what it wrote to standard error.
pub fn wsclose_without_reader(args: &[&str]) -> (Option<i32>, String) {
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("wsclose"))
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The command that starts the model as a server with this profile. With `beast` it accepts and sends 5000.
pub fn echo_command(profile: &str) -> String {
    let wsclose = assert_cmd::cargo::cargo_bin("wsclose");
    format!("exec '{}' echo --profile {profile} --listen 127.0.0.1:{{port}}", wsclose.display())
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    free.expect("a port").port()
}

/// A temporary folder.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Folder {
        Folder(TempDir::new().expect("a temporary folder"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file and creates the folders above it.
    pub fn file(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, content).expect("a file");
        path
    }

    /// The files of the folder with their content, sorted by name.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.path()).expect("a file in the folder");
                    files.push((name.to_string_lossy().into_owned(), fs::read(&path).expect("a file")));
                }
            }
        }
        files.sort();
        files
    }

    /// Runs `wsclose` in the folder.
    pub fn wsclose(&self, args: &[&str]) -> RunOutput {
        let args: Vec<&dyn AsRef<OsStr>> = args.iter().map(|arg| arg as &dyn AsRef<OsStr>).collect();
        wsclose_in(self.path(), &args, b"")
    }
}
