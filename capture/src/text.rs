//! Reads recordings in text: our own plain form, and what Wireshark and tshark write for "Follow TCP stream".
//!
//! # The plain form
//!
//! It has one event a line: `>` is sent by the client, `<` by the server. `#` begins a comment.
//!
//! ```
//! use wsclose_capture::recording::{Beginning, End};
//!
//! let text = r#"
//! wsclose recording 1
//! connection client 127.0.0.1:51514 server 127.0.0.1:9001
//! 0.000 > "GET /chat HTTP/1.1\r\n" "Upgrade: websocket\r\n\r\n"
//! 0.001 < "HTTP/1.1 101 Switching Protocols\r\n\r\n"
//! 0.002 packet 6 > 88 82 37fa213d 3412
//! 0.003 packet 7 acknowledged 54 < 88 02 03e8
//! < FIN
//! > FIN
//!
//! connection      # another one, of which some octets were lost
//! > missing 12
//! < missing
//! < close_notify
//! > RST
//! note The capture began late.
//! until 60.0
//! "#;
//! let mut connections = Vec::new();
//! wsclose_capture::text::read(text, &mut |connection| connections.push(connection))?;
//! assert_eq!((connections[0].beginning, connections[0].end), (Beginning::Connection, End::Complete));
//! assert_eq!(connections[1].events.len(), 4);
//! # Ok::<(), wsclose_capture::text::TextError>(())
//! ```
//!
//! - Octets are pairs of hexadecimal digits, or text in quotes with the escapes of Rust's byte strings.
//! - In front of the mark may stand a time in seconds, the number of a packet, and how many octets of the other side were
//!   acknowledged.
//! - `end` ends a connection that was recorded to its end. Without it, both FINs or a reset show the end. Any other
//!   recording is cut.
//! - `until` is the time until which the recording went on without an event.
//! - A recording that does not begin with a request begins with frames. `connection middle` begins within a frame or a
//!   message, and `connection start` with TCP.
//!
//! # Dumps of "Follow TCP stream"
//!
//! Wireshark's "Hex Dump", "Raw", "C Arrays" and "YAML" are read, and what tshark writes for `-z follow,tcp,hex,0`,
//! `raw` and `yaml`. They do not show how TCP ended. The client is the peer that sent a request, else the peer of which
//! the frames are masked.

mod c_array;
mod dump;
mod follow;
mod form;
mod lines;
mod plain;
mod write;
mod yaml;

pub use form::{TextFormat, detect};
pub use write::Plain;

use crate::recording::ConnectionSink;

/// An error of a text form, with its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: expected {expected}, found {found}")]
pub struct TextError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What the form permits there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

/// Reads a recording and passes each of its connections to `sink`.
///
/// Connections in front of an error have been passed on.
///
/// # Errors
///
/// The text has none of the forms, or a line does not have the form of the text.
pub fn read(text: &str, sink: &mut ConnectionSink<'_>) -> Result<TextFormat, TextError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(format) = form::of(text) else {
        let first = text.lines().enumerate().find(|(_, line)| !lines::is_blank(line));
        let (line, found) = first.unwrap_or((0, ""));
        return Err(TextError {
            line: line + 1,
            column: 1,
            expected: "`wsclose recording 1`, `> HEX`, `< HEX`, or a dump of \"Follow TCP stream\""
                .to_owned(),
            found: lines::shown(found),
        });
    };
    match format {
        TextFormat::Plain => plain::read(text, sink)?,
        TextFormat::HexDump => follow::read(text, follow::Columns::Offsets, sink)?,
        TextFormat::Raw => follow::read(text, follow::Columns::Octets, sink)?,
        TextFormat::CArrays => c_array::read(text, sink)?,
        TextFormat::Yaml => yaml::read(text, sink)?,
    }
    Ok(format)
}
