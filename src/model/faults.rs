//! The model with one fault: what the judge must always find. Every rule has at least one [`Fault`] that
//! breaks it; each fault changes one decision of [`Conduct`] and nothing else.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each decision names the faults that change it; every other one leaves it alone"
)]

use super::behavior::{Behavior, CloseStatus, Crash, ExtraAction, IDLE_TIMEOUT_TICKS, SegmentHandling};
use super::endpoint::Endpoint;
use crate::protocol::close::{BodyError, CloseBody, MAX_REASON};
use crate::protocol::code::{Class, CloseCode, Profile};
use crate::protocol::flaw::Flaw;
use crate::protocol::frame::{Header, Length, Opcode};
use crate::protocol::role::Role;
use crate::protocol::state_machine::{Action, Event, State};
use crate::rules::Rule;

macro_rules! faults {
    ($($name:ident $slug:literal $rule:ident $description:literal)*) => {
        /// One thing done wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Fault {
            $(#[doc = $description] $name,)*
        }

        impl Fault {
            /// Every fault, by the rule that it breaks.
            pub const ALL: [Fault; [$(Fault::$name),*].len()] = [$(Fault::$name),*];

            /// Its name.
            pub const fn slug(self) -> &'static str {
                match self { $(Fault::$name => $slug,)* }
            }

            /// The rule that it breaks.
            pub const fn rule(self) -> Rule {
                match self { $(Fault::$name => Rule::$rule,)* }
            }

            /// What the endpoint does wrong.
            pub const fn description(self) -> &'static str {
                match self { $(Fault::$name => $description,)* }
            }
        }
    };
}

faults! {
    CloseWithoutFin "close-without-fin" CloseFin "Writes its Close without FIN."
    CloseOf126 "close-of-126" CloseAtMost125 "Pads its Close to 126 octets."
    CloseWithRsv1 "close-with-rsv1" CloseRsvClear "Marks its Close as compressed."
    LengthIn16Bits "length-in-16-bits" ShortestLength "Writes short lengths in 16 bits."
    LengthIn64Bits "length-in-64-bits" ShortestLength "Writes short lengths in 64 bits."
    LengthTopBit "length-top-bit" LengthTopBitClear "Sets the top bit of a 64-bit length."
    ClientBare "client-bare" ClientMasks "As a client, leaves its Close unmasked."
    ClientBareWhenEmpty "client-bare-when-empty" ClientMasks "As a client, leaves empty frames unmasked."
    ServerMasks "server-masks" ServerDoesNotMask "As a server, masks."
    KeyConstant "key-constant" FreshMaskKey "Masks every frame with the same key."
    KeyZero "key-zero" FreshMaskKey "Masks with zero."
    KeyCounts "key-counts" FreshMaskKey "Masks with a counter."
    WritesReservedOpcode "writes-reserved-opcode" StreamWellFormed "Writes a frame with opcode 11 before its Close."
    WritesInsideFrame "writes-inside-frame" StreamWellFormed "Writes its Close inside an unfinished text frame."
    BodyOfOneByte "body-of-one-byte" BodyEmptyOrCode "Writes half a code."
    SendsCode0 "sends-code-0" CodeIsDefined "Answers an empty Close with code 0."
    SendsCode5000 "sends-code-5000" CodeIsDefined "Answers with code 5000."
    EchoesNoStatus "echoes-no-status" CodeNotLocalOnly "Answers an empty Close with 1005."
    SendsAbnormal "sends-abnormal" CodeNotLocalOnly "Fails the connection with 1006."
    Sends1004 "sends-1004" CodeNot1004 "Answers with 1004."
    Sends2000 "sends-2000" CodeIsAssigned "Answers with 2000."
    ServerSends1010 "server-sends-1010" Code1010FromClient "As a server, answers with 1010."
    ReasonCutInCharacter "reason-cut-in-character" ReasonUtf8 "Cuts a long reason after 123 octets, wherever that is."
    ReasonInLatin1 "reason-in-latin1" ReasonUtf8 "Writes its application's reason in Latin-1."
    ReasonInCesu8 "reason-in-cesu8" ReasonUtf8 "Writes four-byte characters of its application's reason as two surrogates."
    DataAfterClose "data-after-close" NoDataAfterClose "Writes an empty text message after its Close."
    ContinuesAfterClose "continues-after-close" NoDataAfterClose "Writes a continuation after its Close."
    SendsAfterClose "sends-after-close" NoDataAfterClose "Goes on sending its application's messages after its Close."
    ClosesTwice "closes-twice" OneClose "Writes a second Close at once after the first."
    PongAfterHandshake "pong-after-handshake" QuietAfterClose "Answers a Ping after the handshake."
    NeverAnswers "never-answers" CloseAnswered "Takes a Close and sends none."
    AnswersNoEmptyClose "answers-no-empty-close" CloseAnswered "Takes an empty Close and sends none."
    AnswersLate "answers-late" CloseAnsweredPromptly "Answers after three ticks."
    AnswersNormal "answers-normal" CloseEchoesCode "Answers 1000 to every code."
    NeverClosesTcp "never-closes-tcp" TcpClosedAfterHandshake "Leaves TCP open after the handshake."
    ClosesTcpLate "closes-tcp-late" ServerClosesTcpAtOnce "Closes TCP five ticks after the handshake."
    ClientClosesTcpFirst "client-closes-tcp-first" ClientLetsServerCloseFirst "As a client, closes TCP with its Close."
    ResetsTcp "resets-tcp" TcpClosedCleanly "Ends TCP by a reset."
    DoesNotWait "does-not-wait" WaitsForAnswer "Closes TCP right after its own Close."
    Refuses1001 "refuses-1001" AcceptsDefinedCodes "Treats 1001 as an error."
    Refuses1011 "refuses-1011" AcceptsDefinedCodes "Treats 1011 as an error."
    Refuses1014 "refuses-1014" AcceptsRegisteredCodes "Treats 1014 as an error."
    Refuses3000 "refuses-3000" AcceptsLibraryAndPrivateCodes "Treats 3000 as an error."
    Refuses4999 "refuses-4999" AcceptsLibraryAndPrivateCodes "Treats 4999 as an error."
    RefusesEmptyClose "refuses-empty-close" AcceptsEmptyClose "Treats an empty Close as an error."
    RefusesReasonOf123 "refuses-reason-of-123" AcceptsLongestReason "Treats a Close of 125 octets as an error."
    RefusesFourByteReason "refuses-four-byte-reason" AcceptsAnyUtf8Reason "Treats four-byte characters as an error."
    RefusesNul "refuses-nul" AcceptsAnyUtf8Reason "Treats NUL in a reason as an error."
    TakesLocalOnlyCodes "takes-local-only-codes" RejectsLocalOnlyCodes "Takes 1005, 1006 and 1015."
    TakesCodesUnder1000 "takes-codes-under-1000" RejectsUndefinedCodes "Takes 0–999."
    TakesCodesOver4999 "takes-codes-over-4999" RejectsUndefinedCodes "Takes 5000–65535."
    TakesUnassignedCodes "takes-unassigned-codes" RejectsUnassignedCodes "Takes 1016–2999."
    Takes1004 "takes-1004" RejectsUnassignedCodes "Takes 1004."
    TakesOneByteBody "takes-one-byte-body" RejectsOneByteBody "Takes a one-byte body for an empty one."
    TakesSurrogates "takes-surrogates" RejectsBadUtf8Reason "Takes surrogates in a reason."
    TakesOverlong "takes-overlong" RejectsBadUtf8Reason "Takes overlong forms in a reason."
    TakesCutShort "takes-cut-short" RejectsBadUtf8Reason "Takes a reason whose last character is cut short."
    TakesBeyondUnicode "takes-beyond-unicode" RejectsBadUtf8Reason "Takes what lies beyond U+10FFFF."
    TakesLongClose "takes-long-close" RejectsLongClose "Takes a Close of 126 octets or more."
    WaitsForLongClose "waits-for-long-close" RejectsLongClose "Refuses an over-long Close only once it is whole."
    TakesFragmentedClose "takes-fragmented-close" RejectsFragmentedClose "Takes a Close without FIN."
    TakesRsv "takes-rsv" RejectsRsv "Takes frames with RSV bits."
    TakesUnknownOpcode "takes-unknown-opcode" RejectsUnknownOpcode "Passes over frames with unknown opcodes."
    TakesLongLengthForm "takes-long-length-form" RejectsLongLengthForm "Takes lengths in any form."
    TakesLengthTopBit "takes-length-top-bit" RejectsLengthTopBit "Waits for a payload of more than 2^63 octets."
    TakesUnmasked "takes-unmasked" ServerRejectsUnmasked "As a server, takes unmasked frames."
    TakesMasked "takes-masked" ClientRejectsMasked "As a client, takes masked frames."
    IgnoresCloseBetweenFragments "ignores-close-between-fragments" CloseBetweenFragments "Passes over a Close inside a fragmented message."
    LosesPartialFrames "loses-partial-frames" AnySegmentation "Loses a frame that a segment does not finish."
    LosesGluedFrames "loses-glued-frames" AnySegmentation "Loses what follows the first frame of a segment."
    FailsOnPartialFrames "fails-on-partial-frames" AnySegmentation "Fails the connection on a frame that a segment does not finish."
    DeliversAfterClose "delivers-after-close" DiscardsAfterClose "Delivers a message that comes after the peer's Close."
    StopsReading "stops-reading" ReadsUntilAnswer "Closes TCP on a message that comes after its own Close."
    AnswersCrossedClose "answers-crossed-close" SimultaneousClose "Answers a Close that crossed its own."
    StaysOpenAfterFailing "stays-open-after-failing" FailClosesTcp "Fails the connection and leaves TCP open."
    FailsInSilence "fails-in-silence" FailSendsClose "Fails the connection without a Close."
    FailsWithNormal "fails-with-normal" FailCodeFits "Fails the connection with 1000."
    FailsUtf8AsProtocol "fails-utf8-as-protocol" FailCodeFits "Fails the connection with 1002 where 1007 fits."
    DeliversAfterFailing "delivers-after-failing" NothingAfterFail "Delivers a message after failing the connection."
    PongsAfterFailing "pongs-after-failing" NothingAfterFail "Answers a Ping after failing the connection."
    AnswersAfterFailing "answers-after-failing" NothingAfterFail "Answers a Close after failing the connection."
    TakesEofForClose "takes-eof-for-close" EofIsNotAClose "Reports a clean closure when the peer just goes."
    IgnoresEof "ignores-eof" EofIsNotAClose "Keeps TCP open after the peer's FIN."
    ReportsOwnCode "reports-own-code" ReportsFirstCode "Reports the code that it sent itself."
    ReportsNormalForNone "reports-normal-for-none" Reports1005 "Reports 1000 for an empty Close."
    ReportsNormalForEof "reports-normal-for-eof" Reports1006 "Reports 1000 when no Close came."
    ReportsNoReason "reports-no-reason" ReportsReason "Reports an empty reason, whatever came."
    ReportsInventedReason "reports-invented-reason" ReportsReason "Reports a reason of its own for an empty Close."
    ReportsAlwaysClean "reports-always-clean" ReportsClean "Reports every closure as clean."
    SendsUnsendableCodes "sends-unsendable-codes" ApiRefusesUnsendableCode "Closes with any code that its application asks for."
    SendsLongReasons "sends-long-reasons" ApiRefusesLongReason "Closes with a reason of any length."
    SwallowsDataAfterClose "swallows-data-after-close" ApiRefusesDataAfterClose "Takes a message after its Close, and drops it."
    WaitsForEver "waits-for-ever" GivesUpWaiting "Waits for an answer for ever."
    PanicsOnOneByte "panics-on-one-byte" NoPanic "Panics on a one-byte body."
    SpinsOnEmptyClose "spins-on-empty-close" NoHang "Spins on an empty Close."
    AllocatesTheClaim "allocates-the-claim" BoundedMemory "Sets aside what a length claims."
    StaysFailed "stays-failed" NextConnectionUnharmed "Serves nobody after one connection failed."
}

/// The model with this fault.
pub type FaultyModel = Endpoint<Fault>;

impl FaultyModel {
    /// The model with this fault, reading codes by the default profile.
    pub fn new(fault: Fault) -> FaultyModel {
        Endpoint::with_behavior(fault.slug(), fault, Profile::default())
    }
}

impl Fault {
    /// Whether an endpoint of this role with this fault breaks its rule by every Close that it writes.
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

    fn takes_reason(self, payload: &[u8]) -> bool {
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
            (_, Flaw::ReasonNotUtf8) => payload.is_some_and(|payload| self.takes_reason(payload)),
            (Fault::TakesLongClose | Fault::WaitsForLongClose, Flaw::ControlTooLong) => close,
            (Fault::TakesFragmentedClose, Flaw::ControlFragmented) => close,
            (Fault::TakesRsv, Flaw::RsvSet) => true,
            (Fault::TakesUnknownOpcode, Flaw::OpcodeReserved) => true,
            (Fault::TakesLongLengthForm, Flaw::LengthNotShortest) => true,
            // So long a Close is too long as well, and so long a message too big.
            (Fault::TakesLengthTopBit, Flaw::LengthTopBit | Flaw::ControlTooLong | Flaw::MessageTooBig) => {
                header.length.value() >> 63 != 0
            }
            (Fault::TakesUnmasked, Flaw::MaskMissing) => true,
            (Fault::TakesMasked, Flaw::MaskPresent) => true,
            _ => false,
        }
    }

    fn rejects(&self, header: &Header, body: &CloseBody<'_>) -> bool {
        match self {
            Fault::RefusesEmptyClose => *body == CloseBody::Empty,
            Fault::RefusesReasonOf123 => body.reason().len() == MAX_REASON,
            Fault::RefusesFourByteReason => body.reason().chars().any(|c| c.len_utf8() == 4),
            Fault::RefusesNul => body.reason().contains('\0'),
            Fault::WaitsForLongClose => header.length.value() > 125,
            _ => body.code().is_some() && body.code() == self.refused_code(),
        }
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
            // Who takes a code echoes it.
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

    fn action(&self, state: State, event: Event, _role: Role, action: Action) -> Action {
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
            (Fault::IgnoresEof, State::Open | State::CloseSent, Event::PeerFin) => Action::Nothing,
            (Fault::SwallowsDataAfterClose, _, Event::AppSend) if action == Action::RejectRequest => {
                Action::Nothing
            }
            (Fault::SendsAfterClose, State::CloseSent, Event::AppSend) => Action::SendMessage,
            _ => action,
        }
    }

    fn delay(&self, action: Action, state: State, role: Role) -> Option<u32> {
        match (self, action, state) {
            (Fault::AnswersLate, Action::SendCloseReply, _) => Some(3),
            (
                Fault::NeverClosesTcp,
                Action::CloseTcp,
                State::CloseExchanged | State::Closed { clean: true },
            ) => None,
            (Fault::ClosesTcpLate, Action::CloseTcp, State::CloseExchanged) if role == Role::Server => {
                Some(5)
            }
            (Fault::StaysOpenAfterFailing, Action::CloseTcp, State::Failed) => None,
            _ => Some(0),
        }
    }

    fn after_close(&self, state: State, role: Role) -> Option<ExtraAction> {
        let failed = state == State::Failed;
        match self {
            Fault::DataAfterClose if !failed => Some(ExtraAction::Frame(Opcode::Text)),
            Fault::ContinuesAfterClose if !failed => Some(ExtraAction::Frame(Opcode::Continuation)),
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

    fn resets(&self) -> bool {
        *self == Fault::ResetsTcp
    }

    fn idle_timeout(&self) -> Option<u32> {
        (*self != Fault::WaitsForEver).then_some(IDLE_TIMEOUT_TICKS)
    }

    fn close_status<'a>(&self, told: CloseStatus<'a>, own_code: Option<CloseCode>) -> CloseStatus<'a> {
        match self {
            Fault::TakesEofForClose if told.code == CloseCode::ABNORMAL => {
                CloseStatus { code: CloseCode::NO_STATUS, clean: true, ..told }
            }
            Fault::ReportsOwnCode => CloseStatus { code: own_code.unwrap_or(told.code), ..told },
            Fault::ReportsNormalForNone if told.code == CloseCode::NO_STATUS => {
                CloseStatus { code: CloseCode::NORMAL, ..told }
            }
            Fault::ReportsNormalForEof if told.code == CloseCode::ABNORMAL => {
                CloseStatus { code: CloseCode::NORMAL, ..told }
            }
            Fault::ReportsNoReason => CloseStatus { reason: "", ..told },
            Fault::ReportsInventedReason if told.code == CloseCode::NO_STATUS => {
                CloseStatus { reason: "no reason given", ..told }
            }
            Fault::ReportsAlwaysClean => CloseStatus { clean: true, ..told },
            _ => told,
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
            _ if sendable && fits => reason.into(),
            _ => return false,
        };
        out.extend_from_slice(&code.to_octets());
        out.extend_from_slice(&reason);
        true
    }

    fn allocates(&self, claimed: u64, came: u64) -> u64 {
        if *self == Fault::AllocatesTheClaim { claimed } else { came }
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
