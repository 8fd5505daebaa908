//! Detects which form a text has.

use super::lines::{Cursor, is_blank};

/// The form of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    /// Our own: one event a line, which [`Plain`](super::Plain) writes.
    Plain,
    /// "Hex Dump" of Wireshark, `-z follow,tcp,hex,N` of tshark.
    HexDump,
    /// "Raw" of Wireshark, `-z follow,tcp,raw,N` of tshark.
    Raw,
    /// "C Arrays" of Wireshark.
    CArrays,
    /// "YAML" of Wireshark, `-z follow,tcp,yaml,N` of tshark.
    Yaml,
}

/// Detects the form by the first octets of a file. Some hundred are enough.
///
/// Octets that are no text have none. `Raw` is detected only with the header that tshark writes, because any text of
/// hexadecimal digits looks like it.
pub fn detect(first: &[u8]) -> Option<TextFormat> {
    // A character may be cut off at the end.
    let text = match std::str::from_utf8(first) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&first[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    of(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The form of a text, by its first line that has content.
pub fn of(text: &str) -> Option<TextFormat> {
    let mut lines = text.lines().filter(|line| !is_blank(line));
    let first = lines.next()?;
    if first.starts_with("====") {
        let follow = lines.next()?.strip_prefix("Follow: ")?;
        let (_, kind) = follow.split_once(',')?;
        return match kind.trim() {
            "hex" => Some(TextFormat::HexDump),
            "raw" => Some(TextFormat::Raw),
            _ => None,
        };
    }
    if super::c_array::begins(first) {
        return Some(TextFormat::CArrays);
    }
    if super::yaml::begins(first) {
        return Some(TextFormat::Yaml);
    }
    if super::follow::is_line_with_offset(first) {
        return Some(TextFormat::HexDump);
    }
    let mut cursor = Cursor::new(first, 1);
    super::plain::begins(&mut cursor).then_some(TextFormat::Plain)
}
