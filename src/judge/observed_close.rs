//! Defines a complete Close that was observed, with the octets of its body.

use super::at::At;
use super::reason::InconclusiveReason;
use crate::protocol::code::CloseCode;
use crate::protocol::flaw::Flaws;
use crate::protocol::frame::MAX_CONTROL_PAYLOAD;

/// Whether endpoints send this code when they fail a connection.
pub(super) fn is_failure(code: CloseCode) -> bool {
    matches!(code.0, 1002 | 1003 | 1007 | 1008 | 1009 | 1011)
}

/// A complete Close, with the octets of its body.
#[derive(Clone, Copy, Debug)]
pub(super) struct ObservedClose {
    pub at: At,
    pub flaws: Flaws,
    /// Whether it arrived inside a fragmented message of the same sender.
    pub mid_message: bool,
    /// Whether another frame came before it in its segment, and may be the cause of what follows.
    pub shares_segment: bool,
    /// Whether its masking key is one octet repeated, such as zero.
    pub has_uniform_key: bool,
    payload: CloseOctets,
}

/// The first 125 octets of the body of a Close.
#[derive(Clone, Copy, Debug)]
pub(super) struct CloseOctets {
    octets: [u8; MAX_CONTROL_PAYLOAD],
    len: u8,
}

impl CloseOctets {
    pub(super) fn new(payload: &[u8]) -> CloseOctets {
        let mut octets = [0; MAX_CONTROL_PAYLOAD];
        let len = payload.len().min(MAX_CONTROL_PAYLOAD);
        octets[..len].copy_from_slice(&payload[..len]);
        CloseOctets { octets, len: len as u8 }
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.octets[..usize::from(self.len)]
    }

    pub(super) fn code(&self) -> Option<CloseCode> {
        match self.octets() {
            [high, low, ..] => Some(CloseCode(u16::from_be_bytes([*high, *low]))),
            [] | [_] => None,
        }
    }

    pub(super) fn reason(&self) -> &[u8] {
        self.octets().get(2..).unwrap_or_default()
    }
}

impl ObservedClose {
    pub(super) fn new(
        at: At,
        flaws: Flaws,
        mid_message: bool,
        shares_segment: bool,
        payload: &[u8],
    ) -> ObservedClose {
        let payload = CloseOctets::new(payload);
        ObservedClose { at, flaws, mid_message, shares_segment, has_uniform_key: false, payload }
    }

    pub(super) fn payload(&self) -> &[u8] {
        self.payload.octets()
    }

    pub(super) fn code(&self) -> Option<CloseCode> {
        self.payload.code()
    }

    pub(super) fn reason(&self) -> &[u8] {
        self.payload.reason()
    }

    /// Whether it has the requested code. Many endpoints send 1000 if the application requests no code.
    pub(super) fn has_requested(&self, code: Option<CloseCode>) -> bool {
        match code {
            Some(code) => self.code() == Some(code),
            None => self.code().is_none_or(|code| code == CloseCode::NORMAL),
        }
    }
}

/// Whether a reason is empty or the beginning of the received one: octet by octet, with U+FFFD for what is not UTF-8,
/// or read as Latin-1.
pub(super) fn echoes_reason(own: &[u8], received: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(own) else { return received.starts_with(own) };
    let latin1 = received.iter().map(|octet| char::from(*octet));
    let replaced = received.utf8_chunks().flat_map(|chunk| {
        chunk.valid().chars().chain((!chunk.invalid().is_empty()).then_some(char::REPLACEMENT_CHARACTER))
    });
    received.starts_with(own) || begins_with(latin1, text) || begins_with(replaced, text)
}

fn begins_with(mut whole: impl Iterator<Item = char>, beginning: &str) -> bool {
    beginning.chars().all(|expected| whole.next() == Some(expected))
}

/// A code that the subject sent and must not send.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnsendableCode {
    pub at: At,
    pub code: CloseCode,
    /// Why the subject may nevertheless have sent it rightly, if the trace leaves that open.
    pub doubt: Option<InconclusiveReason>,
}

/// A Close with which a client says that it misses extensions.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExtensionClose {
    pub at: At,
    pub names_extensions: bool,
    /// Why the subject may have sent it for another cause, if the trace leaves that open.
    pub doubt: Option<InconclusiveReason>,
}
