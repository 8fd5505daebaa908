//! Reads recordings in text: our own plain form, and what Wireshark and tshark write for "Follow TCP stream".

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
