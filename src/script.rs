//! Scripts: what the peer and the application of an endpoint under test do, step by step. In comes a file
//! or a fuzzer's bytes, out come steps.
//!
//! The binary form is versioned and total: after its first octet, [`MAGIC`], any bytes are a script, so
//! that a fuzzer wastes nothing. The text form ([`text`]) is for people, and is compiled to the binary one.
//! Text to binary to text is the identity on text that `Display` wrote.

pub mod text;

use std::fmt;

use crate::code::CloseCode;
use crate::frame::{self, Header, Length, Opcode};
use crate::role::Role;

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
    pub tail: &'a [u8],
    /// How often it follows, at least once.
    pub times: u8,
}

impl<'a> Payload<'a> {
    /// No octets.
    pub const EMPTY: Payload<'static> = Payload { code: None, tail: &[], times: 1 };

    /// As far as it is UTF-8: what an application that has strings can ask for.
    fn as_text(self) -> Payload<'a> {
        let tail = utf8_prefix(self.tail).as_bytes();
        Payload { code: self.code, tail, times: if tail.is_empty() { 1 } else { self.times } }
    }

    /// How many octets it makes.
    pub const fn len(&self) -> usize {
        (if self.code.is_some() { 2 } else { 0 }) + self.tail.len() * self.times as usize
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
        for _ in 0..self.times {
            out.extend_from_slice(self.tail);
        }
    }
}

/// How octets are handed to TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Placing {
    /// Joined to the segment before, instead of beginning one.
    pub glue: bool,
    /// The segment is cut after so many octets of this step.
    pub cut: Option<u8>,
}

/// Which of the three length forms a frame uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Form {
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
    pub form: Form,
    /// The length that it claims, if not that of its payload.
    pub claim: Option<u64>,
    /// The payload.
    pub payload: Payload<'a>,
    /// How it is handed to TCP.
    pub placing: Placing,
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
            form: Form::Shortest,
            claim: None,
            payload,
            placing: Placing { glue: false, cut: None },
        }
    }

    /// The header, when an endpoint of role `sender` sends it.
    pub fn header(&self, sender: Role) -> Header {
        let masked = (sender == Role::Client) != self.mask_wrong;
        let value = self.claim.unwrap_or(self.payload.len() as u64);
        let length = match self.form {
            Form::Shortest => Length::shortest(value),
            Form::Sixteen => u16::try_from(value).map_or(Length::sixty_four(value), Length::sixteen),
            Form::SixtyFour => Length::sixty_four(value),
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
pub enum Recut {
    /// As the steps say.
    AsWritten,
    /// Joined wherever nothing but octets stands between.
    Whole,
    /// Every octet alone.
    Each,
    /// After so many octets of every segment.
    At(u8),
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
        placing: Placing,
    },
    /// The peer closes its half of TCP.
    Fin,
    /// The peer resets TCP.
    Reset,
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
    Again(Recut),
    /// A note for whoever reads the timeline.
    Note(&'a str),
}

impl Step<'_> {
    /// How many octets of payload, reason or message it has.
    pub const fn payload_len(&self) -> usize {
        match self {
            Step::Frame(frame) => frame.payload.len(),
            Step::Octets { octets, .. } => octets.len(),
            Step::AppClose(payload) | Step::AppSend { payload, .. } => payload.len(),
            Step::Fin
            | Step::Reset
            | Step::Pause
            | Step::Resume
            | Step::Wait(_)
            | Step::Connect
            | Step::Again(_)
            | Step::Note(_) => 0,
        }
    }
}

/// Why octets are not a script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAScript {
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
    Text(#[from] text::Mistake),
}

/// A script in its binary form, borrowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Script<'a> {
    role: Role,
    steps: &'a [u8],
}

impl<'a> Script<'a> {
    /// Reads the binary form. After the first octet, nothing can be wrong.
    pub fn decode(octets: &'a [u8]) -> Result<Script<'a>, NotAScript> {
        match octets {
            [] => Err(NotAScript::Empty),
            _ if octets.len() > MAX_SCRIPT => Err(NotAScript::TooLong(octets.len())),
            [MAGIC] => Ok(Script { role: Role::Client, steps: &[] }),
            [MAGIC, role, steps @ ..] => {
                let role = if role & 1 == 0 { Role::Client } else { Role::Server };
                Ok(Script { role, steps })
            }
            [other, ..] if other & 0xf0 == 0xc0 => Err(NotAScript::Version(other & 0x0f)),
            [other, ..] => Err(NotAScript::Magic(*other)),
        }
    }

    /// The role of the endpoint under test; the script plays the other.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The steps, in order.
    pub const fn steps(&self) -> Steps<'a> {
        Steps { octets: self.steps }
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
    pub fn read(octets: &[u8]) -> Result<ScriptBuf, NotAScript> {
        if octets.len() > MAX_SCRIPT {
            return Err(NotAScript::TooLong(octets.len()));
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

/// The steps of a script, read as they are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Steps<'a> {
    octets: &'a [u8],
}

impl<'a> Steps<'a> {
    fn u8(&mut self) -> u8 {
        let (first, rest) = self.octets.split_first().unwrap_or((&0, &[]));
        self.octets = rest;
        *first
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.u8())
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.octets.split_at(len.min(self.octets.len()));
        self.octets = rest;
        taken
    }

    fn optional<T>(&mut self, given: bool, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        given.then(|| read(self))
    }

    fn code(&mut self) -> CloseCode {
        CloseCode(u16::from_be_bytes(self.array()))
    }

    fn payload(&mut self, has_code: bool) -> Payload<'a> {
        let code = self.optional(has_code, Self::code);
        let len = self.u8();
        let times = self.optional(len & 0x80 != 0, Self::u8).unwrap_or(1).max(1);
        let tail = self.take(usize::from(len & 0x7f));
        Payload { code, tail, times: if tail.is_empty() { 1 } else { times } }
    }

    fn frame(&mut self) -> FrameStep<'a> {
        let first = self.u8();
        let flags = self.u8();
        let key = self.optional(flags & flag::KEY != 0, Self::array);
        let cut = self.optional(flags & flag::CUT != 0, Self::u8);
        let claim = self.optional(flags & flag::CLAIM != 0, |steps| u64::from_be_bytes(steps.array()));
        let form = match flags >> flag::FORM_SHIFT & 0x03 {
            1 => Form::Sixteen,
            2 => Form::SixtyFour,
            _ => Form::Shortest,
        };
        FrameStep {
            fin: first & 0x80 != 0,
            rsv: first >> 4 & 0x07,
            opcode: Opcode::from_bits(first),
            mask_wrong: flags & flag::MASK_WRONG != 0,
            key,
            form,
            claim,
            payload: self.payload(flags & flag::CODE != 0),
            placing: Placing { glue: flags & flag::GLUE != 0, cut },
        }
    }
}

impl<'a> Iterator for Steps<'a> {
    type Item = Step<'a>;

    fn next(&mut self) -> Option<Step<'a>> {
        if self.octets.is_empty() {
            return None;
        }
        Some(match self.u8() % tag::COUNT {
            tag::FRAME => Step::Frame(self.frame()),
            tag::OCTETS => {
                let flags = self.u8();
                let cut = self.optional(flags & flag::CUT != 0, Self::u8);
                let len = usize::from(self.u8());
                Step::Octets {
                    octets: self.take(len),
                    placing: Placing { glue: flags & flag::GLUE != 0, cut },
                }
            }
            tag::FIN => Step::Fin,
            tag::RESET => Step::Reset,
            tag::APP_CLOSE => {
                let flags = self.u8();
                let payload = self.payload(flags & flag::CODE != 0);
                Step::AppClose(payload.as_text())
            }
            tag::APP_SEND => {
                let kind = if self.u8() & 1 == 0 { MessageKind::Text } else { MessageKind::Binary };
                let payload = self.payload(false);
                let payload = match kind {
                    MessageKind::Text => payload.as_text(),
                    MessageKind::Binary => payload,
                };
                Step::AppSend { kind, payload }
            }
            tag::PAUSE => Step::Pause,
            tag::RESUME => Step::Resume,
            tag::WAIT => Step::Wait(self.u8()),
            tag::CONNECT => Step::Connect,
            tag::AGAIN => Step::Again(match self.u8() % 4 {
                0 => Recut::AsWritten,
                1 => Recut::Whole,
                2 => Recut::Each,
                _ => Recut::At(self.u8()),
            }),
            _ => {
                let len = usize::from(self.u8());
                // A note is one line: what would end it, or is no text, is left out.
                let text = utf8_prefix(self.take(len));
                Step::Note(text.split(['\n', '\r']).next().unwrap_or_default().trim())
            }
        })
    }
}

fn utf8_prefix(octets: &[u8]) -> &str {
    match std::str::from_utf8(octets) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&octets[..error.valid_up_to()]).unwrap_or_default(),
    }
}

mod tag {
    pub const FRAME: u8 = 0;
    pub const OCTETS: u8 = 1;
    pub const FIN: u8 = 2;
    pub const RESET: u8 = 3;
    pub const APP_CLOSE: u8 = 4;
    pub const APP_SEND: u8 = 5;
    pub const PAUSE: u8 = 6;
    pub const RESUME: u8 = 7;
    pub const WAIT: u8 = 8;
    pub const CONNECT: u8 = 9;
    pub const AGAIN: u8 = 10;
    pub const NOTE: u8 = 11;
    pub const COUNT: u8 = 12;
}

mod flag {
    pub const MASK_WRONG: u8 = 1;
    pub const KEY: u8 = 1 << 1;
    pub const GLUE: u8 = 1 << 2;
    pub const CUT: u8 = 1 << 3;
    pub const FORM_SHIFT: u8 = 4;
    pub const CLAIM: u8 = 1 << 6;
    pub const CODE: u8 = 1 << 7;
}

/// Writes the binary form, step by step.
#[derive(Clone, Debug)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// A script without steps.
    pub fn new(role: Role) -> Writer {
        let role = match role {
            Role::Client => 0,
            Role::Server => 1,
        };
        Writer(vec![MAGIC, role])
    }

    /// The script.
    pub fn into_octets(self) -> Vec<u8> {
        self.0
    }

    /// Appends a step.
    pub fn step(&mut self, step: &Step<'_>) {
        match step {
            Step::Frame(frame) => self.frame(frame),
            Step::Octets { octets, placing } => {
                self.0.extend([tag::OCTETS, placing_flags(placing)]);
                self.0.extend(placing.cut);
                let octets = &octets[..octets.len().min(255)];
                self.0.push(octets.len() as u8);
                self.0.extend_from_slice(octets);
            }
            Step::Fin => self.0.push(tag::FIN),
            Step::Reset => self.0.push(tag::RESET),
            Step::AppClose(payload) => {
                self.0.extend([tag::APP_CLOSE, if payload.code.is_some() { flag::CODE } else { 0 }]);
                self.payload(payload);
            }
            Step::AppSend { kind, payload } => {
                let kind = match kind {
                    MessageKind::Text => 0,
                    MessageKind::Binary => 1,
                };
                self.0.extend([tag::APP_SEND, kind]);
                self.payload(payload);
            }
            Step::Pause => self.0.push(tag::PAUSE),
            Step::Resume => self.0.push(tag::RESUME),
            Step::Wait(ticks) => self.0.extend([tag::WAIT, *ticks]),
            Step::Connect => self.0.push(tag::CONNECT),
            Step::Again(recut) => {
                self.0.push(tag::AGAIN);
                match recut {
                    Recut::AsWritten => self.0.push(0),
                    Recut::Whole => self.0.push(1),
                    Recut::Each => self.0.push(2),
                    Recut::At(at) => self.0.extend([3, *at]),
                }
            }
            Step::Note(text) => {
                let text = crate::close::cut_between_characters(text, 255);
                self.0.extend([tag::NOTE, text.len() as u8]);
                self.0.extend_from_slice(text.as_bytes());
            }
        }
    }

    fn frame(&mut self, frame: &FrameStep<'_>) {
        let form = match frame.form {
            Form::Shortest => 0,
            Form::Sixteen => 1,
            Form::SixtyFour => 2,
        };
        let flags = placing_flags(&frame.placing)
            | if frame.mask_wrong { flag::MASK_WRONG } else { 0 }
            | if frame.key.is_some() { flag::KEY } else { 0 }
            | if frame.claim.is_some() { flag::CLAIM } else { 0 }
            | if frame.payload.code.is_some() { flag::CODE } else { 0 }
            | form << flag::FORM_SHIFT;
        let first = u8::from(frame.fin) << 7 | (frame.rsv & 0x07) << 4 | frame.opcode.bits();
        self.0.extend([tag::FRAME, first, flags]);
        self.0.extend(frame.key.into_iter().flatten());
        self.0.extend(frame.placing.cut);
        self.0.extend(frame.claim.into_iter().flat_map(u64::to_be_bytes));
        self.payload(&frame.payload);
    }

    fn payload(&mut self, payload: &Payload<'_>) {
        self.0.extend(payload.code.into_iter().flat_map(CloseCode::to_octets));
        let tail = &payload.tail[..payload.tail.len().min(0x7f)];
        if payload.times > 1 && !tail.is_empty() {
            self.0.extend([0x80 | tail.len() as u8, payload.times]);
        } else {
            self.0.push(tail.len() as u8);
        }
        self.0.extend_from_slice(tail);
    }
}

fn placing_flags(placing: &Placing) -> u8 {
    (if placing.glue { flag::GLUE } else { 0 }) | if placing.cut.is_some() { flag::CUT } else { 0 }
}
