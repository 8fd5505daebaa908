//! What happens to an endpoint under test, one stimulus at a time.

use crate::protocol::code::CloseCode;
use crate::script::MessageKind;

/// One thing that the peer, the application or time does to an endpoint under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stimulus<'a> {
    /// Octets of the peer arrive, in one segment.
    Octets(&'a [u8]),
    /// The peer closes its write side of TCP.
    Fin,
    /// The peer resets the connection; octets that the subject has not read are lost.
    Reset,
    /// The peer vanishes, and the subject's transport has not noticed. Octets sent before still arrive. The next
    /// writes, as many as this number, are accepted and lost; later writes and a shutdown fail.
    PeerGone(u8),
    /// The peer stops reading, so the subject's writes block where its transport can block.
    PeerPause,
    /// The peer resumes reading.
    PeerResume,
    /// The application requests to close the connection.
    Close {
        /// The requested code, or `None` for a Close without a body.
        code: Option<CloseCode>,
        /// The requested reason, of any length; empty if there is no code.
        reason: &'a str,
    },
    /// The application requests to send a message.
    Send {
        /// Text or binary.
        kind: MessageKind,
        /// The payload; UTF-8 in a text message.
        payload: &'a [u8],
    },
    /// The application stops reading; octets that arrive stay unread.
    Pause,
    /// The application resumes reading.
    Resume,
    /// One tick of idle time passes. The caller decides how long a tick is.
    Tick,
}
