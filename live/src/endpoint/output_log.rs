//! A file that keeps everything that the programs under test print.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::sync::lock;

/// The most octets of a line that wait for its end.
const MAX_PENDING: usize = 1 << 16;

/// How long the rest of the output of programs that have ended may take. A process that one of them left behind may hold
/// the pipe.
const REST_TIMEOUT: Duration = Duration::from_secs(1);

/// How often the writers are counted.
const CHECK_INTERVAL: Duration = Duration::from_millis(5);

/// A log to which several programs write. Lines of different programs are not mixed.
#[derive(Clone, Debug)]
pub struct OutputLog(Arc<Mutex<File>>);

impl OutputLog {
    /// Creates the file, or empties it.
    ///
    /// # Errors
    /// Returns the error of the system.
    pub fn create(path: &Path) -> io::Result<OutputLog> {
        Ok(OutputLog(Arc::new(Mutex::new(File::create(path)?))))
    }

    /// A writer for the output of one program.
    pub fn writer(&self) -> LogWriter {
        LogWriter { log: self.clone(), pending: Vec::new() }
    }

    /// Waits until every writer is done, for at most a second. The programs have ended.
    pub fn wait(self) {
        let begun = Instant::now();
        while Arc::strong_count(&self.0) > 1 && begun.elapsed() < REST_TIMEOUT {
            std::thread::sleep(CHECK_INTERVAL);
        }
    }
}

/// Writes the output of one program, whole lines at a time.
#[derive(Debug)]
pub struct LogWriter {
    log: OutputLog,
    /// The beginning of a line.
    pending: Vec<u8>,
}

impl LogWriter {
    /// Takes over octets that the program printed.
    pub fn push(&mut self, octets: &[u8]) {
        self.pending.extend_from_slice(octets);
        let whole = self.pending.iter().rposition(|octet| *octet == b'\n').map_or(0, |at| at + 1);
        if whole > 0 {
            self.write(whole);
        } else if self.pending.len() > MAX_PENDING {
            self.write(self.pending.len());
        }
    }

    fn write(&mut self, octets: usize) {
        // A full disk does not end the run, and there is no place for the error while it goes on.
        let _ = lock(&self.log.0).write_all(&self.pending[..octets]);
        self.pending.drain(..octets);
    }
}

impl Drop for LogWriter {
    fn drop(&mut self) {
        if !self.pending.is_empty() {
            self.pending.push(b'\n');
            self.write(self.pending.len());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "the test reads a file")]

    use super::OutputLog;

    #[test]
    fn lines_of_two_programs_are_not_mixed() {
        let path = std::env::temp_dir().join(format!("wsclose-output-log-{}", std::process::id()));
        let log = OutputLog::create(&path).expect("a file");
        let (mut first, mut second) = (log.writer(), log.writer());
        first.push(b"one\ntw");
        second.push(b"three\n");
        first.push(b"o\n");
        second.push(b"four");
        drop((first, second));
        log.wait();
        let text = std::fs::read_to_string(&path).expect("a file");
        std::fs::remove_file(&path).expect("a file");
        assert_eq!(text, "one\nthree\ntwo\nfour\n");
    }
}
