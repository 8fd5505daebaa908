//! Adapts versions of fastwebsockets in which a `Frame` owns its payload: a `FragmentCollector`, without the opening handshake.
//!
//! The program calls `read_frame`, which replies to Pings and Closes, until that fails. After a Close it waits until the peer
//! closes TCP. It drops `read_frame` only between frames ([`wire`]), because that discards the part of a frame that it has
//! read.
//!
//! fastwebsockets leaves these to its program:
//!
//! - [`Capability::SendsCloseOnFailure`]: it only returns most errors. It sends a Close for a code that must not be used.
//! - [`Capability::ClosesTcp`]: it never closes TCP, and does not indicate when to.
//! - [`Capability::ExposesCloseApi`]: it sends requested Closes unchecked, so the program refuses invalid ones.
//!
//! No version has a clock, reports whether a closure was clean, or makes its memory observable.

#[path = "parts/wire.rs"]
mod wire;

use std::process::ExitCode;

use fastwebsockets::{FragmentCollector, Frame, OpCode, Role as Side, WebSocket};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, Next, Request, Transport};
use wsclose_adapter::program::{LibraryProgram, ProgramSubject};

struct Fastwebsockets;

impl LibraryProgram for Fastwebsockets {
    const NAME: &'static str = "fastwebsockets";

    fn capabilities(_role: Role) -> Capabilities {
        Capabilities::of(&[
            Capability::Framing,
            Capability::MasksFrames,
            Capability::RepliesToClose,
            Capability::ParsesCloseBody,
            Capability::InterpretsReason,
            Capability::ReportsCloseStatus,
            Capability::ReportsMessages,
        ])
    }

    async fn run(role: Role, transport: Transport, app: AppHandle) {
        let side = match role {
            Role::Client => Side::Client,
            Role::Server => Side::Server,
        };
        let (wire, inside) = wire::Wire::new(transport);
        let mut socket = FragmentCollector::new(WebSocket::after_handshake(wire, side));
        let (mut requested, mut reported) = (false, false);
        loop {
            match wire::next(&app, &inside, socket.read_frame()).await {
                // The program conforms: it requests no invalid Close, and nothing after its own Close.
                Next::Request(_) if requested || reported => app.unsupported("the connection is closing"),
                Next::Request(Request::Close { code: Some(code), reason })
                    if reason.len() > wsclose::protocol::close::MAX_REASON
                        || code.sendable(role, Default::default()).is_err() =>
                {
                    app.unsupported("a Close cannot contain this code or reason")
                }
                Next::Request(Request::Close { code, reason }) => {
                    requested = true;
                    let frame = match code {
                        Some(code) => Frame::close(code.0, reason.as_bytes()),
                        None => Frame::close_raw(Vec::new()),
                    };
                    app.request_result(&socket.write_frame(frame).await);
                }
                Next::Request(Request::Send { kind, payload }) => {
                    let frame = match kind {
                        MessageKind::Text => Frame::text(payload),
                        MessageKind::Binary => Frame::binary(payload),
                    };
                    app.request_result(&socket.write_frame(frame).await);
                }
                Next::Read(Ok(frame)) => match frame.opcode {
                    OpCode::Text => app.message(MessageKind::Text, &frame.payload),
                    OpCode::Binary => app.message(MessageKind::Binary, &frame.payload),
                    OpCode::Close => {
                        // The first Close determines the status of the closure.
                        if std::mem::replace(&mut reported, true) {
                            continue;
                        }
                        match frame.payload.as_slice() {
                            [high, low, reason @ ..] => {
                                let code = CloseCode(u16::from_be_bytes([*high, *low]));
                                app.reported(Some(code), Some(&String::from_utf8_lossy(reason)), None);
                            }
                            _ => app.reported(None, Some(""), None),
                        }
                    }
                    OpCode::Continuation | OpCode::Ping | OpCode::Pong => {}
                },
                Next::Read(Err(error)) => {
                    app.error_reported(error);
                    return;
                }
            }
        }
    }
}

fn main() -> ExitCode {
    wsclose_adapter::worker::main(ProgramSubject::<Fastwebsockets>::new())
}
