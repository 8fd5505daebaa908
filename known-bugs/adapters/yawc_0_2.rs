//! Adapts versions of yawc that require hyper: the opening handshake precedes the script ([`handshake`]).
//!
//! The program keeps calling `next_frame`, which replies to Pings and Closes, until that fails. It reads the code and reason of
//! every Close, as programs do. After `WebSocketError::ConnectionClosed` it drops TCP. After another error it calls
//! `next_frame` once more, because that writes the Close that the library queued for the error.
//!
//! No version has a clock, reports whether a closure was clean, or makes its memory observable. The program builds the frames
//! that it sends, which limits [`Capability::ParsesCloseBody`] and [`Capability::ExposesCloseApi`].

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
    /// Runs the opening handshake. Nothing else needs it.
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

    async fn run(role: Role, transport: Transport, app: AppHandle) {
        let stream = handshake::HandshakeStream::new(role, transport);
        let mut socket = RUNTIME.with(|runtime| {
            runtime.block_on(async {
                match role {
                    Role::Client => client(stream).await,
                    Role::Server => server(stream).await,
                }
            })
        });
        let mut reported = false;
        loop {
            match app.next(socket.next_frame()).await {
                Next::Request(Request::Close { code: None, .. }) => {
                    app.request_result(&socket.send(FrameView::close_raw(Vec::<u8>::new())).await);
                }
                Next::Request(Request::Close { reason, .. })
                    if reason.len() > wsclose::protocol::close::MAX_REASON =>
                {
                    app.unsupported("a Close cannot contain this code or reason");
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
                        reported = true;
                        let code = frame.close_code().map(|code| CloseCode(code.into()));
                        app.reported(code, Some(frame.close_reason().unwrap_or_default()), None);
                    }
                    OpCode::Ping | OpCode::Pong | OpCode::Continuation => {}
                },
                Next::Read(Err(WebSocketError::ConnectionClosed)) if reported => return,
                Next::Read(Err(error)) => {
                    app.error_reported(error);
                    poll_fn(|cx| Poll::Ready(socket.poll_next_frame(cx))).await.is_ready();
                    return;
                }
            }
        }
    }
}

async fn client(stream: handshake::HandshakeStream) -> WebSocket {
    let url = "ws://localhost/".parse().expect("a URL");
    WebSocket::handshake(url, stream, Options::default().with_utf8()).await.expect("the opening handshake")
}

async fn server(stream: handshake::HandshakeStream) -> WebSocket {
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
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    connection.with_upgrades().await.expect("the opening handshake");
    let upgrade = upgraded.lock().expect("one thread").take().expect("the handshake stored it");
    upgrade.await.expect("the opening handshake is done")
}

fn main() -> ExitCode {
    wsclose_adapter::worker::main(ProgramSubject::<Yawc>::new())
}
