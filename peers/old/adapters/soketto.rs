//! soketto, without the opening handshake.
//!
//! The program calls `receive` until that fails, which is what answers Pings and Closes; the future is kept
//! over requests, because it is not cancel-safe, and these go to the `Sender`. `Incoming::Closed` comes when
//! the library has answered and ended TCP itself, so [`Duty::ClosesTcp`] is its own.
//!
//! Left to the program: [`Duty::FailsAloud`] (an error is only returned), and what no version has: a clock, a
//! word on whether the closure was clean, a way to see its memory. `Sender::close` says 1000 and nothing
//! else: another code it is not asked for.

use std::pin::pin;
use std::process::ExitCode;

use soketto::connection::{Builder, CloseReason, Error, Mode, Sender};
use soketto::{Data, Incoming};
use wsclose::code::CloseCode;
use wsclose::role::Role;
use wsclose::rule::{Duties, Duty};
use wsclose::script::MessageKind;
use wsclose_plumbing::line::{App, Pipe, Request, Turn};
use wsclose_plumbing::program::{Played, Program};

struct Soketto;

/// What was received, without what it borrows.
enum Came {
    Message(MessageKind),
    Pong,
    Closed(CloseReason),
}

impl Program for Soketto {
    const NAME: &'static str = "soketto";

    fn duties(_role: Role) -> Duties {
        Duties::ALL.without(&[Duty::FailsAloud, Duty::KeepsTime, Duty::ReportsClean, Duty::ShowsMemory])
    }

    async fn run(role: Role, pipe: Pipe, app: App) {
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
                        Incoming::Data(Data::Text(_)) => Came::Message(MessageKind::Text),
                        Incoming::Data(Data::Binary(_)) => Came::Message(MessageKind::Binary),
                        Incoming::Pong(_) => Came::Pong,
                        Incoming::Closed(reason) => Came::Closed(reason),
                    })
                });
                loop {
                    match app.turn(receiving.as_mut()).await {
                        Turn::Asked(request) => ask(&mut sender, request, &app).await,
                        Turn::Came(came) => break came,
                    }
                }
            };
            match came {
                Ok(Came::Message(kind)) => app.message(kind, &message),
                Ok(Came::Pong) => {}
                Ok(Came::Closed(CloseReason { code, descr })) => {
                    app.reported(Some(CloseCode(code)), Some(&descr.unwrap_or_default()), None);
                    return;
                }
                Err(error) => {
                    app.errored(error);
                    return;
                }
            }
        }
    }
}

async fn ask(sender: &mut Sender<Pipe>, request: Request, app: &App) {
    let done: Result<(), Error> = match request {
        Request::Close { code: Some(CloseCode(1000)), reason } if reason.is_empty() => sender.close().await,
        Request::Close { .. } => return app.not_asked("Sender::close says 1000 and nothing else"),
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
    app.answered(&done);
}

fn main() -> ExitCode {
    wsclose_plumbing::worker::main(Played::<Soketto>::new())
}
