//! The bodies of the targets that read recordings: `pcap`, `net_log` and `recording_text`.
//!
//! Each reads any octets as a recording of one format, and makes the report on every connection. It panics if a property
//! does not hold. The core must not depend on the readers, so these bodies are here.

use std::fmt::{self, Write};

use wsclose::protocol::role::Role;
use wsclose_capture::judgement::Settings;
use wsclose_capture::pcap::PcapOptions;
use wsclose_capture::recording::{ConnectionSink, RecordedConnection, RecordedKind};
use wsclose_capture::report::{ConnectionReport, ReportSettings};
use wsclose_capture::side::Place;
use wsclose_capture::{net_log, pcap, text};

/// Reads octets as a packet capture, pcap or pcapng. Returns how many WebSocket connections it judged.
///
/// # Panics
///
/// Panics if the reader invents octets, or if what it reads depends on the sizes of the reads.
pub fn pcap(octets: &[u8]) -> usize {
    let options = PcapOptions::default();
    in_parts(octets, |input, sink| {
        // An error is a sentence for the user. What was read before it counts.
        let _ = pcap::read(input, &options, sink);
    })
}

/// Reads octets as a net-log of Chrome. Returns how many WebSocket connections it judged.
///
/// # Panics
///
/// Panics if the reader invents octets, or if what it reads depends on the sizes of the reads.
pub fn net_log(octets: &[u8]) -> usize {
    in_parts(octets, |input, sink| {
        let _ = net_log::read(input, sink);
    })
}

/// Reads octets as one of the text forms. Returns how many WebSocket connections it judged.
///
/// # Panics
///
/// Panics if the reader invents octets, or if the plain form of a connection is not read back as that connection.
pub fn recording_text(octets: &[u8]) -> usize {
    let text = String::from_utf8_lossy(octets);
    // A replacement character has more octets than what it replaces.
    let mut judge = RecordingJudge::new(text.as_bytes());
    let _ = text::read(&text, &mut |connection| judge.connection(&connection));
    judge.judged
}

/// One input in this many is read a second time in small parts.
const PARTS_EVERY_N: usize = 8;

/// Judges what `read` hands on, and for a share of the inputs reads them again in small parts.
fn in_parts(octets: &[u8], read: impl Fn(&mut dyn std::io::Read, &mut ConnectionSink<'_>)) -> usize {
    let mut judge = RecordingJudge::new(octets);
    if !judge.selector.is_multiple_of(PARTS_EVERY_N) {
        read(&mut &*octets, &mut |connection| judge.connection(&connection));
        return judge.judged;
    }
    let mut whole = Vec::new();
    read(&mut &*octets, &mut |connection| whole.push(connection));
    let mut parts = Vec::new();
    let size = judge.selector / PARTS_EVERY_N % 13 + 1;
    read(&mut Parts { rest: octets, size }, &mut |connection| parts.push(connection));
    assert_eq!(whole, parts, "reads of {size} octets give other connections");
    whole.iter().for_each(|connection| judge.connection(connection));
    judge.judged
}

/// A reader that returns a few octets at a time.
struct Parts<'a> {
    rest: &'a [u8],
    size: usize,
}

impl std::io::Read for Parts<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = self.size.min(buffer.len());
        self.rest.read(&mut buffer[..size])
    }
}

/// Makes the reports on the connections of an input.
struct RecordingJudge {
    /// The sum of the octets of the input, which selects settings, so that every mutation may change them.
    selector: usize,
    /// How many octets may still be in connections: as many as the input has.
    room: usize,
    connections: usize,
    judged: usize,
}

impl RecordingJudge {
    fn new(octets: &[u8]) -> RecordingJudge {
        let selector = octets.iter().fold(octets.len(), |sum, octet| sum.wrapping_add(usize::from(*octet)));
        RecordingJudge { selector, room: octets.len(), connections: 0, judged: 0 }
    }

    fn connection(&mut self, connection: &RecordedConnection) {
        for event in &connection.events {
            if let RecordedKind::Octets(octets) = &event.kind {
                let left = self.room.checked_sub(octets.len());
                self.room = left.expect("the connections have more octets than their recording");
            }
        }
        self.connections += 1;
        let place = [Place::Between, Place::At(Role::Client), Place::At(Role::Server)][self.selector % 3];
        let judging = Settings { place, ..Settings::default() };
        let settings = ReportSettings { judging, redact: self.selector.is_multiple_of(5) };
        let Some(report) = ConnectionReport::of(connection, self.connections, settings) else { return };
        self.judged += 1;
        write!(Discard, "{}{report}", report.brief()).expect("nothing fails");
    }
}

/// Takes text and keeps none of it.
struct Discard;

impl Write for Discard {
    fn write_str(&mut self, _: &str) -> fmt::Result {
        Ok(())
    }
}
