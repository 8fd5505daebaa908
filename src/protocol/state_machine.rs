//! The closing handshake (RFC 6455 §7.1) as a table: [`State::on`] says, for every state, event and role,
//! what an endpoint becomes and what it does. It is total, it is `const`, and it has no wildcard arm.
//!
//! ```text
//!   Open ────AppClose────▶ CloseSent ─────RecvClose────▶ CloseExchanged
//!   Open ────RecvClose───▶ CloseReceived ──Answered────▶ CloseExchanged
//!   Open, CloseSent ─────RecvFlaw────────────────────────▶ Failed
//!   CloseExchanged ──────PeerFin, PeerReset, Timeout─────▶ Closed { clean: true }
//!   Open, CloseSent ─────PeerFin, PeerReset──────────────▶ Closed { clean: false }
//!   CloseSent ───────────Timeout─────────────────────────▶ Closed { clean: false }
//!   CloseReceived ───────PeerReset, Timeout──────────────▶ Closed { clean: false }
//!   Failed ──────────────PeerFin, PeerReset, Timeout─────▶ Closed { clean: false }
//! ```
//!
//! Whatever is not in the picture leaves the state as it is. A FIN that comes before the answer is written is
//! no news: the peer may have closed its half only; whoever answers late finds out by its patience.

use crate::protocol::close::CloseBody;
use crate::protocol::code::CloseCode;
use crate::protocol::role::Role;

/// Where an endpoint stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Data flows.
    Open,
    /// It sent a Close and waits for the peer's.
    CloseSent,
    /// It received a Close and has not yet answered.
    CloseReceived,
    /// A Close went each way; a client waits for the server's FIN.
    CloseExchanged,
    /// It failed the connection (§7.1.7).
    Failed,
    /// TCP is over.
    Closed {
        /// Whether Closes went both ways before that (§7.1.4).
        clean: bool,
    },
}

/// What happens to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Event {
    /// The application closes.
    AppClose,
    /// The application sends a message.
    AppSend,
    /// A well-formed Close with an acceptable code comes in.
    RecvClose,
    /// A whole data message comes in.
    RecvMessage,
    /// A Ping comes in.
    RecvPing,
    /// A Pong comes in.
    RecvPong,
    /// Something comes in that fails the connection.
    RecvFlaw,
    /// The answer to the peer's Close has been written.
    CloseReplySent,
    /// The peer's FIN comes in.
    PeerFin,
    /// The peer resets the connection.
    PeerReset,
    /// Patience is over.
    Timeout,
}

/// What an endpoint does about an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Nothing.
    Nothing,
    /// Throw away what came in.
    Discard,
    /// Hand the message to the application.
    Deliver,
    /// Write the application's message.
    SendMessage,
    /// Answer a Ping.
    SendPong,
    /// Write the application's Close.
    SendClose,
    /// Write a Close that answers the peer's.
    SendCloseReply,
    /// Tell the application that it may not do that.
    RejectRequest,
    /// Write a Close with the code that fits, then close TCP.
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

    /// What a conforming endpoint becomes, and does, when `event` happens to it.
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
            // The peer may have had messages under way when our Close reached it.
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
            // The peer may close its half and still read our answer.
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

    /// The state as timelines name it.
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

    /// Whether what still comes in is thrown away unread: the peer's Close has been received, or the
    /// connection failed or is over.
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

/// What an API reports of the Close that was received first, or of its absence (§7.1.5, §7.1.6): the one
/// place where 1005 and 1006 are made.
pub const fn reported<'a>(first_close: Option<CloseBody<'a>>) -> (CloseCode, &'a str) {
    match first_close {
        None => (CloseCode::ABNORMAL, ""),
        Some(CloseBody::Empty) => (CloseCode::NO_STATUS, ""),
        Some(CloseBody::Status { code, reason }) => (code, reason),
    }
}
