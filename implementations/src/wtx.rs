//! Adapts wtx: a [`WebSocket`] over a stream of the adapter, without the opening handshake.
//!
//! The program is the sequential one of wtx's documentation. It calls `read_frame`, which replies to Pings and Closes, until
//! that returns a Close or fails. Then it drops TCP. It handles requests when there is nothing to read, and drops `read_frame`
//! only between frames, because `read_frame` owns the part of a frame that it has read. (In wtx's concurrent mode the program
//! would have to reply to Closes.) A request becomes a `Frame`, a Close with `fill_buffer_with_close_frame`. The library
//! refuses codes that `CloseCode::try_from` refuses. After wtx's own Close, it reports the peer's Close as
//! `ClosedWebSocketConnection`.
//!
//! wtx leaves these to its program:
//!
//! - [`Capability::MasksFrames`]: it masks with keys of a generator that the program provides. This one has the same seed for
//!   every connection, so that a script always has the same trace.
//! - [`Capability::SendsCloseOnFailure`]: `read_frame` only returns the error, and the program drops TCP. (wtx usually does
//!   reply with 1002 to a Close with a code that it rejects.)
//! - [`Capability::ClosesTcp`]: it never closes TCP, and does not indicate when to.
//! - [`Capability::HasTimeouts`]: it has no clock.
//! - [`Capability::ReportsClean`]: it reports only the Close.
//! - [`Capability::ReportsMemory`]: the sizes of its buffers are not observable.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::frame::Decoder;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, Next, Request, Transport};
use wsclose_adapter::program::LibraryProgram;
use wtx::collection::Vector;
use wtx::rng::Xorshift64;
use wtx::stream::{StreamReader, StreamWriter};
use wtx::web_socket::{
    CloseCode as Code, Frame, OpCode, WebSocket, WebSocketBuffer, WebSocketPayloadOrigin,
    fill_buffer_with_close_frame,
};

/// wtx in either role.
#[derive(Debug)]
pub struct Wtx;

impl LibraryProgram for Wtx {
    const NAME: &'static str = "wtx";

    fn capabilities(role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => Capabilities::ALL.without(&[
                Capability::MasksFrames,
                Capability::SendsCloseOnFailure,
                Capability::ClosesTcp,
                Capability::HasTimeouts,
                Capability::ReportsClean,
                Capability::ReportsMemory,
            ]),
        }
    }

    async fn run(role: Role, transport: Transport, app: AppHandle) {
        match role {
            Role::Client => serve::<true>(transport, &app).await,
            Role::Server => serve::<false>(transport, &app).await,
        }
    }
}

/// The seed of the mask keys of a connection.
const MASK_SEED: u64 = 0x2545_f491_4f6c_dd1d;

/// A transport with wtx's I/O traits.
struct WtxStream {
    transport: Transport,
    /// The position of wtx in the peer's frames.
    decoder: Rc<RefCell<Decoder>>,
}

impl StreamReader for WtxStream {
    async fn read(&mut self, octets: &mut [u8]) -> wtx::Result<usize> {
        let read = AsyncReadExt::read(&mut self.transport, octets).await?;
        let mut octets = &octets[..read];
        while self.decoder.borrow_mut().next(&mut octets).is_some() {}
        Ok(read)
    }
}

impl StreamWriter for WtxStream {
    async fn write_all(&mut self, octets: &[u8]) -> wtx::Result<()> {
        Ok(AsyncWriteExt::write_all(&mut self.transport, octets).await?)
    }

    async fn write_all_vectored(&mut self, parts: &[&[u8]]) -> wtx::Result<()> {
        self.write_all(&parts.concat()).await
    }
}

type Socket<const IS_CLIENT: bool> = WebSocket<(), Xorshift64, WtxStream, WebSocketBuffer, IS_CLIENT>;

async fn serve<const IS_CLIENT: bool>(transport: Transport, app: &AppHandle) {
    let decoder = Rc::new(RefCell::new(Decoder::new()));
    let stream = WtxStream { transport, decoder: Rc::clone(&decoder) };
    let rng = Xorshift64::new(MASK_SEED);
    let mut socket = Socket::<IS_CLIENT>::new((), false, rng, stream, WebSocketBuffer::new());
    let mut buffer = Vector::new();
    loop {
        if let Some(request) = app.take_request() {
            let result = handle_request(&mut socket, request).await;
            app.request_result(&result);
        }
        let frame = socket.read_frame(&mut buffer, WebSocketPayloadOrigin::Adaptive);
        match next(app, &decoder, frame).await {
            Next::Request(request) => {
                let result = handle_request(&mut socket, request).await;
                app.request_result(&result);
            }
            Next::Read(Ok(frame)) => match frame.op_code() {
                OpCode::Text => app.message(MessageKind::Text, frame.payload()),
                OpCode::Binary => app.message(MessageKind::Binary, frame.payload()),
                OpCode::Close => {
                    let (code, reason) = match &**frame.payload() {
                        [high, low, reason @ ..] => {
                            (Some(CloseCode(u16::from_be_bytes([*high, *low]))), reason)
                        }
                        short => (None, short),
                    };
                    return app.reported(code, Some(&String::from_utf8_lossy(reason)), None);
                }
                OpCode::Ping | OpCode::Pong | OpCode::Continuation => {}
            },
            Next::Read(Err(wtx::Error::ClosedWebSocketConnection)) => return app.reported(None, None, None),
            Next::Read(Err(error)) => return app.error_reported(error),
        }
    }
}

/// Like [`AppHandle::next`], but a request waits while there is input, or while a frame is incomplete.
async fn next<T>(app: &AppHandle, decoder: &RefCell<Decoder>, frame: impl Future<Output = T>) -> Next<T> {
    let mut frame = pin!(frame);
    poll_fn(|cx| {
        if !app.is_paused()
            && let Poll::Ready(frame) = frame.as_mut().poll(cx)
        {
            return Poll::Ready(Next::Read(frame));
        }
        let request = if decoder.borrow().at_boundary() { app.take_request() } else { None };
        request.map_or(Poll::Pending, |request| Poll::Ready(Next::Request(request)))
    })
    .await
}

async fn handle_request<const IS_CLIENT: bool>(
    socket: &mut Socket<IS_CLIENT>,
    request: Request,
) -> wtx::Result<()> {
    let (opcode, mut payload) = match request {
        Request::Close { code: None, .. } => (OpCode::Close, Vec::new()),
        Request::Close { code: Some(code), reason } => {
            let mut body = vec![0; 2 + reason.len()];
            fill_buffer_with_close_frame(&mut body, Code::try_from(code.0)?, reason.as_bytes())?;
            (OpCode::Close, body)
        }
        Request::Send { kind: MessageKind::Text, payload } => (OpCode::Text, payload),
        Request::Send { kind: MessageKind::Binary, payload } => (OpCode::Binary, payload),
    };
    socket.write_frame(&mut Frame::new_fin(opcode, payload.as_mut_slice())).await
}
