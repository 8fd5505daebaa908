//! Adapts the frame layer of ws-rs: [`ws::Frame`] and [`ws::CloseCode`], without ws-rs's connection.
//!
//! The library parses frames (`Frame::parse`, with the default limit of ws-rs's connection, which is none). It builds them
//! with `Frame::close`, `pong`, `message`, `set_mask` and `format`. It checks opcodes and the length of control frames, and
//! replaces an over-long Close with one that has code 1002.
//!
//! [`CodecSubject`](wsclose_adapter::codec::CodecSubject) does the rest: masks, FIN, RSV, fragments, UTF-8, codes, requests,
//! and when to reply and to close TCP. ws-rs does that in `connection.rs`, so it does not count against the frame layer. The
//! implementation `ws-rs` tests that file over TCP.
//!
//! Hence the only capability is [`Capability::Framing`], without the rules that the program fulfills.

use std::io::Cursor;

use ws::{Frame, OpCode};
use wsclose::protocol::frame::Opcode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability, Rule};
use wsclose::script::MessageKind;
use wsclose_adapter::codec::{FrameCodec, Incoming, Outgoing};

/// The default of `ws::Settings::max_fragment_size`.
const MAX_PAYLOAD: u64 = usize::MAX as u64;

/// ws-rs's frame layer, in either role.
#[derive(Debug)]
pub struct WsFrames {
    role: Role,
    incoming: Cursor<Vec<u8>>,
}

impl FrameCodec for WsFrames {
    const NAME: &'static str = "ws-rs-frames";

    fn capabilities(role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => Capabilities::of(&[Capability::Framing]).exempting(&[
                Rule::RejectsRsv,
                Rule::RejectsFragmentedClose,
                Rule::RejectsBadControlFrame,
                Rule::RejectsBadFragmentation,
                Rule::ServerRejectsUnmasked,
                Rule::ClientRejectsMasked,
            ]),
        }
    }

    fn new(role: Role) -> WsFrames {
        WsFrames { role, incoming: Cursor::new(Vec::new()) }
    }

    fn receive(&mut self, octets: &[u8]) {
        // Drops the parsed octets. `parse` sets the position to the first one that it has not parsed.
        let parsed = self.incoming.position() as usize;
        self.incoming.get_mut().drain(..parsed);
        self.incoming.set_position(0);
        self.incoming.get_mut().extend_from_slice(octets);
    }

    fn next(&mut self) -> Result<Option<Incoming>, String> {
        let parsed = Frame::parse(&mut self.incoming, MAX_PAYLOAD).map_err(|error| error.to_string())?;
        let Some(mut frame) = parsed else { return Ok(None) };
        let opcode = match frame.opcode() {
            OpCode::Continue => Opcode::Continuation,
            OpCode::Text => Opcode::Text,
            OpCode::Binary => Opcode::Binary,
            OpCode::Close => Opcode::Close,
            OpCode::Ping => Opcode::Ping,
            OpCode::Pong => Opcode::Pong,
            // `parse` rejects every other opcode.
            OpCode::Bad => return Err("an unknown opcode".to_owned()),
        };
        let masked = frame.is_masked();
        frame.remove_mask();
        Ok(Some(Incoming::Frame {
            fin: frame.is_final(),
            rsv: frame.has_rsv1() || frame.has_rsv2() || frame.has_rsv3(),
            masked,
            opcode,
            payload: frame.into_data(),
        }))
    }

    fn write(&mut self, outgoing: Outgoing<'_>, out: &mut Vec<u8>) -> Result<(), String> {
        let mut frame = match outgoing {
            Outgoing::Message { kind, payload } => {
                let opcode = match kind {
                    MessageKind::Text => OpCode::Text,
                    MessageKind::Binary => OpCode::Binary,
                };
                Frame::message(payload.to_vec(), opcode, true)
            }
            Outgoing::Pong(payload) => Frame::pong(payload.to_vec()),
            // Like connection.rs, converts the code to ws-rs's type.
            Outgoing::Close { code, reason } => {
                Frame::close(code.map_or(ws::CloseCode::Empty, |code| ws::CloseCode::from(code.0)), reason)
            }
        };
        if self.role == Role::Client {
            frame.set_mask();
        }
        frame.format(out).map_err(|error| error.to_string())
    }
}
