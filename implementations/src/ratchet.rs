//! Adapts ratchet: the halves of a [`WebSocket`] (feature `split`) over a [`Transport`].
//!
//! `read` is not cancel-safe, as its documentation states. The adapter keeps the read, and sends requests through the sender.
//! Checking the UTF-8 of text is the user's task (documentation of `Message::Text`): the program closes with 1007 and leaves.
//! After `Message::Close` or an error the connection is closed, and a further read is "a bug in your code"
//! (`CloseCause::Error`), so the program drops TCP. An error with `CloseCause::Stopped` "is not an error". The program reports
//! it as a closure without a status.
//!
//! The library refuses codes that `CloseCode::try_from` refuses. It has no API for a Close without a code.
//!
//! ratchet leaves these to its program:
//!
//! - [`Capability::ClosesTcp`]: a client never closes TCP. A server that is not split shuts TCP down, but in halves the same
//!   call only flushes (`src/split/bilock/mod.rs`, `poll_shutdown`).
//! - [`Capability::HasTimeouts`]: it has no clock.
//! - [`Capability::ReportsClean`]: it reports only the Close.
//! - [`Capability::ReportsMemory`]: the sizes of its buffers are not observable.
//! - [`Capability::ValidatesText`]: see above.

use bytes::BytesMut;
use ratchet_core::{
    CloseCause, CloseCode as Code, CloseReason, Error, Message, NoExt, PayloadType, Role as Side, WebSocket,
    WebSocketConfig,
};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, Request, Transport};
use wsclose_adapter::program::LibraryProgram;

/// ratchet in either role.
#[derive(Debug)]
pub struct Ratchet;

impl LibraryProgram for Ratchet {
    const NAME: &'static str = "ratchet_core";

    fn capabilities(role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => Capabilities::ALL.without(&[
                Capability::ClosesTcp,
                Capability::HasTimeouts,
                Capability::ReportsClean,
                Capability::ReportsMemory,
                Capability::ValidatesText,
            ]),
        }
    }

    async fn run(role: Role, transport: Transport, app: AppHandle) {
        let side = match role {
            Role::Client => Side::Client,
            Role::Server => Side::Server,
        };
        let config = WebSocketConfig::default();
        let socket = WebSocket::from_upgraded(config, transport, Some(NoExt), BytesMut::new(), side);
        let (mut sender, mut receiver) = socket.split().expect("a new socket is open");
        let mut payload = BytesMut::new();
        loop {
            let handle = async |request| match request {
                Request::Close { code, reason } => match close_reason(code, reason) {
                    Some(Ok(reason)) => app.request_result(&sender.close(reason).await),
                    Some(Err(why)) => app.request_refused(&why),
                    None => app.unsupported("`CloseReason` requires a code"),
                },
                Request::Send { kind, payload } => {
                    let kind = match kind {
                        MessageKind::Text => PayloadType::Text,
                        MessageKind::Binary => PayloadType::Binary,
                    };
                    app.request_result(&sender.write(payload, kind).await);
                }
            };
            let kind = match app.serve_while(receiver.read(&mut payload), handle).await {
                Ok(Message::Text) => MessageKind::Text,
                Ok(Message::Binary) => MessageKind::Binary,
                // The payload stays, because a message may be incomplete.
                Ok(Message::Ping(_) | Message::Pong(_)) => continue,
                Ok(Message::Close(reason)) => return report_close(&app, reason),
                Err(error) => return report_error(&app, &error),
            };
            if kind == MessageKind::Text && std::str::from_utf8(&payload).is_err() {
                app.error_reported("text that is not UTF-8");
                // The program is finished, whether or not the write succeeds.
                let _ = sender.close(CloseReason::new(Code::Invalid, None)).await;
                return;
            }
            app.message(kind, &payload);
            payload.clear();
        }
    }
}

/// Converts a request to the library's type. Returns `None` if the library cannot express it.
fn close_reason(code: Option<CloseCode>, reason: String) -> Option<Result<CloseReason, String>> {
    let code = Code::try_from(code?.to_octets()).map_err(|error| error.to_string());
    Some(code.map(|code| CloseReason::new(code, Some(reason).filter(|reason| !reason.is_empty()))))
}

fn report_close(app: &AppHandle, reason: Option<CloseReason>) {
    match reason {
        Some(CloseReason { code, description }) => {
            app.reported(Some(CloseCode(code.into())), Some(description.as_deref().unwrap_or("")), None);
        }
        None => app.reported(None, Some(""), None),
    }
}

fn report_error(app: &AppHandle, error: &Error) {
    match error.downcast_ref() {
        Some(CloseCause::Stopped) => app.reported(None, None, None),
        Some(CloseCause::Error) | None => app.error_reported(error),
    }
}
