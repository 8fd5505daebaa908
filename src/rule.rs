//! The rules of closing a WebSocket: one table that everything else refers to. It depends on nothing.
//!
//! Out goes [`Rule`] (an id that is never renamed and never reused), what each rule says, whose act can
//! break it, how bad that is, and which [`Duty`] a subject must have taken on before the rule can be
//! held against it.

mod duty;
mod set;

use std::fmt;
use std::str::FromStr;

pub use duty::{Capabilities, Capability};
pub use set::RuleSet;

/// Whose act can break a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// What the endpoint under test put on the wire.
    Sender,
    /// How it reacted to what it was sent.
    Receiver,
    /// What it told, or allowed, its application.
    App,
}

impl Party {
    /// `sender`, `receiver` or `app`.
    pub const fn name(self) -> &'static str {
        match self {
            Party::Sender => "sender",
            Party::Receiver => "receiver",
            Party::App => "app",
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How bad a breach is. A level says what the RFC says, never how ugly the breach looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// A MUST, a MUST NOT or a definition of the RFC. A breach fails a run.
    Must,
    /// No sentence forbids it, but it cuts the endpoint off from conforming peers. Fails a run.
    Interop,
    /// No sentence forbids it, and no user would accept it (a panic, a hang). Fails a run.
    Robust,
    /// A SHOULD, or what the RFC or the registry implies. Warns; fails a strict run.
    Should,
    /// Accepted what no conforming peer may send. Warns; fails a strict run.
    Lenient,
    /// The RFC leaves it open: reported, never failed.
    Info,
}

impl Level {
    /// Every level, the gravest first.
    pub const ALL: [Level; 6] =
        [Level::Must, Level::Interop, Level::Robust, Level::Should, Level::Lenient, Level::Info];

    /// Whether a breach at this level fails a run; `strict` counts `should` and `lenient` too.
    pub const fn fails(self, strict: bool) -> bool {
        match self {
            Level::Must | Level::Interop | Level::Robust => true,
            Level::Should | Level::Lenient => strict,
            Level::Info => false,
        }
    }

    /// The level's name in tables and timelines.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Must => "must",
            Level::Interop => "interop",
            Level::Robust => "robust",
            Level::Should => "should",
            Level::Lenient => "lenient",
            Level::Info => "info",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

macro_rules! rules {
    ($($name:ident $id:literal $sections:literal $party:ident $level:ident $capability:ident $summary:literal $criterion:literal)*) => {
        /// A rule of the closing handshake. Ids ([`Rule::id`]) are permanent.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Rule {
            $(#[doc = $summary] $name,)*
        }

        impl Rule {
            /// Every rule, in the order of the catalogue.
            pub const ALL: [Rule; [$(Rule::$name),*].len()] = [$(Rule::$name),*];

            /// The permanent id, for example `close-fin`.
            pub const fn id(self) -> &'static str {
                match self { $(Rule::$name => $id,)* }
            }

            /// The sections of RFC 6455 (or the other document named) that it comes from; `–` where none says it.
            pub const fn sections(self) -> &'static str {
                match self { $(Rule::$name => $sections,)* }
            }

            /// Whose act can break it.
            pub const fn party(self) -> Party {
                match self { $(Rule::$name => Party::$party,)* }
            }

            /// How bad a breach is.
            pub const fn level(self) -> Level {
                match self { $(Rule::$name => Level::$level,)* }
            }

            /// The duty that a subject must have taken on for the rule to be held against it.
            pub const fn capability(self) -> Capability {
                match self { $(Rule::$name => Capability::$capability,)* }
            }

            /// What it says, in one sentence of ours.
            pub const fn summary(self) -> &'static str {
                match self { $(Rule::$name => $summary,)* }
            }

            /// How the judge decides it: the evidence, the grace, what it leaves open.
            pub const fn criterion(self) -> &'static str {
                match self { $(Rule::$name => $criterion,)* }
            }
        }
    };
}

rules! {
    CloseFin "close-fin" "5.4, 5.5" Sender Must Framing
        "A Close is one frame: FIN set, never fragmented."
        "Every frame with opcode 8 that the subject wrote is looked at."
    CloseAtMost125 "close-at-most-125" "5.5" Sender Must Framing
        "The payload of a Close is at most 125 bytes, so its reason at most 123."
        "By the length that the header of a Close claims."
    CloseRsvClear "close-rsv-clear" "5.2; RFC 7692 §6" Sender Must Framing
        "RSV1, RSV2 and RSV3 are 0 in a Close, permessage-deflate negotiated or not."
        "Every frame with opcode 8 that the subject wrote is looked at."
    ShortestLength "shortest-length" "5.2" Sender Must Framing
        "A length uses the shortest of the 7, 7+16 and 7+64 bit forms that holds it."
        "Every frame that the subject wrote is looked at."
    LengthTopBitClear "length-top-bit-clear" "5.2" Sender Must Framing
        "The most significant bit of a 64-bit length is 0."
        "Every frame that the subject wrote is looked at."
    ClientMasks "client-masks" "5.1, 5.3, 5.5.1" Sender Must MasksFrames
        "Every frame that a client sends is masked, Close included, empty ones too."
        "Every frame that the subject wrote as a client is looked at."
    ServerDoesNotMask "server-does-not-mask" "5.1" Sender Must MasksFrames
        "No frame that a server sends is masked."
        "Every frame that the subject wrote as a server is looked at."
    FreshMaskKey "fresh-mask-key" "5.3, 10.3" Sender Must MasksFrames
        "A client's masking keys are fresh and cannot be foretold: not constant, not zero, not counting."
        "Needs four masked frames in one trace: all keys equal, half of them zero, or all steps between them equal is a breach; anything else says nothing against them."
    StreamWellFormed "stream-well-formed" "5.2, 5.4" Sender Must Framing
        "What is sent parses as frames in a lawful order; nothing is written inside another frame."
        "Unknown opcodes, RSV bits on other frames, control frames too long or fragmented, continuations without a start or data frames inside a message, text that is not UTF-8, and a frame still unfinished when the subject closes TCP by itself."
    BodyEmptyOrCode "body-empty-or-code" "5.5.1" Sender Must Framing
        "The body of a Close is empty or begins with a two-byte code in network order: never one byte."
        "By the length of every Close written."
    CodeIsDefined "code-is-defined" "5.5.1, 7.4.2" Sender Must Framing
        "A code sent is one to which §7.4 gives a meaning or a range: not 0–999, not 5000–65535."
        "Every Close written. Whether 5000 and above is an error is not said in so many words: no range covers it. The `beast` profile lets it pass."
    CodeNotLocalOnly "code-not-local-only" "7.4.1" Sender Must Framing
        "1005, 1006 and 1015 are never sent."
        "Every Close written, echoes included."
    CodeNot1004 "code-not-1004" "7.4.1" Sender Should Framing
        "1004 is reserved without a meaning and is not sent."
        "Every Close written, echoes included."
    CodeIsAssigned "code-is-assigned" "7.4.2" Sender Should Framing
        "1016–2999 are not sent without a specification that assigns them."
        "Every Close written, by the profile: `rfc6455` counts 1012–1014 as unassigned, `iana` as registered."
    Code1010FromClient "code-1010-from-client" "7.4.1" Sender Should Framing
        "A server does not originate 1010; echoing it is not originating it."
        "A server's Close with 1010 when the peer's Close, if any, did not carry 1010."
    ReasonUtf8 "reason-utf8" "5.5.1" Sender Must Framing
        "A reason sent is whole, valid UTF-8: one cut to fit is cut between characters."
        "Every Close written that has more than two bytes."
    NoDataAfterClose "no-data-after-close" "5.5.1" Sender Must Framing
        "After its own Close an endpoint sends no text, binary or continuation frame."
        "By the order of what the subject wrote."
    OneClose "one-close" "5.5.1, 7.1.5" Sender Should Framing
        "An endpoint sends at most one Close."
        "By counting the frames with opcode 8 that the subject wrote."
    QuietAfterClose "quiet-after-close" "5.5.2" Sender Info Framing
        "No Ping or Pong is sent once Closes have gone both ways."
        "§5.5.2 lifts the duty to answer a Ping and forbids nothing: reported, never failed."
    CloseAnswered "close-answered" "5.5.1" Sender Must RepliesToClose
        "An endpoint that receives a Close and has sent none sends one back."
        "A well-formed Close was received on a connection that nothing had failed or cut, and the subject is idle (one with a clock: and a tick has passed) with no Close written. Not where the code was refused and is one that not everybody has to know, 1012 to 1014: before failing, a Close is a SHOULD."
    CloseAnsweredPromptly "close-answered-promptly" "5.5.1" Sender Should RepliesToClose
        "It does so as soon as practical; a message under way may be finished first."
        "Grace: one tick between the Close received and the Close written, unless the subject wrote data in between."
    CloseEchoesCode "close-echoes-code" "5.5.1" Sender Info RepliesToClose
        "The answer typically carries the code that it answers."
        "A different code, or none, is reported and never failed."
    TcpClosedAfterHandshake "tcp-closed-after-handshake" "5.5.1" Sender Must ClosesTcp
        "Once a Close has been sent and received, the endpoint closes the TCP connection."
        "A server must have closed when it is idle (one with a clock: after a tick); a client when the peer's FIN has come, or, if it has a clock, after sixteen ticks of silence."
    ServerClosesTcpAtOnce "server-closes-tcp-at-once" "5.5.1, 7.1.1" Sender Must ClosesTcp
        "The server does so immediately, without waiting for the client."
        "Grace: one tick after Closes have gone both ways."
    ClientLetsServerCloseFirst "client-lets-server-close-first" "5.5.1, 7.1.1" Sender Should ClosesTcp
        "The client waits a reasonable time for the server to close TCP."
        "A client that closes TCP before a tick has passed since the handshake, the server's FIN not having come, is reported: how long is reasonable, the RFC does not say."
    TcpClosedCleanly "tcp-closed-cleanly" "7.1.1" Sender Should ClosesTcp
        "TCP is closed by FIN, discarding what still arrives: not by a reset that can destroy the Close just sent."
        "By how the subject ended TCP after having written a Close; a reset by the peer excuses it."
    WaitsForAnswer "waits-for-answer" "1.4, 7.1.2" Sender Should ClosesTcp
        "Having started the handshake, an endpoint does not close TCP before the peer's Close or a timeout."
        "TCP closed, for reading too, before a tick has passed since its own Close, with no frame, FIN or reset from the peer since, is reported: how long a timeout is, the RFC does not say. Not where a reset followed its FIN: who knows how long it read."
    AcceptsDefinedCodes "accepts-defined-codes" "7.4.1" Receiver Interop ParsesCloseBody
        "1000–1003 and 1007–1011 complete the handshake: they are not treated as errors."
        "Judged on Closes with a short plain reason or none. Treated as an error: answered by an error code, reported as an error, or TCP dropped without an answer."
    AcceptsRegisteredCodes "accepts-registered-codes" "7.4.2; IANA" Receiver Should ParsesCloseBody
        "So do 1012, 1013 and 1014, which IANA has registered since."
        "As accepts-defined-codes; not asked under the profile `rfc6455`."
    AcceptsLibraryAndPrivateCodes "accepts-library-and-private-codes" "7.4.2" Receiver Interop ParsesCloseBody
        "So does every code from 3000 to 4999."
        "As accepts-defined-codes."
    AcceptsEmptyClose "accepts-empty-close" "5.5.1" Receiver Interop Framing
        "So does a Close without a body."
        "As accepts-defined-codes."
    AcceptsLongestReason "accepts-longest-reason" "5.5" Receiver Interop Framing
        "So does a body of every length from 2 to 125."
        "As accepts-defined-codes, on Closes with code 1000 and a plain ASCII reason."
    AcceptsAnyUtf8Reason "accepts-any-utf8-reason" "5.5.1" Receiver Interop ParsesCloseBody
        "So does every valid UTF-8 reason: NUL, BOM, noncharacters, four-byte characters."
        "As accepts-defined-codes, on Closes with code 1000 and a reason of at most sixteen bytes that is not plain ASCII."
    RejectsLocalOnlyCodes "rejects-local-only-codes" "7.4.1, 10.7" Receiver Lenient ParsesCloseBody
        "1005, 1006 or 1015 received fails the connection."
        "Accepted means: echoed, or reported to the application as an ordinary closure, or nothing done at all. An answer of 1000 or an empty one alone says nothing."
    RejectsUndefinedCodes "rejects-undefined-codes" "7.4.2, 10.7" Receiver Lenient ParsesCloseBody
        "0–999 or 5000–65535 received fails the connection."
        "As rejects-local-only-codes. No range of §7.4.2 covers 5000 and above."
    RejectsUnassignedCodes "rejects-unassigned-codes" "7.4.2, 10.7" Receiver Lenient ParsesCloseBody
        "1004 or 1016–2999 received fails the connection."
        "As rejects-local-only-codes, by the profile."
    RejectsOneByteBody "rejects-one-byte-body" "5.5.1, 10.7" Receiver Lenient ParsesCloseBody
        "A one-byte body fails the connection: it is not an empty one."
        "As rejects-local-only-codes. §5.5.1 binds the sender; receivers reject it by §10.7."
    RejectsBadUtf8Reason "rejects-bad-utf8-reason" "8.1" Receiver Must ParsesCloseBody
        "A reason that is not valid UTF-8 (overlong, surrogate, beyond U+10FFFF, cut short, stray byte) fails the connection."
        "As rejects-local-only-codes. An endpoint that never interprets the reason never meets §8.1: its adapter says so."
    RejectsLongClose "rejects-long-close" "5.5, 10.7" Receiver Lenient Framing
        "A Close of 126 bytes or more fails the connection, without waiting for its payload."
        "As rejects-local-only-codes, from the header on."
    RejectsFragmentedClose "rejects-fragmented-close" "5.4, 5.5, 10.7" Receiver Lenient Framing
        "A Close without FIN fails the connection."
        "As rejects-local-only-codes."
    RejectsRsv "rejects-rsv" "5.2" Receiver Must Framing
        "A set RSV bit that no extension explains fails the connection."
        "As rejects-local-only-codes, on every frame."
    RejectsUnknownOpcode "rejects-unknown-opcode" "5.2" Receiver Must Framing
        "Opcodes 3–7 and 11–15 fail the connection."
        "As rejects-local-only-codes."
    RejectsLongLengthForm "rejects-long-length-form" "5.2, 10.7" Receiver Lenient Framing
        "A length that is not in its shortest form fails the connection."
        "As rejects-local-only-codes, on every frame."
    RejectsLengthTopBit "rejects-length-top-bit" "5.2, 10.7" Receiver Lenient Framing
        "A 64-bit length with its top bit set fails the connection at once."
        "As rejects-local-only-codes, from the header on."
    ServerRejectsUnmasked "server-rejects-unmasked" "5.1" Receiver Must Framing
        "A server closes the connection on an unmasked frame."
        "As rejects-local-only-codes, on every frame."
    ClientRejectsMasked "client-rejects-masked" "5.1" Receiver Must Framing
        "A client closes the connection if it detects a masked frame."
        "As rejects-local-only-codes, on every frame. §5.1 says `detects`: that a client has to look is our reading."
    CloseBetweenFragments "close-between-fragments" "5.4" Receiver Must Framing
        "A Close in the middle of a fragmented message is handled as a Close."
        "Neither a Close nor an end of the connection followed. One that answers 1002 did handle it, as an error: not a breach."
    AnySegmentation "any-segmentation" "5.4" Receiver Robust Framing
        "The outcome is the same however the bytes are cut or joined by TCP."
        "Two connections of one trace got the same bytes, cut differently, and differ in the first Close written or in what the application was told; or, where all of them reached it both times, in later Closes, in the messages delivered, or in whether TCP ended without a Close."
    DiscardsAfterClose "discards-after-close" "1.4, 7.1.1" Receiver Should Framing
        "What arrives after the peer's Close is discarded: not delivered, and no error that changes the outcome."
        "More messages were delivered than came before the Close, or the application got an error instead of the Close. Pongs are quiet-after-close."
    ReadsUntilAnswer "reads-until-answer" "1.4, 5.5.1" Receiver Should Framing
        "After its own Close an endpoint goes on reading frames until the peer's Close."
        "Lawful frames came between its Close and the peer's, and it reported an error or ended TCP upon them, before the peer's Close and a tick, or kept a whole message from its application. Only after the peer's Close is data discarded (§1.4); a browser discards it before, as WHATWG has it."
    SimultaneousClose "simultaneous-close" "5.5.1" Receiver Should Framing
        "Two Closes that crossed are each the other's answer: no further Close is sent."
        "After its own Close a Close with another body came in, and a second one went out."
    FailClosesTcp "fail-closes-tcp" "7.1.7" Receiver Must ClosesTcp
        "Failing the connection closes TCP."
        "A server must have closed when it is idle; one with a clock after sixteen ticks of silence; either role after the peer's FIN."
    FailSendsClose "fail-sends-close" "7.1.7, 10.7" Receiver Should SendsCloseOnFailure
        "Before that, a Close with a fitting code is sent."
        "The subject failed the connection and had not sent a Close."
    FailCodeFits "fail-code-fits" "7.4.1" Receiver Should SendsCloseOnFailure
        "That code is 1002 for a protocol error, 1007 for bad UTF-8, 1009 for too big."
        "By the first flaw in what was received; where one frame has several, any fitting code will do."
    NothingAfterFail "nothing-after-fail" "7.1.7" Receiver Must Framing
        "Having failed the connection it processes nothing more: no echo, no Pong, no second Close, no delivery."
        "More messages or Pongs than came in before the flaw, or a second Close."
    EofIsNotAClose "eof-is-not-a-close" "7.1.4, 7.1.5" Receiver Must Framing
        "EOF without a whole Close, also in the middle of one, is an abnormal closure and ends the connection."
        "Reported as clean, or with another code than 1006 and not as unclean, or the connection was not ended."
    ReportsFirstCode "reports-first-code" "7.1.5" App Must ReportsCloseStatus
        "The application learns the code of the first Close received."
        "Asked once the connection is over, where the Close was well-formed and accepted."
    Reports1005 "reports-1005" "7.1.5" App Must ReportsCloseStatus
        "Or 1005, or that there was none, when that Close had no code."
        "As reports-first-code."
    Reports1006 "reports-1006" "7.1.5" App Must ReportsCloseStatus
        "Or 1006, or an error, when no Close came."
        "Asked where the peer ended TCP or fell silent without a flaw; a code that the endpoint itself sent is not one that it received."
    ReportsReason "reports-reason" "7.1.6" App Must ReportsCloseStatus
        "And the reason of that Close, or the empty string."
        "As reports-first-code."
    ReportsClean "reports-clean" "7.1.4" App Should ReportsClean
        "And whether the closure was clean."
        "Clean means that Closes went both ways before TCP ended. Not where the subject failed the connection for the peer's Close."
    ApiRefusesUnsendableCode "api-refuses-unsendable-code" "7.4; WHATWG" App Should ExposesCloseApi
        "Closing with a code that may not be sent is refused before anything is sent."
        "The application asked for 0–999, 1005, 1006, 1015 or 5000 and above, and a Close with that code was written. Who has no interface for it was not asked."
    ApiRefusesLongReason "api-refuses-long-reason" "5.5; WHATWG" App Should ExposesCloseApi
        "A reason over 123 bytes is refused, or cut between characters: never sent over-long."
        "The application asked for it, and a Close of more than 125 bytes or with broken UTF-8 was written. Who has no interface for it was not asked."
    ApiRefusesDataAfterClose "api-refuses-data-after-close" "5.5.1, 6.1" App Should ExposesCloseApi
        "Sending after close is an error to the caller, not silence."
        "The subject had written its Close, and took a message as if it would be sent. Who has no interface for it was not asked."
    GivesUpWaiting "gives-up-waiting" "–" Receiver Robust HasTimeouts
        "A peer that never answers, or never closes TCP, does not hold the connection for ever."
        "Sixteen ticks in which nothing came, after its own Close, and TCP is still open."
    NoPanic "no-panic" "–" Receiver Robust Framing
        "No input panics, aborts or crashes it."
        "Adapters catch panics and say so."
    NoHang "no-hang" "–" Receiver Robust Framing
        "No input makes it spin or stop answering."
        "Adapters bound the steps that they let a subject take."
    BoundedMemory "bounded-memory" "–" Receiver Robust ReportsMemory
        "No close-related input makes memory grow with what the peer merely claims."
        "Grown by more than a mebibyte and eight times the bytes received."
    NextConnectionUnharmed "next-connection-unharmed" "–" Receiver Robust Framing
        "After any input on one connection, a new one works."
        "Two connections of one trace, cut the same way, got the same bytes and differ in outcome."
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

/// An id that no rule has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a rule id, for example `close-fin`, found `{found}`{}", .nearest.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
pub struct UnknownRule {
    /// What was given.
    pub found: String,
    /// The rule whose id is nearest to it, if one is near.
    pub nearest: Option<Rule>,
}

impl FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(id: &str) -> Result<Self, UnknownRule> {
        Rule::ALL.into_iter().find(|rule| rule.id() == id).ok_or_else(|| UnknownRule {
            found: id.to_owned(),
            nearest: Rule::ALL
                .into_iter()
                .map(|rule| (shared_words(rule.id(), id), rule))
                .filter(|(shared, _)| *shared > 0)
                .max_by_key(|(shared, rule)| (*shared, std::cmp::Reverse(*rule)))
                .map(|(_, rule)| rule),
        })
    }
}

fn shared_words(a: &str, b: &str) -> usize {
    a.split('-').filter(|word| b.split(['-', '_', ' ']).any(|other| other.eq_ignore_ascii_case(word))).count()
}
