//! A connection as the two who use it see it. A library reads and writes a [`Pipe`]; the application behind
//! it is told and asked through an [`AppHandle`]. Both write to one record, so that what happened stays in order.

use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, Error, ErrorKind, Read, Write};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use tokio::io::ReadBuf;
use wsclose::harness::subject::Recorder;
use wsclose::protocol::code::CloseCode;
use wsclose::script::MessageKind;

use crate::stream::Stream;

/// How often a library may read or write between two stimuli, beside what the octets that wait to be read
/// account for.
const MAX_IO_CALLS: usize = 1 << 12;

/// What a library that read and wrote without end is stopped by: a panic with this as its payload.
#[derive(Debug)]
pub struct CallBudgetExceeded;

/// Something that the script wants of the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Close the connection.
    Close {
        /// With this code, or none.
        code: Option<CloseCode>,
        /// And this reason, of any length.
        reason: String,
    },
    /// Send a message.
    Send {
        /// Text or binary.
        kind: MessageKind,
        /// Its payload; UTF-8 where it is text.
        payload: Vec<u8>,
    },
}

/// Whose turn it is in a program that reads and is asked: see [`AppHandle::turn`].
#[derive(Debug)]
pub enum Next<T> {
    /// The application has been asked for something.
    Request(Request),
    /// What was waited for has come.
    Read(T),
}

/// What both sides of a connection share.
#[derive(Debug, Default)]
pub(crate) struct ConnectionState {
    pub(crate) stream: Stream,
    pub(crate) out: Recorder,
    pub(crate) requests: VecDeque<Request>,
    pub(crate) paused: bool,
    io_calls_left: usize,
    read_waker: Option<Waker>,
    write_waker: Option<Waker>,
}

impl ConnectionState {
    /// The record, with everything in it that has been written so far.
    pub(crate) fn recorder(&mut self) -> &mut Recorder {
        self.stream.drain_into(&mut self.out);
        &mut self.out
    }

    /// Gives the library its patience back, and wakes whatever waits.
    pub(crate) fn wake_all(&mut self) {
        self.io_calls_left = MAX_IO_CALLS + self.stream.unread();
        for waker in [self.read_waker.take(), self.write_waker.take()].into_iter().flatten() {
            waker.wake();
        }
    }

    fn count_io_call(&mut self) {
        match self.io_calls_left.checked_sub(1) {
            Some(left) => self.io_calls_left = left,
            // Not `panic!`: nobody made a mistake that a message on stderr should speak of.
            None => std::panic::resume_unwind(Box::new(CallBudgetExceeded)),
        }
    }
}

/// A line that several hold.
pub(crate) type SharedConnection = Arc<Mutex<ConnectionState>>;

pub(crate) fn lock(connection: &SharedConnection) -> MutexGuard<'_, ConnectionState> {
    // A library that ran out of patience unwound through here; the record is whole all the same.
    connection.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The library's end of the connection. Dropping it closes TCP.
#[derive(Debug)]
pub struct Transport(pub(crate) SharedConnection);

impl Transport {
    fn with<T>(&self, act: impl FnOnce(&mut ConnectionState) -> T) -> T {
        let mut line = lock(&self.0);
        line.count_io_call();
        act(&mut line)
    }

    fn poll<T>(
        &self,
        cx: &Context<'_>,
        waiting: impl FnOnce(&mut ConnectionState) -> &mut Option<Waker>,
        act: impl FnOnce(&mut Stream) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        self.with(|line| match act(&mut line.stream) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                *waiting(line) = Some(cx.waker().clone());
                Poll::Pending
            }
            done => Poll::Ready(done),
        })
    }

    fn shutdown_write(&self) -> io::Result<()> {
        self.with(|line| {
            line.stream.shutdown()?;
            line.recorder().write_shutdown();
            Ok(())
        })
    }

    /// Ends what this side sends, as `TcpStream::shutdown` does; reading goes on.
    ///
    /// # Errors
    /// `NotConnected` when the connection is broken.
    pub fn shutdown(&self) -> io::Result<()> {
        self.shutdown_write()
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        let mut line = lock(&self.0);
        line.stream.close();
        line.recorder().fin();
    }
}

impl Read for Transport {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.with(|line| line.stream.read(buffer))
    }
}

impl Write for Transport {
    /// Whoever writes like this would wait for a peer that does not read, and with him everything else here:
    /// so it is taken as if the peer read.
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.with(|line| line.stream.write_blocking(octets))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl tokio::io::AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.poll(
            cx,
            |line| &mut line.read_waker,
            |stream| {
                let read = stream.read(buf.initialize_unfilled())?;
                buf.advance(read);
                Ok(())
            },
        )
    }
}

impl tokio::io::AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.poll(cx, |line| &mut line.write_waker, |stream| stream.write(octets))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown_write())
    }
}

impl futures_io::AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.poll(cx, |line| &mut line.read_waker, |stream| stream.read(buffer))
    }
}

impl futures_io::AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.poll(cx, |line| &mut line.write_waker, |stream| stream.write(octets))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown_write())
    }
}

/// The application's side of the connection: what the script asks of it, and what the library tells it.
#[derive(Clone, Debug)]
pub struct AppHandle(pub(crate) SharedConnection);

impl AppHandle {
    /// Waits for the next thing that the program has to do: what the script asks comes first; otherwise
    /// `read` goes on, unless the application has stopped reading. A `read` that has not ended when a request
    /// comes is dropped, as `select!` would: give one that may be.
    pub async fn next<T>(&self, read: impl Future<Output = T>) -> Next<T> {
        let mut read = pin!(read);
        std::future::poll_fn(|cx| {
            // Not held while the library is polled: it locks the same line.
            let paused = {
                let mut line = lock(&self.0);
                if let Some(request) = line.requests.pop_front() {
                    return Poll::Ready(Next::Request(request));
                }
                line.paused
            };
            if paused { Poll::Pending } else { read.as_mut().poll(cx).map(Next::Read) }
        })
        .await
    }

    /// Waits for `read`, which does not go on while the application has stopped reading.
    pub async fn read_unless_paused<T>(&self, read: impl Future<Output = T>) -> T {
        let mut read = pin!(read);
        std::future::poll_fn(|cx| if self.is_paused() { Poll::Pending } else { read.as_mut().poll(cx) }).await
    }

    /// Waits for `read` to end, and meanwhile does with `ask` what the script asks: for a read that may not be
    /// dropped.
    pub async fn serve_while<T>(
        &self,
        read: impl Future<Output = T>,
        mut ask: impl AsyncFnMut(Request),
    ) -> T {
        let mut read = pin!(read);
        loop {
            match self.next(read.as_mut()).await {
                Next::Request(request) => ask(request).await,
                Next::Read(came) => return came,
            }
        }
    }

    /// Waits for what the script asks, and for nothing else.
    pub async fn next_request(&self) -> Request {
        match self.next(std::future::pending::<()>()).await {
            Next::Request(request) => request,
            Next::Read(()) => unreachable!("it never comes"),
        }
    }

    /// Whether the application has stopped reading.
    pub fn is_paused(&self) -> bool {
        lock(&self.0).paused
    }

    /// What the script asks, if it asks for anything.
    pub fn take_request(&self) -> Option<Request> {
        lock(&self.0).requests.pop_front()
    }

    /// The library handed over a whole message.
    pub fn message(&self, kind: MessageKind, payload: &[u8]) {
        lock(&self.0).recorder().message(kind, payload);
    }

    /// The library told how the connection closed: see [`Output::reported`].
    pub fn reported(&self, code: Option<CloseCode>, reason: Option<&str>, clean: Option<bool>) {
        lock(&self.0).recorder().reported(code, reason, clean);
    }

    /// The library told of an error.
    pub fn error_reported(&self, error: impl std::fmt::Display) {
        lock(&self.0).recorder().error_reported(&error.to_string());
    }

    /// What became of a request: an error is a refusal.
    pub fn request_result<T, E: std::fmt::Display>(&self, result: &Result<T, E>) {
        let mut line = lock(&self.0);
        match result {
            Ok(_) => line.recorder().request_accepted(),
            Err(error) => line.recorder().request_refused(&error.to_string()),
        }
    }

    /// The library refused the request otherwise than by an error: see [`AppHandle::answered`].
    pub fn request_refused(&self, why: &str) {
        lock(&self.0).recorder().request_refused(why);
    }

    /// The library has no interface for the request, and was not asked: see [`Output::not_asked`].
    pub fn unsupported(&self, why: &str) {
        lock(&self.0).recorder().unsupported(why);
    }

    /// The library's memory has grown by so many octets at the most.
    pub fn memory(&self, octets: u64) {
        lock(&self.0).recorder().memory(octets);
    }
}

/// `ErrorKind::WouldBlock` of a blocking library as a future that is not ready.
pub async fn pending_on_would_block<T>(mut read: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    std::future::poll_fn(|_| match read() {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
        done => Poll::Ready(done),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serve_while_keeps_its_read_across_requests() {
        let app = AppHandle(SharedConnection::default());
        let ask = || lock(&app.0).requests.push_back(Request::Close { code: None, reason: String::new() });
        let (mut polls, mut requests) = (0, Vec::new());
        let read = std::future::poll_fn(|_| {
            polls += 1;
            if polls == 2 { Poll::Ready("came") } else { Poll::Pending }
        });
        let mut held = Box::pin(app.serve_while(read, async |request| requests.push(request)));
        let mut cx = Context::from_waker(Waker::noop());
        ask();
        assert_eq!(held.as_mut().poll(&mut cx), Poll::Pending);
        ask();
        assert_eq!(held.as_mut().poll(&mut cx), Poll::Ready("came"));
        drop(held);
        assert_eq!((polls, requests.len()), (2, 2));
    }
}
