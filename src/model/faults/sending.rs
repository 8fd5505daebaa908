//! The faults in what an endpoint sends.

use super::{Fault, utf8};
use crate::model::behavior::ExtraAction;
use crate::model::situation::Situation;
use crate::protocol::close::{self, CloseBody, MAX_REASON};
use crate::protocol::code::{CloseCode, Profile};
use crate::protocol::deflate::COMPRESSED_RSV;
use crate::protocol::flaw::Flaw;
use crate::protocol::frame::{Header, Length, Opcode};
use crate::protocol::role::Role;
use crate::protocol::state_machine::State;

/// The octets of a reason that [`Fault::EchoesReasonCutInCharacter`] copies.
const ECHO_BUFFER: usize = 16;

pub(super) fn prefix_bytes(fault: Fault, opcode: Opcode, role: Role) -> &'static [u8] {
    match (fault, opcode, role) {
        (Fault::WritesReservedOpcode, Opcode::Close, Role::Server) => &[0x8b, 0],
        (Fault::WritesReservedOpcode, Opcode::Close, Role::Client) => &[0x8b, 0x80, 1, 2, 3, 4],
        (Fault::WritesInsideFrame, Opcode::Close, Role::Server) => &[0x81, 125],
        (Fault::WritesInsideFrame, Opcode::Close, Role::Client) => &[0x81, 0xfd, 1, 2, 3, 4],
        _ => &[],
    }
}

pub(super) fn alter_frame(
    fault: Fault,
    header: &mut Header,
    payload: &mut Vec<u8>,
    count: u32,
    now: &Situation<'_>,
) {
    let close = header.opcode == Opcode::Close;
    match fault {
        Fault::CloseWithoutFin if close => header.fin = false,
        Fault::CloseOf126 if close => {
            if payload.is_empty() {
                payload.extend_from_slice(&CloseCode::NORMAL.to_octets());
            }
            payload.resize(126, b' ');
            header.length = Length::shortest(126);
        }
        Fault::CloseWithRsv1 if close => header.rsv = 4,
        Fault::CloseWithRsv2 if close => header.rsv = 2,
        Fault::CloseWithRsv3 if close => header.rsv = 1,
        Fault::CompressesClose if close && now.deflate => header.rsv = COMPRESSED_RSV,
        Fault::CompressesCloseAfterCompressed if close && now.history.compressed_message => {
            header.rsv = COMPRESSED_RSV;
        }
        Fault::LongCloseIn16Bits if close && payload.len() > 63 => {
            header.length = Length::sixteen(payload.len() as u16);
        }
        Fault::CloseAnnouncesTooMuch if close => header.length = Length::shortest(payload.len() as u64 + 1),
        Fault::CloseWithTrailingNewline if close => payload.push(b'\n'),
        Fault::LengthIn16Bits => header.length = Length::sixteen(payload.len() as u16),
        Fault::LengthIn64Bits => header.length = Length::sixty_four(payload.len() as u64),
        Fault::LengthTopBit => header.length = Length::sixty_four(1 << 63 | payload.len() as u64),
        Fault::ClientBare if close => header.mask = None,
        Fault::ClientBarePong if header.opcode == Opcode::Pong => header.mask = None,
        Fault::ClientBareWhenEmpty if payload.is_empty() => header.mask = None,
        Fault::ServerMasks => header.mask = header.mask.or(Some([1, 2, 3, 4])),
        Fault::KeyConstant => header.mask = header.mask.map(|_| [0xde, 0xad, 0xbe, 0xef]),
        Fault::KeyZero => header.mask = header.mask.map(|_| [0; 4]),
        Fault::KeyCounts => header.mask = header.mask.map(|_| count.to_be_bytes()),
        Fault::KeyCountsInFirstOctet => {
            header.mask = header.mask.map(|_| [count as u8, 0x5a, 0xc3, 0x96]);
        }
        // A multiplicative hash, so that only the repetition is a pattern.
        Fault::KeyUsedTwice => {
            header.mask = header.mask.map(|_| (count / 2 + 1).wrapping_mul(0x9e37_79b9).to_be_bytes());
        }
        Fault::BodyOfOneByte if close => {
            payload.resize(1, 3);
            header.length = Length::shortest(1);
        }
        _ => {}
    }
}

pub(super) fn reply_code(
    fault: Fault,
    received: &CloseBody<'_>,
    now: &Situation<'_>,
) -> Option<Option<CloseCode>> {
    let code = match (fault, received.code()) {
        (Fault::SendsCode0, None) => CloseCode(0),
        (Fault::SendsCode5000, _) => CloseCode(5000),
        (Fault::EchoesNoStatus, None) => CloseCode::NO_STATUS,
        (Fault::Sends1004, _) => CloseCode::RESERVED_1004,
        (Fault::Sends2000, _) => CloseCode(2000),
        (Fault::ServerSends1010, _) => CloseCode::MANDATORY_EXTENSION,
        (Fault::AnswersNormal, _) => CloseCode::NORMAL,
        (Fault::AnswersGoingAwayToNone, None) => CloseCode::GOING_AWAY,
        (Fault::AnswersNone, _) => return Some(None),
        (Fault::AnswersPrivateAsNormal, Some(CloseCode(4000..=4999))) => CloseCode::NORMAL,
        (Fault::AnswersUnnamedAsNoStatus, Some(CloseCode(3000..=4999))) => CloseCode::NO_STATUS,
        (Fault::AnswersUnnamedAsAbnormal, Some(CloseCode(4000..=4999))) => CloseCode::ABNORMAL,
        (Fault::RepliesSwappedCode, Some(code)) => CloseCode(code.0.swap_bytes()),
        (Fault::RepliesCodeInOneOctet, Some(code)) => CloseCode(code.0 & 0xff),
        (Fault::RepliesCodeModulo4096, Some(code)) => CloseCode(code.0 & 0xfff),
        (Fault::RepliesOneMore, Some(code)) if code != CloseCode::NORMAL => CloseCode(code.0.wrapping_add(1)),
        (Fault::RepliesWithTheCodeBefore, Some(_)) => return now.past.last_code.map(Some),
        // Only a fault accepts such a code, and an endpoint echoes what it accepts.
        (_, Some(code)) if code.acceptable(Profile::default()).is_err() => code,
        _ => return None,
    };
    Some(Some(code))
}

pub(super) fn reply_reason(fault: Fault, received: &CloseBody<'_>, out: &mut Vec<u8>) {
    let reason = received.reason();
    match fault {
        Fault::EchoesReasonCutInCharacter => {
            out.extend_from_slice(&reason.as_bytes()[..reason.len().min(ECHO_BUFFER)]);
        }
        Fault::EchoesReasonInLatin1 => out.extend(utf8::latin1(reason)),
        Fault::EchoesReasonInUtf16 => {
            out.extend(reason.encode_utf16().flat_map(u16::to_be_bytes).take(MAX_REASON));
        }
        Fault::EchoesReasonWithPrefix => {
            out.extend_from_slice(b"closed by peer: ");
            out.extend_from_slice(reason.as_bytes());
        }
        _ => {}
    }
}

pub(super) fn fail_code(fault: Fault, flaw: Flaw) -> Option<CloseCode> {
    Some(match fault {
        Fault::SendsAbnormal => CloseCode::ABNORMAL,
        Fault::FailsWithNormal => CloseCode::NORMAL,
        Fault::FailsWithBare1010 => CloseCode::MANDATORY_EXTENSION,
        Fault::FailsUtf8AsProtocol => CloseCode::PROTOCOL_ERROR,
        Fault::FailsProtocolAsUtf8 => CloseCode::INVALID_PAYLOAD,
        Fault::FailsAsUnsupported => CloseCode::UNSUPPORTED_DATA,
        Fault::FailsAsInternal => CloseCode::INTERNAL_ERROR,
        Fault::FailsWithoutCode => return None,
        _ => flaw.fail_code(),
    })
}

pub(super) fn fail_reason(fault: Fault, flaw: Flaw, payload: &[u8], out: &mut Vec<u8>) {
    match fault {
        Fault::FailsQuotingTheReason if flaw == Flaw::ReasonNotUtf8 => {
            out.extend_from_slice(b"invalid reason: ");
            out.extend(payload.iter().skip(2).take(MAX_REASON - 16));
        }
        Fault::FailsWithLongReason => out.resize(2 + MAX_REASON + 1, b'.'),
        _ => {}
    }
}

pub(super) fn after_close(fault: Fault, now: &Situation<'_>) -> Option<ExtraAction> {
    let failed = now.state == State::Failed;
    match fault {
        Fault::DataAfterClose if !failed => Some(ExtraAction::Frame(Opcode::Text)),
        Fault::ContinuesAfterClose if !failed => Some(ExtraAction::Frame(Opcode::Continuation)),
        Fault::WritesHttpAfterClose if !failed => Some(ExtraAction::Text(match now.role {
            Role::Server => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            Role::Client => "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        })),
        Fault::FailsWithHttp if failed => Some(ExtraAction::Text("HTTP/1.1 400 Bad Request\r\n\r\n")),
        Fault::PingsAfterClose if now.state == State::CloseReceived => Some(ExtraAction::Frame(Opcode::Ping)),
        Fault::ClosesTwiceAfterFailing if failed => Some(ExtraAction::Frame(Opcode::Close)),
        Fault::ClosesTwiceOnRequest if now.state == State::CloseSent => {
            Some(ExtraAction::Frame(Opcode::Close))
        }
        Fault::ClosesTwice if !failed => Some(ExtraAction::Frame(Opcode::Close)),
        Fault::ClientClosesTcpFirst if now.role == Role::Client && now.state == State::CloseReceived => {
            Some(ExtraAction::CloseTcp)
        }
        Fault::DoesNotWait if now.state == State::CloseSent => Some(ExtraAction::CloseTcp),
        _ => None,
    }
}

pub(super) fn app_close(
    fault: Fault,
    code: CloseCode,
    reason: &str,
    profile: Profile,
    now: &Situation<'_>,
    out: &mut Vec<u8>,
) -> bool {
    let sendable = code.sendable(now.role, profile).is_ok();
    let fits = reason.len() <= MAX_REASON;
    let reason: Vec<u8> = match fault {
        Fault::SendsUnsendableCodes if fits => reason.into(),
        Fault::SendsLongReasons if sendable => reason.into(),
        Fault::ReasonCutInCharacter if sendable => reason.as_bytes()[..reason.len().min(MAX_REASON)].into(),
        Fault::ReasonInLatin1 if sendable && fits => utf8::latin1(reason),
        Fault::ReasonInCesu8 if sendable && fits => utf8::cesu8(reason),
        Fault::DropsRequestedCode if sendable && reason.is_empty() => return true,
        Fault::ReplacesRequestedCode if sendable && fits => {
            out.extend_from_slice(&CloseCode::NORMAL.to_octets());
            out.extend_from_slice(reason.as_bytes());
            return true;
        }
        Fault::ReplacesPrivateCode if (4000..5000).contains(&code.0) && fits => {
            out.extend_from_slice(&CloseCode::NORMAL.to_octets());
            out.extend_from_slice(reason.as_bytes());
            return true;
        }
        Fault::SendsRequested999 if code.0 == 999 => reason.into(),
        Fault::SendsRequested1004 if code.0 == 1004 => reason.into(),
        Fault::SendsRequested1005 if code.0 == 1005 => reason.into(),
        Fault::SendsRequested1006 if code.0 == 1006 => reason.into(),
        Fault::SendsRequested1015 if code.0 == 1015 => reason.into(),
        Fault::SendsRequested2000 if code.0 == 2000 => reason.into(),
        Fault::SendsRequested5000 if code.0 == 5000 => reason.into(),
        Fault::CountsCharacters if sendable && reason.chars().count() <= MAX_REASON => reason.into(),
        Fault::ForgetsTheCode if sendable && reason.len() <= MAX_REASON + 2 => reason.into(),
        Fault::DropsRequestedReason if sendable && fits => Vec::new(),
        Fault::DropsForeignReason if sendable && fits && !reason.is_ascii() => Vec::new(),
        Fault::ReplacesForeignCharacters if sendable && fits => {
            reason.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect::<String>().into()
        }
        Fault::EndsReasonAtNul if sendable && fits => {
            reason.bytes().take_while(|octet| *octet != 0).collect()
        }
        Fault::TerminatesReason if sendable && reason.len() < MAX_REASON => format!("{reason}\0").into(),
        Fault::QuotesReason if sendable && reason.len() < MAX_REASON - 1 => format!("\"{reason}\"").into(),
        Fault::DropsReasonAfterMessage if sendable && fits && now.history.messages > 0 => Vec::new(),
        Fault::SendsCodeTwice if sendable && reason.len() < MAX_REASON - 1 => {
            [&code.to_octets(), reason.as_bytes()].concat()
        }
        Fault::ShortensRequestedReason if sendable && fits => {
            close::truncate_at_char_boundary(reason, 100).into()
        }
        _ if sendable && fits => reason.into(),
        _ => return false,
    };
    out.extend_from_slice(&code.to_octets());
    out.extend_from_slice(&reason);
    true
}

pub(super) fn app_close_without_code(fault: Fault, out: &mut Vec<u8>) {
    match fault {
        Fault::SendsNoStatusForNone => out.extend_from_slice(&CloseCode::NO_STATUS.to_octets()),
        Fault::SendsCode0ForNone => out.extend_from_slice(&[0, 0]),
        _ => {}
    }
}
