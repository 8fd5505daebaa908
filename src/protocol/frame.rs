//! Frames (RFC 6455 §5.2), lossless: in come octets, however cut, out come headers that keep whatever is
//! wrong with them, and list it. Incomplete is not an error. The encoder builds any frame, wrong ones on
//! purpose; [`crate::protocol::close::ConformingClose`] builds only right ones.

use crate::protocol::flaw::{Flaw, Flaws};
use crate::protocol::role::Role;

/// The largest payload of a control frame (§5.5), in octets.
pub const MAX_CONTROL_PAYLOAD: usize = 125;

/// The longest frame header: two octets, a 64-bit length and a masking key.
pub const MAX_HEADER: usize = 14;

/// The four-bit opcode of a frame (§5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
// With the numbers as they are on the wire, going from one to the other takes no branch.
#[repr(u8)]
pub enum Opcode {
    /// 0
    Continuation = 0,
    /// 1
    Text = 1,
    /// 2
    Binary = 2,
    /// 8
    Close = 8,
    /// 9
    Ping = 9,
    /// 10
    Pong = 10,
    /// 3–7 and 11–15, kept as they came.
    Reserved(ReservedOpcode) = 16,
}

/// An opcode that §5.2 reserves: 3–7 for data, 11–15 for control frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[expect(missing_docs, reason = "their numbers are all that there is to say")]
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

/// Every opcode by its four bits.
static OPCODES: [Opcode; 16] = {
    let mut table = [Opcode::Continuation; 16];
    let mut bits = 0;
    while bits < 16 {
        table[bits] = Opcode::named(bits as u8);
        bits += 1;
    }
    table
};

impl Opcode {
    /// The opcode in the low four bits of an octet; the others are ignored.
    #[inline]
    pub const fn from_bits(bits: u8) -> Opcode {
        OPCODES[(bits & 0x0f) as usize]
    }

    const fn named(bits: u8) -> Opcode {
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

    /// The four bits.
    // On its own it is compiled to a choice between two octets, without a branch.
    #[inline(never)]
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

    /// Whether §5.2 reserves it.
    #[inline]
    pub const fn is_reserved(self) -> bool {
        const RESERVED: [bool; 16] = {
            let mut table = [false; 16];
            let mut bits = 0;
            while bits < 16 {
                table[bits] = matches!(Opcode::named(bits as u8), Opcode::Reserved(_));
                bits += 1;
            }
            table
        };
        RESERVED[(self.bits() & 0x0f) as usize]
    }

    /// Whether it is a control frame's: the high bit of the four (§5.5).
    #[inline]
    pub const fn is_control(self) -> bool {
        const CONTROL: [bool; 16] = {
            let mut table = [false; 16];
            let mut bits = 8;
            while bits < 16 {
                table[bits] = true;
                bits += 1;
            }
            table
        };
        CONTROL[(self.bits() & 0x0f) as usize]
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

/// Which of the three forms of §5.2 carries a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LengthForm {
    /// Seven bits: 0–125.
    Seven,
    /// The marker 126 and 16 bits.
    Sixteen,
    /// The marker 127 and 64 bits, the top one of which must be 0.
    SixtyFour,
}

impl LengthForm {
    /// The least value for which it is the shortest form.
    const fn least(self) -> u64 {
        [0, 126, 1 << 16][self as usize]
    }

    const fn layout(self) -> Layout {
        const LAYOUTS: [Layout; 3] = [Layout::of(0), Layout::of(126), Layout::of(127)];
        LAYOUTS[self as usize]
    }
}

/// Where a header keeps its length, by the low seven bits of its second octet. Looking it up takes no
/// branch, and a fuzzer pays for every branch.
#[derive(Clone, Copy)]
struct Layout {
    form: LengthForm,
    /// How many octets of length follow the second one.
    width: u8,
    /// How far the length in front of the next eight octets is to be shifted down.
    shift: u8,
    /// 1 where those octets count, 0 where the seven bits are the length.
    extended: u8,
    /// The length in the seven bits, or 0.
    seven: u8,
}

impl Layout {
    const fn of(seven: u8) -> Layout {
        match seven {
            126 => Layout { form: LengthForm::Sixteen, width: 2, shift: 48, extended: 1, seven: 0 },
            127 => Layout { form: LengthForm::SixtyFour, width: 8, shift: 0, extended: 1, seven: 0 },
            _ => Layout { form: LengthForm::Seven, width: 0, shift: 0, extended: 0, seven },
        }
    }
}

static LAYOUTS: [Layout; 128] = {
    let mut table = [Layout::of(0); 128];
    let mut seven = 0;
    while seven < 128 {
        table[seven] = Layout::of(seven as u8);
        seven += 1;
    }
    table
};

/// A payload length as it was, or is to be, written: its value, and the form that carries it. No form holds
/// more than it can: lengths are made by the constructors alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Length {
    form: LengthForm,
    value: u64,
}

impl Length {
    /// The shortest form that holds the value, as §5.2 demands.
    pub const fn shortest(value: u64) -> Length {
        let form = match value {
            0..=125 => LengthForm::Seven,
            126..=0xffff => LengthForm::Sixteen,
            _ => LengthForm::SixtyFour,
        };
        Length { form, value }
    }

    /// In 16 bits, whether that is the shortest form or not.
    pub const fn sixteen(value: u16) -> Length {
        Length { form: LengthForm::Sixteen, value: value as u64 }
    }

    /// In 64 bits, whether that is the shortest form or not, and whatever the top bit is.
    pub const fn sixty_four(value: u64) -> Length {
        Length { form: LengthForm::SixtyFour, value }
    }

    /// The number of octets that it says the payload has.
    pub const fn value(self) -> u64 {
        self.value
    }

    /// The form that carries it.
    pub const fn form(self) -> LengthForm {
        self.form
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
    #[inline]
    pub fn decode(octets: &[u8]) -> Status<Header> {
        let have = octets.len().min(MAX_HEADER);
        Header::read(on_top(&octets[..have]), have)
    }

    /// Reads a header from a number: the uppermost octets of it are the `have` that there are.
    #[inline]
    fn read(bits: u128, have: usize) -> Status<Header> {
        let (first, second) = ((bits >> 120) as u8, (bits >> 112) as u8);
        let layout = LAYOUTS[usize::from(second & 0x7f)];
        let masked = second >> 7;
        let total = 2 + usize::from(layout.width) + 4 * usize::from(masked);
        if have < total {
            return Status::Partial(total);
        }
        let word = (bits >> 48) as u64;
        let value = word.wrapping_shr(u32::from(layout.shift)) * u64::from(layout.extended);
        let key = (bits.wrapping_shl(16 + 8 * u32::from(layout.width)) >> 96) as u32;
        let header = Header {
            fin: bits >> 127 == 1,
            rsv: first >> 4 & 0x07,
            opcode: Opcode::from_bits(first),
            length: Length { form: layout.form, value: value | u64::from(layout.seven) },
            mask: (bits >> 119 & 1 == 1).then_some(key.to_be_bytes()),
        };
        Status::Complete(header, total)
    }

    /// The octets of the header, exactly as the fields say, right or wrong.
    #[inline]
    pub fn encode(&self) -> HeaderOctets {
        let Length { form, value } = self.length;
        let layout = form.layout();
        let masked = u8::from(self.mask.is_some());
        let first = u8::from(self.fin) << 7 | (self.rsv & 0x07) << 4 | self.opcode.bits();
        let second = masked << 7 | [value as u8, 126, 127][form as usize];
        let word = value.wrapping_shl(u32::from(layout.shift)) * u64::from(layout.extended);
        let key = u32::from_be_bytes(self.mask.unwrap_or([0; 4]));
        let bits = u128::from(first) << 120
            | u128::from(second) << 112
            | u128::from(word) << 48
            | u128::from(key).wrapping_shl(80_u32.wrapping_sub(8 * u32::from(layout.width)));
        let len = 2 + u32::from(layout.width) + 4 * u32::from(masked);
        HeaderOctets { octets: bits.to_be_bytes(), len: len as u8 }
    }

    /// Everything wrong with this header when a peer of this role sent it, its place in the stream apart.
    #[inline]
    pub fn flaws(&self, sender: Role) -> Flaws {
        let Length { form, value } = self.length;
        let control = self.opcode.is_control();
        let masked = self.mask.is_some();
        let client = sender as u8 == Role::Client as u8;
        Flaws::NONE
            .with_if(Flaw::ControlFragmented, control & !self.fin)
            .with_if(Flaw::ControlTooLong, control & (value > MAX_CONTROL_PAYLOAD as u64))
            // The feature plants a fault, so that a test can watch the fuzz target `close_frame` fail.
            .with_if(Flaw::RsvSet, (self.rsv != 0) & !cfg!(wsclose_planted_fault))
            .with_if(Flaw::OpcodeReserved, self.opcode.is_reserved())
            .with_if(Flaw::LengthNotShortest, value < form.least())
            .with_if(Flaw::LengthTopBit, value >> 63 != 0)
            .with_if(Flaw::MaskMissing, client & !masked)
            .with_if(Flaw::MaskPresent, !client & masked)
    }
}

/// At most 16 octets as one number, the first on top, with zeros below the last.
#[inline]
fn on_top(octets: &[u8]) -> u128 {
    let mut padded = [0; 16];
    padded[..octets.len()].copy_from_slice(octets);
    u128::from_be_bytes(padded)
}

/// An encoded header: 2 to 14 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderOctets {
    octets: [u8; 16],
    len: u8,
}

impl HeaderOctets {
    /// The octets as one number, the first on top, with zeros below the last.
    pub const fn bits(&self) -> u128 {
        u128::from_be_bytes(self.octets)
    }

    /// The two octets that every header has.
    pub const fn first_two(&self) -> [u8; 2] {
        let [first, second, ..] = self.octets;
        [first, second]
    }

    /// The octets.
    pub fn as_slice(&self) -> &[u8] {
        &self.octets[..usize::from(self.len)]
    }

    /// Whether `octets` begin with them.
    #[inline]
    pub fn begin(&self, octets: &[u8]) -> bool {
        let shown = on_top(&octets[..octets.len().min(MAX_HEADER)]);
        // Below the last of them, `octets` may go on.
        let below = u128::MAX.wrapping_shr(8 * u32::from(self.len));
        (octets.len() >= usize::from(self.len)) & ((shown ^ self.bits()) & !below == 0)
    }
}

/// Masks or unmasks `octets` in place (§5.3: the same either way); `offset` is where they stand in the payload.
#[inline]
pub fn mask(key: [u8; 4], offset: u64, octets: &mut [u8]) {
    // The key as it is met from here on.
    let key = u32::from_be_bytes(key).rotate_left(8 * (offset % 4) as u32).to_be_bytes();
    let (words, rest) = octets.as_chunks_mut::<4>();
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(key)).to_ne_bytes();
    }
    for (octet, key) in rest.iter_mut().zip(key) {
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
/// are cut. It holds a header and allocates nothing.
#[derive(Clone, Debug)]
pub struct Decoder {
    /// What has come of a header, as one number, the first octet on top.
    held: u128,
    /// How many octets of it.
    have: u8,
    /// Whether the header is complete, and the frame not yet.
    in_payload: bool,
    /// How many octets of the payload have come, and how many it has.
    seen: u64,
    len: u64,
}

impl Default for Decoder {
    fn default() -> Self {
        Decoder::new()
    }
}

impl Decoder {
    /// A decoder at the start of a stream.
    pub const fn new() -> Decoder {
        Decoder { held: 0, have: 0, in_payload: false, seen: 0, len: 0 }
    }

    /// Whether the stream so far ends at the end of a frame (or has not begun).
    pub fn at_boundary(&self) -> bool {
        !self.in_payload && self.have == 0
    }

    /// A header that has begun and is not complete, as a peer of this role would lawfully go on with it: the
    /// octets of its length that are still to come are zero, and what is not known to be wrong is right.
    pub fn begun(&self, sender: Role) -> Option<Header> {
        if self.in_payload || self.have == 0 {
            return None;
        }
        let octets = self.held.to_be_bytes();
        let (first, second) = (octets[0], octets[1]);
        let have = usize::from(self.have);
        let masked = if have > 1 { second & 0x80 != 0 } else { sender == Role::Client };
        let so_far =
            |len: usize| octets[2..2 + len].iter().fold(0, |value, octet| value << 8 | u64::from(*octet));
        let length = match (have, second & 0x7f) {
            (..2, _) => Length::shortest(0),
            (_, 126) if have < 4 => Length::shortest(so_far(2).max(126)),
            (_, 126) => Length::sixteen(so_far(2) as u16),
            (_, 127) if have < 10 => Length::sixty_four(so_far(8).max(1 << 16)),
            (_, 127) => Length::sixty_four(so_far(8)),
            (_, seven) => Length::shortest(u64::from(seven)),
        };
        let mask = masked.then_some([0; 4]);
        let opcode = Opcode::from_bits(first);
        Some(Header { fin: first & 0x80 != 0, rsv: first >> 4 & 0x07, opcode, length, mask })
    }

    /// Takes the next piece off the front of `input`; `None` when it needs more octets.
    #[inline(always)]
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Option<Piece<'a>> {
        if !self.in_payload {
            return self.header(input);
        }
        let offset = self.seen;
        if offset == self.len {
            self.in_payload = false;
            return Some(Piece::End);
        }
        if input.is_empty() {
            return None;
        }
        let take = self.len.wrapping_sub(offset).min(input.len() as u64);
        let (octets, rest) = input.split_at(take as usize);
        *input = rest;
        self.seen = offset.wrapping_add(take);
        Some(Piece::Payload { octets, offset })
    }

    #[inline(always)]
    fn header<'a>(&mut self, input: &mut &'a [u8]) -> Option<Piece<'a>> {
        // As much as a header may take is looked at; what turns out to be payload stays in the input.
        let before = usize::from(self.have);
        let taken = input.len().min(MAX_HEADER.saturating_sub(before));
        let bits = self.held | on_top(&input[..taken]).wrapping_shr(8 * u32::from(self.have));
        match Header::read(bits, before + taken) {
            Status::Complete(header, used) => {
                *input = &input[used - before..];
                (self.held, self.have) = (0, 0);
                (self.in_payload, self.seen, self.len) = (true, 0, header.length.value());
                Some(Piece::Header(header))
            }
            Status::Partial(_) => {
                *input = &input[taken..];
                (self.held, self.have) = (bits, self.have + taken as u8);
                None
            }
        }
    }
}
