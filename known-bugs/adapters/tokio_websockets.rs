//! Adapts tokio-websockets, without the opening handshake.
//!
//! The program polls the stream until it ends, which writes the queued replies. It writes only on request of the application.
//! The end of the stream is the time to drop TCP, so [`Capability::ClosesTcp`] is the library's. Reading is cancel-safe, by its
//! documentation. After an error the program polls the stream again, because that flushes the Close for the error.
//!
//! No version has a clock, reports whether a closure was clean, or makes its memory observable. The library sends only codes
//! that its `CloseCode` accepts. The program does not pass it a reason that exceeds a Close.

use std::future::poll_fn;
use std::pin::Pin;
use std::process::ExitCode;

use futures_core::Stream;
use futures_sink::Sink;
use tokio_websockets::{ClientBuilder, CloseCode as Code, Error, Message, ServerBuilder};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, Next, Request, Transport};
use wsclose_adapter::program::{LibraryProgram, ProgramSubject};

struct TokioWebsockets;

impl LibraryProgram for TokioWebsockets {
    const NAME: &'static str = "tokio-websockets";

    fn capabilities(_role: Role) -> Capabilities {
        Capabilities::ALL.without(&[
            Capability::HasTimeouts,
            Capability::ReportsClean,
            Capability::ReportsMemory,
        ])
    }

    async fn run(role: Role, transport: Transport, app: AppHandle) {
        match role {
            Role::Client => serve(ClientBuilder::new().take_over(transport), app).await,
            Role::Server => serve(ServerBuilder::new().serve(transport), app).await,
        }
    }
}

async fn serve<S>(mut socket: S, app: AppHandle)
where
    S: Stream<Item = Result<Message, Error>> + Sink<Message, Error = Error> + Unpin,
{
    let mut reported = false;
    loop {
        match app.next(poll_fn(|cx| Pin::new(&mut socket).poll_next(cx))).await {
            Next::Request(request) => {
                let message = match request {
                    Request::Close { code: None, .. } => Message::close(None, ""),
                    Request::Close { code: Some(code), reason } => match Code::try_from(code.0) {
                        Ok(code) if reason.len() <= wsclose::protocol::close::MAX_REASON => {
                            Message::close(Some(code), &reason)
                        }
                        Ok(_) => {
                            app.unsupported("a Close cannot contain this code or reason");
                            continue;
                        }
                        Err(error) => {
                            app.request_refused(&error.to_string());
                            continue;
                        }
                    },
                    Request::Send { kind: MessageKind::Text, payload } => {
                        Message::text(String::from_utf8_lossy(&payload).into_owned())
                    }
                    Request::Send { kind: MessageKind::Binary, payload } => {
                        Message::binary(bytes::BytesMut::from(&*payload))
                    }
                };
                let sent = send(&mut socket, message).await;
                app.request_result(&sent);
            }
            Next::Read(Some(Ok(message))) => {
                let payload: &[u8] = message.as_payload();
                if message.is_text() {
                    app.message(MessageKind::Text, payload);
                } else if message.is_binary() {
                    app.message(MessageKind::Binary, payload);
                } else if message.is_close() && !std::mem::replace(&mut reported, true) {
                    // Every program reads the code and reason of a Close.
                    let (code, reason) = message.as_close().expect("a Close");
                    let code = CloseCode(code.into());
                    // The library returns 1005 for a Close without a code.
                    app.reported(Some(code), Some(reason), None);
                }
            }
            Next::Read(Some(Err(error))) => app.error_reported(error),
            Next::Read(None) => return,
        }
    }
}

async fn send<S: Sink<Message, Error = Error> + Unpin>(
    socket: &mut S,
    message: Message,
) -> Result<(), Error> {
    poll_fn(|cx| Pin::new(&mut *socket).poll_ready(cx)).await?;
    Pin::new(&mut *socket).start_send(message)?;
    poll_fn(|cx| Pin::new(&mut *socket).poll_flush(cx)).await
}

fn main() -> ExitCode {
    wsclose_adapter::worker::main(ProgramSubject::<TokioWebsockets>::new())
}
