//! websocket-codec, in-process: [`MessageCodec`], which decodes from and encodes to a buffer, without a
//! connection.
//!
//! The library parses frames, checks lengths, reserved bits, opcodes, fragments and the UTF-8 of text, puts
//! messages together, and masks for clients. `Message::close` is how an application closes:
//! [`Duty::OffersApi`]. It does not read the body of a Close, which it hands over as octets, so that codes and
//! reasons that are received are the glue's to check. How much room it makes in the buffer can be seen.
//!
//! Left to the program, and so the glue's and not held against it: [`Duty::ReadsClose`], [`Duty::Reports`],
//! [`Duty::Answers`], [`Duty::FailsAloud`], [`Duty::ClosesTcp`] (a codec hands over frames and writes what it is
//! told to), [`Duty::KeepsTime`], [`Duty::ReportsClean`]. Room that the codec made and did not use is given back
//! here after each call, so that what a peer claims does not add up over many scripts.

use bytes::{Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};
use websocket_codec::{Message, MessageCodec, Opcode as Theirs};
use wsclose::protocol::frame::Opcode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::codec::{FrameCodec, Incoming, Outgoing};

/// More room than this, unused, is given back.
const MAX_SPARE_CAPACITY: usize = 1 << 16;

/// websocket-codec's codec, in either role.
pub struct WebSocketCodec {
    codec: MessageCodec,
    incoming: BytesMut,
    /// The largest that the buffer has been.
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
            Theirs::Text => Incoming::Message { kind: MessageKind::Text, payload },
            Theirs::Binary => Incoming::Message { kind: MessageKind::Binary, payload },
            Theirs::Ping => Incoming::Ping(payload),
            Theirs::Pong => Incoming::Pong,
            // What the codec has checked, and what it does not tell, is as it should be; the body is unread.
            Theirs::Close => Incoming::Frame {
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
