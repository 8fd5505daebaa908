//! fastwebsockets, in-process, as most programs use it: a [`FragmentCollector`] over a [`Pipe`].
//!
//! A program that waits for a frame cannot write without dropping the read, and `read_frame` is not cancel
//! safe: it forgets the head of a frame that it has begun to read. So the program here drops it only between
//! frames; what the application asks in the middle of one waits for its end. That is the program's doing, as
//! is leaving after a Close or an error, which the examples of the library do. What is left to the program
//! stands in [`fastwebsockets_split`](crate::fastwebsockets_split), which is the same library in halves.

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

/// fastwebsockets in one piece, in either role.
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
        let place = Rc::new(RefCell::new(Decoder::new()));
        let watched = FrameTrackingStream { transport, decoder: Rc::clone(&place) };
        let mut socket = FragmentCollector::new(WebSocket::after_handshake(watched, side(role)));
        loop {
            match next(&app, &place, socket.read_frame()).await {
                Next::Request(request) => {
                    app.request_result(&socket.write_frame(request_frame(request)).await)
                }
                Next::Read(came) => {
                    if report_frame(&app, came).is_break() {
                        return;
                    }
                }
            }
        }
    }
}

/// As [`AppHandle::turn`], but `read` is dropped only before it begins and between frames.
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

/// A pipe of which one can tell whether what was read ends between frames.
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
