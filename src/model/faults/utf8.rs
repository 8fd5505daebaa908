//! The faults in how an endpoint checks that reasons and texts are UTF-8.

use super::Fault;
use crate::model::situation::Situation;
use crate::protocol::code::CloseCode;
use crate::protocol::frame::{Header, Opcode};
use crate::protocol::state_machine::State;

/// Whether the endpoint accepts the reason in this payload of a Close, although it is not UTF-8.
pub(super) fn takes_reason(fault: Fault, payload: &[u8], now: &Situation<'_>) -> bool {
    let [high, low, reason @ ..] = payload else { return false };
    let history = now.history;
    match fault {
        Fault::IgnoresReasons => true,
        Fault::TakesBadReasonWithNormal => CloseCode(u16::from_be_bytes([*high, *low])) == CloseCode::NORMAL,
        Fault::TakesBadReasonInReply => now.state == State::CloseSent,
        Fault::TakesBadReasonAfterText => history.messages > 0 && !history.binary_message,
        Fault::TakesBadReasonBetweenFragments => now.in_message,
        _ => accepts(fault, reason),
    }
}

/// Whether the endpoint accepts a text that is not UTF-8. `header` is that of the frame in progress.
pub(super) fn takes_text(fault: Fault, header: &Header, text: &[u8], now: &Situation<'_>) -> bool {
    match fault {
        Fault::TakesBadText => true,
        Fault::TakesBadFragmentedText => header.opcode == Opcode::Continuation || !header.fin,
        Fault::TakesCutText => ends_inside_a_character(text),
        Fault::TakesBadTextAroundPing => now.history.fragmented_message && now.history.pings > 0,
        Fault::TakesBadCompressedText => now.deflate,
        _ => false,
    }
}

fn ends_inside_a_character(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_err_and(|error| error.error_len().is_none())
}

/// Whether the endpoint accepts this reason, which is not UTF-8.
fn accepts(fault: Fault, reason: &[u8]) -> bool {
    let is_utf8 = |octets: &[u8]| std::str::from_utf8(octets).is_ok();
    match fault {
        Fault::ChecksReasonUpToNul => {
            let end = reason.iter().position(|octet| *octet == 0);
            return end.is_some_and(|end| is_utf8(&reason[..end]));
        }
        Fault::ChecksReasonFromItsSecondOctet => return is_utf8(reason.get(1..).unwrap_or_default()),
        Fault::ChecksReasonWithoutItsLastOctet => {
            return is_utf8(reason.split_last().map_or(&[], |(_, rest)| rest));
        }
        Fault::ChecksEndsOfReason => {
            let (first, last) = (reason.len().min(8), reason.len().saturating_sub(8));
            return is_utf8(&reason[..first]) && is_utf8(&reason[last..]);
        }
        Fault::ChecksReasonUpTo8 => return is_utf8_up_to(reason, 8),
        Fault::ChecksReasonUpTo64 => return is_utf8_up_to(reason, 64),
        Fault::ChecksReasonInWholeBlocks => return is_utf8_up_to(reason, reason.len() / 8 * 8),
        _ => {}
    }
    let mut at = 0;
    while let Err(error) = std::str::from_utf8(&reason[at..]) {
        at += error.valid_up_to();
        let skipped = match block_size(fault) {
            // The check loses its state between two blocks.
            Some(size) => octets_across(&reason[at..], size - at % size),
            None => skips(fault, &reason[at..]),
        };
        match skipped {
            0 => return false,
            octets => at += octets,
        }
    }
    true
}

/// Whether the beginning of `reason` is UTF-8. A character that is cut there is one.
fn is_utf8_up_to(reason: &[u8], size: usize) -> bool {
    let beginning = &reason[..size.min(reason.len())];
    match std::str::from_utf8(beginning) {
        Ok(_) => true,
        Err(error) => size < reason.len() && error.error_len().is_none(),
    }
}

/// The size of the blocks in which the endpoint checks a reason, if it loses its state between them.
fn block_size(fault: Fault) -> Option<usize> {
    match fault {
        Fault::ChecksReasonInBlocksOf8 => Some(8),
        Fault::ChecksReasonInBlocksOf16 => Some(16),
        Fault::ChecksReasonInBlocksOf32 => Some(32),
        Fault::ChecksReasonInBlocksOf64 => Some(64),
        _ => None,
    }
}

/// The octets of an ill-formed sequence that begins before the end of a block and goes on behind it: those in front
/// of the end and the continuation octets behind it. `room` is the number of octets up to the end.
fn octets_across(bad: &[u8], room: usize) -> usize {
    let is_cut = bad.len() > room && ends_inside_a_character(&bad[..room]);
    let rest = bad.get(room..).unwrap_or_default();
    let continued = rest.iter().take_while(|octet| matches!(octet, 0x80..=0xbf)).count();
    if is_cut { room + continued } else { 0 }
}

/// The octets that the endpoint accepts at the beginning of `bad`, which begins with an ill-formed sequence.
fn skips(fault: Fault, bad: &[u8]) -> usize {
    let continued = bad.iter().skip(1).take_while(|octet| matches!(octet, 0x80..=0xbf)).count();
    let cut = if ends_inside_a_character(bad) { bad.len() } else { 0 };
    let if_continued = |octets: usize| if continued >= octets - 1 { octets } else { 0 };
    match (fault, bad) {
        (Fault::TakesSurrogates, [0xed, 0xa0..=0xbf, ..]) => if_continued(3),
        (Fault::TakesHighSurrogates, [0xed, 0xa0..=0xaf, ..]) => if_continued(3),
        (Fault::TakesLowSurrogates, [0xed, 0xb0..=0xbf, ..]) => if_continued(3),
        (
            Fault::TakesSurrogatePairs,
            [0xed, 0xa0..=0xaf, 0x80..=0xbf, 0xed, 0xb0..=0xbf, 0x80..=0xbf, ..],
        ) => 6,
        (Fault::TakesOverlong | Fault::TakesOverlongOfTwo, [0xc0 | 0xc1, ..]) => if_continued(2),
        (Fault::TakesNulInTwo, [0xc0, 0x80, ..]) => 2,
        (Fault::TakesOverlong | Fault::TakesOverlongOfThree, [0xe0, 0x80..=0x9f, ..]) => if_continued(3),
        (Fault::TakesOverlong | Fault::TakesOverlongOfFour, [0xf0, 0x80..=0x8f, ..]) => if_continued(4),
        (Fault::TakesBeyondUnicode | Fault::TakesAllOfF4, [0xf4, 0x90..=0xbf, ..]) => if_continued(4),
        (Fault::TakesBeyondUnicode | Fault::TakesF5ToF7, [0xf5..=0xf7, ..]) => if_continued(4),
        (Fault::TakesFiveOctetForms, [0xf8..=0xfb, ..]) => if_continued(5),
        (Fault::TakesSixOctetForms, [0xfc | 0xfd, ..]) => if_continued(6),
        (Fault::TakesFeAndFf, [0xfe | 0xff, ..]) => 1,
        (Fault::TakesLoneContinuation, [0x80..=0xbf, ..]) => 1,
        (Fault::TakesBadSecondOctet, [0xc2..=0xdf, _, ..]) if continued == 0 => 2,
        (Fault::TakesBadThirdOctet, [0xe1..=0xec | 0xee | 0xef, _, _, ..]) if continued == 1 => 3,
        (Fault::TakesBadFourthOctet, [0xf1..=0xf3, _, _, _, ..]) if continued == 2 => 4,
        (Fault::TakesCutShort, _) => cut,
        (Fault::TakesCutAfterOne, [_]) => cut,
        (Fault::TakesCutAfterTwo, [_, _]) => cut,
        (Fault::TakesCutAfterThree, [_, _, _]) => cut,
        _ => 0,
    }
}

/// Whether the endpoint treats a character of this reason as an error.
pub(super) fn refuses_character(fault: Fault, reason: &str) -> bool {
    let any = |refuses: fn(char) -> bool| reason.chars().any(refuses);
    match fault {
        Fault::RefusesNul => any(|c| c == '\0'),
        Fault::RefusesControls => any(|c| matches!(c, '\u{1}'..='\u{1f}')),
        Fault::RefusesDelete => any(|c| c == '\u{7f}'),
        Fault::RefusesC1Controls => any(|c| matches!(c, '\u{80}'..='\u{9f}')),
        Fault::RefusesTwoOctetCharacters => any(|c| c.len_utf8() == 2),
        Fault::RefusesLastOfTwoOctets => any(|c| c == '\u{7ff}'),
        Fault::RefusesE0 => any(|c| matches!(c, '\u{800}'..='\u{fff}')),
        Fault::RefusesEd => any(|c| matches!(c, '\u{d000}'..='\u{d7ff}')),
        Fault::RefusesD7ff => any(|c| c == '\u{d7ff}'),
        Fault::RefusesE000 => any(|c| c == '\u{e000}'),
        Fault::RefusesByteOrderMark => any(|c| c == '\u{feff}'),
        Fault::RefusesReplacementCharacter => any(|c| c == '\u{fffd}'),
        Fault::RefusesNoncharacters => any(|c| u32::from(c) & 0xfffe == 0xfffe),
        Fault::RefusesFourByteReason => any(|c| c.len_utf8() == 4),
        Fault::RefusesF0 => any(|c| matches!(c, '\u{10000}'..='\u{3ffff}')),
        Fault::RefusesF1ToF3 => any(|c| matches!(c, '\u{40000}'..='\u{fffff}')),
        Fault::RefusesF4 => any(|c| c >= '\u{100000}'),
        Fault::RefusesCombiningMarks => any(|c| matches!(c, '\u{300}'..='\u{36f}')),
        _ => false,
    }
}

/// Encodes each UTF-16 code unit as one character, which is invalid UTF-8 for surrogates.
pub(super) fn cesu8(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    for unit in text.encode_utf16() {
        match char::from_u32(u32::from(unit)) {
            Some(c) => octets.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            None => octets.extend([
                0xe0 | (unit >> 12) as u8,
                0x80 | (unit >> 6 & 0x3f) as u8,
                0x80 | (unit & 0x3f) as u8,
            ]),
        }
    }
    octets
}

/// Encodes the text in Latin-1, and every character outside it as a question mark.
pub(super) fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}
