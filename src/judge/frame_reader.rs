//! Reads the frames of one direction of a connection, and notes the flaws of each: of its header, its place in the
//! stream and its payload.

use crate::protocol::assembler::{FrameAssembler, FramePart, KeptPayload, PayloadPart};
use crate::protocol::close::{self, CloseBody};
use crate::protocol::code::{CloseCode, Profile};
use crate::protocol::deflate::{self, InflateError, Inflater};
use crate::protocol::flaw::{Flaw, Flaws, MESSAGE_LIMIT};
use crate::protocol::foreign::{ForeignText, FrameStart};
use crate::protocol::frame::{Header, MAX_CONTROL_PAYLOAD, Opcode};
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
    /// unmasked; for a compressed Close that inflates to a Close body, that body.
    Complete(Header, Flaws, &'a [u8]),
}

/// Whether a reader looks for text in place of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ForeignTextSearch {
    /// It reads everything as frames.
    Off,
    /// It stops at text, and keeps octets back that may be the beginning of one.
    On,
}

/// Text in place of a frame. Nothing behind it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ForeignOctets {
    pub text: ForeignText,
    /// How many octets after the last Close it begins, or after the start of the stream if there is none.
    pub distance: u64,
    pub after_close: bool,
}

/// An incremental reader of one direction. It keeps its buffers from one connection to the next.
#[derive(Debug)]
pub(super) struct FrameReader {
    sender: Role,
    profile: Profile,
    frames: FrameAssembler,
    flaws: Flaws,
    message: Option<MessageKind>,
    /// The end of the text so far that may be the beginning of a character.
    text: Vec<u8>,
    /// Whether the text so far contains octets that are not UTF-8.
    text_is_invalid: bool,
    size: u64,
    search: ForeignTextSearch,
    foreign: Option<ForeignOctets>,
    /// Octets that may be a frame or text.
    undecided: Vec<u8>,
    /// The buffer for these octets and those behind them.
    joined: Vec<u8>,
    /// The octets that were read as frames, and how many of them there were at the end of the last Close.
    octets_read: u64,
    close_ends_at: Option<u64>,
    /// permessage-deflate was negotiated.
    deflate: bool,
    /// The message in progress is compressed.
    compressed: bool,
    /// A message could not be inflated. Later ones may refer to it.
    unreadable: bool,
    /// Created for the first compressed message, and reused.
    inflater: Option<Inflater>,
    /// The number of octets to which the message in progress has inflated.
    inflated: usize,
    /// Buffers for the octets to inflate, and what they inflate to.
    wire: Vec<u8>,
    plain: Vec<u8>,
    /// The body of the latest Close, if it is compressed.
    close_body: Option<Vec<u8>>,
}

impl FrameReader {
    pub(super) fn new(search: ForeignTextSearch) -> FrameReader {
        FrameReader {
            sender: Role::Client,
            profile: Profile::Iana,
            frames: FrameAssembler::new(KeptPayload::ControlFrames),
            flaws: Flaws::NONE,
            message: None,
            text: Vec::new(),
            text_is_invalid: false,
            size: 0,
            search,
            foreign: None,
            undecided: Vec::with_capacity(FrameStart::MAX_UNDECIDED),
            joined: Vec::new(),
            octets_read: 0,
            close_ends_at: None,
            deflate: false,
            compressed: false,
            unreadable: false,
            inflater: None,
            inflated: 0,
            wire: Vec::new(),
            plain: Vec::new(),
            close_body: None,
        }
    }

    pub(super) fn restart(&mut self, sender: Role, profile: Profile) {
        self.sender = sender;
        self.profile = profile;
        self.frames.restart();
        self.message = None;
        self.foreign = None;
        self.undecided.clear();
        self.octets_read = 0;
        self.close_ends_at = None;
        self.deflate = false;
        self.compressed = false;
        self.inflated = 0;
        self.unreadable = false;
        self.close_body = None;
    }

    /// The connection negotiated permessage-deflate, in both directions.
    pub(super) fn negotiate_deflate(&mut self) {
        self.deflate = true;
        if let Some(inflater) = &mut self.inflater {
            inflater.restart();
        }
    }

    /// Whether the header marks its frame as compressed, which says something only if permessage-deflate was
    /// negotiated.
    const fn is_marked(&self, header: &Header) -> bool {
        self.deflate && header.rsv & deflate::COMPRESSED_RSV != 0
    }

    /// Text in place of a frame, once it was found.
    pub(super) fn foreign(&self) -> Option<ForeignOctets> {
        self.foreign
    }

    /// Whether the stream so far ends in octets that may be a frame or text.
    pub(super) fn is_undecided(&self) -> bool {
        !self.undecided.is_empty()
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
    pub(super) fn read(&mut self, octets: &[u8], on_event: impl FnMut(FrameEvent<'_>) -> bool) {
        self.read_to(octets, FrameStart::of, on_event);
    }

    /// Reads the octets that may be a frame or text, because the stream ends with them.
    pub(super) fn finish(&mut self, on_event: impl FnMut(FrameEvent<'_>) -> bool) {
        self.read_to(&[], FrameStart::at_end, on_event);
    }

    fn read_to(
        &mut self,
        octets: &[u8],
        recognize: impl Fn(&[u8]) -> FrameStart,
        on_event: impl FnMut(FrameEvent<'_>) -> bool,
    ) {
        if self.foreign.is_some() {
            return;
        }
        if self.undecided.is_empty() {
            return self.read_all(octets, recognize, on_event);
        }
        let mut joined = std::mem::take(&mut self.joined);
        joined.clear();
        joined.append(&mut self.undecided);
        joined.extend_from_slice(octets);
        self.read_all(&joined, recognize, on_event);
        self.joined = joined;
    }

    fn read_all(
        &mut self,
        mut octets: &[u8],
        recognize: impl Fn(&[u8]) -> FrameStart,
        mut on_event: impl FnMut(FrameEvent<'_>) -> bool,
    ) {
        loop {
            if self.search == ForeignTextSearch::On && self.frames.at_boundary() && !octets.is_empty() {
                match recognize(octets) {
                    FrameStart::Frame => {}
                    FrameStart::Foreign(text) => return self.stop_at(text),
                    FrameStart::Undecided => return self.undecided.extend_from_slice(octets),
                }
            }
            let before = octets.len();
            let part = self.frames.next(&mut octets);
            self.octets_read += (before - octets.len()) as u64;
            let Some(part) = part else { break };
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
                    if header.opcode == Opcode::Close {
                        self.close_ends_at = Some(self.octets_read);
                    }
                    let payload = self.close_body.as_deref().unwrap_or(self.frames.payload());
                    on_event(FrameEvent::Complete(header, self.flaws, payload))
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

    fn stop_at(&mut self, text: ForeignText) {
        let from = self.close_ends_at.unwrap_or(0);
        self.foreign = Some(ForeignOctets {
            text,
            distance: self.octets_read - from,
            after_close: self.close_ends_at.is_some(),
        });
    }

    /// The flaws of a header and of its place in the stream.
    fn header_flaws(&self, header: &Header) -> Flaws {
        let mut flaws = header.flaws(self.sender);
        let announced = header.length.value();
        let begins = match header.opcode {
            Opcode::Text | Opcode::Binary => true,
            Opcode::Continuation => false,
            Opcode::Close => {
                // One octet is too short for a code, unless it is compressed.
                if announced == 1 && !self.is_marked(header) {
                    flaws.insert(Flaw::BodyOneByte);
                }
                return flaws;
            }
            Opcode::Ping | Opcode::Pong | Opcode::Reserved(_) => return flaws,
        };
        // RSV1 is defined on the first frame of a message alone (RFC 7692 §6).
        if begins && self.is_marked(header) && header.rsv == deflate::COMPRESSED_RSV {
            flaws = flaws.without(Flaw::RsvSet);
        }
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
        self.close_body = None;
        let begins = match header.opcode {
            Opcode::Text => Some(MessageKind::Text),
            Opcode::Binary => Some(MessageKind::Binary),
            Opcode::Continuation => None,
            Opcode::Close | Opcode::Ping | Opcode::Pong | Opcode::Reserved(_) => return,
        };
        if let Some(kind) = begins {
            self.message = Some(kind);
            self.text.clear();
            self.text_is_invalid = false;
            self.size = 0;
            self.compressed = self.is_marked(&header);
            self.inflated = 0;
        }
        self.size = self.size.saturating_add(header.length.value());
    }

    fn on_payload(&mut self, part: &PayloadPart<'_>) {
        let Some(header) = self.frames.header() else { return };
        if header.opcode.is_control() {
            // What a compressed body says shows only when it is complete.
            let is_plain_close = header.opcode == Opcode::Close && !self.is_marked(&header);
            if is_plain_close && !self.flaws.contains(Flaw::ControlTooLong) {
                self.note_close_body_flaws();
            }
        } else if self.compressed {
            self.wire.clear();
            part.append_to(&mut self.wire);
            self.inflate(false);
        } else if self.message == Some(MessageKind::Text) && !self.text_is_invalid {
            part.append_to(&mut self.text);
            self.note_text_flaws();
        }
    }

    /// Inflates the octets in `wire`, and notes what is wrong with them. `last` is true at the end of a message.
    fn inflate(&mut self, last: bool) {
        if self.unreadable {
            return;
        }
        let left = (MESSAGE_LIMIT as usize).saturating_sub(self.inflated);
        let inflater = self.inflater.get_or_insert_default();
        self.plain.clear();
        let mut result = inflater.inflate(&self.wire, left, &mut self.plain);
        if last && result.is_ok() {
            result = inflater.end_message(left, &mut self.plain);
        }
        self.inflated += self.plain.len();
        if let Err(error) = result {
            self.unreadable = true;
            self.flaws.insert(match error {
                InflateError::Malformed => Flaw::NotDeflate,
                InflateError::TooBig => Flaw::MessageTooBig,
            });
        } else if self.message == Some(MessageKind::Text) && !self.text_is_invalid {
            self.text.extend_from_slice(&self.plain);
            self.note_text_flaws();
        }
    }

    fn note_text_flaws(&mut self) {
        // A receiver may fail the connection at the first octet that is not valid UTF-8 (§8.1).
        match std::str::from_utf8(&self.text) {
            Ok(_) => self.text.clear(),
            Err(error) if error.error_len().is_none() => {
                self.text.drain(..error.valid_up_to());
            }
            Err(_) => {
                self.text_is_invalid = true;
                self.flaws.insert(Flaw::TextNotUtf8);
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
                if self.is_marked(header) {
                    self.close_body = deflate::inflate(self.frames.payload(), MAX_CONTROL_PAYLOAD)
                        .filter(|body| CloseBody::parse(body).is_ok());
                }
                match CloseBody::parse(self.close_body.as_deref().unwrap_or(self.frames.payload())) {
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
                    if self.compressed {
                        self.wire.clear();
                        self.inflate(true);
                    }
                    let text = self.message.take() == Some(MessageKind::Text);
                    // A character that the end of the message cuts is invalid too.
                    if text && !self.unreadable && (self.text_is_invalid || !self.text.is_empty()) {
                        self.flaws.insert(Flaw::TextNotUtf8);
                    }
                }
            }
            Opcode::Ping | Opcode::Pong | Opcode::Reserved(_) => {}
        }
    }
}
