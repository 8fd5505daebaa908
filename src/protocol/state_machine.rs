//! Defines the state machine of the closing handshake (RFC 6455 §7.1).
//!
//! [`State::transition`] gives the next state and the action of an endpoint for every state, event and role.
//!
//! ```text
//!   Open ────AppClose────▶ CloseSent ─────RecvClose───────▶ CloseExchanged
//!   Open ────RecvClose───▶ CloseReceived ──CloseReplySent─▶ CloseExchanged
//!   Open, CloseSent ─────RecvFlaw────────────────────────▶ Failed
//!   CloseExchanged ──────PeerFin, PeerReset, Timeout─────▶ Closed { clean: true }
//!   Open, CloseSent ─────PeerFin, PeerReset──────────────▶ Closed { clean: false }
//!   CloseSent ───────────Timeout─────────────────────────▶ Closed { clean: false }
//!   CloseReceived ───────PeerReset, Timeout──────────────▶ Closed { clean: false }
//!   Failed ──────────────PeerFin, PeerReset, Timeout─────▶ Closed { clean: false }
//! ```
//!
//! Every other event leaves the state unchanged. A FIN before the reply is sent is one of them, because the peer may
//! have closed only its write side. An endpoint that has not replied by then leaves the state by its timeout.

use crate::protocol::close::CloseBody;
use crate::protocol::code::CloseCode;
use crate::protocol::role::Role;

/// The state of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Neither endpoint has sent a Close.
    Open,
    /// The endpoint sent a Close and waits for that of the peer.
    CloseSent,
    /// The endpoint received a Close and has not replied.
    CloseReceived,
    /// Both endpoints sent a Close. A client waits for the FIN of the server.
    CloseExchanged,
    /// The endpoint failed the connection (§7.1.7).
    Failed,
    /// TCP is closed.
    Closed {
        /// Whether both endpoints sent a Close before (§7.1.4).
        clean: bool,
    },
}

/// An event at an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Event {
    /// The application requests a Close.
    AppClose,
    /// The application sends a message.
    AppSend,
    /// A well-formed Close with an acceptable code is received.
    RecvClose,
    /// A complete data message is received.
    RecvMessage,
    /// A Ping is received.
    RecvPing,
    /// A Pong is received.
    RecvPong,
    /// Octets are received for which the endpoint fails the connection.
    RecvFlaw,
    /// The reply to the Close of the peer is sent.
    CloseReplySent,
    /// The FIN of the peer is received.
    PeerFin,
    /// The peer resets the connection.
    PeerReset,
    /// A timeout expires.
    Timeout,
}

/// The reaction of an endpoint to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Do nothing.
    Nothing,
    /// Discard the received octets.
    Discard,
    /// Deliver the message to the application.
    Deliver,
    /// Send the message of the application.
    SendMessage,
    /// Reply to a Ping.
    SendPong,
    /// Send the Close that the application requested.
    SendClose,
    /// Send a Close in reply to that of the peer.
    SendCloseReply,
    /// Reject the request of the application.
    RejectRequest,
    /// Send a Close with the code for the flaw, then close TCP.
    SendCloseThenFail,
    /// Close TCP.
    CloseTcp,
}

impl State {
    /// Every state.
    pub const ALL: [State; 7] = [
        State::Open,
        State::CloseSent,
        State::CloseReceived,
        State::CloseExchanged,
        State::Failed,
        State::Closed { clean: false },
        State::Closed { clean: true },
    ];

    /// The next state and the action of a conforming endpoint for an event.
    pub const fn transition(self, event: Event, role: Role) -> (State, Action) {
        use Action::*;
        use Event::*;
        use State::*;
        match (self, event) {
            (Open, AppClose) => (CloseSent, SendClose),
            (Open, AppSend) => (Open, SendMessage),
            (Open, RecvClose) => (CloseReceived, SendCloseReply),
            (Open, RecvMessage) => (Open, Deliver),
            (Open, RecvPing) => (Open, SendPong),
            (Open, RecvPong | CloseReplySent | Timeout) => (Open, Nothing),
            (Open, RecvFlaw) => (Failed, SendCloseThenFail),
            (Open, PeerFin | PeerReset) => (Closed { clean: false }, CloseTcp),

            (CloseSent, AppClose | RecvPong | CloseReplySent) => (CloseSent, Nothing),
            (CloseSent, AppSend) => (CloseSent, RejectRequest),
            // The peer may have sent messages before it received the Close.
            (CloseSent, RecvMessage) => (CloseSent, Deliver),
            (CloseSent, RecvPing) => (CloseSent, SendPong),
            (CloseSent, RecvClose) => match role {
                Role::Server => (CloseExchanged, CloseTcp),
                Role::Client => (CloseExchanged, Nothing),
            },
            (CloseSent, RecvFlaw) => (Failed, CloseTcp),
            (CloseSent, PeerFin | PeerReset | Timeout) => (Closed { clean: false }, CloseTcp),

            (CloseReceived, AppClose) => (CloseReceived, Nothing),
            (CloseReceived, AppSend) => (CloseReceived, RejectRequest),
            (CloseReceived, RecvClose | RecvMessage | RecvPing | RecvPong | RecvFlaw) => {
                (CloseReceived, Discard)
            }
            (CloseReceived, CloseReplySent) => match role {
                Role::Server => (CloseExchanged, CloseTcp),
                Role::Client => (CloseExchanged, Nothing),
            },
            // The peer may close its write side and still read the reply.
            (CloseReceived, PeerFin) => (CloseReceived, Nothing),
            (CloseReceived, PeerReset | Timeout) => (Closed { clean: false }, CloseTcp),

            (CloseExchanged, AppClose | CloseReplySent) => (CloseExchanged, Nothing),
            (CloseExchanged, AppSend) => (CloseExchanged, RejectRequest),
            (CloseExchanged, RecvClose | RecvMessage | RecvPing | RecvPong | RecvFlaw) => {
                (CloseExchanged, Discard)
            }
            (CloseExchanged, PeerFin | PeerReset | Timeout) => match role {
                Role::Server => (Closed { clean: true }, Nothing),
                Role::Client => (Closed { clean: true }, CloseTcp),
            },

            (Failed, AppClose | CloseReplySent) => (Failed, Nothing),
            (Failed, AppSend) => (Failed, RejectRequest),
            (Failed, RecvClose | RecvMessage | RecvPing | RecvPong | RecvFlaw) => (Failed, Discard),
            (Failed, PeerFin | PeerReset | Timeout) => (Closed { clean: false }, Nothing),

            (Closed { clean }, AppClose | CloseReplySent | PeerFin | PeerReset | Timeout) => {
                (Closed { clean }, Nothing)
            }
            (Closed { clean }, AppSend) => (Closed { clean }, RejectRequest),
            (Closed { clean }, RecvClose | RecvMessage | RecvPing | RecvPong | RecvFlaw) => {
                (Closed { clean }, Discard)
            }
        }
    }

    /// The name in timelines.
    pub const fn name(self) -> &'static str {
        match self {
            State::Open => "Open",
            State::CloseSent => "CloseSent",
            State::CloseReceived => "CloseReceived",
            State::CloseExchanged => "CloseExchanged",
            State::Failed => "Failed",
            State::Closed { clean: true } => "Closed (clean)",
            State::Closed { clean: false } => "Closed (not clean)",
        }
    }

    /// Whether the endpoint discards further input: it received a Close, it failed the connection, or TCP is closed.
    pub const fn discards_input(self) -> bool {
        match self {
            State::Open | State::CloseSent => false,
            State::CloseReceived | State::CloseExchanged | State::Failed | State::Closed { .. } => true,
        }
    }
}

impl Event {
    /// Every event.
    pub const ALL: [Event; 11] = [
        Event::AppClose,
        Event::AppSend,
        Event::RecvClose,
        Event::RecvMessage,
        Event::RecvPing,
        Event::RecvPong,
        Event::RecvFlaw,
        Event::CloseReplySent,
        Event::PeerFin,
        Event::PeerReset,
        Event::Timeout,
    ];
}

/// The code and reason that an API reports for the first received Close (§7.1.5, §7.1.6): 1005 for a Close without a
/// code, and 1006 if there was no Close.
pub const fn reported<'a>(first_close: Option<CloseBody<'a>>) -> (CloseCode, &'a str) {
    match first_close {
        None => (CloseCode::ABNORMAL, ""),
        Some(CloseBody::Empty) => (CloseCode::NO_STATUS, ""),
        Some(CloseBody::Status { code, reason }) => (code, reason),
    }
}
