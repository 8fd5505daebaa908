//! tokio-websockets, without the opening handshake.
//!
//! The program polls the stream until it ends, which is what writes the answers that the library queued, and
//! does nothing else unless the application asks: a reader that never writes. The end of the stream is the
//! moment to drop TCP, so [`Capability::ClosesTcp`] is the library's. Reading is cancel-safe, by its documentation.
//! After an error the stream is polled on, because that is what flushes the Close for it.
//!
//! Left to the program: what no version has, a clock, a word on whether the closure was clean, a way to see
//! its memory. The library sends only codes that its `CloseCode` can be made of. For a reason that no Close
//! can hold it is not asked.

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

    async fn run(role: Role, pipe: Transport, app: AppHandle) {
        match role {
            Role::Client => serve(ClientBuilder::new().take_over(pipe), app).await,
            Role::Server => serve(ServerBuilder::new().serve(pipe), app).await,
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
                            app.unsupported("no Close can say that");
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
                    // Asking what it says is what every program does with it.
                    let (code, reason) = message.as_close().expect("it is a Close");
                    let code = CloseCode(code.into());
                    // The library says 1005 for a Close without a code.
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
