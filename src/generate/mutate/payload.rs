//! Mutates payloads: codes and lengths at the boundaries of the rules, and edge cases of UTF-8.

use crate::generate::random::Random;
use crate::protocol::code::CloseCode;
use crate::script::Payload;

/// The codes on both sides of every boundary of the code space.
pub const CODES: [u16; 26] = [
    0, 1, 999, 1000, 1001, 1003, 1004, 1005, 1006, 1007, 1010, 1011, 1012, 1013, 1014, 1015, 1016, 1100,
    2000, 2999, 3000, 3999, 4000, 4999, 5000, 65535,
];

/// The payload sizes around the limits for control frames, in octets.
pub const LENGTHS: [usize; 12] = [0, 1, 2, 123, 124, 125, 126, 127, 128, 129, 130, 131];

/// Edge cases of UTF-8: valid ones, and one of each kind of error.
pub const EDGES: [&[u8]; 28] = [
    // Valid: NUL, the bounds of each size, BOM, noncharacters, the neighbors of the surrogates.
    b"\x00",
    b"\x7f",
    b"\xc2\x80",
    b"\xdf\xbf",
    b"\xe0\xa0\x80",
    b"\xed\x9f\xbf",
    b"\xee\x80\x80",
    b"\xef\xbb\xbf",
    b"\xef\xbf\xbe",
    b"\xef\xbf\xbf",
    b"\xf0\x90\x80\x80",
    b"\xf0\x9f\x98\x80",
    b"\xf4\x8f\xbf\xbf",
    // Overlong.
    b"\xc0\x80",
    b"\xc1\xbf",
    b"\xe0\x80\x80",
    b"\xe0\x9f\xbf",
    b"\xf0\x8f\xbf\xbf",
    // Surrogates, alone and as a pair.
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xed\xa0\xbd\xed\xb8\x80",
    // Above U+10FFFF.
    b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80",
    // Truncated, and stray.
    b"\xc3",
    b"\xe2\x82",
    b"\xf0\x9f\x98",
    b"\x80",
    b"\xff",
];

/// Characters of one to four octets that fill a payload.
const FILLING: [&str; 4] = ["a", "é", "€", "😀"];

/// The most octets in the chunk of a step.
const MAX_CHUNK: usize = 0x7f;

/// Changes one property of a payload. The new payload borrows `buffer`.
pub(super) fn change<'a>(payload: Payload<'a>, random: &mut Random, buffer: &'a mut Vec<u8>) -> Payload<'a> {
    match random.below(10) {
        0..=3 => Payload { code: Some(code(payload.code, random)), ..payload },
        4 => match payload.code {
            Some(_) => Payload { code: None, ..payload },
            None => Payload { code: Some(code(None, random)), ..payload },
        },
        5 => with_length(random.pick(&LENGTHS), payload.code, random, buffer),
        6 | 7 => {
            unroll(payload, buffer);
            let edge = random.pick(&EDGES);
            let at = match random.below(3) {
                0 => 0,
                1 => buffer.len(),
                _ => random.below(buffer.len() + 1),
            };
            // The edge case replaces octets or is inserted before them.
            let replaced = if random.one_in(2) { edge.len().min(buffer.len() - at) } else { 0 };
            buffer.splice(at..at + replaced, edge.iter().copied());
            with_chunk(payload, buffer)
        }
        8 => {
            unroll(payload, buffer);
            scramble(random, buffer);
            with_chunk(payload, buffer)
        }
        _ => {
            unroll(payload, buffer);
            // One octet less cuts the last character if that has several.
            let len = if random.one_in(2) {
                buffer.len().saturating_sub(1)
            } else {
                random.below(buffer.len() + 1)
            };
            buffer.truncate(len);
            with_chunk(payload, buffer)
        }
    }
}

/// A code at a boundary, a neighbor of `from`, or any code.
pub(super) fn code(from: Option<CloseCode>, random: &mut Random) -> CloseCode {
    CloseCode(match (random.below(8), from) {
        (0, Some(CloseCode(code))) => code.wrapping_add(1),
        (1, Some(CloseCode(code))) => code.wrapping_sub(1),
        (2, _) => random.next_u64() as u16,
        _ => random.pick(&CODES),
    })
}

/// Inserts, removes, appends or changes octets.
pub(super) fn scramble(random: &mut Random, octets: &mut Vec<u8>) {
    let at = random.below(octets.len());
    match random.below(4) {
        0 => octets.insert(at, random.octet()),
        1 if !octets.is_empty() => drop(octets.remove(at)),
        2 => octets.extend_from_slice(random.pick(&EDGES)),
        _ => match octets.get_mut(at) {
            Some(octet) => *octet ^= 1 << random.below(8),
            None => octets.push(random.octet()),
        },
    }
}

/// A payload of `len` octets, code included, filled with characters of the same size as far as they fit.
fn with_length<'a>(
    len: usize,
    code: Option<CloseCode>,
    random: &mut Random,
    buffer: &'a mut Vec<u8>,
) -> Payload<'a> {
    // A code takes two octets.
    let code = code.filter(|_| len >= 2);
    let tail = len - if code.is_some() { 2 } else { 0 };
    if tail > MAX_CHUNK {
        return Payload { code, chunk: b"a", repeat: tail as u8 };
    }
    let character = random.pick(&FILLING);
    buffer.clear();
    while buffer.len() + character.len() <= tail {
        buffer.extend_from_slice(character.as_bytes());
    }
    buffer.resize(tail, b'a');
    Payload { code, chunk: buffer, repeat: 1 }
}

/// Writes the octets after the code, with all copies of the chunk, to `buffer`.
fn unroll(payload: Payload<'_>, buffer: &mut Vec<u8>) {
    buffer.clear();
    Payload { code: None, ..payload }.write(buffer);
}

fn with_chunk<'a>(payload: Payload<'a>, chunk: &'a [u8]) -> Payload<'a> {
    Payload { code: payload.code, chunk, repeat: 1 }
}
