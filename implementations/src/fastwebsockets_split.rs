//! Adapts fastwebsockets as a program uses it that reads and writes at the same time.
//!
//! It uses the halves of `WebSocket::split` (feature `unstable-split`) and a [`FragmentCollectorRead`], over a [`Transport`].
//! `read_frame` is not cancel-safe: it discards the header of a frame that it has begun to read. The adapter keeps the read,
//! and sends requests through the writing half. `send_fn` of the reading half writes every frame that it receives, as its
//! documentation requires ("closure must ensure frames are sent"). After a Close or an error the program drops TCP, as the
//! library's examples do.
//!
//! fastwebsockets leaves these to its program:
//!
//! - [`Capability::SendsCloseOnFailure`]: the only error that causes a Close is a code that no endpoint may send.
//! - [`Capability::ClosesTcp`]: nothing closes TCP or indicates when to, and nothing specifies what to do after a Close or an
//!   error. This also excludes `discards-after-close` and `nothing-after-fail`.
//! - [`Capability::HasTimeouts`]: it has no clock.
//! - [`Capability::ReportsClean`]: it reports only the Close.
//! - [`Capability::ReportsMemory`]: the sizes of its buffers are not observable.

use std::rc::Rc;

use fastwebsockets::{FragmentCollectorRead, Frame, OpCode, Role as Side, WebSocket, WebSocketError};
use tokio::sync::Mutex;
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability, Rule};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, Request, Transport};
use wsclose_adapter::program::LibraryProgram;

/// The capabilities of fastwebsockets, split or not.
pub(crate) const CAPABILITIES: Capabilities = Capabilities::ALL
    .without(&[
        Capability::SendsCloseOnFailure,
        Capability::ClosesTcp,
        Capability::HasTimeouts,
        Capability::ReportsClean,
        Capability::ReportsMemory,
    ])
    .exempting(&[Rule::DiscardsAfterClose, Rule::NothingAfterFail]);

/// fastwebsockets, split into halves, in either role.
#[derive(Debug)]
pub struct FastWebSocketsSplit;

impl LibraryProgram for FastWebSocketsSplit {
    const NAME: &'static str = "fastwebsockets-split";

    fn capabilities(role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => CAPABILITIES,
        }
    }

    async fn run(role: Role, transport: Transport, app: AppHandle) {
        let (reader, writer) = WebSocket::after_handshake(transport, side(role)).split(tokio::io::split);
        let (mut reader, writer) = (FragmentCollectorRead::new(reader), Rc::new(Mutex::new(writer)));
        let mut reply = |frame| {
            let writer = Rc::clone(&writer);
            async move { writer.lock().await.write_frame(frame).await }
        };
        loop {
            let handle = async |request| {
                let written = writer.lock().await.write_frame(request_frame(request)).await;
                app.request_result(&written);
            };
            let read = app.serve_while(reader.read_frame::<_, WebSocketError>(&mut reply), handle).await;
            if report_frame(&app, read).is_break() {
                return;
            }
        }
    }
}

/// Converts a role to the library's type.
pub(crate) fn side(role: Role) -> Side {
    match role {
        Role::Client => Side::Client,
        Role::Server => Side::Server,
    }
}

/// Converts a request to a frame.
pub(crate) fn request_frame(request: Request) -> Frame<'static> {
    match request {
        Request::Close { code: Some(code), reason } => Frame::close(code.0, reason.as_bytes()),
        Request::Close { code: None, reason: _ } => Frame::close_raw(Vec::new().into()),
        Request::Send { kind: MessageKind::Text, payload } => Frame::text(payload.into()),
        Request::Send { kind: MessageKind::Binary, payload } => Frame::binary(payload.into()),
    }
}

/// Reports to the application what was read. Breaks when the program is finished with the connection.
pub(crate) fn report_frame(
    app: &AppHandle,
    read: Result<Frame<'_>, WebSocketError>,
) -> std::ops::ControlFlow<()> {
    let frame = match read {
        Ok(frame) => frame,
        Err(error) => {
            app.error_reported(error);
            return std::ops::ControlFlow::Break(());
        }
    };
    match frame.opcode {
        OpCode::Text => app.message(MessageKind::Text, &frame.payload),
        OpCode::Binary => app.message(MessageKind::Binary, &frame.payload),
        OpCode::Close => {
            // The library has checked the code and the reason.
            match frame.payload.split_first_chunk() {
                Some((code, reason)) => {
                    let code = CloseCode(u16::from_be_bytes(*code));
                    app.reported(Some(code), Some(&String::from_utf8_lossy(reason)), None);
                }
                None => app.reported(None, Some(""), None),
            }
            return std::ops::ControlFlow::Break(());
        }
        OpCode::Continuation | OpCode::Ping | OpCode::Pong => {}
    }
    std::ops::ControlFlow::Continue(())
}
