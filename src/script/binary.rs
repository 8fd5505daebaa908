//! The binary form of a script.
//!
//! Any octets after the first are a script, so that a fuzzer wastes no input.

use crate::protocol::close::truncate_at_char_boundary;
use crate::protocol::code::CloseCode;
use crate::protocol::frame::Opcode;
use crate::protocol::role::Role;
use crate::script::step::{
    FrameStep, LengthEncoding, MessageKind, Payload, SegmentPlacement, Segmentation, Step, utf8_prefix,
};

/// The latest version of both forms. A script that version 1 can express is written in version 1.
pub const VERSION: u8 = 2;

/// The first octet of a binary script of version 1: `0xC0` plus the version.
pub const MAGIC: u8 = 0xC1;

/// The first octet of a binary script of version 2, which adds permessage-deflate, FIN in one go with the octets before
/// it, and octets in one go with the opening handshake.
pub const MAGIC_2: u8 = 0xC0 | VERSION;

/// The iterator over the steps of a script. It decodes a step when the caller requests it.
#[derive(Clone, Copy, Debug)]
pub struct Steps<'a> {
    octets: &'a [u8],
    /// The number of tags in the version of the script.
    tags: u8,
}

impl<'a> Steps<'a> {
    pub(super) const fn of(octets: &'a [u8], version: u8) -> Steps<'a> {
        Steps { octets, tags: if version == 1 { tag::COUNT_1 } else { tag::COUNT } }
    }

    fn u8(&mut self) -> u8 {
        let (first, rest) = self.octets.split_first().unwrap_or((&0, &[]));
        self.octets = rest;
        *first
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.u8())
    }

    fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.octets.split_at(len.min(self.octets.len()));
        self.octets = rest;
        taken
    }

    fn optional<T>(&mut self, given: bool, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        given.then(|| read(self))
    }

    fn code(&mut self) -> CloseCode {
        CloseCode(u16::from_be_bytes(self.array()))
    }

    fn payload(&mut self, has_code: bool) -> Payload<'a> {
        let code = self.optional(has_code, Self::code);
        let len = self.u8();
        let repeat = self.optional(len & 0x80 != 0, Self::u8).unwrap_or(1).max(1);
        let chunk = self.take(usize::from(len & 0x7f));
        Payload { code, chunk, repeat: if chunk.is_empty() { 1 } else { repeat } }
    }

    /// A frame. In version 2, a further octet of flags may come first.
    fn frame(&mut self, extra: u8) -> FrameStep<'a> {
        let first = self.u8();
        let flags = self.u8();
        let key = self.optional(flags & flag::KEY != 0, Self::array);
        let cut = self.optional(flags & flag::CUT != 0, Self::u8);
        let claim = self.optional(flags & flag::CLAIM != 0, |steps| u64::from_be_bytes(steps.array()));
        let form = match flags >> flag::FORM_SHIFT & 0x03 {
            1 => LengthEncoding::Sixteen,
            2 => LengthEncoding::SixtyFour,
            _ => LengthEncoding::Shortest,
        };
        FrameStep {
            fin: first & 0x80 != 0,
            rsv: first >> 4 & 0x07,
            opcode: Opcode::from_bits(first),
            mask_wrong: flags & flag::MASK_WRONG != 0,
            key,
            length_encoding: form,
            claimed_len: claim,
            payload: self.payload(flags & flag::CODE != 0),
            deflate: extra & flag::DEFLATE != 0,
            placement: SegmentPlacement {
                glue: flags & flag::GLUE != 0,
                cut,
                with_opening: extra & flag::WITH_OPENING != 0,
            },
        }
    }
}

impl Steps<'_> {
    /// Appends the octets that a peer of this role sends in one write with the opening handshake, if the steps begin a
    /// connection. Steps with a payload over `limit` are left out, and so are octets beyond it. Returns false then.
    pub fn write_opening(self, sender: Role, limit: usize, out: &mut Vec<u8>) -> bool {
        let mut is_whole = true;
        for step in self.filter(|step| step.note().is_none()) {
            if !step.is_placed_with_opening() {
                break;
            }
            if step.payload_len() > limit {
                is_whole = false;
                continue;
            }
            step.write(sender, out);
            is_whole &= out.len() <= limit;
            out.truncate(limit);
        }
        is_whole
    }
}

impl<'a> Iterator for Steps<'a> {
    type Item = Step<'a>;

    fn next(&mut self) -> Option<Step<'a>> {
        if self.octets.is_empty() {
            return None;
        }
        Some(match self.u8() % self.tags {
            tag::FRAME => Step::Frame(self.frame(0)),
            tag::FRAME_2 => {
                let extra = self.u8();
                Step::Frame(self.frame(extra))
            }
            tag::OCTETS => {
                let flags = self.u8();
                let cut = self.optional(flags & flag::CUT != 0, Self::u8);
                let len = usize::from(self.u8());
                Step::Octets {
                    octets: self.take(len),
                    placement: SegmentPlacement {
                        glue: flags & flag::GLUE != 0,
                        cut,
                        with_opening: self.tags != tag::COUNT_1 && flags & flag::WITH_OPENING != 0,
                    },
                }
            }
            tag::FIN => Step::Fin { glue: false },
            tag::FIN_GLUED => Step::Fin { glue: true },
            tag::RESET => Step::Reset,
            tag::APP_CLOSE => {
                let flags = self.u8();
                let payload = self.payload(flags & flag::CODE != 0);
                Step::AppClose(payload.as_text())
            }
            tag::APP_SEND => {
                let kind = if self.u8() & 1 == 0 { MessageKind::Text } else { MessageKind::Binary };
                let payload = self.payload(false);
                let payload = match kind {
                    MessageKind::Text => payload.as_text(),
                    MessageKind::Binary => payload,
                };
                Step::AppSend { kind, payload }
            }
            tag::PAUSE => Step::Pause,
            tag::RESUME => Step::Resume,
            tag::WAIT => Step::Wait(self.u8()),
            tag::CONNECT => Step::Connect,
            tag::AGAIN => Step::Repeat(match self.u8() % 4 {
                0 => Segmentation::AsWritten,
                1 => Segmentation::Coalesced,
                2 => Segmentation::Bytewise,
                _ => Segmentation::SplitAt(self.u8()),
            }),
            tag::PEER_GONE => Step::PeerGone(self.u8()),
            tag::PEER_PAUSE => Step::PeerPause,
            tag::PEER_RESUME => Step::PeerResume,
            _ => {
                let len = usize::from(self.u8());
                // A note is one line of text, so that it ends before a line break and at the first invalid octet.
                let text = utf8_prefix(self.take(len));
                Step::Note(text.split(['\n', '\r']).next().unwrap_or_default().trim())
            }
        })
    }
}

/// The numbers of the steps.
mod tag {
    pub const FRAME: u8 = 0;
    pub const OCTETS: u8 = 1;
    pub const FIN: u8 = 2;
    pub const RESET: u8 = 3;
    pub const APP_CLOSE: u8 = 4;
    pub const APP_SEND: u8 = 5;
    pub const PAUSE: u8 = 6;
    pub const RESUME: u8 = 7;
    pub const WAIT: u8 = 8;
    pub const CONNECT: u8 = 9;
    pub const AGAIN: u8 = 10;
    pub const NOTE: u8 = 11;
    pub const PEER_GONE: u8 = 12;
    pub const PEER_PAUSE: u8 = 13;
    pub const PEER_RESUME: u8 = 14;
    /// The number of tags in version 1.
    pub const COUNT_1: u8 = 15;
    pub const FRAME_2: u8 = 15;
    pub const FIN_GLUED: u8 = 16;
    pub const COUNT: u8 = 17;
}

/// The bits of the flags of a step, of the further flags of a frame, and of the octet of the role.
mod flag {
    pub const MASK_WRONG: u8 = 1;
    pub const KEY: u8 = 1 << 1;
    pub const GLUE: u8 = 1 << 2;
    pub const CUT: u8 = 1 << 3;
    pub const FORM_SHIFT: u8 = 4;
    pub const CLAIM: u8 = 1 << 6;
    pub const CODE: u8 = 1 << 7;
    /// Of the further flags.
    pub const DEFLATE: u8 = 1;
    /// Of the further flags of a frame, and of the flags of raw octets.
    pub const WITH_OPENING: u8 = 1 << 1;
    /// Of the octet of the role.
    pub const OFFERS_DEFLATE: u8 = 1 << 1;
}

/// Whether the octet of the role says that permessage-deflate is offered.
pub(super) const fn offers_deflate(role: u8) -> bool {
    role & flag::OFFERS_DEFLATE != 0
}

/// The first octets of a script of version 1 without extensions.
const fn head(role: Role) -> [u8; 2] {
    let role = match role {
        Role::Client => 0,
        Role::Server => 1,
    };
    [MAGIC, role]
}

/// The most octets that a step of raw octets carries.
const MAX_STEP_OCTETS: usize = 255;

/// Encodes steps in the binary form.
#[derive(Clone, Debug)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Creates a writer whose script has no steps, for an endpoint under test of this role.
    pub fn new(role: Role) -> Writer {
        Writer(head(role).to_vec())
    }

    /// Makes the opening handshakes of the script negotiate permessage-deflate.
    pub fn offer_deflate(&mut self) {
        self.0[1] |= flag::OFFERS_DEFLATE;
        self.needs_version_2();
    }

    fn needs_version_2(&mut self) {
        self.0[0] = MAGIC_2;
    }

    /// Removes every step and extension, and keeps the memory: the script is for an endpoint under test of this role.
    pub fn restart(&mut self, role: Role) {
        self.0.clear();
        self.0.extend(head(role));
    }

    /// The encoded script so far.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// The encoded script.
    pub fn into_octets(self) -> Vec<u8> {
        self.0
    }

    /// Appends the steps in which the peer sends these octets in one segment. One step carries at most 255 octets.
    pub fn segment(&mut self, octets: &[u8]) {
        for (index, octets) in octets.chunks(MAX_STEP_OCTETS).enumerate() {
            let placement = SegmentPlacement { glue: index > 0, ..SegmentPlacement::default() };
            self.step(&Step::Octets { octets, placement });
        }
    }

    /// Appends a step. A payload of more octets than a step can carry is truncated.
    pub fn step(&mut self, step: &Step<'_>) {
        match step {
            Step::Frame(frame) => self.frame(frame),
            Step::Octets { octets, placement } => {
                let opening = if placement.with_opening { flag::WITH_OPENING } else { 0 };
                if placement.with_opening {
                    self.needs_version_2();
                }
                self.0.extend([tag::OCTETS, placement_flags(placement) | opening]);
                self.0.extend(placement.cut);
                let octets = &octets[..octets.len().min(MAX_STEP_OCTETS)];
                self.0.push(octets.len() as u8);
                self.0.extend_from_slice(octets);
            }
            Step::Fin { glue: false } => self.0.push(tag::FIN),
            Step::Fin { glue: true } => {
                self.needs_version_2();
                self.0.push(tag::FIN_GLUED);
            }
            Step::Reset => self.0.push(tag::RESET),
            Step::PeerGone(writes) => self.0.extend([tag::PEER_GONE, *writes]),
            Step::PeerPause => self.0.push(tag::PEER_PAUSE),
            Step::PeerResume => self.0.push(tag::PEER_RESUME),
            Step::AppClose(payload) => {
                self.0.extend([tag::APP_CLOSE, if payload.code.is_some() { flag::CODE } else { 0 }]);
                self.payload(payload);
            }
            Step::AppSend { kind, payload } => {
                let kind = match kind {
                    MessageKind::Text => 0,
                    MessageKind::Binary => 1,
                };
                self.0.extend([tag::APP_SEND, kind]);
                self.payload(payload);
            }
            Step::Pause => self.0.push(tag::PAUSE),
            Step::Resume => self.0.push(tag::RESUME),
            Step::Wait(ticks) => self.0.extend([tag::WAIT, *ticks]),
            Step::Connect => self.0.push(tag::CONNECT),
            Step::Repeat(segmentation) => {
                self.0.push(tag::AGAIN);
                match segmentation {
                    Segmentation::AsWritten => self.0.push(0),
                    Segmentation::Coalesced => self.0.push(1),
                    Segmentation::Bytewise => self.0.push(2),
                    Segmentation::SplitAt(at) => self.0.extend([3, *at]),
                }
            }
            Step::Note(text) => {
                let text = truncate_at_char_boundary(text, 255);
                self.0.extend([tag::NOTE, text.len() as u8]);
                self.0.extend_from_slice(text.as_bytes());
            }
        }
    }

    fn frame(&mut self, frame: &FrameStep<'_>) {
        let form = match frame.length_encoding {
            LengthEncoding::Shortest => 0,
            LengthEncoding::Sixteen => 1,
            LengthEncoding::SixtyFour => 2,
        };
        let flags = placement_flags(&frame.placement)
            | if frame.mask_wrong { flag::MASK_WRONG } else { 0 }
            | if frame.key.is_some() { flag::KEY } else { 0 }
            | if frame.claimed_len.is_some() { flag::CLAIM } else { 0 }
            | if frame.payload.code.is_some() { flag::CODE } else { 0 }
            | form << flag::FORM_SHIFT;
        let first = u8::from(frame.fin) << 7 | (frame.rsv & 0x07) << 4 | frame.opcode.bits();
        let extra = if frame.deflate { flag::DEFLATE } else { 0 }
            | if frame.placement.with_opening { flag::WITH_OPENING } else { 0 };
        if extra == 0 {
            self.0.push(tag::FRAME);
        } else {
            self.needs_version_2();
            self.0.extend([tag::FRAME_2, extra]);
        }
        self.0.extend([first, flags]);
        self.0.extend(frame.key.into_iter().flatten());
        self.0.extend(frame.placement.cut);
        self.0.extend(frame.claimed_len.into_iter().flat_map(u64::to_be_bytes));
        self.payload(&frame.payload);
    }

    fn payload(&mut self, payload: &Payload<'_>) {
        self.0.extend(payload.code.into_iter().flat_map(CloseCode::to_octets));
        let chunk = &payload.chunk[..payload.chunk.len().min(0x7f)];
        if payload.repeat > 1 && !chunk.is_empty() {
            self.0.extend([0x80 | chunk.len() as u8, payload.repeat]);
        } else {
            self.0.push(chunk.len() as u8);
        }
        self.0.extend_from_slice(chunk);
    }
}

fn placement_flags(placement: &SegmentPlacement) -> u8 {
    (if placement.glue { flag::GLUE } else { 0 }) | if placement.cut.is_some() { flag::CUT } else { 0 }
}
