//! Parses "C Arrays" of Wireshark: `char peer0_0[] = { /* Packet 12 */ 0x88, 0x02 };`.

use super::TextError;
use super::dump::{Dump, Segment};
use super::lines::Cursor;
use crate::recording::ConnectionSink;

const ARRAY: &str = "`char peer0_N[] = {` or `char peer1_N[] = {`";

/// Whether a line begins an array of one of the peers.
pub fn begins(line: &str) -> bool {
    head(&mut Cursor::new(line, 1)).is_ok()
}

pub fn read(text: &str, sink: &mut ConnectionSink<'_>) -> Result<(), TextError> {
    let mut dump = Dump::default();
    let mut open: Option<Segment> = None;
    let mut last = 0;
    let mut result = text.lines().enumerate().try_for_each(|(index, line)| {
        last = index;
        let mut cursor = Cursor::new(line, index + 1);
        while !cursor.is_at_end() {
            match &mut open {
                None => {
                    let (peer, number) = head(&mut cursor)?;
                    // A text with the arrays of several connections counts each from 0.
                    if number == 0 && dump.segments.iter().any(|segment| segment.peer == peer) {
                        std::mem::take(&mut dump).finish(sink);
                    }
                    open = Some(Segment::new(peer, Vec::new()));
                }
                Some(segment) => {
                    if element(&mut cursor, segment)? {
                        dump.segments.extend(open.take());
                    }
                }
            }
        }
        Ok(())
    });
    if let Some(segment) = open {
        let end = Cursor::new("", last + 1);
        result = result.and(Err(end.error("`};` at the end of the array")));
        if !segment.octets.is_empty() {
            dump.segments.push(segment);
        }
    }
    dump.finish(sink);
    result
}

/// Parses what stands in front of the octets. Returns the peer and the number of the array.
fn head(cursor: &mut Cursor<'_>) -> Result<(usize, u64), TextError> {
    cursor.skip_spaces();
    for (peer, start) in ["char peer0_", "char peer1_"].into_iter().enumerate() {
        let Some(behind) = cursor.rest().strip_prefix(start) else { continue };
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        let (number, behind) = behind.split_at(digits);
        if let (Ok(number), Some(_)) = (number.parse(), behind.strip_prefix("[] = {")) {
            cursor.advance(start.len() + digits + "[] = {".len());
            return Ok((peer, number));
        }
    }
    Err(cursor.error(ARRAY))
}

/// Parses an octet, a comma, a comment or the end of an array. Returns whether the array has ended.
fn element(cursor: &mut Cursor<'_>, segment: &mut Segment) -> Result<bool, TextError> {
    let rest = cursor.rest();
    if let Some(comment) = rest.strip_prefix("/*") {
        let Some(size) = comment.find("*/") else {
            return Err(cursor.error("a comment that ends in its line"));
        };
        if let Some(number) = comment[..size].trim().strip_prefix("Packet ") {
            segment.packet = number.parse().ok();
        }
        cursor.advance(size + "/**/".len());
    } else if rest.starts_with(',') {
        cursor.advance(1);
    } else if rest.starts_with("};") {
        cursor.advance(2);
        return Ok(true);
    } else {
        let digits = rest.strip_prefix("0x").and_then(|rest| rest.get(..2));
        let digits = digits.filter(|pair| pair.bytes().all(|octet| octet.is_ascii_hexdigit()));
        let octet = digits.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let Some(octet) = octet else { return Err(cursor.error("an octet such as `0x88`, or `};`")) };
        cursor.advance(4);
        segment.octets.push(octet);
    }
    Ok(false)
}
