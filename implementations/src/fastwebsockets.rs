//! Adapts fastwebsockets as most programs use it: a [`FragmentCollector`] over a [`Transport`].
//!
//! A program that waits for a frame cannot write without dropping the read. `read_frame` is not cancel-safe: it discards the
//! header of a frame that it has begun to read. The program here drops a read only between frames, so a request in the middle
//! of a frame waits for its end. The program also leaves after a Close or an error, as the library's examples do. Neither
//! counts against the library. [`fastwebsockets_split`](crate::fastwebsockets_split) lists what fastwebsockets leaves to its
//! program.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use fastwebsockets::{FragmentCollector, WebSocket};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wsclose::protocol::frame::Decoder;
use wsclose::protocol::role::Role;
use wsclose::rules::Capabilities;
use wsclose_adapter::connection::{AppHandle, Next, Transport};
use wsclose_adapter::program::LibraryProgram;

use crate::fastwebsockets_split::{CAPABILITIES, report_frame, request_frame, side};

/// fastwebsockets, not split, in either role.
#[derive(Debug)]
pub struct FastWebSockets;

impl LibraryProgram for FastWebSockets {
    const NAME: &'static str = "fastwebsockets";

    fn capabilities(role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => CAPABILITIES,
        }
    }

    async fn run(role: Role, transport: Transport, app: AppHandle) {
        let decoder = Rc::new(RefCell::new(Decoder::new()));
        let stream = FrameTrackingStream { transport, decoder: Rc::clone(&decoder) };
        let mut socket = FragmentCollector::new(WebSocket::after_handshake(stream, side(role)));
        loop {
            match next(&app, &decoder, socket.read_frame()).await {
                Next::Request(request) => {
                    app.request_result(&socket.write_frame(request_frame(request)).await)
                }
                Next::Read(read) => {
                    if report_frame(&app, read).is_break() {
                        return;
                    }
                }
            }
        }
    }
}

/// Like [`AppHandle::next`], but drops `read` only before its first poll and between frames.
async fn next<T>(app: &AppHandle, decoder: &RefCell<Decoder>, read: impl Future<Output = T>) -> Next<T> {
    let mut read = pin!(read);
    let mut begun = false;
    std::future::poll_fn(|cx| {
        if (!begun || decoder.borrow().at_boundary())
            && let Some(request) = app.take_request()
        {
            return Poll::Ready(Next::Request(request));
        }
        if app.is_paused() {
            return Poll::Pending;
        }
        begun = true;
        read.as_mut().poll(cx).map(Next::Read)
    })
    .await
}

/// A transport that tracks whether the octets read so far end between frames.
struct FrameTrackingStream {
    transport: Transport,
    decoder: Rc<RefCell<Decoder>>,
}

impl AsyncRead for FrameTrackingStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.transport).poll_read(cx, buf))?;
        let mut octets = &buf.filled()[before..];
        while self.decoder.borrow_mut().next(&mut octets).is_some() {}
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for FrameTrackingStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.transport).poll_write(cx, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_flush(Pin::new(&mut self.transport), cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_shutdown(cx)
    }
}
