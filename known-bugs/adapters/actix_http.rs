//! Adapts the WebSocket codec of actix-http: `ws::Codec`, in a conforming program ([`CodecSubject`]).
//!
//! The library parses and writes frames, checks masks and fragments, and parses the code and reason of a Close. The program
//! decides when to reply and to close TCP, checks the UTF-8 of text, and checks requests.

use std::process::ExitCode;

use actix_http::ws::{CloseReason, Codec, Frame, Item, Message};
use bytes::{Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::codec::{CodecSubject, FrameCodec, Incoming, Outgoing};

struct Actix {
    codec: Codec,
    incoming: BytesMut,
}

impl FrameCodec for Actix {
    const NAME: &'static str = "actix-http";

    fn capabilities(_role: Role) -> Capabilities {
        Capabilities::of(&[
            Capability::Framing,
            Capability::MasksFrames,
            Capability::ParsesCloseBody,
            Capability::InterpretsReason,
        ])
    }

    fn new(role: Role) -> Actix {
        let codec = match role {
            Role::Client => Codec::new().client_mode(),
            Role::Server => Codec::new(),
        };
        Actix { codec, incoming: BytesMut::new() }
    }

    fn receive(&mut self, octets: &[u8]) {
        self.incoming.extend_from_slice(octets);
    }

    fn next(&mut self) -> Result<Option<Incoming>, String> {
        let frame = self.codec.decode(&mut self.incoming).map_err(|error| error.to_string())?;
        let part =
            |begins, ends, payload: Bytes| Incoming::Fragment { begins, ends, payload: payload.to_vec() };
        let Some(frame) = frame else { return Ok(None) };
        Ok(Some(match frame {
            // The codec does not check the UTF-8 of text.
            Frame::Text(payload) => part(Some(MessageKind::Text), true, payload),
            Frame::Binary(payload) => part(Some(MessageKind::Binary), true, payload),
            Frame::Continuation(Item::FirstText(payload)) => part(Some(MessageKind::Text), false, payload),
            Frame::Continuation(Item::FirstBinary(payload)) => {
                part(Some(MessageKind::Binary), false, payload)
            }
            Frame::Continuation(Item::Continue(payload)) => part(None, false, payload),
            Frame::Continuation(Item::Last(payload)) => part(None, true, payload),
            Frame::Ping(payload) => Incoming::Ping(payload.to_vec()),
            Frame::Pong(_) => Incoming::Pong,
            Frame::Close(None) => Incoming::Close { code: None, reason: String::new() },
            Frame::Close(Some(CloseReason { code, description })) => Incoming::Close {
                code: Some(CloseCode(code.into())),
                reason: description.unwrap_or_default(),
            },
        }))
    }

    fn write(&mut self, outgoing: Outgoing<'_>, out: &mut Vec<u8>) -> Result<(), String> {
        let message = match outgoing {
            Outgoing::Message { kind: MessageKind::Text, payload } => {
                Message::Text(String::from_utf8_lossy(payload).into_owned().into())
            }
            Outgoing::Message { kind: MessageKind::Binary, payload } => {
                Message::Binary(payload.to_vec().into())
            }
            Outgoing::Pong(payload) => Message::Pong(payload.to_vec().into()),
            Outgoing::Close { code, reason } => Message::Close(code.map(|code| CloseReason {
                code: code.0.into(),
                description: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
            })),
        };
        let mut written = BytesMut::new();
        self.codec.encode(message, &mut written).map_err(|error| error.to_string())?;
        out.extend_from_slice(&written);
        Ok(())
    }
}

fn main() -> ExitCode {
    wsclose_adapter::worker::main(CodecSubject::<Actix>::new())
}
