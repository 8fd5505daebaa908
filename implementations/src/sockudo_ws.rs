//! Adapts sockudo-ws: a [`WebSocketStream`] over a [`Transport`], without the opening handshake.
//!
//! The program follows the documentation of `WebSocketStream`. It keeps calling `next`, which replies to Pings and Closes and
//! then closes TCP, until that returns `None`. Then it drops TCP. It feeds each message and flushes once. `next` later writes
//! what the peer has not yet accepted. The library's heartbeats are off, because they use a clock that scripts cannot control.
//!
//! `WebSocketStream` runs the sans-I/O `Protocol` of the same crate, so that has no adapter of its own.
//!
//! sockudo-ws leaves these to its program:
//!
//! - [`Capability::SendsCloseOnFailure`]: an error of `next` sends no Close and ends the stream. The program drops TCP.
//! - [`Capability::HasTimeouts`]: `Config::close_timeout` uses a clock that scripts cannot control.
//! - [`Capability::ReportsClean`]: it reports only the Close.
//! - [`Capability::ReportsMemory`]: the sizes of its buffers are not observable.

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
        // Its timers need a runtime.
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
