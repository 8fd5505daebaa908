//! A pipe for libraries whose reading may not be dropped half-way: what they have read of a frame would be
//! lost. It hands out one octet at a time, so that nothing is read ahead, and knows where frames end: there,
//! and only there, the program acts on requests, by [`turn`].

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wsclose::protocol::frame::Decoder;
use wsclose_adapter::connection::{AppHandle, Next, Transport};

/// Whether what has been read ends inside a frame.
#[derive(Clone, Default)]
pub struct Inside(Rc<Cell<bool>>);

/// The pipe.
pub struct Wire {
    pipe: Transport,
    decoder: Decoder,
    inside: Inside,
}

impl Wire {
    /// The pipe, and where its reader stands.
    pub fn new(pipe: Transport) -> (Wire, Inside) {
        let inside = Inside::default();
        (Wire { pipe, decoder: Decoder::new(), inside: inside.clone() }, inside)
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let Wire { pipe, decoder, inside } = self.get_mut();
        let mut octet = [0];
        let mut one = ReadBuf::new(&mut octet);
        let read = AsyncRead::poll_read(Pin::new(pipe), cx, &mut one);
        let mut rest = one.filled();
        out.put_slice(rest);
        while decoder.next(&mut rest).is_some() {}
        inside.0.set(!decoder.at_boundary());
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<std::io::Result<usize>> {
        AsyncWrite::poll_write(Pin::new(&mut self.get_mut().pipe), cx, octets)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        AsyncWrite::poll_flush(Pin::new(&mut self.get_mut().pipe), cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        AsyncWrite::poll_shutdown(Pin::new(&mut self.get_mut().pipe), cx)
    }
}

/// As [`AppHandle::turn`], but a request waits while a part of a frame has been read.
pub async fn turn<T>(app: &AppHandle, inside: &Inside, read: impl Future<Output = T>) -> Next<T> {
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
        // What comes may end the frame that a request waits for.
        match read.as_mut().poll(cx) {
            Poll::Ready(came) => Poll::Ready(Next::Read(came)),
            Poll::Pending if inside.0.get() => Poll::Pending,
            Poll::Pending => {
                app.take_request().map_or(Poll::Pending, |request| Poll::Ready(Next::Request(request)))
            }
        }
    })
    .await
}
