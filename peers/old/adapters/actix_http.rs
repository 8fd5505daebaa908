//! The WebSocket codec of actix-http: `ws::Codec`, in a conforming program ([`Glued`]).
//!
//! The library parses and builds frames, checks masks and fragments, and reads the code and reason of a
//! Close. When to answer and to close TCP, UTF-8 of text, and what an application may ask for is the glue's.

use std::process::ExitCode;

use actix_http::ws::{CloseReason, Codec, Frame, Item, Message};
use bytes::{Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};
use wsclose::code::CloseCode;
use wsclose::role::Role;
use wsclose::rule::{Duties, Duty};
use wsclose::script::MessageKind;
use wsclose_plumbing::layer::{Came, Glued, Going, Layer};

struct Actix {
    codec: Codec,
    incoming: BytesMut,
}

impl Layer for Actix {
    const NAME: &'static str = "actix-http";

    fn duties(_role: Role) -> Duties {
        Duties::of(&[Duty::Frames, Duty::Masks, Duty::ReadsClose])
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

    fn next(&mut self) -> Result<Option<Came>, String> {
        let frame = self.codec.decode(&mut self.incoming).map_err(|error| error.to_string())?;
        let part = |begins, ends, payload: Bytes| Came::Part { begins, ends, payload: payload.to_vec() };
        let Some(frame) = frame else { return Ok(None) };
        Ok(Some(match frame {
            // The codec does not look at text.
            Frame::Text(payload) => part(Some(MessageKind::Text), true, payload),
            Frame::Binary(payload) => part(Some(MessageKind::Binary), true, payload),
            Frame::Continuation(Item::FirstText(payload)) => part(Some(MessageKind::Text), false, payload),
            Frame::Continuation(Item::FirstBinary(payload)) => {
                part(Some(MessageKind::Binary), false, payload)
            }
            Frame::Continuation(Item::Continue(payload)) => part(None, false, payload),
            Frame::Continuation(Item::Last(payload)) => part(None, true, payload),
            Frame::Ping(payload) => Came::Ping(payload.to_vec()),
            Frame::Pong(_) => Came::Pong,
            Frame::Close(None) => Came::Close { code: None, reason: String::new() },
            Frame::Close(Some(CloseReason { code, description })) => {
                Came::Close { code: Some(CloseCode(code.into())), reason: description.unwrap_or_default() }
            }
        }))
    }

    fn write(&mut self, going: Going<'_>, out: &mut Vec<u8>) -> Result<(), String> {
        let message = match going {
            Going::Message { kind: MessageKind::Text, payload } => {
                Message::Text(String::from_utf8_lossy(payload).into_owned().into())
            }
            Going::Message { kind: MessageKind::Binary, payload } => Message::Binary(payload.to_vec().into()),
            Going::Pong(payload) => Message::Pong(payload.to_vec().into()),
            Going::Close { code, reason } => Message::Close(code.map(|code| CloseReason {
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
    wsclose_plumbing::worker::main(Glued::<Actix>::new())
}
