//! sockudo-ws, in-process: a [`WebSocketStream`] over a [`Pipe`], without the opening handshake.
//!
//! The program does what the documentation of `WebSocketStream` asks: it calls `next` all the time, which is
//! what answers Pings and Closes and ends TCP after them, until that says `None`; then it drops TCP. What is
//! sent is fed and flushed once; `next` writes what the peer has not yet taken. The library's heartbeats are
//! off: they count seconds of a clock that scripts cannot move.
//!
//! The sans-I/O `Protocol` of the same crate is what `WebSocketStream` runs, so that there is no peer of its
//! own for it.
//!
//! Left to the program, and so not held against sockudo-ws:
//! - [`Duty::FailsAloud`]: an error of `next` sends no Close, and ends the stream; the program drops TCP.
//! - [`Duty::KeepsTime`]: `Config::close_timeout` is measured by a clock that scripts cannot move.
//! - [`Duty::ReportsClean`]: it hands over the Close, no more.
//! - [`Duty::ShowsMemory`]: its buffers cannot be asked how large they are.

use std::future::poll_fn;
use std::task::Poll;

use futures_util::{SinkExt, StreamExt};
use sockudo_ws::error::CloseReason;
use sockudo_ws::{Config, Message, Role as Side, WebSocketStream};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, Next, Request, Transport};
use wsclose_adapter::program::{LibraryProgram, within_tokio};

/// sockudo-ws in either role.
#[derive(Debug)]
pub struct SockudoWs;

impl LibraryProgram for SockudoWs {
    const NAME: &'static str = "sockudo-ws";

    fn capabilities(role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => Capabilities::ALL.without(&[
                Capability::SendsCloseOnFailure,
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
        let config = Config { idle_timeout: 0, ping_interval: 0, ..Config::default() };
        // Its timers are made inside a runtime.
        within_tokio(async move { serve(WebSocketStream::from_raw(transport, side, config), &app).await })
            .await;
    }
}

async fn serve(mut socket: WebSocketStream<Transport>, app: &AppHandle) {
    let mut reported = false;
    loop {
        match app.next(socket.next()).await {
            Next::Request(Request::Close { code, reason }) => {
                let reason = code.map(|code| CloseReason::new(code.0, reason));
                let result = send(&mut socket, Message::Close(reason)).await;
                app.request_result(&result);
            }
            Next::Request(Request::Send { kind, payload }) => {
                let message = match kind {
                    MessageKind::Text => Message::text(String::from_utf8_lossy(&payload)),
                    MessageKind::Binary => Message::binary(payload),
                };
                let result = send(&mut socket, message).await;
                app.request_result(&result);
            }
            Next::Read(Some(Ok(message))) => match message {
                Message::Text(text) => app.message(MessageKind::Text, &text),
                Message::Binary(octets) => app.message(MessageKind::Binary, &octets),
                Message::Ping(_) | Message::Pong(_) => {}
                Message::Close(reason) => {
                    reported = true;
                    match reason {
                        Some(reason) => {
                            app.reported(Some(CloseCode(reason.code)), Some(&reason.reason), None)
                        }
                        None => app.reported(None, Some(""), None),
                    }
                }
            },
            Next::Read(Some(Err(error))) => {
                reported = true;
                app.error_reported(error);
            }
            Next::Read(None) => {
                if !reported {
                    app.error_reported("the stream ended without a Close");
                }
                return;
            }
        }
    }
}

async fn send(socket: &mut WebSocketStream<Transport>, message: Message) -> sockudo_ws::Result<()> {
    socket.feed(message).await?;
    match poll_fn(|cx| Poll::Ready(socket.poll_flush_unpin(cx))).await {
        Poll::Ready(flushed) => flushed,
        Poll::Pending => Ok(()),
    }
}
