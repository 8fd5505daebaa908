//! Defines the rules for closing a WebSocket connection, in one table.
//!
//! Each [`Rule`] has a permanent id, the RFC sections that it comes from, the party that can violate it,
//! a [`Level`], the capability that a subject must claim before the rule applies, a summary and a criterion.
//! Further columns say what the judge, the adapters and the reports need to know about the rule. No module keeps
//! a list of rules of its own: [`RuleSet`](super::RuleSet) derives the sets from the columns.

use std::fmt;
use std::str::FromStr;

use super::capability::Capability;
use super::define::rules;
use super::properties::{Delivery, Evidence, Family, Focus, Layer, Level, Party, Timing};

rules! {
    CloseFin "close-fin" "5.4, 5.5" Sender Must Framing
        evidence: CloseHeader, delivery: Independent, timing: Any, layer: Library, focus: OwnFrames, family: OwnFrames
        "A Close is one frame: an endpoint sends it with FIN set and never fragments it."
        "Violation: the subject wrote a Close header without FIN. Not exercised if it wrote no Close."
    CloseAtMost125 "close-at-most-125" "5.5" Sender Must Framing
        evidence: CloseHeader, delivery: Independent, timing: Any, layer: CloseRequest, focus: OwnFrames, family: OwnFrames
        "An endpoint limits the payload of a Close to 125 bytes, which leaves 123 for the reason."
        "Violation: the header of a Close that the subject wrote announces more than 125 bytes. Not exercised if it wrote no Close."
    CloseRsvClear "close-rsv-clear" "5.2; RFC 7692 §6" Sender Must Framing
        evidence: CloseHeader, delivery: Independent, timing: Any, layer: Library, focus: OwnFrames, family: OwnFrames
        "An endpoint sends a Close with RSV1, RSV2 and RSV3 clear, even if permessage-deflate was negotiated."
        "Violation: the subject wrote a Close header with RSV1, RSV2 or RSV3 set. Not exercised if it wrote no Close."
    ShortestLength "shortest-length" "5.2" Sender Must Framing
        evidence: Frame, delivery: Independent, timing: Any, layer: Library, focus: OwnFrames, family: OwnFrames
        "An endpoint encodes a payload length in the shortest of the 7, 7+16 and 7+64 bit forms that holds it."
        "Violation: the subject wrote a frame header with a length that fits a shorter form. Not exercised if it wrote no complete frame header."
    LengthTopBitClear "length-top-bit-clear" "5.2" Sender Must Framing
        evidence: Frame, delivery: Independent, timing: Any, layer: Library, focus: OwnFrames, family: OwnFrames
        "An endpoint sends a 64-bit payload length with its most significant bit clear."
        "Violation: the subject wrote a frame header with a 64-bit length that has its top bit set. Not exercised if it wrote no complete frame header."
    ClientMasks "client-masks" "5.1, 5.3, 5.5.1" Sender Must MasksFrames
        evidence: ClientFrame, delivery: Independent, timing: Any, layer: Library, focus: OwnFrames, family: OwnFrames
        "A client masks every frame that it sends, including Closes and frames without a payload."
        "Violation: the subject, a client, wrote a frame header without a mask. Not exercised if it is a server, does not mask frames itself, or wrote no complete frame header."
    ServerDoesNotMask "server-does-not-mask" "5.1" Sender Must MasksFrames
        evidence: ServerFrame, delivery: Independent, timing: Any, layer: Library, focus: OwnFrames, family: OwnFrames
        "A server sends every frame unmasked."
        "Violation: the subject, a server, wrote a frame header with a mask. Not exercised if it is a client, leaves masking to the program around it, or wrote no complete frame header."
    FreshMaskKey "fresh-mask-key" "5.3, 10.3" Sender Must MasksFrames
        evidence: Course, delivery: Independent, timing: Any, layer: Library, focus: OwnFrames, family: OwnFrames
        "A client masks each frame with a fresh, unpredictable key: not that of the frame before, zero or a counter."
        "Violation: two successive frames of a connection have the same masking key. It is one too if, of the first 16 masking keys of a script, over all its connections, there are at least four, and at least half are zero, or each differs from the one before by the same amount. Sixteen keys without such a pattern conform, although they cannot prove the keys unpredictable. Inconclusive if there are four to fifteen keys without a pattern. Not exercised if the subject is a server, does not mask frames itself, or wrote fewer masked frames."
    StreamWellFormed "stream-well-formed" "5.2, 5.4, 5.5, 5.6, 5.8" Sender Must Framing
        evidence: Frame, delivery: Independent, timing: Any, layer: Library, focus: OwnFrames, family: OwnFrames
        "An endpoint sends complete, valid frames in a valid order, and never one frame inside another."
        "Violation: the subject wrote a reserved opcode, an RSV bit outside a Close, a control frame other than a Close that is fragmented or over 125 bytes, a continuation with no message to continue, a new message inside a fragmented one, or text that is not UTF-8. Ending TCP inside a frame is a violation too, unless it was a reset, a flawed frame arrived, the subject reported an error, or the peer reset TCP, vanished or was no longer reading. If permessage-deflate was negotiated, RSV1 is valid on the first frame of a message, and compressed text is judged inflated. Not exercised if the subject wrote no complete frame header."
    SendsOnlyFrames "sends-only-frames" "5.1, 5.5.1, 6.1" Sender Must Framing
        evidence: Course, delivery: Independent, timing: Any, layer: Library, focus: OwnFrames, family: OwnFrames
        "An endpoint writes nothing but frames into an open WebSocket connection: no HTTP response, HTML page or other text."
        "Violation: where a frame should begin, the subject wrote the start of an HTTP message or of an HTML page, the last chunk of an HTTP body, or at least 12 octets of ASCII text (4 at the end of the connection; 32 and never at the end if they begin with `A` or `B`, as compressed fragments do). No other rule is judged by what it sent from there on, and none by the lack of a reply if no Close came before. Not exercised if the subject wrote no complete frame header and no such text."
    BodyEmptyOrCode "body-empty-or-code" "5.5.1" Sender Must Framing
        evidence: CloseBody, delivery: Independent, timing: Any, layer: Library, focus: OwnFrames, family: OwnFrames
        "An endpoint sends a Close body that is empty or begins with a two-byte code in network byte order."
        "Violation: the header of a Close that the subject wrote announces a payload of one byte. Not exercised if it wrote no Close."
    CodeIsDefined "code-is-defined" "5.5.1, 7.4.2" Sender Must Framing
        evidence: CloseCode, delivery: Independent, timing: Any, layer: CloseRequest, focus: OwnFrames, family: OwnFrames
        "An endpoint sends only codes to which RFC 6455 §7.4 gives a meaning or a range, so none of 0–999 and 5000–65535."
        "Violation: a complete Close that the subject wrote, replies included, carries 0–999 or 5000–65535. The profile `beast` allows 5000 and above, and `ws-rs` allows 0. Not exercised if the subject wrote no complete Close with a code."
    CodeNotLocalOnly "code-not-local-only" "7.4.1" Sender Must Framing
        evidence: CloseCode, delivery: Independent, timing: Any, layer: CloseRequest, focus: OwnFrames, family: OwnFrames
        "An endpoint never sends 1005, 1006 or 1015, which are reserved for its own reports."
        "Violation: a complete Close that the subject wrote, replies included, carries 1005, 1006 or 1015. Not exercised if the subject wrote no complete Close with a code."
    CodeNot1004 "code-not-1004" "7.4.1" Sender Should Framing
        evidence: CloseCode, delivery: Independent, timing: Any, layer: CloseRequest, focus: OwnFrames, family: OwnFrames
        "An endpoint does not send 1004, which is reserved without a meaning."
        "Violation: a complete Close that the subject wrote, replies included, carries 1004. The level is `should`, because §7.4.1 reserves the code for a meaning to come and does not say that it must not be sent. Not exercised if the subject wrote no complete Close with a code."
    CodeIsAssigned "code-is-assigned" "7.4.2" Sender Should Framing
        evidence: CloseCode, delivery: Independent, timing: Any, layer: CloseRequest, focus: OwnFrames, family: OwnFrames
        "An endpoint sends a code from 1012–2999 only if a specification assigns it."
        "Violation: a complete Close that the subject wrote, replies included, carries a code that the profile counts as unassigned: 1016–2999 under `iana`, also 1012–1014 under `rfc6455`, also 1014 under `beast`, and only 1012–1014, 1016, 1100, 2000 and 2999 under `ws-rs`. The level is `should`, unlike that of code-is-defined, because §7.4.2 reserves the range for specifications that assign its codes later. Not exercised if the subject wrote no complete Close with a code."
    Code1010FromClient "code-1010-from-client" "7.4.1" Sender Should Framing
        evidence: ServerCloseCode, delivery: Independent, timing: Any, layer: CloseRequest, focus: OwnFrames, family: OwnFrames
        "A server does not originate a Close with 1010 on its own, but may echo one."
        "Violation: a complete Close that the subject, a server, wrote carries 1010, and no Close with 1010 arrived before it. Inconclusive if the application had requested 1010, or if a flawed frame or a part of a frame arrived before that Close. Not exercised if the subject is a client or wrote no complete Close with a code."
    Code1010NamesExtensions "code-1010-names-extensions" "7.4.1" Sender Should Framing
        evidence: Course, delivery: Independent, timing: Any, layer: CloseRequest, focus: Other, family: OwnClose
        "A client that closes with 1010 names the extensions that it misses in the reason."
        "Violation: a complete Close that the subject, a client, wrote carries 1010 and no reason. Inconclusive if the application had requested 1010, or if it may echo a Close that is flawed, incomplete or behind a flawed frame. Not exercised if the subject is a server or wrote no complete Close with 1010, or if it echoed one."
    ReasonUtf8 "reason-utf8" "5.5.1, 7.1.6" Sender Must Framing
        evidence: CloseReason, delivery: Required, timing: Any, layer: CloseRequest, focus: OwnFrames, family: OwnFrames
        "An endpoint sends a Close reason as valid UTF-8 and truncates it only between characters."
        "Violation: the subject wrote a Close of at most 125 bytes with a reason that contains invalid UTF-8 or ends inside a character. The RFC has no MUST here: it defines the reason as UTF-8 data. Not exercised if it wrote no Close."
    NoDataAfterClose "no-data-after-close" "5.5.1" Sender Must Framing
        evidence: Course, delivery: Delayable, timing: Any, layer: StateMachine, focus: OwnFrames, family: OwnFrames
        "An endpoint sends no text, binary or continuation frame after its own Close."
        "Violation: the subject wrote the header of a text, binary or continuation frame after that of a Close. Not exercised if it wrote no Close, or the peer vanished or was no longer reading."
    OneClose "one-close" "5.5.1, 7.1.5, 7.1.7" Sender Should Framing
        evidence: Course, delivery: Delayable, timing: Any, layer: StateMachine, focus: OwnFrames, family: OwnFrames
        "An endpoint sends at most one Close."
        "Violation: the subject wrote a second Close header on one connection. A second Close with a failure code (1002, 1003, 1007–1009 or 1011) conforms if a flawed frame arrived after the first one, because it gives the cause of failing (§7.1.7). Not exercised if it wrote no Close, or the peer vanished or was no longer reading."
    QuietAfterClose "quiet-after-close" "5.5.2" Sender Info Framing
        evidence: Course, delivery: Required, timing: Any, layer: StateMachine, focus: OwnFrames, family: OwnFrames
        "An endpoint sends no Ping or Pong once Closes have gone both ways."
        "Violation: after its own Close and a well-formed one from the peer, the subject wrote a Ping, or a Pong that makes more Pongs in total than Pings received before the peer's Close. RFC 6455 §5.5.2 only lifts the requirement to reply to a Ping. It permits Pings until the connection is closed, which is after both Closes by §5.5.1 and at the end of TCP by §7.1.4. So a violation is reported and never fails a run. Not exercised if Closes did not go both ways, or the peer stopped reading or vanished."
    CloseAnswered "close-answered" "5.5.1" Sender Must RepliesToClose
        evidence: Course, delivery: Delayable, timing: Any, layer: Library, focus: Reply, family: CloseReply
        "An endpoint that receives a Close and has sent none replies with a Close."
        "Violation: a well-formed Close arrived on a healthy connection, and the subject ended TCP or is idle (after more than one tick if it has timeouts), and it sent no Close. Inconclusive if the peer reset TCP, if a subject with timeouts had at most one tick and left TCP open, if it ended TCP and other frames came before the Close in its segment, or if it rejected a code that it need not know (1012–1014): a Close before failing is only a SHOULD. Not exercised if no such Close arrived, or if the subject had already sent a Close, ended TCP or reported an error. Also not exercised if the subject does not reply to a Close itself, wrote only part of a Close, panicked or hung, the application or the peer was no longer reading, or the peer vanished."
    CloseAnsweredPromptly "close-answered-promptly" "5.5.1" Sender Should RepliesToClose
        evidence: Course, delivery: Required, timing: Prompt, layer: Library, focus: Reply, family: CloseReply
        "An endpoint replies to a Close as soon as practical, after at most the message that is in progress when it arrives."
        "Violation: more than one tick passed between a well-formed Close and the subject's complete reply. RFC 6455 sets no time, so one tick is the limit of this project. Not exercised if no such Close or no reply was sent, if the subject had begun a message and not ended it when the Close arrived, or if it had ended TCP or reported an error before the Close. Also not exercised if the subject does not reply to a Close itself, panicked or hung, the application was no longer reading, or the peer stopped reading or vanished."
    NoNewMessageAfterPeerClose "no-new-message-after-peer-close" "6.1, 7.1.3" Sender Info RepliesToClose
        evidence: Course, delivery: Required, timing: Any, layer: StateMachine, focus: Reply, family: CloseReply
        "An endpoint begins no new message between the peer's Close and its reply."
        "Violation: the subject wrote the first frame of a message after a well-formed Close had arrived and before its own Close. The level is `info`, because §6.1 allows messages only in the state OPEN, and §5.1 allows data until an endpoint's own Close. Inconclusive if it had sent fewer messages than had arrived, so that the message may be a reply to one of them. Not exercised if no such Close or no reply was sent, other frames shared the segment of the Close, or the subject had ended TCP or reported an error before the Close. Also not exercised if the subject does not reply to a Close itself, panicked or hung, the application was no longer reading, or the peer stopped reading or vanished."
    CloseEchoesCode "close-echoes-code" "5.5.1" Sender Info RepliesToClose
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Reply, family: CloseReply
        "An endpoint typically echoes the received code in its reply to a Close."
        "Violation: the subject accepted a well-formed Close, and its reply has a different code, or only one of the two has a code. It is reported and never fails a run. Not exercised if no such Close or no reply was sent, or if the subject had ended TCP or reported an error before the Close. Also not exercised if the reply rejects the Close (a different code of 1002, 1003, 1007–1009 or 1011, or the same with an error report), or has the code that the application had requested (1000 if it requested none). Also not exercised if the subject does not reply to a Close itself, panicked or hung, the application was no longer reading, or the peer stopped reading or vanished."
    TcpClosedAfterHandshake "tcp-closed-after-handshake" "5.5.1, 7.1.1, 7.1.2" Sender Must ClosesTcp
        evidence: Course, delivery: Delayable, timing: Any, layer: Library, focus: Other, family: TcpEnd
        "An endpoint closes TCP once it has both sent and received a Close."
        "Violation: Closes went both ways and the subject left TCP open: a server when idle (after more than one tick if it has timeouts), a client after the peer's FIN, or after 16 idle ticks if it has timeouts and the peer never stopped reading. Sending FIN counts as closing. Inconclusive if a server with timeouts left TCP open for at most one tick, or a live client still waits for the server. Not exercised if Closes did not go both ways, the subject's Close was flawed, the peer reset TCP or the subject closed it before the second Close, or a client may still wait for the server. Also not exercised if the subject does not close TCP itself, panicked or hung, the application or the peer was no longer reading, or the peer vanished."
    ServerClosesTcpAtOnce "server-closes-tcp-at-once" "5.5.1, 7.1.1" Sender Must ClosesTcp
        evidence: Course, delivery: Required, timing: Prompt, layer: Library, focus: Other, family: TcpEnd
        "A server closes TCP immediately once it has both sent and received a Close."
        "Violation: the subject, a server, left TCP open for more than one tick after Closes had gone both ways. RFC 6455 §5.5.1 has a MUST here and §7.1.1 a SHOULD, and neither sets a time, so one tick is the limit of this project. Sending FIN counts as closing. Not exercised if the subject is a client, Closes did not go both ways, its own Close was flawed, the peer reset TCP or the subject closed it before the second Close, or the script ended within one tick. Also not exercised if the subject does not close TCP itself, panicked or hung, the application was no longer reading, or the peer stopped reading or vanished."
    ServerFailsAtOnce "server-fails-at-once" "7.1.1, 7.1.7" Sender Should ClosesTcp
        evidence: Course, delivery: Required, timing: Prompt, layer: Library, focus: Failure, family: Failing
        "A server that fails the connection closes TCP at once, and does not wait for the client to do so."
        "Violation: the subject, a server, failed the connection for a flawed frame, and left TCP open for more than one tick after its Close or its error report. RFC 6455 sets no time, so one tick is the limit of this project. Sending FIN counts as closing. Not exercised if the subject is a client, did not clearly fail the connection for a flawed frame, sent its Close before that frame and reported no error, or the script ended within one tick. Also not exercised if the subject does not close TCP itself, panicked or hung, the application was no longer reading, or the peer reset TCP, stopped reading or vanished."
    ClientLetsServerCloseFirst "client-lets-server-close-first" "5.5.1, 7.1.1" Sender Should ClosesTcp
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: TcpEnd
        "A client that has sent and received a Close waits a reasonable time for the server to close TCP."
        "Violation: the subject, a client, sent FIN or a reset in the tick in which Closes had gone both ways, although the server had not ended TCP and the client had reported no error. RFC 6455 sets no time, so one tick is the limit of this project. Not exercised if the subject is a server, Closes did not go both ways, its own Close was flawed, or the peer reset TCP or the subject closed it before the second Close. Also not exercised if the subject does not close TCP itself, panicked or hung, the application was no longer reading, or the peer stopped reading or vanished."
    FinishesHalfClose "finishes-half-close" "–" Sender Robust ShowsBothDirections
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: TcpEnd
        "An endpoint that has sent FIN and still reads closes TCP once its peer has sent FIN too, or after a timeout."
        "Violation: the subject sent FIN and left the direction in which it reads open: after the peer's FIN (for more than one tick if it has timeouts), or for 16 ticks of silence if it has timeouts. Inconclusive if the peer sent no FIN, or a subject with timeouts had at most one tick. Not exercised if the subject sent no FIN, does not close TCP itself, or is a live endpoint, whose socket does not show it. Also not exercised if the subject panicked or hung, the application was no longer reading, or the peer reset TCP, stopped reading or vanished."
    TcpClosedCleanly "tcp-closed-cleanly" "7.1.1" Sender Should ClosesTcp
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: TcpEnd
        "An endpoint closes TCP with FIN and discards trailing data, because a reset can destroy the Close that it just sent."
        "Violation: after a complete Close of its own, the subject ended TCP by a reset without a FIN before it. Inconclusive if the peer reset TCP first. Not exercised if the subject did not end TCP after a Close of its own, does not close TCP itself, or the peer stopped reading or vanished."
    TlsClosedCleanly "tls-closed-cleanly" "7.1.1" Sender Should ClosesTcp
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: TcpEnd
        "An endpoint over TLS sends close_notify before it closes TCP, so that its peer can tell the end from a cut."
        "Violation: the connection is under TLS, the subject sent a complete Close and later FIN, and no close_notify came before the FIN. Not exercised without TLS, or if the subject did not end TCP after a Close of its own, ended it by a reset, or a flawed frame arrived. Also not exercised if the subject does not close TCP itself, or the peer reset TCP first, stopped reading or vanished."
    WaitsForAnswer "waits-for-answer" "1.4, 7.1.2, 7.3" Sender Should ClosesTcp
        evidence: Course, delivery: Required, timing: TcpEnd, layer: Library, focus: Other, family: OwnClose
        "An endpoint that starts the closing handshake keeps TCP open until the peer's Close arrives or a timeout expires."
        "Violation: the subject started the closing handshake and closed TCP in both directions in the same tick, with no frame from the peer in between, no FIN or reset from the peer, and no error reported before its Close. RFC 6455 sets no timeout, so one tick is the limit of this project. Inconclusive if the subject reset TCP after its FIN, or if a live endpoint closed TCP more than 20 ms after its Close, when its own timeout may have expired. Not exercised if the subject did not start the closing handshake, did not close TCP in both directions, does not close TCP itself, or the peer stopped reading or vanished."
    RequestedCloseSent "requested-close-sent" "7.1.2; WHATWG" Sender Must ExposesCloseApi
        evidence: Course, delivery: Delayable, timing: Any, layer: StateMachine, focus: Other, family: OwnClose
        "An endpoint whose application requests a close sends a Close before it ends TCP."
        "Violation: the application's first close request that was not refused came before any Close, and the subject then ended TCP without a Close. It is one too if the subject accepted the request and sent no Close, with the script over or other input in a later tick. A request that every interface accepts counts as accepted if the subject fulfilled one in another case. Inconclusive if something else came between the request and the subject's Close: the peer's Close, a flawed frame, FIN, a reset or an error report. Also inconclusive if a frame of the peer was incomplete at the request and the Close came later, or if the subject neither accepted the request nor acted on it, or ended TCP for a request that it may have refused. Every interface accepts 1000 and 3000–4999 with a reason of at most 123 bytes. Not exercised if there was no such request, if one of those events preceded it, or if the subject has no API for it. Also not exercised if the subject panicked or hung, the application was no longer reading, or the peer vanished or was no longer reading."
    RequestedCodeSent "requested-code-sent" "7.1.2; WHATWG" Sender Must ExposesCloseApi
        evidence: Course, delivery: Delayable, timing: Any, layer: Library, focus: Other, family: OwnClose
        "An endpoint whose application requests a close sends the Close with the requested code."
        "Violation: the application's first close request that was not refused has a code that the endpoint may send, and the subject's Close has another code or none. Inconclusive if something else came between the request and the Close: the peer's Close, a flawed frame, FIN, a reset or an error report. Also inconclusive if the Close fits none of several requests, or has another code than 1000 where none was requested. So it is if the Close may follow from a refusal: the request was not accepted, and either the sent code is a failure code (1002, 1003, 1007–1009 or 1011) or the requested one is 1012–1014. Not exercised if there was no such request, if one of those events preceded it, or if the subject sent no Close, one with a body of one byte, or has no API for it. Also not exercised if the peer vanished or was no longer reading."
    RequestedReasonSent "requested-reason-sent" "7.1.2; WHATWG" Sender Must ExposesCloseApi
        evidence: Course, delivery: Delayable, timing: Any, layer: Library, focus: Other, family: OwnClose
        "An endpoint whose application requests a close sends the requested reason, whole or truncated if it exceeds 123 bytes."
        "Violation: the subject's Close has the requested code, and another reason than the requested one or none. The request is the application's first that was not refused, and has a reason of 1 to 123 bytes. Inconclusive if the application requested several closes, or if the requested reason is longer and the sent one is not its beginning. Also inconclusive if the sent reason is the requested one up to its first NUL, and nothing shows that the request was accepted. Not exercised if there was no such request, or if another event came before the subject's Close. Such an event is a Close, a flawed frame, FIN or reset of the peer, or an error report. Also not exercised if the Close has another code, is over 125 bytes or has a reason that is not UTF-8. The same applies if the subject has no API for it, or if the peer vanished or was no longer reading."
    SendsBeforeClose "sends-before-close" "6.1; WHATWG" Sender Robust ExposesCloseApi
        evidence: Course, delivery: Delayable, timing: Any, layer: StateMachine, focus: Other, family: OwnClose
        "An endpoint sends the messages that its application requested before a close, and then the Close."
        "Violation: the subject accepted a message and then a request to close, and wrote fewer complete messages before its Close than it had accepted. Inconclusive if the peer's Close, a flawed frame, FIN, a reset or an error report came before the Close. Not exercised if no message was accepted, the application requested no close after it, the subject refused that request or sent no Close, or the subject has no API for it. Also not exercised if the subject panicked or hung, or the peer vanished or was no longer reading."
    AcceptsDefinedCodes "accepts-defined-codes" "7.4.1" Receiver Interop ParsesCloseBody
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: LawfulInput
        "An endpoint completes the closing handshake after a Close with a code that RFC 6455 defines: 1000–1003 and 1007–1011."
        "Violation: a Close with 1000–1003 or 1007–1011, with at most 16 printable ASCII bytes of reason, arrived, and the subject rejected it. It rejects by a reply with a different failure code (1002, 1003, 1007–1009 or 1011), or, without a reply, by reporting an error instead of the closure or by ending TCP. Inconclusive if the rejection may have another cause (a longer or non-ASCII reason, another frame in the segment, a fragmented message in progress, a pending close request), or if nothing shows acceptance. Not exercised if no Close with such a code arrived, an error report or the end of TCP came first, the peer reset TCP, or the application requested a Close that was never sent. Also not exercised if the subject does not parse the Close body itself, the application was no longer reading, or the peer stopped reading or vanished."
    AcceptsRegisteredCodes "accepts-registered-codes" "7.4.2; IANA" Receiver Should ParsesCloseBody
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: LawfulInput
        "An endpoint completes the closing handshake after a Close with 1012, 1013 or 1014, which IANA registered after RFC 6455."
        "Violation: a Close with 1012, 1013 or 1014, with at most 16 printable ASCII bytes of reason, arrived, and the subject rejected it. It rejects by a reply with a different failure code (1002, 1003, 1007–1009 or 1011), or, without a reply, by reporting an error instead of the closure or by ending TCP. Inconclusive if the rejection may have another cause (a longer or non-ASCII reason, another frame in the segment, a fragmented message in progress, a pending close request), or if nothing shows acceptance. Not exercised if no Close with such a code arrived, the profile rejects the code (all three under `rfc6455` and `ws-rs`, 1014 under `beast`), an error report or the end of TCP came first, the peer reset TCP, or the application requested a Close that was never sent. Also not exercised if the subject does not parse the Close body itself, the application was no longer reading, or the peer stopped reading or vanished."
    AcceptsLibraryAndPrivateCodes "accepts-library-and-private-codes" "7.4.2" Receiver Interop ParsesCloseBody
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: LawfulInput
        "An endpoint completes the closing handshake after a Close with any code from 3000 to 4999."
        "Violation: a Close with a code from 3000 to 4999, with at most 16 printable ASCII bytes of reason, arrived, and the subject rejected it. It rejects by a reply with a different failure code (1002, 1003, 1007–1009 or 1011), or, without a reply, by reporting an error instead of the closure or by ending TCP. Inconclusive if the rejection may have another cause (a longer or non-ASCII reason, another frame in the segment, a fragmented message in progress, a pending close request), or if nothing shows acceptance. Not exercised if no Close with such a code arrived, an error report or the end of TCP came first, the peer reset TCP, or the application requested a Close that was never sent. Also not exercised if the subject does not parse the Close body itself, the application was no longer reading, or the peer stopped reading or vanished."
    AcceptsEmptyClose "accepts-empty-close" "5.5.1" Receiver Interop Framing
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: LawfulInput
        "An endpoint completes the closing handshake after a Close without a body."
        "Violation: a Close without a body arrived, and the subject rejected it. It rejects by a reply with a different failure code (1002, 1003, 1007–1009 or 1011), or, without a reply, by reporting an error instead of the closure or by ending TCP. Inconclusive if the rejection may have another cause (another frame in the segment, a fragmented message in progress, a pending close request), or if nothing shows acceptance. Not exercised if no such Close arrived, an error report or the end of TCP came first, the peer reset TCP, or the application requested a Close that was never sent. Also not exercised if the application was no longer reading, or the peer stopped reading or vanished."
    AcceptsLongestReason "accepts-longest-reason" "5.5" Receiver Interop Framing
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: LawfulInput
        "An endpoint completes the closing handshake after a Close body of any length from 2 to 125 bytes."
        "Violation: a Close with 1000 and a reason of 17 to 123 printable ASCII bytes arrived, and the subject rejected it. It rejects by a reply with a different failure code (1002, 1003, 1007–1009 or 1011), or, without a reply, by reporting an error instead of the closure or by ending TCP. Inconclusive if the rejection may have another cause (another code, a reason of at most 16 bytes, another frame in the segment, a fragmented message in progress, a pending close request), or if nothing shows acceptance. Not exercised if no Close with a printable ASCII reason arrived, an error report or the end of TCP came first, the peer reset TCP, or the application requested a Close that was never sent. Also not exercised if the application was no longer reading, or the peer stopped reading or vanished."
    AcceptsAnyUtf8Reason "accepts-any-utf8-reason" "5.5.1" Receiver Interop ParsesCloseBody
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: LawfulInput
        "An endpoint completes the closing handshake after a Close with any valid UTF-8 reason, including NUL, BOM, noncharacters and four-byte characters."
        "Violation: a Close with 1000 and a valid UTF-8 reason, not only printable ASCII, arrived, and the subject rejected it. It rejects by a reply with a different failure code (1002, 1003, 1007–1009 or 1011), or, without a reply, by reporting an error instead of the closure or by ending TCP. Inconclusive if the rejection may have another cause (another code, another frame in the segment, a fragmented message in progress, a pending close request), or if nothing shows acceptance. Not exercised if no Close with such characters in its reason arrived, an error report or the end of TCP came first, the peer reset TCP, or the application requested a Close that was never sent. Also not exercised if the subject does not parse the Close body itself, the application was no longer reading, or the peer stopped reading or vanished."
    AcceptsCloseBetweenFragments "accepts-close-between-fragments" "5.4, 5.5, 6.2" Receiver Interop Framing
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: LawfulInput
        "An endpoint completes the closing handshake after a Close between the fragments of a message, as after any other Close."
        "Violation: a Close without a body, or with 1000 and at most 16 printable ASCII bytes of reason, arrived inside a fragmented message, and the subject rejected it. It rejects by a reply with a different failure code (1002, 1003, 1007–1009 or 1011), or, without a reply, by reporting an error instead of the closure. Inconclusive if it only ended TCP, another frame came in the segment, the Close has another body, or nothing shows acceptance. Not exercised if no such Close arrived, an error report or the end of TCP came first, the peer reset TCP, or the application requested a Close that was never sent. Also not exercised if the application was no longer reading, or the peer stopped reading or vanished."
    AcceptsLawfulFrames "accepts-lawful-frames" "5.4, 5.5.2, 5.5.3, 6.2" Receiver Interop Framing
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: LawfulInput
        "An endpoint keeps the connection open on which only valid messages, fragments, Pings and Pongs arrive, with any masking key."
        "Violation: before any Close and any flawed frame, a valid frame arrived, and within one tick and before further input the subject sent a Close with 1002. A Close with 1007, or an error report or the end of TCP without a Close, counts if no program above the subject can have closed: its deliveries are exposed, or only Pings and Pongs arrived. Refusing a Close with 1000 whose masking key is one octet repeated is a violation too. Inconclusive if a Close or a flawed frame shares the segment, or the subject closed later or with another code. Not exercised if no such frame arrived before the subject closed or its application requested that, the subject panicked or hung, the application was no longer reading, or the peer reset TCP, stopped reading or vanished."
    RejectsLocalOnlyCodes "rejects-local-only-codes" "7.4.1, 10.7" Receiver Lenient ParsesCloseBody
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: FaultyInput
        "An endpoint fails the connection if it receives a Close with 1005, 1006 or 1015."
        "Violation: a Close with 1005, 1006 or 1015 arrived, and the subject accepted it. It accepts by echoing the code, reporting it as an ordinary closure, delivering a message or answering a Ping behind it in the segment, sending its usual reply to lawful Closes, or by doing nothing until the script ends or the next input comes in a later tick. Inconclusive if the reaction may have another cause (another flaw or a Close in the segment, a closing already started). Also inconclusive if the reaction shows too little (a reply with another ordinary code, none or a reason of its own that no usual reply explains, a report of 1006, a report of 1005 by an API with a clean flag, a panic or hang, further input in the same tick, a rejection only after further input, an incomplete frame). Not exercised if no such Close arrived, or if another flawed frame, a well-formed Close or an error report came first. Also not exercised if the subject does not parse the Close body itself, or the peer stopped reading or vanished."
    RejectsUndefinedCodes "rejects-undefined-codes" "7.4.2, 10.7" Receiver Lenient ParsesCloseBody
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: FaultyInput
        "An endpoint fails the connection if it receives a Close with a code from 0–999 or 5000–65535."
        "Violation: a Close with a code from 0–999 (under `ws-rs` not 0) or 5000–65535 (not under `beast`) arrived, and the subject accepted it. It accepts by echoing the code, reporting it as an ordinary closure, delivering a message or answering a Ping behind it in the segment, sending its usual reply to lawful Closes, or by doing nothing until the script ends or the next input comes in a later tick. Inconclusive if the reaction may have another cause (another flaw or a Close in the segment, a closing already started). Also inconclusive if the reaction shows too little (a reply with another ordinary code, none or a reason of its own that no usual reply explains, a panic or hang, further input in the same tick, a rejection only after further input, an incomplete frame). Not exercised if no such Close arrived, or if another flawed frame, a well-formed Close or an error report came first. Also not exercised if the subject does not parse the Close body itself, or the peer stopped reading or vanished."
    RejectsUnassignedCodes "rejects-unassigned-codes" "7.4.2, 10.7" Receiver Lenient ParsesCloseBody
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: FaultyInput
        "An endpoint fails the connection if it receives a Close with 1004 or an unassigned code from 1012–2999."
        "Violation: a Close arrived with 1004 or a code that the profile counts as unassigned (1016–2999 under `iana`, also 1012–1014 under `rfc6455`, also 1014 under `beast`, and only 1012–1014, 1016, 1100, 2000 and 2999 under `ws-rs`), and the subject accepted it. It accepts by echoing the code, reporting it as an ordinary closure, delivering a message or answering a Ping behind it in the segment, sending its usual reply to lawful Closes, or by doing nothing until the script ends or the next input comes in a later tick. Inconclusive if the reaction may have another cause (another flaw or a Close in the segment, a closing already started). Also inconclusive if the reaction shows too little (a reply with another ordinary code, none or a reason of its own that no usual reply explains, a panic or hang, further input in the same tick, a rejection only after further input, an incomplete frame). Not exercised if no such Close arrived, or if another flawed frame, a well-formed Close or an error report came first. Also not exercised if the subject does not parse the Close body itself, or the peer stopped reading or vanished."
    RejectsOneByteBody "rejects-one-byte-body" "5.5.1, 10.7" Receiver Lenient ParsesCloseBody
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: FaultyInput
        "An endpoint fails the connection if it receives a Close with a one-byte body, which is neither empty nor a code."
        "Violation: a Close with a body of one byte arrived, and the subject accepted it. It accepts by reporting an ordinary closure with any code or none, delivering a message or answering a Ping behind it in the segment, sending its usual reply to lawful Closes, or by doing nothing until the script ends or the next input comes in a later tick. Inconclusive if the reaction may have another cause (another flaw or a Close in the segment, a closing already started). Also inconclusive if the reaction shows too little (a reply with another ordinary code, none or a reason of its own that no usual reply explains, a panic or hang, further input in the same tick, a rejection only after further input, an incomplete frame). Not exercised if no such Close arrived, or if another flawed frame, a well-formed Close or an error report came first. Also not exercised if the subject does not parse the Close body itself, or the peer stopped reading or vanished."
    RejectsBadUtf8Reason "rejects-bad-utf8-reason" "8.1" Receiver Must ParsesCloseBody
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: FaultyInput
        "An endpoint that interprets Close reasons fails the connection if one is not valid UTF-8 (overlong, surrogate, out of range, truncated, stray byte)."
        "Violation: a Close with a reason that is not valid UTF-8 arrived, and the subject accepted it. It accepts by echoing the code, reporting it as an ordinary closure, delivering a message or answering a Ping behind it in the segment, sending its usual reply to lawful Closes, or by doing nothing until the script ends or the next input comes in a later tick. Inconclusive if nothing shows that the subject interprets reasons: neither its adapter claims it, nor does it echo or report the reason, nor does it, in another case, echo a valid reason or reject an invalid one. Also inconclusive if the reaction may have another cause (another flaw or a Close in the segment, a closing already started), or shows too little (a reply with another ordinary code, none or a reason of its own that no usual reply explains, a panic or hang, further input in the same tick, a rejection only after further input, an incomplete frame). Not exercised if no such Close arrived, or if another flawed frame, a well-formed Close or an error report came first. Also not exercised if the subject does not parse the Close body itself, or the peer stopped reading or vanished."
    ValidatesReason "validates-reason" "5.5.1, 7.1.6, 10.7" Receiver Lenient ParsesCloseBody
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: FaultyInput
        "An endpoint fails the connection for a Close reason that is not valid UTF-8 even if it does not interpret reasons."
        "Violation: as for `rejects-bad-utf8-reason`, if nothing shows that the subject interprets reasons: neither its adapter claims it, nor does it echo or report the reason, nor does it, in another case, echo a valid reason or reject an invalid one. RFC 6455 §8.1 requires the failure only of an endpoint that interprets the text. Inconclusive as for `rejects-bad-utf8-reason`. Not exercised if no such Close arrived, if the subject accepted it and interprets reasons, or if another flawed frame, a well-formed Close or an error report came first. Also not exercised if the subject does not parse the Close body itself, or the peer stopped reading or vanished."
    RejectsBadUtf8Text "rejects-bad-utf8-text" "5.6, 8.1" Receiver Must ValidatesText
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: FaultyInput
        "An endpoint fails the connection if a text message is not valid UTF-8, in one frame or in fragments, even if only its end cuts a character."
        "Violation: a complete text message that is not valid UTF-8 arrived, and the subject accepted it. It accepts by delivering a message or answering a Ping in that frame or behind it in the segment, or by doing nothing until the script ends or the next input comes in a later tick. Inconclusive if the reaction may have another cause (another flaw or a Close in the segment, a closing already started). Also inconclusive if the reaction shows too little (a reply with another ordinary code or none, a panic or hang, further input in the same tick, an incomplete frame or message). Not exercised if no such text arrived, or if another flawed frame, a well-formed Close or an error report came first. Also not exercised if the subject passes text on as octets, or the peer stopped reading or vanished."
    RejectsLongClose "rejects-long-close" "5.5, 10.7" Receiver Lenient Framing
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: FaultyInput
        "An endpoint fails the connection if it receives a Close of 126 bytes or more."
        "Violation: a Close of more than 125 bytes arrived, and the subject accepted it. It accepts by echoing the code, reporting it as an ordinary closure, delivering a message or answering a Ping behind it in the segment, sending its usual reply to lawful Closes, or by doing nothing until the script ends or the next input comes in a later tick. Inconclusive if the reaction may have another cause (another flaw or a Close in the segment, a closing already started). Also inconclusive if the reaction shows too little (a reply with another ordinary code, none or a reason of its own that no usual reply explains, a panic or hang, further input in the same tick, a rejection only after further input, an incomplete frame that was not rejected). Not exercised if no such Close arrived, or if another flawed frame, a well-formed Close or an error report came first. Also not exercised if the peer stopped reading or vanished."
    RejectsLongCloseAtOnce "rejects-long-close-at-once" "5.5, 10.7" Receiver Lenient Framing
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: FaultyInput
        "An endpoint that receives a Close header that announces 126 bytes or more fails the connection without waiting for the payload."
        "Violation: a Close header that announces more than 125 bytes arrived without the whole payload, and the subject accepted it. It accepts by doing nothing from the complete header on until the script ends or the next input comes in a later tick. Inconclusive if the reaction may have another cause (a closing already started). Also inconclusive if the reaction shows too little (a panic or hang, further input in the same tick, a rejection only after further input, an incomplete header). Not exercised if no such header arrived, if the payload was complete in the same segment, or if another flawed frame, a well-formed Close or an error report came first. Also not exercised if the peer stopped reading or vanished."
    RejectsFragmentedClose "rejects-fragmented-close" "5.4, 5.5, 10.7" Receiver Lenient Framing
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: FaultyInput
        "An endpoint fails the connection if it receives a Close without FIN."
        "Violation: a Close without FIN arrived, and the subject accepted it. It accepts by echoing the code, reporting it as an ordinary closure, delivering a message or answering a Ping behind it in the segment, sending its usual reply to lawful Closes, or by doing nothing until the script ends or the next input comes in a later tick. Inconclusive if the reaction may have another cause (another flaw or a Close in the segment, a closing already started). Also inconclusive if the reaction shows too little (a reply with another ordinary code, none or a reason of its own that no usual reply explains, a panic or hang, further input in the same tick, a rejection only after further input, an incomplete frame). Not exercised if no such Close arrived, or if another flawed frame, a well-formed Close or an error report came first. Also not exercised if the peer stopped reading or vanished."
    RejectsBadControlFrame "rejects-bad-control-frame" "5.4, 5.5, 10.7" Receiver Lenient Framing
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: FaultyInput
        "An endpoint fails the connection if it receives a Ping or Pong without FIN or with more than 125 bytes."
        "Violation: a control frame other than a Close arrived without FIN or with more than 125 bytes, and the subject accepted it. It accepts by delivering a message or answering a Ping in that frame or behind it in the segment, or by doing nothing until the script ends or the next input comes in a later tick. Inconclusive if the reaction may have another cause (another flaw or a Close in the segment, a closing already started). Also inconclusive if the reaction shows too little (a reply with another ordinary code or none, a panic or hang, further input in the same tick, a rejection only after further input, an incomplete frame). Not exercised if no such frame arrived, or if another flawed frame, a well-formed Close or an error report came first. Also not exercised if the peer stopped reading or vanished."
    RejectsBadFragmentation "rejects-bad-fragmentation" "5.4, 10.7" Receiver Lenient Framing
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: FaultyInput
        "An endpoint fails the connection if it receives a continuation with no message to continue, or a new message inside a fragmented one."
        "Violation: such a frame arrived, and the subject accepted it. It accepts by delivering a message or answering a Ping in that frame or behind it in the segment, or by doing nothing until the script ends or the next input comes in a later tick. Inconclusive if the reaction may have another cause (another flaw or a Close in the segment, a closing already started). Also inconclusive if the reaction shows too little (a reply with another ordinary code or none, a panic or hang, further input in the same tick, an incomplete frame). Not exercised if no such frame arrived, or if another flawed frame, a well-formed Close or an error report came first. Also not exercised if the peer stopped reading or vanished."
    RejectsRsv "rejects-rsv" "5.2; RFC 7692 §6" Receiver Must Framing
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: FaultyInput
        "An endpoint fails the connection if it receives a frame with an RSV bit that no negotiated extension defines."
        "Violation: a frame with an RSV bit set arrived, and the subject accepted it. It accepts by delivering a message or answering a Ping in that frame or behind it in the segment, by echoing or reporting its code if it is a Close, or by doing nothing until the script ends or the next input comes in a later tick. Inconclusive if the reaction may have another cause (another flaw or a Close in the segment, a closing already started). Also inconclusive if the reaction shows too little (a reply with another ordinary code, none or a reason of its own that no usual reply explains, a panic or hang, further input in the same tick, a rejection only after further input, an incomplete frame). Not exercised if no such frame arrived, or if another flawed frame, a well-formed Close or an error report came first. Also not exercised if the peer stopped reading or vanished."
    RejectsUnknownOpcode "rejects-unknown-opcode" "5.2" Receiver Must Framing
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: FaultyInput
        "An endpoint fails the connection if it receives a reserved opcode: 3–7 or 11–15."
        "Violation: a frame with opcode 3–7 or 11–15 arrived, and the subject accepted it. It accepts by delivering a message or answering a Ping in that frame or behind it in the segment, or by doing nothing until the script ends or the next input comes in a later tick. Inconclusive if the reaction may have another cause (another flaw or a Close in the segment, a closing already started). Also inconclusive if the reaction shows too little (a reply with another ordinary code, none or a reason of its own that no usual reply explains, a panic or hang, further input in the same tick, a rejection only after further input, an incomplete frame). Not exercised if no such frame arrived, or if another flawed frame, a well-formed Close or an error report came first. Also not exercised if the peer stopped reading or vanished."
    RejectsLongLengthForm "rejects-long-length-form" "5.2, 10.7" Receiver Lenient Framing
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: FaultyInput
        "An endpoint fails the connection if it receives a payload length that is not in its shortest form."
        "Violation: a frame with a length that fits a shorter form arrived, and the subject accepted it. It accepts by delivering a message or answering a Ping in that frame or behind it in the segment, by echoing or reporting its code if it is a Close, or by doing nothing until the script ends or the next input comes in a later tick. Inconclusive if the reaction may have another cause (another flaw or a Close in the segment, a closing already started). Also inconclusive if the reaction shows too little (a reply with another ordinary code, none or a reason of its own that no usual reply explains, a panic or hang, further input in the same tick, a rejection only after further input, an incomplete frame). Not exercised if no such frame arrived, or if another flawed frame, a well-formed Close or an error report came first. Also not exercised if the peer stopped reading or vanished."
    RejectsLengthTopBit "rejects-length-top-bit" "5.2, 10.7" Receiver Lenient Framing
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: FaultyInput
        "An endpoint fails the connection at once if it receives a 64-bit payload length with the top bit set."
        "Violation: a header with a 64-bit length that has its top bit set arrived, and the subject accepted it. It accepts by delivering its payload as a message, or by doing nothing from the complete header on until the script ends or the next input comes in a later tick. Inconclusive if the reaction may have another cause (another flaw or a Close in the segment, a closing already started). Also inconclusive if the reaction shows too little (a reply with another ordinary code, none or a reason of its own that no usual reply explains, a panic or hang, further input in the same tick, a rejection only after further input, an incomplete header). Not exercised if no such header arrived, or if another flawed frame, a well-formed Close or an error report came first. Also not exercised if the peer stopped reading or vanished."
    ServerRejectsUnmasked "server-rejects-unmasked" "5.1" Receiver Must Framing
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: FaultyInput
        "A server closes the connection if it receives an unmasked frame."
        "Violation: an unmasked frame arrived at the subject, a server, and the subject accepted it. It accepts by delivering a message or answering a Ping in that frame or behind it in the segment, by echoing or reporting its code if it is a Close, or by doing nothing until the script ends or the next input comes in a later tick. Inconclusive if the reaction may have another cause (another flaw or a Close in the segment, a closing already started). Also inconclusive if the reaction shows too little (a reply with another ordinary code, none or a reason of its own that no usual reply explains, a panic or hang, further input in the same tick, a rejection only after further input, an incomplete frame). Not exercised if the subject is a client, if no such frame arrived, or if another flawed frame, a well-formed Close or an error report came first. Also not exercised if the peer stopped reading or vanished."
    ClientRejectsMasked "client-rejects-masked" "5.1" Receiver Must Framing
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: FaultyInput
        "A client closes the connection if it detects a masked frame."
        "Violation: a masked frame arrived at the subject, a client, and the subject accepted it. It accepts by delivering a message or answering a Ping in that frame or behind it in the segment, by echoing or reporting its code if it is a Close, or by doing nothing until the script ends or the next input comes in a later tick. Inconclusive if the reaction may have another cause (another flaw or a Close in the segment, a closing already started). Also inconclusive if the reaction shows too little (a reply with another ordinary code, none or a reason of its own that no usual reply explains, a panic or hang, further input in the same tick, a rejection only after further input, an incomplete frame). Not exercised if the subject is a server, if no such frame arrived, or if another flawed frame, a well-formed Close or an error report came first. Also not exercised if the peer stopped reading or vanished."
    CloseBetweenFragments "close-between-fragments" "5.4" Receiver Must Framing
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: CloseReply
        "An endpoint handles a Close that arrives between the fragments of a message."
        "Violation: a well-formed Close arrived inside a fragmented message, and the subject neither sent a Close nor reported an error nor ended TCP before the peer did. A reply with any code conforms, 1002 included. Inconclusive if it did none of these and the peer ended TCP in the same tick. Not exercised if no such Close arrived, or if the subject had sent a Close before. Also not exercised if the subject panicked or hung, the application was no longer reading, or the peer stopped reading or vanished."
    AnySegmentation "any-segmentation" "6.2" Receiver Robust Framing
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: Robustness
        "An endpoint behaves the same however TCP splits or joins the bytes that it receives."
        "Violation: a connection was repeated with the same bytes in other segments, and differs in the first Close (but for a reason in the subject's own words), a panic, the reported code or an error report. If all input reached the subject both times, the number of Closes, the delivered messages and an end of TCP without a Close must agree too. Not exercised if no connection was repeated in other segments, or if an application request was pending when the next input arrived. Also not exercised if, on either connection, the subject hung or the application was no longer reading, or if the peer stopped reading or vanished on any connection of the script."
    DeliversBeforeClose "delivers-before-close" "6.2" Receiver Robust ReportsMessages
        evidence: Course, delivery: Required, timing: Any, layer: StateMachine, focus: Other, family: Reports
        "An endpoint delivers every message that arrives before the peer's Close, and then reports the closure."
        "Violation: messages were complete before a well-formed Close and before any Close of the subject, and the subject delivered fewer, or reported the closure before the last of them. RFC 6455 obliges no interface, so the level is `robust`. Inconclusive if the peer reset TCP. Not exercised if no such message or Close arrived, a flawed frame came first, an error was reported, the application had requested a close, or the subject had closed TCP. Also not exercised if its adapter cannot observe deliveries, it panicked or hung, the application was no longer reading, or the peer stopped reading or vanished."
    DiscardsAfterClose "discards-after-close" "1.4, 7.1.1" Receiver Should Framing
        evidence: Course, delivery: Required, timing: Any, layer: StateMachine, focus: Other, family: OwnClose
        "An endpoint discards what arrives after the peer's Close: it delivers none of it and reports the Close, not an error."
        "Violation: input arrived after a well-formed Close, and the subject delivered more messages than had arrived before the Close. A subject that reports the close code and reason also violates the rule if it accepted the Close and then, before the peer ended TCP, reported an error, and reported neither the code of the Close nor 1005. Not exercised if nothing arrived after such a Close while TCP was open, if neither deliveries nor a report of the subject can be observed, the subject panicked or hung, the application was no longer reading, or the peer stopped reading or vanished."
    ReadsUntilAnswer "reads-until-answer" "1.4, 5.5.1" Receiver Should Framing
        evidence: Course, delivery: Required, timing: TcpEnd, layer: StateMachine, focus: Other, family: OwnClose
        "An endpoint that has sent a Close keeps reading frames until the peer's Close arrives."
        "Violation: valid frames arrived between the subject's Close and the peer's, and the subject reported an error or closed TCP in both directions in the tick of the last of them, before further input. Inconclusive if a live endpoint closed TCP more than 20 ms after both its Close and the last input, when its own timeout may have expired. Not exercised if no such frame arrived, a flawed frame arrived at any time, or the peer stopped reading or vanished."
    DeliversUntilAnswer "delivers-until-answer" "5.5.1, 6.2" Receiver Info ReportsMessages
        evidence: Course, delivery: Required, timing: Any, layer: StateMachine, focus: Other, family: Reports
        "An endpoint that has sent a Close delivers the messages that arrive before the peer's Close."
        "Violation: complete messages arrived between the subject's Close and the peer's, and the subject delivered fewer after its Close, without an error or an earlier end of TCP. RFC 6455 §5.5.1 gives no guarantee that they are processed, so a violation is reported and never fails a run. Not exercised if no such message arrived, a flawed frame arrived at any time, or the subject stopped reading. Also not exercised if the subject does not report the close code and its deliveries, panicked or hung, the application was no longer reading, or the peer stopped reading or vanished."
    PongsWhileClosing "pongs-while-closing" "5.5.2, 5.5.3" Receiver Should RepliesToClose
        evidence: Course, delivery: Required, timing: Any, layer: StateMachine, focus: Other, family: OwnClose
        "An endpoint that has sent a Close answers a Ping that arrives before the peer's Close."
        "Violation: a Ping arrived between the subject's Close and the peer's, a tick passed before further input or the end of the script, and no Pong with the payload of the last such Ping followed. RFC 6455 §5.5.2 excuses only an endpoint that has received a Close, but §5.5.1 lets one that has sent it stop processing data. Inconclusive if further input or the end of the script came in the same tick. Not exercised if no such Ping arrived, the subject had sent FIN, or it ended TCP or reported an error because of the Ping, which `reads-until-answer` judges. Also not exercised if the subject does not reply to a Close itself, panicked or hung, the application was no longer reading, or the peer reset TCP, stopped reading or vanished."
    SimultaneousClose "simultaneous-close" "5.5.1" Receiver Should Framing
        evidence: Course, delivery: Required, timing: Any, layer: StateMachine, focus: Other, family: OwnClose
        "An endpoint treats a Close that crosses its own as the reply and sends no further Close."
        "Violation: after the subject's own Close a well-formed Close with a different body arrived, and the subject then wrote its second Close. Not exercised if no such Close arrived, or the peer stopped reading or vanished."
    FailClosesTcp "fail-closes-tcp" "5.1, 7.1.1, 7.1.7" Receiver Must ClosesTcp
        evidence: Course, delivery: Delayable, timing: Any, layer: Library, focus: Failure, family: Failing
        "An endpoint that fails the connection closes TCP."
        "Violation: the subject failed the connection for a flawed frame (error report, failure code or end of TCP) and left TCP open: a server without timeouts when idle, any subject after the peer's FIN, a subject with timeouts after 16 idle ticks. Sending FIN counts as closing. Inconclusive if TCP is open and the subject may still wait for the peer, or if the subject panicked or hung. Not exercised if the subject did not clearly fail the connection for a flawed frame, or does not close TCP itself, or if the peer vanished or was no longer reading."
    FailSendsClose "fail-sends-close" "5.1, 7.1.7, 10.7" Receiver Should SendsCloseOnFailure
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Failure, family: Failing
        "An endpoint that fails the connection first sends a Close with an appropriate code."
        "Violation: the subject failed the connection for a flawed frame (error report, failure code or end of TCP) and wrote no Close. Inconclusive if only the mask is wrong, for which RFC 6455 §5.1 makes a Close optional. Not exercised if the subject did not clearly fail the connection for a flawed frame, or if it had sent a Close before that frame. Also not exercised if the subject panicked or does not send a Close itself when it fails the connection, the peer reset TCP, or the peer stopped reading or vanished."
    FailCodeFits "fail-code-fits" "5.1, 7.4.1" Receiver Should SendsCloseOnFailure
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Failure, family: Failing
        "An endpoint that fails the connection sends 1002 for a protocol error, 1007 for a text that is not UTF-8 and 1009 for excessive size."
        "Violation: the subject failed the connection for a flawed frame (error report, failure code or end of TCP), and its Close has no code or one that fits no flaw of the frame. A Close in reply to a flawed frame that is no Close counts too, if in another case the subject sends none for lawful frames. 1007 fits a reason or text that is not UTF-8, 1009 a message over 65,536 bytes, 1002 any flaw but that of a text or of the size of a message. 1009 also fits a control frame over 125 bytes and a length with its top bit set, and 1002 any Close with 1012–1014. Inconclusive if the code does not fit and only the mask is wrong, for which RFC 6455 §5.1 makes a Close optional. Also inconclusive if it does not fit and the frame was incomplete, with a message over 65,536 bytes or more input before the subject's Close. Not exercised if the subject did not clearly fail the connection for a flawed frame, if it sent no Close, or if it had sent one before that frame. Also not exercised if the subject panicked or does not send a Close itself when it fails the connection, the peer reset TCP, or the peer stopped reading or vanished."
    NothingAfterFail "nothing-after-fail" "7.1.7" Receiver Must Framing
        evidence: Course, delivery: Required, timing: Any, layer: StateMachine, focus: Failure, family: Failing
        "An endpoint that has failed the connection processes no further input: it answers no Ping and no Close, and delivers no message."
        "Violation: the subject failed the connection for a flawed frame (error report, failure code or end of TCP), and it delivered more messages than had arrived before that frame, answered a Ping in the frame or behind it, or wrote a further Close behind one that came after the frame. A further Close counts unless the application requested it, or it has a failure code (1002, 1003, 1007–1009 or 1011) and is the second after one that was sent before the frame. Not exercised if no Ping, message or Close arrived behind the frame while TCP was open, if only messages did and deliveries cannot be observed, or if the subject did not clearly fail the connection. Also not exercised if the peer stopped reading or vanished."
    EofIsNotAClose "eof-is-not-a-close" "7.1.4, 7.1.5" App Must ReportsCloseStatus
        evidence: Course, delivery: Required, timing: Any, layer: StateMachine, focus: Other, family: Reports
        "An endpoint reports EOF without a complete Close as an abnormal closure."
        "Violation: the peer's FIN arrived without a well-formed Close, and the subject reported a clean closure, or a code other than 1006 with neither a clean flag nor an error. RFC 6455 defines what is clean and what 1006 means. Not exercised if no FIN arrived, no closure was reported, a well-formed Close or a flawed frame came first, or the subject had ended TCP before. Also not exercised if the subject does not report the close code and reason, panicked or hung, the application was no longer reading, or the peer stopped reading or vanished."
    ClientEndsOnEof "client-ends-on-eof" "7.1.7, 7.2.1" Receiver Must ClosesTcp
        evidence: Course, delivery: Required, timing: Any, layer: StateMachine, focus: Other, family: TcpEnd
        "A client closes TCP if the server ends it without a complete Close, because it has to fail the connection."
        "Violation: the peer's FIN arrived at the subject, a client, without a well-formed Close, and the subject left TCP open (for more than one tick if it has timeouts). Sending FIN counts as closing. Inconclusive if a client with timeouts had at most one tick. Not exercised if the subject is a server, no FIN arrived, a well-formed Close came first, or the subject had ended TCP or failed the connection for a flawed frame before. Also not exercised if the subject does not close TCP itself, panicked or hung, the application was no longer reading, or the peer stopped reading or vanished."
    ServerEndsOnEof "server-ends-on-eof" "–" Receiver Robust ClosesTcp
        evidence: Course, delivery: Required, timing: Any, layer: StateMachine, focus: Other, family: TcpEnd
        "A server closes TCP if the client ends it without a complete Close, and does not keep the connection for ever."
        "Violation: the peer's FIN arrived at the subject, a server, without a well-formed Close, and the subject left TCP open (for more than one tick if it has timeouts). RFC 6455 §7.2.1 requires this of clients only. Sending FIN counts as closing. Inconclusive if a server with timeouts had at most one tick. Not exercised if the subject is a client, no FIN arrived, a well-formed Close came first, or the subject had ended TCP or failed the connection for a flawed frame before. Also not exercised if the subject does not close TCP itself, panicked or hung, the application was no longer reading, or the peer stopped reading or vanished."
    ReportsFirstCode "reports-first-code" "7.1.5" App Must ReportsCloseStatus
        evidence: Course, delivery: Report, timing: Any, layer: Library, focus: Other, family: Reports
        "An endpoint reports the code of the first received Close to its application."
        "Violation: the subject received a well-formed Close with a code and did not reject it, and it reported another code, no code or no closure. Inconclusive if it also reported an error and nothing shows acceptance, or if it reported a failure code that may be its rejection (for 1012–1014, or after the peer vanished). Also inconclusive if other frames preceded the Close in the segment and the report has no code. Not exercised if no such Close arrived, the subject rejected it, an error report or the end of TCP came before it, or the connection is open and no closure was reported. Also not exercised if the subject does not report the close code and reason, panicked or hung, the application was no longer reading, or the peer reset TCP or stopped reading."
    Reports1005 "reports-1005" "7.1.5" App Must ReportsCloseStatus
        evidence: Course, delivery: Report, timing: Any, layer: Library, focus: Other, family: Reports
        "An endpoint reports 1005, or the absence of a code, to its application if the first received Close has no code."
        "Violation: the subject received a Close without a code and did not reject it, and it reported a code other than 1005, or neither a closure nor an error, or it accepted the Close and reported an error in place of a closure. Inconclusive if it reported no closure, and an error that may be for something else. Not exercised if no such Close arrived, the subject rejected it, an error report or the end of TCP came before it, or the connection is open and no closure was reported. Also not exercised if the subject does not report the close code and reason, panicked or hung, the application was no longer reading, or the peer reset TCP or stopped reading."
    Reports1006 "reports-1006" "7.1.5" App Must ReportsCloseStatus
        evidence: Course, delivery: Required, timing: Any, layer: StateMachine, focus: Other, family: Reports
        "An endpoint reports 1006, or an error, to its application if the connection ends without a received Close."
        "Violation: neither a well-formed Close nor a flawed frame arrived, and the subject reported a code other than 1006, even one that it sent itself. Reporting neither a closure nor an error is a violation too, once the subject closed TCP or the peer's FIN arrived. Inconclusive if the peer reset TCP and nothing was reported. Not exercised if a well-formed Close or a flawed frame arrived, or the connection is open and no closure was reported. Also not exercised if the subject does not report the close code and reason, panicked or hung, the application was no longer reading, or the peer stopped reading or vanished."
    Reports1006AfterFailing "reports-1006-after-failing" "7.1.5" App Should ReportsCloseStatus
        evidence: Course, delivery: Required, timing: Any, layer: StateMachine, focus: Failure, family: Reports
        "An endpoint that failed the connection before any Close arrived reports 1006 or an error, not the code that it sent."
        "Violation: the subject failed the connection for a flawed frame that is no Close (failure code or end of TCP), no Close had arrived, and it reported a code other than 1006. §7.1.5 defines 1006 for that case, and many interfaces report the code that they sent, so the level is `should`. Inconclusive if it also reported an error, or reported nothing. Not exercised if it did not clearly fail the connection, if the flawed frame is a Close or a Close came behind it, or if the peer reset TCP. Also not exercised if the connection is open and no closure was reported, the subject does not report the close code and reason, panicked or hung, the application was no longer reading, or the peer stopped reading or vanished."
    ReportsNoErrorAfterClose "reports-no-error-after-close" "7.1.4" App Should ReportsCloseStatus
        evidence: Course, delivery: Required, timing: Any, layer: StateMachine, focus: Other, family: Reports
        "An endpoint reports no error to its application once the closing handshake is completed."
        "Violation: Closes had gone both ways, the peer's without a code or with 1000 or 1001, and the subject then reported an error besides the closure, or in its place where nothing shows that it had accepted the Close. Other rules judge an error in place of a Close that was accepted or rejected. Inconclusive if the application had requested something in between, or if the error came more than one tick later without a FIN of the peer, when a timeout may have expired. Not exercised if Closes did not go both ways, the subject closed of its own accord first, its Close was flawed, or it rejected the peer's. Also not exercised if anything followed the peer's Close but FIN, an error came first, the subject does not report the close code and reason, panicked or hung, the application was no longer reading, or the peer stopped reading or vanished."
    ReportsOnce "reports-once" "7.1.4; WHATWG" App Robust ReportsCloseStatus
        evidence: Course, delivery: Report, timing: Any, layer: StateMachine, focus: Other, family: Reports
        "An endpoint reports the closure of a connection to its application once."
        "Violation: the subject reported a closure twice on one connection. An error before a closure is none. RFC 6455 has one closure for a connection and obliges no interface, so the level is `robust`. Not exercised if no closure was reported, or if the endpoint is live, where only the first report is read. Also not exercised if the subject does not report the close code and reason, panicked or hung, the application was no longer reading, or the peer stopped reading."
    ReportsAfterTcp "reports-after-tcp" "7.1.4; WHATWG" App Info ReportsCloseStatus
        evidence: Course, delivery: Report, timing: Any, layer: StateMachine, focus: Other, family: Reports
        "An endpoint reports that the connection is closed once TCP has ended."
        "Violation: the subject reported a closure before it had ended TCP and before the peer's FIN or reset. The level is `info`, because §7.1.4 defines when a connection is closed and not when an interface reports it. Not exercised if no closure was reported, or if the endpoint is live, whose reports are not read in time. Also not exercised if the subject does not report the close code and reason, panicked or hung, the application was no longer reading, or the peer stopped reading."
    ReportsReason "reports-reason" "7.1.6" App Must ReportsCloseStatus
        evidence: Course, delivery: Report, timing: Any, layer: Library, focus: Other, family: Reports
        "An endpoint reports the reason of the first received Close to its application, or the empty string if it has none."
        "Violation: the subject received a well-formed Close and did not reject it, and it reported a reason that differs from that of the Close, or one that is not empty although the Close has none. Not exercised if no such Close arrived, no reason was reported, an error report or the end of TCP came before the Close, or the subject rejected it or reported a failure code or error that may be a rejection. Also not exercised if the subject does not report the close code and reason, panicked or hung, the application was no longer reading, or the peer reset TCP or stopped reading."
    ReportsClean "reports-clean" "7.1.4" App Should ReportsClean
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: Reports
        "An endpoint reports a closure as clean if, and only if, Closes went both ways before TCP closed."
        "Violation: the subject reported a closure as clean although Closes had not gone both ways before it closed TCP, or as unclean although they had. Inconclusive if it rejected a well-formed Close. An unclean report is also inconclusive if the subject began to close with a failure code of its own accord, reported an error, or TCP was reset, or if the report came before the second Close. A clean report is also inconclusive if a reset may have lost the subject's Close on a socket. Not exercised if the connection is open, the report has no clean flag, or a flawed frame arrived that was not clearly rejected. Also not exercised if the subject does not report whether the closure was clean, panicked or hung, the application was no longer reading, or the peer stopped reading or vanished."
    ApiRefusesUnsendableCode "api-refuses-unsendable-code" "7.4; WHATWG" App Should ExposesCloseApi
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: OwnClose
        "The application interface refuses a request to close with a code that must not be sent, before anything is sent."
        "Violation: the application's first close request had a code of 0–999, 1005, 1006, 1015 or 5000 and above, it was not refused, and the first complete Close of the subject carries that code. It conforms if the subject refused the request, reported an error, or sent nothing until it fulfilled a later request. Inconclusive if the subject did none of these: it sent another Close, sent none, or sent one after other input that may be its cause. Not exercised if that request had another code or came after the subject's Close, the subject has no API for it, or the peer stopped reading or vanished."
    ApiRefusesLongReason "api-refuses-long-reason" "5.5; WHATWG" App Should ExposesCloseApi
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Other, family: OwnClose
        "The application interface refuses a reason over 123 bytes or truncates it between characters, and never sends it over-long."
        "Violation: the application's first close request had a reason over 123 bytes, it was not refused, and the subject wrote a Close of more than 125 bytes or with a reason that is not UTF-8. It conforms if the subject refused the request, reported an error, truncated the reason, or sent nothing until it fulfilled a later request. Inconclusive if the subject did none of these: it sent another Close, sent none, or sent one after other input that may be its cause. Not exercised if that request had a shorter reason or came after the subject's Close, the subject has no API for it, or the peer stopped reading or vanished."
    ApiRefusesDataAfterClose "api-refuses-data-after-close" "5.5.1, 6.1" App Info ExposesCloseApi
        evidence: Course, delivery: Required, timing: Any, layer: StateMachine, focus: Other, family: OwnClose
        "The application interface returns an error if the application sends a message after the endpoint's own Close."
        "Violation: the subject accepted a message from the application after it had written a complete Close. The level is `info`, because the RFC does not oblige an interface to report it, and in browsers `send()` does not. Not exercised if no message was sent after the Close, the subject neither accepted nor refused it, the subject has no API for it, or the peer stopped reading or vanished."
    GivesUpWaiting "gives-up-waiting" "–" Receiver Robust HasTimeouts
        evidence: Course, delivery: Required, timing: Any, layer: Library, focus: Timeout, family: OwnClose
        "An endpoint closes TCP after a timeout if the peer never replies to its Close or never closes TCP."
        "Violation: after the subject's Close, and the peer's if there is one, 16 ticks passed without data and TCP is open, or TCP ended only after more than 16. Sending FIN counts as closing. Inconclusive if a live endpoint still waits, because its timeout may be longer. Not exercised if the subject sent no Close, ended TCP within one tick, or had fewer than 16 ticks in the script. Also not exercised if a flawed frame, FIN or reset arrived, the subject has no timeouts, panicked or hung, or the peer stopped reading or vanished."
    NoPanic "no-panic" "–" Receiver Robust Framing
        evidence: Course, delivery: Independent, timing: Any, layer: Library, focus: Other, family: Robustness
        "An endpoint does not panic, abort or crash on any input."
        "Violation: the adapter caught a panic, or the process of a live endpoint crashed. Not exercised if nothing but idle time happened to the subject."
    NoHang "no-hang" "–" Receiver Robust Framing
        evidence: Course, delivery: Independent, timing: Any, layer: Library, focus: Other, family: Robustness
        "An endpoint becomes idle after every input: it neither loops for ever nor stops responding."
        "Violation: the subject was still busy when it exceeded the budget of calls that its adapter allows. Over sockets: the program of a client neither reported nor exited for seconds after the peer had reset its connection. Not exercised if nothing but idle time happened to the subject, or if only a socket shows what it does."
    BoundedMemory "bounded-memory" "10.4" Receiver Robust ReportsMemory
        evidence: Course, delivery: Independent, timing: Any, layer: Library, focus: Other, family: Robustness
        "An endpoint allocates memory for the data that it receives, not for a length that the peer merely announces."
        "Violation: memory grew by more than 1 MiB plus eight times the bytes received. Not exercised if the subject does not expose its memory use, or if nothing but idle time happened to it."
    NextConnectionUnharmed "next-connection-unharmed" "–" Receiver Robust Framing
        evidence: Course, delivery: Independent, timing: Any, layer: Library, focus: Other, family: Robustness
        "An endpoint serves a new connection correctly after any input on an earlier one."
        "Violation: two connections of one script got the same input in the same segments and ticks, and differ in the first Close (but for a reason in the subject's own words), the number of Closes, the delivered messages, a panic, the reported code, an error report, or an end of TCP without a Close. Not exercised if no two connections got the same input, part of it came after the subject ended TCP, the subject hung, or the application was no longer reading."
}

impl Rule {
    /// Where it comes from: `RFC 6455 §5.5.1, 7.1.2`, or `no section of the RFC`.
    pub fn reference(self) -> String {
        match self.sections() {
            "–" => "no section of the RFC".to_owned(),
            sections => format!("RFC 6455 §{sections}"),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

/// The error for an id that no rule has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a rule id, for example `close-fin`, found `{found}`{}", .nearest.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
pub struct UnknownRule {
    /// The id that was given.
    pub found: String,
    /// The rule with the most similar id, if any is similar.
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
                .max_by_key(|(shared, rule)| {
                    (*shared, shared_prefix(rule.id(), id), std::cmp::Reverse(*rule))
                })
                .map(|(_, rule)| rule),
        })
    }
}

/// The number of letters with which both begin.
fn shared_prefix(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count()
}

fn shared_words(a: &str, b: &str) -> usize {
    a.split('-').filter(|word| b.split(['-', '_', ' ']).any(|other| other.eq_ignore_ascii_case(word))).count()
}
