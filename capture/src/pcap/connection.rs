//! Follows one TCP connection.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use wsclose::protocol::role::Role;

use super::events::{Event, Events, Side};
use super::link::Segment;
use super::tcp::{Direction, Part, Piece, Stamp};
use crate::recording::{Beginning, End, RecordedConnection, RecordedEvent, RecordedKind};

/// How many packets may wait for octets that they acknowledge and that are recorded late.
const MAX_HELD: usize = 8;
/// How long packets wait for such octets, in nanoseconds.
const MAX_HELD_TIME: i64 = 50_000_000;

/// A segment that waits for octets that it acknowledges.
#[derive(Debug)]
struct Held {
    side: Side,
    segment: Segment<'static>,
    payload: Vec<u8>,
    stamp: Stamp,
}

/// How the server of a connection is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServerFrom {
    /// From the TCP handshake or the opening handshake.
    Handshake,
    /// From the port that the caller named.
    Port,
    /// From an address that has several connections.
    Shared,
    /// From the lower port.
    LowerPort,
}

/// A TCP connection while it is read.
#[derive(Debug)]
pub(super) struct Connection {
    /// Counts the connections of a recording.
    pub id: u64,
    addresses: [SocketAddr; 2],
    sides: [Direction; 2],
    events: Events,
    held: VecDeque<Held>,
    /// The last time of an event: events do not go back in time.
    latest: Option<i64>,
    /// The side that sent a SYN without ACK, or received one with ACK.
    client: Option<Side>,
    implausible_resets: u64,
    octets_after_reset: bool,
}

impl Connection {
    pub fn new(id: u64, addresses: [SocketAddr; 2]) -> Connection {
        Connection {
            id,
            addresses,
            sides: [Direction::default(), Direction::default()],
            events: Events::default(),
            held: VecDeque::new(),
            latest: None,
            client: None,
            implausible_resets: 0,
            octets_after_reset: false,
        }
    }

    /// The addresses of both sides.
    pub fn addresses(&self) -> [SocketAddr; 2] {
        self.addresses
    }

    /// Whether a SYN begins another connection with the same addresses and ports.
    pub fn is_begun_anew_by(&self, side: Side, segment: &Segment<'_>) -> bool {
        let (own, other) = (&self.sides[side], &self.sides[1 - side]);
        let is_same = own.base == Some(segment.sequence.wrapping_add(1));
        match (own.base, segment.acknowledgement) {
            // The answer to a SYN acknowledges it, and the octets that it may carry.
            (None, Some(number)) => {
                other.base.is_some() && !(0..=other.next.cast_signed()).contains(&other.offset(number))
            }
            // Both sides open the connection at the same time.
            (None, None) => false,
            (Some(_), _) => !is_same,
        }
    }

    /// Both directions have ended.
    pub fn has_ended(&self) -> bool {
        let [first, second] = &self.sides;
        first.reset || second.reset || (first.finished && second.finished)
    }

    /// About how much memory the connection occupies, in octets.
    pub fn size(&self) -> u64 {
        self.events.size()
    }

    /// Leaves out octets on which no verdict depends.
    pub fn shrink(&mut self) {
        self.events.shrink();
    }

    /// Whether there is anything to hand on.
    pub fn shows_something(&self) -> bool {
        !self.events.list().is_empty() || self.sides.iter().any(|side| side.syn.is_some())
    }

    /// Takes a segment from a side.
    pub fn segment(&mut self, side: Side, segment: &Segment<'_>, stamp: Stamp) {
        if !self.process(side, segment, stamp, false) {
            self.hold(side, segment, stamp);
        }
        self.release();
        while let Some(first) = self.held.front() {
            let waited = match (first.stamp.time, stamp.time) {
                (Some(since), Some(now)) => now.saturating_sub(since) > MAX_HELD_TIME,
                (None, _) | (_, None) => false,
            };
            if !waited && self.held.len() <= MAX_HELD {
                break;
            }
            self.force();
        }
    }

    /// Takes the held segments whose turn has come. One may be what another waits for, so all are tried again.
    fn release(&mut self) {
        let mut next = 0;
        while let Some(held) = self.held.remove(next) {
            if self.process_held(&held, false) {
                next = 0;
            } else {
                self.held.insert(next, held);
                next += 1;
            }
        }
    }

    /// Takes the segment that was held first, as if what it acknowledges will not be recorded.
    fn force(&mut self) {
        if let Some(held) = self.held.pop_front() {
            self.process_held(&held, true);
            self.release();
        }
    }

    fn hold(&mut self, side: Side, segment: &Segment<'_>, stamp: Stamp) {
        let payload = segment.payload.to_vec();
        let segment = Segment { payload: &[], ..segment.clone() };
        self.held.push_back(Held { side, segment, payload, stamp });
    }

    fn process_held(&mut self, held: &Held, force: bool) -> bool {
        let segment = Segment { payload: &held.payload, ..held.segment.clone() };
        self.process(held.side, &segment, held.stamp, force)
    }

    /// Takes a segment in its turn. False if it acknowledges octets that may still be recorded, unless `force` is set.
    fn process(&mut self, side: Side, segment: &Segment<'_>, stamp: Stamp, force: bool) -> bool {
        self.find_bases(side, segment);
        let mut out = Vec::new();
        let other = &mut self.sides[1 - side];
        let acknowledged = segment.acknowledgement.map(|number| other.offset(number));
        if let Some(offset) = acknowledged
            && let Ok(acked) = u64::try_from(offset)
            && other.lacks(offset)
        {
            if !force {
                return false;
            }
            other.give_up(acked, stamp, &mut out);
        }
        self.push(1 - side, &mut out);
        if let Some(offset) = acknowledged.and_then(|offset| u64::try_from(offset).ok()) {
            self.sides[1 - side].acked = self.sides[1 - side].acked.max(offset);
        }
        let own = &mut self.sides[side];
        if let Some(scale) = segment.window_scale {
            own.window_scale = Some(scale);
        }
        // The window of a SYN is not scaled.
        let scale = if segment.syn { 0 } else { own.window_scale.unwrap_or(0) };
        own.window = u32::from(segment.window) << scale;
        let acknowledged = acknowledged.map(|offset| u64::try_from(offset).unwrap_or(0));
        let offset = own.offset(segment.sequence.wrapping_add(u32::from(segment.syn)));
        if segment.rst {
            self.reset(side, offset, acknowledged, stamp);
        } else {
            let had_reset = own.reset;
            let length = segment.length as u64;
            let payload = segment.payload;
            own.receive(&Part { offset, payload, length, fin: segment.fin, stamp, acknowledged }, &mut out);
            self.octets_after_reset |= had_reset && !out.is_empty();
            self.push(side, &mut out);
        }
        true
    }

    /// Finds where the streams begin.
    fn find_bases(&mut self, side: Side, segment: &Segment<'_>) {
        if segment.syn {
            let own = &mut self.sides[side];
            own.syn = Some(segment.sequence);
            if own.base.is_none() {
                own.base = Some(segment.sequence.wrapping_add(1));
                own.exact = true;
            }
            let client = if segment.acknowledgement.is_some() { 1 - side } else { side };
            self.client.get_or_insert(client);
        }
        if self.sides[side].base.is_none() {
            // A reset may answer a SYN, before anything else.
            self.sides[side].exact = segment.rst && self.sides[1 - side].syn.is_some();
            self.sides[side].base = Some(segment.sequence);
        }
        if let Some(number) = segment.acknowledgement
            && self.sides[1 - side].base.is_none()
        {
            // The other side can have sent nothing if this one begins: its SYN acknowledges a SYN, and a client sends its
            // request first.
            let begins =
                self.sides[side].exact && self.sides[side].offset(segment.sequence.wrapping_add(1)) <= 1;
            self.sides[1 - side].exact = begins;
            self.sides[1 - side].base = Some(number);
        }
    }

    fn reset(&mut self, side: Side, offset: i64, acknowledged: Option<u64>, stamp: Stamp) {
        let window = self.sides[1 - side].window.max(65_535);
        let own = &mut self.sides[side];
        if own.reset {
            return;
        }
        let least = own.acked.cast_signed();
        let most = own.next.saturating_add(u64::from(window)).cast_signed();
        if !(least..=most).contains(&offset) {
            self.implausible_resets += 1;
            return;
        }
        // The sender sends none of the octets before the reset again.
        let mut out = Vec::new();
        own.finish(stamp, &mut out);
        if own.lacks(offset) && !own.is_tentative() {
            own.give_up(u64::try_from(offset).unwrap_or(0), stamp, &mut out);
        }
        own.reset = true;
        out.push(Piece { kind: RecordedKind::Reset, stamp, acknowledged });
        self.push(side, &mut out);
    }

    /// Appends what a side showed.
    fn push(&mut self, side: Side, out: &mut Vec<Piece>) {
        for piece in out.drain(..) {
            let time = self.latest.max(piece.stamp.time);
            self.latest = time;
            let other = &self.sides[1 - side];
            // The acknowledgement of a FIN counts one more than there are octets.
            let acknowledged = piece.acknowledged.map(|offset| {
                offset.min(other.next + u64::from(other.finished)).saturating_sub(other.origin)
            });
            let stamp = Stamp { time, ..piece.stamp };
            self.events.push(Event { side, kind: piece.kind, stamp, acknowledged, spared: 0 });
        }
    }

    /// Gives up what has not been recorded, at the end.
    pub fn finish(&mut self) {
        while !self.held.is_empty() {
            self.force();
        }
        let mut out = Vec::new();
        let stamp = Stamp { time: self.latest, packet: None };
        for side in 0..2 {
            self.sides[side].finish(stamp, &mut out);
            self.push(side, &mut out);
        }
    }

    /// The server, if a handshake shows it.
    pub fn server(&self) -> Option<Side> {
        if let Some(client) = self.client {
            return Some(1 - client);
        }
        let begins_with = |side, start: &[u8]| {
            let of_side = |event: &&Event| event.side == side;
            let first = self.events.list().iter().find(of_side).map(|event| &event.kind);
            matches!(first, Some(RecordedKind::Octets(octets)) if octets.starts_with(start))
        };
        let is_silent = |side| !self.events.list().iter().any(|event| event.side == side);
        (0..2).find(|&server| {
            begins_with(1 - server, b"GET ") && (is_silent(server) || begins_with(server, b"HTTP/1."))
        })
    }

    /// What was recorded, with the server's side, in a recording that went on until `latest`. [`Connection::finish`] comes
    /// first.
    pub fn into_recorded(self, server: Side, how: ServerFrom, latest: Option<i64>) -> RecordedConnection {
        let notes = self.notes(server, how);
        let is_exact = self.sides.iter().all(|side| side.exact || side.base.is_none());
        let is_whole =
            (self.client.is_some() && is_exact) || (self.client.is_none() && how == ServerFrom::Handshake);
        let end = if self.has_ended() { End::Complete } else { End::Cut };
        // Packets that were recorded before the first packet of the file.
        let events = self.events.into_list();
        let earliest = events.iter().filter_map(|event| event.stamp.time).min().unwrap_or(0).min(0);
        let events = events.into_iter().map(|event| RecordedEvent {
            from: if event.side == server { Role::Server } else { Role::Client },
            kind: event.kind,
            time: event.stamp.time.map(|time| Duration::from_nanos(time.abs_diff(earliest))),
            packet: event.stamp.packet,
            acknowledged: event.acknowledged,
        });
        RecordedConnection {
            client: self.addresses[1 - server].to_string(),
            server: self.addresses[server].to_string(),
            beginning: if is_whole { Beginning::Connection } else { Beginning::Middle },
            events: events.collect(),
            end,
            recorded_at: None,
            silent_until: latest
                .filter(|_| end == End::Cut)
                .map(|time| Duration::from_nanos(time.max(earliest).abs_diff(earliest))),
            notes,
        }
    }

    fn notes(&self, server: Side, how: ServerFrom) -> Vec<String> {
        let mut notes = Vec::new();
        let port = self.addresses[server].port();
        match how {
            ServerFrom::Handshake => {}
            ServerFrom::Port => notes.push(format!(
                "The recording lacks the beginning of this connection; the server is the side with port {port}, as \
                 requested."
            )),
            ServerFrom::Shared => notes.push(format!(
                "The recording lacks the beginning of this connection; the server is assumed to be the side with port \
                 {port}, which other connections share."
            )),
            ServerFrom::LowerPort => notes.push(format!(
                "The recording lacks the beginning of this connection; the server is assumed to be the side with the \
                 lower port, {port}."
            )),
        }
        for side in [1 - server, server] {
            let who = if side == server { "server" } else { "client" };
            let direction = &self.sides[side];
            for (octets, what) in [
                (direction.lost, "The recording lacks"),
                (direction.cut, "The recording cut off (snap length)"),
                (
                    self.events.left_out(side),
                    "The reader keeps the first and last 8 MiB of a direction, and left out",
                ),
                (self.events.spared(side), "To save memory, the reader left out of messages"),
            ] {
                if octets > 0 {
                    let plural = if octets == 1 { "" } else { "s" };
                    notes.push(format!("{what} {octets} octet{plural} that the {who} sent."));
                }
            }
        }
        if self.implausible_resets > 0 {
            notes.push(format!(
                "Resets with a sequence number outside the window were ignored: {}.",
                self.implausible_resets
            ));
        }
        if self.octets_after_reset {
            notes.push(
                "A side sent octets after its reset: a device between the sides may have sent the reset."
                    .to_owned(),
            );
        }
        notes
    }
}
