//! fastwebsockets, in-process, as a program uses it that reads and writes at the same time: the halves of
//! `WebSocket::split` (its feature `unstable-split`) and a [`FragmentCollectorRead`], over a [`Pipe`].
//!
//! `read_frame` is not cancel safe: it forgets the head of a frame that it has begun to read. So the read is
//! held, and what the application asks goes through the half that writes. `send_fn` of the reading half
//! writes whatever it is given, which its documentation asks for ("closure must ensure frames are sent").
//! After a Close or an error the program drops TCP, as the examples of the library do.
//!
//! Left to the program, and so not held against fastwebsockets:
//! - [`Duty::FailsAloud`]: of all errors only a code that nobody may send is answered by a Close.
//! - [`Duty::ClosesTcp`]: nothing ends TCP, or says when to; nor what to do after a Close or an error, so that
//!   the rules `discards-after-close` and `nothing-after-fail` are the program's too.
//! - [`Duty::KeepsTime`]: it has no clock.
//! - [`Duty::ReportsClean`]: it hands over the Close, no more.
//! - [`Duty::ShowsMemory`]: its buffers cannot be asked how large they are.

use std::rc::Rc;

use fastwebsockets::{FragmentCollectorRead, Frame, OpCode, Role as Side, WebSocket, WebSocketError};
use tokio::sync::Mutex;
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability, Rule};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, Request, Transport};
use wsclose_adapter::program::LibraryProgram;

/// The duties of fastwebsockets, however it is used.
pub(crate) const CAPABILITIES: Capabilities = Capabilities::ALL
    .without(&[
        Capability::SendsCloseOnFailure,
        Capability::ClosesTcp,
        Capability::HasTimeouts,
        Capability::ReportsClean,
        Capability::ReportsMemory,
    ])
    .exempting(&[Rule::DiscardsAfterClose, Rule::NothingAfterFail]);

/// fastwebsockets in halves, in either role.
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
        let mut answer = |frame| {
            let writer = Rc::clone(&writer);
            async move { writer.lock().await.write_frame(frame).await }
        };
        loop {
            let ask = async |request| {
                let written = writer.lock().await.write_frame(request_frame(request)).await;
                app.request_result(&written);
            };
            let came = app.serve_while(reader.read_frame::<_, WebSocketError>(&mut answer), ask).await;
            if report_frame(&app, came).is_break() {
                return;
            }
        }
    }
}

/// The library's own word for a role.
pub(crate) fn side(role: Role) -> Side {
    match role {
        Role::Client => Side::Client,
        Role::Server => Side::Server,
    }
}

/// What the script asks for, as a frame.
pub(crate) fn request_frame(request: Request) -> Frame<'static> {
    match request {
        Request::Close { code: Some(code), reason } => Frame::close(code.0, reason.as_bytes()),
        Request::Close { code: None, reason: _ } => Frame::close_raw(Vec::new().into()),
        Request::Send { kind: MessageKind::Text, payload } => Frame::text(payload.into()),
        Request::Send { kind: MessageKind::Binary, payload } => Frame::binary(payload.into()),
    }
}

/// Tells the application what was read; breaks when the program is done with the connection.
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
            // The library has checked both.
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
