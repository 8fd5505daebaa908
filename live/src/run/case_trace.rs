//! The trace of a run of a case, with the times of its events.

use std::time::Instant;

use wsclose::harness::{Recorder, Trace};

/// What happened in a run of a case. A check keeps it if [`Check::keep_traces`](crate::Check::keep_traces) requests it.
#[derive(Clone, Debug)]
pub struct CaseTrace {
    /// What the harness sent, and what the endpoint did.
    pub trace: Trace,
    /// For each event of the trace, when the harness recorded it. An endpoint that sends in several segments what the trace
    /// has as one event sent the first of them then.
    pub times: Vec<Instant>,
    /// For each connection of the trace, whether it was established. What the trace has of another one did not happen.
    pub established: Vec<bool>,
}

/// Notes when the events of a trace are recorded. The recorder itself reads no clock.
#[derive(Debug, Default)]
pub struct EventTimes {
    times: Vec<Instant>,
    established: Vec<bool>,
}

impl EventTimes {
    /// Begins a new trace.
    pub fn clear(&mut self) {
        self.times.clear();
        self.established.clear();
    }

    /// The events that were recorded since the last call happened now.
    pub fn note(&mut self, out: &Recorder) {
        self.times.resize(out.events().len(), Instant::now());
    }

    /// The next connection of the trace was established, or was not.
    pub fn note_connection(&mut self, is_established: bool) {
        self.established.push(is_established);
    }

    /// The trace with its times.
    pub fn take(&mut self, trace: &Trace) -> CaseTrace {
        self.note(&trace.recorder);
        CaseTrace {
            trace: trace.clone(),
            times: std::mem::take(&mut self.times),
            established: std::mem::take(&mut self.established),
        }
    }
}
