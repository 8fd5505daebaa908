//! Assembles frames with unmasked payloads from a stream of octets: the common part of every reader of frames.

use crate::protocol::frame::{self, Decoder, Header, MAX_CONTROL_PAYLOAD, Piece};
use crate::protocol::role::Role;

/// How much of each payload a [`FrameAssembler`] keeps. The rest is available only while it is received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptPayload {
    /// The first 125 octets of a control frame, and nothing of other frames.
    ControlFrames,
    /// The first octets of every frame, at most this many.
    UpTo(usize),
}

/// A part of a stream of frames, as [`FrameAssembler`] returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FramePart<'a> {
    /// A frame begins.
    Header(Header),
    /// Part of the payload of the frame was received.
    Payload(PayloadPart<'a>),
    /// The frame with this header is complete. [`FrameAssembler::payload`] returns its payload.
    End(Header),
}

/// Consecutive octets of a payload, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadPart<'a> {
    octets: &'a [u8],
    offset: u64,
    key: Option<[u8; 4]>,
}

impl PayloadPart<'_> {
    /// Appends the octets to `out`, unmasked.
    pub fn append_to(&self, out: &mut Vec<u8>) {
        self.append_prefix(self.octets.len(), out);
    }

    fn append_prefix(&self, size: usize, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.octets[..size]);
        if let Some(key) = self.key {
            frame::mask(key, self.offset, &mut out[start..]);
        }
    }
}

/// The incremental reader of frames: a [`Decoder`] that also keeps the header and the unmasked payload of the
/// latest frame.
///
/// Memory is bounded by [`KeptPayload`]. The buffer is reused, so that a reader allocates nothing once it has grown.
#[derive(Clone, Debug)]
pub struct FrameAssembler {
    decoder: Decoder,
    header: Option<Header>,
    keep: KeptPayload,
    payload: Vec<u8>,
}

impl FrameAssembler {
    /// Creates a reader at the start of a stream.
    pub const fn new(keep: KeptPayload) -> FrameAssembler {
        FrameAssembler { decoder: Decoder::new(), header: None, keep, payload: Vec::new() }
    }

    /// Starts again at the start of another stream. Reuses the memory.
    pub fn restart(&mut self) {
        self.decoder = Decoder::new();
        self.header = None;
        self.payload.clear();
    }

    /// Takes the next part off the front of `input`. Returns `None` if more octets are needed.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Option<FramePart<'a>> {
        loop {
            match (self.decoder.next(input)?, self.header) {
                (Piece::Header(header), _) => {
                    self.header = Some(header);
                    self.payload.clear();
                    return Some(FramePart::Header(header));
                }
                (Piece::Payload { octets, offset }, Some(header)) => {
                    let part = PayloadPart { octets, offset, key: header.mask };
                    self.keep(&header, &part);
                    return Some(FramePart::Payload(part));
                }
                (Piece::End, Some(header)) => {
                    self.header = None;
                    return Some(FramePart::End(header));
                }
                // The decoder returns a header before a payload or an end.
                (Piece::Payload { .. } | Piece::End, None) => {}
            }
        }
    }

    fn keep(&mut self, header: &Header, part: &PayloadPart<'_>) {
        let limit = match self.keep {
            KeptPayload::ControlFrames if header.opcode.is_control() => MAX_CONTROL_PAYLOAD,
            KeptPayload::ControlFrames => 0,
            KeptPayload::UpTo(limit) => limit,
        };
        let room = limit - self.payload.len();
        part.append_prefix(part.octets.len().min(room), &mut self.payload);
    }

    /// The header of the frame in progress.
    pub const fn header(&self) -> Option<Header> {
        self.header
    }

    /// The payload of the latest frame, complete or not: unmasked, as far as it was received and is kept.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Exchanges the same payload for another, so that it can be changed while the rest of an endpoint is read.
    pub(crate) fn swap_payload(&mut self, other: &mut Vec<u8>) {
        std::mem::swap(&mut self.payload, other);
    }

    /// Whether the stream so far is empty or ends at the end of a frame.
    pub fn at_boundary(&self) -> bool {
        self.decoder.at_boundary()
    }

    /// The incomplete header at the end of the stream so far: see [`Decoder::partial_header`].
    pub fn partial_header(&self, sender: Role) -> Option<Header> {
        self.decoder.partial_header(sender)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::frame::Opcode;

    const KEY: [u8; 4] = [1, 2, 3, 4];

    fn stream() -> Vec<u8> {
        let mut octets = Vec::new();
        let long = [b'x'; 300];
        frame::write(&Header::conforming(Opcode::Text, 300, Some(KEY)), &long, &mut octets);
        frame::write(&Header::conforming(Opcode::Ping, 300, Some(KEY)), &long, &mut octets);
        frame::write(&Header::conforming(Opcode::Close, 5, None), b"\x03\xe8bye", &mut octets);
        octets
    }

    /// The kept payload of every frame, and all octets of payloads.
    fn read(keep: KeptPayload, segment_size: usize) -> (Vec<(Opcode, Vec<u8>)>, Vec<u8>) {
        let mut assembler = FrameAssembler::new(keep);
        let (mut frames, mut octets) = (Vec::new(), Vec::new());
        for mut segment in stream().chunks(segment_size) {
            while let Some(part) = assembler.next(&mut segment) {
                match part {
                    FramePart::Header(header) => {
                        assert_eq!(assembler.header(), Some(header));
                        assert!(assembler.payload().is_empty());
                    }
                    FramePart::Payload(part) => part.append_to(&mut octets),
                    FramePart::End(header) => {
                        assert_eq!(assembler.header(), None);
                        frames.push((header.opcode, assembler.payload().to_vec()));
                    }
                }
            }
        }
        assert!(assembler.at_boundary());
        (frames, octets)
    }

    #[test]
    fn payloads_are_unmasked_and_kept_up_to_the_limit_however_the_stream_is_cut() {
        let all = [&[b'x'; 600][..], b"\x03\xe8bye"].concat();
        for segment_size in [1, 2, 3, 7, 126, 1000] {
            let sizes = |keep| {
                let (frames, octets) = read(keep, segment_size);
                assert_eq!(octets, all);
                let close: &(Opcode, Vec<u8>) = &frames[2];
                assert!(close.0 == Opcode::Close && b"\x03\xe8bye".starts_with(&close.1));
                assert!(frames[..2].iter().all(|(_, kept)| kept.iter().all(|octet| *octet == b'x')));
                frames.iter().map(|(_, kept)| kept.len()).collect::<Vec<_>>()
            };
            assert_eq!(sizes(KeptPayload::ControlFrames), [0, 125, 5]);
            assert_eq!(sizes(KeptPayload::UpTo(2)), [2, 2, 2]);
            assert_eq!(sizes(KeptPayload::UpTo(usize::MAX)), [300, 300, 5]);
        }
    }

    #[test]
    fn a_restart_drops_the_frame_in_progress() {
        let mut assembler = FrameAssembler::new(KeptPayload::UpTo(8));
        let mut octets: &[u8] = &[0x88, 0x05, 0x03, 0xe8];
        while assembler.next(&mut octets).is_some() {}
        assert!(assembler.header().is_some() && assembler.payload() == [0x03, 0xe8]);
        assembler.restart();
        assert!(assembler.at_boundary() && assembler.header().is_none() && assembler.payload().is_empty());
    }
}
