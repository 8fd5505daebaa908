//! A line on standard error that says how far a long run is. In come steps; out comes nothing unless a
//! person watches.

use std::io::{self, IsTerminal, Write};

/// How far a run is.
#[derive(Debug)]
pub struct Progress {
    total: usize,
    done: usize,
    is_terminal: bool,
}

impl Progress {
    /// A run of so many steps.
    pub fn new(total: usize) -> Progress {
        Progress { total, done: 0, is_terminal: io::stderr().is_terminal() }
    }

    /// The next step begins.
    pub fn advance(&mut self) {
        self.done += 1;
        if self.is_terminal {
            // Progress that cannot be shown is no reason to stop.
            let _ = write!(io::stderr(), "\r{} of {}", self.done, self.total);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_terminal {
            let _ = write!(io::stderr(), "\r{:<30}\r", "");
        }
    }
}
