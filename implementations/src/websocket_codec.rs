//! Adapts websocket-codec: [`MessageCodec`], which decodes and encodes messages in a buffer, without a connection.
//!
//! The library parses frames, and checks lengths, reserved bits, opcodes, fragments and the UTF-8 of text. It assembles
//! messages and masks for clients. An application closes with `Message::close`: [`Capability::ExposesCloseApi`]. It returns
//! the body of a Close unparsed, so [`CodecSubject`](wsclose_adapter::codec::CodecSubject) checks received codes and reasons.
//! The capacity of the buffer is observable.
//!
//! websocket-codec leaves these to its program:
//!
//! - [`Capability::ParsesCloseBody`], [`Capability::ReportsCloseStatus`].
//! - [`Capability::RepliesToClose`], [`Capability::SendsCloseOnFailure`], [`Capability::ClosesTcp`]: a codec only decodes and
//!   encodes frames.
//! - [`Capability::HasTimeouts`], [`Capability::ReportsClean`].
//!
//! The adapter frees unused capacity after each call. Otherwise the lengths that a peer claims would add up over many scripts.

use bytes::{Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};
use websocket_codec::{Message, MessageCodec, Opcode as CodecOpcode};
use wsclose::protocol::frame::Opcode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::codec::{FrameCodec, Incoming, Outgoing};

/// The unused capacity, in octets, above which the buffer is reallocated.
const MAX_SPARE_CAPACITY: usize = 1 << 16;

/// websocket-codec's codec, in either role.
pub struct WebSocketCodec {
    codec: MessageCodec,
    incoming: BytesMut,
    /// The largest capacity that the buffer had.
    peak_capacity: usize,
    role: Role,
}

impl FrameCodec for WebSocketCodec {
    const NAME: &'static str = "websocket-codec";

    fn capabilities(role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => Capabilities::of(&[
                Capability::Framing,
                Capability::MasksFrames,
                Capability::ExposesCloseApi,
                Capability::ReportsMemory,
                Capability::ValidatesText,
            ]),
        }
    }

    fn new(role: Role) -> WebSocketCodec {
        let codec = match role {
            Role::Client => MessageCodec::client(),
            Role::Server => MessageCodec::server(),
        };
        WebSocketCodec { codec, incoming: BytesMut::new(), peak_capacity: 0, role }
    }

    fn receive(&mut self, octets: &[u8]) {
        self.incoming.extend_from_slice(octets);
    }

    fn next(&mut self) -> Result<Option<Incoming>, String> {
        let decoded = self.codec.decode(&mut self.incoming);
        self.peak_capacity = self.peak_capacity.max(self.incoming.capacity());
        if self.incoming.capacity() - self.incoming.len() > MAX_SPARE_CAPACITY {
            self.incoming = BytesMut::from(&self.incoming[..]);
        }
        let Some(message) = decoded.map_err(|error| error.to_string())? else { return Ok(None) };
        let opcode = message.opcode();
        let payload = message.into_data().to_vec();
        Ok(Some(match opcode {
            CodecOpcode::Text => Incoming::Message { kind: MessageKind::Text, payload },
            CodecOpcode::Binary => Incoming::Message { kind: MessageKind::Binary, payload },
            CodecOpcode::Ping => Incoming::Ping(payload),
            CodecOpcode::Pong => Incoming::Pong,
            // The codec has checked the header, but does not return it. It has not parsed the body.
            CodecOpcode::Close => Incoming::Frame {
                fin: true,
                rsv: false,
                masked: self.role == Role::Server,
                opcode: Opcode::Close,
                payload,
            },
        }))
    }

    fn write(&mut self, outgoing: Outgoing<'_>, out: &mut Vec<u8>) -> Result<(), String> {
        let message = match outgoing {
            Outgoing::Message { kind: MessageKind::Text, payload } => {
                Message::text(String::from_utf8_lossy(payload))
            }
            Outgoing::Message { kind: MessageKind::Binary, payload } => {
                Message::binary(Bytes::copy_from_slice(payload))
            }
            Outgoing::Pong(payload) => Message::pong(Bytes::copy_from_slice(payload)),
            Outgoing::Close { code, reason } => Message::close(code.map(|code| (code.0, reason.to_owned()))),
        };
        let mut written = BytesMut::new();
        self.codec.encode(&message, &mut written).map_err(|error| error.to_string())?;
        out.extend_from_slice(&written);
        Ok(())
    }

    fn memory(&self) -> Option<u64> {
        Some(self.peak_capacity as u64)
    }
}
