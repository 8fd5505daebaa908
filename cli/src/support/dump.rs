//! Reads octets from pasted text: hex dumps with offsets, packets, literals of programming languages, base64.
//!
//! [`read`] is a pure function from text to octets. The parsers stop at the first place where the text is not in the
//! one format that was detected or named.

mod array;
mod base64;
mod detect;
mod hex;
mod lines;
mod offsets;
mod packets;
pub mod part;
mod string;

use std::net::SocketAddr;

use crate::args::dump_format::Format;
use lines::OffsetStyle;
use packets::Segment;
use part::{DumpError, Part};

pub use detect::{detect, is_text};
pub use part::PastedError;

/// What pasted text contains.
#[derive(Debug)]
pub struct Dump {
    /// The format in which it was read.
    pub format: Format,
    /// The octets by direction, in the order of the dump.
    pub segments: Vec<Segment>,
    /// Sender and receiver of each direction, if the dump has them.
    pub flows: Vec<(SocketAddr, SocketAddr)>,
    /// What was left out or computed, in sentences.
    pub notes: Vec<String>,
}

/// Reads octets that are not text.
pub fn raw(octets: &[u8]) -> Dump {
    from_parts(Format::Raw, vec![Part::new(octets.to_vec())], Vec::new())
}

/// Reads text in a format.
///
/// # Errors
/// At the first place where the text is not in that format.
pub fn read(text: &str, format: Format) -> Result<Dump, DumpError> {
    let mut notes = Vec::new();
    let mut left_out = 0;
    let one = |octets: Vec<u8>| vec![Part::new(octets)];
    let style = match format {
        Format::Raw => return Ok(raw(text.as_bytes())),
        Format::Tcpdump => Some(OffsetStyle::Tcpdump),
        Format::Xxd => Some(OffsetStyle::Colon),
        Format::Wireshark | Format::Hexdump => Some(OffsetStyle::Bare),
        Format::Hex
        | Format::Decimal
        | Format::Array
        | Format::Escaped
        | Format::Python
        | Format::Buffer
        | Format::Base64 => None,
    };
    let parts = match (format, style) {
        (_, Some(style)) => {
            let dump = offsets::parse(text, style)?;
            if dump.has_words {
                notes.push("16-bit words, read in the byte order of a little-endian machine".to_owned());
            }
            notes.extend(
                dump.skipped.iter().map(|heading| format!("left out: {heading}, which was not on the wire")),
            );
            dump.parts
        }
        (Format::Decimal, None) => one(array::decimal(text)?),
        (Format::Array, None) => {
            let (parts, more) = array::lists(text)?;
            left_out = more;
            parts
        }
        (Format::Escaped, None) => one(string::escaped(text)?),
        (Format::Python, None) => one(string::python(text)?),
        (Format::Buffer, None) => {
            let (parts, more) = hex::buffers(text)?;
            left_out = more;
            parts
        }
        (Format::Base64, None) => one(base64::parse(text)?),
        (
            Format::Raw | Format::Hex | Format::Tcpdump | Format::Wireshark | Format::Xxd | Format::Hexdump,
            None,
        ) => one(hex::parse(text)?),
    };
    if left_out > 0 {
        notes.push(format!("the text leaves out {left_out} octets at the end"));
    }
    Ok(from_parts(format, parts, notes))
}

fn from_parts(format: Format, parts: Vec<Part>, mut notes: Vec<String>) -> Dump {
    let Some(packets) = packets::remove_headers(&parts) else {
        let segments = parts
            .into_iter()
            .map(|part| Segment { octets: part.octets, flow: usize::from(part.is_second), missing: 0 })
            .collect();
        return Dump { format, segments, flows: Vec::new(), notes };
    };
    let of = match parts.len() {
        1 => "the packet".to_owned(),
        count => format!("{} of {count} packets", count - packets.others),
    };
    notes.push(format!("removed the headers of {of}: {}", packets.headers));
    for (count, what) in [
        (packets.repeated, "octets were sent again and are read once"),
        (packets.cut, "octets at the end of packets are missing, because the capture was cut"),
    ] {
        if count > 0 {
            notes.push(format!("{count} {what}"));
        }
    }
    Dump { format, segments: packets.segments, flows: packets.flows, notes }
}

#[cfg(test)]
mod tests;
