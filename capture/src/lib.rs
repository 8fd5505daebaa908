//! Reads recordings of WebSocket connections.
//!
//! A reader turns a file into [`RecordedConnection`]s. It opens no socket.
//!
//! [`RecordedConnection`]: recording::RecordedConnection

pub mod har;
pub mod net_log;
pub mod pcap;
pub mod recording;
pub mod text;
