//! Checks live WebSocket servers and clients.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the core does no I/O and reads no clock; this crate does"
)]

pub mod baseline;
pub mod endpoint;
pub mod implementations;
pub mod model_endpoint;
pub mod report;
pub mod run;
pub mod serve;
pub mod transport;
