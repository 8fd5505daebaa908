//! Reads Chrome's net-log: the JSON of `chrome://net-export` and of the option `--log-net-log`.
//!
//! A net-log is recorded at the client. If it was recorded with "Include raw bytes" (capture mode `Everything`), the
//! connections have their octets, also those under TLS. If not, they have the headers of frames that the log names:
//! [`Missing`] stands for the masking key and the payload of each frame.
//!
//! Numbers of packets are the numbers of events in the log, from 1. Times have milliseconds.
//!
//! [`Missing`]: crate::recording::RecordedKind::Missing

mod assembler;
mod event;
mod names;
mod recording;
mod request;
mod socket;
mod stream;

use std::io;

use crate::recording::ConnectionSink;

/// What was read of a net-log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetLogSummary {
    /// The number of events.
    pub events: u64,
    /// Events without a source, a time or a type, which were skipped.
    pub broken_events: u64,
    /// Connections with octets.
    pub with_octets: u64,
    /// Connections over HTTP/1.1 of which the log has only frame headers.
    pub without_octets: u64,
    /// Connections over HTTP/2, of which the log has only frame headers.
    pub over_http2: u64,
    /// The capture mode, such as `Default` or `Everything`. Older logs do not name it.
    pub capture_mode: Option<String>,
    /// Why reading ended in front of the end of the log. What was read until there is complete.
    pub stopped: Option<String>,
}

/// Why a file could not be read as a net-log.
#[derive(Debug, thiserror::Error)]
pub enum NetLogError {
    /// The file could not be read. Connections that had been read were passed on.
    #[error("the net-log cannot be read: {0}")]
    Io(#[source] io::Error),
    /// The file is no net-log, or ends in its constants.
    #[error("expected a net-log of Chrome, an object with `constants` and then `events`, found: {0}")]
    NotANetLog(String),
}

/// Whether the first octets of a file are those of a net-log: an object that begins with `constants`.
pub fn detect(first: &[u8]) -> bool {
    let mut rest = first.strip_prefix("\u{feff}".as_bytes()).unwrap_or(first);
    [b"{".as_slice(), b"\"constants\"", b":"].into_iter().all(|token| {
        rest = rest.trim_ascii_start();
        rest.strip_prefix(token).map(|behind| rest = behind).is_some()
    })
}

/// Reads a net-log as a stream, and passes each WebSocket connection on when its socket is closed, or at the end.
///
/// A log that Chrome did not end, as after a crash, is read up to its last whole event. The summary's `stopped` says so.
/// Memory is bounded: of connections that exceed 64 MiB together, the rest is left out, with a note.
///
/// # Errors
///
/// The file cannot be read, or has no constants of a net-log.
pub fn read(input: impl io::Read, sink: &mut ConnectionSink<'_>) -> Result<NetLogSummary, NetLogError> {
    stream::read(input, sink)
}
