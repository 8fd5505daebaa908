//! Frames (RFC 6455 §5.2), lossless: in come octets, however cut, out come headers that keep whatever is
//! wrong with them, and list it. Incomplete is not an error. The encoder builds any frame, wrong ones on
//! purpose; [`crate::close::ConformingClose`] builds only right ones.

use crate::flaw::{Flaw, Flaws};
use crate::role::Role;

/// The largest payload of a control frame (§5.5), in octets.
pub const MAX_CONTROL_PAYLOAD: usize = 125;

/// The longest frame header: two octets, a 64-bit length and a masking key.
pub const MAX_HEADER: usize = 14;

/// The four-bit opcode of a frame (§5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Opcode {
    /// 0
    Continuation,
    /// 1
    Text,
    /// 2
    Binary,
    /// 8
    Close,
    /// 9
    Ping,
    /// 10
    Pong,
    /// 3–7 and 11–15, kept as they came.
    Reserved(ReservedOpcode),
}

/// An opcode that §5.2 reserves: 3–7 for data, 11–15 for control frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReservedOpcode(u8);

impl Opcode {
    /// The opcode in the low four bits of an octet; the others are ignored.
    pub const fn from_bits(bits: u8) -> Opcode {
        match bits & 0x0f {
            0 => Opcode::Continuation,
            1 => Opcode::Text,
            2 => Opcode::Binary,
            8 => Opcode::Close,
            9 => Opcode::Ping,
            10 => Opcode::Pong,
            other => Opcode::Reserved(ReservedOpcode(other)),
        }
    }

    /// The four bits.
    pub const fn bits(self) -> u8 {
        match self {
            Opcode::Continuation => 0,
            Opcode::Text => 1,
            Opcode::Binary => 2,
            Opcode::Close => 8,
            Opcode::Ping => 9,
            Opcode::Pong => 10,
            Opcode::Reserved(other) => other.0,
        }
    }

    /// Whether it is a control frame's: the high bit of the four (§5.5).
    pub const fn is_control(self) -> bool {
        self.bits() & 0x08 != 0
    }

    /// The name in timelines, upper case; reserved ones by number, `OP3`.
    pub const fn name(self) -> &'static str {
        match self {
            Opcode::Continuation => "CONT",
            Opcode::Text => "TEXT",
            Opcode::Binary => "BINARY",
            Opcode::Close => "CLOSE",
            Opcode::Ping => "PING",
            Opcode::Pong => "PONG",
            Opcode::Reserved(other) => match other.0 {
                3 => "OP3",
                4 => "OP4",
                5 => "OP5",
                6 => "OP6",
                7 => "OP7",
                11 => "OP11",
                12 => "OP12",
                13 => "OP13",
                14 => "OP14",
                _ => "OP15",
            },
        }
    }
}

/// A payload length as it was, or is to be, written: the value and which of the three forms carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Length {
    /// Seven bits: 0–125. Built by [`Length::shortest`] or [`Length::seven`], so that 126 and 127 stay markers.
    Seven(Seven),
    /// The marker 126 and 16 bits.
    Sixteen(u16),
    /// The marker 127 and 64 bits, the top one of which must be 0.
    SixtyFour(u64),
}

/// A length of 0–125.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seven(u8);

impl Length {
    /// The shortest form that holds the value, as §5.2 demands.
    pub const fn shortest(value: u64) -> Length {
        match value {
            0..=125 => Length::Seven(Seven(value as u8)),
            126..=0xffff => Length::Sixteen(value as u16),
            _ => Length::SixtyFour(value),
        }
    }

    /// The seven-bit form; `None` over 125.
    pub const fn seven(value: u64) -> Option<Length> {
        if value <= 125 { Some(Length::Seven(Seven(value as u8))) } else { None }
    }

    /// The number of octets that it says the payload has.
    pub const fn value(self) -> u64 {
        match self {
            Length::Seven(Seven(value)) => value as u64,
            Length::Sixteen(value) => value as u64,
            Length::SixtyFour(value) => value,
        }
    }

    const fn is_shortest(self) -> bool {
        match self {
            Length::Seven(_) => true,
            Length::Sixteen(value) => value > 125,
            Length::SixtyFour(value) => value > 0xffff,
        }
    }
}

/// Everything before the payload of a frame, as it stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// Whether this is the last fragment of its message.
    pub fin: bool,
    /// RSV1 (4), RSV2 (2) and RSV3 (1), 0–7; higher bits are ignored.
    pub rsv: u8,
    /// What the frame is.
    pub opcode: Opcode,
    /// How long its payload claims to be.
    pub length: Length,
    /// The masking key, if the payload is masked.
    pub mask: Option<[u8; 4]>,
}

/// The outcome of decoding a prefix: a value, or word that more octets are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status<T> {
    /// The value, and how many octets it took.
    Complete(T, usize),
    /// The value takes at least this many octets in all.
    Partial(usize),
}

impl Header {
    /// A header that a conforming endpoint of this role would write for this payload.
    pub const fn conforming(opcode: Opcode, len: u64, mask: Option<[u8; 4]>) -> Header {
        Header { fin: true, rsv: 0, opcode, length: Length::shortest(len), mask }
    }

    /// Reads a header from the front of `octets`. Every sequence of octets is a header or the beginning of one.
    pub fn decode(octets: &[u8]) -> Status<Header> {
        let [first, second, rest @ ..] = octets else { return Status::Partial(2) };
        let extended = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let masked = second & 0x80 != 0;
        let total = 2 + extended + if masked { 4 } else { 0 };
        if octets.len() < total {
            return Status::Partial(total);
        }
        let length = match extended {
            0 => Length::Seven(Seven(second & 0x7f)),
            2 => Length::Sixteen(u16::from_be_bytes([rest[0], rest[1]])),
            _ => {
                let mut value = [0; 8];
                value.copy_from_slice(&rest[..8]);
                Length::SixtyFour(u64::from_be_bytes(value))
            }
        };
        let mask = masked.then(|| {
            let mut key = [0; 4];
            key.copy_from_slice(&rest[extended..extended + 4]);
            key
        });
        let header = Header {
            fin: first & 0x80 != 0,
            rsv: first >> 4 & 0x07,
            opcode: Opcode::from_bits(*first),
            length,
            mask,
        };
        Status::Complete(header, total)
    }

    /// The octets of the header, exactly as the fields say, right or wrong.
    pub fn encode(&self) -> HeaderOctets {
        let mut octets = [0; MAX_HEADER];
        octets[0] = u8::from(self.fin) << 7 | (self.rsv & 0x07) << 4 | self.opcode.bits();
        let mut at = 2;
        let marker = match self.length {
            Length::Seven(Seven(value)) => value,
            Length::Sixteen(value) => {
                octets[2..4].copy_from_slice(&value.to_be_bytes());
                at = 4;
                126
            }
            Length::SixtyFour(value) => {
                octets[2..10].copy_from_slice(&value.to_be_bytes());
                at = 10;
                127
            }
        };
        octets[1] = u8::from(self.mask.is_some()) << 7 | marker;
        if let Some(key) = self.mask {
            octets[at..at + 4].copy_from_slice(&key);
            at += 4;
        }
        HeaderOctets { octets, len: at as u8 }
    }

    /// Everything wrong with this header when a peer of this role sent it, its place in the stream apart.
    #[inline]
    pub fn flaws(&self, sender: Role) -> Flaws {
        let mut flaws = Flaws::NONE;
        if self.opcode.is_control() {
            if !self.fin {
                flaws.insert(Flaw::ControlFragmented);
            }
            if self.length.value() > MAX_CONTROL_PAYLOAD as u64 {
                flaws.insert(Flaw::ControlTooLong);
            }
        }
        if self.rsv != 0 {
            flaws.insert(Flaw::RsvSet);
        }
        if matches!(self.opcode, Opcode::Reserved(_)) {
            flaws.insert(Flaw::OpcodeReserved);
        }
        if !self.length.is_shortest() {
            flaws.insert(Flaw::LengthNotShortest);
        }
        if self.length.value() >> 63 != 0 {
            flaws.insert(Flaw::LengthTopBit);
        }
        match (sender, self.mask) {
            (Role::Client, None) => flaws.insert(Flaw::MaskMissing),
            (Role::Server, Some(_)) => flaws.insert(Flaw::MaskPresent),
            (Role::Client, Some(_)) | (Role::Server, None) => {}
        }
        flaws
    }
}

/// An encoded header: 2 to 14 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderOctets {
    octets: [u8; MAX_HEADER],
    len: u8,
}

impl HeaderOctets {
    /// The octets.
    pub fn as_slice(&self) -> &[u8] {
        &self.octets[..usize::from(self.len)]
    }
}

/// Masks or unmasks `octets` in place (§5.3: the same either way); `offset` is where they stand in the payload.
#[inline]
pub fn mask(key: [u8; 4], offset: u64, octets: &mut [u8]) {
    if key == [0; 4] {
        return;
    }
    let shift = (offset % 4) as usize;
    let turned = [key[shift], key[(shift + 1) % 4], key[(shift + 2) % 4], key[(shift + 3) % 4]];
    let mut words = octets.chunks_exact_mut(4);
    for word in &mut words {
        let masked = u32::from_ne_bytes([word[0], word[1], word[2], word[3]]) ^ u32::from_ne_bytes(turned);
        word.copy_from_slice(&masked.to_ne_bytes());
    }
    for (octet, key) in words.into_remainder().iter_mut().zip(turned) {
        *octet ^= key;
    }
}

/// Appends a frame: the header as it is, and the payload masked if the header has a key. The header's
/// length is not made to fit: it may lie.
pub fn write(header: &Header, payload: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(header.encode().as_slice());
    let start = out.len();
    out.extend_from_slice(payload);
    if let Some(key) = header.mask {
        mask(key, 0, &mut out[start..]);
    }
}

/// A piece of a stream of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A frame begins.
    Header(Header),
    /// Some of its payload, as it stood on the wire (masked, if it is), and where in the payload it stood.
    Payload {
        /// The octets, at least one.
        octets: &'a [u8],
        /// How many octets of this payload came before.
        offset: u64,
    },
    /// The frame is whole.
    End,
}

/// The incremental decoder: it takes a stream in any cuts and gives the same pieces but for where payloads
/// are cut. It holds 14 octets and allocates nothing.
#[derive(Clone, Debug)]
pub struct Decoder {
    held: [u8; MAX_HEADER],
    have: u8,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Header,
    Payload { seen: u64, len: u64 },
}

impl Default for Decoder {
    fn default() -> Self {
        Decoder::new()
    }
}

impl Decoder {
    /// A decoder at the start of a stream.
    pub const fn new() -> Decoder {
        Decoder { held: [0; MAX_HEADER], have: 0, place: Place::Header }
    }

    /// Whether the stream so far ends at the end of a frame (or has not begun).
    pub fn at_boundary(&self) -> bool {
        self.place == Place::Header && self.have == 0
    }

    /// Takes the next piece off the front of `input`; `None` when it needs more octets.
    #[inline]
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Option<Piece<'a>> {
        match self.place {
            Place::Header => self.header(input),
            Place::Payload { seen, len } if seen == len => {
                self.place = Place::Header;
                Some(Piece::End)
            }
            Place::Payload { seen, len } => {
                if input.is_empty() {
                    return None;
                }
                let take = (len - seen).min(input.len() as u64);
                let (octets, rest) = input.split_at(take as usize);
                *input = rest;
                self.place = Place::Payload { seen: seen + take, len };
                Some(Piece::Payload { octets, offset: seen })
            }
        }
    }

    fn header<'a>(&mut self, input: &mut &'a [u8]) -> Option<Piece<'a>> {
        if self.have == 0
            && let Status::Complete(header, used) = Header::decode(input)
        {
            *input = &input[used..];
            return Some(self.begin(header));
        }
        loop {
            let have = usize::from(self.have);
            match Header::decode(&self.held[..have]) {
                Status::Complete(header, _) => {
                    self.have = 0;
                    return Some(self.begin(header));
                }
                Status::Partial(total) => {
                    let take = (total - have).min(input.len());
                    if take == 0 {
                        return None;
                    }
                    self.held[have..have + take].copy_from_slice(&input[..take]);
                    *input = &input[take..];
                    self.have += take as u8;
                }
            }
        }
    }

    fn begin<'a>(&mut self, header: Header) -> Piece<'a> {
        self.place = Place::Payload { seen: 0, len: header.length.value() };
        Piece::Header(header)
    }
}
