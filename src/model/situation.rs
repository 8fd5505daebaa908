//! Records what happened to an endpoint before it decides: on this connection and on earlier ones.
//!
//! A conforming endpoint decides by its state alone. A faulty one may also depend on what this module records.

use crate::protocol::code::CloseCode;
use crate::protocol::frame::{Header, Opcode};
use crate::protocol::role::Role;
use crate::protocol::state_machine::State;

/// The circumstances of a decision.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The role of the endpoint.
    pub role: Role,
    /// The state of the connection.
    pub state: State,
    /// Whether a fragmented message is in progress.
    pub in_message: bool,
    /// Whether permessage-deflate was negotiated.
    pub deflate: bool,
    /// The code of the endpoint's Close, if it sent one with a code.
    pub own_code: Option<CloseCode>,
    /// How the frame in progress arrived.
    pub arrival: &'a Arrival,
    /// What happened on this connection before the frame in progress.
    pub history: &'a History,
    /// What happened on earlier connections.
    pub past: &'a Past,
}

/// How a frame arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Whether the frame began in the octets that the peer sent with its opening handshake.
    pub with_opening: bool,
    /// The opcode of the frame that ended directly before this one in the same segment.
    pub behind: Option<Opcode>,
    /// Whether the peer ends TCP at once after the octets.
    pub with_end: bool,
    /// Bit `n` is set if a segment ended after `n` octets of the frame. Later ends are not recorded.
    cuts: u128,
}

impl Arrival {
    /// The arrival of a frame of which nothing has arrived.
    pub(super) fn begin(with_opening: bool, with_end: bool, behind: Option<Opcode>) -> Arrival {
        Arrival { with_opening, with_end, behind, cuts: 0 }
    }

    /// Records that a segment ended after this many octets of the frame.
    pub(super) fn cut_after(&mut self, octets: usize) {
        if let Some(bit) = u32::try_from(octets).ok().and_then(|octets| 1_u128.checked_shl(octets)) {
            self.cuts |= bit;
        }
    }

    /// Whether a segment ended after one of these numbers of octets of the frame.
    pub fn is_cut_in(&self, mut octets: std::ops::Range<usize>) -> bool {
        octets.any(|octets| octets < 128 && self.cuts >> octets & 1 == 1)
    }

    /// Whether a segment ended inside the masking key of the frame with this header.
    pub fn is_cut_in_key(&self, header: &Header) -> bool {
        let end = header.encode().as_slice().len();
        header.mask.is_some() && self.is_cut_in(end - 3..end)
    }

    /// Whether a segment ended after this many octets of the payload of the frame with this header.
    pub fn is_cut_in_payload(&self, header: &Header, octets: std::ops::Range<usize>) -> bool {
        let start = header.encode().as_slice().len();
        self.is_cut_in(start + octets.start..start + octets.end)
    }
}

/// What happened on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The Pings that were received.
    pub pings: u32,
    /// The Pongs that were received.
    pub pongs: u32,
    /// The complete messages that were received.
    pub messages: u32,
    /// Whether one of these messages was empty.
    pub empty_message: bool,
    /// Whether one of these messages was binary.
    pub binary_message: bool,
    /// Whether one of these messages came in fragments.
    pub fragmented_message: bool,
    /// Whether one of these messages was compressed.
    pub compressed_message: bool,
    /// The size of the longest of these messages, in octets.
    pub longest_message: u64,
    /// The messages and Pings that were received after the endpoint's own Close.
    pub frames_while_closing: u32,
    /// Whether the endpoint sent its Close before it received one.
    pub closed_first: bool,
    /// The messages that the application sent.
    pub sent_messages: u32,
    /// The longest time without octets of the peer, in ticks.
    pub longest_silence: u32,
    /// The ticks since the last octets of the peer.
    silence: u32,
}

impl History {
    /// Records octets of the peer.
    pub(super) fn octets_arrived(&mut self) {
        self.silence = 0;
    }

    /// Records a tick of idle time.
    pub(super) fn tick(&mut self) {
        self.silence += 1;
        self.longest_silence = self.longest_silence.max(self.silence);
    }

    /// Records a complete frame.
    pub(super) fn frame_ended(&mut self, header: &Header, state: State, size: u64, compressed: bool) {
        match header.opcode {
            Opcode::Ping => self.pings += 1,
            Opcode::Pong => self.pongs += 1,
            Opcode::Text | Opcode::Binary | Opcode::Continuation => {
                self.fragmented_message |= !header.fin;
                self.binary_message |= header.opcode == Opcode::Binary;
                if header.fin {
                    self.messages += 1;
                    self.empty_message |= size == 0;
                    self.compressed_message |= compressed;
                    self.longest_message = self.longest_message.max(size);
                }
            }
            Opcode::Close | Opcode::Reserved(_) => {}
        }
        if state == State::CloseSent && header.opcode != Opcode::Close {
            self.frames_while_closing += 1;
        }
    }
}

/// What happened on the connections of an endpoint before the present one.
///
/// An endpoint that is created for each connection needs that of the one before: [`Endpoint::past`] returns it, and
/// [`Endpoint::with_past`] takes it.
///
/// [`Endpoint::past`]: super::endpoint::Endpoint::past
/// [`Endpoint::with_past`]: super::endpoint::Endpoint::with_past
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// The number of earlier connections.
    pub connections: u32,
    /// How the connection before this one ended.
    pub last: Option<Ending>,
    /// The code of the Close that the peer sent last on these connections, if it had one.
    pub last_code: Option<CloseCode>,
    /// Whether the endpoint failed one of the connections (RFC 6455 §7.1.7).
    pub failed: bool,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Both endpoints sent a Close.
    Clean,
    /// The endpoint failed the connection.
    Failed,
    /// The peer reset TCP.
    Reset,
    /// TCP ended, or the next connection began, without Closes both ways.
    Cut,
}

impl Past {
    /// The past after one more connection.
    pub(super) fn after(self, ending: Ending, code: Option<CloseCode>) -> Past {
        Past {
            last_code: code.or(self.last_code),
            connections: self.connections.saturating_add(1),
            last: Some(ending),
            failed: self.failed || ending == Ending::Failed,
        }
    }
}
