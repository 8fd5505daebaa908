//! What can be wrong with received octets, as data: the vocabulary that frames, bodies, the model and the
//! judge share. A flaw knows which rule its sender breaks, which rule asks the receiver to reject it, and
//! which code fits the refusal.

use crate::code::CloseCode;
use crate::rule::Rule;

/// The size in octets from which on a message may be called too big. Receivers choose their own; the model
/// and the judge use this one, and the judge asks nobody else to.
pub const MESSAGE_LIMIT: u64 = 1 << 16;

/// One thing wrong with a frame, its place in the stream, or its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Flaw {
    /// A control frame without FIN (§5.4, §5.5).
    ControlFragmented,
    /// A control frame that claims more than 125 bytes (§5.5).
    ControlTooLong,
    /// An RSV bit that no extension explains (§5.2).
    RsvSet,
    /// Opcode 3–7 or 11–15 (§5.2).
    OpcodeReserved,
    /// A length not in its shortest form (§5.2).
    LengthNotShortest,
    /// A 64-bit length with its top bit set (§5.2).
    LengthTopBit,
    /// A client's frame without a mask (§5.1).
    MaskMissing,
    /// A server's frame with a mask (§5.1).
    MaskPresent,
    /// A continuation with nothing to continue (§5.4).
    ContinuationUnexpected,
    /// A new text or binary frame inside a fragmented message (§5.4).
    ContinuationMissing,
    /// A Close body of one byte (§5.5.1).
    BodyOneByte,
    /// A Close code of 0–999 or 5000–65535 (§7.4.2).
    CodeUndefined,
    /// A Close code of 1005, 1006 or 1015 (§7.4.1).
    CodeLocalOnly,
    /// A Close code of 1004, or one that nothing assigns (§7.4.2).
    CodeUnassigned,
    /// A Close reason that is not UTF-8 (§5.5.1, §8.1).
    ReasonNotUtf8,
    /// A text message that is not UTF-8 (§8.1).
    TextNotUtf8,
    /// A data message longer than the receiver takes (§10.4).
    MessageTooBig,
}

impl Flaw {
    /// Every flaw.
    pub const ALL: [Flaw; 17] = [
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
    ];

    /// The rule that the sender of it breaks, if one: `close` says whether the frame is a Close. A message
    /// too big for one receiver is nobody's breach. Codes are judged by [`crate::code::Unsendable`], which
    /// tells 1004 from the unassigned ones.
    pub const fn sender_rule(self, close: bool) -> Option<Rule> {
        match self {
            Flaw::ControlFragmented if close => Some(Rule::CloseFin),
            Flaw::ControlTooLong if close => Some(Rule::CloseAtMost125),
            Flaw::RsvSet if close => Some(Rule::CloseRsvClear),
            Flaw::ControlFragmented
            | Flaw::ControlTooLong
            | Flaw::RsvSet
            | Flaw::OpcodeReserved
            | Flaw::ContinuationUnexpected
            | Flaw::ContinuationMissing
            | Flaw::TextNotUtf8 => Some(Rule::StreamWellFormed),
            Flaw::LengthNotShortest => Some(Rule::ShortestLength),
            Flaw::LengthTopBit => Some(Rule::LengthTopBitClear),
            Flaw::MaskMissing => Some(Rule::ClientMasks),
            Flaw::MaskPresent => Some(Rule::ServerDoesNotMask),
            Flaw::BodyOneByte => Some(Rule::BodyEmptyOrCode),
            Flaw::CodeUndefined => Some(Rule::CodeIsDefined),
            Flaw::CodeLocalOnly => Some(Rule::CodeNotLocalOnly),
            Flaw::CodeUnassigned => Some(Rule::CodeIsAssigned),
            Flaw::ReasonNotUtf8 => Some(Rule::ReasonUtf8),
            Flaw::MessageTooBig => None,
        }
    }

    /// The rule that asks the receiver to fail the connection for it, if the catalogue has one.
    pub const fn receiver_rule(self, close: bool) -> Option<Rule> {
        match self {
            Flaw::ControlFragmented if close => Some(Rule::RejectsFragmentedClose),
            Flaw::ControlTooLong if close => Some(Rule::RejectsLongClose),
            Flaw::RsvSet => Some(Rule::RejectsRsv),
            Flaw::OpcodeReserved => Some(Rule::RejectsUnknownOpcode),
            Flaw::LengthNotShortest => Some(Rule::RejectsLongLengthForm),
            Flaw::LengthTopBit => Some(Rule::RejectsLengthTopBit),
            Flaw::MaskMissing => Some(Rule::ServerRejectsUnmasked),
            Flaw::MaskPresent => Some(Rule::ClientRejectsMasked),
            Flaw::BodyOneByte => Some(Rule::RejectsOneByteBody),
            Flaw::CodeUndefined => Some(Rule::RejectsUndefinedCodes),
            Flaw::CodeLocalOnly => Some(Rule::RejectsLocalOnlyCodes),
            Flaw::CodeUnassigned => Some(Rule::RejectsUnassignedCodes),
            Flaw::ReasonNotUtf8 => Some(Rule::RejectsBadUtf8Reason),
            Flaw::ControlFragmented
            | Flaw::ControlTooLong
            | Flaw::ContinuationUnexpected
            | Flaw::ContinuationMissing
            | Flaw::TextNotUtf8
            | Flaw::MessageTooBig => None,
        }
    }

    /// The code that fits failing the connection for it (§7.4.1).
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
            Flaw::ReasonNotUtf8 | Flaw::TextNotUtf8 => CloseCode::INVALID_PAYLOAD,
            Flaw::MessageTooBig => CloseCode::TOO_BIG,
        }
    }

    /// Whether `code` fits failing the connection for it: [`Flaw::fail_code`], or 1009 too where the flaw is
    /// one of length.
    pub fn accepts_fail_code(self, code: CloseCode) -> bool {
        code == self.fail_code() || (code == CloseCode::TOO_BIG && self.shows_in_length())
    }

    /// Whether the length that a header claims is all it takes to see it.
    pub const fn shows_in_length(self) -> bool {
        matches!(self, Flaw::ControlTooLong | Flaw::LengthTopBit)
    }

    /// The flaw in words, as findings print it.
    pub const fn description(self) -> &'static str {
        match self {
            Flaw::ControlFragmented => "control frame without FIN",
            Flaw::ControlTooLong => "control frame over 125 bytes",
            Flaw::RsvSet => "RSV bit set",
            Flaw::OpcodeReserved => "reserved opcode",
            Flaw::LengthNotShortest => "length not in its shortest form",
            Flaw::LengthTopBit => "64-bit length with its top bit set",
            Flaw::MaskMissing => "client frame without a mask",
            Flaw::MaskPresent => "server frame with a mask",
            Flaw::ContinuationUnexpected => "continuation of nothing",
            Flaw::ContinuationMissing => "new message inside a fragmented one",
            Flaw::BodyOneByte => "Close body of one byte",
            Flaw::CodeUndefined => "code without meaning or range",
            Flaw::CodeLocalOnly => "code for local use only",
            Flaw::CodeUnassigned => "code that nothing assigns",
            Flaw::ReasonNotUtf8 => "reason that is not UTF-8",
            Flaw::TextNotUtf8 => "text that is not UTF-8",
            Flaw::MessageTooBig => "message too big",
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

    /// The set with one flaw more.
    pub const fn with(mut self, flaw: Flaw) -> Flaws {
        self.insert(flaw);
        self
    }

    /// The set with one flaw more, if it is there.
    pub const fn with_if(self, flaw: Flaw, there: bool) -> Flaws {
        Flaws(self.0 | (there as u32) << flaw as u8)
    }

    /// What is in either set.
    pub const fn union(self, other: Flaws) -> Flaws {
        Flaws(self.0 | other.0)
    }

    /// Whether the set has this flaw.
    pub const fn contains(self, flaw: Flaw) -> bool {
        self.0 & (1 << flaw as u8) != 0
    }

    /// Whether nothing is wrong.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set as a number: the bit of each flaw is its place in the enum.
    pub const fn bits(self) -> u32 {
        self.0
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
