//! The steps of a script: what the peer and the application of the endpoint under test do.

use crate::protocol::code::CloseCode;
use crate::protocol::deflate;
use crate::protocol::frame::{self, Header, Length, Opcode};
use crate::protocol::role::Role;

/// The masking key of a frame whose step names none: the key of the examples in RFC 6455 §5.7.
pub const DEFAULT_KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The kind of a data message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MessageKind {
    /// Text in UTF-8.
    Text,
    /// Binary data.
    Binary,
}

impl MessageKind {
    /// The opcode of the first frame of such a message.
    pub const fn opcode(self) -> Opcode {
        match self {
            MessageKind::Text => Opcode::Text,
            MessageKind::Binary => Opcode::Binary,
        }
    }

    /// The keyword in scripts: `text` or `binary`.
    pub const fn name(self) -> &'static str {
        match self {
            MessageKind::Text => "text",
            MessageKind::Binary => "binary",
        }
    }
}

/// A payload: an optional close code, then `repeat` copies of `chunk`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    /// The close code: the first two octets, in network order.
    pub code: Option<CloseCode>,
    /// The octets that are repeated, at most 127.
    pub chunk: &'a [u8],
    /// The number of copies of `chunk`, at least one.
    pub repeat: u8,
}

impl<'a> Payload<'a> {
    /// The payload without octets.
    pub const EMPTY: Payload<'static> = Payload { code: None, chunk: &[], repeat: 1 };

    /// The payload with the chunk cut where it stops being UTF-8, because an application passes reasons and texts
    /// as strings.
    pub(super) fn as_text(self) -> Payload<'a> {
        let chunk = utf8_prefix(self.chunk).as_bytes();
        Payload { code: self.code, chunk, repeat: if chunk.is_empty() { 1 } else { self.repeat } }
    }

    /// The size in octets.
    pub const fn len(&self) -> usize {
        (if self.code.is_some() { 2 } else { 0 }) + self.chunk.len() * self.repeat as usize
    }

    /// Whether the payload has no octets.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends the octets to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        if let Some(code) = self.code {
            out.extend_from_slice(&code.to_octets());
        }
        for _ in 0..self.repeat {
            out.extend_from_slice(self.chunk);
        }
    }
}

/// How the octets of a step are divided into segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SegmentPlacement {
    /// Whether the octets are appended to the previous segment instead of starting one.
    pub glue: bool,
    /// The number of octets of this step after which the segment ends and another one starts.
    pub cut: Option<u8>,
    /// Whether the octets are sent in one write with the opening handshake, if the connection has one. The steps at the
    /// beginning of a connection can be placed in this way.
    pub with_opening: bool,
}

/// The form in which a frame carries its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum LengthEncoding {
    /// The shortest form, as §5.2 requires.
    #[default]
    Shortest,
    /// 16 bits, or 64 bits if the length does not fit.
    Sixteen,
    /// 64 bits.
    SixtyFour,
}

/// A frame that the peer sends. Any field may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameStep<'a> {
    /// The FIN bit.
    pub fin: bool,
    /// RSV1 (4), RSV2 (2) and RSV3 (1) as a number, 0–7.
    pub rsv: u8,
    /// The opcode.
    pub opcode: Opcode,
    /// Whether a client omits the mask or a server masks the frame.
    pub mask_wrong: bool,
    /// The masking key, if the frame is masked. `None` stands for [`DEFAULT_KEY`].
    pub key: Option<[u8; 4]>,
    /// The form of the length.
    pub length_encoding: LengthEncoding,
    /// The length in the header, if it differs from that of the payload.
    pub claimed_len: Option<u64>,
    /// The payload.
    pub payload: Payload<'a>,
    /// Whether the payload is compressed (RFC 7692). RSV1 is then set too, unless the frame is a continuation.
    pub deflate: bool,
    /// How the frame is divided into segments.
    pub placement: SegmentPlacement,
}

impl<'a> FrameStep<'a> {
    /// A frame without anything wrong.
    pub const fn of(opcode: Opcode, payload: Payload<'a>) -> FrameStep<'a> {
        FrameStep {
            fin: true,
            rsv: 0,
            opcode,
            mask_wrong: false,
            key: None,
            length_encoding: LengthEncoding::Shortest,
            claimed_len: None,
            payload,
            deflate: false,
            placement: SegmentPlacement { glue: false, cut: None, with_opening: false },
        }
    }

    /// The header of the frame if a peer of this role sends it with a payload of `len` octets.
    fn header(&self, sender: Role, len: usize) -> Header {
        let masked = (sender == Role::Client) != self.mask_wrong;
        let value = self.claimed_len.unwrap_or(len as u64);
        let length = match self.length_encoding {
            LengthEncoding::Shortest => Length::shortest(value),
            LengthEncoding::Sixteen => {
                u16::try_from(value).map_or(Length::sixty_four(value), Length::sixteen)
            }
            LengthEncoding::SixtyFour => Length::sixty_four(value),
        };
        let mask = masked.then_some(self.key.unwrap_or(DEFAULT_KEY));
        // Only the first frame of a message is marked as compressed (RFC 7692 §6).
        let marked = self.deflate && self.opcode != Opcode::Continuation;
        let rsv = self.rsv | if marked { deflate::COMPRESSED_RSV } else { 0 };
        Header { fin: self.fin, rsv, opcode: self.opcode, length, mask }
    }

    /// Appends the frame to `out` as a peer of this role sends it.
    pub fn write(&self, sender: Role, out: &mut Vec<u8>) {
        if self.deflate {
            let (mut plain, mut compressed) = (Vec::new(), Vec::new());
            self.payload.write(&mut plain);
            deflate::compress(&plain, self.fin, &mut compressed);
            let header = self.header(sender, compressed.len());
            frame::write(&header, &compressed, out);
            return;
        }
        let header = self.header(sender, self.payload.len());
        out.extend_from_slice(header.encode().as_slice());
        let start = out.len();
        self.payload.write(out);
        if let Some(key) = header.mask {
            frame::mask(key, 0, &mut out[start..]);
        }
    }
}

/// How the octets of a connection are divided into segments when it is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Segmentation {
    /// As the steps define it.
    AsWritten,
    /// Octets without another step between them share a segment.
    Coalesced,
    /// Every octet is a segment.
    Bytewise,
    /// Every segment is cut after this many octets.
    SplitAt(u8),
}

/// One step of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// The peer sends a frame.
    Frame(FrameStep<'a>),
    /// The peer sends raw octets.
    Octets {
        /// The octets, at most 255.
        octets: &'a [u8],
        /// How the octets are divided into segments.
        placement: SegmentPlacement,
    },
    /// The peer sends FIN: it closes its write side.
    Fin {
        /// Whether the FIN follows the octets before it at once, so that the endpoint can do nothing between them.
        glue: bool,
    },
    /// The peer resets the TCP connection, at once after the octets before it.
    Reset,
    /// The peer vanishes. Octets that it sent before still arrive. This many more writes succeed and are lost, and
    /// later writes fail (`EPIPE`). A shutdown fails at once (`ENOTCONN`).
    PeerGone(u8),
    /// The peer stops reading, so that the endpoint can write nothing until the peer resumes.
    PeerPause,
    /// The peer reads again.
    PeerResume,
    /// The application closes the connection with `payload.code` and the rest of the payload as the reason.
    AppClose(Payload<'a>),
    /// The application sends a message.
    AppSend {
        /// Text or binary.
        kind: MessageKind,
        /// The payload without a code. The chunk of a text message is UTF-8.
        payload: Payload<'a>,
    },
    /// The application stops reading.
    Pause,
    /// The application reads again.
    Resume,
    /// This many ticks of idle time pass.
    Wait(u8),
    /// A new connection begins with the next step.
    Connect,
    /// The steps of the current connection run once more, on another connection. The next step begins a new one.
    Repeat(Segmentation),
    /// A note that the timeline shows.
    Note(&'a str),
}

impl<'a> Step<'a> {
    /// The payload of a frame, or the reason or message of the application, if the step has one.
    pub const fn payload(&self) -> Option<Payload<'a>> {
        match self {
            Step::Frame(frame) => Some(frame.payload),
            Step::AppClose(payload) | Step::AppSend { payload, .. } => Some(*payload),
            Step::Octets { .. }
            | Step::Fin { .. }
            | Step::Reset
            | Step::PeerGone(_)
            | Step::PeerPause
            | Step::PeerResume
            | Step::Pause
            | Step::Resume
            | Step::Wait(_)
            | Step::Connect
            | Step::Repeat(_)
            | Step::Note(_) => None,
        }
    }

    /// The size of the payload, reason or message, in octets.
    pub const fn payload_len(&self) -> usize {
        match (self, self.payload()) {
            (Step::Octets { octets, .. }, _) => octets.len(),
            (_, Some(payload)) => payload.len(),
            (_, None) => 0,
        }
    }

    /// Appends the octets that a peer of this role sends in the step, and returns how they are divided into
    /// segments. Returns `None` if the peer sends none.
    pub fn write(&self, sender: Role, out: &mut Vec<u8>) -> Option<SegmentPlacement> {
        if let Step::Frame(frame) = self {
            frame.write(sender, out);
        } else if let Step::Octets { octets, .. } = self {
            out.extend_from_slice(octets);
        }
        self.placement()
    }

    /// How the octets of the step are divided into segments, if the peer sends any in it.
    pub const fn placement(&self) -> Option<SegmentPlacement> {
        match self {
            Step::Frame(FrameStep { placement, .. }) | Step::Octets { placement, .. } => Some(*placement),
            Step::Fin { .. }
            | Step::Reset
            | Step::PeerGone(_)
            | Step::PeerPause
            | Step::PeerResume
            | Step::AppClose(_)
            | Step::AppSend { .. }
            | Step::Pause
            | Step::Resume
            | Step::Wait(_)
            | Step::Connect
            | Step::Repeat(_)
            | Step::Note(_) => None,
        }
    }

    /// Whether the octets of the step are sent with the opening handshake if it begins a connection.
    pub const fn is_placed_with_opening(&self) -> bool {
        matches!(self.placement(), Some(SegmentPlacement { with_opening: true, .. }))
    }

    /// Whether the step begins a connection or the next step does.
    pub const fn begins_connection(&self) -> bool {
        matches!(self, Step::Connect | Step::Repeat(_))
    }

    /// The text of a note, if the step is one.
    pub const fn note(&self) -> Option<&'a str> {
        if let Step::Note(text) = self { Some(*text) } else { None }
    }
}

/// The longest prefix that is UTF-8.
pub(super) fn utf8_prefix(octets: &[u8]) -> &str {
    match std::str::from_utf8(octets) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&octets[..error.valid_up_to()]).unwrap_or_default(),
    }
}
