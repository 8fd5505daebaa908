//! Adapts embedded-websocket: its blocking [`Framer`], which the crate recommends over the codec.
//!
//! There is no opening handshake: the state is public, and the adapter sets it to `Open`. The Framer masks for clients with
//! the generator that it receives, replies to Closes and Pings while it reads, and offers `close` and `write`. If the stream
//! would block, the adapter repeats the read with the same buffers. They and the Framer keep everything that was read. The
//! buffers are larger than in its examples, so that every message of a script fits.
//!
//! embedded-websocket leaves these to its program:
//!
//! - [`Capability::ClosesTcp`]: `ReadResult::Closed` follows either Close, and the peer's FIN. A server then drops TCP here. A
//!   client first reads up to the server's FIN. This also excludes `discards-after-close` and `eof-is-not-a-close`.
//! - [`Capability::ParsesCloseBody`], [`Capability::ReportsCloseStatus`], [`Capability::ReportsClean`]: the Framer sends the
//!   body of a Close back unparsed, and `Closed` contains nothing of it. The rules for senders apply to that reply.
//! - [`Capability::SendsCloseOnFailure`]: an error of `read` sends nothing, and the program drops TCP.
//! - [`Capability::HasTimeouts`], [`Capability::ReportsMemory`]: it has no clock, and the program owns all memory.
//!
//! `close` requires a code, so there is no API for a Close without one.
//!
//! The Framer can loop without reading or writing, which a budget of calls does not stop. Therefore a second codec of the
//! crate reads the octets first. The Framer receives them up to the point where that codec makes no progress. If the Framer
//! then reads more, it would not return. The adapter stops it and records a hang.

use std::io::{ErrorKind, Read, Write};
use std::task::Poll;

use embedded_websocket::framer::{Framer, FramerError, ReadResult, Stream};
use embedded_websocket::{
    WebSocket, WebSocketClient, WebSocketCloseStatusCode as Code, WebSocketSendMessageType as Kind,
    WebSocketServer, WebSocketState, WebSocketType,
};
use rand::RngCore;
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability, Rule};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, CallBudgetExceeded, Next, Request, Transport};
use wsclose_adapter::program::LibraryProgram;

/// The size of each buffer, in octets.
const BUFFER: usize = 1 << 17;

/// embedded-websocket's Framer, in either role.
#[derive(Debug)]
pub struct EmbeddedWebSocket;

impl LibraryProgram for EmbeddedWebSocket {
    const NAME: &'static str = "embedded-websocket";

    fn capabilities(role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => Capabilities::of(&[
                Capability::Framing,
                Capability::MasksFrames,
                Capability::RepliesToClose,
                Capability::ExposesCloseApi,
            ])
            .exempting(&[Rule::DiscardsAfterClose, Rule::EofIsNotAClose]),
        }
    }

    async fn run(role: Role, transport: Transport, app: AppHandle) {
        match role {
            Role::Client => {
                serve(WebSocketClient::new_client(rand::thread_rng()), role, transport, app).await
            }
            Role::Server => serve(WebSocketServer::new_server(), role, transport, app).await,
        }
    }
}

/// Converts a code to the type of the crate.
pub fn code(code: CloseCode) -> Code {
    match code.0 {
        1000 => Code::NormalClosure,
        1001 => Code::EndpointUnavailable,
        1002 => Code::ProtocolError,
        1003 => Code::InvalidMessageType,
        1004 => Code::Reserved,
        1005 => Code::Empty,
        1007 => Code::InvalidPayloadData,
        1008 => Code::PolicyViolation,
        1009 => Code::MessageTooBig,
        1010 => Code::MandatoryExtension,
        1011 => Code::InternalServerError,
        1015 => Code::TlsHandshake,
        other => Code::Custom(other),
    }
}

/// The stream that the Framer reads. The codec `probe` reads its octets first.
struct GuardedStream {
    transport: Transport,
    probe: WebSocketServer,
    scratch: Vec<u8>,
    stalled: bool,
}

impl GuardedStream {
    /// The number of octets that the Framer can consume.
    fn consumable_len(&mut self, octets: &[u8]) -> usize {
        let mut consumed = 0;
        while consumed < octets.len() {
            match self.probe.read(&octets[consumed..], &mut self.scratch) {
                Ok(read) if read.len_from == 0 => {
                    self.stalled = true;
                    return consumed;
                }
                Ok(read) => consumed += read.len_from,
                // The Framer returns the same error.
                Err(_) => break,
            }
        }
        octets.len()
    }
}

impl Stream<std::io::Error> for GuardedStream {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, std::io::Error> {
        if !self.stalled {
            let len = self.transport.read(buffer)?;
            let consumable = self.consumable_len(&buffer[..len]);
            if consumable > 0 || len == 0 {
                return Ok(consumable);
            }
        }
        std::panic::resume_unwind(Box::new(CallBudgetExceeded))
    }

    fn write_all(&mut self, octets: &[u8]) -> Result<(), std::io::Error> {
        self.transport.write_all(octets)
    }
}

/// The result of a read, without references to the Framer's buffers.
enum ReadEvent {
    Message(MessageKind, Vec<u8>),
    Pong,
    Closed,
}

async fn serve<R: RngCore, T: WebSocketType>(
    mut socket: WebSocket<R, T>,
    role: Role,
    transport: Transport,
    app: AppHandle,
) {
    socket.state = WebSocketState::Open;
    let mut probe = WebSocketServer::new_server();
    probe.state = WebSocketState::Open;
    let mut stream = GuardedStream { transport, probe, scratch: vec![0; BUFFER], stalled: false };
    let (mut reading, mut writing, mut frame) = (vec![0; BUFFER], vec![0; BUFFER], vec![0; BUFFER]);
    let mut cursor = 0;
    let mut framer = Framer::new(&mut reading, &mut cursor, &mut writing, &mut socket);
    loop {
        let read = std::future::poll_fn(|_| match framer.read(&mut stream, &mut frame) {
            Err(FramerError::Io(error)) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
            Err(error) => Poll::Ready(Err(format!("{error:?}"))),
            Ok(ReadResult::Text(text)) => {
                Poll::Ready(Ok(ReadEvent::Message(MessageKind::Text, text.as_bytes().to_vec())))
            }
            Ok(ReadResult::Binary(payload)) => {
                Poll::Ready(Ok(ReadEvent::Message(MessageKind::Binary, payload.to_vec())))
            }
            Ok(ReadResult::Pong(_)) => Poll::Ready(Ok(ReadEvent::Pong)),
            Ok(ReadResult::Closed) => Poll::Ready(Ok(ReadEvent::Closed)),
        });
        match app.next(read).await {
            Next::Request(Request::Close { code: None, .. }) => app.unsupported("`close` requires a code"),
            Next::Request(Request::Close { code: Some(requested), reason }) => {
                let reason = (!reason.is_empty()).then_some(reason.as_str());
                let closed = framer.close(&mut stream, code(requested), reason);
                app.request_result(&closed.map_err(|error| format!("{error:?}")));
            }
            Next::Request(Request::Send { kind, payload }) => {
                let kind = match kind {
                    MessageKind::Text => Kind::Text,
                    MessageKind::Binary => Kind::Binary,
                };
                let sent = framer.write(&mut stream, kind, true, &payload);
                app.request_result(&sent.map_err(|error| format!("{error:?}")));
            }
            Next::Read(Ok(ReadEvent::Message(kind, payload))) => app.message(kind, &payload),
            Next::Read(Ok(ReadEvent::Pong)) => {}
            Next::Read(Ok(ReadEvent::Closed)) => break,
            Next::Read(Err(error)) => return app.error_reported(error),
        }
    }
    if role == Role::Client {
        let mut rest = [0; 64];
        // A FIN, a reset or an error ends the loop.
        while wsclose_adapter::connection::pending_on_would_block(|| stream.transport.read(&mut rest))
            .await
            .is_ok_and(|len| len > 0)
        {}
    }
}
