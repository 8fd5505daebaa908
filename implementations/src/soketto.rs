//! soketto, in-process: the [`Sender`] and [`Receiver`] of one connection, without the opening handshake.
//!
//! The program does what soketto's documentation asks: it calls `receive` all the time, which is what answers
//! Pings and Closes, sends through the other half meanwhile, and never drops a call that has not ended. When
//! `receive` fails, it drops the connection. `Error::Closed` says that the connection is closed, and no more:
//! after a Close without a code, and when the peer has gone, it is all that soketto tells.
//!
//! [`Duty::ClosesTcp`] is the library's: `Sender::close`, and `Receiver` once it has answered a Close, end
//! what they send; the connection is dropped when `receive` says that it is over.
//!
//! Left to the program, and so not held against soketto:
//! - [`Duty::FailsAloud`]: an error of `receive` is only returned; the program drops TCP. (A Close with a
//!   code that soketto refuses is answered by 1002 all the same.)
//! - [`Duty::KeepsTime`]: it has no clock.
//! - [`Duty::ReportsClean`]: it hands over the Close, no more.
//! - [`Duty::ShowsMemory`]: its buffers cannot be asked how large they are.
//!
//! `Sender::close` takes no code and no reason, and says 1000: for anything else there is no interface.

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
            Request::Close { .. } => app.unsupported("`Sender::close` takes no code and no reason"),
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
