//! Compresses and inflates the payloads of permessage-deflate (RFC 7692).

use miniz_oxide::DataFormat;
use miniz_oxide::deflate::CompressionLevel;
use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, compress_to_output};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// The RSV bits of a frame that begins a compressed message: RSV1 (§6).
pub const COMPRESSED_RSV: u8 = 4;

/// The octets that end each flush. The sender removes them from a message and the receiver appends them (§7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// The octets to which a compressed message can refer back.
const WINDOW: usize = 1 << 15;

/// Appends `payload` to `out`, compressed. `last` is true for the last frame of a message.
///
/// The result refers to no earlier frame, so a message can be compressed frame by frame and any peer can inflate it.
pub fn compress(payload: &[u8], last: bool, out: &mut Vec<u8>) {
    let mut compressor =
        CompressorOxide::with_format_and_level(DataFormat::Raw, CompressionLevel::DefaultLevel);
    compress_to_output(&mut compressor, payload, TDEFLFlush::Sync, |octets| {
        out.extend_from_slice(octets);
        true
    });
    if last && out.ends_with(&TAIL) {
        out.truncate(out.len() - TAIL.len());
    }
}

/// Inflates a payload that was compressed on its own, such as the body of a Close that RSV1 marks as compressed, to at
/// most `limit` octets. Returns `None` if it is not such a payload.
pub fn inflate(payload: &[u8], limit: usize) -> Option<Vec<u8>> {
    let (mut inflater, mut out) = (Inflater::new(), Vec::new());
    inflater.inflate(payload, limit, &mut out).ok()?;
    inflater.end_message(limit, &mut out).ok()?;
    Some(out)
}

/// Why a compressed message could not be inflated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InflateError {
    /// The octets are no compressed data, or end in the middle of it.
    Malformed,
    /// The message has more octets than the limit.
    TooBig,
}

/// Inflates the compressed messages of one direction of a connection. A message may refer to those before it.
#[derive(Clone)]
pub struct Inflater {
    state: Box<DecompressorOxide>,
    /// The latest octets, in a ring.
    window: Box<[u8; WINDOW]>,
    /// Where the next octet goes.
    at: usize,
    /// Whether the input so far ends between two blocks.
    at_boundary: bool,
}

impl std::fmt::Debug for Inflater {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inflater").field("at_boundary", &self.at_boundary).finish_non_exhaustive()
    }
}

impl Default for Inflater {
    fn default() -> Self {
        Inflater::new()
    }
}

impl Inflater {
    /// An inflater at the start of a connection.
    pub fn new() -> Inflater {
        Inflater { state: Box::default(), window: Box::new([0; WINDOW]), at: 0, at_boundary: true }
    }

    /// Starts again at the start of another connection. Reuses the memory.
    pub fn restart(&mut self) {
        *self.state = DecompressorOxide::new();
        self.window.fill(0);
        (self.at, self.at_boundary) = (0, true);
    }

    /// Appends what further octets of a message inflate to.
    ///
    /// # Errors
    /// If the octets are no compressed data, or if `out` would grow over `limit`.
    pub fn inflate(&mut self, mut input: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<(), InflateError> {
        const FLAGS: u32 = TINFL_FLAG_HAS_MORE_INPUT | TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY;
        let mut is_pending = false;
        while !input.is_empty() || is_pending {
            let (status, read, written) =
                decompress(&mut self.state, input, &mut self.window[..], self.at, FLAGS);
            input = &input[read..];
            if out.len() + written > limit {
                return Err(InflateError::TooBig);
            }
            out.extend_from_slice(&self.window[self.at..self.at + written]);
            self.at = (self.at + written) % WINDOW;
            is_pending = status == TINFLStatus::HasMoreOutput;
            self.at_boundary = match status {
                TINFLStatus::BlockBoundary => true,
                // A last block ends no message: another one may follow (§7.2.3.4).
                TINFLStatus::Done => {
                    self.state.init();
                    true
                }
                TINFLStatus::NeedsMoreInput | TINFLStatus::HasMoreOutput => false,
                TINFLStatus::Failed
                | TINFLStatus::FailedCannotMakeProgress
                | TINFLStatus::BadParam
                | TINFLStatus::Adler32Mismatch
                | _ => return Err(InflateError::Malformed),
            };
        }
        Ok(())
    }

    /// Ends a message: appends what is left of it.
    ///
    /// # Errors
    /// If the message ends in the middle of compressed data, or if `out` would grow over `limit`.
    pub fn end_message(&mut self, limit: usize, out: &mut Vec<u8>) -> Result<(), InflateError> {
        self.inflate(&TAIL, limit, out)?;
        if self.at_boundary { Ok(()) } else { Err(InflateError::Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compressed(payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        compress(payload, true, &mut out);
        out
    }

    #[test]
    fn the_examples_of_the_specification_inflate_to_hello() {
        // RFC 7692 §7.2.3.1, .3, .4 and .5: one block, no compression, a last block, two blocks.
        for octets in [
            &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00][..],
            &[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00],
            &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
            &[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00],
        ] {
            assert_eq!(inflate(octets, 100).as_deref(), Some(&b"Hello"[..]), "{octets:02x?}");
        }
    }

    #[test]
    fn a_message_may_refer_to_the_one_before_it() {
        // §7.2.3.2.
        let (mut inflater, mut out) = (Inflater::new(), Vec::new());
        for octets in [&[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00][..], &[0xf2, 0x00, 0x11, 0x00, 0x00]] {
            inflater.inflate(octets, 100, &mut out).expect("compressed data");
            inflater.end_message(100, &mut out).expect("a whole message");
        }
        assert_eq!(out, b"HelloHello");
    }

    #[test]
    fn payloads_of_every_size_survive_in_any_pieces() {
        for size in (0..300).chain([WINDOW - 1, WINDOW, WINDOW + 1, 3 * WINDOW]) {
            let payload: Vec<u8> = (0..size).map(|at| (at * at / 7) as u8).collect();
            let octets = compressed(&payload);
            for piece in [1, 2, 7, octets.len()] {
                let (mut inflater, mut out) = (Inflater::new(), Vec::new());
                for part in octets.chunks(piece) {
                    inflater.inflate(part, size, &mut out).expect("compressed data");
                }
                inflater.end_message(size, &mut out).expect("a whole message");
                assert!(out == payload, "{size} octets in pieces of {piece}");
            }
        }
        assert_eq!(compressed(b"hi"), [0xca, 0xc8, 0x04, 0x00]);
    }

    #[test]
    fn a_message_can_be_compressed_frame_by_frame() {
        let mut octets = Vec::new();
        compress(b"Hel", false, &mut octets);
        compress(b"lo", true, &mut octets);
        assert_eq!(inflate(&octets, 5).as_deref(), Some(&b"Hello"[..]));
    }

    #[test]
    fn what_is_no_compressed_data_is_an_error() {
        assert_eq!(inflate(b"\x03\xe8bye", 100), None);
        assert_eq!(inflate(&compressed(b"hello")[..3], 100), None, "cut");
        assert_eq!(inflate(&[], 100), None, "no block");
        let bomb = compressed(&vec![0; 1 << 20]);
        assert!(bomb.len() < 2000);
        let mut out = Vec::new();
        assert_eq!(Inflater::new().inflate(&bomb, 1 << 16, &mut out), Err(InflateError::TooBig));
        assert!(out.len() <= 1 << 16);
    }
}
