//! Adapts edge-ws: [`FrameHeader`], which parses and writes frame headers, and applies masks.
//!
//! The library is for devices without an allocator. It rejects reserved bits and unknown opcodes, and identifies frames. It
//! leaves everything else to its user. The adapter and [`CodecSubject`](wsclose_adapter::codec::CodecSubject) limit payloads,
//! also those of control frames, as a buffer of `recv` would. They also check which frames must be masked, generate mask
//! keys, assemble fragments, check UTF-8 and codes, and decide when to reply and to close TCP.
//!
//! Hence the only capability is [`Capability::Framing`], without the rules that the program fulfills.

use std::hash::{BuildHasher, RandomState};

use edge_ws::{Error, FrameHeader, FrameType};
use wsclose::protocol::frame::Opcode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability, Rule};
use wsclose::script::MessageKind;
use wsclose_adapter::codec::{FrameCodec, Incoming, Outgoing};

/// The size of the buffer, in octets, that a program would pass to `recv`.
const MAX_PAYLOAD: u64 = 1 << 16;

/// The same for control frames (RFC 6455 §5.5).
const MAX_CONTROL: u64 = 125;

/// edge-ws in either role.
#[derive(Debug)]
pub struct EdgeWs {
    role: Role,
    incoming: Vec<u8>,
}

impl FrameCodec for EdgeWs {
    const NAME: &'static str = "edge-ws";

    fn capabilities(role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => Capabilities::of(&[Capability::Framing]).exempting(&[
                Rule::BodyEmptyOrCode,
                Rule::RejectsLongClose,
                Rule::RejectsLongCloseAtOnce,
                Rule::RejectsBadControlFrame,
                Rule::RejectsBadFragmentation,
                Rule::RejectsLengthTopBit,
                Rule::ServerRejectsUnmasked,
                Rule::ClientRejectsMasked,
            ]),
        }
    }

    fn new(role: Role) -> EdgeWs {
        EdgeWs { role, incoming: Vec::new() }
    }

    fn receive(&mut self, octets: &[u8]) {
        self.incoming.extend_from_slice(octets);
    }

    fn next(&mut self) -> Result<Option<Incoming>, String> {
        let (header, begins) = match FrameHeader::deserialize(&self.incoming) {
            Ok(header) => header,
            Err(Error::Incomplete(_)) => return Ok(None),
            Err(error) => return Err(format!("{error:?}")),
        };
        let limit = match header.frame_type {
            FrameType::Text(_) | FrameType::Binary(_) | FrameType::Continue(_) => MAX_PAYLOAD,
            FrameType::Ping | FrameType::Pong | FrameType::Close => MAX_CONTROL,
        };
        if header.payload_len > limit {
            return Err("the payload exceeds the buffer".to_owned());
        }
        let ends = begins + header.payload_len as usize;
        if self.incoming.len() < ends {
            return Ok(None);
        }
        header.mask(&mut self.incoming[begins..ends], 0);
        let payload = self.incoming[begins..ends].to_vec();
        self.incoming.drain(..ends);
        Ok(Some(Incoming::Frame {
            fin: header.frame_type.is_final(),
            // `deserialize` rejects reserved bits.
            rsv: false,
            masked: header.mask_key.is_some(),
            opcode: match header.frame_type {
                FrameType::Text(_) => Opcode::Text,
                FrameType::Binary(_) => Opcode::Binary,
                FrameType::Ping => Opcode::Ping,
                FrameType::Pong => Opcode::Pong,
                FrameType::Close => Opcode::Close,
                FrameType::Continue(_) => Opcode::Continuation,
            },
            payload,
        }))
    }

    fn write(&mut self, outgoing: Outgoing<'_>, out: &mut Vec<u8>) -> Result<(), String> {
        let (frame_type, payload) = match outgoing {
            Outgoing::Message { kind: MessageKind::Text, payload } => {
                (FrameType::Text(false), payload.to_vec())
            }
            Outgoing::Message { kind: MessageKind::Binary, payload } => {
                (FrameType::Binary(false), payload.to_vec())
            }
            Outgoing::Pong(payload) => (FrameType::Pong, payload.to_vec()),
            Outgoing::Close { code: Some(code), reason } => {
                (FrameType::Close, [&code.to_octets()[..], reason.as_bytes()].concat())
            }
            Outgoing::Close { code: None, reason: _ } => (FrameType::Close, Vec::new()),
        };
        let mask_key = match self.role {
            // Each new state hashes with its own random keys.
            Role::Client => Some(RandomState::new().hash_one(()) as u32),
            Role::Server => None,
        };
        let header = FrameHeader { frame_type, payload_len: payload.len() as u64, mask_key };
        let mut head = [0; FrameHeader::MAX_LEN];
        let len = header.serialize(&mut head).map_err(|error| format!("{error:?}"))?;
        out.extend_from_slice(&head[..len]);
        let begins = out.len();
        out.extend_from_slice(&payload);
        header.mask(&mut out[begins..], 0);
        Ok(())
    }
}
