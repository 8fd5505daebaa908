//! Shows the progress of a long run on standard error, if that is a terminal.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use wsclose_live::Event;

/// The progress of a run.
#[derive(Debug)]
pub struct Progress {
    total: usize,
    done: usize,
    is_terminal: bool,
}

impl Progress {
    /// The progress of a run of `total` steps.
    pub fn new(total: usize) -> Progress {
        Progress { total, done: 0, is_terminal: io::stderr().is_terminal() }
    }

    /// Counts a step, and shows the progress.
    pub fn advance(&mut self) {
        self.done += 1;
        if self.is_terminal {
            // A terminal that does not show progress does not stop the run.
            let _ = write!(io::stderr(), "\r{} of {}", self.done, self.total);
        }
    }

    fn clear(&self) {
        if self.is_terminal {
            let _ = write!(io::stderr(), "\r{:<30}\r", "");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A listener that shows the progress of a check.
pub fn listener() -> impl Fn(&Event) + Send + Sync + 'static {
    let progress = Mutex::new(Progress::new(0));
    move |event| {
        let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::RunStarted { cases } => progress.total = *cases,
            Event::CaseFinished { .. } | Event::CaseRetried { .. } => progress.advance(),
            Event::RunFinished { .. } => progress.clear(),
            Event::CaseStarted { .. }
            | Event::ClientConnected
            | Event::ClientRejected { .. }
            | Event::ReportsRequested { .. }
            | Event::ReportsDelivered { .. } => {}
        }
    }
}
