//! Maps flaws and unsendable codes to the rules that forbid them. The protocol modules know nothing of rules.

use super::catalogue::Rule;
use crate::protocol::code::Unsendable;
use crate::protocol::flaw::Flaw;

/// The rule that the sender of a flaw violates, if there is one. `on_close` is true if the frame is a Close.
///
/// A message that is too big for one receiver violates no rule, and RFC 7692 says nothing about one that does not inflate. For the code of a Close, [`code_sender_rule`] is
/// more precise, because it distinguishes 1004 from the unassigned codes.
pub const fn sender_rule(flaw: Flaw, on_close: bool) -> Option<Rule> {
    match flaw {
        Flaw::ControlFragmented if on_close => Some(Rule::CloseFin),
        Flaw::ControlTooLong if on_close => Some(Rule::CloseAtMost125),
        Flaw::RsvSet if on_close => Some(Rule::CloseRsvClear),
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
        Flaw::MessageTooBig | Flaw::NotDeflate => None,
    }
}

/// The rule that requires the receiver to fail the connection for a flaw, if there is one. `on_close` is true
/// if the frame is a Close.
pub const fn receiver_rule(flaw: Flaw, on_close: bool) -> Option<Rule> {
    match flaw {
        Flaw::ControlFragmented if on_close => Some(Rule::RejectsFragmentedClose),
        Flaw::ControlTooLong if on_close => Some(Rule::RejectsLongClose),
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
        Flaw::TextNotUtf8 => Some(Rule::RejectsBadUtf8Text),
        Flaw::ControlFragmented | Flaw::ControlTooLong => Some(Rule::RejectsBadControlFrame),
        Flaw::ContinuationUnexpected | Flaw::ContinuationMissing => Some(Rule::RejectsBadFragmentation),
        Flaw::MessageTooBig | Flaw::NotDeflate => None,
    }
}

/// The rule that an endpoint violates if it sends a code that must not be sent.
pub const fn code_sender_rule(why: Unsendable) -> Rule {
    match why {
        Unsendable::Undefined => Rule::CodeIsDefined,
        Unsendable::LocalOnly => Rule::CodeNotLocalOnly,
        Unsendable::ReservedWithoutMeaning => Rule::CodeNot1004,
        Unsendable::Unassigned => Rule::CodeIsAssigned,
        Unsendable::ClientOnly => Rule::Code1010FromClient,
    }
}

/// The rule that an endpoint violates if it accepts a code that must not be sent. There is none for 1010, which
/// a server accepts from a client.
pub const fn code_receiver_rule(why: Unsendable) -> Option<Rule> {
    match why {
        Unsendable::Undefined => Some(Rule::RejectsUndefinedCodes),
        Unsendable::LocalOnly => Some(Rule::RejectsLocalOnlyCodes),
        Unsendable::ReservedWithoutMeaning | Unsendable::Unassigned => Some(Rule::RejectsUnassignedCodes),
        Unsendable::ClientOnly => None,
    }
}
