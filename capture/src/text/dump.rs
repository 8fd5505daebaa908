//! Makes a connection of what a dump of "Follow TCP stream" shows, and finds out which of its peers is the client.

use std::time::Duration;

use wsclose::protocol::role::Role;

use crate::recording::{Beginning, ConnectionSink, RecordedConnection, RecordedEvent, RecordedKind};

/// What one dump shows of a connection.
#[derive(Debug, Default)]
pub struct Dump {
    /// The addresses of both peers. Empty if the dump leaves them out.
    pub addresses: [String; 2],
    pub segments: Vec<Segment>,
}

/// What one peer sent in one piece.
#[derive(Debug)]
pub struct Segment {
    /// The peer, 0 or 1.
    pub peer: usize,
    pub octets: Vec<u8>,
    /// How many octets are missing in front of these.
    pub missing: u64,
    /// The time since the epoch.
    pub time: Option<Duration>,
    pub packet: Option<u64>,
}

impl Segment {
    pub const fn new(peer: usize, octets: Vec<u8>) -> Segment {
        Segment { peer, octets, missing: 0, time: None, packet: None }
    }
}

impl Dump {
    /// Passes the connection on, if there is one.
    pub fn finish(self, sink: &mut ConnectionSink<'_>) {
        let Dump { addresses, segments } = self;
        if segments.is_empty() {
            return;
        }
        let stream = |peer: usize| {
            let mut stream = Vec::new();
            for segment in segments.iter().filter(|segment| segment.peer == peer) {
                stream.extend_from_slice(&segment.octets);
            }
            stream
        };
        let streams = [stream(0), stream(1)];
        let mut connection = RecordedConnection::default();
        let (client, is_known) = client(&streams);
        if !is_known {
            connection.notes.push(
                "Neither an opening handshake nor the mask bit shows which peer is the client. The first peer of the \
                 dump is treated as the client."
                    .to_owned(),
            );
        }
        connection.beginning = if streams[client].starts_with(b"GET ") {
            Beginning::Connection
        } else if streams.iter().all(|stream| stream.is_empty() || mask_bit(stream).is_some()) {
            Beginning::Frames
        } else {
            Beginning::Middle
        };
        let [first, second] = addresses;
        (connection.client, connection.server) = if client == 0 { (first, second) } else { (second, first) };
        let start = segments.iter().find_map(|segment| segment.time);
        for segment in segments {
            let from = if segment.peer == client { Role::Client } else { Role::Server };
            let time = segment.time.zip(start).map(|(time, start)| time.saturating_sub(start));
            let mut push = |kind| {
                let packet = segment.packet;
                connection.events.push(RecordedEvent { time, packet, ..RecordedEvent::new(from, kind) });
            };
            if segment.missing > 0 {
                push(RecordedKind::Missing { octets: Some(segment.missing) });
            }
            for kind in without_placeholders(segment.octets) {
                push(kind);
            }
        }
        sink(connection);
    }
}

/// Which peer is the client, and whether the octets show it.
fn client(streams: &[Vec<u8>; 2]) -> (usize, bool) {
    let is_client = |stream: &Vec<u8>| stream.starts_with(b"GET ");
    let is_server = |stream: &Vec<u8>| stream.starts_with(b"HTTP/1.");
    if let Some(client) = streams.iter().position(is_client) {
        return (client, true);
    }
    if let Some(server) = streams.iter().position(is_server) {
        return (1 - server, true);
    }
    match [mask_bit(&streams[0]), mask_bit(&streams[1])] {
        [Some(true), Some(false) | None] | [None, Some(false)] => (0, true),
        [Some(false) | None, Some(true)] | [Some(false), None] => (1, true),
        [Some(true), Some(true)] | [Some(false), Some(false)] | [None, None] => (0, false),
    }
}

/// Whether the frames of a stream are masked. `None` if it does not begin with a frame, or if its frames differ.
fn mask_bit(stream: &[u8]) -> Option<bool> {
    let mut rest = stream;
    let mut masked = None;
    while let [first, second, more @ ..] = rest {
        let is_opcode = matches!(first & 0x0f, 0..=2 | 8..=10);
        let is_masked = second & 0x80 != 0;
        if !is_opcode || masked.is_some_and(|masked| masked != is_masked) {
            return None;
        }
        masked = Some(is_masked);
        let (length, size) = match (second & 0x7f, more) {
            (126, [a, b, ..]) => (u64::from(u16::from_be_bytes([*a, *b])), 2),
            (127, [a, b, c, d, e, f, g, h, ..]) => (u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]), 8),
            (126 | 127, _) => break,
            (short, _) => (u64::from(short), 0),
        };
        let key = if is_masked { 4 } else { 0 };
        let Ok(length) = usize::try_from(length) else { break };
        let Some(behind) = length.checked_add(size + key).and_then(|end| more.get(end..)) else { break };
        rest = behind;
    }
    masked
}

/// Replaces the sentence that Wireshark puts in the place of lost octets: `[12 bytes missing in capture file].` and a NUL.
fn without_placeholders(octets: Vec<u8>) -> Vec<RecordedKind> {
    const BEHIND: &[u8] = b" bytes missing in capture file]";
    let mut kinds = Vec::new();
    let mut rest = octets.as_slice();
    // Where to go on searching in `rest`.
    let mut from = 0;
    while let Some(at) = rest.get(from..).and_then(|rest| rest.iter().position(|octet| *octet == b'[')) {
        let start = from + at;
        let digits = rest[start + 1..].iter().take_while(|octet| octet.is_ascii_digit()).count();
        let number = &rest[start + 1..start + 1 + digits];
        let number = std::str::from_utf8(number).ok().and_then(|number| number.parse().ok());
        let behind = rest[start + 1 + digits..].strip_prefix(BEHIND);
        let (Some(number), Some(behind)) = (number, behind) else {
            from = start + 1;
            continue;
        };
        if start > 0 {
            kinds.push(RecordedKind::Octets(rest[..start].to_vec()));
        }
        kinds.push(RecordedKind::Missing { octets: Some(number) });
        let behind = behind.strip_prefix(b".").unwrap_or(behind);
        rest = behind.strip_prefix(b"\0").unwrap_or(behind);
        from = 0;
    }
    if !rest.is_empty() {
        kinds.push(RecordedKind::Octets(rest.to_vec()));
    }
    kinds
}
