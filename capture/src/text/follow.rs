//! Parses dumps with a line for each piece, in which one direction is indented.
//!
//! Wireshark indents the second peer by four spaces, tshark by a tab.

use super::TextError;
use super::dump::{Dump, Segment};
use super::lines::{Cursor, hex_word, is_blank};
use crate::recording::ConnectionSink;

/// What stands in front of the octets of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// The offset in the direction, with at most 16 octets and their text behind it.
    Offsets,
    /// Nothing: the line has all octets of a piece.
    Octets,
}

const OCTETS_OF_A_LINE: usize = 16;
const PAIRS: &str = "pairs of hexadecimal digits";

/// Whether a line has an offset with octets behind it: `00000010  88 02`.
pub fn is_line_with_offset(line: &str) -> bool {
    line_with_offset(&mut Cursor::new(line, 1), &mut Vec::new()).is_ok()
}

pub fn read(text: &str, columns: Columns, sink: &mut ConnectionSink<'_>) -> Result<(), TextError> {
    let mut dump = Open::default();
    let result = text.lines().enumerate().try_for_each(|(index, line)| {
        if is_blank(line) || line.starts_with("====") {
            dump.is_piece_complete = true;
            return Ok(());
        }
        let mut cursor = Cursor::new(line, index + 1);
        if cursor.accept("Follow:") {
            cursor.skip_spaces();
            if !matches!(cursor.rest().split(',').next(), Some("tcp" | "tls")) {
                return Err(cursor.error("`tcp` or `tls`: a dump of what TCP carried"));
            }
            std::mem::take(&mut dump).dump.finish(sink);
            return Ok(());
        }
        if cursor.accept("Filter:") {
            return Ok(());
        }
        if cursor.accept("Node") {
            cursor.skip_spaces();
            let (peer, size) = match cursor.rest() {
                rest if rest.starts_with("0:") => (0, 2),
                rest if rest.starts_with("1:") => (1, 2),
                _ => return Err(cursor.error("`0:` or `1:`")),
            };
            cursor.advance(size);
            cursor.skip_spaces();
            dump.dump.addresses[peer] = cursor.rest().trim_end().to_owned();
            return Ok(());
        }
        let peer = usize::from(line.starts_with(char::is_whitespace));
        let mut octets = Vec::new();
        match columns {
            Columns::Offsets => {
                let offset = line_with_offset(&mut cursor, &mut octets)?;
                dump.add_line(peer, offset, octets, &Cursor::new(line, index + 1), sink)
            }
            Columns::Octets => {
                cursor.skip_spaces();
                hex_word(&mut cursor, &mut octets, PAIRS)?;
                if !cursor.is_at_end() {
                    return Err(cursor.error("the end of the line"));
                }
                dump.dump.segments.push(Segment::new(peer, octets));
                Ok(())
            }
        }
    });
    dump.dump.finish(sink);
    result
}

/// A dump of which lines may follow.
#[derive(Default)]
struct Open {
    dump: Dump,
    /// The offset that follows, for each peer.
    next: [u64; 2],
    /// Whether a new piece begins with the next line.
    is_piece_complete: bool,
}

impl Open {
    fn add_line(
        &mut self,
        peer: usize,
        offset: u64,
        octets: Vec<u8>,
        line: &Cursor<'_>,
        sink: &mut ConnectionSink<'_>,
    ) -> Result<(), TextError> {
        if offset == 0 && self.next[peer] > 0 {
            // The dump of another connection, without a header.
            std::mem::take(self).dump.finish(sink);
        }
        let Some(missing) = offset.checked_sub(self.next[peer]) else {
            let mut line = *line;
            line.skip_spaces();
            return Err(line.error(&format!("the offset {:08X} or a higher one", self.next[peer])));
        };
        self.next[peer] = offset.saturating_add(octets.len() as u64);
        let is_full = octets.len() == OCTETS_OF_A_LINE;
        let last = self.dump.segments.last_mut().filter(|last| {
            // A line that is not full ends its piece.
            !self.is_piece_complete && missing == 0 && last.peer == peer
        });
        match last {
            Some(last) => last.octets.extend_from_slice(&octets),
            None => self.dump.segments.push(Segment { missing, ..Segment::new(peer, octets) }),
        }
        self.is_piece_complete = !is_full;
        Ok(())
    }
}

/// Parses `00000010  88 02 … text`, and returns the offset.
fn line_with_offset(cursor: &mut Cursor<'_>, octets: &mut Vec<u8>) -> Result<u64, TextError> {
    cursor.skip_spaces();
    let word = cursor.peek_word();
    let is_offset = word.len() >= 4 && word.bytes().all(|octet| octet.is_ascii_hexdigit());
    let offset = u64::from_str_radix(word, 16).ok().filter(|_| is_offset);
    let Some(offset) = offset else { return Err(cursor.error("an offset such as `00000010`")) };
    cursor.advance(word.len());
    if !cursor.rest().starts_with("  ") {
        return Err(cursor.error("two spaces behind the offset"));
    }
    cursor.advance(2);
    while octets.len() < OCTETS_OF_A_LINE {
        // The text begins in a column of its own, so a blank pair is the end.
        if octets.len() == OCTETS_OF_A_LINE / 2 && cursor.rest().starts_with(' ') {
            cursor.advance(1);
        }
        if cursor.rest().starts_with(' ') || cursor.rest().is_empty() {
            break;
        }
        let digits =
            cursor.rest().get(..2).filter(|pair| pair.bytes().all(|octet| octet.is_ascii_hexdigit()));
        let octet = digits.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let Some(octet) = octet else { return Err(cursor.error(PAIRS)) };
        cursor.advance(2);
        octets.push(octet);
        match cursor.rest().chars().next() {
            None => break,
            Some(' ') => cursor.advance(1),
            Some(_) => return Err(cursor.error("a space between pairs")),
        }
    }
    if octets.is_empty() { Err(cursor.error(PAIRS)) } else { Ok(offset) }
}
