//! Checks live WebSocket servers and clients.

pub mod baseline;
pub mod endpoint;
pub mod implementations;
pub mod model_endpoint;
pub mod report;
pub mod run;
pub mod serve;
pub mod transport;
