//! How tungstenite closes connections, in both roles.

use std::io::ErrorKind;
use std::task::Poll;

use tungstenite::protocol::{CloseFrame, Role as Side};
use tungstenite::{Error, Message, WebSocket};
use wsclose_adapter::prelude::*;

struct Tungstenite;

impl LibraryProgram for Tungstenite {
    const NAME: &'static str = "tungstenite";

    /// tungstenite leaves the Close of a failed connection and timeouts to its program. It reports neither whether a
    /// closure was clean nor its memory use.
    fn capabilities(_: Role) -> Capabilities {
        use Capability::{HasTimeouts, ReportsClean, ReportsMemory, SendsCloseOnFailure};
        Capabilities::ALL.without(&[HasTimeouts, ReportsClean, ReportsMemory, SendsCloseOnFailure])
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
                Next::Request(request) => app.request_result(&match request {
                    Request::Close { code, reason } => {
                        let frame = code.map(|code| CloseFrame { code: code.0.into(), reason: reason.into() });
                        socket.close(frame)
                    }
                    Request::Send { payload, .. } => socket.send(Message::binary(payload)),
                }),
                Next::Read(Ok(Message::Close(frame))) => {
                    reported = true;
                    match frame {
                        Some(frame) => app.reported(Some(CloseCode(frame.code.into())), Some(&frame.reason), None),
                        None => app.reported(None, Some(""), None),
                    }
                }
                Next::Read(Ok(Message::Text(text))) => app.message(MessageKind::Text, text.as_bytes()),
                Next::Read(Ok(Message::Binary(data))) => app.message(MessageKind::Binary, &data),
                Next::Read(Ok(_)) => {}
                // The closing handshake is over. The program drops TCP.
                Next::Read(Err(Error::ConnectionClosed)) if reported => return,
                Next::Read(Err(error)) => return app.error_reported(error),
            }
        }
    }
}

/// Reads as a program with non-blocking I/O does: again when the transport has more.
async fn read(socket: &mut WebSocket<Transport>) -> Result<Message, Error> {
    std::future::poll_fn(|_| match socket.read() {
        Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
        done => Poll::Ready(done),
    })
    .await
}

#[test]
fn tungstenite_closes_as_known() {
    Tungstenite::suite().baseline_toml(include_str!("../wsclose.toml")).assert();
}
