//! Names the formats in which octets are pasted.

use std::fmt;
use std::str::FromStr;

/// A format of octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The octets themselves.
    Raw,
    /// Pairs of hexadecimal digits.
    Hex,
    /// Decimal numbers.
    Decimal,
    /// A list in brackets or braces, as in C, JavaScript, Go or JSON.
    Array,
    /// A string with escapes, as in C.
    Escaped,
    /// A bytes literal of Python.
    Python,
    /// A Buffer that Node.js prints.
    Buffer,
    /// Base64.
    Base64,
    /// Packets that `tcpdump -x`, `-X`, `-xx` or `-XX` prints.
    Tcpdump,
    /// A hex dump of Wireshark or tshark.
    Wireshark,
    /// A hex dump of xxd.
    Xxd,
    /// A hex dump of hexdump or od.
    Hexdump,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 12] = [
        Format::Raw,
        Format::Hex,
        Format::Decimal,
        Format::Array,
        Format::Escaped,
        Format::Python,
        Format::Buffer,
        Format::Base64,
        Format::Tcpdump,
        Format::Wireshark,
        Format::Xxd,
        Format::Hexdump,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Raw => "raw",
            Format::Hex => "hex",
            Format::Decimal => "decimal",
            Format::Array => "array",
            Format::Escaped => "escaped",
            Format::Python => "python",
            Format::Buffer => "buffer",
            Format::Base64 => "base64",
            Format::Tcpdump => "tcpdump",
            Format::Wireshark => "wireshark",
            Format::Xxd => "xxd",
            Format::Hexdump => "hexdump",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The error for a word that names no format.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a format ({formats}), found `{0}`", formats = Format::ALL.map(Format::name).join(", "))]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Format, UnknownFormat> {
        Format::ALL
            .into_iter()
            .find(|format| format.name() == word)
            .ok_or_else(|| UnknownFormat(word.to_owned()))
    }
}
