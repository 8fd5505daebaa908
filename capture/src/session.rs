//! The frames of a recorded connection, as far as they can be judged.

use std::time::Duration;

use wsclose::protocol::assembler::{FrameAssembler, FramePart, KeptPayload};
use wsclose::protocol::close::CloseBody;
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::frame::{self, Header, Opcode};
use wsclose::protocol::role::Role;

use crate::opening::{self, Opening};
use crate::recording::{Beginning, End, RecordedConnection, RecordedEvent, RecordedKind};
use crate::resync;

/// The octets of a Close that are kept: more than the 125 that it may have.
const KEPT: usize = 4096;

/// A WebSocket connection: what follows the opening handshake.
#[derive(Clone, Debug)]
pub struct Session {
    /// The address of the client.
    pub client: String,
    /// The address of the server.
    pub server: String,
    /// The opening handshake.
    pub opening: Opening,
    /// The messages may be compressed (RFC 7692).
    pub deflate: bool,
    /// The events behind the opening handshake. Missing octets of data messages are filled in.
    pub events: Vec<RecordedEvent>,
    /// How the recording ends.
    pub end: End,
    /// Of some frames only the header was recorded, as in a net-log without octets. Nothing can be judged.
    pub has_headers_only: bool,
    /// Frames are missing before the first event.
    pub begins_late: bool,
    /// Octets are missing whose frames cannot be told, so the events behind them were left out.
    pub is_cut: bool,
    /// Nothing happened on the connection until this time, in a recording that went on.
    pub idle_until: Option<Duration>,
    /// The side on whose machine it was recorded, if the format tells.
    pub recorded_at: Option<Role>,
    /// What the reader and this type noticed, each a sentence.
    pub notes: Vec<String>,
    /// The Closes of both sides, in the order in which they were recorded.
    pub closes: Vec<RecordedClose>,
}

/// A Close frame of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedClose {
    /// The side that sent it.
    pub from: Role,
    /// The index of the event in which it begins.
    pub event: usize,
    /// How many octets of the event precede it.
    pub offset: usize,
    /// Its header.
    pub header: Header,
    /// Its payload, unmasked, as far as it was recorded.
    pub payload: Vec<u8>,
    /// The frame is complete.
    pub is_complete: bool,
}

impl RecordedClose {
    /// The code, if the body has one.
    pub fn code(&self) -> Option<CloseCode> {
        let octets = self.payload.first_chunk::<2>()?;
        Some(CloseCode(u16::from_be_bytes(*octets)))
    }

    /// The reason, if the body is valid.
    pub fn reason(&self) -> Option<&str> {
        match CloseBody::parse(&self.payload).ok()? {
            CloseBody::Empty => None,
            CloseBody::Status { reason, .. } => Some(reason),
        }
    }
}

impl Session {
    /// The session of a connection; `None` if the connection is not a WebSocket one.
    pub fn of(connection: &RecordedConnection) -> Option<Session> {
        let (opening, events) = opening::split(connection)?;
        let mut session = Session {
            client: connection.client.clone(),
            server: connection.server.clone(),
            deflate: matches!(&opening, Opening::Accepted(accepted) if accepted.deflate),
            opening,
            events: Vec::with_capacity(events.len()),
            end: connection.end,
            has_headers_only: false,
            begins_late: false,
            is_cut: false,
            idle_until: connection.silent_until,
            recorded_at: connection.recorded_at,
            notes: connection.notes.clone(),
            closes: Vec::new(),
        };
        let events = match connection.beginning {
            Beginning::Middle => session.resync(events),
            Beginning::Connection | Beginning::Frames => events,
        };
        session.read(events);
        Some(session)
    }

    /// The events from the first frame of each direction on.
    fn resync(&mut self, events: Vec<RecordedEvent>) -> Vec<RecordedEvent> {
        self.begins_late = true;
        let (events, skipped) = resync::from_first_frames(events);
        for (role, octets) in Role::ALL.into_iter().zip(skipped).filter(|(_, octets)| *octets > 0) {
            self.notes
                .push(format!("{octets} octets of the {role} before its first whole frame are not judged"));
        }
        // The opening handshake is unknown, so a frame with RSV1 stands for the extension.
        self.deflate |= Role::ALL.into_iter().any(|role| resync::has_rsv1(&events, role));
        events
    }

    /// The first Close of a side.
    pub fn first_close(&self, role: Role) -> Option<&RecordedClose> {
        self.closes.iter().find(|close| close.from == role)
    }

    /// Reads the frames of both directions, and fills in what is missing where that is possible.
    ///
    /// What is behind a gap is read instead of what is before it, unless that has a Close.
    fn read(&mut self, mut events: Vec<RecordedEvent>) {
        let mut gaps = 0;
        while let Some(mut gap) = self.read_until_gap(&events) {
            gaps += 1;
            if gaps > MAX_GAPS
                && self.closes.is_empty()
                && let Some(last) = events.iter().rposition(|event| is_missing(&event.kind))
            {
                self.notes.push(
                    "octets are missing in many places; what is before the last is not judged".to_owned(),
                );
                gap = gap.max(last);
            }
            let behind: Vec<RecordedEvent> = events.split_off(gap + 1);
            if !self.closes.is_empty() || behind.is_empty() {
                self.is_cut = true;
                break;
            }
            self.events.clear();
            events = self.resync(behind);
        }
        if self.is_cut {
            self.end = End::Cut;
            self.idle_until = None;
        }
    }

    /// Reads up to the first octets that are missing and cannot be filled in. Returns the index of that event.
    fn read_until_gap(&mut self, events: &[RecordedEvent]) -> Option<usize> {
        let mut streams = [Stream::new(Role::Client), Stream::new(Role::Server)];
        let mut room = MAX_FILL;
        for (index, event) in events.iter().enumerate() {
            let mut event = event.clone();
            let at = self.events.len();
            let stream = &mut streams[event.from as usize];
            match &event.kind {
                RecordedKind::Octets(octets) => stream.read(at, octets, &mut self.closes),
                RecordedKind::Missing { octets } if stream.skip_frame(*octets, &mut self.closes) => {
                    self.has_headers_only = true;
                }
                RecordedKind::Missing { octets } => {
                    let fill = octets.filter(|octets| *octets <= room);
                    let Some(fill) = fill.and_then(|octets| stream.fill(octets, self.deflate)) else {
                        let place =
                            event.packet.map(|packet| format!(" at packet {packet}")).unwrap_or_default();
                        self.notes.push(format!("octets of the {} are missing{place}", event.from));
                        return Some(index);
                    };
                    room -= fill.len() as u64;
                    stream.read(at, &fill, &mut self.closes);
                    event.kind = RecordedKind::Octets(fill);
                }
                RecordedKind::Fin | RecordedKind::Reset | RecordedKind::TlsClosed => {}
            }
            self.events.push(event);
        }
        None
    }
}

/// One direction.
struct Stream {
    from: Role,
    frames: FrameAssembler,
    /// The event in which the frame in progress begins, and how many octets of the event precede it.
    begun: (usize, usize),
    /// The octets of the payload in progress.
    read: u64,
    /// The text of the message in progress ends within a character.
    text_tail: Vec<u8>,
    /// The index of the Close in progress.
    close: Option<usize>,
}

impl Stream {
    fn new(from: Role) -> Stream {
        Stream {
            from,
            frames: FrameAssembler::new(KeptPayload::UpTo(KEPT)),
            begun: (0, 0),
            read: 0,
            text_tail: Vec::new(),
            close: None,
        }
    }

    fn read(&mut self, event: usize, octets: &[u8], closes: &mut Vec<RecordedClose>) {
        let mut rest = octets;
        let mut scratch = Vec::new();
        loop {
            if self.frames.at_boundary() && !rest.is_empty() {
                self.begun = (event, octets.len() - rest.len());
            }
            let Some(part) = self.frames.next(&mut rest) else { break };
            match part {
                FramePart::Header(header) => {
                    self.read = 0;
                    if header.opcode == Opcode::Close {
                        self.close = Some(closes.len());
                        let (event, offset) = self.begun;
                        let (from, payload) = (self.from, Vec::new());
                        closes.push(RecordedClose {
                            from,
                            event,
                            offset,
                            header,
                            payload,
                            is_complete: false,
                        });
                    }
                }
                FramePart::Payload(part) => {
                    scratch.clear();
                    part.append_to(&mut scratch);
                    self.read += scratch.len() as u64;
                    if self.frames.header().is_some_and(|header| !header.opcode.is_control()) {
                        self.text_tail.extend_from_slice(&scratch);
                        let tail = incomplete_character(&self.text_tail);
                        self.text_tail.drain(..self.text_tail.len() - tail);
                    }
                    if let Some(close) = self.close {
                        closes[close].payload = self.frames.payload().to_vec();
                    }
                }
                FramePart::End(header) => {
                    if let Some(close) = self.close.take() {
                        closes[close].is_complete = true;
                    }
                    if header.fin && !header.opcode.is_control() {
                        self.text_tail.clear();
                    }
                }
            }
        }
    }

    /// Skips a frame whose header was recorded up to its length, and of which exactly the rest is missing.
    fn skip_frame(&mut self, missing: Option<u64>, closes: &mut Vec<RecordedClose>) -> bool {
        let Some((header, rest)) = header_only(&self.frames, self.from) else { return false };
        if missing != Some(rest) {
            return false;
        }
        self.frames.restart();
        self.text_tail.clear();
        // A header without a mask is complete, and its Close is listed already.
        if header.opcode == Opcode::Close && self.close.take().is_none() {
            let (event, offset) = self.begun;
            let payload = Vec::new();
            closes.push(RecordedClose {
                from: self.from,
                event,
                offset,
                header,
                payload,
                is_complete: false,
            });
        }
        true
    }

    /// Octets in place of missing ones, if these belong to the payload of a message that nothing depends on: binary, or the
    /// rest of a text that is not cut within a character.
    fn fill(&self, missing: u64, deflate: bool) -> Option<Vec<u8>> {
        let header = self.frames.header()?;
        let left = header.length.value().checked_sub(self.read)?;
        let is_plain = header.rsv == 0 || !deflate;
        let fits = match header.opcode {
            Opcode::Binary => missing <= left,
            Opcode::Text => missing == left && header.fin && self.text_tail.is_empty(),
            Opcode::Continuation | Opcode::Close | Opcode::Ping | Opcode::Pong | Opcode::Reserved(_) => false,
        };
        if !fits || !is_plain {
            return None;
        }
        let mut octets = vec![b'.'; usize::try_from(missing).ok()?];
        if let Some(key) = header.mask {
            frame::mask(key, self.read, &mut octets);
        }
        Some(octets)
    }
}

/// The header at the end of a stream that is complete up to its length, and the size of what follows: key and payload.
pub fn header_only(frames: &FrameAssembler, from: Role) -> Option<(Header, u64)> {
    if let Some(header) = frames.header() {
        // A frame without a mask, of which no payload was recorded.
        return (header.mask.is_none() && frames.payload().is_empty())
            .then(|| (header, header.length.value()));
    }
    let header = frames.partial_header(from)?;
    Some((header, header.length.value().saturating_add(4)))
}

/// How many gaps are looked behind, one after the other. What is behind a gap is read again for each.
const MAX_GAPS: usize = 16;

const fn is_missing(kind: &RecordedKind) -> bool {
    match kind {
        RecordedKind::Missing { .. } => true,
        RecordedKind::Octets(_) | RecordedKind::Fin | RecordedKind::Reset | RecordedKind::TlsClosed => false,
    }
}

/// The most missing octets of a connection that are filled in. A few octets of a recording may stand for many.
const MAX_FILL: u64 = 16 << 20;

/// The number of octets at the end that begin a character without completing it.
fn incomplete_character(text: &[u8]) -> usize {
    match std::str::from_utf8(text) {
        Ok(_) => 0,
        Err(error) => match error.error_len() {
            None => text.len() - error.valid_up_to(),
            Some(_) => 0,
        },
    }
}
