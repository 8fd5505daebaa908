//! Finds the beginning of a frame in a connection of which the beginning is missing.

use wsclose::protocol::frame::{Decoder, Header, LengthForm, Opcode, Piece};
use wsclose::protocol::role::Role;

use crate::recording::{RecordedEvent, RecordedKind};

/// The frames in a row that are enough to trust a position.
const ENOUGH: usize = 8;

/// How many segments are looked at to find the first frame of a side. A hostile recording may have many beginnings of
/// endless frames.
const MAX_STEPS: usize = 1 << 20;

/// The events from the first frame of each direction on, with what was left out in front of it. Segments mostly begin with
/// a frame, so only the beginnings of segments are tried.
pub fn from_first_frames(mut events: Vec<RecordedEvent>) -> (Vec<RecordedEvent>, [u64; 2]) {
    let skipped = Role::ALL.map(|role| skipped(&events, role));
    let mut left = skipped;
    for event in &mut events {
        let own = event.from as usize;
        let peer = event.from.peer() as usize;
        event.acknowledged = event.acknowledged.map(|count| count.saturating_sub(skipped[peer]));
        if let RecordedKind::Octets(octets) = &mut event.kind {
            let size = usize::try_from(left[own]).unwrap_or(usize::MAX).min(octets.len());
            octets.drain(..size);
            left[own] -= size as u64;
        }
    }
    events.retain(|event| !matches!(&event.kind, RecordedKind::Octets(octets) if octets.is_empty()));
    (events, skipped)
}

/// Whether a message of this side may be compressed: a data frame has RSV1.
pub fn has_rsv1(events: &[RecordedEvent], from: Role) -> bool {
    let mut decoder = Decoder::default();
    let mut found = false;
    for octets in octets_of(events, from) {
        let mut rest = octets;
        while let Some(piece) = decoder.next(&mut rest) {
            if let Piece::Header(header) = piece {
                found |= header.rsv == 4 && matches!(header.opcode, Opcode::Text | Opcode::Binary);
            }
        }
    }
    found
}

/// The octets of one direction up to the first that are missing.
fn octets_of(events: &[RecordedEvent], from: Role) -> impl Iterator<Item = &[u8]> {
    let of_side = events.iter().filter(move |event| event.from == from);
    of_side.map_while(|event| match &event.kind {
        RecordedKind::Octets(octets) => Some(octets.as_slice()),
        RecordedKind::Fin | RecordedKind::Reset | RecordedKind::TlsClosed => Some(&[][..]),
        RecordedKind::Missing { .. } => None,
    })
}

/// The number of octets in front of the first frame of a side; all of them if none is found.
fn skipped(events: &[RecordedEvent], from: Role) -> u64 {
    let segments: Vec<&[u8]> = octets_of(events, from).collect();
    let (mut before, mut steps) = (0, MAX_STEPS);
    for (at, segment) in segments.iter().enumerate() {
        if !segment.is_empty()
            && let Some(message) = frames_begin(&segments[at..], from, &mut steps)
        {
            return before + message;
        }
        before += segment.len() as u64;
    }
    before
}

/// Whether frames begin here. Returns the offset of the first that begins a message or is a control frame, behind the rest
/// of a message in progress.
fn frames_begin(segments: &[&[u8]], from: Role, steps: &mut usize) -> Option<u64> {
    let mut decoder = Decoder::default();
    let (mut frames, mut complete, mut position, mut header_at) = (0, 0, 0u64, 0u64);
    let mut start = Some(0);
    let mut seen_data = false;
    for segment in segments {
        if frames == ENOUGH {
            break;
        }
        *steps = steps.checked_sub(1)?;
        let mut rest = *segment;
        while frames < ENOUGH {
            let before = rest.len();
            if decoder.at_boundary() {
                header_at = position;
            }
            let piece = decoder.next(&mut rest);
            position += (before - rest.len()) as u64;
            let Some(piece) = piece else { break };
            match piece {
                Piece::Header(header) if is_plausible(&header, from) => {
                    frames += 1;
                    let is_rest = header.opcode == Opcode::Continuation && !seen_data;
                    seen_data |= !header.opcode.is_control() && (!is_rest || header.fin);
                    if is_rest {
                        // What was before the end of this message belongs to a message that began unseen.
                        start = None;
                    } else if start.is_none() && seen_data {
                        start = Some(header_at);
                    }
                }
                Piece::Header(_) => return None,
                Piece::Payload { .. } => {}
                Piece::End => complete += 1,
            }
        }
        position += rest.len() as u64;
    }
    (complete > 0).then_some(start).flatten()
}

fn is_plausible(header: &Header, sender: Role) -> bool {
    let is_known = !matches!(header.opcode, Opcode::Reserved(_));
    let length = header.length.value();
    let is_shortest = match header.length.form() {
        LengthForm::Seven => true,
        LengthForm::Sixteen => length > 125,
        LengthForm::SixtyFour => (0x1_0000..1 << 40).contains(&length),
    };
    let fits_control = !header.opcode.is_control() || header.fin && length <= 125 && header.rsv == 0;
    let is_masked = header.mask.is_some() == (sender == Role::Client);
    is_known && is_shortest && fits_control && is_masked && matches!(header.rsv, 0 | 4)
}
