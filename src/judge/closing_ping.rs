//! Defines a Ping that arrives while the subject waits for the peer's Close.

use super::at::At;
use super::observed_close::CloseOctets;

/// The last Ping between the subject's own Close and the peer's.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClosingPing {
    pub at: At,
    /// Its payload.
    pub payload: CloseOctets,
    /// The next input after it.
    pub next_input_at: Option<At>,
    /// Whether the subject sent a Pong with its payload.
    pub is_answered: bool,
}
