//! websocket (rust-websocket), in-process: its blocking [`Receiver`] and [`Sender`], without its client,
//! server and opening handshake.
//!
//! The library parses and checks frames (masks, lengths, fragments of control frames, reserved bits, opcodes),
//! puts messages together, reads the code and the reason of a Close, and writes frames, refusing control
//! frames over 125 octets. `Message::close_because` is how an application closes: [`Duty::OffersApi`].
//!
//! The reader blocks: it loses what it has read of a frame when it is told `WouldBlock`. So it is shown what a
//! blocking socket would show it, one frame at a time. Where a frame is not all there, what the reader did
//! with the beginning of it is undone by beginning at the frame's first octet again: between frames the
//! receiver keeps nothing but the whole fragments of a message, so that it cannot tell the difference, and an
//! error that the beginning alone gives is given at once.
//!
//! Left to the program, as in the library's examples, and so the glue's and not held against it:
//! - [`Duty::Answers`], [`Duty::FailsAloud`]: `recv_message` hands over every frame and never writes.
//! - [`Duty::ClosesTcp`]: messages can still be sent and read after a Close; when to end TCP nobody says.
//! - [`Duty::KeepsTime`], [`Duty::ReportsClean`], [`Duty::ShowsMemory`]: no clock, no word on how it ended, and
//!   the buffer of a payload cannot be asked how large it is.

use std::io::{ErrorKind, Read};

use websocket::message::{Message, OwnedMessage};
use websocket::receiver::Receiver;
use websocket::sender::Sender;
use websocket::ws::{Receiver as _, Sender as _};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::frame::{Header, Status};
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::codec::{FrameCodec, Incoming, Outgoing};

/// rust-websocket's receiver and sender, in either role.
pub struct WebSocket {
    receiver: Receiver,
    sender: Sender,
    /// What has arrived, from the first octet of the first frame that is not all there.
    incoming: Vec<u8>,
}

/// A reader of one frame, as far as it is there, that notes when it is asked for more.
struct Window<'a> {
    octets: &'a [u8],
    exhausted: bool,
}

impl Read for Window<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.octets.is_empty() && !buffer.is_empty() {
            self.exhausted = true;
            return Err(ErrorKind::WouldBlock.into());
        }
        self.octets.read(buffer)
    }
}

/// How long the first frame is, or all there is if it is longer.
fn first_frame_len(octets: &[u8]) -> usize {
    let whole = match Header::decode(octets) {
        Status::Complete(header, len) => header.length.value().saturating_add(len as u64),
        Status::Partial(_) => u64::MAX,
    };
    usize::try_from(whole).map_or(octets.len(), |whole| whole.min(octets.len()))
}

impl FrameCodec for WebSocket {
    const NAME: &'static str = "websocket";

    fn capabilities(role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => Capabilities::of(&[
                Capability::Framing,
                Capability::MasksFrames,
                Capability::ParsesCloseBody,
                Capability::ReportsCloseStatus,
                Capability::ReportsMessages,
                Capability::ExposesCloseApi,
            ]),
        }
    }

    fn new(role: Role) -> WebSocket {
        WebSocket {
            receiver: Receiver::new(role == Role::Server),
            sender: Sender::new(role == Role::Client),
            incoming: Vec::new(),
        }
    }

    fn receive(&mut self, octets: &[u8]) {
        self.incoming.extend_from_slice(octets);
    }

    fn next(&mut self) -> Result<Option<Incoming>, String> {
        loop {
            let len = first_frame_len(&self.incoming);
            let mut window = Window { octets: &self.incoming[..len], exhausted: false };
            let read = self.receiver.recv_message(&mut window);
            let (consumed, dry) = (len - window.octets.len(), window.exhausted);
            let whole = matches!(Header::decode(&self.incoming), Status::Complete(header, head)
                if header.length.value().checked_add(head as u64) == Some(consumed as u64));
            match read {
                // A whole fragment is in the receiver, which asks for the next.
                Err(_) if dry && whole => drop(self.incoming.drain(..consumed)),
                Err(_) if dry => return Ok(None),
                Err(error) => return Err(error.to_string()),
                Ok(message) => {
                    self.incoming.drain(..consumed);
                    return Ok(Some(match message {
                        OwnedMessage::Text(text) => {
                            Incoming::Message { kind: MessageKind::Text, payload: text.into_bytes() }
                        }
                        OwnedMessage::Binary(payload) => {
                            Incoming::Message { kind: MessageKind::Binary, payload }
                        }
                        OwnedMessage::Ping(payload) => Incoming::Ping(payload),
                        OwnedMessage::Pong(_) => Incoming::Pong,
                        OwnedMessage::Close(None) => Incoming::Close { code: None, reason: String::new() },
                        OwnedMessage::Close(Some(data)) => {
                            Incoming::Close { code: Some(CloseCode(data.status_code)), reason: data.reason }
                        }
                    }));
                }
            }
        }
    }

    fn write(&mut self, outgoing: Outgoing<'_>, out: &mut Vec<u8>) -> Result<(), String> {
        let message = match outgoing {
            Outgoing::Message { kind: MessageKind::Text, payload } => {
                Message::text(String::from_utf8_lossy(payload))
            }
            Outgoing::Message { kind: MessageKind::Binary, payload } => Message::binary(payload),
            Outgoing::Pong(payload) => Message::pong(payload),
            Outgoing::Close { code: None, reason: _ } => Message::close(),
            Outgoing::Close { code: Some(code), reason } => Message::close_because(code.0, reason),
        };
        self.sender.send_message(out, &message).map_err(|error| error.to_string())
    }
}
