//! Defines for each rule why it has its level, and how an application and a library fix a violation.
//!
//! The texts are printed on the rule's page and by `wsclose explain`. A quotation is from RFC 6455, unless the text names
//! another source.

use super::catalogue::Rule;

/// Why a rule has its level, and how to fix a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The text of the standard that the level rests on, or what goes wrong without the rule.
    pub why: &'static str,
    /// What a program that uses the library can do. `None` if only the library can fix a violation.
    pub application: Option<&'static str>,
    /// What to change in the library.
    pub in_library: &'static str,
}

impl Advice {
    /// How to fix a violation in an application. Names the library if only that can fix it.
    pub fn in_application(&self) -> &'static str {
        self.application.unwrap_or(
            "Update the library, or report the violation to its maintainers. Only the library can fix it.",
        )
    }
}

impl Rule {
    /// The address of the page on the rule in the guide.
    pub fn page(self) -> String {
        format!("{}/blob/main/docs/rules/{self}.md", env!("CARGO_PKG_REPOSITORY"))
    }
}

macro_rules! advice {
    ($($name:ident $why:literal application: $application:expr, library: $library:literal)*) => {
        impl Rule {
            /// Why the rule has its level, and how to fix a violation.
            pub const fn advice(self) -> Advice {
                match self {
                    $(Rule::$name => Advice { why: $why, application: $application, in_library: $library },)*
                }
            }
        }
    };
}

advice! {
    CloseFin "§5.5: \"All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented.\""
        application: None,
        library: "Set FIN on every Close. Do not send a Close through the code that splits messages into fragments."
    CloseAtMost125 "§5.5: \"All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented.\""
        application: Some("Shorten each reason to 123 bytes of UTF-8, at the end of a character, before the call. A reason that contains the text of an error needs this most."),
        library: "Check the length of the reason where the Close is built: 123 bytes at most. Reject a longer reason with an error, or cut it at the end of a character. Check a reason that is echoed too."
    CloseRsvClear "§5.2: the RSV bits \"MUST be 0 unless an extension is negotiated\" that defines them. RFC 7692 §6: permessage-deflate compresses messages only, so RSV1 stays 0 in a control frame."
        application: Some("Disable compression until the library is fixed, if the bit is set only with permessage-deflate."),
        library: "Set RSV1 only in the first frame of a compressed message. Send control frames past the compressor."
    ShortestLength "§5.2: \"in all cases, the minimal number of bytes MUST be used to encode the length\"."
        application: None,
        library: "Choose the form by the length: 7 bits up to 125, 16 bits up to 65,535, and 64 bits above."
    LengthTopBitClear "§5.2: in a 64-bit length \"the most significant bit MUST be 0\"."
        application: None,
        library: "Write the length as an unsigned 64-bit number in network byte order, and reject lengths above 2^63 - 1."
    ClientMasks "§5.1: \"a client MUST mask all frames that it sends to the server\". §5.5.1 repeats it for the Close."
        application: None,
        library: "Mask every frame of a client in one place, also control frames and frames without a payload. An empty frame needs the mask bit and the key too."
    ServerDoesNotMask "§5.1: \"A server MUST NOT mask any frames that it sends to the client.\""
        application: Some("Check that the connection was created in the role of a server."),
        library: "Derive the mask bit from the role of the endpoint. Do not copy it from the frame that is echoed."
    FreshMaskKey "§5.3: the masking key \"needs to be unpredictable\", and it must be \"derived from a strong source of entropy\". §10.3 explains the attack on proxies that this prevents."
        application: Some("If the library takes a random number generator or a seed from the application, pass one that the operating system seeds."),
        library: "Draw four new bytes from a cryptographically strong generator for each frame. Do not use a constant, a counter or the time."
    StreamWellFormed "§5.2 to §5.6 define which frames exist and in which order they may be sent."
        application: Some("If several tasks write to one connection, send their messages through one writer."),
        library: "Write each frame whole before the next one begins. Keep one writer for a connection, so that a Close never lands inside another frame. Finish a frame before closing TCP."
    SendsOnlyFrames "§5.1 and §6.1: after the opening handshake, data is sent as frames."
        application: Some("Do not write to the socket of an upgraded connection. Check that the error handler of the HTTP framework does not answer for it."),
        library: "Detach the HTTP handler from the connection after the upgrade. On an error, send a Close and end TCP, and write no HTTP response."
    BodyEmptyOrCode "§5.5.1: if there is a body, its \"first two bytes\" \"MUST be a 2-byte unsigned integer (in network byte order)\"."
        application: Some("If the program builds the Close payload, write two bytes of code in network byte order first, or no payload."),
        library: "Write the code as two bytes. Do not echo a received payload without checking it."
    CodeIsDefined "§5.5.1 and §7.4.2: a Close carries a code of §7.4. \"Status codes in the range 0-999 are not used\", and no range covers 5000 and above."
        application: Some("Pass only 1000 or a code from 3000 to 4999, or another code of §7.4.1 that may be sent."),
        library: "Check the code where the Close is built, for requests of the application and for replies. Reply to a Close with an undefined code by failing the connection with 1002."
    CodeNotLocalOnly "§7.4.1: 1005, 1006 and 1015 \"MUST NOT be set as a status code in a Close control frame by an endpoint\"."
        application: Some("Do not forward the code that was reported for another connection without a check. Where it is 1005 send no code, and where it is 1006 or 1015 send 1011 or 1001."),
        library: "Reject these codes where the Close is built. Keep \"no code\" as a value of its own, and map it to an empty body. Echo no body for an empty Close."
    CodeNot1004 "§7.4.1: 1004 is \"Reserved. The specific meaning might be defined in the future.\" No sentence forbids sending it."
        application: Some("Use a code from 3000 to 4999 instead."),
        library: "Reject 1004 where the Close is built."
    CodeIsAssigned "§7.4.2 reserves 1000 to 2999 \"for definition by this protocol, its future revisions, and extensions\". A later document may assign a code, so the level is `should`."
        application: Some("Use a code from 4000 to 4999, which is for private use."),
        library: "Keep a list of the codes in the IANA registry, and reject the others of 1012 to 2999 where the Close is built."
    Code1010FromClient "§7.4.1: 1010 means that a client expected an extension. The code \"is not used by the server\"."
        application: Some("In a server, close with another code, such as 1002."),
        library: "Send 1010 only in the role of a client."
    Code1010NamesExtensions "§7.4.1: for 1010, \"The list of extensions that are needed SHOULD appear in the /reason/ part of the Close frame.\""
        application: Some("If the application requests 1010, pass the missing extensions as the reason."),
        library: "Build the reason of a Close with 1010 from the extensions that the server did not accept."
    ReasonUtf8 "§5.5.1: the body \"MAY contain UTF-8-encoded data\" after the code, and §7.1.6 defines it as the reason."
        application: Some("Cut a long reason at the end of a character, and not at a byte offset. Pass text, and not bytes of another encoding."),
        library: "Take the reason as text. Where it is truncated, step back to the start of the character that does not fit."
    NoDataAfterClose "§5.5.1: \"The application MUST NOT send any more data frames after sending a Close frame.\""
        application: Some("Stop the tasks that send before closing. Send nothing after the call of close."),
        library: "Refuse messages once the Close is queued, and drop what is queued behind it. Check the state under the same lock that orders the writes."
    OneClose "§7.1.5: endpoints that have sent and received a Close \"will not send further Close frames\". This is in a note, so the level is `should`."
        application: Some("Call close once. Do not call it again in the handler of the closure."),
        library: "Record that a Close was sent, and check it in every place that sends one: close, reply and failure."
    QuietAfterClose "§5.5.2 requires no Pong once a Close has arrived, and permits one until the connection is closed."
        application: Some("Stop the timer for Pings when the connection begins to close."),
        library: "Cancel queued Pings and Pongs once Closes have been sent and received."
    CloseAnswered "§5.5.1: \"If an endpoint receives a Close frame and did not previously send a Close frame, the endpoint MUST send a Close frame in response.\""
        application: Some("Keep reading until the library reports the end of the connection. Many libraries send the reply only when the program reads again or flushes."),
        library: "Queue the reply when the Close is parsed, and flush it without a further call of the program. Reply before the read returns the closure."
    CloseAnsweredPromptly "§5.5.1: an endpoint \"SHOULD do so as soon as practical\"."
        application: Some("Read in a task of its own, so that slow work does not delay the reply."),
        library: "Send the reply before other queued messages. Finish at most the message that is in progress."
    NoNewMessageAfterPeerClose "§6.1 allows messages only in the state OPEN, and §5.1 allows data until the endpoint's own Close. The sentences disagree, so the level is `info`."
        application: Some("Check the state of the connection before a message is sent."),
        library: "Refuse new messages once a Close has arrived, and send the reply."
    CloseEchoesCode "§5.5.1: \"When sending a Close frame in response, the endpoint typically echos the status code it received.\" This is a description, so the level is `info`."
        application: Some("If the program sends the reply, pass the received code."),
        library: "Put the received code into the reply. An empty Close gets an empty reply."
    TcpClosedAfterHandshake "§5.5.1: \"After both sending and receiving a Close message, an endpoint considers the WebSocket connection closed and MUST close the underlying TCP connection.\""
        application: Some("Drop or shut down the connection when the library reports the closure. Keep reading until then, because some libraries end TCP only in a read."),
        library: "End TCP when the second Close has been sent or received, whatever happened before. A paused read, a queued write or an error must not prevent it."
    ServerClosesTcpAtOnce "§5.5.1: \"The server MUST close the underlying TCP connection immediately\"."
        application: Some("In a server, shut down the connection as soon as the library reports the closure."),
        library: "In the role of a server, shut down TCP once the second Close has been sent or received. Do not wait for the client's FIN."
    ServerFailsAtOnce "§7.1.1: TCP \"SHOULD be closed first by the server\" in most normal cases. A client that waits for it needs the server to act."
        application: Some("In a server, drop the connection when the library reports an error."),
        library: "In the role of a server, send the Close with the failure code, flush it, and shut down TCP."
    ClientLetsServerCloseFirst "§5.5.1: \"the client SHOULD wait for the server to close the connection\". §7.1.1: so the server holds the TIME_WAIT state, and not the client."
        application: Some("In a client, read until the end of TCP after the closing handshake, with a timeout of a few seconds."),
        library: "In the role of a client, wait for the server's FIN after the second Close. End TCP if it does not arrive within a timeout."
    FinishesHalfClose "No sentence of the RFC states it. An endpoint that keeps a half-closed connection leaks a socket."
        application: Some("Drop the connection when the library reports its end."),
        library: "After FIN, read and discard until the peer's FIN or a timeout. Then close the socket."
    TcpClosedCleanly "§7.1.1: an endpoint \"SHOULD use a method that cleanly closes the TCP connection\" and TLS, \"discarding any trailing bytes that may have been received\"."
        application: Some("Do not set SO_LINGER to zero. Read what is left before the socket is dropped."),
        library: "Shut down the writing direction, read and discard until the peer's FIN or a timeout, and then close. A socket that is closed with unread data sends a reset."
    TlsClosedCleanly "§7.1.1: an endpoint \"SHOULD use a method that cleanly closes the TCP connection, as well as the TLS session, if applicable\"."
        application: Some("Call the shutdown of the TLS stream before the socket is dropped."),
        library: "Shut down the TLS stream, which sends close_notify, and then TCP."
    WaitsForAnswer "§7.1.2 and §7.3 start the closing handshake with a Close. §1.4 explains that data is lost if TCP ends before the reply."
        application: Some("After the call of close, read until the library reports the end. Do not drop the connection or exit at once."),
        library: "After a Close, keep TCP open and read until the peer's Close or a timeout."
    RequestedCloseSent "§7.1.2: to start the closing handshake, \"an endpoint MUST send a Close control frame\"."
        application: Some("Wait for the call of close, and flush, before the connection is dropped."),
        library: "Queue the Close when the application requests it, and flush it before TCP ends. Do not lose the request while a frame is read."
    RequestedCodeSent "§7.1.2: an endpoint \"MUST send a Close control frame\" \"whose status code is set to /code/\"."
        application: Some("Pass the code as a number, and check how the library maps its own names."),
        library: "Send the code of the request unchanged, or refuse the request."
    RequestedReasonSent "§7.1.2: an endpoint \"MUST send a Close control frame\" \"whose close reason is set to /reason/\"."
        application: Some("Keep the reason within 123 bytes of UTF-8, so that the library does not cut it."),
        library: "Send the reason of the request unchanged, or refuse the request. Truncate only a reason over 123 bytes."
    SendsBeforeClose "WHATWG: messages that were sent before `close()` go out before the Close. Without it, an application loses messages that the library accepted."
        application: Some("Flush, or wait for each send, before the call of close."),
        library: "Put the Close into the same queue as messages, behind them."
    AcceptsDefinedCodes "§7.4.1 defines these codes. An endpoint that rejects one fails a handshake that its peer performed correctly."
        application: None,
        library: "Accept 1000 to 1003 and 1007 to 1011. Check the list for missing codes, in both roles."
    AcceptsRegisteredCodes "§7.4.2 leaves these codes to a registry, and IANA registered 1012, 1013 and 1014 after the RFC."
        application: Some("Treat the error that the library reports as an ordinary closure of the peer."),
        library: "Add 1012, 1013 and 1014 to the accepted codes."
    AcceptsLibraryAndPrivateCodes "§7.4.2 gives 3000 to 3999 to libraries and 4000 to 4999 to private use, so peers send them."
        application: None,
        library: "Accept the whole range from 3000 to 4999, also codes without a name."
    AcceptsEmptyClose "§5.5.1: the Close \"MAY contain a body\", so it may have none."
        application: Some("Treat a missing code as 1005, and not as an error."),
        library: "Handle an empty payload before the code is read. Represent the missing code, and reply with an empty Close."
    AcceptsLongestReason "§5.5 limits the payload to 125 bytes, so a reason of 123 bytes is correct."
        application: None,
        library: "Compare the payload with 125 and the reason with 123. Size the buffers for both."
    AcceptsAnyUtf8Reason "§5.5.1: the reason is UTF-8 data, and \"not necessarily human readable\"."
        application: None,
        library: "Validate the reason as RFC 3629 defines UTF-8. Allow NUL, a byte order mark, noncharacters and characters of four bytes."
    AcceptsCloseBetweenFragments "§5.4: \"Control frames (see Section 5.5) MAY be injected in the middle of a fragmented message.\""
        application: None,
        library: "Handle a control frame before the check of the fragmentation. Discard the unfinished message, and reply as to any other Close."
    AcceptsLawfulFrames "§5.4, §5.5.2 and §5.5.3 allow these frames. An endpoint that rejects them cannot interoperate."
        application: Some("Check limits of message size and of rate that the program sets."),
        library: "Accept empty frames, empty fragments, unsolicited Pongs, and control frames between fragments. Accept any masking key."
    RejectsLocalOnlyCodes "§7.4.1 forbids a peer to send them. §10.7 requires an endpoint to validate its input, and leaves the consequence open."
        application: Some("Check the reported code where a program distinguishes a lost connection: a peer can send 1006 itself."),
        library: "Fail the connection with 1002 for 1005, 1006 and 1015. Use the same check for a first Close and for a reply."
    RejectsUndefinedCodes "§7.4.2: 0 to 999 \"are not used\", and no range covers 5000 and above. §10.7 requires an endpoint to validate its input, and leaves the consequence open."
        application: Some("Treat a code outside of 1000 to 4999 as 1002."),
        library: "Fail the connection with 1002 for a code below 1000 or above 4999. Use the same check for a first Close and for a reply."
    RejectsUnassignedCodes "§7.4.2 reserves these codes for later documents. A peer may know one that the endpoint does not, so the level is `lenient`."
        application: Some("Treat an unknown code from 1012 to 2999 as 1002."),
        library: "Fail the connection with 1002 for 1004 and for codes of 1012 to 2999 that IANA has not registered."
    RejectsOneByteBody "§5.5.1: a body begins with a code of two bytes. §10.7 requires an endpoint to validate its input, and leaves the consequence open."
        application: Some("If the program parses the payload, treat one byte as a protocol error."),
        library: "Check the payload length for 1 before the code is read, and fail the connection with 1002."
    RejectsBadUtf8Reason "§8.1: an endpoint that is \"to interpret a byte stream as UTF-8\" and finds it invalid \"MUST _Fail the WebSocket Connection_\"."
        application: Some("If the library passes bytes, validate them before they are read as text. Do not replace invalid characters silently."),
        library: "Validate the whole reason as UTF-8 without replacement characters, however it was segmented. Fail the connection with 1007 or 1002."
    ValidatesReason "§8.1 binds an endpoint that interprets the reason. One that ignores it may leave it unchecked, so the level is `lenient`."
        application: Some("Validate the reason if the library passes it as bytes."),
        library: "Validate the reason even if the library does not use it, and fail the connection with 1007 or 1002."
    RejectsBadUtf8Text "§8.1: an endpoint that is \"to interpret a byte stream as UTF-8\" and finds it invalid \"MUST _Fail the WebSocket Connection_\"."
        application: Some("If the library passes bytes, validate them when the message is complete."),
        library: "Validate text across fragments. At the end of the message, check that no character is incomplete. Fail the connection with 1007."
    RejectsLongClose "§5.5 forbids a peer to send it. §10.7 requires an endpoint to validate its input, and leaves the consequence open."
        application: None,
        library: "Check the length of every control frame when its header is parsed, and fail the connection with 1002. Never echo such a payload."
    RejectsLongCloseAtOnce "§5.5 forbids the header alone. An endpoint that waits for the payload lets its peer keep the connection."
        application: Some("Set a limit for the frame size, if the library has one."),
        library: "Check the length when the header is parsed, before the payload is read or memory is reserved."
    RejectsFragmentedClose "§5.5 forbids a peer to send it. §10.7 requires an endpoint to validate its input, and leaves the consequence open."
        application: None,
        library: "Check FIN of every control frame when its header is parsed, and fail the connection with 1002."
    RejectsBadControlFrame "§5.5 forbids a peer to send it. §10.7 requires an endpoint to validate its input, and leaves the consequence open."
        application: None,
        library: "Check FIN and length of every control frame in one place, when its header is parsed. Fail the connection with 1002."
    RejectsBadFragmentation "§5.4 forbids a peer to send it. §10.7 requires an endpoint to validate its input, and leaves the consequence open."
        application: None,
        library: "Keep whether a message is in progress. Reject a continuation without one, and a text or binary frame within one, with 1002."
    RejectsRsv "§5.2: if an RSV bit is set and no extension defines it, \"the receiving endpoint MUST _Fail the WebSocket Connection_\"."
        application: Some("Disable compression until the library is fixed, if only permessage-deflate hides the check."),
        library: "Check the RSV bits of every frame. With permessage-deflate, allow RSV1 only in the first frame of a message, never in a control frame or a continuation."
    RejectsUnknownOpcode "§5.2: \"If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_.\""
        application: Some("If the library passes unknown opcodes to the program, close with 1002 there."),
        library: "Match all sixteen opcodes when the header is parsed, also that of a fragment. Fail the connection with 1002."
    RejectsLongLengthForm "§5.2 forbids a peer to send it, and says nothing about a receiver. §10.7 requires an endpoint to validate its input, and leaves the consequence open."
        application: None,
        library: "After the extended length is read, check that the shorter form could not hold it. Fail the connection with 1002."
    RejectsLengthTopBit "§5.2 forbids a peer to send it, and says nothing about a receiver. Code that reads the length as a signed number may fail in other ways."
        application: Some("Set a limit for the frame size, if the library has one."),
        library: "Reject a 64-bit length above 2^63 - 1 when the header is parsed, before any arithmetic with it."
    ServerRejectsUnmasked "§5.1: \"The server MUST close the connection upon receiving a frame that is not masked.\""
        application: Some("Enable the strict check, if the library has an option for it."),
        library: "In the role of a server, check the mask bit when the header is parsed. Send a Close with 1002, or none, and end TCP."
    ClientRejectsMasked "§5.1: \"A client MUST close a connection if it detects a masked frame.\""
        application: Some("Enable the strict check, if the library has an option for it."),
        library: "In the role of a client, check the mask bit when the header is parsed. Send a Close with 1002, or none, and end TCP."
    CloseBetweenFragments "§5.4: \"An endpoint MUST be capable of handling control frames in the middle of a fragmented message.\""
        application: Some("Do not wait for the end of a message before the closure is handled."),
        library: "Parse control frames while a message is in progress, and keep their payload apart from the message's buffer."
    AnySegmentation "TCP is a stream of bytes, and §6.2 requires an endpoint to parse frames from it. A network may split it anywhere."
        application: Some("If the program feeds bytes to the library, keep what it did not consume, and feed it again with the next bytes."),
        library: "Parse from a buffer that keeps incomplete frames. After each frame, parse the rest of the buffer before the next read. Keep the state of a validation across reads."
    DeliversBeforeClose "§6.2: the message has been received when its last fragment arrives. A library that drops it at the Close loses data that the peer sent correctly."
        application: Some("Read all messages that are queued before the closure is handled."),
        library: "Put messages and the closure into one queue, in the order of their arrival."
    DiscardsAfterClose "§1.4: an endpoint \"discards any further data received\" after a Close. §1.4 is not normative, so the level is `should`."
        application: Some("Ignore messages after the reported closure."),
        library: "Stop parsing after the first Close. Read and drop the rest until TCP ends, also what is in the same buffer."
    ReadsUntilAnswer "§5.5.1: a peer may finish its message before it replies, so frames arrive between the Closes."
        application: Some("After the call of close, keep reading until the library reports the end."),
        library: "After the own Close, parse and drop other frames until the peer's Close arrives. They are no error."
    DeliversUntilAnswer "§5.5.1: \"there is no guarantee that the endpoint that has already sent a Close frame will continue to process data\", so the level is `info`."
        application: Some("Expect that messages which arrive after the call of close may be lost. Confirm important messages in the protocol of the application."),
        library: "After the own Close, deliver messages until the peer's Close arrives."
    PongsWhileClosing "§5.5.2: an endpoint answers a Ping \"unless it already received a Close frame\". §5.5.1 lets one that sent a Close stop processing data, so the level is `should`."
        application: None,
        library: "Allow a Pong after the own Close, until the peer's Close arrives. Refuse messages only."
    SimultaneousClose "§5.5.1: if both endpoints send a Close at the same time, \"both endpoints will have sent and received a Close message\" and close TCP."
        application: Some("Do not call close in the handler of a closure that the program started."),
        library: "When a Close arrives, check whether the own Close was sent. If so, treat it as the reply."
    FailClosesTcp "§7.1.7: an endpoint that fails the connection \"MUST _Close the WebSocket Connection_\", and §7.1.1 defines this as closing TCP."
        application: Some("Drop the connection when the library reports an error. Some libraries leave that to the program."),
        library: "After a protocol error, send the Close and end TCP: a server at once, a client after a timeout. Do not wait without a limit."
    FailSendsClose "§7.1.7: \"the endpoint SHOULD send a Close frame with an appropriate status code (Section 7.4) before proceeding to _Close the WebSocket Connection_\"."
        application: Some("If the library reports an error and sends nothing, request a close with 1002 before the connection is dropped."),
        library: "Turn each error of the parser into a Close with its code, and flush it before TCP ends."
    FailCodeFits "§7.4.1 defines 1002 for a protocol error, 1007 for data that is not consistent with the type of its message, and 1009 for a message that is too big."
        application: Some("If the program sends the Close, choose the code by the kind of the error."),
        library: "Give each error of the parser its code: 1007 for text that is not UTF-8, 1009 for size, and 1002 for every other one."
    NothingAfterFail "§7.1.7: \"An endpoint MUST NOT continue to attempt to process data (including a responding Close frame) from the remote endpoint after being instructed to _Fail the WebSocket Connection_.\""
        application: Some("Leave the read loop at the first error."),
        library: "Set a failed state at the error, and clear the input buffer. Parse nothing in that state."
    EofIsNotAClose "§7.1.4 calls a closure clean only if the closing handshake was completed. §7.1.5 defines 1006 for a connection that ends without a Close."
        application: Some("Treat the end of the stream without a Close as an error, because messages may be missing."),
        library: "Distinguish the end of TCP from a received Close. Report 1006 or an error for the end of TCP."
    ClientEndsOnEof "§7.2.1: if TCP is lost, a client \"MUST _Fail the WebSocket Connection_\", and §7.1.7 closes TCP."
        application: Some("In a client, drop the connection when a read returns its end."),
        library: "In the role of a client, end TCP when a read returns zero bytes. Wake every pending read, write and close."
    ServerEndsOnEof "§7.2.1 obliges clients only. A server that keeps such a connection leaks a socket."
        application: Some("In a server, drop the connection when a read returns its end."),
        library: "In the role of a server, end TCP when a read returns zero bytes. Wake every pending read, write and close."
    ReportsFirstCode "§7.1.5 defines the connection close code as that of \"the first Close control frame received by the application\"."
        application: Some("Store the code of the first report, and ignore later ones."),
        library: "Keep the code of the first received Close. Do not replace it by the own code, by that of a later Close, or by 1006."
    Reports1005 "§7.1.5: if the first Close has no code, the connection close code \"is considered to be 1005\"."
        application: Some("Treat both 1005 and a missing code as \"the peer gave no code\"."),
        library: "Report 1005, or no code, for an empty Close. Do not substitute 0, 1000 or 1006."
    Reports1006 "§7.1.5: if the connection closes and no Close was received, the connection close code \"is considered to be 1006\"."
        application: Some("Treat the end of the connection without a reported closure as 1006."),
        library: "Report 1006, or an error, when TCP ends and no Close arrived, also after the own Close."
    Reports1006AfterFailing "§7.1.5: no Close was received, so the code is 1006. Many interfaces document that they report the code that they sent, so the level is `should`."
        application: Some("Do not read the code as one that the peer sent if the library also reports an error."),
        library: "Keep the code that was sent apart from the code that was received. Report 1006, or an error, after failing."
    ReportsNoErrorAfterClose "§7.1.4: if Closes went both ways, the closure is clean. An interface may use errors for closures, so the level is `should`."
        application: Some("Ignore an error after a reported closure."),
        library: "After both Closes, treat the end of TCP and a failed write as the ordinary end."
    ReportsOnce "A connection closes once (§7.1.4). A program that is notified twice may release a resource twice."
        application: Some("Ignore every report after the first."),
        library: "Record that the closure was reported, and check it in every place that reports."
    ReportsAfterTcp "§7.1.4 defines that a connection is closed when TCP is. It does not define when an interface reports it, so the level is `info`."
        application: Some("Do not rely on the end of TCP when the closure is reported."),
        library: "Report the closure when TCP has ended, or document when it is reported."
    ReportsReason "§7.1.6 defines the connection close reason as the UTF-8 data that follows the code in the first Close, or the empty string."
        application: Some("Store the reason of the first report, and ignore later ones."),
        library: "Keep the whole reason of the first received Close, and copy it before the buffer is reused."
    ReportsClean "§7.1.4: a closure is clean if TCP \"was closed after the WebSocket closing handshake was completed\". Few interfaces have the term, so the level is `should`."
        application: Some("Derive it from the received code: a Close from the peer is clean, and 1006 is not."),
        library: "Set the flag if a Close was sent and a Close was received before TCP ended, and only then."
    ApiRefusesUnsendableCode "§7.4 says which codes may be sent. WHATWG: `close()` throws for every code other than 1000 and 3000 to 4999."
        application: Some("Check the code before the call of close."),
        library: "Check the code in the call of close, and return an error before anything is sent."
    ApiRefusesLongReason "§5.5 leaves 123 bytes for the reason. WHATWG: `close()` throws for a longer one."
        application: Some("Shorten the reason to 123 bytes of UTF-8, at the end of a character, before the call."),
        library: "Check the length in the call of close. Return an error, or cut the reason at the end of a character."
    ApiRefusesDataAfterClose "§6.1 requires the state OPEN for sending. It does not say what an interface returns, so the level is `info`."
        application: Some("Check the state of the connection before a message is sent."),
        library: "Return an error from send once the own Close is queued."
    GivesUpWaiting "No sentence of the RFC states it. A peer that never replies would keep a connection for ever."
        application: Some("Put a timeout of a few seconds around the call of close."),
        library: "Start a timer with the own Close, and end TCP when it expires. Let the application set the time."
    NoPanic "No sentence of the RFC states it. Input from the network must not end the program."
        application: Some("Run each connection in a task that isolates a panic. Report the input privately if the library is at fault."),
        library: "Replace unchecked arithmetic, indexing and assertions on input by checks that return an error."
    NoHang "No sentence of the RFC states it. A connection that stops responding keeps its resources, and a busy loop uses a processor."
        application: Some("Put a timeout around each operation."),
        library: "Return from every loop that consumes no input. Do not wait for a lock while another operation waits for the peer."
    BoundedMemory "§10.4: implementations with limits \"MUST protect themselves against exceeding those limits\". A length that is only announced costs the peer nothing."
        application: Some("Set the limits for frames and messages, if the library has them."),
        library: "Reserve memory as bytes arrive, and not by the announced length. Check the limit when the header is parsed."
    NextConnectionUnharmed "No sentence of the RFC states it. Connections of different peers must not influence each other."
        application: Some("Create the state of a connection anew, and do not reuse buffers without clearing them."),
        library: "Keep all state in the connection. Clear buffers, decompressors and flags that are pooled."
}
