//! Defines the two roles of a WebSocket connection.

use std::fmt;
use std::str::FromStr;

/// The role of an endpoint (RFC 6455 §1.1). A client opens the connection and masks its frames. A server accepts the
/// connection and does not mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// The endpoint that opens the connection.
    Client,
    /// The endpoint that accepts the connection.
    Server,
}

impl Role {
    /// Both roles, client first.
    pub const ALL: [Role; 2] = [Role::Client, Role::Server];

    /// The role of the peer.
    pub const fn peer(self) -> Role {
        match self {
            Role::Client => Role::Server,
            Role::Server => Role::Client,
        }
    }

    /// The name in scripts, tables and timelines.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Client => "client",
            Role::Server => "server",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The error for a word that is neither `client` nor `server`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a role, `client` or `server`, found `{0}`")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Self, UnknownRole> {
        Role::ALL.into_iter().find(|role| role.name() == word).ok_or_else(|| UnknownRole(word.to_owned()))
    }
}
