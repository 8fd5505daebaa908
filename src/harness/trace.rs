//! The trace of a script: what happened between the script and the subject, in order.

use super::event::{Span, TraceEvent};
use super::recorder::Recorder;
use crate::protocol::role::Role;
use crate::rules::Capabilities;

/// What one script and one subject did, on every connection. `Display` prints the timeline.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The role of the subject.
    pub role: Role,
    /// What the subject does itself; the judge applies only the rules that these cover.
    pub capabilities: Capabilities,
    /// The events.
    pub recorder: Recorder,
}

impl Default for Trace {
    fn default() -> Self {
        Trace { role: Role::Server, capabilities: Capabilities::ALL, recorder: Recorder::new() }
    }
}

impl Trace {
    /// An empty trace, for [`Driver`](super::driver::Driver) to fill.
    pub fn new() -> Trace {
        Trace::default()
    }

    /// All events, in order.
    pub fn events(&self) -> &[TraceEvent] {
        self.recorder.events()
    }

    /// The octets of a span.
    pub fn octets(&self, span: Span) -> &[u8] {
        self.recorder.octets(span)
    }
}
