//! A session as lines: both directions in the order in which they were recorded.

use std::time::Duration;

use wsclose::harness::FrameDisplay;
use wsclose::protocol::assembler::{FrameAssembler, FramePart, KeptPayload};
use wsclose::protocol::frame::{Header, Opcode};
use wsclose::protocol::role::Role;

use crate::recording::RecordedKind;
use crate::session::{Session, header_only};

/// The octets of a payload that are shown.
const KEPT: usize = 256;

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
    let mut lanes = [Lane::new(), Lane::new()];
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
}

impl Lane {
    fn new() -> Lane {
        Lane { frames: FrameAssembler::new(KeptPayload::UpTo(KEPT)), begun: None }
    }

    fn read(&mut self, at: usize, octets: &[u8], redact: bool, push: &mut impl FnMut(usize, String)) {
        let mut rest = octets;
        loop {
            if !rest.is_empty() {
                self.begun.get_or_insert(at);
            }
            let Some(part) = self.frames.next(&mut rest) else { return };
            if let FramePart::End(header) = part {
                let text = shown(&header, self.frames.payload(), redact);
                push(self.begun.take().unwrap_or(at), text);
            }
        }
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
