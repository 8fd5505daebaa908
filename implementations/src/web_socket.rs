//! web-socket, in-process: two [`WebSocket`]s over the halves of a [`Pipe`], one that reads and one that
//! writes.
//!
//! The library reads frames, checks them, and writes what it is told to. `recv` is not cancel safe, so it is
//! held, and what the application asks goes through the half that writes. `close` consumes that half: there
//! is nothing left to send with. The program answers Pings, puts fragments together,
//! checks that text is UTF-8, answers a Close with its code, and answers an error with 1002, as the README
//! does; then it drops TCP.
//!
//! Left to the program, and so not held against web-socket: [`Duty::Answers`], [`Duty::FailsAloud`],
//! [`Duty::ClosesTcp`], [`Duty::KeepsTime`] (it has no clock), [`Duty::ReportsClean`], and
//! [`Duty::ShowsMemory`]; and the rules about what comes and goes once a Close or an error has come, since the
//! half that reads knows nothing of the half that writes, and the program leaves.

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
                Capability::ReportsCloseStatus,
                Capability::ReportsMessages,
                Capability::ExposesCloseApi,
            ])
            .exempting(&[
                Rule::QuietAfterClose,
                Rule::DiscardsAfterClose,
                Rule::ReadsUntilAnswer,
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
            let ask = async |request| handle_request(&mut writer, &app, request).await;
            match app.serve_while(reader.recv(), ask).await {
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
                        // A connection that cannot be written to will be found out by reading.
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
                    // A code that nobody may send is not this program's to send.
                    let code = CloseCode(code).acceptable(Profile::Iana).is_ok().then_some(code);
                    return close_writer(writer, code).await;
                }
                Err(error) => return app.error_reported(error),
            }
        }
    }
}

/// The kind of the message that this part ends.
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
    // The program is done, whatever becomes of it.
    let _ = match code {
        Some(code) => writer.close(code).await,
        None => writer.close(()).await,
    };
}
