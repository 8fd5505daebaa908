//! The events of a trace: inputs to the subject and what the subject did.

use crate::protocol::code::CloseCode;
use crate::protocol::state_machine::State;
use crate::script::{MessageKind, Segmentation};

/// A range of octets that a [`Recorder`](super::recorder::Recorder) stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    /// The number of octets.
    pub const fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether the range is empty.
    pub const fn is_empty(self) -> bool {
        self.end == self.start
    }
}

/// One event of a trace and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceEvent {
    /// The ticks of idle time that had passed on the connection.
    pub tick: u32,
    /// What happened.
    pub kind: TraceEventKind,
}

/// What happened: an input to the subject, or an action of the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceEventKind {
    /// A connection begins.
    Connected {
        /// How the segments of the previous connection are divided this time, if this connection repeats it.
        repeat: Option<Segmentation>,
    },
    /// The opening handshake negotiated permessage-deflate (RFC 7692).
    DeflateNegotiated,
    /// The octets that follow were sent in one write with the peer's part of the opening handshake.
    SentWithOpening,
    /// These octets reached the subject.
    Received(Span),
    /// The peer's FIN reached the subject.
    PeerFin,
    /// The peer's reset reached the subject.
    PeerReset,
    /// The peer vanished; this many more writes were accepted and lost.
    PeerGone(u8),
    /// The peer stopped reading.
    PeerPaused,
    /// The peer resumed reading.
    PeerResumed,
    /// The application requested to close the connection.
    AppClose {
        /// The requested code, or `None` for a Close without a body.
        code: Option<CloseCode>,
        /// The requested reason.
        reason: Span,
    },
    /// The application requested to send a message.
    AppSend {
        /// Text or binary.
        kind: MessageKind,
        /// The payload.
        payload: Span,
    },
    /// The application stopped reading.
    AppPause,
    /// The application resumed reading.
    AppResume,
    /// The subject wrote these octets.
    Sent(Span),
    /// The connection is under TLS, or the model behaves as if it were.
    TlsStarted,
    /// The subject ended what it sends under TLS by close_notify.
    TlsClosed,
    /// The subject closed its write side by a FIN and may still read, as after `shutdown(2)`. A socket does not show
    /// whether it does.
    WriteShutdown,
    /// The subject closed TCP in both directions, by a FIN unless it had sent one before.
    Fin,
    /// The subject reset TCP.
    Reset,
    /// The subject delivered a complete message to its application.
    Message {
        /// Text or binary.
        kind: MessageKind,
        /// The payload.
        payload: Span,
    },
    /// The subject reported to its application how the connection closed.
    Reported {
        /// The reported code; `None` if the subject reported that there was no code.
        code: Option<CloseCode>,
        /// The reported reason; `None` if the subject does not report reasons.
        reason: Option<Span>,
        /// Whether the closure was reported as clean; `None` if the subject does not report that.
        clean: Option<bool>,
    },
    /// The subject reported an error to its application, with this text.
    ErrorReported(Span),
    /// The subject accepted the last request of its application.
    RequestAccepted,
    /// The subject refused the last request of its application, with this text.
    RequestRefused(Span),
    /// The subject has no API for the last request of its application, or leaves it to the program around it. The
    /// text gives the cause.
    Unsupported(Span),
    /// The subject panicked, with this message.
    Panicked(Span),
    /// The subject was still busy when it exceeded the budget of its adapter.
    Hung,
    /// The most octets by which the subject's memory grew since the connection began.
    Memory(u64),
    /// A subject that exposes its state moved from one state to another.
    StateChanged(State, State),
    /// This many octets of the script were not delivered because TCP was closed.
    Undelivered(u32),
    /// A note of the script.
    Note(Span),
    /// The script of the connection ended, and the subject is idle.
    ScriptEnded,
}
