//! The faults in how an endpoint reads frames.

use super::{Fault, body, utf8};
use crate::model::behavior::{Remnant, SegmentHandling};
use crate::model::situation::Situation;
use crate::protocol::flaw::Flaw;
use crate::protocol::frame::{Header, LengthForm, MAX_CONTROL_PAYLOAD, Opcode};
use crate::protocol::state_machine::State;

pub(super) fn tolerates(
    fault: Fault,
    flaw: Flaw,
    header: &Header,
    payload: Option<&[u8]>,
    now: &Situation<'_>,
) -> bool {
    let close = header.opcode == Opcode::Close;
    match (fault, flaw) {
        (_, Flaw::CodeLocalOnly | Flaw::CodeUndefined | Flaw::CodeUnassigned) => {
            payload.is_some_and(|payload| body::takes_code(fault, payload, now))
        }
        (Fault::TakesOneByteBody, Flaw::BodyOneByte) => true,
        (Fault::TakesOneByteReply, Flaw::BodyOneByte) => now.state == State::CloseSent,
        (_, Flaw::ReasonNotUtf8) => payload.is_some_and(|payload| utf8::takes_reason(fault, payload, now)),
        (Fault::TakesLongClose | Fault::WaitsForLongClose, Flaw::ControlTooLong) => close,
        (Fault::TakesCloseOf126, Flaw::ControlTooLong) => close && header.length.value() == 126,
        (Fault::TakesLongReply, Flaw::ControlTooLong) => close && now.state == State::CloseSent,
        (Fault::TakesFragmentedClose, Flaw::ControlFragmented) => close,
        (_, Flaw::RsvSet) => takes_rsv(fault, header),
        (_, Flaw::OpcodeReserved) => takes_opcode(fault, header.opcode.bits()),
        (Fault::TakesLongLengthForm, Flaw::LengthNotShortest) => true,
        (Fault::Takes16BitForm, Flaw::LengthNotShortest) => header.length.form() == LengthForm::Sixteen,
        (Fault::Takes64BitForm, Flaw::LengthNotShortest) => header.length.form() == LengthForm::SixtyFour,
        // A length over 2^63 also exceeds the limits of control frames and of messages.
        (Fault::TakesLengthTopBit, Flaw::LengthTopBit | Flaw::ControlTooLong | Flaw::MessageTooBig) => {
            header.length.value() >> 63 != 0
        }
        (Fault::TakesUnmasked, Flaw::MaskMissing) => true,
        (Fault::TakesUnmaskedEmpty, Flaw::MaskMissing) => header.length.value() == 0,
        (Fault::TakesMasked, Flaw::MaskPresent) => true,
        (Fault::TakesMaskedData, Flaw::MaskPresent) => !header.opcode.is_control(),
        (_, Flaw::TextNotUtf8) => payload.is_some_and(|text| utf8::takes_text(fault, header, text, now)),
        (Fault::TakesLongPing, Flaw::ControlTooLong) => header.opcode == Opcode::Ping,
        (Fault::TakesFragmentedPing, Flaw::ControlFragmented) => header.opcode == Opcode::Ping,
        (Fault::TakesLongPong, Flaw::ControlTooLong) => header.opcode == Opcode::Pong,
        (Fault::TakesFragmentedPong, Flaw::ControlFragmented) => header.opcode == Opcode::Pong,
        (Fault::TakesStrayContinuation, Flaw::ContinuationUnexpected) => true,
        (Fault::TakesMessageInMessage, Flaw::ContinuationMissing) => true,
        _ => false,
    }
}

fn takes_rsv(fault: Fault, header: &Header) -> bool {
    match fault {
        Fault::TakesRsv => true,
        Fault::TakesRsv1 => header.rsv == 4,
        Fault::TakesRsv2 => header.rsv == 2,
        Fault::TakesRsv3 => header.rsv == 1,
        Fault::TakesRsvInData => !header.opcode.is_control(),
        _ => false,
    }
}

fn takes_opcode(fault: Fault, opcode: u8) -> bool {
    match fault {
        Fault::TakesUnknownOpcode => true,
        Fault::TakesOpcode3 => opcode == 3,
        Fault::TakesOpcode4 => opcode == 4,
        Fault::TakesOpcode5 => opcode == 5,
        Fault::TakesOpcode6 => opcode == 6,
        Fault::TakesOpcode7 => opcode == 7,
        Fault::TakesOpcode11 => opcode == 11,
        Fault::TakesOpcode12 => opcode == 12,
        Fault::TakesOpcode13 => opcode == 13,
        Fault::TakesOpcode14 => opcode == 14,
        Fault::TakesOpcode15 => opcode == 15,
        _ => false,
    }
}

pub(super) fn invents_flaw(
    fault: Fault,
    header: &Header,
    text: Option<&[u8]>,
    now: &Situation<'_>,
) -> Option<Flaw> {
    let size = header.length.value();
    let cuts = now.arrival;
    let refuses = match (fault, header.opcode) {
        (Fault::RefusesPong, Opcode::Pong) => true,
        (Fault::RefusesPongWithPayload, Opcode::Pong) => size > 0,
        // RSV1 is set here only if permessage-deflate was negotiated.
        (Fault::RefusesCompressedMessages, _) => header.rsv != 0,
        (Fault::RefusesPingBetweenFragments, Opcode::Ping) => now.in_message,
        (Fault::RefusesEmptyPing, Opcode::Ping) => size == 0,
        (Fault::RefusesPingOf125, Opcode::Ping) => size == MAX_CONTROL_PAYLOAD as u64,
        (Fault::RefusesEmptyFragment, Opcode::Continuation) => size == 0,
        (Fault::RefusesEmptyMessage, Opcode::Text | Opcode::Binary) => header.fin && size == 0,
        (Fault::RefusesBinary, Opcode::Binary) => true,
        (Fault::RefusesMessageOf126, Opcode::Text | Opcode::Binary) => size > 125,
        (Fault::RefusesNulInText, Opcode::Text) => text.is_some_and(|text| text.contains(&0)),
        (Fault::RefusesCloseBetweenFragments, Opcode::Close) => now.in_message,
        (Fault::RefusesKeyOfZero, Opcode::Close) => header.mask == Some([0; 4]),
        (Fault::FailsOnCutInHeader, Opcode::Close) => cuts.is_cut_in(1..2),
        (Fault::FailsOnCutInKey, Opcode::Close) => cuts.is_cut_in_key(header),
        (Fault::FailsOnCutInCode, Opcode::Close) => cuts.is_cut_in_payload(header, 1..2),
        (Fault::FailsOnCutBeforeBody, Opcode::Close) => cuts.is_cut_in_payload(header, 0..1),
        (Fault::FailsOnCloseBehindText, Opcode::Close) => cuts.behind == Some(Opcode::Text),
        (Fault::ChecksFragmentsAlone, Opcode::Text | Opcode::Binary | Opcode::Continuation) => {
            let is_cut = text.is_some_and(|text| std::str::from_utf8(text).is_err());
            return is_cut.then_some(Flaw::TextNotUtf8);
        }
        _ => false,
    };
    refuses.then_some(Flaw::OpcodeReserved)
}

pub(super) fn garbles(fault: Fault, header: &Header, payload: &mut [u8], now: &Situation<'_>) {
    match (fault, header.opcode, header.mask) {
        // The key ends at its first zero octet, like a C string.
        (Fault::MisreadsKeyWithZero, _, Some(key)) => {
            let end = key.iter().position(|octet| *octet == 0).unwrap_or(key.len());
            for (at, octet) in payload.iter_mut().enumerate().filter(|(at, _)| at % 4 >= end) {
                *octet ^= key[at % 4];
            }
        }
        (Fault::MisreadsKeyOfOnes, _, Some([0xff, 0xff, 0xff, 0xff])) => {
            payload.iter_mut().for_each(|octet| *octet = !*octet);
        }
        (Fault::RestartsTheKey, _, Some(key)) => {
            let mut start = 0;
            for (at, octet) in payload.iter_mut().enumerate() {
                if now.arrival.is_cut_in_payload(header, at..at + 1) {
                    start = at;
                }
                *octet ^= key[at % 4] ^ key[(at - start) % 4];
            }
        }
        (_, Opcode::Close, _) => body::garbles(fault, payload),
        _ => {}
    }
}

pub(super) fn segment_handling(fault: Fault) -> SegmentHandling {
    match fault {
        Fault::LosesPartialFrames => SegmentHandling::LosingPartialFrames,
        Fault::LosesGluedFrames => SegmentHandling::LosingAllButTheFirstFrame,
        Fault::FailsOnPartialFrames => SegmentHandling::FailingOnPartialFrames,
        _ => SegmentHandling::AsAStream,
    }
}

pub(super) fn keeps_between_connections(fault: Fault) -> Remnant {
    match fault {
        Fault::KeepsTheMessage => Remnant::Message,
        Fault::KeepsTheFrame => Remnant::Frame,
        _ => Remnant::Nothing,
    }
}
