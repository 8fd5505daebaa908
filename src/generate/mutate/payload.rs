//! Changes to payloads: codes and lengths at the edges of what the rules allow, and the corners of UTF-8.

use crate::generate::random::Random;
use crate::protocol::code::CloseCode;
use crate::script::Payload;

/// The codes at both sides of every boundary of the code space.
pub const CODES: [u16; 26] = [
    0, 1, 999, 1000, 1001, 1003, 1004, 1005, 1006, 1007, 1010, 1011, 1012, 1013, 1014, 1015, 1016, 1100,
    2000, 2999, 3000, 3999, 4000, 4999, 5000, 65535,
];

/// The lengths of a control frame's payload around which rules change.
pub const LENGTHS: [usize; 12] = [0, 1, 2, 123, 124, 125, 126, 127, 128, 129, 130, 131];

/// The corners of UTF-8: right ones, and every way to be wrong.
pub const EDGES: [&[u8]; 28] = [
    // Right: NUL, the ends of each length, BOM, noncharacters, what surrounds the surrogates.
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
    // Beyond U+10FFFF.
    b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80",
    // Cut short, and stray.
    b"\xc3",
    b"\xe2\x82",
    b"\xf0\x9f\x98",
    b"\x80",
    b"\xff",
];

/// Characters of one to four octets, to fill a payload with.
const FILLING: [&str; 4] = ["a", "é", "€", "😀"];

/// The longest tail that one step of a script holds.
const MAX_TAIL: usize = 0x7f;

/// Changes one thing about a payload. What the new one borrows is put into `fresh`.
pub(super) fn change<'a>(payload: Payload<'a>, random: &mut Random, fresh: &'a mut Vec<u8>) -> Payload<'a> {
    match random.below(10) {
        0..=3 => Payload { code: Some(code(payload.code, random)), ..payload },
        4 => match payload.code {
            Some(_) => Payload { code: None, ..payload },
            None => Payload { code: Some(code(None, random)), ..payload },
        },
        5 => of_length(random.pick(&LENGTHS), payload.code, random, fresh),
        6 | 7 => {
            unroll(payload, fresh);
            let edge = random.pick(&EDGES);
            let at = match random.below(3) {
                0 => 0,
                1 => fresh.len(),
                _ => random.below(fresh.len() + 1),
            };
            // In place of what stood there, or in front of it.
            let over = if random.one_in(2) { edge.len().min(fresh.len() - at) } else { 0 };
            fresh.splice(at..at + over, edge.iter().copied());
            with_tail(payload, fresh)
        }
        8 => {
            unroll(payload, fresh);
            scramble(random, fresh);
            with_tail(payload, fresh)
        }
        _ => {
            unroll(payload, fresh);
            // An octet less cuts a character that is longer; anything else moves the length.
            let len =
                if random.one_in(2) { fresh.len().saturating_sub(1) } else { random.below(fresh.len() + 1) };
            fresh.truncate(len);
            with_tail(payload, fresh)
        }
    }
}

/// A code at a boundary, next to the one that was there, or any.
pub(super) fn code(from: Option<CloseCode>, random: &mut Random) -> CloseCode {
    CloseCode(match (random.below(8), from) {
        (0, Some(CloseCode(code))) => code.wrapping_add(1),
        (1, Some(CloseCode(code))) => code.wrapping_sub(1),
        (2, _) => random.next_u64() as u16,
        _ => random.pick(&CODES),
    })
}

/// Changes an octet or two of something that is not a payload.
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

/// A payload of so many octets in all, of whole characters of one length as far as they fit.
fn of_length<'a>(
    len: usize,
    code: Option<CloseCode>,
    random: &mut Random,
    fresh: &'a mut Vec<u8>,
) -> Payload<'a> {
    // One octet cannot be a code.
    let code = code.filter(|_| len >= 2);
    let tail = len - if code.is_some() { 2 } else { 0 };
    if tail > MAX_TAIL {
        return Payload { code, chunk: b"a", repeat: tail as u8 };
    }
    let character = random.pick(&FILLING);
    fresh.clear();
    while fresh.len() + character.len() <= tail {
        fresh.extend_from_slice(character.as_bytes());
    }
    fresh.resize(tail, b'a');
    Payload { code, chunk: fresh, repeat: 1 }
}

/// The octets after the code, repeated as the payload says.
fn unroll(payload: Payload<'_>, fresh: &mut Vec<u8>) {
    fresh.clear();
    Payload { code: None, ..payload }.write(fresh);
}

fn with_tail<'a>(payload: Payload<'a>, tail: &'a [u8]) -> Payload<'a> {
    Payload { code: payload.code, chunk: tail, repeat: 1 }
}
