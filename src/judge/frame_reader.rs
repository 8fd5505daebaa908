//! Reads one direction of a connection: in come octets as they were sent, out come frames with everything
//! that is wrong with them, their place in the stream and their payload included.

use crate::protocol::assembler::{FrameAssembler, FramePart, KeptPayload, PayloadPart};
use crate::protocol::close::{self, CloseBody};
use crate::protocol::code::{CloseCode, Profile};
use crate::protocol::flaw::{Flaw, Flaws, MESSAGE_LIMIT};
use crate::protocol::frame::{Header, Opcode};
use crate::protocol::role::Role;
use crate::script::MessageKind;

/// What the reader has seen.
#[derive(Clone, Copy)]
pub(super) enum FrameEvent<'a> {
    /// The beginning of a header, as much of it as came, which shows something wrong already.
    PartialHeader(Opcode, Flaws),
    /// A header; what is wrong with it and its place in the stream.
    Header(Header, Flaws),
    /// The payload shows something wrong before it is whole.
    PayloadFlaw(Header, Flaws),
    /// A whole frame, everything wrong with it, and its payload if it is a control frame's (its first 125
    /// octets, unmasked).
    Complete(Header, Flaws, &'a [u8]),
}

/// One direction, incrementally. Its buffers are reused from connection to connection.
#[derive(Debug)]
pub(super) struct FrameReader {
    sender: Role,
    profile: Profile,
    frames: FrameAssembler,
    flaws: Flaws,
    message: Option<MessageKind>,
    text: Vec<u8>,
    /// How much of `text` is known to be UTF-8.
    utf8_valid_len: usize,
    size: u64,
}

impl FrameReader {
    pub(super) fn new() -> FrameReader {
        FrameReader {
            sender: Role::Client,
            profile: Profile::Iana,
            frames: FrameAssembler::new(KeptPayload::ControlFrames),
            flaws: Flaws::NONE,
            message: None,
            text: Vec::new(),
            utf8_valid_len: 0,
            size: 0,
        }
    }

    pub(super) fn restart(&mut self, sender: Role, profile: Profile) {
        self.sender = sender;
        self.profile = profile;
        self.frames.restart();
        self.message = None;
    }

    /// Whether the stream so far ends between two frames.
    pub(super) fn at_boundary(&self) -> bool {
        self.frames.at_boundary()
    }

    /// Whether a fragmented message is under way.
    pub(super) fn in_message(&self) -> bool {
        self.message.is_some()
    }

    /// Reads on, and shows what it sees; stops where `see` says so.
    pub(super) fn read(&mut self, mut octets: &[u8], mut see: impl FnMut(FrameEvent<'_>) -> bool) {
        while let Some(part) = self.frames.next(&mut octets) {
            let go_on = match part {
                FramePart::Header(header) => {
                    self.on_header(header);
                    see(FrameEvent::Header(header, self.flaws))
                }
                FramePart::Payload(part) => {
                    let before = self.flaws;
                    self.on_payload(&part);
                    match self.frames.header() {
                        Some(header) if self.flaws != before => {
                            see(FrameEvent::PayloadFlaw(header, self.flaws))
                        }
                        Some(_) | None => true,
                    }
                }
                FramePart::End(header) => {
                    self.on_end(&header);
                    see(FrameEvent::Complete(header, self.flaws, self.frames.payload()))
                }
            };
            if !go_on {
                return;
            }
        }
        if let Some(header) = self.frames.partial_header(self.sender) {
            let flaws = self.header_flaws(&header);
            if !flaws.is_empty() {
                see(FrameEvent::PartialHeader(header.opcode, flaws));
            }
        }
    }

    /// What is wrong with a header, its place in the stream included.
    fn header_flaws(&self, header: &Header) -> Flaws {
        let mut flaws = header.flaws(self.sender);
        let claimed = header.length.value();
        let begins = match header.opcode {
            Opcode::Text | Opcode::Binary => true,
            Opcode::Continuation => false,
            Opcode::Close => {
                // Its body cannot become a code.
                if claimed == 1 {
                    flaws.insert(Flaw::BodyOneByte);
                }
                return flaws;
            }
            Opcode::Ping | Opcode::Pong | Opcode::Reserved(_) => return flaws,
        };
        match (begins, self.message) {
            (true, Some(_)) => flaws.insert(Flaw::ContinuationMissing),
            (false, None) => flaws.insert(Flaw::ContinuationUnexpected),
            (true, None) | (false, Some(_)) => {}
        }
        let before = if begins { 0 } else { self.size };
        if before.saturating_add(claimed) > MESSAGE_LIMIT {
            flaws.insert(Flaw::MessageTooBig);
        }
        flaws
    }

    fn on_header(&mut self, header: Header) {
        self.flaws = self.header_flaws(&header);
        let begins = match header.opcode {
            Opcode::Text => Some(MessageKind::Text),
            Opcode::Binary => Some(MessageKind::Binary),
            Opcode::Continuation => None,
            Opcode::Close | Opcode::Ping | Opcode::Pong | Opcode::Reserved(_) => return,
        };
        if let Some(kind) = begins {
            self.message = Some(kind);
            self.text.clear();
            self.utf8_valid_len = 0;
            self.size = 0;
        }
        self.size = self.size.saturating_add(header.length.value());
    }

    fn on_payload(&mut self, part: &PayloadPart<'_>) {
        let Some(header) = self.frames.header() else { return };
        if header.opcode.is_control() {
            if header.opcode == Opcode::Close && !self.flaws.contains(Flaw::ControlTooLong) {
                self.note_close_body_flaws();
            }
        } else if self.message == Some(MessageKind::Text) && !self.flaws.contains(Flaw::MessageTooBig) {
            part.append_to(&mut self.text);
            // A receiver may fail at the first octet that no UTF-8 can have there (§8.1).
            match std::str::from_utf8(&self.text[self.utf8_valid_len..]) {
                Ok(_) => self.utf8_valid_len = self.text.len(),
                Err(error) => {
                    self.utf8_valid_len += error.valid_up_to();
                    if error.error_len().is_some() {
                        self.flaws.insert(Flaw::TextNotUtf8);
                    }
                }
            }
        }
    }

    /// What the body of a Close shows to be wrong before it is whole: its code, and octets of the reason that
    /// no UTF-8 can have there.
    fn note_close_body_flaws(&mut self) {
        let [high, low, reason @ ..] = self.frames.payload() else { return };
        let code = CloseCode(u16::from_be_bytes([*high, *low]));
        if let Some(flaw) = close::code_flaw(code, self.profile) {
            self.flaws.insert(flaw);
        }
        if std::str::from_utf8(reason).is_err_and(|error| error.error_len().is_some()) {
            self.flaws.insert(Flaw::ReasonNotUtf8);
        }
    }

    fn on_end(&mut self, header: &Header) {
        match header.opcode {
            Opcode::Close => {
                if self.flaws.contains(Flaw::ControlTooLong) {
                    return;
                }
                match CloseBody::parse(self.frames.payload()) {
                    Ok(body) => {
                        if let Some(flaw) = body.code().and_then(|code| close::code_flaw(code, self.profile))
                        {
                            self.flaws.insert(flaw);
                        }
                    }
                    Err(error) => {
                        self.flaws.insert(error.flaw());
                        if let close::BodyError::ReasonNotUtf8 { code, .. } = error
                            && let Some(flaw) = close::code_flaw(code, self.profile)
                        {
                            self.flaws.insert(flaw);
                        }
                    }
                }
            }
            Opcode::Text | Opcode::Binary | Opcode::Continuation => {
                if header.fin {
                    let text = self.message.take() == Some(MessageKind::Text);
                    if text && self.utf8_valid_len != self.text.len() {
                        self.flaws.insert(Flaw::TextNotUtf8);
                    }
                }
            }
            Opcode::Ping | Opcode::Pong | Opcode::Reserved(_) => {}
        }
    }
}
