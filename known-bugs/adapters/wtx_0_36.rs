//! Adapts wtx 0.36 and later, without the opening handshake.
//!
//! The program is the sequential one of wtx's documentation. It calls `read_frame`, which replies to Pings and Closes, until
//! that returns a Close or fails. Then it drops TCP. It drops `read_frame` only between frames ([`wire`]). The adapter refuses a
//! code for which `CloseCode` has no value.
//!
//! wtx leaves these to its program:
//!
//! - [`Capability::SendsCloseOnFailure`]: it only returns most errors.
//! - [`Capability::ClosesTcp`]: it never closes TCP, and does not indicate when to.
//!
//! No version has a clock, reports whether a closure was clean, or makes its memory observable.

#[path = "parts/wire.rs"]
mod wire;

use std::future::poll_fn;
use std::pin::Pin;
use std::process::ExitCode;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wsclose::protocol::close::MAX_REASON;
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, Next, Request, Transport};
use wsclose_adapter::program::{LibraryProgram, ProgramSubject};
use wtx::collection::Vector;
use wtx::rng::{Xorshift64, simple_seed};
use wtx::stream::{StreamReader, StreamWriter};
use wtx::web_socket::{
    CloseCode as Code, Frame, OpCode, WebSocket, WebSocketBuffer, WebSocketPayloadOrigin,
    fill_with_close_code,
};

struct Wtx;

impl LibraryProgram for Wtx {
    const NAME: &'static str = "wtx";

    fn capabilities(_role: Role) -> Capabilities {
        Capabilities::of(&[
            Capability::Framing,
            Capability::MasksFrames,
            Capability::RepliesToClose,
            Capability::ParsesCloseBody,
            Capability::InterpretsReason,
            Capability::ReportsCloseStatus,
            Capability::ReportsMessages,
            Capability::ExposesCloseApi,
        ])
    }

    async fn run(role: Role, transport: Transport, app: AppHandle) {
        match role {
            Role::Client => serve::<true>(transport, &app).await,
            Role::Server => serve::<false>(transport, &app).await,
        }
    }
}

/// The wire with wtx's I/O traits.
struct Stream(wire::Wire);

impl StreamReader for Stream {
    async fn read(&mut self, octets: &mut [u8]) -> wtx::Result<usize> {
        let mut buffer = ReadBuf::new(octets);
        poll_fn(|cx| AsyncRead::poll_read(Pin::new(&mut self.0), cx, &mut buffer)).await?;
        Ok(buffer.filled().len())
    }
}

impl StreamWriter for Stream {
    async fn write_all(&mut self, mut octets: &[u8]) -> wtx::Result<()> {
        while !octets.is_empty() {
            let written = poll_fn(|cx| AsyncWrite::poll_write(Pin::new(&mut self.0), cx, octets)).await?;
            octets = &octets[written..];
        }
        Ok(())
    }

    async fn write_all_vectored(&mut self, parts: &[&[u8]]) -> wtx::Result<()> {
        for part in parts {
            self.write_all(part).await?;
        }
        Ok(())
    }
}

type Socket<const IS_CLIENT: bool> = WebSocket<(), Xorshift64, Stream, WebSocketBuffer, IS_CLIENT>;

async fn serve<const IS_CLIENT: bool>(transport: Transport, app: &AppHandle) {
    let (wire, inside) = wire::Wire::new(transport);
    let rng = Xorshift64::from(simple_seed());
    let mut socket = Socket::<IS_CLIENT>::new((), false, rng, Stream(wire), WebSocketBuffer::new())
        .expect("memory for its buffers");
    let mut buffer = Vector::new();
    loop {
        let frame = socket.read_frame(&mut buffer, WebSocketPayloadOrigin::Adaptive);
        match wire::next(app, &inside, frame).await {
            Next::Request(request) => {
                let done = act(&mut socket, request).await;
                app.request_result(&done);
            }
            Next::Read(Ok(frame)) => match frame.op_code() {
                OpCode::Text => app.message(MessageKind::Text, frame.payload()),
                OpCode::Binary => app.message(MessageKind::Binary, frame.payload()),
                OpCode::Close => {
                    let (code, reason) = match &**frame.payload() {
                        [high, low, reason @ ..] => {
                            (Some(CloseCode(u16::from_be_bytes([*high, *low]))), reason)
                        }
                        short => (None, short),
                    };
                    return app.reported(code, Some(&String::from_utf8_lossy(reason)), None);
                }
                OpCode::Ping | OpCode::Pong | OpCode::Continuation => {}
            },
            Next::Read(Err(error)) => return app.error_reported(error),
        }
    }
}

async fn act<const IS_CLIENT: bool>(socket: &mut Socket<IS_CLIENT>, request: Request) -> Result<(), String> {
    let (opcode, mut payload) = match request {
        Request::Close { code: None, .. } => (OpCode::Close, Vec::new()),
        Request::Close { reason, .. } if reason.len() > MAX_REASON => {
            return Err("a Close cannot contain this code or reason".into());
        }
        Request::Close { code: Some(code), reason } => {
            let mut body = vec![0; 2];
            let code = Code::try_from(code.0).map_err(|error| error.to_string())?;
            fill_with_close_code(code, &mut body);
            body.extend_from_slice(reason.as_bytes());
            (OpCode::Close, body)
        }
        Request::Send { kind: MessageKind::Text, payload } => (OpCode::Text, payload),
        Request::Send { kind: MessageKind::Binary, payload } => (OpCode::Binary, payload),
    };
    let mut frame = Frame::new_fin(opcode, payload.as_mut_slice());
    socket.write_frame(&mut frame).await.map_err(|error| error.to_string())
}

fn main() -> ExitCode {
    wsclose_adapter::worker::main(ProgramSubject::<Wtx>::new())
}
