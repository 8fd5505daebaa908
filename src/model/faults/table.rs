//! Defines the faults, in one table: each with the rule that it violates.

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
    KeyUsedTwice "key-used-twice" FreshMaskKey "Masks two frames in a row with each key."
    WritesReservedOpcode "writes-reserved-opcode" StreamWellFormed "Sends a frame with opcode 11 before its Close."
    WritesInsideFrame "writes-inside-frame" StreamWellFormed "Sends its Close inside an unfinished text frame."
    WritesHttpAfterClose "writes-http-after-close" SendsOnlyFrames "Writes an HTTP message after its Close."
    BodyOfOneByte "body-of-one-byte" BodyEmptyOrCode "Sends a Close with a body of one octet."
    SendsCode0 "sends-code-0" CodeIsDefined "Replies to an empty Close with code 0."
    SendsCode5000 "sends-code-5000" CodeIsDefined "Replies with code 5000."
    EchoesNoStatus "echoes-no-status" CodeNotLocalOnly "Replies to an empty Close with 1005."
    SendsAbnormal "sends-abnormal" CodeNotLocalOnly "Fails the connection with 1006."
    Sends1004 "sends-1004" CodeNot1004 "Replies with 1004."
    Sends2000 "sends-2000" CodeIsAssigned "Replies with 2000."
    ServerSends1010 "server-sends-1010" Code1010FromClient "As a server, replies with 1010."
    FailsWithBare1010 "fails-with-bare-1010" Code1010NamesExtensions "Fails the connection with 1010 and no reason."
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
    SendsBeforeReply "sends-before-reply" NoNewMessageAfterPeerClose "Sends a message of its application after a Close, and replies to it after three ticks."
    AnswersNormal "answers-normal" CloseEchoesCode "Replies with 1000 to every code."
    NeverClosesTcp "never-closes-tcp" TcpClosedAfterHandshake "Leaves TCP open after the closing handshake."
    ClosesTcpLate "closes-tcp-late" ServerClosesTcpAtOnce "As a server, closes TCP five ticks after the closing handshake."
    FailsSlowly "fails-slowly" ServerFailsAtOnce "As a server, closes TCP five ticks after failing the connection."
    ClientClosesTcpFirst "client-closes-tcp-first" ClientLetsServerCloseFirst "As a client, closes TCP directly after its reply."
    StaysHalfClosed "stays-half-closed" FinishesHalfClose "Sends FIN in place of closing TCP, and goes on reading for ever."
    ResetsTcp "resets-tcp" TcpClosedCleanly "Closes TCP by a reset."
    LeavesDataUnread "leaves-data-unread" TcpClosedCleanly "Discards one read of data after the Close, and closes TCP with the rest unread, which resets it."
    CutsTls "cuts-tls" TlsClosedCleanly "Over TLS, closes TCP without close_notify."
    DoesNotWait "does-not-wait" WaitsForAnswer "Closes TCP directly after its own Close."
    EndsTcpOnRequest "ends-tcp-on-request" RequestedCloseSent "Closes TCP in place of the Close that its application requests."
    IgnoresCloseRequest "ignores-close-request" RequestedCloseSent "Accepts the close request of its application and does nothing."
    DropsRequestedCode "drops-requested-code" RequestedCodeSent "Sends an empty Close if its application requests a code without a reason."
    ReplacesRequestedCode "replaces-requested-code" RequestedCodeSent "Sends 1000 for every code that its application requests."
    DropsRequestedReason "drops-requested-reason" RequestedReasonSent "Sends the requested code without the requested reason."
    ShortensRequestedReason "shortens-requested-reason" RequestedReasonSent "Truncates the reason of its application to 100 octets."
    DropsMessagesBeforeClose "drops-messages-before-close" SendsBeforeClose "Accepts the messages of its application and drops them."
    Refuses1001 "refuses-1001" AcceptsDefinedCodes "Treats 1001 as an error."
    Refuses1011 "refuses-1011" AcceptsDefinedCodes "Treats 1011 as an error."
    Refuses1014 "refuses-1014" AcceptsRegisteredCodes "Treats 1014 as an error."
    Refuses3000 "refuses-3000" AcceptsLibraryAndPrivateCodes "Treats 3000 as an error."
    Refuses4999 "refuses-4999" AcceptsLibraryAndPrivateCodes "Treats 4999 as an error."
    RefusesEmptyClose "refuses-empty-close" AcceptsEmptyClose "Treats an empty Close as an error."
    RefusesReasonOf123 "refuses-reason-of-123" AcceptsLongestReason "Treats a Close of 125 octets as an error."
    RefusesFourByteReason "refuses-four-byte-reason" AcceptsAnyUtf8Reason "Treats four-byte characters as an error."
    RefusesNul "refuses-nul" AcceptsAnyUtf8Reason "Treats NUL in a reason as an error."
    RefusesCloseBetweenFragments "refuses-close-between-fragments" AcceptsCloseBetweenFragments "Treats a Close between the fragments of a message as an error."
    RefusesPong "refuses-pong" AcceptsLawfulFrames "Treats an unsolicited Pong as an error."
    RefusesCompressedMessages "refuses-compressed-messages" AcceptsLawfulFrames "Negotiates permessage-deflate, and treats a compressed message as an error."
    RefusesPingBetweenFragments "refuses-ping-between-fragments" AcceptsLawfulFrames "Treats a Ping between the fragments of a message as an error."
    RefusesEmptyFragment "refuses-empty-fragment" AcceptsLawfulFrames "Treats an empty fragment as an error."
    ChecksFragmentsAlone "checks-fragments-alone" AcceptsLawfulFrames "Treats a character that is cut between two fragments as an error."
    RefusesKeyOfZero "refuses-key-of-zero" AcceptsLawfulFrames "As a server, treats a Close with a masking key of zero as an error."
    RefusesLongForeignReason "refuses-long-foreign-reason" AcceptsAnyUtf8Reason "Treats a reason over 16 octets that is not ASCII as an error."
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
    IgnoresReasons "ignores-reasons" ValidatesReason "Never looks at the reason of a Close."
    TakesBadText "takes-bad-text" RejectsBadUtf8Text "Accepts text messages that are not UTF-8."
    TakesBadFragmentedText "takes-bad-fragmented-text" RejectsBadUtf8Text "Accepts fragmented text messages that are not UTF-8."
    TakesCutText "takes-cut-text" RejectsBadUtf8Text "Accepts text messages with an incomplete last character."
    TakesLongClose "takes-long-close" RejectsLongClose "Accepts a Close of 126 octets or more."
    WaitsForLongClose "waits-for-long-close" RejectsLongCloseAtOnce "Rejects a Close over 125 octets only after its last octet."
    TakesFragmentedClose "takes-fragmented-close" RejectsFragmentedClose "Accepts a Close without FIN."
    TakesLongPing "takes-long-ping" RejectsBadControlFrame "Accepts a Ping of 126 octets or more."
    TakesFragmentedPing "takes-fragmented-ping" RejectsBadControlFrame "Accepts a Ping without FIN."
    TakesStrayContinuation "takes-stray-continuation" RejectsBadFragmentation "Ignores a continuation with no message to continue."
    TakesMessageInMessage "takes-message-in-message" RejectsBadFragmentation "Drops a fragmented message when another one begins inside it."
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
    LosesMessages "loses-messages" DeliversBeforeClose "Delivers no message."
    DeliversAfterClose "delivers-after-close" DiscardsAfterClose "Delivers a message that arrives after the Close of the peer."
    StopsReading "stops-reading" ReadsUntilAnswer "Closes TCP when a message arrives after its own Close."
    DropsMessagesWhileClosing "drops-messages-while-closing" DeliversUntilAnswer "Drops messages that arrive after its own Close."
    IgnoresPingsWhileClosing "ignores-pings-while-closing" PongsWhileClosing "Answers no Ping after its own Close."
    AnswersCrossedClose "answers-crossed-close" SimultaneousClose "Replies to a Close that crossed its own."
    StaysOpenAfterFailing "stays-open-after-failing" FailClosesTcp "Fails the connection and leaves TCP open."
    FailsInSilence "fails-in-silence" FailSendsClose "Fails the connection without sending a Close."
    FailsWithNormal "fails-with-normal" FailCodeFits "Fails the connection with 1000."
    FailsUtf8AsProtocol "fails-utf8-as-protocol" FailCodeFits "Fails the connection with 1002 where 1007 fits."
    DeliversAfterFailing "delivers-after-failing" NothingAfterFail "Delivers a message after failing the connection."
    PongsAfterFailing "pongs-after-failing" NothingAfterFail "Replies to a Ping after failing the connection."
    AnswersAfterFailing "answers-after-failing" NothingAfterFail "Replies to a Close after failing the connection."
    TakesEofForClose "takes-eof-for-close" EofIsNotAClose "Reports a clean closure when the peer closes TCP without a Close."
    ClientIgnoresEof "client-ignores-eof" ClientEndsOnEof "As a client, keeps TCP open after the FIN of the peer."
    IgnoresEof "ignores-eof" ServerEndsOnEof "As a server, keeps TCP open after the FIN of the peer."
    ReportsOwnCode "reports-own-code" ReportsFirstCode "Reports the code of its own Close."
    ReportsNormalForNone "reports-normal-for-none" Reports1005 "Reports 1000 for an empty Close."
    ReportsNormalForEof "reports-normal-for-eof" Reports1006 "Reports 1000 when it received no Close."
    ReportsFailureCode "reports-failure-code" Reports1006AfterFailing "Reports the code with which it failed the connection."
    ReportsErrorAfterClose "reports-error-after-close" ReportsNoErrorAfterClose "Reports an error after a clean closure."
    ReportsTwice "reports-twice" ReportsOnce "Reports every closure twice."
    ReportsAtTheClose "reports-at-the-close" ReportsAfterTcp "Reports the closure when the Close arrives."
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
