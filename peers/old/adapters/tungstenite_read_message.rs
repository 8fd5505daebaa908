//! tungstenite while it had `read_message` and `write_message`, without the opening handshake.
//!
//! The program calls `read_message` until it says that the connection is over, also after `Message::Close`:
//! that is what sends the answers that tungstenite queued. `Error::ConnectionClosed` is the moment to drop
//! TCP, as its documentation says, so [`Duty::ClosesTcp`] is the library's.
//!
//! Left to the program: [`Duty::FailsAloud`] (an error of `read_message` queues no frame), and what no
//! version has: a clock, a word on whether the closure was clean, a way to see its memory.

use std::io::ErrorKind;
use std::process::ExitCode;
use std::task::Poll;

use tungstenite::protocol::frame::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode as Code;
use tungstenite::protocol::{Role as Side, WebSocket};
use tungstenite::{Error, Message};
use wsclose::code::CloseCode;
use wsclose::role::Role;
use wsclose::rule::{Duties, Duty};
use wsclose::script::MessageKind;
use wsclose_plumbing::line::{App, Pipe, Request, Turn};
use wsclose_plumbing::program::{Played, Program};

struct Tungstenite;

impl Program for Tungstenite {
    const NAME: &'static str = "tungstenite";

    fn duties(_role: Role) -> Duties {
        Duties::ALL.without(&[Duty::FailsAloud, Duty::KeepsTime, Duty::ReportsClean, Duty::ShowsMemory])
    }

    async fn run(role: Role, pipe: Pipe, app: App) {
        let side = match role {
            Role::Client => Side::Client,
            Role::Server => Side::Server,
        };
        let mut socket = WebSocket::from_raw_socket(pipe, side, None);
        let mut reported = false;
        loop {
            match app.turn(read(&mut socket)).await {
                Turn::Asked(request) => {
                    let done = match request {
                        Request::Close { code, reason } => socket.close(
                            code.map(|code| CloseFrame { code: Code::from(code.0), reason: reason.into() }),
                        ),
                        Request::Send { kind: MessageKind::Text, payload } => socket
                            .write_message(Message::Text(String::from_utf8_lossy(&payload).into_owned())),
                        Request::Send { kind: MessageKind::Binary, payload } => {
                            socket.write_message(Message::Binary(payload))
                        }
                    };
                    app.answered(&done);
                    // Whatever else it says concerns the request, not the connection.
                    if matches!(done, Err(Error::ConnectionClosed)) {
                        return;
                    }
                }
                Turn::Came(Ok(Message::Text(text))) => app.message(MessageKind::Text, text.as_bytes()),
                Turn::Came(Ok(Message::Binary(octets))) => app.message(MessageKind::Binary, &octets),
                Turn::Came(Ok(Message::Close(frame))) => {
                    if std::mem::replace(&mut reported, true) {
                        continue;
                    }
                    match &frame {
                        Some(frame) => {
                            app.reported(Some(CloseCode(frame.code.into())), Some(&frame.reason), None)
                        }
                        None => app.reported(None, Some(""), None),
                    }
                }
                Turn::Came(Ok(_)) => {}
                Turn::Came(Err(Error::ConnectionClosed)) => return,
                Turn::Came(Err(error)) => {
                    app.errored(error);
                    return;
                }
            }
        }
    }
}

async fn read(socket: &mut WebSocket<Pipe>) -> Result<Message, Error> {
    std::future::poll_fn(|_| match socket.read_message() {
        Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
        read => Poll::Ready(read),
    })
    .await
}

fn main() -> ExitCode {
    wsclose_plumbing::worker::main(Played::<Tungstenite>::new())
}
