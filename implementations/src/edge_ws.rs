//! edge-ws, in-process: [`FrameHeader`], which reads and writes the headers of frames and puts masks on and off.
//!
//! It is for machines without an allocator and leaves the rest to its user. It refuses reserved bits and
//! unknown opcodes, and says what a frame is; everything else is the glue's: how long a payload may be, of a
//! control frame too (its `recv` takes a buffer, and fails if that is too small), whether frames may be masked,
//! masking keys, fragments, UTF-8, codes, and when to answer and to close TCP. Therefore the one duty here is
//! [`Duty::Frames`], but for the rules of it that the glue keeps.

use std::hash::{BuildHasher, RandomState};

use edge_ws::{Error, FrameHeader, FrameType};
use wsclose::protocol::frame::Opcode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability, Rule};
use wsclose::script::MessageKind;
use wsclose_adapter::codec::{FrameCodec, Incoming, Outgoing};

/// The buffer for payloads that the glue would hand to `recv`.
const MAX_PAYLOAD: u64 = 1 << 16;

/// The same for control frames (RFC 6455, §5.5).
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
        let most = match header.frame_type {
            FrameType::Text(_) | FrameType::Binary(_) | FrameType::Continue(_) => MAX_PAYLOAD,
            FrameType::Ping | FrameType::Pong | FrameType::Close => MAX_CONTROL,
        };
        if header.payload_len > most {
            return Err("a payload for which there is no room".to_owned());
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
            // `deserialize` lets none pass.
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
            // Each new state hashes with keys of its own.
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
