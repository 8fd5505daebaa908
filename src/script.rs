//! Scripts: what the peer and the application of an endpoint under test do, step by step. In comes a file
//! or a fuzzer's bytes, out come steps.
//!
//! The binary form is versioned and total: after its first octet, [`MAGIC`], any bytes are a script, so
//! that a fuzzer wastes nothing. The text form ([`text`]) is for people, and is compiled to the binary one.
//! Text to binary to text is the identity on text that `Display` wrote.

mod binary;
pub mod corpus;
pub mod text;

pub use binary::{Steps, Writer};

use std::fmt;

use crate::protocol::code::CloseCode;
use crate::protocol::frame::{self, Header, Length, Opcode};
use crate::protocol::role::Role;

/// The first octet of a binary script: `0xC0` plus the version of the codec.
pub const MAGIC: u8 = 0xC0 | VERSION;

/// The version of both forms.
pub const VERSION: u8 = 1;

/// The largest script that is read, in octets, in either form.
pub const MAX_SCRIPT: usize = 1 << 16;

/// The masking key of a script's frames unless it says otherwise: the one of RFC 6455 §5.7.
pub const DEFAULT_KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The kind of a data message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MessageKind {
    /// UTF-8.
    Text,
    /// Anything.
    Binary,
}

impl MessageKind {
    /// The opcode of its first frame.
    pub const fn opcode(self) -> Opcode {
        match self {
            MessageKind::Text => Opcode::Text,
            MessageKind::Binary => Opcode::Binary,
        }
    }

    /// `text` or `binary`.
    pub const fn name(self) -> &'static str {
        match self {
            MessageKind::Text => "text",
            MessageKind::Binary => "binary",
        }
    }
}

/// A payload in brief: an optional code, then `tail` as many times as `times` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    /// Two octets in front, in network order.
    pub code: Option<CloseCode>,
    /// What follows them, at most 127 octets.
    pub chunk: &'a [u8],
    /// How often it follows, at least once.
    pub repeat: u8,
}

impl<'a> Payload<'a> {
    /// No octets.
    pub const EMPTY: Payload<'static> = Payload { code: None, chunk: &[], repeat: 1 };

    /// As far as it is UTF-8: what an application that has strings can ask for.
    fn as_text(self) -> Payload<'a> {
        let tail = binary::utf8_prefix(self.chunk).as_bytes();
        Payload { code: self.code, chunk: tail, repeat: if tail.is_empty() { 1 } else { self.repeat } }
    }

    /// How many octets it makes.
    pub const fn len(&self) -> usize {
        (if self.code.is_some() { 2 } else { 0 }) + self.chunk.len() * self.repeat as usize
    }

    /// Whether it makes none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends the octets.
    pub fn write(&self, out: &mut Vec<u8>) {
        if let Some(code) = self.code {
            out.extend_from_slice(&code.to_octets());
        }
        for _ in 0..self.repeat {
            out.extend_from_slice(self.chunk);
        }
    }
}

/// How octets are handed to TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SegmentPlacement {
    /// Joined to the segment before, instead of beginning one.
    pub glue: bool,
    /// The segment is cut after so many octets of this step.
    pub cut: Option<u8>,
}

/// Which of the three length forms a frame uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum LengthEncoding {
    /// The shortest, as §5.2 demands.
    #[default]
    Shortest,
    /// 16 bits, or 64 where that is too few.
    Sixteen,
    /// 64 bits.
    SixtyFour,
}

/// A frame that the peer sends, any field wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameStep<'a> {
    /// FIN.
    pub fin: bool,
    /// RSV1 (4), RSV2 (2), RSV3 (1).
    pub rsv: u8,
    /// The opcode.
    pub opcode: Opcode,
    /// Whether it is masked as the peer's role forbids, or bare where it demands a mask.
    pub mask_wrong: bool,
    /// The masking key, where the frame has one; `None` is [`DEFAULT_KEY`].
    pub key: Option<[u8; 4]>,
    /// The form of its length.
    pub length_encoding: LengthEncoding,
    /// The length that it claims, if not that of its payload.
    pub claimed_len: Option<u64>,
    /// The payload.
    pub payload: Payload<'a>,
    /// How it is handed to TCP.
    pub placement: SegmentPlacement,
}

impl<'a> FrameStep<'a> {
    /// A frame with nothing wrong.
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
            placement: SegmentPlacement { glue: false, cut: None },
        }
    }

    /// The header, when an endpoint of role `sender` sends it.
    pub fn header(&self, sender: Role) -> Header {
        let masked = (sender == Role::Client) != self.mask_wrong;
        let value = self.claimed_len.unwrap_or(self.payload.len() as u64);
        let length = match self.length_encoding {
            LengthEncoding::Shortest => Length::shortest(value),
            LengthEncoding::Sixteen => {
                u16::try_from(value).map_or(Length::sixty_four(value), Length::sixteen)
            }
            LengthEncoding::SixtyFour => Length::sixty_four(value),
        };
        let mask = masked.then_some(self.key.unwrap_or(DEFAULT_KEY));
        Header { fin: self.fin, rsv: self.rsv, opcode: self.opcode, length, mask }
    }

    /// Appends the frame as an endpoint of role `sender` sends it.
    pub fn write(&self, sender: Role, out: &mut Vec<u8>) {
        let header = self.header(sender);
        out.extend_from_slice(header.encode().as_slice());
        let start = out.len();
        self.payload.write(out);
        if let Some(key) = header.mask {
            frame::mask(key, 0, &mut out[start..]);
        }
    }
}

/// How the octets of a connection are cut when it is played again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Segmentation {
    /// As the steps say.
    AsWritten,
    /// Joined wherever nothing but octets stands between.
    Coalesced,
    /// Every octet alone.
    Bytewise,
    /// After so many octets of every segment.
    SplitAt(u8),
}

/// One step of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// The peer sends a frame.
    Frame(FrameStep<'a>),
    /// The peer sends octets.
    Octets {
        /// The octets, at most 255.
        octets: &'a [u8],
        /// How they are handed to TCP.
        placing: SegmentPlacement,
    },
    /// The peer closes its half of TCP.
    Fin,
    /// The peer resets TCP.
    Reset,
    /// The peer is gone without a word: what it sent before still arrives, so many writes are still taken and
    /// lost, and after them writing fails (`EPIPE`); shutting down fails at once (`ENOTCONN`).
    PeerGone(u8),
    /// The peer stops reading: nothing more can be written until it reads again.
    PeerPause,
    /// It reads again.
    PeerResume,
    /// The application closes, with `payload.code` and the reason that the rest makes.
    AppClose(Payload<'a>),
    /// The application sends a message.
    AppSend {
        /// Text or binary.
        kind: MessageKind,
        /// Its payload; for text, as far as it is UTF-8.
        payload: Payload<'a>,
    },
    /// The application stops reading.
    Pause,
    /// It reads again.
    Resume,
    /// So many ticks of silence pass.
    Wait(u8),
    /// A new connection begins with the step after.
    Connect,
    /// The steps of the connection are played once more, on a connection of their own. What follows begins
    /// a new one.
    Repeat(Segmentation),
    /// A note for whoever reads the timeline.
    Note(&'a str),
}

impl<'a> Step<'a> {
    /// The payload of a frame, or the reason or message of the application's, if it has one.
    pub const fn payload(&self) -> Option<Payload<'a>> {
        match self {
            Step::Frame(frame) => Some(frame.payload),
            Step::AppClose(payload) | Step::AppSend { payload, .. } => Some(*payload),
            Step::Octets { .. }
            | Step::Fin
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

    /// How many octets of payload, reason or message it has.
    pub const fn payload_len(&self) -> usize {
        match (self, self.payload()) {
            (Step::Octets { octets, .. }, _) => octets.len(),
            (_, Some(payload)) => payload.len(),
            (_, None) => 0,
        }
    }

    /// Appends the octets that the peer, in the role `sender`, sends by it, and says how they are placed; `None`
    /// where it sends none.
    pub fn write(&self, sender: Role, out: &mut Vec<u8>) -> Option<SegmentPlacement> {
        match self {
            Step::Frame(frame) => {
                frame.write(sender, out);
                Some(frame.placement)
            }
            Step::Octets { octets, placing } => {
                out.extend_from_slice(octets);
                Some(*placing)
            }
            Step::Fin
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

    /// Whether a new connection begins with it or after it.
    pub const fn begins_connection(&self) -> bool {
        matches!(self, Step::Connect | Step::Repeat(_))
    }

    /// The note, where it is one and nothing happens.
    pub const fn note(&self) -> Option<&'a str> {
        if let Step::Note(text) = self { Some(*text) } else { None }
    }
}

/// Why octets are not a script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// There are none.
    #[error(
        "expected a script, found an empty file; the shortest script is the two lines `wsclose 1` and `role server`"
    )]
    Empty,
    /// Another version of the codec wrote it.
    #[error(
        "expected version {VERSION} of the script codec, found version {0}; replay it with the release that wrote it, and save it as text"
    )]
    Version(u8),
    /// Something else.
    #[error(
        "expected a script that begins with `wsclose {VERSION}` or with the octet {MAGIC:#04x}, found {0:#04x}"
    )]
    Magic(u8),
    /// More than [`MAX_SCRIPT`].
    #[error("expected a script of at most {MAX_SCRIPT} octets, found {0}")]
    TooLong(usize),
    /// The text form has a mistake.
    #[error(transparent)]
    Text(#[from] text::ScriptParseError),
}

/// A script in its binary form, borrowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Script<'a> {
    role: Role,
    steps: &'a [u8],
}

impl<'a> Script<'a> {
    /// Reads the binary form. After the first octet, nothing can be wrong.
    pub fn decode(octets: &'a [u8]) -> Result<Script<'a>, ScriptError> {
        match octets {
            [] => Err(ScriptError::Empty),
            _ if octets.len() > MAX_SCRIPT => Err(ScriptError::TooLong(octets.len())),
            [MAGIC] => Ok(Script { role: Role::Client, steps: &[] }),
            [MAGIC, role, steps @ ..] => {
                let role = if role & 1 == 0 { Role::Client } else { Role::Server };
                Ok(Script { role, steps })
            }
            [other, ..] if other & 0xf0 == 0xc0 => Err(ScriptError::Version(other & 0x0f)),
            [other, ..] => Err(ScriptError::Magic(*other)),
        }
    }

    /// The role of the endpoint under test; the script plays the other.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The steps, in order.
    pub const fn steps(&self) -> Steps<'a> {
        Steps::of(self.steps)
    }

    /// The same script on an endpoint of the other role.
    pub const fn for_role(self, role: Role) -> Script<'a> {
        Script { role, steps: self.steps }
    }

    /// The binary form, written the one way that `Display`'s text compiles to.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new(self.role);
        self.steps().for_each(|step| out.step(&step));
        out.into_octets()
    }
}

impl fmt::Debug for Script<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A script that owns its octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptBuf(Vec<u8>);

impl ScriptBuf {
    /// Reads either form, told apart by the first octets.
    pub fn read(octets: &[u8]) -> Result<ScriptBuf, ScriptError> {
        if octets.len() > MAX_SCRIPT {
            return Err(ScriptError::TooLong(octets.len()));
        }
        if text::is_text(octets) {
            return Ok(ScriptBuf(text::parse(octets)?));
        }
        Script::decode(octets).map(|script| ScriptBuf(script.encode()))
    }

    /// The script.
    pub fn as_script(&self) -> Script<'_> {
        Script::decode(&self.0).expect("a ScriptBuf holds what decode took")
    }

    /// The binary form.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}
