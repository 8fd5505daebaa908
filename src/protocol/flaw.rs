//! Defines what can be wrong with received octets. Frames, Close bodies, the model and the judge share these
//! flaws. For each flaw the module gives the close code with which a receiver rejects it.

use crate::protocol::code::CloseCode;

/// The size in octets above which the model and the judge consider a message too big. Other receivers choose
/// their own limit, and no rule requires this one.
pub const MESSAGE_LIMIT: u64 = 1 << 16;

/// A defect of a frame, of its place in the stream, or of its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Flaw {
    /// A control frame without FIN (§5.4, §5.5).
    ControlFragmented,
    /// A control frame with a length of more than 125 bytes (§5.5).
    ControlTooLong,
    /// A frame with an RSV bit that no extension defines (§5.2).
    RsvSet,
    /// A frame with opcode 3–7 or 11–15 (§5.2).
    OpcodeReserved,
    /// A length not in its shortest form (§5.2).
    LengthNotShortest,
    /// A 64-bit length with its top bit set (§5.2).
    LengthTopBit,
    /// A client's frame without a mask (§5.1).
    MaskMissing,
    /// A server's frame with a mask (§5.1).
    MaskPresent,
    /// A continuation frame with no message to continue (§5.4).
    ContinuationUnexpected,
    /// A new text or binary frame inside a fragmented message (§5.4).
    ContinuationMissing,
    /// A Close body of one byte (§5.5.1).
    BodyOneByte,
    /// A Close code of 0–999 or 5000–65535, as far as the profile rejects it (§7.4.2).
    CodeUndefined,
    /// A Close code of 1005, 1006 or 1015 (§7.4.1).
    CodeLocalOnly,
    /// A Close code of 1004, or one from 1012–2999 that is unassigned under the profile (§7.4.2).
    CodeUnassigned,
    /// A Close reason that is not UTF-8 (§5.5.1, §8.1).
    ReasonNotUtf8,
    /// A text message that is not UTF-8 (§8.1).
    TextNotUtf8,
    /// A data message over the size limit of the receiver (§10.4).
    MessageTooBig,
    /// A message that is marked as compressed and does not inflate (RFC 7692 §7.2.2).
    NotDeflate,
}

impl Flaw {
    /// Every flaw.
    pub const ALL: [Flaw; 18] = [
        Flaw::ControlFragmented,
        Flaw::ControlTooLong,
        Flaw::RsvSet,
        Flaw::OpcodeReserved,
        Flaw::LengthNotShortest,
        Flaw::LengthTopBit,
        Flaw::MaskMissing,
        Flaw::MaskPresent,
        Flaw::ContinuationUnexpected,
        Flaw::ContinuationMissing,
        Flaw::BodyOneByte,
        Flaw::CodeUndefined,
        Flaw::CodeLocalOnly,
        Flaw::CodeUnassigned,
        Flaw::ReasonNotUtf8,
        Flaw::TextNotUtf8,
        Flaw::MessageTooBig,
        Flaw::NotDeflate,
    ];

    /// The code for failing the connection because of the flaw (§7.4.1).
    pub const fn fail_code(self) -> CloseCode {
        match self {
            Flaw::ControlFragmented
            | Flaw::ControlTooLong
            | Flaw::RsvSet
            | Flaw::OpcodeReserved
            | Flaw::LengthNotShortest
            | Flaw::LengthTopBit
            | Flaw::MaskMissing
            | Flaw::MaskPresent
            | Flaw::ContinuationUnexpected
            | Flaw::ContinuationMissing
            | Flaw::BodyOneByte
            | Flaw::CodeUndefined
            | Flaw::CodeLocalOnly
            | Flaw::CodeUnassigned => CloseCode::PROTOCOL_ERROR,
            Flaw::ReasonNotUtf8 | Flaw::TextNotUtf8 | Flaw::NotDeflate => CloseCode::INVALID_PAYLOAD,
            Flaw::MessageTooBig => CloseCode::TOO_BIG,
        }
    }

    /// Whether `code` fits a failure because of the flaw: [`Flaw::fail_code`] does, and so does 1009 if the
    /// flaw is one of length. A bad reason is a protocol error too, because §7.4.1 defines 1007 for messages. Any code fits
    /// a message that does not inflate, because no specification gives one.
    pub fn accepts_fail_code(self, code: CloseCode) -> bool {
        code == self.fail_code()
            || (code == CloseCode::TOO_BIG && self.shows_in_length())
            || (code == CloseCode::PROTOCOL_ERROR && self == Flaw::ReasonNotUtf8)
            || self == Flaw::NotDeflate
    }

    /// Whether an endpoint that does nothing about the header has accepted the flaw. A control frame that is too long
    /// may be rejected once it is complete.
    pub const fn must_show_at_once(self) -> bool {
        matches!(self, Flaw::LengthTopBit)
    }

    /// Whether the frame has the wrong mask. For that, §5.1 only permits a Close with 1002 before TCP is closed.
    pub const fn is_of_mask(self) -> bool {
        matches!(self, Flaw::MaskMissing | Flaw::MaskPresent)
    }

    /// Whether the announced length alone shows the flaw.
    pub const fn shows_in_length(self) -> bool {
        matches!(self, Flaw::ControlTooLong | Flaw::LengthTopBit)
    }

    /// The flaw as a noun phrase, as findings print it after an article.
    pub const fn description(self) -> &'static str {
        match self {
            Flaw::ControlFragmented => "control frame without FIN",
            Flaw::ControlTooLong => "control frame over 125 bytes",
            Flaw::RsvSet => "frame with an RSV bit set",
            Flaw::OpcodeReserved => "reserved opcode",
            Flaw::LengthNotShortest => "length not in its shortest form",
            Flaw::LengthTopBit => "64-bit length with its top bit set",
            Flaw::MaskMissing => "client frame without a mask",
            Flaw::MaskPresent => "server frame with a mask",
            Flaw::ContinuationUnexpected => "continuation with no message to continue",
            Flaw::ContinuationMissing => "new message inside a fragmented one",
            Flaw::BodyOneByte => "Close body of one byte",
            Flaw::CodeUndefined => "code without meaning or range",
            Flaw::CodeLocalOnly => "code for local use only",
            Flaw::CodeUnassigned => "code that nothing assigns",
            Flaw::ReasonNotUtf8 => "reason that is not UTF-8",
            Flaw::TextNotUtf8 => "text that is not UTF-8",
            Flaw::MessageTooBig => "message too big",
            Flaw::NotDeflate => "compressed message that does not inflate",
        }
    }
}

/// A set of flaws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Flaws(u32);

const _: () = assert!(Flaw::ALL.len() <= 32, "a set of flaws has 32 bits");

impl Flaws {
    /// The empty set.
    pub const NONE: Flaws = Flaws(0);

    /// Adds a flaw.
    pub const fn insert(&mut self, flaw: Flaw) {
        self.0 |= 1 << flaw as u8;
    }

    /// The set with this flaw added.
    pub const fn with(mut self, flaw: Flaw) -> Flaws {
        self.insert(flaw);
        self
    }

    /// The set without this flaw.
    pub const fn without(self, flaw: Flaw) -> Flaws {
        Flaws(self.0 & !(1 << flaw as u8))
    }

    /// The flaws that are in at least one of the two sets.
    pub const fn union(self, other: Flaws) -> Flaws {
        Flaws(self.0 | other.0)
    }

    /// Whether the set contains the flaw.
    pub const fn contains(self, flaw: Flaw) -> bool {
        self.0 & (1 << flaw as u8) != 0
    }

    /// Whether the set contains no flaw.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The flaws, in the order of the enum.
    pub fn iter(self) -> impl Iterator<Item = Flaw> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let next = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            Flaw::ALL.get(next).copied()
        })
    }
}

impl FromIterator<Flaw> for Flaws {
    fn from_iter<I: IntoIterator<Item = Flaw>>(flaws: I) -> Flaws {
        flaws.into_iter().fold(Flaws::NONE, Flaws::with)
    }
}
