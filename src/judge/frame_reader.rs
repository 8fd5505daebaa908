//! Reads the frames of one direction of a connection, and notes the flaws of each: of its header, its place in the
//! stream and its payload.

use crate::protocol::assembler::{FrameAssembler, FramePart, KeptPayload, PayloadPart};
use crate::protocol::close::{self, CloseBody};
use crate::protocol::code::{CloseCode, Profile};
use crate::protocol::flaw::{Flaw, Flaws, MESSAGE_LIMIT};
use crate::protocol::frame::{Header, Opcode};
use crate::protocol::role::Role;
use crate::script::MessageKind;

/// A part of a frame that the reader has read.
#[derive(Clone, Copy)]
pub(super) enum FrameEvent<'a> {
    /// The beginning of a header, which already shows flaws.
    PartialHeader(Opcode, Flaws),
    /// A complete header, with the flaws of the header and its place in the stream.
    Header(Header, Flaws),
    /// A flaw that the payload shows before it is complete.
    PayloadFlaw(Header, Flaws),
    /// A complete frame, with all its flaws. For a control frame, also the first 125 octets of its payload,
    /// unmasked.
    Complete(Header, Flaws, &'a [u8]),
}

/// An incremental reader of one direction. It keeps its buffers from one connection to the next.
#[derive(Debug)]
pub(super) struct FrameReader {
    sender: Role,
    profile: Profile,
    frames: FrameAssembler,
    flaws: Flaws,
    message: Option<MessageKind>,
    text: Vec<u8>,
    /// The length of the beginning of `text` that is valid UTF-8.
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

    /// Whether the stream so far ends inside a fragmented message.
    pub(super) fn in_message(&self) -> bool {
        self.message.is_some()
    }

    /// Reads further octets and calls `on_event` for each event, until it returns false.
    pub(super) fn read(&mut self, mut octets: &[u8], mut on_event: impl FnMut(FrameEvent<'_>) -> bool) {
        while let Some(part) = self.frames.next(&mut octets) {
            let proceed = match part {
                FramePart::Header(header) => {
                    self.on_header(header);
                    on_event(FrameEvent::Header(header, self.flaws))
                }
                FramePart::Payload(part) => {
                    let before = self.flaws;
                    self.on_payload(&part);
                    match self.frames.header() {
                        Some(header) if self.flaws != before => {
                            on_event(FrameEvent::PayloadFlaw(header, self.flaws))
                        }
                        Some(_) | None => true,
                    }
                }
                FramePart::End(header) => {
                    self.on_end(&header);
                    on_event(FrameEvent::Complete(header, self.flaws, self.frames.payload()))
                }
            };
            if !proceed {
                return;
            }
        }
        if let Some(header) = self.frames.partial_header(self.sender) {
            let flaws = self.header_flaws(&header);
            if !flaws.is_empty() {
                on_event(FrameEvent::PartialHeader(header.opcode, flaws));
            }
        }
    }

    /// The flaws of a header and of its place in the stream.
    fn header_flaws(&self, header: &Header) -> Flaws {
        let mut flaws = header.flaws(self.sender);
        let announced = header.length.value();
        let begins = match header.opcode {
            Opcode::Text | Opcode::Binary => true,
            Opcode::Continuation => false,
            Opcode::Close => {
                // One octet is too short for a code.
                if announced == 1 {
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
        let earlier = if begins { 0 } else { self.size };
        if earlier.saturating_add(announced) > MESSAGE_LIMIT {
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
            // A receiver may fail the connection at the first octet that is not valid UTF-8 (§8.1).
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

    /// Notes the flaws that the body of a Close shows before it is complete: its code, and octets of the reason
    /// that are not valid UTF-8.
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
