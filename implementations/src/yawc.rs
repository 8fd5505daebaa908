//! Adapts yawc: a [`WebSocket`] over a [`Transport`], without the opening handshake.
//!
//! The program keeps calling `next_frame`, also after a Close, which writes the replies that yawc queued. At
//! `WebSocketError::ConnectionClosed` it drops TCP. yawc has no way to wait for the peer's FIN after that, so
//! [`Capability::ClosesTcp`] is the library's. After any other error it calls `next_frame` once more. yawc queues the Close
//! for the error before it returns the error, and writes the Close in the next call. A request with a code sends a
//! `Frame::close`. One without a code is `SinkExt::close`, which sends 1000. The program feeds and flushes while it reads, so
//! that a peer that does not read does not block reading.
//!
//! yawc lacks these capabilities:
//!
//! - [`Capability::HasTimeouts`]: its only clock is for fragments, and is off by default.
//! - [`Capability::ReportsClean`]: it reports only the Close.
//! - [`Capability::ReportsMemory`]: the sizes of its buffers are not observable.

use std::future::poll_fn;
use std::task::Poll;

use futures_util::SinkExt;
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, Next, Request, Transport};
use wsclose_adapter::program::LibraryProgram;
use yawc::close::CloseCode as Code;
use yawc::{Frame, OpCode, Options, Role as Side, WebSocket, WebSocketError};

/// yawc in either role.
#[derive(Debug)]
pub struct Yawc;

impl LibraryProgram for Yawc {
    const NAME: &'static str = "yawc";

    fn capabilities(role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => Capabilities::ALL.without(&[
                Capability::HasTimeouts,
                Capability::ReportsClean,
                Capability::ReportsMemory,
            ]),
        }
    }

    async fn run(role: Role, transport: Transport, app: AppHandle) {
        let side = match role {
            Role::Client => Side::Client,
            Role::Server => Side::Server,
        };
        // By default yawc accepts text that is not UTF-8. This option enables the check.
        let options = Options::default().with_utf8();
        match WebSocket::from_stream(transport, side, options) {
            Ok(socket) => serve(socket, &app).await,
            Err(error) => app.error_reported(error),
        }
    }
}

async fn serve(mut socket: WebSocket<Transport>, app: &AppHandle) {
    let mut reported = false;
    loop {
        match app.next(read(&mut socket)).await {
            Next::Request(Request::Close { code: None, .. }) => app.request_result(&socket.close().await),
            Next::Request(Request::Close { code: Some(code), reason }) => {
                let result = send(&mut socket, Frame::close(Code::from(code.0), reason)).await;
                app.request_result(&result);
            }
            Next::Request(Request::Send { kind, payload }) => {
                let frame = match kind {
                    MessageKind::Text => Frame::text(payload),
                    MessageKind::Binary => Frame::binary(payload),
                };
                let result = send(&mut socket, frame).await;
                app.request_result(&result);
            }
            Next::Read(Ok(frame)) => match frame.opcode() {
                OpCode::Text => app.message(MessageKind::Text, frame.payload()),
                OpCode::Binary => app.message(MessageKind::Binary, frame.payload()),
                OpCode::Close => {
                    reported = true;
                    let code = frame.close_code().map(|code| CloseCode(code.into()));
                    let reason = frame.close_reason().ok().map(Option::unwrap_or_default);
                    app.reported(code, reason, None);
                }
                OpCode::Ping | OpCode::Pong | OpCode::Continuation => {}
            },
            Next::Read(Err(WebSocketError::ConnectionClosed)) if reported => return,
            Next::Read(Err(error)) => {
                app.error_reported(error);
                let _ = poll_fn(|cx| Poll::Ready(socket.poll_next_frame(cx))).await;
                return;
            }
        }
    }
}

/// Reads the next frame, and meanwhile writes what the peer has not yet accepted.
async fn read(socket: &mut WebSocket<Transport>) -> Result<Frame, WebSocketError> {
    poll_fn(|cx| {
        // Reading, or the next request, returns an error of writing again.
        let _ = socket.poll_flush_unpin(cx);
        socket.poll_next_frame(cx)
    })
    .await
}

async fn send(socket: &mut WebSocket<Transport>, frame: Frame) -> Result<(), WebSocketError> {
    socket.feed(frame).await?;
    match poll_fn(|cx| Poll::Ready(socket.poll_flush_unpin(cx))).await {
        Poll::Ready(flushed) => flushed,
        Poll::Pending => Ok(()),
    }
}
