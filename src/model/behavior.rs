//! The decisions of an endpoint that a fault can change. The defaults conform, and the model uses every default.

use super::situation::{Past, Situation};
use crate::protocol::close::{CloseBody, ConformingClose, ReasonOverflow};
use crate::protocol::code::{CloseCode, Profile, Unsendable};
use crate::protocol::flaw::Flaw;
use crate::protocol::frame::{Header, Opcode};
use crate::protocol::role::Role;
use crate::protocol::state_machine::{Action, Event, State};

/// The ticks of idle time after which the model stops waiting for a Close or a FIN.
pub const IDLE_TIMEOUT_TICKS: u32 = 8;

/// The decisions of an endpoint that a fault can change. The defaults are the conforming ones.
pub trait Behavior {
    /// The octets to write in front of a frame.
    fn prefix_bytes(&self, _opcode: Opcode, _role: Role) -> &'static [u8] {
        &[]
    }

    /// Changes a frame before it is written. `count` is the number of frames written before.
    fn alter_frame(&self, _header: &mut Header, _payload: &mut Vec<u8>, _count: u32, _now: &Situation<'_>) {}

    /// Whether to accept a frame with this flaw. The payload is `None` until the frame is complete. For a text that
    /// is not UTF-8, it is the text of the message so far.
    fn tolerates(
        &self,
        _flaw: Flaw,
        _header: &Header,
        _payload: Option<&[u8]>,
        _now: &Situation<'_>,
    ) -> bool {
        false
    }

    /// Whether to treat a flawless Close as an error.
    fn rejects(&self, _header: &Header, _body: &CloseBody<'_>, _now: &Situation<'_>) -> bool {
        false
    }

    /// The flaw that a flawless frame is treated to have. `text` is the text of the message so far, if there is one.
    fn invents_flaw(&self, _header: &Header, _text: Option<&[u8]>, _now: &Situation<'_>) -> Option<Flaw> {
        None
    }

    /// Whether to ignore a Close.
    fn ignores_close(&self, _body: &CloseBody<'_>, _now: &Situation<'_>) -> bool {
        false
    }

    /// The code of the reply to a Close: `None` for the conforming reply, `Some(None)` for a reply without a code.
    fn reply_code(&self, _received: &CloseBody<'_>, _now: &Situation<'_>) -> Option<Option<CloseCode>> {
        None
    }

    /// Appends the reason of the reply to a Close to `out`. A reply without a code has no reason.
    fn reply_reason(&self, _received: &CloseBody<'_>, _out: &mut Vec<u8>) {}

    /// The action for an event in this state. `action` is that of the state machine.
    fn action(&self, _event: Event, action: Action, _now: &Situation<'_>) -> Action {
        action
    }

    /// The ticks to wait before an action, or `None` to omit the action.
    fn delay(&self, _action: Action, _now: &Situation<'_>) -> Option<u32> {
        Some(0)
    }

    /// An additional action after the endpoint has written its Close.
    fn after_close(&self, _now: &Situation<'_>) -> Option<ExtraAction> {
        None
    }

    /// The code with which to fail the connection.
    ///
    /// `None` is a Close without a body.
    fn fail_code(&self, flaw: Flaw) -> Option<CloseCode> {
        Some(flaw.fail_code())
    }

    /// Appends the reason of the Close with which the endpoint fails the connection to `out`. `payload` is that of
    /// the flawed frame, as far as it is kept.
    fn fail_reason(&self, _flaw: Flaw, _payload: &[u8], _out: &mut Vec<u8>) {}

    /// Whether to discard input without reading it.
    fn discards_input(&self, state: State) -> bool {
        state.discards_input()
    }

    /// Changes the unmasked payload of a received control frame before the endpoint reads it.
    fn garbles(&self, _header: &Header, _payload: &mut [u8], _now: &Situation<'_>) {}

    /// Whether to lose the octets that the peer sends with its opening handshake.
    fn loses_opening(&self, _role: Role) -> bool {
        false
    }

    /// What the endpoint does not reset when a connection begins.
    fn keeps_between_connections(&self) -> Remnant {
        Remnant::Nothing
    }

    /// How the endpoint reads TCP segments.
    fn segment_handling(&self) -> SegmentHandling {
        SegmentHandling::AsAStream
    }

    /// Whether to close TCP by a reset. `unread` is the number of octets that have arrived and were not read.
    fn resets(&self, _unread: usize, _now: &Situation<'_>) -> bool {
        false
    }

    /// Whether to send close_notify before FIN over TLS.
    fn closes_tls(&self) -> bool {
        true
    }

    /// Whether to send FIN and go on reading, in place of closing TCP.
    fn closes_only_writing(&self) -> bool {
        false
    }

    /// The ticks of idle time after which the endpoint stops waiting, or `None` to wait forever.
    fn idle_timeout(&self, _now: &Situation<'_>) -> Option<u32> {
        Some(IDLE_TIMEOUT_TICKS)
    }

    /// How the endpoint reports the closure to its application. `conforming` is the conforming report.
    fn close_status<'a>(
        &self,
        conforming: CloseStatus<'a>,
        _own_code: Option<CloseCode>,
        _now: &Situation<'_>,
    ) -> CloseStatus<'a> {
        conforming
    }

    /// How and when the endpoint reports, besides [`close_status`](Behavior::close_status).
    fn report_course(&self, _now: &Situation<'_>) -> ReportCourse {
        ReportCourse::OnceAtTheEnd
    }

    /// Appends the body of the Close that the application requested to `out`. Returns whether the request is accepted.
    fn app_close(
        &self,
        code: CloseCode,
        reason: &str,
        profile: Profile,
        now: &Situation<'_>,
        out: &mut Vec<u8>,
    ) -> bool {
        // A profile accepts more codes than an interface may let an application send.
        let sendable = code.sendable(now.role, Profile::Iana);
        let undefined = matches!(sendable, Err(Unsendable::Undefined | Unsendable::LocalOnly));
        match ConformingClose::new(code, reason, now.role, profile, ReasonOverflow::Reject) {
            Ok(_) if undefined => false,
            Ok(close) => {
                out.extend_from_slice(close.body());
                true
            }
            Err(_) => false,
        }
    }

    /// Appends the body of the Close that the application requested without a code to `out`.
    fn app_close_without_code(&self, _out: &mut Vec<u8>) {}

    /// Whether the endpoint interprets the reason of a Close, and so reports it.
    fn interprets_reason(&self) -> bool {
        true
    }

    /// The octets to allocate for a payload, by its claimed length and the octets received so far.
    fn allocates(&self, _claimed: u64, received: u64) -> u64 {
        received
    }

    /// Whether and how a Close with this payload crashes the endpoint.
    fn crash_on(&self, _payload: &[u8], _now: &Situation<'_>) -> Option<Crash> {
        None
    }

    /// Whether the endpoint serves a connection after this past.
    fn serves(&self, _past: &Past) -> bool {
        true
    }
}

/// What an endpoint does not reset when a connection begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remnant {
    /// It resets everything: the conforming way.
    Nothing,
    /// The message that was in progress.
    Message,
    /// The frame that was in progress.
    Frame,
}

/// An action after a Close that no conforming endpoint takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtraAction {
    /// Write one more frame with this opcode.
    Frame(Opcode),
    /// Write this text in place of a frame.
    Text(&'static str),
    /// Close TCP.
    CloseTcp,
}

/// How an endpoint reads TCP segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentHandling {
    /// As parts of a stream: the conforming way.
    AsAStream,
    /// Loses a frame that does not end in the segment in which it begins.
    LosingPartialFrames,
    /// Loses the octets after the first frame of a segment.
    LosingAllButTheFirstFrame,
    /// Fails the connection on a frame that does not end in the segment in which it begins.
    FailingOnPartialFrames,
}

/// How an endpoint crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// It panics.
    Panic,
    /// It loops forever.
    Hang,
}

/// How and when an endpoint reports a closure to its application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportCourse {
    /// Once, when TCP has ended: the conforming way.
    OnceAtTheEnd,
    /// Once, when the Close of the peer arrives.
    AtTheClose,
    /// Twice, when TCP has ended.
    Twice,
    /// Once, and with an error after a clean closure.
    WithAnError,
}

/// What an endpoint reports to its application about a closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseStatus<'a> {
    /// The code.
    pub code: CloseCode,
    /// The reason.
    pub reason: &'a str,
    /// Whether the closure was clean.
    pub clean: bool,
}
