//! Sockets, TLS, and the opening handshake.

pub mod acceptor;
#[cfg(feature = "tls")]
mod listed_certificate;
pub mod redact;
pub mod refusal;
pub mod server_target;
pub mod socket;
pub mod target_options;
#[cfg(feature = "tls")]
pub mod tls;
pub mod upgrade;
mod wait;
