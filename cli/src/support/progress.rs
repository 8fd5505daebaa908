//! Shows the progress of a long run on standard error, if that is a terminal.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use wsclose_live::Event;

/// The progress of a run.
#[derive(Debug)]
pub struct Progress {
    total: usize,
    done: usize,
    /// Steps that were done again.
    again: usize,
    is_terminal: bool,
}

impl Progress {
    /// The progress of a run of `total` steps.
    pub fn new(total: usize) -> Progress {
        Progress { total, done: 0, again: 0, is_terminal: io::stderr().is_terminal() }
    }

    /// Counts a step, and shows the progress. A step that was not foreseen is not counted.
    pub fn advance(&mut self) {
        self.done = (self.done + 1).min(self.total);
        self.show();
    }

    /// Counts a step that was done again, and shows the progress.
    fn repeat(&mut self) {
        self.again += 1;
        self.show();
    }

    fn show(&self) {
        if self.is_terminal {
            // A terminal that does not show progress does not stop the run.
            let _ = write!(io::stderr(), "\r{self}");
        }
    }

    fn clear(&self) {
        if self.is_terminal {
            let _ = write!(io::stderr(), "\r{:<50}\r", "");
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.done, self.total)?;
        if self.again > 0 {
            write!(f, ", {} run again", self.again)?;
        }
        Ok(())
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
            Event::CaseFinished { .. } => progress.advance(),
            Event::CaseRetried { .. } => progress.repeat(),
            Event::RunFinished { .. } => progress.clear(),
            Event::CaseStarted { .. }
            | Event::ClientConnected
            | Event::ClientRejected { .. }
            | Event::ReportsRequested { .. }
            | Event::ReportsDelivered { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;

    #[test]
    fn progress_never_exceeds_its_total() {
        let mut progress = Progress::new(2);
        progress.advance();
        assert_eq!(progress.to_string(), "1 of 2");
        progress.repeat();
        progress.advance();
        progress.advance();
        progress.repeat();
        assert_eq!(progress.to_string(), "2 of 2, 2 run again");
    }
}
