//! A worker that runs. In goes a script, out come the findings; that the process died or hangs is a finding.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use wsclose::rules::Rule;
use wsclose_adapter::worker::{END, write_request};

/// How long a script may take before the worker counts as hung: thousands of times as long as any takes.
pub const SCRIPT_TIMEOUT: Duration = Duration::from_secs(10);

/// A rule that a script showed broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerFinding {
    /// The rule.
    pub rule: Rule,
    /// What was done instead.
    pub actual: String,
}

/// A worker, started again whenever it is over.
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
        // It may be over already; there is nothing to be done where it cannot be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Worker {
    /// A worker of this program.
    pub fn new(program: &Path, timeout: Duration) -> Worker {
        Worker { program: program.to_owned(), timeout, running: None }
    }

    /// Plays a script, in its binary form.
    ///
    /// # Errors
    /// When the program cannot be started, or answers what no worker would.
    pub fn play(&mut self, script: &[u8]) -> std::io::Result<Vec<WorkerFinding>> {
        let mut running = match self.running.take() {
            Some(running) => running,
            None => start(&self.program)?,
        };
        let mut told = Vec::new();
        // A worker that is already dead is found out when its answer does not come.
        let _ = write_request(&mut running.requests, script);
        loop {
            match running.lines.recv_timeout(self.timeout) {
                Ok(line) if line == END => break,
                Ok(line) => told.push(parse_finding(&line)?),
                Err(RecvTimeoutError::Timeout) => {
                    let actual = format!("no answer for {} seconds", self.timeout.as_secs());
                    told.push(WorkerFinding { rule: Rule::NoHang, actual });
                    return Ok(told);
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let status = running.child.wait()?;
                    told.push(WorkerFinding {
                        rule: Rule::NoPanic,
                        actual: format!("the process died: {status}"),
                    });
                    return Ok(told);
                }
            }
        }
        self.running = Some(running);
        Ok(told)
    }
}

fn start(program: &Path) -> std::io::Result<RunningWorker> {
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // What a library prints of its own accord, and what a dying process says.
        .stderr(Stdio::null())
        .spawn()?;
    let requests = child.stdin.take().expect("it was asked for");
    let answers = BufReader::new(child.stdout.take().expect("it was asked for"));
    let (sender, lines) = channel();
    // It ends with the process, whose output ends then.
    std::thread::spawn(move || {
        for line in answers.lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    Ok(RunningWorker { child, requests, lines })
}

fn parse_finding(line: &str) -> std::io::Result<WorkerFinding> {
    let told = line.split_once('\t').and_then(|(rule, actual)| {
        Some(WorkerFinding { rule: rule.parse().ok()?, actual: actual.to_owned() })
    });
    told.ok_or_else(|| std::io::Error::other(format!("expected a rule, a tab and words, found {line:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A worker that is a line of shell.
    fn play(shell: &str) -> Vec<WorkerFinding> {
        let name = format!("wsclose-known-bugs-{}-{:x}", std::process::id(), shell.len());
        let program = std::env::temp_dir().join(name);
        std::fs::write(&program, format!("#!/bin/sh\n{shell}\n")).unwrap();
        let made_executable = Command::new("chmod").arg("+x").arg(&program).status().unwrap();
        assert!(made_executable.success());
        let mut worker = Worker::new(&program, Duration::from_millis(500));
        let told = worker.play(b"script").expect("it can be started");
        // Whatever became of the first, the next script is played too.
        assert_eq!(worker.play(b"script").expect("it can be started again"), told);
        std::fs::remove_file(&program).unwrap();
        told
    }

    #[test]
    fn findings_crashes_and_hangs_are_reported() {
        let answers = play("while head -c 10 >/dev/null; do printf 'one-close\\ttwo\\n.\\n'; done");
        assert_eq!(answers, [WorkerFinding { rule: Rule::OneClose, actual: "two".to_owned() }]);
        assert_eq!(play("head -c 10 >/dev/null; kill -ABRT $$").last().unwrap().rule, Rule::NoPanic);
        assert_eq!(play("exec sleep 5").last().unwrap().rule, Rule::NoHang);
    }
}
