//! Reads recordings of WebSocket connections, and judges how each side closed them.
//!
//! A reader turns a file into [`RecordedConnection`]s. It opens no socket.
//!
//! [`RecordedConnection`]: recording::RecordedConnection

pub mod answer;
mod expected;
pub mod from_trace;
pub mod har;
pub mod judgement;
pub mod net_log;
pub mod opening;
pub mod pcap;
pub mod proxied;
pub mod read;
pub mod recording;
pub mod report;
mod resync;
pub mod script;
pub mod session;
pub mod side;
pub mod text;
pub mod timeline;
pub mod tls;
pub mod undecided;
