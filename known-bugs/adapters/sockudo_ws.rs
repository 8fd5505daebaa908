//! Adapts sockudo-ws, without the opening handshake.
//!
//! The program keeps calling `next`, which replies to Pings and Closes and then closes TCP, until that returns `None`. Then it
//! drops TCP. Heartbeats are off, because they use a clock that scripts cannot control.
//!
//! sockudo-ws leaves these to its program:
//!
//! - [`Capability::SendsCloseOnFailure`]: an error of `next` ends the stream.
//! - [`Capability::HasTimeouts`]: its clock is not controlled by scripts.
//!
//! No version reports whether a closure was clean, or makes its memory observable. By the documentation, the caller checks the
//! arguments of a Close.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::process::ExitCode;

use futures_util::{SinkExt, StreamExt};
use sockudo_ws::error::CloseReason;
use sockudo_ws::{Config, Message, Role as Side, WebSocketStream};
use tokio::runtime::{Builder, Runtime};
use wsclose::protocol::close::MAX_REASON;
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, Next, Request, Transport};
use wsclose_adapter::program::{LibraryProgram, ProgramSubject};

struct SockudoWs;

thread_local! {
    /// Timers need a runtime. Nothing drives it, so they never fire.
    static RUNTIME: Runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
}

impl LibraryProgram for SockudoWs {
    const NAME: &'static str = "sockudo-ws";

    fn capabilities(_role: Role) -> Capabilities {
        Capabilities::ALL.without(&[
            Capability::SendsCloseOnFailure,
            Capability::HasTimeouts,
            Capability::ReportsClean,
            Capability::ReportsMemory,
        ])
    }

    async fn run(role: Role, transport: Transport, app: AppHandle) {
        let side = match role {
            Role::Client => Side::Client,
            Role::Server => Side::Server,
        };
        let mut serving = pin!(async move {
            let config = Config { idle_timeout: 0, ping_interval: 0, ..Config::default() };
            serve(WebSocketStream::from_raw(transport, side, config), &app).await;
        });
        poll_fn(|cx| {
            RUNTIME.with(|runtime| {
                let _inside = runtime.enter();
                serving.as_mut().poll(cx)
            })
        })
        .await;
    }
}

async fn serve(mut socket: WebSocketStream<Transport>, app: &AppHandle) {
    let mut reported = false;
    loop {
        match app.next(socket.next()).await {
            Next::Request(Request::Close { code: Some(code), reason })
                if reason.len() > MAX_REASON || code.sendable(Role::Client, Default::default()).is_err() =>
            {
                app.unsupported("a Close cannot contain this code or reason");
            }
            Next::Request(Request::Close { code, reason }) => {
                let reason = code.map(|code| CloseReason::new(code.0, reason));
                app.request_result(&socket.send(Message::Close(reason)).await);
            }
            Next::Request(Request::Send { kind, payload }) => {
                let message = match kind {
                    MessageKind::Text => Message::text(String::from_utf8_lossy(&payload)),
                    MessageKind::Binary => Message::binary(payload),
                };
                app.request_result(&socket.send(message).await);
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

fn main() -> ExitCode {
    wsclose_adapter::worker::main(ProgramSubject::<SockudoWs>::new())
}
