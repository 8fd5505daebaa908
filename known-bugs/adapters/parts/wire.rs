//! A transport for libraries whose read is not cancel-safe, because dropping it loses a partial frame.
//!
//! It returns one octet at a time, so that nothing is read ahead, and tracks the ends of frames. The program handles requests
//! only there ([`next`]).

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wsclose::protocol::frame::Decoder;
use wsclose_adapter::connection::{AppHandle, Next, Transport};

/// Whether the octets read so far end inside a frame.
#[derive(Clone, Default)]
pub struct Inside(Rc<Cell<bool>>);

/// A transport that tracks the ends of frames.
pub struct Wire {
    transport: Transport,
    decoder: Decoder,
    inside: Inside,
}

impl Wire {
    /// Returns the transport, and the state of its reader.
    pub fn new(transport: Transport) -> (Wire, Inside) {
        let inside = Inside::default();
        (Wire { transport, decoder: Decoder::new(), inside: inside.clone() }, inside)
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let Wire { transport, decoder, inside } = self.get_mut();
        let mut octet = [0];
        let mut one = ReadBuf::new(&mut octet);
        let read = AsyncRead::poll_read(Pin::new(transport), cx, &mut one);
        let mut rest = one.filled();
        out.put_slice(rest);
        while decoder.next(&mut rest).is_some() {}
        inside.0.set(!decoder.at_boundary());
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<std::io::Result<usize>> {
        AsyncWrite::poll_write(Pin::new(&mut self.get_mut().transport), cx, octets)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        AsyncWrite::poll_flush(Pin::new(&mut self.get_mut().transport), cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        AsyncWrite::poll_shutdown(Pin::new(&mut self.get_mut().transport), cx)
    }
}

/// Like [`AppHandle::next`], but a request waits while a frame is incomplete.
pub async fn next<T>(app: &AppHandle, inside: &Inside, read: impl Future<Output = T>) -> Next<T> {
    let mut read = pin!(read);
    poll_fn(|cx| {
        if !inside.0.get()
            && let Some(request) = app.take_request()
        {
            return Poll::Ready(Next::Request(request));
        }
        if app.is_paused() {
            return Poll::Pending;
        }
        // The read may complete the frame that a request waits for.
        match read.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Next::Read(output)),
            Poll::Pending if inside.0.get() => Poll::Pending,
            Poll::Pending => {
                app.take_request().map_or(Poll::Pending, |request| Poll::Ready(Next::Request(request)))
            }
        }
    })
    .await
}
