//! Turns traces into recordings, as if they were recorded at the subject.

use wsclose::harness::Trace;
use wsclose_capture::from_trace::{Clock, recorded_connections};
use wsclose_capture::recording::RecordedConnection;
use wsclose_capture::side::TICK;

/// The recordings of the connections of a trace, without those of which a recording shows too little. They have no
/// acknowledgements, as in most formats.
pub fn recordings_of(trace: &Trace) -> Vec<RecordedConnection> {
    let mut recordings: Vec<RecordedConnection> =
        recorded_connections(trace, Clock::Tick(TICK), "/").into_iter().flatten().collect();
    for event in recordings.iter_mut().flat_map(|recording| &mut recording.events) {
        event.acknowledged = None;
    }
    recordings
}
