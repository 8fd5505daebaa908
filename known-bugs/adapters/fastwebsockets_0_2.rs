//! fastwebsockets while a `Frame` owned its payload: a `FragmentCollector`, without the opening handshake.
//!
//! The program calls `read_frame`, which answers Pings and Closes, until that fails, also after a Close: it
//! waits for the peer to end TCP. `read_frame` is dropped only between two frames ([`wire`]), because it
//! forgets what it has read of one.
//!
//! Left to the program: [`Capability::SendsCloseOnFailure`] (an error is only returned, but for a code that may not be
//! used), [`Capability::ClosesTcp`] (the library never touches TCP, nor says when to), and what no version has: a
//! clock, a word on whether the closure was clean, a way to see its memory. The payload of a Close is handed
//! over as it is, and what the application asks for is not looked at: a Close that the application may not
//! send is the program's to refuse, which leaves [`Capability::ExposesCloseApi`] to it.

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
            Capability::ReportsCloseStatus,
            Capability::ReportsMessages,
        ])
    }

    async fn run(role: Role, pipe: Transport, app: AppHandle) {
        let side = match role {
            Role::Client => Side::Client,
            Role::Server => Side::Server,
        };
        let (wire, inside) = wire::Wire::new(pipe);
        let mut socket = FragmentCollector::new(WebSocket::after_handshake(wire, side));
        let (mut asked, mut reported) = (false, false);
        loop {
            match wire::turn(&app, &inside, socket.read_frame()).await {
                // A conforming program: nothing that no Close can say, nothing after its own Close.
                Next::Request(_) if asked || reported => app.unsupported("the connection is closing"),
                Next::Request(Request::Close { code: Some(code), reason })
                    if reason.len() > wsclose::protocol::close::MAX_REASON
                        || code.sendable(role, Default::default()).is_err() =>
                {
                    app.unsupported("no Close can say that")
                }
                Next::Request(Request::Close { code, reason }) => {
                    asked = true;
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
                        // The first Close is what the closure is about.
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
