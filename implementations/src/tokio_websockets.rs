//! Adapts tokio-websockets: a [`WebSocketStream`](tokio_websockets::WebSocketStream) over a [`Transport`], without the opening
//! handshake.
//!
//! The program follows its documentation. It reads the stream to its end, also after a Close or an error, which sends the
//! queued replies. Then it drops TCP. The stream ends when the library's `poll_close` closes TCP, so [`Capability::ClosesTcp`]
//! is the library's. The program reports a stream that ends without a Close or an error as a closure without a status. Reading
//! is cancel-safe: the stream keeps everything that it has read.
//!
//! `Message::close` panics on a reserved code and on a long reason, as documented. The program records that as a refusal.
//!
//! tokio-websockets lacks these capabilities:
//!
//! - [`Capability::HasTimeouts`]: it has no clock.
//! - [`Capability::ReportsClean`]: it reports only the Close and the end of the handshake.
//! - [`Capability::ReportsMemory`]: the sizes of its buffers are not observable.

use futures_util::{SinkExt, StreamExt};
use tokio_websockets::{ClientBuilder, CloseCode as Code, Message, ServerBuilder};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, Next, Request, Transport};
use wsclose_adapter::panic::catch;
use wsclose_adapter::program::{LibraryProgram, panic_message};

/// tokio-websockets in either role.
#[derive(Debug)]
pub struct TokioWebSockets;

impl LibraryProgram for TokioWebSockets {
    const NAME: &'static str = "tokio-websockets";

    fn capabilities(role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => Capabilities::ALL.without(&[
                Capability::HasTimeouts,
                Capability::ReportsClean,
                Capability::ReportsMemory,
            ]),
        }
    }

    async fn run(role: Role, transport: Transport, app: AppHandle) {
        let mut socket = match role {
            Role::Client => ClientBuilder::new().take_over(transport),
            Role::Server => ServerBuilder::new().serve(transport),
        };
        let mut reported = false;
        loop {
            match app.next(socket.next()).await {
                Next::Request(request) => match request_message(request) {
                    Ok(message) => app.request_result(&socket.send(message).await),
                    Err(why) => app.request_refused(&why),
                },
                Next::Read(Some(Ok(message))) => {
                    if let Some((code, reason)) = message.as_close() {
                        reported = true;
                        app.reported(Some(CloseCode(code.into())), Some(reason), None);
                    } else if message.is_text() {
                        app.message(MessageKind::Text, message.as_payload());
                    } else if message.is_binary() {
                        app.message(MessageKind::Binary, message.as_payload());
                    }
                }
                Next::Read(Some(Err(error))) => {
                    reported = true;
                    app.error_reported(error);
                }
                Next::Read(None) => {
                    if !reported {
                        app.reported(None, None, None);
                    }
                    return;
                }
            }
        }
    }
}

/// Converts a request to a message, or returns the message with which the library refuses it.
fn request_message(request: Request) -> Result<Message, String> {
    match request {
        Request::Close { code, reason } => {
            let code =
                code.map(|code| Code::try_from(code.0)).transpose().map_err(|error| error.to_string())?;
            catch(|| Message::close(code, &reason)).map_err(|panic| panic_message(&*panic).to_owned())
        }
        Request::Send { kind: MessageKind::Text, payload } => Ok(Message::text(payload)),
        Request::Send { kind: MessageKind::Binary, payload } => Ok(Message::binary(payload)),
    }
}
