//! Adapts versions of tungstenite that have `read_message` and `write_message`, without the opening handshake.
//!
//! The program calls `read_message` until that reports the end of the connection. It also does so after `Message::Close`, which
//! sends the replies that tungstenite queued. `Error::ConnectionClosed` is the time to drop TCP, as its documentation states,
//! so [`Capability::ClosesTcp`] is the library's.
//!
//! tungstenite leaves [`Capability::SendsCloseOnFailure`] to its program: an error of `read_message` queues no frame. No version
//! has a clock, reports whether a closure was clean, or makes its memory observable.

use std::io::ErrorKind;
use std::process::ExitCode;
use std::task::Poll;

use tungstenite::protocol::frame::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode as Code;
use tungstenite::protocol::{Role as Side, WebSocket};
use tungstenite::{Error, Message};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, Next, Request, Transport};
use wsclose_adapter::program::{LibraryProgram, ProgramSubject};

struct Tungstenite;

impl LibraryProgram for Tungstenite {
    const NAME: &'static str = "tungstenite";

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
        let mut socket = WebSocket::from_raw_socket(transport, side, None);
        let mut reported = false;
        loop {
            match app.next(read(&mut socket)).await {
                Next::Request(request) => {
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
                    app.request_result(&done);
                    // Any other error concerns only the request.
                    if matches!(done, Err(Error::ConnectionClosed)) {
                        return;
                    }
                }
                Next::Read(Ok(Message::Text(text))) => app.message(MessageKind::Text, text.as_bytes()),
                Next::Read(Ok(Message::Binary(octets))) => app.message(MessageKind::Binary, &octets),
                Next::Read(Ok(Message::Close(frame))) => {
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
                Next::Read(Ok(_)) => {}
                Next::Read(Err(Error::ConnectionClosed)) => return,
                Next::Read(Err(error)) => {
                    app.error_reported(error);
                    return;
                }
            }
        }
    }
}

async fn read(socket: &mut WebSocket<Transport>) -> Result<Message, Error> {
    std::future::poll_fn(|_| match socket.read_message() {
        Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
        read => Poll::Ready(read),
    })
    .await
}

fn main() -> ExitCode {
    wsclose_adapter::worker::main(ProgramSubject::<Tungstenite>::new())
}
