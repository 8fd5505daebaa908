//! Writes what a run saw as pcapng.

use std::io;
use std::time::{Duration, Instant, SystemTime};

use wsclose::harness::Trace;
use wsclose_capture::from_trace::{Clock, case_target, recorded_connections};
use wsclose_capture::pcap::PcapngWriter;
use wsclose_capture::recording::RecordedConnection;
use wsclose_capture::side::TICK;
use wsclose_live::{CaseTrace, RunReport};

/// The packets of the cases of a run, in the order of the cases. A case has connections for each time that it ran.
///
/// # Errors
/// If a packet cannot be written, which never happens in memory.
pub fn of_run(run: &RunReport) -> io::Result<Vec<u8>> {
    let traces = || run.cases.iter().flat_map(|case| &case.traces);
    let start = traces().filter_map(|case| case.times.first().copied()).min();
    let start = start.unwrap_or_else(Instant::now);
    // The clock of the day may have been set during the run, so only the start is on it.
    let age = start.elapsed();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut writer = PcapngWriter::new(Vec::new(), now.saturating_sub(age))?;
    for case in &run.cases {
        let target = case_target(&case.name);
        for (number, played) in (1..).zip(&case.traces) {
            let CaseTrace { trace, times, established } = played.as_ref();
            let times: Vec<Duration> =
                times.iter().map(|time| time.saturating_duration_since(start)).collect();
            let connections = recorded_connections(trace, Clock::Times(&times), &target);
            let comment = match number {
                1 => format!("case {}", case.name),
                number => format!("case {}, run {number}", case.name),
            };
            let established =
                established.iter().zip(connections).filter(|(is_established, _)| **is_established);
            for connection in established.filter_map(|(_, connection)| connection) {
                writer.write_with_comment(&connection, &comment)?;
            }
        }
    }
    writer.finish()
}

/// The packets of scripts that were played in-process, in the order in which they were played.
#[derive(Debug, Default)]
pub struct ReplayedPackets {
    connections: Vec<(RecordedConnection, String)>,
    /// When the next script begins.
    next: Duration,
    left_out: usize,
}

impl ReplayedPackets {
    /// Adds what a subject did in a script.
    pub fn add(&mut self, trace: &Trace, script: &str, subject: &str) {
        let comment = format!("{script}, {subject} as {}", trace.role);
        let start = self.next;
        for connection in recorded_connections(trace, Clock::Tick(TICK), &case_target(script)) {
            let Some(mut connection) = connection else {
                self.left_out += 1;
                continue;
            };
            for time in connection.events.iter_mut().filter_map(|event| event.time.as_mut()) {
                *time += start;
                self.next = self.next.max(*time + TICK);
            }
            self.connections.push((connection, comment.clone()));
        }
    }

    /// The file, and the number of connections of which a recording shows too little.
    ///
    /// # Errors
    /// If a packet cannot be written, which never happens in memory.
    pub fn finish(self) -> io::Result<(Vec<u8>, usize)> {
        // The same scripts make the same file, so it begins at no time of day.
        let mut writer = PcapngWriter::new(Vec::new(), Duration::ZERO)?;
        for (connection, comment) in &self.connections {
            writer.write_with_comment(connection, comment)?;
        }
        Ok((writer.finish()?, self.left_out))
    }
}
