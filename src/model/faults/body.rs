//! The faults in how an endpoint reads the body of a Close.

use super::{Fault, utf8};
use crate::model::behavior::Crash;
use crate::model::situation::{Ending, Situation};
use crate::protocol::close::{CloseBody, MAX_REASON};
use crate::protocol::code::{Class, CloseCode};
use crate::protocol::frame::{Header, Opcode};
use crate::protocol::state_machine::State;

/// Whether the endpoint accepts the code at the beginning of this payload, which a conforming endpoint rejects.
pub(super) fn takes_code(fault: Fault, payload: &[u8], now: &Situation<'_>) -> bool {
    let [high, low, ..] = payload else { return false };
    let code = CloseCode(u16::from_be_bytes([*high, *low]));
    match (fault, code.class()) {
        (Fault::TakesLocalOnlyCodes, Class::LocalOnly) => true,
        (Fault::TakesCodesUnder1000, Class::NotUsed) => true,
        (Fault::TakesCodesOver4999, Class::OutOfRange) => true,
        (Fault::TakesUnassignedCodes, Class::Unassigned) => true,
        (Fault::Takes1004, Class::ReservedWithoutMeaning) => true,
        (Fault::Takes0, _) => code.0 == 0,
        (Fault::Takes999, _) => code.0 == 999,
        (Fault::Takes1005, _) => code.0 == 1005,
        (Fault::Takes1006, _) => code.0 == 1006,
        (Fault::Takes1015, _) => code.0 == 1015,
        (Fault::Takes1016, _) => code.0 == 1016,
        (Fault::Takes2999, _) => code.0 == 2999,
        (Fault::Takes5000, _) => code.0 == 5000,
        (Fault::Takes65535, _) => code.0 == 65535,
        (Fault::Takes1000To1999, _) => (1000..2000).contains(&code.0),
        (Fault::TakesAnyCodeInReply, _) => now.state == State::CloseSent,
        _ => false,
    }
}

/// Whether the endpoint treats a flawless Close as an error.
pub(super) fn rejects(fault: Fault, header: &Header, body: &CloseBody<'_>, now: &Situation<'_>) -> bool {
    let (reason, history) = (body.reason(), now.history);
    let code = body.code().map_or(0, |code| code.0);
    match fault {
        Fault::RefusesEmptyClose => *body == CloseBody::Empty,
        Fault::RefusesBareCode => *body != CloseBody::Empty && reason.is_empty(),
        Fault::RefusesReasonOf1 => reason.len() == 1,
        Fault::RefusesReasonOf15 => reason.len() == 15,
        Fault::RefusesReasonOf16 => reason.len() == 16,
        Fault::RefusesReasonsOver31 => reason.len() > 31,
        Fault::RefusesReasonOf32 => reason.len() == 32,
        Fault::RefusesReasonsOver63 => reason.len() > 63,
        Fault::RefusesReasonOf64 => reason.len() == 64,
        Fault::RefusesReasonOf122 => reason.len() == 122,
        Fault::RefusesReasonOf123 => reason.len() == MAX_REASON,
        Fault::RefusesLongForeignReason => reason.len() > 16 && !reason.is_ascii(),
        Fault::WaitsForLongClose => header.length.value() > 125,
        Fault::Refuses1000WithReason => code == 1000 && !reason.is_empty(),
        Fault::Refuses1001 => code == 1001,
        Fault::Refuses1003 => code == 1003,
        Fault::Refuses1007 => code == 1007,
        Fault::Refuses1008 => code == 1008,
        Fault::Refuses1009 => code == 1009,
        Fault::Refuses1010 => code == 1010,
        Fault::Refuses1011 => code == 1011,
        Fault::Refuses1012 => code == 1012,
        Fault::Refuses1013 => code == 1013,
        Fault::Refuses1014 => code == 1014,
        Fault::Refuses3000 => code == 3000,
        Fault::Refuses3999 => code == 3999,
        Fault::RefusesLibraryCodes => (3000..4000).contains(&code),
        Fault::Refuses4000 => code == 4000,
        Fault::RefusesPrivateCodes => (4000..5000).contains(&code),
        Fault::Refuses4999 => code == 4999,
        Fault::FailsOnCutInCharacter => (1..reason.len())
            .any(|at| !reason.is_char_boundary(at) && now.arrival.is_cut_in_payload(header, at + 2..at + 3)),
        Fault::RefusesCloseAfterPong => history.pongs > 0,
        Fault::RefusesCloseAfter64Ki => history.longest_message > 65535,
        Fault::RefusesCloseAfterFragments => history.fragmented_message && !now.in_message,
        Fault::RefusesCloseAfterCompressed => history.compressed_message,
        Fault::RefusesCloseAfterCleanConnection => now.past.last == Some(Ending::Clean),
        _ => utf8::refuses_character(fault, reason),
    }
}

/// Whether the endpoint ignores a flawless Close.
pub(super) fn ignores(fault: Fault, body: &CloseBody<'_>, now: &Situation<'_>) -> bool {
    let (history, arrival, past) = (now.history, now.arrival, now.past);
    match fault {
        Fault::IgnoresCloseBetweenFragments => now.in_message,
        Fault::AnswersNoEmptyClose => *body == CloseBody::Empty,
        Fault::IgnoresCloseAfterEmptyMessage => history.empty_message,
        Fault::IgnoresCloseAfterBinary => history.binary_message,
        Fault::IgnoresCloseAfterTenPings => history.pings >= 10,
        Fault::IgnoresCloseAfterSending => history.sent_messages > 0,
        Fault::IgnoresCloseAfterSilence => history.longest_silence >= 4,
        Fault::IgnoresCloseBehindText => arrival.behind == Some(Opcode::Text),
        Fault::IgnoresCloseBehindPing => arrival.behind == Some(Opcode::Ping),
        Fault::IgnoresCloseWithFin => arrival.with_end && now.state == State::Open,
        Fault::IgnoresEmptyReply => now.state == State::CloseSent && *body == CloseBody::Empty,
        Fault::IgnoresReplyWithOtherCode => {
            now.state == State::CloseSent && body.code().is_some() && body.code() != now.own_code
        }
        Fault::IgnoresReplyAfterFrames => history.frames_while_closing > 0,
        Fault::AnswersEverySecondConnection => past.connections % 2 == 1,
        Fault::AnswersThreeOfFourConnections => past.connections % 4 == 3,
        Fault::IgnoresCloseAfterFailedConnection => past.last == Some(Ending::Failed),
        Fault::IgnoresCloseAfterResetConnection => past.last == Some(Ending::Reset),
        Fault::IgnoresCloseAfterCutConnection => past.last == Some(Ending::Cut),
        _ => false,
    }
}

/// Misreads the code.
pub(super) fn garbles(fault: Fault, payload: &mut [u8]) {
    let [high, low, ..] = payload else { return };
    match fault {
        Fault::ReadsCodeBackwards => std::mem::swap(high, low),
        Fault::ReadsCodeModulo4096 => *high &= 0x0f,
        Fault::ReadsCodeInOneOctet => *high = 0,
        _ => {}
    }
}

/// Whether and how a Close with this payload crashes the endpoint.
pub(super) fn crash_on(fault: Fault, payload: &[u8], now: &Situation<'_>) -> Option<Crash> {
    let reason = payload.get(2..).unwrap_or_default();
    match (fault, payload) {
        (Fault::PanicsOnOneByte, [_]) => Some(Crash::Panic),
        (Fault::PanicsOnCode0, [0, 0, ..]) => Some(Crash::Panic),
        (Fault::PanicsOnBadUtf8, _) => std::str::from_utf8(reason).is_err().then_some(Crash::Panic),
        (Fault::PanicsOnCharacterAcross16, _) => match std::str::from_utf8(reason) {
            Ok(text) if text.len() > 16 && !text.is_char_boundary(16) => Some(Crash::Panic),
            Ok(_) | Err(_) => None,
        },
        (Fault::PanicsOnCloseBetweenFragments, _) => now.in_message.then_some(Crash::Panic),
        (Fault::SpinsOnEmptyClose, []) => Some(Crash::Hang),
        _ => None,
    }
}
