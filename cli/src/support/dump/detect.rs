//! Detects the format of pasted octets.

use base64::Engine;

use super::array;
use super::hex;
use super::lines::{Line, OffsetLine, OffsetStyle, lines};
use super::offsets;
use crate::args::dump_format::Format;

/// Whether octets are text: UTF-8 without control characters other than those that separate lines and words.
///
/// The octets of a WebSocket connection are not. A final frame begins with an octet above 127 that no character of
/// UTF-8 begins with, and other frames with a control character.
pub fn is_text(octets: &[u8]) -> bool {
    let is_printable = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    std::str::from_utf8(octets).is_ok_and(|text| text.chars().all(is_printable))
}

/// The format that text begins in. Text in no format is read as hexadecimal, so that the error names its place.
pub fn detect(text: &str) -> Format {
    let trimmed = text.trim();
    let begins = |words: &[&str]| words.iter().any(|word| trimmed.starts_with(word));
    if begins(&["<Buffer"]) {
        Format::Buffer
    } else if begins(&["b'", "b\"", "B'", "B\"", "bytes(b", "bytearray(b", "(b'", "(b\""]) {
        Format::Python
    } else if begins(&["\"", "'"]) && !trimmed.contains('\\') && looks_like_base64(trimmed) {
        Format::Base64
    } else if begins(&["\\", "\"", "'", "$'"]) {
        Format::Escaped
    } else if let Some(format) = dump(text) {
        format
    } else if trimmed.contains(['[', '{']) || begins(&["<<"]) {
        Format::Array
    } else if hex::parse(trimmed).is_ok() {
        Format::Hex
    } else if looks_decimal(trimmed) {
        Format::Decimal
    } else if looks_like_base64(trimmed) {
        Format::Base64
    } else {
        Format::Hex
    }
}

/// Whether most of the text is decimal numbers with separators. A number of three digits shows that they are not
/// hexadecimal: the first octet of every final frame is at least 128.
fn looks_decimal(text: &str) -> bool {
    let mut words =
        text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';')).filter(|word| !word.is_empty());
    let is_long = |word: &str| word.trim_start_matches('-').len() == 3 && array::decimal(word).is_ok();
    words.next().is_some_and(is_long)
}

/// Whether the first word is base64 of octets that could begin with a frame. Hexadecimal digits with a typing error are
/// base64, too, but they begin with an opcode or bits that no specification defines.
fn looks_like_base64(text: &str) -> bool {
    let word = text.trim_matches(['"', '\'']).split_whitespace().next().unwrap_or_default();
    let begin: String = word.chars().take(4).collect();
    let first = base64::engine::general_purpose::STANDARD_NO_PAD.decode(begin.trim_end_matches('=')).ok();
    first.and_then(|octets| octets.first().copied()).is_some_and(|octet| {
        let has_known_opcode = matches!(octet & 0x0f, 0 | 1 | 2 | 8 | 9 | 10);
        has_known_opcode && octet & 0x30 == 0
    })
}

/// The format of a dump with offsets.
fn dump(text: &str) -> Option<Format> {
    let lines = lines(text);
    let offsets = || {
        lines.iter().filter_map(|(_, line)| match line {
            Line::Offset(line) => Some(*line),
            Line::Blank | Line::Repeat | Line::Heading(_) | Line::Summary | Line::Other => None,
        })
    };
    let first = lines.iter().find_map(|(_, line)| (*line != Line::Blank).then_some(*line))?;
    let first = match first {
        Line::Offset(line) => line,
        Line::Heading(_) => return Some(Format::Wireshark),
        Line::Summary => {
            return offsets().next().map(|line| match line.style {
                OffsetStyle::Tcpdump => Format::Tcpdump,
                OffsetStyle::Colon | OffsetStyle::Bare => Format::Wireshark,
            });
        }
        Line::Blank | Line::Repeat | Line::Other => return None,
    };
    match first.style {
        OffsetStyle::Tcpdump => Some(Format::Tcpdump),
        OffsetStyle::Colon => Some(Format::Xxd),
        OffsetStyle::Bare => bare(text, &first, &offsets().collect::<Vec<_>>()),
    }
}

/// The format of a dump whose offsets have neither `0x` nor a colon. Plain hexadecimal digits look much like it.
fn bare(text: &str, first: &OffsetLine<'_>, all: &[OffsetLine<'_>]) -> Option<Format> {
    let is_hexdump = matches!(first.digits.len(), 6 | 7)
        || (first.digits.len() == 8 && first.rest.trim_end().ends_with('|'))
        || (first.digits.len() == 8 && all.last().is_some_and(|last| last.rest.trim().is_empty()));
    let format = if is_hexdump { Format::Hexdump } else { Format::Wireshark };
    // In hexadecimal digits, groups of four to eight are common, but not one before groups of two.
    let mut groups = first.rest.split_whitespace();
    let has_pairs = groups.next().is_some_and(|group| group.len() == 2 || first.digits.len() == 7);
    let is_zero = first.digits.bytes().all(|digit| digit == b'0');
    let is_set_apart = first.rest.starts_with("  ");
    let is_dump = offsets::parse(text, OffsetStyle::Bare).is_ok();
    let has_text = hex::parse(text).is_err();
    let is_counted = all.len() > 1;
    (has_pairs && (is_zero || is_set_apart && is_dump && (has_text || is_counted))).then_some(format)
}
