//! Reads a recording in whatever format it is.

use std::io::{self, Read};

use crate::har;
use crate::net_log::{self, NetLogError, NetLogSummary};
use crate::pcap::{self, PcapError, PcapOptions, PcapSummary};
use crate::recording::ConnectionSink;
use crate::text::{self, TextError, TextFormat};

/// The octets at the beginning of a file by which its format is detected.
const HEAD: usize = 4096;

/// The most octets of a text form.
const MAX_TEXT: u64 = 64 << 20;

/// What was read, by the format of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Summary {
    /// A packet capture: pcap or pcapng.
    Capture(PcapSummary),
    /// A net-log of Chrome.
    NetLog(NetLogSummary),
    /// A text form.
    Text(TextFormat),
}

/// Why a file could not be read, or not to its end. What was read before was handed on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Reading failed.
    #[error("cannot read the file: {0}")]
    Io(#[from] io::Error),
    /// The file is empty.
    #[error("expected a recording, found an empty file")]
    Empty,
    /// The file has a format from which nothing about closing can be told.
    #[error("{}", har::LACKS_CONTROL_FRAMES)]
    Har,
    /// A text form is too long.
    #[error("expected a text form of at most 64 MiB, found more")]
    LongText,
    /// The file has none of the formats.
    #[error(
        "expected a packet capture (pcap, pcapng), a net-log of Chrome, a dump of \"Follow TCP stream\" or the plain form \
         of wsclose, found something else"
    )]
    UnknownFormat,
    /// The capture is invalid.
    #[error(transparent)]
    Capture(#[from] PcapError),
    /// The net-log is invalid.
    #[error(transparent)]
    NetLog(#[from] NetLogError),
    /// The text form is invalid.
    #[error(transparent)]
    Text(#[from] TextError),
}

/// The first octets of pcapng, and of pcap with microseconds or nanoseconds in either byte order.
const CAPTURES: [[u8; 4]; 5] = [
    [0x0a, 0x0d, 0x0d, 0x0a],
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x4d, 0x3c, 0xb2, 0xa1],
];

fn is_capture(head: &[u8]) -> bool {
    CAPTURES.iter().any(|first| head.starts_with(first))
}

/// Reads a recording and hands on each connection. `port` selects the connections of a capture.
///
/// # Errors
///
/// If the file is in no known format, is damaged or cannot be read. What was read before was handed on.
pub fn read(
    mut input: impl Read,
    port: Option<u16>,
    sink: &mut ConnectionSink<'_>,
) -> Result<Summary, ReadError> {
    let mut head = Vec::new();
    input.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    if head.is_empty() {
        return Err(ReadError::Empty);
    }
    if is_capture(&head) {
        let options = PcapOptions { port };
        return Ok(Summary::Capture(pcap::read(head.chain(input), &options, sink)?));
    }
    if net_log::detect(&head) {
        return Ok(Summary::NetLog(net_log::read(head.chain(input), sink)?));
    }
    if har::detect(&head) {
        return Err(ReadError::Har);
    }
    if text::detect(&head).is_none() {
        return Err(ReadError::UnknownFormat);
    }
    let mut octets = Vec::new();
    head.chain(input).take(MAX_TEXT + 1).read_to_end(&mut octets)?;
    if octets.len() as u64 > MAX_TEXT {
        return Err(ReadError::LongText);
    }
    let text = String::from_utf8_lossy(&octets);
    Ok(Summary::Text(text::read(&text, sink)?))
}
