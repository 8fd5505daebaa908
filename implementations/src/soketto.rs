//! Adapts soketto: the [`Sender`] and [`Receiver`] of one connection, without the opening handshake.
//!
//! The program follows soketto's documentation. It keeps calling `receive`, which replies to Pings and Closes, and never
//! drops an incomplete call. It sends through the other half. When `receive` fails, it drops the connection. `Error::Closed`
//! contains no status. soketto reports nothing else after a Close without a code, and after the peer vanished.
//!
//! [`Capability::ClosesTcp`] is the library's: `Sender::close` shuts down the write side, and so does `Receiver` after it
//! replied to a Close. The program drops the connection when `receive` reports that it has ended.
//!
//! soketto leaves these to its program:
//!
//! - [`Capability::SendsCloseOnFailure`]: `receive` only returns the error, and the program drops TCP. (soketto does reply
//!   with 1002 to a Close with a code that it rejects.)
//! - [`Capability::HasTimeouts`]: it has no clock.
//! - [`Capability::ReportsClean`]: it reports only the Close.
//! - [`Capability::ReportsMemory`]: the sizes of its buffers are not observable.
//! - [`Capability::ValidatesText`]: `receive` returns octets, which its documentation passes to `str::from_utf8`.
//!
//! `Sender::close` has no parameter for the code and reason, and sends 1000. There is no API for anything else.

use soketto::connection::{Builder, Error, Mode};
use soketto::{Data, Incoming, Receiver, Sender};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, Request, Transport};
use wsclose_adapter::program::{LibraryProgram, join_first};

/// soketto in either role.
#[derive(Debug)]
pub struct Soketto;

impl LibraryProgram for Soketto {
    const NAME: &'static str = "soketto";

    fn capabilities(role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => Capabilities::ALL.without(&[
                Capability::SendsCloseOnFailure,
                Capability::HasTimeouts,
                Capability::ReportsClean,
                Capability::ReportsMemory,
                Capability::ValidatesText,
            ]),
        }
    }

    async fn run(role: Role, transport: Transport, app: AppHandle) {
        let mode = match role {
            Role::Client => Mode::Client,
            Role::Server => Mode::Server,
        };
        let (sender, receiver) = Builder::new(transport, mode).finish();
        join_first(send(sender, &app), receive(receiver, &app)).await;
    }
}

async fn send(mut sender: Sender<Transport>, app: &AppHandle) {
    loop {
        match app.next_request().await {
            Request::Close { code: None, .. } => app.request_result(&sender.close().await),
            Request::Close { code: Some(CloseCode::NORMAL), reason } if reason.is_empty() => {
                app.request_result(&sender.close().await);
            }
            Request::Close { .. } => {
                app.unsupported("`Sender::close` has no parameter for a code or a reason")
            }
            Request::Send { kind, payload } => {
                let result = write(&mut sender, kind, &payload).await;
                app.request_result(&result);
            }
        }
    }
}

async fn write(sender: &mut Sender<Transport>, kind: MessageKind, payload: &[u8]) -> Result<(), Error> {
    match kind {
        MessageKind::Text => sender.send_text(String::from_utf8_lossy(payload)).await?,
        MessageKind::Binary => sender.send_binary(payload).await?,
    }
    sender.flush().await
}

async fn receive(mut receiver: Receiver<Transport>, app: &AppHandle) {
    let (mut message, mut reported) = (Vec::new(), false);
    loop {
        message.clear();
        match app.read_unless_paused(receiver.receive(&mut message)).await {
            Ok(Incoming::Data(Data::Text(_))) => app.message(MessageKind::Text, &message),
            Ok(Incoming::Data(Data::Binary(_))) => app.message(MessageKind::Binary, &message),
            Ok(Incoming::Pong(_)) => {}
            Ok(Incoming::Closed(reason)) => {
                reported = true;
                app.reported(Some(CloseCode(reason.code)), reason.descr.as_deref(), None);
            }
            Err(error) => {
                if !matches!(error, Error::Closed) {
                    app.error_reported(error);
                } else if !reported {
                    app.reported(None, None, None);
                }
                return;
            }
        }
    }
}
