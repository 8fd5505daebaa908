//! The model with one fault, to test that the judge finds it.
//!
//! Every rule has at least one [`Fault`] that violates it. Each fault changes one decision of [`Behavior`].

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each decision names the faults that change it; every other fault uses the default"
)]

mod role;
mod table;

pub use table::Fault;

use super::behavior::{
    Behavior, CloseStatus, Crash, ExtraAction, IDLE_TIMEOUT_TICKS, ReportCourse, SegmentHandling,
};
use super::endpoint::Endpoint;
use crate::protocol::close::{self, BodyError, CloseBody, MAX_REASON};
use crate::protocol::code::{Class, CloseCode, Profile};
use crate::protocol::flaw::Flaw;
use crate::protocol::frame::{Header, Length, Opcode};
use crate::protocol::role::Role;
use crate::protocol::state_machine::{Action, Event, State};

/// The size of the read that [`Fault::LeavesDataUnread`] makes before it closes TCP, in octets.
const READ_SIZE: usize = 1 << 16;

/// The model with one fault.
pub type FaultyModel = Endpoint<Fault>;

impl FaultyModel {
    /// The model with this fault, in the default profile.
    pub fn new(fault: Fault) -> FaultyModel {
        Endpoint::with_behavior(fault.slug(), fault, Profile::default())
    }
}

impl Fault {
    /// Whether every Close of an endpoint with this fault in this role violates the rule.
    pub fn shows_in_every_close(self, role: Role) -> bool {
        match self {
            Fault::CloseWithoutFin
            | Fault::CloseOf126
            | Fault::CloseWithRsv1
            | Fault::LengthIn16Bits
            | Fault::LengthIn64Bits
            | Fault::LengthTopBit
            | Fault::WritesReservedOpcode
            | Fault::BodyOfOneByte => true,
            Fault::ClientBare => role == Role::Client,
            Fault::ServerMasks => role == Role::Server,
            _ => false,
        }
    }

    fn accepts_reason(self, payload: &[u8]) -> bool {
        let Err(BodyError::ReasonNotUtf8 { valid_up_to, .. }) = CloseBody::parse(payload) else {
            return false;
        };
        let bad = &payload[2 + valid_up_to..];
        match (self, bad) {
            (Fault::TakesSurrogates, [0xed, 0xa0..=0xbf, ..]) => true,
            (Fault::TakesOverlong, [0xc0 | 0xc1, ..] | [0xe0, 0x80..=0x9f, ..] | [0xf0, 0x80..=0x8f, ..]) => {
                true
            }
            (Fault::TakesBeyondUnicode, [0xf4, 0x90..=0xbf, ..] | [0xf5..=0xf7, ..]) => true,
            (Fault::TakesCutShort, _) => {
                std::str::from_utf8(bad).is_err_and(|error| error.error_len().is_none())
            }
            _ => false,
        }
    }

    fn refused_code(self) -> Option<CloseCode> {
        match self {
            Fault::Refuses1001 => Some(CloseCode::GOING_AWAY),
            Fault::Refuses1011 => Some(CloseCode::INTERNAL_ERROR),
            Fault::Refuses1014 => Some(CloseCode::BAD_GATEWAY),
            Fault::Refuses3000 => Some(CloseCode::UNAUTHORIZED),
            Fault::Refuses4999 => Some(CloseCode(4999)),
            _ => None,
        }
    }
}

impl Behavior for Fault {
    fn prefix_bytes(&self, opcode: Opcode, role: Role) -> &'static [u8] {
        match (self, opcode, role) {
            (Fault::WritesReservedOpcode, Opcode::Close, Role::Server) => &[0x8b, 0],
            (Fault::WritesReservedOpcode, Opcode::Close, Role::Client) => &[0x8b, 0x80, 1, 2, 3, 4],
            (Fault::WritesInsideFrame, Opcode::Close, Role::Server) => &[0x81, 125],
            (Fault::WritesInsideFrame, Opcode::Close, Role::Client) => &[0x81, 0xfd, 1, 2, 3, 4],
            _ => &[],
        }
    }

    fn alter_frame(&self, header: &mut Header, payload: &mut Vec<u8>, count: u32) {
        let close = header.opcode == Opcode::Close;
        match self {
            Fault::CloseWithoutFin if close => header.fin = false,
            Fault::CloseOf126 if close => {
                if payload.is_empty() {
                    payload.extend_from_slice(&CloseCode::NORMAL.to_octets());
                }
                payload.resize(126, b' ');
                header.length = Length::shortest(126);
            }
            Fault::CloseWithRsv1 if close => header.rsv = 4,
            Fault::LengthIn16Bits => header.length = Length::sixteen(payload.len() as u16),
            Fault::LengthIn64Bits => header.length = Length::sixty_four(payload.len() as u64),
            Fault::LengthTopBit => header.length = Length::sixty_four(1 << 63 | payload.len() as u64),
            Fault::ClientBare if close => header.mask = None,
            Fault::ClientBareWhenEmpty if payload.is_empty() => header.mask = None,
            Fault::ServerMasks => header.mask = header.mask.or(Some([1, 2, 3, 4])),
            Fault::KeyConstant => header.mask = header.mask.map(|_| [0xde, 0xad, 0xbe, 0xef]),
            Fault::KeyZero => header.mask = header.mask.map(|_| [0; 4]),
            Fault::KeyCounts => header.mask = header.mask.map(|_| count.to_be_bytes()),
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

    fn tolerates(&self, flaw: Flaw, header: &Header, payload: Option<&[u8]>) -> bool {
        let close = header.opcode == Opcode::Close;
        let code = match payload {
            Some([high, low, ..]) => CloseCode(u16::from_be_bytes([*high, *low])).class(),
            Some(_) | None => Class::Defined,
        };
        match (self, flaw) {
            (Fault::TakesLocalOnlyCodes, Flaw::CodeLocalOnly) => true,
            (Fault::TakesCodesUnder1000, Flaw::CodeUndefined) => code == Class::NotUsed,
            (Fault::TakesCodesOver4999, Flaw::CodeUndefined) => code == Class::OutOfRange,
            (Fault::TakesUnassignedCodes, Flaw::CodeUnassigned) => code == Class::Unassigned,
            (Fault::Takes1004, Flaw::CodeUnassigned) => code == Class::ReservedWithoutMeaning,
            (Fault::TakesOneByteBody, Flaw::BodyOneByte) => true,
            (Fault::IgnoresReasons, Flaw::ReasonNotUtf8) => true,
            (_, Flaw::ReasonNotUtf8) => payload.is_some_and(|payload| self.accepts_reason(payload)),
            (Fault::TakesLongClose | Fault::WaitsForLongClose, Flaw::ControlTooLong) => close,
            (Fault::TakesFragmentedClose, Flaw::ControlFragmented) => close,
            (Fault::TakesRsv, Flaw::RsvSet) => true,
            (Fault::TakesUnknownOpcode, Flaw::OpcodeReserved) => true,
            (Fault::TakesLongLengthForm, Flaw::LengthNotShortest) => true,
            // A length over 2^63 also exceeds the limits of control frames and of messages.
            (Fault::TakesLengthTopBit, Flaw::LengthTopBit | Flaw::ControlTooLong | Flaw::MessageTooBig) => {
                header.length.value() >> 63 != 0
            }
            (Fault::TakesUnmasked, Flaw::MaskMissing) => true,
            (Fault::TakesMasked, Flaw::MaskPresent) => true,
            (Fault::TakesBadText, Flaw::TextNotUtf8) => true,
            (Fault::TakesBadFragmentedText, Flaw::TextNotUtf8) => {
                header.opcode == Opcode::Continuation || !header.fin
            }
            (Fault::TakesCutText, Flaw::TextNotUtf8) => payload.is_some_and(|text| {
                std::str::from_utf8(text).is_err_and(|error| error.error_len().is_none())
            }),
            (Fault::TakesLongPing, Flaw::ControlTooLong) => header.opcode == Opcode::Ping,
            (Fault::TakesFragmentedPing, Flaw::ControlFragmented) => header.opcode == Opcode::Ping,
            (Fault::TakesStrayContinuation, Flaw::ContinuationUnexpected) => true,
            (Fault::TakesMessageInMessage, Flaw::ContinuationMissing) => true,
            _ => false,
        }
    }

    fn rejects(&self, header: &Header, body: &CloseBody<'_>) -> bool {
        match self {
            Fault::RefusesEmptyClose => *body == CloseBody::Empty,
            Fault::RefusesReasonOf123 => body.reason().len() == MAX_REASON,
            Fault::RefusesFourByteReason => body.reason().chars().any(|c| c.len_utf8() == 4),
            Fault::RefusesNul => body.reason().contains('\0'),
            Fault::RefusesLongForeignReason => body.reason().len() > 16 && !body.reason().is_ascii(),
            Fault::WaitsForLongClose => header.length.value() > 125,
            _ => body.code().is_some() && body.code() == self.refused_code(),
        }
    }

    fn invents_flaw(&self, header: &Header, in_message: bool, text: Option<&[u8]>) -> Option<Flaw> {
        let refuses = match self {
            Fault::RefusesPong => header.opcode == Opcode::Pong,
            // RSV1 is set here only if permessage-deflate was negotiated.
            Fault::RefusesCompressedMessages => header.rsv != 0,
            Fault::RefusesPingBetweenFragments => header.opcode == Opcode::Ping && in_message,
            Fault::RefusesEmptyFragment => {
                header.opcode == Opcode::Continuation && header.length.value() == 0
            }
            Fault::RefusesCloseBetweenFragments => header.opcode == Opcode::Close && in_message,
            Fault::RefusesKeyOfZero => header.opcode == Opcode::Close && header.mask == Some([0; 4]),
            Fault::ChecksFragmentsAlone => {
                let is_cut = text.is_some_and(|text| std::str::from_utf8(text).is_err());
                return (is_cut && !header.opcode.is_control()).then_some(Flaw::TextNotUtf8);
            }
            _ => false,
        };
        refuses.then_some(Flaw::OpcodeReserved)
    }

    fn ignores_close(&self, in_message: bool, body: &CloseBody<'_>) -> bool {
        match self {
            Fault::IgnoresCloseBetweenFragments => in_message,
            Fault::AnswersNoEmptyClose => *body == CloseBody::Empty,
            _ => false,
        }
    }

    fn reply_code(&self, received: &CloseBody<'_>) -> Option<Option<CloseCode>> {
        let code = match (self, received) {
            (Fault::SendsCode0, CloseBody::Empty) => CloseCode(0),
            (Fault::SendsCode5000, _) => CloseCode(5000),
            (Fault::EchoesNoStatus, CloseBody::Empty) => CloseCode::NO_STATUS,
            (Fault::Sends1004, _) => CloseCode::RESERVED_1004,
            (Fault::Sends2000, _) => CloseCode(2000),
            (Fault::ServerSends1010, _) => CloseCode::MANDATORY_EXTENSION,
            (Fault::AnswersNormal, _) => CloseCode::NORMAL,
            // These accept the code, so they echo it.
            (
                Fault::TakesLocalOnlyCodes
                | Fault::TakesCodesUnder1000
                | Fault::TakesCodesOver4999
                | Fault::TakesUnassignedCodes
                | Fault::Takes1004,
                body,
            ) => return Some(body.code()),
            _ => return None,
        };
        Some(Some(code))
    }

    fn action(&self, state: State, event: Event, role: Role, action: Action) -> Action {
        let exchanged = matches!(state, State::CloseReceived | State::CloseExchanged);
        match (self, state, event) {
            (Fault::PongAfterHandshake, State::CloseExchanged, Event::RecvPing) => Action::SendPong,
            (Fault::NeverAnswers, State::Open, Event::RecvClose) => Action::Nothing,
            (Fault::DeliversAfterClose, _, Event::RecvMessage) if exchanged => Action::Deliver,
            (Fault::StopsReading, State::CloseSent, Event::RecvMessage) => Action::CloseTcp,
            (Fault::AnswersCrossedClose, State::CloseSent, Event::RecvClose) => Action::SendCloseReply,
            (Fault::FailsInSilence, State::Open, Event::RecvFlaw) => Action::CloseTcp,
            (Fault::DeliversAfterFailing, State::Failed, Event::RecvMessage) => Action::Deliver,
            (Fault::PongsAfterFailing, State::Failed, Event::RecvPing) => Action::SendPong,
            (Fault::AnswersAfterFailing, State::Failed, Event::RecvClose) => Action::SendCloseReply,
            (Fault::IgnoresEof, State::Open | State::CloseSent, Event::PeerFin) if role == Role::Server => {
                Action::Nothing
            }
            (Fault::ClientIgnoresEof, State::Open | State::CloseSent, Event::PeerFin)
                if role == Role::Client =>
            {
                Action::Nothing
            }
            (Fault::DropsMessagesWhileClosing, State::CloseSent, Event::RecvMessage) => Action::Discard,
            (Fault::IgnoresPingsWhileClosing, State::CloseSent, Event::RecvPing) => Action::Nothing,
            (Fault::SwallowsDataAfterClose, _, Event::AppSend) if action == Action::RejectRequest => {
                Action::Nothing
            }
            (Fault::SendsAfterClose, State::CloseSent, Event::AppSend) => Action::SendMessage,
            (Fault::EndsTcpOnRequest, State::Open, Event::AppClose) => Action::CloseTcp,
            (Fault::IgnoresCloseRequest, State::Open, Event::AppClose) => Action::Nothing,
            (Fault::DropsMessagesBeforeClose, State::Open, Event::AppSend) => Action::Nothing,
            (Fault::LosesMessages, State::Open, Event::RecvMessage) => Action::Nothing,
            (Fault::SendsBeforeReply, State::CloseReceived, Event::AppSend) => Action::SendMessage,
            _ => action,
        }
    }

    fn delay(&self, action: Action, state: State, role: Role) -> Option<u32> {
        match (self, action, state) {
            (Fault::AnswersLate | Fault::SendsBeforeReply, Action::SendCloseReply, _) => Some(3),
            (
                Fault::NeverClosesTcp,
                Action::CloseTcp,
                State::CloseExchanged | State::Closed { clean: true },
            ) => None,
            (Fault::ClosesTcpLate, Action::CloseTcp, State::CloseExchanged) if role == Role::Server => {
                Some(5)
            }
            (Fault::FailsSlowly, Action::CloseTcp, State::Failed) if role == Role::Server => Some(5),
            // The second of these still waits for a Close to answer.
            (Fault::StaysOpenAfterFailing | Fault::AnswersAfterFailing, Action::CloseTcp, State::Failed) => {
                None
            }
            _ => Some(0),
        }
    }

    fn after_close(&self, state: State, role: Role) -> Option<ExtraAction> {
        let failed = state == State::Failed;
        match self {
            Fault::DataAfterClose if !failed => Some(ExtraAction::Frame(Opcode::Text)),
            Fault::ContinuesAfterClose if !failed => Some(ExtraAction::Frame(Opcode::Continuation)),
            Fault::WritesHttpAfterClose if !failed => Some(ExtraAction::Text(match role {
                Role::Server => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                Role::Client => "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            })),
            Fault::ClosesTwice if !failed => Some(ExtraAction::Frame(Opcode::Close)),
            Fault::ClientClosesTcpFirst if role == Role::Client && state == State::CloseReceived => {
                Some(ExtraAction::CloseTcp)
            }
            Fault::DoesNotWait if state == State::CloseSent => Some(ExtraAction::CloseTcp),
            _ => None,
        }
    }

    fn fail_code(&self, flaw: Flaw) -> CloseCode {
        match self {
            Fault::SendsAbnormal => CloseCode::ABNORMAL,
            Fault::FailsWithNormal => CloseCode::NORMAL,
            Fault::FailsWithBare1010 => CloseCode::MANDATORY_EXTENSION,
            Fault::FailsUtf8AsProtocol => CloseCode::PROTOCOL_ERROR,
            _ => flaw.fail_code(),
        }
    }

    fn discards_input(&self, state: State) -> bool {
        match self {
            Fault::PongAfterHandshake | Fault::DeliversAfterClose => {
                !matches!(state, State::CloseExchanged | State::Open | State::CloseSent)
            }
            Fault::DeliversAfterFailing | Fault::PongsAfterFailing | Fault::AnswersAfterFailing => {
                !matches!(state, State::Failed | State::Open | State::CloseSent)
            }
            _ => state.discards_input(),
        }
    }

    fn segment_handling(&self) -> SegmentHandling {
        match self {
            Fault::LosesPartialFrames => SegmentHandling::LosingPartialFrames,
            Fault::LosesGluedFrames => SegmentHandling::LosingAllButTheFirstFrame,
            Fault::FailsOnPartialFrames => SegmentHandling::FailingOnPartialFrames,
            _ => SegmentHandling::AsAStream,
        }
    }

    fn resets(&self, unread: usize) -> bool {
        match self {
            Fault::ResetsTcp => true,
            Fault::LeavesDataUnread => unread > READ_SIZE,
            _ => false,
        }
    }

    fn closes_tls(&self) -> bool {
        *self != Fault::CutsTls
    }

    fn closes_only_writing(&self) -> bool {
        *self == Fault::StaysHalfClosed
    }

    fn idle_timeout(&self) -> Option<u32> {
        (*self != Fault::WaitsForEver).then_some(IDLE_TIMEOUT_TICKS)
    }

    fn close_status<'a>(&self, conforming: CloseStatus<'a>, own_code: Option<CloseCode>) -> CloseStatus<'a> {
        match self {
            Fault::TakesEofForClose if conforming.code == CloseCode::ABNORMAL => {
                CloseStatus { code: CloseCode::NO_STATUS, clean: true, ..conforming }
            }
            Fault::ReportsFailureCode if conforming.code == CloseCode::ABNORMAL => {
                CloseStatus { code: own_code.unwrap_or(conforming.code), ..conforming }
            }
            Fault::ReportsOwnCode => CloseStatus { code: own_code.unwrap_or(conforming.code), ..conforming },
            Fault::ReportsNormalForNone if conforming.code == CloseCode::NO_STATUS => {
                CloseStatus { code: CloseCode::NORMAL, ..conforming }
            }
            Fault::ReportsNormalForEof if conforming.code == CloseCode::ABNORMAL => {
                CloseStatus { code: CloseCode::NORMAL, ..conforming }
            }
            Fault::ReportsNoReason => CloseStatus { reason: "", ..conforming },
            Fault::ReportsInventedReason if conforming.code == CloseCode::NO_STATUS => {
                CloseStatus { reason: "no reason given", ..conforming }
            }
            Fault::ReportsAlwaysClean => CloseStatus { clean: true, ..conforming },
            _ => conforming,
        }
    }

    fn report_course(&self) -> ReportCourse {
        match self {
            Fault::ReportsAtTheClose => ReportCourse::AtTheClose,
            Fault::ReportsTwice => ReportCourse::Twice,
            Fault::ReportsErrorAfterClose => ReportCourse::WithAnError,
            _ => ReportCourse::OnceAtTheEnd,
        }
    }

    fn app_close(
        &self,
        code: CloseCode,
        reason: &str,
        role: Role,
        profile: Profile,
        out: &mut Vec<u8>,
    ) -> bool {
        let sendable = code.sendable(role, profile).is_ok();
        let fits = reason.len() <= MAX_REASON;
        let reason: Vec<u8> = match self {
            Fault::SendsUnsendableCodes if fits => reason.into(),
            Fault::SendsLongReasons if sendable => reason.into(),
            Fault::ReasonCutInCharacter if sendable => {
                reason.as_bytes()[..reason.len().min(MAX_REASON)].into()
            }
            Fault::ReasonInLatin1 if sendable && fits => {
                reason.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
            }
            Fault::ReasonInCesu8 if sendable && fits => cesu8(reason),
            Fault::DropsRequestedCode if sendable && reason.is_empty() => return true,
            Fault::ReplacesRequestedCode if sendable && fits => {
                out.extend_from_slice(&CloseCode::NORMAL.to_octets());
                out.extend_from_slice(reason.as_bytes());
                return true;
            }
            Fault::DropsRequestedReason if sendable && fits => Vec::new(),
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

    fn interprets_reason(&self) -> bool {
        *self != Fault::IgnoresReasons
    }

    fn allocates(&self, claimed: u64, received: u64) -> u64 {
        if *self == Fault::AllocatesTheClaim { claimed } else { received }
    }

    fn crash_on(&self, payload: &[u8]) -> Option<Crash> {
        match (self, payload) {
            (Fault::PanicsOnOneByte, [_]) => Some(Crash::Panic),
            (Fault::SpinsOnEmptyClose, []) => Some(Crash::Hang),
            _ => None,
        }
    }

    fn recovers(&self) -> bool {
        *self != Fault::StaysFailed
    }
}

/// Encodes each UTF-16 code unit as one character, which is invalid UTF-8 for surrogates.
fn cesu8(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    for unit in text.encode_utf16() {
        match char::from_u32(u32::from(unit)) {
            Some(c) => octets.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            None => octets.extend([
                0xe0 | (unit >> 12) as u8,
                0x80 | (unit >> 6 & 0x3f) as u8,
                0x80 | (unit & 0x3f) as u8,
            ]),
        }
    }
    octets
}
