//! yawc while it could only be had through hyper: its opening handshake is done first, out of sight
//! ([`handshake`]).
//!
//! The program calls `next_frame`, which answers Pings and Closes, all the time until it fails, and asks
//! every Close for its code and reason, as programs do. `WebSocketError::ConnectionClosed` says that it is
//! over; then it drops TCP. After another error it calls `next_frame` once more, because that writes the
//! Close that the library queued for the error.
//!
//! Left to the program: what no version has, a clock, a word on whether the closure was clean, a way to see
//! its memory; and [`Capability::ParsesCloseBody`] and [`Capability::ExposesCloseApi`] as far as the program builds the frames that
//! it sends.

#[path = "parts/handshake.rs"]
mod handshake;

use std::convert::Infallible;
use std::future::poll_fn;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use futures_util::SinkExt;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::runtime::{Builder, Runtime};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, Next, Request, Transport};
use wsclose_adapter::program::{LibraryProgram, ProgramSubject};
use yawc::close::CloseCode as Code;
use yawc::{FrameView, OpCode, Options, WebSocket, WebSocketError};

struct Yawc;

thread_local! {
    /// Runs the opening handshake; nothing that comes after needs it.
    static RUNTIME: Runtime = Builder::new_current_thread().build().expect("a runtime without drivers");
}

impl LibraryProgram for Yawc {
    const NAME: &'static str = "yawc";

    fn capabilities(_role: Role) -> Capabilities {
        Capabilities::ALL.without(&[
            Capability::HasTimeouts,
            Capability::ReportsClean,
            Capability::ReportsMemory,
        ])
    }

    async fn run(role: Role, pipe: Transport, app: AppHandle) {
        let door = handshake::Door::new(role, pipe);
        let mut socket = RUNTIME.with(|runtime| {
            runtime.block_on(async {
                match role {
                    Role::Client => client(door).await,
                    Role::Server => server(door).await,
                }
            })
        });
        let mut told = false;
        loop {
            match app.next(socket.next_frame()).await {
                Next::Request(Request::Close { code: None, .. }) => {
                    app.request_result(&socket.send(FrameView::close_raw(Vec::<u8>::new())).await);
                }
                Next::Request(Request::Close { reason, .. })
                    if reason.len() > wsclose::protocol::close::MAX_REASON =>
                {
                    app.unsupported("no Close can say that");
                }
                Next::Request(Request::Close { code: Some(code), reason }) => {
                    app.request_result(&socket.send(FrameView::close(Code::from(code.0), reason)).await);
                }
                Next::Request(Request::Send { kind, payload }) => {
                    let frame = match kind {
                        MessageKind::Text => FrameView::text(payload),
                        MessageKind::Binary => FrameView::binary(payload),
                    };
                    app.request_result(&socket.send(frame).await);
                }
                Next::Read(Ok(frame)) => match frame.opcode {
                    OpCode::Text => app.message(MessageKind::Text, &frame.payload),
                    OpCode::Binary => app.message(MessageKind::Binary, &frame.payload),
                    OpCode::Close => {
                        told = true;
                        let code = frame.close_code().map(|code| CloseCode(code.into()));
                        app.reported(code, Some(frame.close_reason().unwrap_or_default()), None);
                    }
                    OpCode::Ping | OpCode::Pong | OpCode::Continuation => {}
                },
                Next::Read(Err(WebSocketError::ConnectionClosed)) if told => return,
                Next::Read(Err(error)) => {
                    app.error_reported(error);
                    poll_fn(|cx| Poll::Ready(socket.poll_next_frame(cx))).await.is_ready();
                    return;
                }
            }
        }
    }
}

async fn client(door: handshake::Door) -> WebSocket {
    let url = "ws://localhost/".parse().expect("a URL");
    WebSocket::handshake(url, door, Options::default().with_utf8()).await.expect("the opening handshake")
}

async fn server(door: handshake::Door) -> WebSocket {
    let upgraded = Arc::new(Mutex::new(None));
    let slot = Arc::clone(&upgraded);
    let service = service_fn(move |mut request| {
        let slot = Arc::clone(&slot);
        async move {
            let options = Options::default().with_utf8();
            let (response, upgrade) =
                WebSocket::upgrade_with_options(&mut request, options).expect("a request to upgrade");
            *slot.lock().expect("one thread") = Some(upgrade);
            Ok::<_, Infallible>(response)
        }
    });
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(door), service);
    connection.with_upgrades().await.expect("the opening handshake");
    let upgrade = upgraded.lock().expect("one thread").take().expect("it was asked for");
    upgrade.await.expect("the opening handshake is done")
}

fn main() -> ExitCode {
    wsclose_adapter::worker::main(ProgramSubject::<Yawc>::new())
}
