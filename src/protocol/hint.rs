//! Infers from a wrong Close how its sender came to write it. A hint is no verdict: it names a usual mistake that writes
//! such octets, and how sure that is.

use std::fmt;

use crate::protocol::close::{CloseBody, MAX_REASON, code_flaw};
use crate::protocol::code::{Class, CloseCode, Profile};
use crate::protocol::deflate;
use crate::protocol::flaw::Flaw;
use crate::protocol::frame::{self, Header, MAX_CONTROL_PAYLOAD};

/// How sure a hint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Certainty {
    /// It follows from the octets.
    Certain,
    /// Other explanations are rare.
    Likely,
    /// One explanation of several.
    Possible,
}

impl Certainty {
    /// The word before a hint.
    pub const fn name(self) -> &'static str {
        match self {
            Certainty::Certain => "certain",
            Certainty::Likely => "likely",
            Certainty::Possible => "possible",
        }
    }
}

/// An explanation of a wrong Close. Its `Display` is one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// How sure it is.
    pub certainty: Certainty,
    /// The explanation.
    pub text: String,
}

impl Hint {
    fn new(certainty: Certainty, text: impl Into<String>) -> Hint {
        Hint { certainty, text: text.into() }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.certainty.name(), self.text)
    }
}

/// Hints about a Close with this header and this unmasked payload, as far as it was received.
pub fn of_close(header: &Header, payload: &[u8]) -> Vec<Hint> {
    let mut hints = Vec::new();
    let size = header.length.value();
    if size > MAX_CONTROL_PAYLOAD as u64 {
        let reason = size - 2;
        let text = format!("the reason has {reason} octets, and {MAX_REASON} fit");
        hints.push(Hint::new(Certainty::Certain, text));
    }
    if header.rsv != 0 {
        hints.extend(compressed(header, payload));
        return hints;
    }
    if let Some(hint) = header.mask.and_then(|key| not_masked(key, payload)) {
        hints.push(hint);
        return hints;
    }
    match payload {
        [] => {}
        [octet] => hints.push(one_octet(*octet)),
        [_, _, reason @ ..] => {
            let code = of_payload(payload);
            let has_code = code.is_none();
            hints.extend(code);
            // Without a code the octets behind it are not the whole reason.
            if has_code && reason.len() as u64 + 2 == size {
                hints.extend(of_reason(reason));
            }
        }
    }
    hints
}

/// Hints about a Close that was sent after another was received, which had this unmasked payload.
///
/// What was received explains a code better than a mistake in writing it.
pub fn of_reply(header: &Header, payload: &[u8], received: &[u8]) -> Vec<Hint> {
    let code = payload.first_chunk::<2>();
    let is_unsendable = code.is_some_and(|code| !is_sendable(CloseCode(u16::from_be_bytes(*code))));
    let is_flawed = |reason: &[u8]| {
        std::str::from_utf8(reason).is_err() || header.length.value() > MAX_CONTROL_PAYLOAD as u64
    };
    let echoes_flawed_reason = matches!((payload, received), ([_, _, own @ ..], [_, _, other @ ..]) if own == other && is_flawed(own));
    let text = match (code, received.first_chunk::<2>()) {
        (Some(own), Some(other)) if own == other && is_unsendable => {
            "the code of the received Close was echoed"
        }
        (Some(own), None) if received.is_empty() && *own == CloseCode::NO_STATUS.to_octets() => {
            "the received Close had no code, and 1005 is what an API reports for that: the report was sent back"
        }
        (None, None) if payload == received && !payload.is_empty() => {
            "the body of the received Close was echoed"
        }
        (Some(_), Some(_)) if !is_unsendable && echoes_flawed_reason => {
            "the reason of the received Close was echoed"
        }
        (Some(_) | None, Some(_) | None) => return of_close(header, payload),
    };
    instead_of_mistakes(of_close(header, payload), text)
}

/// Hints about a Close that the application requested with this code.
///
/// The request explains the code better than a mistake in writing it.
pub fn of_requested(header: &Header, payload: &[u8], requested: CloseCode) -> Vec<Hint> {
    let hints = of_close(header, payload);
    let is_requested = payload.first_chunk() == Some(&requested.to_octets());
    if is_requested && !is_sendable(requested) {
        instead_of_mistakes(hints, "the application requested this code")
    } else {
        hints
    }
}

/// A hint about a crash of an endpoint whose application had requested a Close that a library may refuse.
pub fn of_crash_after_request(code: Option<CloseCode>, reason: &[u8]) -> Option<Hint> {
    let is_refusable = code.is_some_and(|code| !is_sendable(code)) || reason.len() > MAX_REASON;
    let text = "the library refused the request of its application, and the program around it did not catch the refusal";
    is_refusable.then(|| Hint::new(Certainty::Possible, text))
}

/// A likely explanation in place of the mistakes. What follows from the length stays true.
fn instead_of_mistakes(mut hints: Vec<Hint>, text: &str) -> Vec<Hint> {
    hints.retain(|hint| hint.certainty == Certainty::Certain);
    hints.push(Hint::new(Certainty::Likely, text));
    hints
}

/// RSV1 is set, and the payload is a valid body once it is inflated.
fn compressed(header: &Header, payload: &[u8]) -> Option<Hint> {
    if header.rsv & deflate::COMPRESSED_RSV == 0 || payload.len() as u64 != header.length.value() {
        return None;
    }
    let inflated = deflate::inflate(payload, MAX_CONTROL_PAYLOAD)?;
    let body = match CloseBody::parse(&inflated).ok()? {
        CloseBody::Empty => "an empty body".to_owned(),
        CloseBody::Status { code, reason: "" } => format!("the code {code}"),
        CloseBody::Status { code, reason } => format!("the code {code} and the reason {reason:?}"),
    };
    let text =
        format!("the payload is compressed: it inflates to {body}, and no Close is compressed (RFC 7692 §6)");
    Some(Hint::new(Certainty::Likely, text))
}

/// A hint about a code of which nothing else is known.
pub fn of_code(code: CloseCode) -> Option<Hint> {
    of_payload(&code.to_octets())
}

/// Whether a code may be sent. A code of the newest registry is no mistake under any profile.
fn is_sendable(code: CloseCode) -> bool {
    code_flaw(code, Profile::Iana).is_none()
}

/// The payload makes sense as it was sent, before the masking key was applied. A code in the ranges of libraries and
/// applications is often chance: keys are random.
fn not_masked(key: [u8; 4], payload: &[u8]) -> Option<Hint> {
    let is_valid = |payload: &[u8]| matches!(CloseBody::parse(payload), Ok(CloseBody::Status { code, .. }) if is_sendable(code));
    let mut sent = payload.to_vec();
    frame::mask(key, 0, &mut sent);
    let code = CloseBody::parse(&sent).ok()?.code()?;
    let is_telling = match code.class() {
        Class::Defined | Class::Registered => true,
        Class::NotUsed
        | Class::LocalOnly
        | Class::ReservedWithoutMeaning
        | Class::Unassigned
        | Class::Library
        | Class::Private
        | Class::OutOfRange => false,
    };
    (key != [0; 4] && is_telling && !is_valid(payload) && is_valid(&sent)).then(|| {
        let text = format!("the payload was sent without its mask: as it was sent, the code is {code}");
        Hint::new(Certainty::Likely, text)
    })
}

fn one_octet(octet: u8) -> Hint {
    match octet {
        0x03 => Hint::new(Certainty::Likely, "the first octet of a code of 1000 to 1023, without the second"),
        0xe8..=0xf7 => {
            let code = 0x0300 | u16::from(octet);
            Hint::new(Certainty::Likely, format!("the code {code} was cut to its low octet"))
        }
        b' '..=b'~' => {
            let text = format!("the octet is the text \"{}\": a reason without a code", char::from(octet));
            Hint::new(Certainty::Likely, text)
        }
        _ => Hint::new(Certainty::Possible, "a code that was cut to one octet"),
    }
}

/// A hint about a payload of at least two octets whose first two are no code that may be sent.
fn of_payload(payload: &[u8]) -> Option<Hint> {
    let octets = *payload.first_chunk::<2>()?;
    let code = CloseCode(u16::from_be_bytes(octets));
    if is_sendable(code) {
        return None;
    }
    local_report(code)
        .or_else(|| zero(payload))
        .or_else(|| text(octets, payload))
        .or_else(|| swapped(code, payload))
        .or_else(|| number(code))
}

fn local_report(code: CloseCode) -> Option<Hint> {
    let text = match code {
        CloseCode::NO_STATUS => {
            "an API reports 1005 for a Close without a code; the sender put that report into a Close, as echo programs and proxies do"
        }
        CloseCode::ABNORMAL => {
            "an API reports 1006 where no Close was received; the sender put that report into a Close, as proxies do"
        }
        CloseCode::TLS_HANDSHAKE => {
            "an API reports 1015 after a failed TLS handshake; the sender put that report into a Close, as proxies do"
        }
        _ => return None,
    };
    Some(Hint::new(Certainty::Likely, text))
}

/// A code of zero: a number of four octets, or octets that nothing filled in.
fn zero(payload: &[u8]) -> Option<Hint> {
    let rest = payload.strip_prefix(&[0, 0])?;
    let number =
        rest.first_chunk().map(|low| CloseCode(u16::from_be_bytes(*low))).filter(|code| is_sendable(*code));
    Some(match number {
        Some(code) => {
            Hint::new(Certainty::Likely, format!("the code {code} was written as a number of four octets"))
        }
        None if rest.iter().all(|octet| *octet == 0) => {
            Hint::new(Certainty::Likely, "the octets of the code were allocated and not filled in")
        }
        None => Hint::new(Certainty::Possible, "the code was not set: 0 is the default of a number"),
    })
}

/// Text where the code should be: the code in digits, or a reason without a code.
fn text(octets: [u8; 2], payload: &[u8]) -> Option<Hint> {
    let whole = std::str::from_utf8(payload).ok().filter(|text| !text.chars().any(char::is_control));
    let shown = String::from_utf8_lossy(&octets).into_owned();
    let code = u16::from_be_bytes(octets);
    if !octets.iter().all(|octet| (b' '..=b'~').contains(octet)) {
        // Two octets above 127 that begin UTF-8 may be chance.
        let begins =
            whole.filter(|text| payload.len() > 2 && text.chars().next().is_some_and(char::is_alphabetic))?;
        let text =
            format!("the payload is UTF-8, \"{}\": a reason without a code in front of it", excerpt(begins));
        return Some(Hint::new(Certainty::Possible, text));
    }
    let as_number = |radix| {
        let number = whole.and_then(|text| u16::from_str_radix(text, radix).ok());
        number.map(CloseCode).filter(|code| is_sendable(*code) || local_report(*code).is_some())
    };
    if let Some(number) = as_number(10).filter(|_| payload.len() == 4) {
        let text = format!(
            "the two octets are the ASCII digits \"{shown}\" ({code}): the code {number} was written as text"
        );
        return Some(Hint::new(Certainty::Likely, text));
    }
    if let Some(number) = as_number(16).filter(|_| payload.len() == 4) {
        let text = format!("the code {number} was written as hexadecimal digits");
        return Some(Hint::new(Certainty::Likely, text));
    }
    let digits = payload.iter().take_while(|octet| octet.is_ascii_digit()).count();
    if digits == 2 && payload.len() == 2 || (3..=5).contains(&digits) {
        let text =
            format!("the two octets are the ASCII digits \"{shown}\" ({code}): the code was written as text");
        return Some(Hint::new(Certainty::Likely, text));
    }
    let certainty = if whole.is_some() { Certainty::Likely } else { Certainty::Possible };
    let text =
        format!("a reason without a code in front of it: the octets of the code, {code}, read \"{shown}\"");
    Some(Hint::new(certainty, text))
}

/// A code in little-endian order.
fn swapped(code: CloseCode, payload: &[u8]) -> Option<Hint> {
    let other = CloseCode(code.0.swap_bytes());
    let certainty = match other.class() {
        Class::Defined | Class::Registered | Class::LocalOnly => Certainty::Likely,
        Class::Library | Class::Private => Certainty::Possible,
        Class::NotUsed | Class::ReservedWithoutMeaning | Class::Unassigned | Class::OutOfRange => {
            return None;
        }
    };
    let size = if payload.get(2..) == Some(&[0, 0]) { " as a number of four octets" } else { "" };
    let text = format!("the octets are those of {other} in the wrong order: little-endian{size}");
    Some(Hint::new(certainty, text))
}

/// Numbers of other vocabularies.
fn number(code: CloseCode) -> Option<Hint> {
    let negative = CloseCode(code.0.wrapping_neg());
    let text = match code.0 {
        0xffff => "−1, the value for no code in some APIs, was written as a code".to_owned(),
        100..=599 => "an HTTP status was sent as a close code".to_owned(),
        _ if is_sendable(negative) => format!("the negative of {negative} was written as a code"),
        _ => return None,
    };
    Some(Hint::new(Certainty::Possible, text))
}

/// A hint about a reason that is not UTF-8.
fn of_reason(reason: &[u8]) -> Option<Hint> {
    let error = std::str::from_utf8(reason).err()?;
    let rest = &reason[error.valid_up_to()..];
    Some(match (error.error_len(), rest) {
        (None, _) if reason.len() == MAX_REASON => {
            let text = format!("the reason was cut to {MAX_REASON} octets inside a character");
            Hint::new(Certainty::Likely, text)
        }
        (None, _) => {
            let text = format!("the reason was cut to {} octets inside a character", reason.len());
            Hint::new(Certainty::Possible, text)
        }
        (Some(_), [0xed, 0xa0..=0xbf, ..]) => {
            Hint::new(Certainty::Likely, "half of a UTF-16 surrogate pair was encoded as a character")
        }
        (Some(_), [0xa0..=0xff, ..]) if rest.iter().all(|octet| !(0x80..=0x9f).contains(octet)) => Hint::new(
            Certainty::Possible,
            "the reason is in ISO 8859-1 or another encoding of one octet a character",
        ),
        (Some(_), _) => return None,
    })
}

/// The beginning of a text.
fn excerpt(text: &str) -> String {
    const SHOWN: usize = 12;
    let begin: String = text.chars().take(SHOWN).collect();
    let dots = if begin.len() < text.len() { "…" } else { "" };
    format!("{begin}{dots}")
}

/// Whether a flaw is in what a Close carries, so that its payload may explain it.
pub const fn explains(flaw: Flaw) -> bool {
    match flaw {
        Flaw::ControlTooLong
        | Flaw::RsvSet
        | Flaw::BodyOneByte
        | Flaw::CodeUndefined
        | Flaw::CodeLocalOnly
        | Flaw::CodeUnassigned
        | Flaw::ReasonNotUtf8 => true,
        Flaw::ControlFragmented
        | Flaw::OpcodeReserved
        | Flaw::LengthNotShortest
        | Flaw::LengthTopBit
        | Flaw::MaskMissing
        | Flaw::MaskPresent
        | Flaw::ContinuationUnexpected
        | Flaw::ContinuationMissing
        | Flaw::TextNotUtf8
        | Flaw::MessageTooBig
        | Flaw::NotDeflate => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::frame::Opcode;

    fn hints(payload: &[u8]) -> Vec<String> {
        let header = Header::conforming(Opcode::Close, payload.len() as u64, None);
        of_close(&header, payload).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_compressed_close_is_inflated() {
        let hint = |payload: &[u8], rsv| {
            let header = Header { rsv, ..Header::conforming(Opcode::Close, payload.len() as u64, None) };
            of_close(&header, payload).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        let mut payload = Vec::new();
        deflate::compress(b"\x03\xe8bye", true, &mut payload);
        assert!(hint(&payload, 4).contains("inflates to the code 1000 and the reason \"bye\""));
        assert!(hint(&[0], 4).contains("inflates to an empty body"));
        assert_eq!(hint(&payload, 2), "", "RSV2 marks nothing");
        assert_eq!(hint(b"\x03\xe8bye", 4), "", "not compressed");
    }

    #[test]
    fn only_a_request_that_a_library_may_refuse_explains_a_crash() {
        let is_explained = |code: u16, reason: usize| {
            of_crash_after_request(Some(CloseCode(code)), &vec![b'a'; reason]).is_some()
        };
        assert!(is_explained(1005, 0) && is_explained(1000, 124));
        assert!(!is_explained(1000, 123) && of_crash_after_request(None, b"").is_none());
    }

    #[test]
    fn each_mistake_has_its_hint() {
        let long = [&[0x03, 0xe8][..], &[b'x'; 130]].concat();
        let cut = [&[0x03, 0xe8][..], "é".repeat(62).as_bytes()].concat();
        for (payload, hint) in [
            (
                &b"1000"[..],
                "likely: the two octets are the ASCII digits \"10\" (12592): the code 1000 was written as text",
            ),
            (
                b"1006",
                "likely: the two octets are the ASCII digits \"10\" (12592): the code 1006 was written as text",
            ),
            (
                b"10",
                "likely: the two octets are the ASCII digits \"10\" (12592): the code was written as text",
            ),
            (
                b"1000 bye",
                "likely: the two octets are the ASCII digits \"10\" (12592): the code was written as text",
            ),
            (b"03e8", "likely: the code 1000 was written as hexadecimal digits"),
            (
                b"We are done",
                "likely: a reason without a code in front of it: the octets of the code, 22373, read \"We\"",
            ),
            (
                b"Go\xff",
                "possible: a reason without a code in front of it: the octets of the code, 18287, read \"Go\"",
            ),
            (
                b"24 hours",
                "likely: a reason without a code in front of it: the octets of the code, 12852, read \"24\"",
            ),
            (
                "Über".as_bytes(),
                "possible: the payload is UTF-8, \"Über\": a reason without a code in front of it",
            ),
            (b"\xe8\x03", "likely: the octets are those of 1000 in the wrong order: little-endian"),
            (
                b"\xe8\x03\0\0",
                "likely: the octets are those of 1000 in the wrong order: little-endian as a number of four octets",
            ),
            (b"\xa0\x0f", "possible: the octets are those of 4000 in the wrong order: little-endian"),
            (b"\0\0", "likely: the octets of the code were allocated and not filled in"),
            (b"\0\0\x03\xe8", "likely: the code 1000 was written as a number of four octets"),
            (b"\0\0bye", "possible: the code was not set: 0 is the default of a number"),
            (b"\xff\xff", "possible: −1, the value for no code in some APIs, was written as a code"),
            (b"\xfc\x18", "possible: the negative of 1000 was written as a code"),
            (b"\x01\xf4", "possible: an HTTP status was sent as a close code"),
            (b"\x03", "likely: the first octet of a code of 1000 to 1023, without the second"),
            (b"\xe9", "likely: the code 1001 was cut to its low octet"),
            (b"x", "likely: the octet is the text \"x\": a reason without a code"),
            (b"\0", "possible: a code that was cut to one octet"),
            (&long, "certain: the reason has 130 octets, and 123 fit"),
            (&cut[..125], "likely: the reason was cut to 123 octets inside a character"),
            (b"\x03\xe8caf\xc3", "possible: the reason was cut to 4 octets inside a character"),
            (b"\x03\xe8\xed\xa0\x80", "likely: half of a UTF-16 surrogate pair was encoded as a character"),
            (
                b"\x03\xe8f\xfcr",
                "possible: the reason is in ISO 8859-1 or another encoding of one octet a character",
            ),
        ] {
            assert_eq!(hints(payload), [hint], "{payload:02x?}");
        }
        for (code, begin) in [
            (1005, "likely: an API reports 1005 for a Close without a code"),
            (1006, "likely: an API reports 1006 where"),
            (1015, "likely: an API reports 1015 after"),
        ] {
            let hint = of_code(CloseCode(code)).expect("a hint");
            assert!(hint.to_string().starts_with(begin), "{hint}");
            assert_eq!(hints(&CloseCode(code).to_octets()), [hint.to_string()]);
        }
    }

    #[test]
    fn correct_closes_and_unexplained_ones_have_none() {
        for payload in [
            &b""[..],
            b"\x03\xe8",
            b"\x03\xe8We are done",
            b"\x0b\xb8caf\xc3\xa9",
            // 1004, 2000 and 60000.
            b"\x03\xec",
            b"\x07\xd0",
            b"\xea\x60",
            b"\x03\xe8\x80",
        ] {
            assert!(hints(payload).is_empty(), "{payload:02x?}: {:?}", hints(payload));
        }
        let sendable = CloseCode::all().filter(|code| is_sendable(*code));
        assert!(sendable.map(of_code).all(|hint| hint.is_none()));
    }

    #[test]
    fn what_was_received_explains_a_reply() {
        let reply = |payload: &[u8], received: &[u8]| -> Vec<String> {
            let header = Header::conforming(Opcode::Close, payload.len() as u64, None);
            of_reply(&header, payload, received).iter().map(ToString::to_string).collect()
        };
        let echoed = "likely: the code of the received Close was echoed";
        assert_eq!(reply(b"\x03\xed", b"\x03\xed"), [echoed]);
        assert_eq!(reply(b"1000", b"1000"), [echoed]);
        let long = [b"\0\0".as_slice(), &[b'x'; 128]].concat();
        assert_eq!(reply(&long, b"\0\0"), ["certain: the reason has 128 octets, and 123 fit", echoed]);
        let begin = "likely: the received Close had no code, and 1005 is what an API reports";
        assert!(reply(b"\x03\xed", b"")[0].starts_with(begin));
        // A code that may be sent needs no explanation, and another than the received one has its own.
        assert!(reply(b"\x03\xe8", b"\x03\xe8").is_empty());
        assert!(reply(b"\x03\xed", b"\x03\xe8")[0].starts_with("likely: an API reports 1005"));
        assert!(reply(b"\x03\xee", b"")[0].starts_with("likely: an API reports 1006"));
    }

    #[test]
    fn a_payload_without_its_mask_is_recognized() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        let header = Header::conforming(Opcode::Close, 5, Some(key));
        let mut unmasked = b"\x03\xe8bye".to_vec();
        assert!(of_close(&header, &unmasked).is_empty());
        frame::mask(key, 0, &mut unmasked);
        let hints = of_close(&header, &unmasked);
        let expected = "likely: the payload was sent without its mask: as it was sent, the code is 1000";
        assert_eq!(hints.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
        // A key of zeros changes nothing.
        let header = Header::conforming(Opcode::Close, 2, Some([0; 4]));
        assert_eq!(of_close(&header, b"\0\0").len(), 1);
    }

    #[test]
    fn compressed_and_incomplete_payloads_are_not_explained() {
        let header = Header { rsv: 4, ..Header::conforming(Opcode::Close, 4, None) };
        assert!(of_close(&header, b"1000").is_empty());
        let header = Header::conforming(Opcode::Close, 20, None);
        assert!(of_close(&header, b"\x03\xe8caf\xc3").is_empty());
    }
}
