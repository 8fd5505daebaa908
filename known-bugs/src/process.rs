//! Runs a worker process: sends it scripts and receives findings.
//!
//! A crash or a hang of the process is also a finding.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use wsclose::rules::Rule;
use wsclose_adapter::worker::{END, write_request};

/// The time after which a worker counts as hung. A script takes a thousandth of it at most.
pub const SCRIPT_TIMEOUT: Duration = Duration::from_secs(10);

/// A violation that a worker reported, or its crash or hang.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerFinding {
    /// The violated rule.
    pub rule: Rule,
    /// The observed behavior.
    pub actual: String,
}

/// A worker process, which is restarted after it ends.
#[derive(Debug)]
pub struct Worker {
    program: PathBuf,
    timeout: Duration,
    running: Option<RunningWorker>,
}

#[derive(Debug)]
struct RunningWorker {
    child: Child,
    requests: ChildStdin,
    lines: Receiver<String>,
}

impl Drop for RunningWorker {
    fn drop(&mut self) {
        // The process may have ended already. If it cannot be killed, nothing can be done.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Worker {
    /// Returns a worker that runs this program. The first script starts it.
    pub fn new(program: &Path, timeout: Duration) -> Worker {
        Worker { program: program.to_owned(), timeout, running: None }
    }

    /// Drives a script, which is in its binary form.
    ///
    /// # Errors
    /// If the program cannot be started, or its response is malformed.
    pub fn play(&mut self, script: &[u8]) -> std::io::Result<Vec<WorkerFinding>> {
        let mut running = match self.running.take() {
            Some(running) => running,
            None => start(&self.program)?,
        };
        let mut findings = Vec::new();
        // Fails if the worker has ended, which the missing response shows below.
        let _ = write_request(&mut running.requests, script);
        loop {
            match running.lines.recv_timeout(self.timeout) {
                Ok(line) if line == END => break,
                Ok(line) => findings.push(parse_finding(&line)?),
                Err(RecvTimeoutError::Timeout) => {
                    let actual = format!("no response within {} seconds", self.timeout.as_secs());
                    findings.push(WorkerFinding { rule: Rule::NoHang, actual });
                    return Ok(findings);
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let status = running.child.wait()?;
                    findings.push(WorkerFinding {
                        rule: Rule::NoPanic,
                        actual: format!("the process ended: {status}"),
                    });
                    return Ok(findings);
                }
            }
        }
        self.running = Some(running);
        Ok(findings)
    }
}

fn start(program: &Path) -> std::io::Result<RunningWorker> {
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Discards messages of libraries and of crashes.
        .stderr(Stdio::null())
        .spawn()?;
    let requests = child.stdin.take().expect("the stream is piped");
    let responses = BufReader::new(child.stdout.take().expect("the stream is piped"));
    let (sender, lines) = channel();
    // The thread ends when the output ends, at the latest with the process.
    std::thread::spawn(move || {
        for line in responses.lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    Ok(RunningWorker { child, requests, lines })
}

fn parse_finding(line: &str) -> std::io::Result<WorkerFinding> {
    let finding = line.split_once('\t').and_then(|(rule, actual)| {
        Some(WorkerFinding { rule: rule.parse().ok()?, actual: actual.to_owned() })
    });
    finding.ok_or_else(|| std::io::Error::other(format!("expected a rule, a tab and text, found {line:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends two scripts to a worker that is a shell command.
    fn play(shell: &str) -> Vec<WorkerFinding> {
        let name = format!("wsclose-known-bugs-{}-{:x}", std::process::id(), shell.len());
        let program = std::env::temp_dir().join(name);
        std::fs::write(&program, format!("#!/bin/sh\n{shell}\n")).unwrap();
        let made_executable = Command::new("chmod").arg("+x").arg(&program).status().unwrap();
        assert!(made_executable.success());
        let mut worker = Worker::new(&program, Duration::from_millis(500));
        let findings = worker.play(b"script").expect("the worker starts");
        // The second script also runs after a crash or a hang.
        assert_eq!(worker.play(b"script").expect("the worker restarts"), findings);
        std::fs::remove_file(&program).unwrap();
        findings
    }

    #[test]
    fn findings_crashes_and_hangs_are_reported() {
        let findings = play("while head -c 10 >/dev/null; do printf 'one-close\\ttwo\\n.\\n'; done");
        assert_eq!(findings, [WorkerFinding { rule: Rule::OneClose, actual: "two".to_owned() }]);
        assert_eq!(play("head -c 10 >/dev/null; kill -ABRT $$").last().unwrap().rule, Rule::NoPanic);
        assert_eq!(play("exec sleep 5").last().unwrap().rule, Rule::NoHang);
    }
}
