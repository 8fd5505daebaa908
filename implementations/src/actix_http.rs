//! Adapts actix-http: [`Codec`], the frames of actix-web's WebSockets, without their connection.
//!
//! The library parses and checks frames, parses the code and the reason of a Close, and masks for clients. It refuses to
//! send what the RFC forbids. An application closes with `Message::Close`: [`Capability::ExposesCloseApi`]. The payload
//! limit is the default, 64 KiB for a frame. [`CodecSubject`](wsclose_adapter::codec::CodecSubject) assembles fragments and
//! checks the UTF-8 of text, because actix-http documents that it does neither. The capacity of the buffer is observable.
//!
//! actix-http leaves these to its program, such as actix-ws and actix-web-actors, which this adapter does not drive:
//!
//! - [`Capability::RepliesToClose`], [`Capability::SendsCloseOnFailure`], [`Capability::ClosesTcp`]: a codec only decodes and
//!   encodes frames.
//! - [`Capability::HasTimeouts`], [`Capability::ReportsClean`].

use actix_http::ws::{CloseReason, Codec, Frame, Item, Message};
use bytes::{Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::codec::{FrameCodec, Incoming, Outgoing};

/// actix-http's codec, in either role.
#[derive(Debug)]
pub struct ActixHttp {
    codec: Codec,
    incoming: BytesMut,
    /// The largest capacity that the buffer had.
    peak_capacity: usize,
}

fn fragment(begins: Option<MessageKind>, ends: bool, payload: &Bytes) -> Incoming {
    Incoming::Fragment { begins, ends, payload: payload.to_vec() }
}

impl FrameCodec for ActixHttp {
    const NAME: &'static str = "actix-http";

    fn capabilities(role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => Capabilities::of(&[
                Capability::Framing,
                Capability::MasksFrames,
                Capability::ParsesCloseBody,
                Capability::InterpretsReason,
                Capability::ReportsCloseStatus,
                Capability::ReportsMessages,
                Capability::ExposesCloseApi,
                Capability::ReportsMemory,
            ]),
        }
    }

    fn new(role: Role) -> ActixHttp {
        let codec = match role {
            Role::Client => Codec::new().client_mode(),
            Role::Server => Codec::new(),
        };
        ActixHttp { codec, incoming: BytesMut::new(), peak_capacity: 0 }
    }

    fn receive(&mut self, octets: &[u8]) {
        self.incoming.extend_from_slice(octets);
    }

    fn next(&mut self) -> Result<Option<Incoming>, String> {
        let decoded = self.codec.decode(&mut self.incoming);
        self.peak_capacity = self.peak_capacity.max(self.incoming.capacity());
        let Some(frame) = decoded.map_err(|error| error.to_string())? else { return Ok(None) };
        Ok(Some(match frame {
            Frame::Text(payload) => fragment(Some(MessageKind::Text), true, &payload),
            Frame::Binary(payload) => fragment(Some(MessageKind::Binary), true, &payload),
            Frame::Continuation(Item::FirstText(payload)) => {
                fragment(Some(MessageKind::Text), false, &payload)
            }
            Frame::Continuation(Item::FirstBinary(payload)) => {
                fragment(Some(MessageKind::Binary), false, &payload)
            }
            Frame::Continuation(Item::Continue(payload)) => fragment(None, false, &payload),
            Frame::Continuation(Item::Last(payload)) => fragment(None, true, &payload),
            Frame::Ping(payload) => Incoming::Ping(payload.to_vec()),
            Frame::Pong(_) => Incoming::Pong,
            Frame::Close(None) => Incoming::Close { code: None, reason: String::new() },
            Frame::Close(Some(reason)) => Incoming::Close {
                code: Some(CloseCode(reason.code.into())),
                reason: reason.description.unwrap_or_default(),
            },
        }))
    }

    fn write(&mut self, outgoing: Outgoing<'_>, out: &mut Vec<u8>) -> Result<(), String> {
        let message = match outgoing {
            Outgoing::Message { kind: MessageKind::Text, payload } => {
                Message::Text(String::from_utf8_lossy(payload).into_owned().into())
            }
            Outgoing::Message { kind: MessageKind::Binary, payload } => {
                Message::Binary(Bytes::copy_from_slice(payload))
            }
            Outgoing::Pong(payload) => Message::Pong(Bytes::copy_from_slice(payload)),
            Outgoing::Close { code, reason } => Message::Close(code.map(|code| CloseReason {
                code: code.0.into(),
                description: (!reason.is_empty()).then(|| reason.to_owned()),
            })),
        };
        let mut written = BytesMut::new();
        self.codec.encode(message, &mut written).map_err(|error| error.to_string())?;
        out.extend_from_slice(&written);
        Ok(())
    }

    fn memory(&self) -> Option<u64> {
        Some(self.peak_capacity as u64)
    }
}
