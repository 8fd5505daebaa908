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
use wsclose::frame::Decoder;
use wsclose::role::Role;
use wsclose::rule::Capabilities;
use wsclose_plumbing::line::{App, Pipe, Turn};
use wsclose_plumbing::program::Program;

use crate::fastwebsockets_split::{DUTIES, asked, side, told};

/// fastwebsockets in one piece, in either role.
#[derive(Debug)]
pub struct FastWebSockets;

impl Program for FastWebSockets {
    const NAME: &'static str = "fastwebsockets";

    fn duties(role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => DUTIES,
        }
    }

    async fn run(role: Role, pipe: Pipe, app: App) {
        let place = Rc::new(RefCell::new(Decoder::new()));
        let watched = Watched { pipe, place: Rc::clone(&place) };
        let mut socket = FragmentCollector::new(WebSocket::after_handshake(watched, side(role)));
        loop {
            match turn(&app, &place, socket.read_frame()).await {
                Turn::Asked(request) => app.answered(&socket.write_frame(asked(request)).await),
                Turn::Came(came) => {
                    if told(&app, came).is_break() {
                        return;
                    }
                }
            }
        }
    }
}

/// As [`App::turn`], but `read` is dropped only before it begins and between frames.
async fn turn<T>(app: &App, place: &RefCell<Decoder>, read: impl Future<Output = T>) -> Turn<T> {
    let mut read = pin!(read);
    let mut begun = false;
    std::future::poll_fn(|cx| {
        if (!begun || place.borrow().at_boundary())
            && let Some(request) = app.request()
        {
            return Poll::Ready(Turn::Asked(request));
        }
        if app.paused() {
            return Poll::Pending;
        }
        begun = true;
        read.as_mut().poll(cx).map(Turn::Came)
    })
    .await
}

/// A pipe of which one can tell whether what was read ends between frames.
struct Watched {
    pipe: Pipe,
    place: Rc<RefCell<Decoder>>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.pipe).poll_read(cx, buf))?;
        let mut octets = &buf.filled()[before..];
        while self.place.borrow_mut().next(&mut octets).is_some() {}
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.pipe).poll_write(cx, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_flush(Pin::new(&mut self.pipe), cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(cx)
    }
}
