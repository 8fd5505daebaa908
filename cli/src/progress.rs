//! A line on standard error that says how far a long run is. In come steps; out comes nothing unless a
//! person watches.

use std::io::{self, IsTerminal, Write};

/// How far a run is.
#[derive(Debug)]
pub struct Progress {
    all: usize,
    done: usize,
    watched: bool,
}

impl Progress {
    /// A run of so many steps.
    pub fn new(all: usize) -> Progress {
        Progress { all, done: 0, watched: io::stderr().is_terminal() }
    }

    /// The next step begins.
    pub fn step(&mut self) {
        self.done += 1;
        if self.watched {
            // Progress that cannot be shown is no reason to stop.
            let _ = write!(io::stderr(), "\r{} of {}", self.done, self.all);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.watched {
            let _ = write!(io::stderr(), "\r{:<30}\r", "");
        }
    }
}
