//! Finds the octets of a direction that need not be kept: payloads of messages on which no verdict depends.

use std::ops::Range;

use wsclose::protocol::frame::{self, Decoder, Header, Opcode, Piece};

/// The octets of a payload that are kept, at least.
const KEPT: usize = 16;
/// Fewer octets stay, because an event of their own takes as much memory.
const LEAST: usize = 256;
/// The longest head of the opening handshake.
const MAX_HEAD: usize = 1 << 16;

/// Follows the frames of one direction.
#[derive(Debug, Default)]
pub(super) struct Shrink {
    state: State,
}

#[derive(Debug)]
enum State {
    /// The head of the opening handshake so far.
    Head(Vec<u8>),
    /// The frames behind it, with the header of the frame in progress.
    Frames(Decoder, Option<Header>),
    /// The octets are no frames, or some of them are missing.
    Unknown,
}

impl Default for State {
    fn default() -> State {
        State::Head(Vec::new())
    }
}

impl Shrink {
    /// Octets are missing, so the frames behind them are unknown.
    pub fn lose(&mut self) {
        self.state = State::Unknown;
    }

    /// Reads the next segment. Returns the ranges of it that need not be kept, in order.
    pub fn spare(&mut self, segment: &[u8]) -> Vec<Range<usize>> {
        let mut behind_head = 0;
        if let State::Head(head) = &mut self.state {
            let before = head.len();
            head.extend_from_slice(segment);
            // The end may begin in the segment before.
            let from = before.saturating_sub(3);
            let Some(end) = head[from..].windows(4).position(|octets| octets == b"\r\n\r\n") else {
                if head.len() > MAX_HEAD {
                    self.lose();
                }
                return Vec::new();
            };
            let is_opening = head.starts_with(b"GET ") || head.starts_with(b"HTTP/1.1 101 ");
            behind_head = from + end + 4 - before;
            let frames = || State::Frames(Decoder::default(), None);
            self.state = if is_opening { frames() } else { State::Unknown };
        }
        let State::Frames(decoder, header) = &mut self.state else { return Vec::new() };
        let mut ranges = Vec::new();
        let mut rest = &segment[behind_head..];
        while let Some(piece) = decoder.next(&mut rest) {
            match piece {
                Piece::Header(next) if next.rsv & 3 == 0 && !matches!(next.opcode, Opcode::Reserved(_)) => {
                    *header = Some(next);
                }
                Piece::Header(_) => {
                    self.lose();
                    break;
                }
                Piece::Payload { octets, offset } => {
                    let end = segment.len() - rest.len();
                    let kept = header.and_then(|header| kept(&header, octets, offset));
                    if let Some(kept) = kept.filter(|kept| octets.len() >= kept + LEAST) {
                        ranges.push(end - octets.len() + kept..end);
                    }
                }
                Piece::End => {}
            }
        }
        ranges
    }
}

/// How many octets of a part of a payload have to be kept; `None` if all.
fn kept(header: &Header, part: &[u8], offset: u64) -> Option<usize> {
    // A compressed message is inflated.
    if header.rsv != 0 {
        return None;
    }
    match header.opcode {
        Opcode::Binary if offset == 0 => Some(KEPT),
        Opcode::Binary => Some(0),
        // The text is known to be valid, and what is left out ends where the message does.
        Opcode::Text if header.fin && offset == 0 && part.len() as u64 == header.length.value() => {
            let mut text = part.to_vec();
            if let Some(key) = header.mask {
                frame::mask(key, 0, &mut text);
            }
            let text = std::str::from_utf8(&text).ok()?;
            (KEPT..text.len()).find(|at| text.is_char_boundary(*at))
        }
        Opcode::Text
        | Opcode::Continuation
        | Opcode::Close
        | Opcode::Ping
        | Opcode::Pong
        | Opcode::Reserved(_) => None,
    }
}
