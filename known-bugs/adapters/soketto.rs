//! soketto, without the opening handshake.
//!
//! The program calls `receive` until that fails, which is what answers Pings and Closes; the future is kept
//! over requests, because it is not cancel-safe, and these go to the `Sender`. `Incoming::Closed` comes when
//! the library has answered and ended TCP itself, so [`Capability::ClosesTcp`] is its own.
//!
//! Left to the program: [`Capability::SendsCloseOnFailure`] (an error is only returned), and what no version has: a clock, a
//! word on whether the closure was clean, a way to see its memory. `Sender::close` says 1000 and nothing
//! else: another code it is not asked for.

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

/// What was received, without what it borrows.
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
        ])
    }

    async fn run(role: Role, pipe: Transport, app: AppHandle) {
        let mode = match role {
            Role::Client => Mode::Client,
            Role::Server => Mode::Server,
        };
        let (mut sender, mut receiver) = Builder::new(pipe, mode).finish();
        let mut message = Vec::new();
        loop {
            message.clear();
            let came = {
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
                        Next::Read(came) => break came,
                    }
                }
            };
            match came {
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
        Request::Close { .. } => return app.unsupported("Sender::close says 1000 and nothing else"),
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
