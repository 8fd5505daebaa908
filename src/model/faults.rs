//! The model with one fault, to test that the judge finds it.
//!
//! Every rule has at least one [`Fault`] that violates it. Each fault changes one decision of [`Behavior`].

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each decision names the faults that change it; every other fault uses the default"
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
        /// One deviation from the conforming behavior.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Fault {
            $(#[doc = $description] $name,)*
        }

        impl Fault {
            /// Every fault, in the order of the rules that they violate.
            pub const ALL: [Fault; [$(Fault::$name),*].len()] = [$(Fault::$name),*];

            /// The name, stable across versions: `never-answers`.
            pub const fn slug(self) -> &'static str {
                match self { $(Fault::$name => $slug,)* }
            }

            /// The rule that the fault violates.
            pub const fn rule(self) -> Rule {
                match self { $(Fault::$name => Rule::$rule,)* }
            }

            /// What the endpoint does wrong, in one sentence.
            pub const fn description(self) -> &'static str {
                match self { $(Fault::$name => $description,)* }
            }
        }
    };
}

faults! {
    CloseWithoutFin "close-without-fin" CloseFin "Sends its Close without FIN."
    CloseOf126 "close-of-126" CloseAtMost125 "Pads its Close to 126 octets."
    CloseWithRsv1 "close-with-rsv1" CloseRsvClear "Sets RSV1 in its Close."
    LengthIn16Bits "length-in-16-bits" ShortestLength "Encodes short lengths in 16 bits."
    LengthIn64Bits "length-in-64-bits" ShortestLength "Encodes short lengths in 64 bits."
    LengthTopBit "length-top-bit" LengthTopBitClear "Sets the top bit of a 64-bit length."
    ClientBare "client-bare" ClientMasks "As a client, sends its Close unmasked."
    ClientBareWhenEmpty "client-bare-when-empty" ClientMasks "As a client, sends empty frames unmasked."
    ServerMasks "server-masks" ServerDoesNotMask "As a server, masks every frame."
    KeyConstant "key-constant" FreshMaskKey "Masks every frame with the same key."
    KeyZero "key-zero" FreshMaskKey "Masks every frame with a key of zero."
    KeyCounts "key-counts" FreshMaskKey "Masks each frame with the next number of a counter."
    WritesReservedOpcode "writes-reserved-opcode" StreamWellFormed "Sends a frame with opcode 11 before its Close."
    WritesInsideFrame "writes-inside-frame" StreamWellFormed "Sends its Close inside an unfinished text frame."
    BodyOfOneByte "body-of-one-byte" BodyEmptyOrCode "Sends a Close with a body of one octet."
    SendsCode0 "sends-code-0" CodeIsDefined "Replies to an empty Close with code 0."
    SendsCode5000 "sends-code-5000" CodeIsDefined "Replies with code 5000."
    EchoesNoStatus "echoes-no-status" CodeNotLocalOnly "Replies to an empty Close with 1005."
    SendsAbnormal "sends-abnormal" CodeNotLocalOnly "Fails the connection with 1006."
    Sends1004 "sends-1004" CodeNot1004 "Replies with 1004."
    Sends2000 "sends-2000" CodeIsAssigned "Replies with 2000."
    ServerSends1010 "server-sends-1010" Code1010FromClient "As a server, replies with 1010."
    ReasonCutInCharacter "reason-cut-in-character" ReasonUtf8 "Truncates a long reason to 123 octets, inside a character if need be."
    ReasonInLatin1 "reason-in-latin1" ReasonUtf8 "Encodes the reason of its application in Latin-1."
    ReasonInCesu8 "reason-in-cesu8" ReasonUtf8 "Encodes four-byte characters in the reason of its application as two surrogates."
    DataAfterClose "data-after-close" NoDataAfterClose "Sends an empty text message after its Close."
    ContinuesAfterClose "continues-after-close" NoDataAfterClose "Sends a continuation frame after its Close."
    SendsAfterClose "sends-after-close" NoDataAfterClose "Sends messages of its application after its Close."
    ClosesTwice "closes-twice" OneClose "Sends a second Close directly after the first."
    PongAfterHandshake "pong-after-handshake" QuietAfterClose "Replies to a Ping after the closing handshake."
    NeverAnswers "never-answers" CloseAnswered "Accepts a Close and sends no reply."
    AnswersNoEmptyClose "answers-no-empty-close" CloseAnswered "Ignores an empty Close."
    AnswersLate "answers-late" CloseAnsweredPromptly "Replies after three ticks."
    AnswersNormal "answers-normal" CloseEchoesCode "Replies with 1000 to every code."
    NeverClosesTcp "never-closes-tcp" TcpClosedAfterHandshake "Leaves TCP open after the closing handshake."
    ClosesTcpLate "closes-tcp-late" ServerClosesTcpAtOnce "As a server, closes TCP five ticks after the closing handshake."
    ClientClosesTcpFirst "client-closes-tcp-first" ClientLetsServerCloseFirst "As a client, closes TCP directly after its reply."
    ResetsTcp "resets-tcp" TcpClosedCleanly "Closes TCP by a reset."
    DoesNotWait "does-not-wait" WaitsForAnswer "Closes TCP directly after its own Close."
    Refuses1001 "refuses-1001" AcceptsDefinedCodes "Treats 1001 as an error."
    Refuses1011 "refuses-1011" AcceptsDefinedCodes "Treats 1011 as an error."
    Refuses1014 "refuses-1014" AcceptsRegisteredCodes "Treats 1014 as an error."
    Refuses3000 "refuses-3000" AcceptsLibraryAndPrivateCodes "Treats 3000 as an error."
    Refuses4999 "refuses-4999" AcceptsLibraryAndPrivateCodes "Treats 4999 as an error."
    RefusesEmptyClose "refuses-empty-close" AcceptsEmptyClose "Treats an empty Close as an error."
    RefusesReasonOf123 "refuses-reason-of-123" AcceptsLongestReason "Treats a Close of 125 octets as an error."
    RefusesFourByteReason "refuses-four-byte-reason" AcceptsAnyUtf8Reason "Treats four-byte characters as an error."
    RefusesNul "refuses-nul" AcceptsAnyUtf8Reason "Treats NUL in a reason as an error."
    TakesLocalOnlyCodes "takes-local-only-codes" RejectsLocalOnlyCodes "Accepts 1005, 1006 and 1015."
    TakesCodesUnder1000 "takes-codes-under-1000" RejectsUndefinedCodes "Accepts 0–999."
    TakesCodesOver4999 "takes-codes-over-4999" RejectsUndefinedCodes "Accepts 5000–65535."
    TakesUnassignedCodes "takes-unassigned-codes" RejectsUnassignedCodes "Accepts 1016–2999."
    Takes1004 "takes-1004" RejectsUnassignedCodes "Accepts 1004."
    TakesOneByteBody "takes-one-byte-body" RejectsOneByteBody "Treats a one-byte body as an empty one."
    TakesSurrogates "takes-surrogates" RejectsBadUtf8Reason "Accepts surrogates in a reason."
    TakesOverlong "takes-overlong" RejectsBadUtf8Reason "Accepts overlong UTF-8 sequences in a reason."
    TakesCutShort "takes-cut-short" RejectsBadUtf8Reason "Accepts a reason with an incomplete last character."
    TakesBeyondUnicode "takes-beyond-unicode" RejectsBadUtf8Reason "Accepts code points above U+10FFFF in a reason."
    TakesLongClose "takes-long-close" RejectsLongClose "Accepts a Close of 126 octets or more."
    WaitsForLongClose "waits-for-long-close" RejectsLongClose "Rejects a Close over 125 octets only after its last octet."
    TakesFragmentedClose "takes-fragmented-close" RejectsFragmentedClose "Accepts a Close without FIN."
    TakesRsv "takes-rsv" RejectsRsv "Accepts frames with RSV bits."
    TakesUnknownOpcode "takes-unknown-opcode" RejectsUnknownOpcode "Ignores frames with unknown opcodes."
    TakesLongLengthForm "takes-long-length-form" RejectsLongLengthForm "Accepts lengths that are not in the shortest form."
    TakesLengthTopBit "takes-length-top-bit" RejectsLengthTopBit "Waits for a payload of more than 2^63 octets."
    TakesUnmasked "takes-unmasked" ServerRejectsUnmasked "As a server, accepts unmasked frames."
    TakesMasked "takes-masked" ClientRejectsMasked "As a client, accepts masked frames."
    IgnoresCloseBetweenFragments "ignores-close-between-fragments" CloseBetweenFragments "Ignores a Close between the fragments of a message."
    LosesPartialFrames "loses-partial-frames" AnySegmentation "Loses a frame that does not end in the segment in which it begins."
    LosesGluedFrames "loses-glued-frames" AnySegmentation "Loses the octets after the first frame of a segment."
    FailsOnPartialFrames "fails-on-partial-frames" AnySegmentation "Fails the connection on a frame that does not end in the segment in which it begins."
    DeliversAfterClose "delivers-after-close" DiscardsAfterClose "Delivers a message that arrives after the Close of the peer."
    StopsReading "stops-reading" ReadsUntilAnswer "Closes TCP when a message arrives after its own Close."
    AnswersCrossedClose "answers-crossed-close" SimultaneousClose "Replies to a Close that crossed its own."
    StaysOpenAfterFailing "stays-open-after-failing" FailClosesTcp "Fails the connection and leaves TCP open."
    FailsInSilence "fails-in-silence" FailSendsClose "Fails the connection without sending a Close."
    FailsWithNormal "fails-with-normal" FailCodeFits "Fails the connection with 1000."
    FailsUtf8AsProtocol "fails-utf8-as-protocol" FailCodeFits "Fails the connection with 1002 where 1007 fits."
    DeliversAfterFailing "delivers-after-failing" NothingAfterFail "Delivers a message after failing the connection."
    PongsAfterFailing "pongs-after-failing" NothingAfterFail "Replies to a Ping after failing the connection."
    AnswersAfterFailing "answers-after-failing" NothingAfterFail "Replies to a Close after failing the connection."
    TakesEofForClose "takes-eof-for-close" EofIsNotAClose "Reports a clean closure when the peer closes TCP without a Close."
    IgnoresEof "ignores-eof" EofIsNotAClose "Keeps TCP open after the FIN of the peer."
    ReportsOwnCode "reports-own-code" ReportsFirstCode "Reports the code of its own Close."
    ReportsNormalForNone "reports-normal-for-none" Reports1005 "Reports 1000 for an empty Close."
    ReportsNormalForEof "reports-normal-for-eof" Reports1006 "Reports 1000 when it received no Close."
    ReportsNoReason "reports-no-reason" ReportsReason "Reports an empty reason for every Close."
    ReportsInventedReason "reports-invented-reason" ReportsReason "Reports a reason of its own for an empty Close."
    ReportsAlwaysClean "reports-always-clean" ReportsClean "Reports every closure as clean."
    SendsUnsendableCodes "sends-unsendable-codes" ApiRefusesUnsendableCode "Accepts every close code that its application requests."
    SendsLongReasons "sends-long-reasons" ApiRefusesLongReason "Accepts close reasons of any length from its application."
    SwallowsDataAfterClose "swallows-data-after-close" ApiRefusesDataAfterClose "Accepts a message from its application after its Close, and drops it."
    WaitsForEver "waits-for-ever" GivesUpWaiting "Waits forever for a reply."
    PanicsOnOneByte "panics-on-one-byte" NoPanic "Panics on a one-byte body."
    SpinsOnEmptyClose "spins-on-empty-close" NoHang "Loops forever on an empty Close."
    AllocatesTheClaim "allocates-the-claim" BoundedMemory "Allocates the claimed length of a payload."
    StaysFailed "stays-failed" NextConnectionUnharmed "Serves no connection after one that failed."
}

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

    fn close_status<'a>(&self, conforming: CloseStatus<'a>, own_code: Option<CloseCode>) -> CloseStatus<'a> {
        match self {
            Fault::TakesEofForClose if conforming.code == CloseCode::ABNORMAL => {
                CloseStatus { code: CloseCode::NO_STATUS, clean: true, ..conforming }
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
