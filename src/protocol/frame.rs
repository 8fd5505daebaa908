//! Encodes and decodes frames (RFC 6455 §5.2) without losing anything.
//!
//! A decoded header keeps every field as it was received, and [`Header::flaws`] lists what is wrong with it. An
//! incomplete header is not an error. The encoder writes any header, correct or not;
//! [`crate::protocol::close::ConformingClose`] writes only Closes that violate no rule.

use crate::protocol::flaw::{Flaw, Flaws};
use crate::protocol::role::Role;

/// The largest payload of a control frame (§5.5), in octets.
pub const MAX_CONTROL_PAYLOAD: usize = 125;

/// The size of the largest header, in octets: two octets, a 64-bit length and a masking key.
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
    /// 3–7 and 11–15.
    Reserved(ReservedOpcode),
}

/// An opcode that §5.2 reserves: 3–7 for data frames, 11–15 for control frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[expect(missing_docs, reason = "the number is the whole meaning")]
pub enum ReservedOpcode {
    Op3 = 3,
    Op4,
    Op5,
    Op6,
    Op7,
    Op11 = 11,
    Op12,
    Op13,
    Op14,
    Op15,
}

impl Opcode {
    /// The opcode in the low four bits of an octet. The high four bits are ignored.
    pub const fn from_bits(bits: u8) -> Opcode {
        match bits & 0x0f {
            0 => Opcode::Continuation,
            1 => Opcode::Text,
            2 => Opcode::Binary,
            3 => Opcode::Reserved(ReservedOpcode::Op3),
            4 => Opcode::Reserved(ReservedOpcode::Op4),
            5 => Opcode::Reserved(ReservedOpcode::Op5),
            6 => Opcode::Reserved(ReservedOpcode::Op6),
            7 => Opcode::Reserved(ReservedOpcode::Op7),
            8 => Opcode::Close,
            9 => Opcode::Ping,
            10 => Opcode::Pong,
            11 => Opcode::Reserved(ReservedOpcode::Op11),
            12 => Opcode::Reserved(ReservedOpcode::Op12),
            13 => Opcode::Reserved(ReservedOpcode::Op13),
            14 => Opcode::Reserved(ReservedOpcode::Op14),
            _ => Opcode::Reserved(ReservedOpcode::Op15),
        }
    }

    /// The opcode as a number, 0–15.
    pub const fn bits(self) -> u8 {
        match self {
            Opcode::Continuation => 0,
            Opcode::Text => 1,
            Opcode::Binary => 2,
            Opcode::Close => 8,
            Opcode::Ping => 9,
            Opcode::Pong => 10,
            Opcode::Reserved(other) => other as u8,
        }
    }

    /// Whether §5.2 reserves the opcode.
    pub const fn is_reserved(self) -> bool {
        matches!(self, Opcode::Reserved(_))
    }

    /// Whether the opcode is that of a control frame: its highest bit is set (§5.5).
    pub const fn is_control(self) -> bool {
        self.bits() & 0x08 != 0
    }

    /// The name in timelines, in upper case. A reserved opcode is named by its number, as in `OP3`.
    pub const fn name(self) -> &'static str {
        match self {
            Opcode::Continuation => "CONT",
            Opcode::Text => "TEXT",
            Opcode::Binary => "BINARY",
            Opcode::Close => "CLOSE",
            Opcode::Ping => "PING",
            Opcode::Pong => "PONG",
            Opcode::Reserved(other) => match other {
                ReservedOpcode::Op3 => "OP3",
                ReservedOpcode::Op4 => "OP4",
                ReservedOpcode::Op5 => "OP5",
                ReservedOpcode::Op6 => "OP6",
                ReservedOpcode::Op7 => "OP7",
                ReservedOpcode::Op11 => "OP11",
                ReservedOpcode::Op12 => "OP12",
                ReservedOpcode::Op13 => "OP13",
                ReservedOpcode::Op14 => "OP14",
                ReservedOpcode::Op15 => "OP15",
            },
        }
    }
}

/// One of the three forms in which a header carries the length (§5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LengthForm {
    /// Seven bits: 0–125.
    Seven,
    /// The marker 126 and 16 bits.
    Sixteen,
    /// The marker 127 and 64 bits, of which the top bit must be 0.
    SixtyFour,
}

impl LengthForm {
    /// The smallest value for which this is the shortest form.
    const fn min_value(self) -> u64 {
        match self {
            LengthForm::Seven => 0,
            LengthForm::Sixteen => 126,
            LengthForm::SixtyFour => 1 << 16,
        }
    }
}

/// A payload length: its value, and the form that carries it on the wire. The constructors guarantee that the
/// form can carry the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Length {
    form: LengthForm,
    value: u64,
}

impl Length {
    /// The length in the shortest form that can carry it, as §5.2 requires.
    pub const fn shortest(value: u64) -> Length {
        let form = match value {
            0..=125 => LengthForm::Seven,
            126..=0xffff => LengthForm::Sixteen,
            _ => LengthForm::SixtyFour,
        };
        Length { form, value }
    }

    /// The length in 16 bits, even if a shorter form can carry it.
    pub const fn sixteen(value: u16) -> Length {
        Length { form: LengthForm::Sixteen, value: value as u64 }
    }

    /// The length in 64 bits, even if a shorter form can carry it or the top bit is set.
    pub const fn sixty_four(value: u64) -> Length {
        Length { form: LengthForm::SixtyFour, value }
    }

    /// The announced size of the payload, in octets.
    pub const fn value(self) -> u64 {
        self.value
    }

    /// The form that carries the value.
    pub const fn form(self) -> LengthForm {
        self.form
    }
}

/// The header of a frame: everything before its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// Whether this is the last fragment of its message.
    pub fin: bool,
    /// RSV1 (4), RSV2 (2) and RSV3 (1) as a number, 0–7. Higher bits are ignored.
    pub rsv: u8,
    /// The type of the frame.
    pub opcode: Opcode,
    /// The announced size of the payload.
    pub length: Length,
    /// The masking key, if the payload is masked.
    pub mask: Option<[u8; 4]>,
}

/// The result of decoding the front of a byte string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status<T> {
    /// The decoded value and its size in octets.
    Complete(T, usize),
    /// The value is incomplete: it takes at least this many octets in total.
    Partial(usize),
}

impl Header {
    /// The header that a conforming endpoint writes for a payload of `len` octets. A client passes a key.
    pub const fn conforming(opcode: Opcode, len: u64, mask: Option<[u8; 4]>) -> Header {
        Header { fin: true, rsv: 0, opcode, length: Length::shortest(len), mask }
    }

    /// Decodes the header at the front of `octets`. Every byte string is a header or the beginning of one.
    pub fn decode(octets: &[u8]) -> Status<Header> {
        let [first, second, rest @ ..] = octets else { return Status::Partial(2) };
        let is_masked = second & 0x80 != 0;
        let key_size = if is_masked { 4 } else { 0 };
        let (length, length_size, rest) = match second & 0x7f {
            126 => {
                let Some((value, rest)) = rest.split_first_chunk() else {
                    return Status::Partial(2 + 2 + key_size);
                };
                (Length::sixteen(u16::from_be_bytes(*value)), 2, rest)
            }
            127 => {
                let Some((value, rest)) = rest.split_first_chunk() else {
                    return Status::Partial(2 + 8 + key_size);
                };
                (Length::sixty_four(u64::from_be_bytes(*value)), 8, rest)
            }
            value => (Length::shortest(u64::from(value)), 0, rest),
        };
        let size = 2 + length_size + key_size;
        let mask = match (is_masked, rest.first_chunk()) {
            (true, Some(key)) => Some(*key),
            (true, None) => return Status::Partial(size),
            (false, _) => None,
        };
        let header = Header {
            fin: first & 0x80 != 0,
            rsv: first >> 4 & 0x07,
            opcode: Opcode::from_bits(*first),
            length,
            mask,
        };
        Status::Complete(header, size)
    }

    /// Encodes the header exactly as its fields are, correct or not.
    pub fn encode(&self) -> HeaderOctets {
        let value = self.length.value;
        let first = u8::from(self.fin) << 7 | (self.rsv & 0x07) << 4 | self.opcode.bits();
        let masked = u8::from(self.mask.is_some()) << 7;
        let mut encoded = HeaderOctets { octets: [0; MAX_HEADER], len: 0 };
        match self.length.form {
            LengthForm::Seven => encoded.push(&[first, masked | value as u8]),
            LengthForm::Sixteen => {
                encoded.push(&[first, masked | 126]);
                encoded.push(&(value as u16).to_be_bytes());
            }
            LengthForm::SixtyFour => {
                encoded.push(&[first, masked | 127]);
                encoded.push(&value.to_be_bytes());
            }
        }
        if let Some(key) = self.mask {
            encoded.push(&key);
        }
        encoded
    }

    /// The flaws of the header if a peer of this role sent it. The header's place in the stream does not count.
    pub fn flaws(&self, sender: Role) -> Flaws {
        let Length { form, value } = self.length;
        let is_control = self.opcode.is_control();
        let mut flaws = Flaws::NONE;
        if is_control && !self.fin {
            flaws.insert(Flaw::ControlFragmented);
        }
        if is_control && value > MAX_CONTROL_PAYLOAD as u64 {
            flaws.insert(Flaw::ControlTooLong);
        }
        if self.rsv != 0 {
            flaws.insert(Flaw::RsvSet);
        }
        if self.opcode.is_reserved() {
            flaws.insert(Flaw::OpcodeReserved);
        }
        if value < form.min_value() {
            flaws.insert(Flaw::LengthNotShortest);
        }
        if value >> 63 != 0 {
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
    fn push(&mut self, octets: &[u8]) {
        let start = usize::from(self.len);
        self.octets[start..start + octets.len()].copy_from_slice(octets);
        self.len += octets.len() as u8;
    }

    /// The octets.
    pub fn as_slice(&self) -> &[u8] {
        &self.octets[..usize::from(self.len)]
    }
}

/// Masks or unmasks `octets` in place; both are the same operation (§5.3). `offset` is the number of payload
/// octets before them.
pub fn mask(key: [u8; 4], offset: u64, octets: &mut [u8]) {
    let mut key = key;
    key.rotate_left((offset % 4) as usize);
    for (octet, key) in octets.iter_mut().zip(key.into_iter().cycle()) {
        *octet ^= key;
    }
}

/// Appends a frame: the encoded header, and the payload, which is masked if the header has a key. The length in
/// the header may differ from that of the payload.
pub fn write(header: &Header, payload: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(header.encode().as_slice());
    let start = out.len();
    out.extend_from_slice(payload);
    if let Some(key) = header.mask {
        mask(key, 0, &mut out[start..]);
    }
}

/// A part of a stream of frames, as [`Decoder`] returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// The header of a frame.
    Header(Header),
    /// Part of the payload, as it is on the wire: still masked if the header has a key.
    Payload {
        /// The octets, at least one.
        octets: &'a [u8],
        /// The number of octets of the same payload before these.
        offset: u64,
    },
    /// The end of a frame.
    End,
}

/// The incremental decoder of a stream of frames.
///
/// The stream may be cut anywhere. Cuts change how a payload is divided into pieces, and nothing else. The
/// decoder buffers at most one header and allocates nothing.
#[derive(Clone, Debug)]
pub struct Decoder {
    /// The octets of an incomplete header, and their number.
    partial: [u8; MAX_HEADER],
    partial_len: usize,
    /// The payload in progress, if a header has been returned and the end of its frame has not.
    payload: Option<PayloadProgress>,
}

/// The number of payload octets received so far, and the announced number.
#[derive(Clone, Copy, Debug)]
struct PayloadProgress {
    received: u64,
    len: u64,
}

impl Default for Decoder {
    fn default() -> Self {
        Decoder::new()
    }
}

impl Decoder {
    /// Creates a decoder at the start of a stream.
    pub const fn new() -> Decoder {
        Decoder { partial: [0; MAX_HEADER], partial_len: 0, payload: None }
    }

    /// Whether the stream so far is empty or ends at the end of a frame.
    pub fn at_boundary(&self) -> bool {
        self.payload.is_none() && self.partial_len == 0
    }

    /// The incomplete header at the end of the stream so far, if there is one. The missing octets are assumed to
    /// be those of a conforming `sender`: a length is continued with zeros, or is the smallest that its form may
    /// carry if that is larger. A flaw of this header is therefore one that no continuation can mend.
    pub fn partial_header(&self, sender: Role) -> Option<Header> {
        let [first, rest @ ..] = &self.partial[..self.partial_len] else { return None };
        let (is_masked, length) = match rest {
            [] => (sender == Role::Client, Length::shortest(0)),
            [second, extended @ ..] => (second & 0x80 != 0, partial_length(second & 0x7f, extended)),
        };
        Some(Header {
            fin: first & 0x80 != 0,
            rsv: first >> 4 & 0x07,
            opcode: Opcode::from_bits(*first),
            length,
            mask: is_masked.then_some([0; 4]),
        })
    }

    /// Takes the next piece off the front of `input`. Returns `None` if more octets are needed.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Option<Piece<'a>> {
        let Some(payload) = &mut self.payload else {
            let header = self.next_header(input)?;
            self.payload = Some(PayloadProgress { received: 0, len: header.length.value() });
            return Some(Piece::Header(header));
        };
        let missing = payload.len - payload.received;
        if missing == 0 {
            self.payload = None;
            return Some(Piece::End);
        }
        if input.is_empty() {
            return None;
        }
        let offset = payload.received;
        let size = usize::try_from(missing).map_or(input.len(), |missing| missing.min(input.len()));
        let (octets, rest) = input.split_at(size);
        *input = rest;
        payload.received += size as u64;
        Some(Piece::Payload { octets, offset })
    }

    /// Takes the rest of a header off the front of `input`.
    fn next_header(&mut self, input: &mut &[u8]) -> Option<Header> {
        let before = self.partial_len;
        let size = input.len().min(MAX_HEADER - before);
        self.partial[before..before + size].copy_from_slice(&input[..size]);
        match Header::decode(&self.partial[..before + size]) {
            Status::Complete(header, used) => {
                *input = &input[used - before..];
                self.partial_len = 0;
                Some(header)
            }
            Status::Partial(_) => {
                *input = &input[size..];
                self.partial_len += size;
                None
            }
        }
    }
}

/// The length in a header of which `marker`, the low seven bits of the second octet, and the `octets` after it were
/// received.
fn partial_length(marker: u8, octets: &[u8]) -> Length {
    match marker {
        126 => {
            let value = u16::from_be_bytes(zero_padded(octets));
            Length::sixteen(if octets.len() < 2 { value.max(126) } else { value })
        }
        127 => {
            let value = u64::from_be_bytes(zero_padded(octets));
            Length::sixty_four(if octets.len() < 8 { value.max(1 << 16) } else { value })
        }
        value => Length::shortest(u64::from(value)),
    }
}

/// The first `N` octets, with zeros in place of missing ones.
fn zero_padded<const N: usize>(octets: &[u8]) -> [u8; N] {
    let mut padded = [0; N];
    let size = octets.len().min(N);
    padded[..size].copy_from_slice(&octets[..size]);
    padded
}
