//! Sockets, TLS, and the opening handshake.

pub mod acceptor;
pub mod redact;
pub mod refusal;
pub mod server_target;
pub mod socket;
pub mod target_options;
#[cfg(feature = "tls")]
pub mod tls;
pub mod upgrade;
