//! Adapts websocket (rust-websocket): its blocking [`Receiver`] and [`Sender`].
//!
//! It uses neither the library's client and server nor its opening handshake. The library parses and checks frames (masks,
//! lengths, fragmented control frames, reserved bits, opcodes) and assembles messages. It parses the code and the reason of a
//! Close. It writes frames and refuses control frames over 125 octets. An application closes with `Message::close_because`:
//! [`Capability::ExposesCloseApi`].
//!
//! The reader blocks, and loses the part of a frame that it has read when it receives `WouldBlock`. Therefore the adapter
//! passes it one frame at a time. If a frame is incomplete, the adapter later starts again at the first octet of the frame.
//! Between frames the receiver keeps only the complete fragments of a message, so this has no effect on it. An error that
//! the incomplete frame already causes is reported at once.
//!
//! websocket leaves these to its program, as in the library's examples:
//!
//! - [`Capability::RepliesToClose`], [`Capability::SendsCloseOnFailure`]: `recv_message` returns every frame and never writes.
//! - [`Capability::ClosesTcp`]: messages can be sent and read after a Close, and nothing specifies when to close TCP.
//! - [`Capability::HasTimeouts`], [`Capability::ReportsClean`], [`Capability::ReportsMemory`]: it has no clock, does not
//!   report how a connection ended, and the size of a payload buffer is not observable.

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
    /// The octets from the start of the first incomplete frame.
    incoming: Vec<u8>,
}

/// Reads at most one frame, and records whether the library requested more octets.
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

/// The length of the first frame in octets, or that of `octets` if the frame is longer.
fn first_frame_len(octets: &[u8]) -> usize {
    let frame_len = match Header::decode(octets) {
        Status::Complete(header, len) => header.length.value().saturating_add(len as u64),
        Status::Partial(_) => u64::MAX,
    };
    usize::try_from(frame_len).map_or(octets.len(), |len| len.min(octets.len()))
}

impl FrameCodec for WebSocket {
    const NAME: &'static str = "websocket";

    fn capabilities(role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => Capabilities::of(&[
                Capability::Framing,
                Capability::MasksFrames,
                Capability::ParsesCloseBody,
                Capability::InterpretsReason,
                Capability::ReportsCloseStatus,
                Capability::ReportsMessages,
                Capability::ValidatesText,
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
            let (consumed, exhausted) = (len - window.octets.len(), window.exhausted);
            let is_complete = matches!(Header::decode(&self.incoming), Status::Complete(header, head)
                if header.length.value().checked_add(head as u64) == Some(consumed as u64));
            match read {
                // The receiver holds a complete fragment and requests the next one.
                Err(_) if exhausted && is_complete => drop(self.incoming.drain(..consumed)),
                Err(_) if exhausted => return Ok(None),
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
