//! Adapts soketto, without the opening handshake.
//!
//! The program calls `receive`, which replies to Pings and Closes, until that fails. It keeps the future across requests,
//! because the future is not cancel-safe, and passes requests to the `Sender`. `Incoming::Closed` follows after the library
//! has replied and closed TCP, so [`Capability::ClosesTcp`] is the library's.
//!
//! soketto leaves [`Capability::SendsCloseOnFailure`] to its program: it only returns an error. No version has a clock, reports
//! whether a closure was clean, or makes its memory observable. `Sender::close` always sends 1000, so other codes are
//! unsupported.

use std::pin::pin;
use std::process::ExitCode;

use soketto::connection::{Builder, CloseReason, Error, Mode, Sender};
use soketto::{Data, Incoming};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, Next, Request, Transport};
use wsclose_adapter::program::{LibraryProgram, ProgramSubject};

struct Soketto;

/// A received event that borrows nothing.
enum Received {
    Message(MessageKind),
    Pong,
    Closed(CloseReason),
}

impl LibraryProgram for Soketto {
    const NAME: &'static str = "soketto";

    fn capabilities(_role: Role) -> Capabilities {
        Capabilities::ALL.without(&[
            Capability::SendsCloseOnFailure,
            Capability::HasTimeouts,
            Capability::ReportsClean,
            Capability::ReportsMemory,
            Capability::ValidatesText,
        ])
    }

    async fn run(role: Role, transport: Transport, app: AppHandle) {
        let mode = match role {
            Role::Client => Mode::Client,
            Role::Server => Mode::Server,
        };
        let (mut sender, mut receiver) = Builder::new(transport, mode).finish();
        let mut message = Vec::new();
        loop {
            message.clear();
            let received = {
                let mut receiving = pin!(async {
                    receiver.receive(&mut message).await.map(|incoming| match incoming {
                        Incoming::Data(Data::Text(_)) => Received::Message(MessageKind::Text),
                        Incoming::Data(Data::Binary(_)) => Received::Message(MessageKind::Binary),
                        Incoming::Pong(_) => Received::Pong,
                        Incoming::Closed(reason) => Received::Closed(reason),
                    })
                });
                loop {
                    match app.next(receiving.as_mut()).await {
                        Next::Request(request) => ask(&mut sender, request, &app).await,
                        Next::Read(received) => break received,
                    }
                }
            };
            match received {
                Ok(Received::Message(kind)) => app.message(kind, &message),
                Ok(Received::Pong) => {}
                Ok(Received::Closed(CloseReason { code, descr })) => {
                    app.reported(Some(CloseCode(code)), Some(&descr.unwrap_or_default()), None);
                    return;
                }
                Err(error) => {
                    app.error_reported(error);
                    return;
                }
            }
        }
    }
}

async fn ask(sender: &mut Sender<Transport>, request: Request, app: &AppHandle) {
    let done: Result<(), Error> = match request {
        Request::Close { code: Some(CloseCode(1000)), reason } if reason.is_empty() => sender.close().await,
        Request::Close { .. } => return app.unsupported("`Sender::close` always sends 1000"),
        Request::Send { kind: MessageKind::Text, payload } => {
            match sender.send_text(String::from_utf8_lossy(&payload)).await {
                Ok(()) => sender.flush().await,
                error => error,
            }
        }
        Request::Send { kind: MessageKind::Binary, payload } => match sender.send_binary(payload).await {
            Ok(()) => sender.flush().await,
            error => error,
        },
    };
    app.request_result(&done);
}

fn main() -> ExitCode {
    wsclose_adapter::worker::main(ProgramSubject::<Soketto>::new())
}
