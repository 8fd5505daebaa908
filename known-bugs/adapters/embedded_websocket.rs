//! Adapts embedded-websocket: `WebSocket` as an encoder and decoder of slices, in a conforming program ([`CodecSubject`]).
//!
//! The program passes received octets to `read` and assembles a message until `end_of_message`. It replies to a Close with
//! `CloseReply`, as the documentation requires. `close` starts the closing handshake. When the library reports that the
//! connection is closed, the program stops reading.
//!
//! The program decides when to reply and to close TCP. It also checks the UTF-8 of text, and the reserved bits and masks of
//! received frames, because the library does not. `close` requires a code.

use std::process::ExitCode;

use embedded_websocket::{
    Error, WebSocketClient, WebSocketCloseStatusCode as Status, WebSocketReadResult,
    WebSocketReceiveMessageType as Received, WebSocketSendMessageType as Sent, WebSocketServer,
    WebSocketState,
};
use rand::rngs::ThreadRng;
use wsclose::protocol::close::MAX_REASON;
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::codec::{CodecSubject, FrameCodec, Incoming, Outgoing};

/// The size of a buffer, in octets, that holds every message of a script.
const ROOM: usize = 1 << 17;

enum Socket {
    Client(WebSocketClient<ThreadRng>),
    Server(WebSocketServer),
}

/// Calls a method on the socket of either role.
macro_rules! of {
    ($socket:expr, $bound:ident => $call:expr) => {
        match $socket {
            Socket::Client($bound) => $call,
            Socket::Server($bound) => $call,
        }
    };
}

struct Embedded {
    socket: Socket,
    incoming: Vec<u8>,
    message: Vec<u8>,
}

impl Embedded {
    fn state(&self) -> WebSocketState {
        of!(&self.socket, socket => socket.state)
    }
}

impl FrameCodec for Embedded {
    const NAME: &'static str = "embedded-websocket";

    fn capabilities(_role: Role) -> Capabilities {
        Capabilities::of(&[
            Capability::Framing,
            Capability::MasksFrames,
            Capability::ParsesCloseBody,
            Capability::InterpretsReason,
            Capability::ExposesCloseApi,
        ])
    }

    fn new(role: Role) -> Embedded {
        let mut socket = match role {
            Role::Client => Socket::Client(WebSocketClient::new_client(rand::thread_rng())),
            Role::Server => Socket::Server(WebSocketServer::new_server()),
        };
        of!(&mut socket, socket => socket.state = WebSocketState::Open);
        Embedded { socket, incoming: Vec::new(), message: Vec::new() }
    }

    fn receive(&mut self, octets: &[u8]) {
        self.incoming.extend_from_slice(octets);
    }

    fn next(&mut self) -> Result<Option<Incoming>, String> {
        let mut part = vec![0; ROOM];
        while !self.incoming.is_empty()
            && matches!(self.state(), WebSocketState::Open | WebSocketState::CloseSent)
        {
            let read = of!(&mut self.socket, socket => socket.read(&self.incoming, &mut part));
            let WebSocketReadResult { len_from, len_to, end_of_message, close_status, message_type } =
                match read {
                    Err(Error::ReadFrameIncomplete) => return Ok(None),
                    read => read.map_err(|error| format!("{error:?}"))?,
                };
            self.incoming.drain(..len_from);
            self.message.extend_from_slice(&part[..len_to]);
            if !end_of_message {
                continue;
            }
            let payload = std::mem::take(&mut self.message);
            return Ok(Some(match message_type {
                Received::Text => Incoming::Fragment { begins: Some(MessageKind::Text), ends: true, payload },
                Received::Binary => {
                    Incoming::Fragment { begins: Some(MessageKind::Binary), ends: true, payload }
                }
                Received::Ping => Incoming::Ping(payload),
                Received::Pong => Incoming::Pong,
                Received::CloseMustReply | Received::CloseCompleted => {
                    let reason = payload.get(2..).unwrap_or_default();
                    // For a Close without a code, the library returns a code of its own and no payload.
                    let code = close_status.filter(|_| payload.len() > 1).map(number);
                    Incoming::Close { code, reason: String::from_utf8_lossy(reason).into_owned() }
                }
            }));
        }
        Ok(None)
    }

    fn write(&mut self, outgoing: Outgoing<'_>, out: &mut Vec<u8>) -> Result<(), String> {
        let mut room = vec![0; ROOM];
        let is_reply = self.state() == WebSocketState::CloseReceived;
        let written = of!(&mut self.socket, socket => match outgoing {
            Outgoing::Message { kind: MessageKind::Text, payload } => socket.write(Sent::Text, true, payload, &mut room),
            Outgoing::Message { kind: MessageKind::Binary, payload } => {
                socket.write(Sent::Binary, true, payload, &mut room)
            }
            Outgoing::Pong(payload) => socket.write(Sent::Pong, true, payload, &mut room),
            Outgoing::Close { code, reason: _ } if is_reply => {
                let payload = code.map(|code| code.0.to_be_bytes());
                socket.write(Sent::CloseReply, true, payload.as_ref().map_or(&[], |code| &code[..]), &mut room)
            }
            Outgoing::Close { code: Some(code), reason } if reason.len() <= MAX_REASON => {
                socket.close(Status::Custom(code.0), Some(reason).filter(|reason| !reason.is_empty()), &mut room)
            }
            Outgoing::Close { .. } => return Err("close requires a code, and a reason that fits".to_owned()),
        });
        let written = written.map_err(|error| format!("{error:?}"))?;
        out.extend_from_slice(&room[..written]);
        Ok(())
    }
}

/// The number of a code, because the library's conversion is private.
fn number(status: Status) -> CloseCode {
    CloseCode(match status {
        Status::NormalClosure => 1000,
        Status::EndpointUnavailable => 1001,
        Status::ProtocolError => 1002,
        Status::InvalidMessageType => 1003,
        Status::Reserved => 1004,
        Status::Empty => 1005,
        Status::InvalidPayloadData => 1007,
        Status::PolicyViolation => 1008,
        Status::MessageTooBig => 1009,
        Status::MandatoryExtension => 1010,
        Status::InternalServerError => 1011,
        Status::TlsHandshake => 1015,
        Status::Custom(code) => code,
    })
}

fn main() -> ExitCode {
    wsclose_adapter::worker::main(CodecSubject::<Embedded>::new())
}
