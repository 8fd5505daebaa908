//! Adapts web-socket: two [`WebSocket`]s over the halves of a [`Transport`], one that reads and one that writes.
//!
//! The library reads and checks frames, and writes frames on request. `recv` is not cancel-safe, so the adapter keeps the
//! read and sends requests through the writing half. `close` consumes that half, so nothing can be sent afterwards. The
//! program replies to Pings, assembles fragments and checks the UTF-8 of text. It replies to a Close with its code, and to an
//! error with 1002, as in the README. Then it drops TCP.
//!
//! web-socket leaves these to its program:
//!
//! - [`Capability::RepliesToClose`], [`Capability::SendsCloseOnFailure`], [`Capability::ClosesTcp`].
//! - [`Capability::HasTimeouts`]: it has no clock.
//! - [`Capability::ReportsClean`], [`Capability::ReportsMemory`].
//! - The rules about what follows a Close or an error. The reading half shares no state with the writing half, and the program
//!   leaves.

use tokio::io::WriteHalf;
use web_socket::{CloseCode as Code, DataType, Event, MessageType, Stream, WebSocket};
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability, Rule};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, Request, Transport};
use wsclose_adapter::program::LibraryProgram;

/// web-socket in either role.
#[derive(Debug)]
pub struct WebSocketRs;

impl LibraryProgram for WebSocketRs {
    const NAME: &'static str = "web-socket";

    fn capabilities(role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => Capabilities::of(&[
                Capability::Framing,
                Capability::MasksFrames,
                Capability::ParsesCloseBody,
                Capability::InterpretsReason,
                Capability::ReportsCloseStatus,
                Capability::ReportsMessages,
                Capability::ExposesCloseApi,
            ])
            .exempting(&[
                Rule::QuietAfterClose,
                Rule::DiscardsAfterClose,
                Rule::ReadsUntilAnswer,
                Rule::DeliversUntilAnswer,
                Rule::SimultaneousClose,
                Rule::NothingAfterFail,
            ]),
        }
    }

    async fn run(role: Role, transport: Transport, app: AppHandle) {
        let (read, write) = tokio::io::split(transport);
        let (mut reader, writer) = match role {
            Role::Client => (WebSocket::client(read), WebSocket::client(write)),
            Role::Server => (WebSocket::server(read), WebSocket::server(write)),
        };
        let mut writer = Some(writer);
        let mut parts = Vec::new();
        loop {
            let handle = async |request| handle_request(&mut writer, &app, request).await;
            match app.serve_while(reader.recv(), handle).await {
                Ok(Event::Data { ty, data }) => {
                    parts.extend_from_slice(&data);
                    let Some(kind) = finished_kind(&ty) else { continue };
                    if kind == MessageKind::Text && std::str::from_utf8(&parts).is_err() {
                        app.error_reported("text that is not UTF-8");
                        return close_writer(writer, Some(Code::InvalidPayload as u16)).await;
                    }
                    app.message(kind, &parts);
                    parts.clear();
                }
                Ok(Event::Ping(data)) => {
                    if let Some(writer) = &mut writer {
                        // The next read detects a broken connection.
                        let _ = writer.send_pong(data).await;
                    }
                }
                Ok(Event::Pong(_)) => {}
                Ok(Event::Error(error)) => {
                    app.error_reported(error);
                    return close_writer(writer, Some(Code::ProtocolError as u16)).await;
                }
                Ok(Event::Close { code, reason }) => {
                    app.reported(Some(CloseCode(code)), Some(&reason), None);
                    // The program must not send a code that no endpoint may send.
                    let code = CloseCode(code).acceptable(Profile::Iana).is_ok().then_some(code);
                    return close_writer(writer, code).await;
                }
                Err(error) => return app.error_reported(error),
            }
        }
    }
}

/// The kind of the message, if this is its last part.
fn finished_kind(part: &DataType) -> Option<MessageKind> {
    match part {
        DataType::Complete(kind) | DataType::Stream(Stream::End(kind)) => Some(match kind {
            MessageType::Text => MessageKind::Text,
            MessageType::Binary => MessageKind::Binary,
        }),
        DataType::Stream(Stream::Start(_) | Stream::Next(_)) => None,
    }
}

async fn handle_request(
    writer: &mut Option<WebSocket<WriteHalf<Transport>>>,
    app: &AppHandle,
    request: Request,
) {
    match request {
        Request::Close { code, reason } => {
            let Some(writer) = writer.take() else {
                return app.unsupported("`close` has consumed the writer");
            };
            let written = match code {
                Some(code) => writer.close((code.0, reason)).await,
                None => writer.close(()).await,
            };
            app.request_result(&written);
        }
        Request::Send { kind, payload } => {
            let Some(writer) = writer else { return app.unsupported("`close` has consumed the writer") };
            let written = match kind {
                MessageKind::Text => writer.send(&*String::from_utf8_lossy(&payload)).await,
                MessageKind::Binary => writer.send(&*payload).await,
            };
            app.request_result(&written);
        }
    }
}

async fn close_writer(writer: Option<WebSocket<WriteHalf<Transport>>>, code: Option<u16>) {
    let Some(writer) = writer else { return };
    // The program is finished, whether or not the write succeeds.
    let _ = match code {
        Some(code) => writer.close(code).await,
        None => writer.close(()).await,
    };
}
