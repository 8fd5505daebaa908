//! Captures what a program prints: its last line, its last error, and the line that reports how a connection closed.
//!
//! The memory in use is bounded, however much the program prints.

use std::collections::VecDeque;
use std::io::{PipeReader, Read};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::endpoint::close_line::{CloseStatus, ReportLine};
use crate::endpoint::output_log::LogWriter;
use crate::sync::lock;

/// The longest line that is kept, in octets. The rest of a longer line is dropped.
const MAX_LINE: usize = 1 << 12;

/// The number of reports that are kept of one connection.
const MAX_REPORTS: usize = 8;

/// The number of last lines that are kept.
const MAX_TAIL: usize = 10;

/// The longest part of a line of the tail that is kept, in characters.
const MAX_TAIL_LINE: usize = 200;

/// The longest part of a malformed report that is kept, in characters.
const MAX_SHOWN: usize = 80;

/// What a program has printed so far.
#[derive(Clone, Debug, Default)]
pub struct ProcessOutput {
    /// What the program has reported of its connection, in order.
    pub reports: Vec<ReportLine>,
    /// The first line that begins like a report and is none.
    pub malformed_report: Option<String>,
    /// The last line that is not blank.
    pub last_line: String,
    /// The last line that mentions an error, a panic or an exception.
    pub last_error: Option<String>,
    /// The last lines that are not blank, in order.
    pub tail: VecDeque<String>,
    /// Every process that could print has closed its end of the pipe.
    pub eof: bool,
}

impl ProcessOutput {
    fn push_line(&mut self, octets: &[u8]) {
        let line = String::from_utf8_lossy(octets);
        if !line.trim().is_empty() {
            match ReportLine::parse(&line) {
                Some(report) if self.reports.len() < MAX_REPORTS => self.reports.push(report),
                Some(_) => {}
                None if CloseStatus::begins(&line) => {
                    self.malformed_report
                        .get_or_insert_with(|| line.trim().chars().take(MAX_SHOWN).collect());
                }
                None => {}
            }
            if self.tail.len() == MAX_TAIL {
                self.tail.pop_front();
            }
            let printable = line.trim_end().chars().map(|c| if c.is_control() { ' ' } else { c });
            self.tail.push_back(printable.take(MAX_TAIL_LINE).collect());
            line.trim().clone_into(&mut self.last_line);
            // Not the names of functions in a stack trace, such as `emitErrorNT`.
            let is_frame = line.trim_start().starts_with("at ");
            if !is_frame && ["rror", "panicked", "xception"].iter().any(|word| line.contains(word)) {
                self.last_error = Some(self.last_line.clone());
            }
        }
    }
}

/// Calls `on_line` with every line that is read from `pipe`, in a thread of its own, until every writer has closed it, and
/// then `on_end`. The rest of a line that is longer than the limit is dropped. `log` keeps everything.
pub fn read_lines(
    mut pipe: PipeReader,
    mut log: Option<LogWriter>,
    on_line: impl Fn(&str) + Send + 'static,
    on_end: impl FnOnce() + Send + 'static,
) {
    std::thread::spawn(move || {
        let (mut buffer, mut line) = ([0; MAX_LINE], Vec::new());
        while let Ok(read @ 1..) = pipe.read(&mut buffer) {
            log.iter_mut().for_each(|log| log.push(&buffer[..read]));
            for octet in &buffer[..read] {
                if *octet == b'\n' {
                    on_line(&String::from_utf8_lossy(&line));
                    line.clear();
                } else if line.len() < MAX_LINE {
                    line.push(*octet);
                }
            }
        }
        on_line(&String::from_utf8_lossy(&line));
        on_end();
    });
}

/// Output that a thread reads from a pipe.
#[derive(Debug, Default)]
pub struct CapturedOutput {
    state: Mutex<ProcessOutput>,
    changed: Condvar,
}

impl CapturedOutput {
    /// Reads `pipe` in a thread until every writer has closed it. `log` keeps everything.
    pub fn start(mut pipe: PipeReader, mut log: Option<LogWriter>) -> Arc<CapturedOutput> {
        let captured = Arc::new(CapturedOutput::default());
        let shared = Arc::clone(&captured);
        std::thread::spawn(move || {
            let (mut buffer, mut line) = ([0; MAX_LINE], Vec::new());
            while let Ok(read @ 1..) = pipe.read(&mut buffer) {
                log.iter_mut().for_each(|log| log.push(&buffer[..read]));
                let mut output = lock(&shared.state);
                for octet in &buffer[..read] {
                    if *octet == b'\n' {
                        output.push_line(&line);
                        line.clear();
                    } else if line.len() < MAX_LINE {
                        line.push(*octet);
                    }
                }
                shared.changed.notify_all();
            }
            let mut output = lock(&shared.state);
            output.push_line(&line);
            output.eof = true;
            shared.changed.notify_all();
        });
        captured
    }

    /// The output so far.
    pub fn snapshot(&self) -> ProcessOutput {
        lock(&self.state).clone()
    }

    /// Forgets the reports of an earlier connection.
    pub fn clear_reports(&self) {
        lock(&self.state).reports.clear();
    }

    /// Waits until `condition` holds, for at most `timeout`.
    pub fn wait_until(&self, timeout: Duration, condition: impl Fn(&ProcessOutput) -> bool) {
        let state = lock(&self.state);
        // The caller reads the state again: both results of the wait lead there.
        drop(
            self.changed
                .wait_timeout_while(state, timeout, |output| !condition(output))
                .unwrap_or_else(PoisonError::into_inner),
        );
    }
}
