//! embedded-websocket, in-process: its blocking [`Framer`], which the crate recommends over the bare codec,
//! without the opening handshake (the state is public, and set to `Open`).
//!
//! The Framer masks for clients (with the generator that it is given), answers Closes and Pings while it reads,
//! and offers `close` and `write`. A read on which the stream would block is begun again with the same buffers:
//! everything that was read is kept in them and in the Framer. Buffers are larger than in its examples, so
//! that no message of a script is too large for them.
//!
//! Left to the program, and so not held against it:
//! - [`Duty::ClosesTcp`]: `ReadResult::Closed` comes after either Close, and after the peer's FIN. A server then
//!   drops TCP here; a client first reads to the server's FIN. With it go the rules `discards-after-close` and
//!   `eof-is-not-a-close`.
//! - [`Duty::ReadsClose`], [`Duty::Reports`], [`Duty::ReportsClean`]: the body of a Close is sent back unread, and
//!   `Closed` says nothing of it. What the Framer sends back it is asked for, as any sender is.
//! - [`Duty::FailsAloud`]: an error of `read` sends nothing; the program drops TCP.
//! - [`Duty::KeepsTime`], [`Duty::ShowsMemory`]: no clock, and all memory is the program's.
//!
//! `close` wants a code: there is no interface for a Close without one.
//!
//! The Framer can go round without reading or writing, where no count of steps stops it. So a second codec, the
//! crate's own too, goes over the octets ahead of it, and they are handed to the Framer up to where that one
//! makes no progress. If the Framer then asks for more, it would never come back: it is stopped instead, and
//! that is told as spinning.

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

/// The size of each buffer.
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

/// A code as the crate has it.
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

/// The stream as the Framer reads it, with the codec that goes ahead.
struct GuardedStream {
    transport: Transport,
    probe: WebSocketServer,
    scratch: Vec<u8>,
    stalled: bool,
}

impl GuardedStream {
    /// How many of these octets the Framer gets through.
    fn consumable_len(&mut self, octets: &[u8]) -> usize {
        let mut passed = 0;
        while passed < octets.len() {
            match self.probe.read(&octets[passed..], &mut self.scratch) {
                Ok(read) if read.len_from == 0 => {
                    self.stalled = true;
                    return passed;
                }
                Ok(read) => passed += read.len_from,
                // The Framer will see the same, and end.
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
            let passable = self.consumable_len(&buffer[..len]);
            if passable > 0 || len == 0 {
                return Ok(passable);
            }
        }
        std::panic::resume_unwind(Box::new(CallBudgetExceeded))
    }

    fn write_all(&mut self, octets: &[u8]) -> Result<(), std::io::Error> {
        self.transport.write_all(octets)
    }
}

/// What a read of the Framer's came to, apart from its buffers.
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
    let mut ahead = WebSocketServer::new_server();
    ahead.state = WebSocketState::Open;
    let mut stream = GuardedStream { transport, probe: ahead, scratch: vec![0; BUFFER], stalled: false };
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
            Next::Request(Request::Close { code: None, .. }) => app.unsupported("`close` wants a code"),
            Next::Request(Request::Close { code: Some(asked), reason }) => {
                let reason = (!reason.is_empty()).then_some(reason.as_str());
                let closed = framer.close(&mut stream, code(asked), reason);
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
            Next::Read(Err(words)) => return app.error_reported(words),
        }
    }
    if role == Role::Client {
        let mut rest = [0; 64];
        // A FIN, a reset and an error all end the waiting.
        while wsclose_adapter::connection::pending_on_would_block(|| stream.transport.read(&mut rest))
            .await
            .is_ok_and(|len| len > 0)
        {}
    }
}
