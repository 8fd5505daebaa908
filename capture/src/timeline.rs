//! A session as lines: both directions in the order in which they were recorded.

use std::time::Duration;

use wsclose::harness::{FrameDisplay, Quoted};
use wsclose::protocol::assembler::{FrameAssembler, FramePart, KeptPayload};
use wsclose::protocol::deflate::{COMPRESSED_RSV, Inflater};
use wsclose::protocol::frame::{Header, Opcode};
use wsclose::protocol::role::Role;

use crate::recording::RecordedKind;
use crate::session::{Session, header_only};

/// The octets of a payload that are shown.
const KEPT: usize = 256;

/// The most octets of an inflated message.
const MAX_MESSAGE: usize = 1 << 20;

/// A line: a frame, or another event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The index of the event in [`Session::events`] in which it begins.
    pub event: usize,
    /// The side that did it.
    pub from: Role,
    /// The number of the packet.
    pub packet: Option<u64>,
    /// The time since the beginning of the recording.
    pub time: Option<Duration>,
    /// What it is.
    pub text: String,
}

/// The lines of a session. `redact` shows the payloads of messages, Pings and Pongs by their lengths alone.
pub fn lines(session: &Session, redact: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    // Only who saw the whole connection can inflate, because a message may refer to those before it.
    let inflates = session.deflate && !session.begins_late && !redact;
    let mut lanes = [Lane::new(inflates), Lane::new(inflates)];
    for (at, event) in session.events.iter().enumerate() {
        let mut push = |begun: usize, text: String| {
            let first = &session.events[begun];
            lines.push(Line { event: begun, from: event.from, packet: first.packet, time: first.time, text });
        };
        match &event.kind {
            RecordedKind::Octets(octets) => lanes[event.from as usize].read(at, octets, redact, &mut push),
            RecordedKind::Missing { .. } => {
                let lane = &mut lanes[event.from as usize];
                match header_only(&lane.frames, event.from) {
                    Some((header, _)) => {
                        let (name, length) = (header.opcode.name(), header.length.value());
                        push(
                            lane.begun.take().unwrap_or(at),
                            format!("{name} ({length} octets, not recorded)"),
                        );
                        lane.frames.restart();
                    }
                    None => push(at, "octets are missing".to_owned()),
                }
            }
            RecordedKind::Fin => push(at, "FIN".to_owned()),
            RecordedKind::Reset => push(at, "RST".to_owned()),
            RecordedKind::TlsClosed => push(at, "close_notify".to_owned()),
        }
    }
    for (lane, from) in lanes.iter().zip(Role::ALL) {
        if let Some((header, begun)) = lane.frames.header().zip(lane.begun) {
            let first = &session.events[begun];
            let text = format!("{} …", shown(&header, lane.frames.payload(), redact));
            lines.push(Line { event: begun, from, packet: first.packet, time: first.time, text });
        }
    }
    lines.sort_by_key(|line| line.event);
    lines
}

struct Lane {
    frames: FrameAssembler,
    /// The event in which the frame in progress began.
    begun: Option<usize>,
    /// Inflates the compressed messages, until one of them cannot be inflated.
    inflater: Option<Inflater>,
    /// The message in progress is compressed. What it inflates to.
    message: Option<Vec<u8>>,
}

impl Lane {
    fn new(inflates: bool) -> Lane {
        let frames = FrameAssembler::new(KeptPayload::UpTo(KEPT));
        Lane { frames, begun: None, inflater: inflates.then(Inflater::new), message: None }
    }

    /// Inflates a part of a frame. A failure ends it for the rest of the connection.
    fn inflate(&mut self, part: &FramePart<'_>) {
        let (Some(inflater), Some(header)) = (&mut self.inflater, part_header(part, &self.frames)) else {
            return;
        };
        if header.opcode.is_control() {
            return;
        }
        let done = match part {
            FramePart::Header(header) => {
                if matches!(header.opcode, Opcode::Text | Opcode::Binary) {
                    self.message = (header.rsv == COMPRESSED_RSV).then(Vec::new);
                }
                return;
            }
            FramePart::Payload(part) => self.message.as_mut().map(|message| {
                let mut octets = Vec::new();
                part.append_to(&mut octets);
                inflater.inflate(&octets, MAX_MESSAGE, message)
            }),
            FramePart::End(header) if header.fin => {
                self.message.as_mut().map(|message| inflater.end_message(MAX_MESSAGE, message))
            }
            FramePart::End(_) => None,
        };
        if let Some(Err(_)) = done {
            (self.inflater, self.message) = (None, None);
        }
    }

    fn read(&mut self, at: usize, octets: &[u8], redact: bool, push: &mut impl FnMut(usize, String)) {
        let mut rest = octets;
        loop {
            if !rest.is_empty() {
                self.begun.get_or_insert(at);
            }
            let Some(part) = self.frames.next(&mut rest) else { return };
            self.inflate(&part);
            if let FramePart::End(header) = part {
                let inflated = self.message.take_if(|_| header.fin && !header.opcode.is_control());
                let text = match inflated {
                    Some(message) => shown_inflated(&header, &message),
                    None => shown(&header, self.frames.payload(), redact),
                };
                push(self.begun.take().unwrap_or(at), text);
            }
        }
    }
}

/// The header of the frame that a part belongs to.
fn part_header(part: &FramePart<'_>, frames: &FrameAssembler) -> Option<Header> {
    match part {
        FramePart::Header(header) | FramePart::End(header) => Some(*header),
        FramePart::Payload(_) => frames.header(),
    }
}

fn shown_inflated(header: &Header, message: &[u8]) -> String {
    let mask = if header.mask.is_some() { " masked" } else { "" };
    let name = header.opcode.name();
    match std::str::from_utf8(message) {
        Ok(_) if message.len() <= KEPT => format!("{name} {} inflated{mask}", Quoted(message)),
        Ok(_) | Err(_) => format!("{name} ({} octets) inflated{mask}", message.len()),
    }
}

fn shown(header: &Header, payload: &[u8], redact: bool) -> String {
    if redact && header.opcode != Opcode::Close {
        return format!("{} ({} octets)", header.opcode.name(), header.length.value());
    }
    let is_cut = payload.len() as u64 >= KEPT as u64 && header.length.value() > payload.len() as u64;
    if is_cut && header.opcode != Opcode::Close {
        return format!("{} ({} octets)", header.opcode.name(), header.length.value());
    }
    FrameDisplay { header, payload }.to_string()
}
