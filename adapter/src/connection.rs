//! Connects a library and its application to the harness.
//!
//! The library reads and writes a [`Transport`]. The application receives requests, and reports events, through an
//! [`AppHandle`]. Both record events in one trace, which keeps the order.

use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, Error, ErrorKind, Read, Write};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};

use wsclose::harness::Recorder;
use wsclose::protocol::code::CloseCode;
use wsclose::script::MessageKind;

use crate::stream::Stream;

/// The most reads and writes of a library between two stimuli, in addition to one for each unread octet.
const MAX_IO_CALLS: usize = 1 << 12;

/// The payload of the panic that stops a library which reads or writes endlessly.
#[derive(Debug)]
pub struct CallBudgetExceeded;

/// A request of the script to the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Close the connection.
    Close {
        /// The close code, if any.
        code: Option<CloseCode>,
        /// The reason, of any length.
        reason: String,
    },
    /// Send a message.
    Send {
        /// Text or binary.
        kind: MessageKind,
        /// The payload. A text payload is UTF-8.
        payload: Vec<u8>,
    },
}

/// The next event of a program: see [`AppHandle::next`].
#[derive(Debug)]
pub enum Next<T> {
    /// The script requests something of the application.
    Request(Request),
    /// The read completed.
    Read(T),
}

/// The state that both sides of a connection share.
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
    /// The recorder, after everything that the library has written so far.
    pub(crate) fn recorder(&mut self) -> &mut Recorder {
        self.stream.drain_into(&mut self.out);
        &mut self.out
    }

    /// Resets the call budget and wakes every waiting task.
    pub(crate) fn wake_all(&mut self) {
        self.io_calls_left = MAX_IO_CALLS + self.stream.unread();
        for waker in [self.read_waker.take(), self.write_waker.take()].into_iter().flatten() {
            waker.wake();
        }
    }

    fn count_io_call(&mut self) {
        match self.io_calls_left.checked_sub(1) {
            Some(left) => self.io_calls_left = left,
            // `panic!` would call the panic hook, and print a message about an expected event.
            None => std::panic::resume_unwind(Box::new(CallBudgetExceeded)),
        }
    }
}

/// A connection that its library, its application and its subject share.
pub(crate) type SharedConnection = Arc<Mutex<ConnectionState>>;

pub(crate) fn lock(connection: &SharedConnection) -> MutexGuard<'_, ConnectionState> {
    // Exceeding the call budget unwinds while the lock is held. The state is consistent at that point.
    connection.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The library's end of the connection, for blocking, tokio and futures I/O. Dropping it closes TCP.
#[derive(Debug)]
pub struct Transport(pub(crate) SharedConnection);

impl Transport {
    fn with<T>(&self, act: impl FnOnce(&mut ConnectionState) -> T) -> T {
        let mut connection = lock(&self.0);
        connection.count_io_call();
        act(&mut connection)
    }

    #[cfg(any(feature = "futures", feature = "tokio"))]
    fn poll<T>(
        &self,
        cx: &std::task::Context<'_>,
        waker_of: impl FnOnce(&mut ConnectionState) -> &mut Option<Waker>,
        act: impl FnOnce(&mut Stream) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        self.with(|connection| match act(&mut connection.stream) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                *waker_of(connection) = Some(cx.waker().clone());
                Poll::Pending
            }
            done => Poll::Ready(done),
        })
    }

    fn shutdown_write(&self) -> io::Result<()> {
        self.with(|connection| {
            connection.stream.shutdown()?;
            connection.recorder().write_shutdown();
            Ok(())
        })
    }

    /// Closes the write side, as `TcpStream::shutdown` does. Reading continues.
    ///
    /// # Errors
    /// `NotConnected` if the connection is broken.
    pub fn shutdown(&self) -> io::Result<()> {
        self.shutdown_write()
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        let mut connection = lock(&self.0);
        connection.stream.close();
        connection.recorder().fin();
    }
}

impl Read for Transport {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.with(|connection| connection.stream.read(buffer))
    }
}

impl Write for Transport {
    /// Writes as if the peer reads. A blocking write would otherwise wait forever, because it blocks the harness too.
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.with(|connection| connection.stream.write_blocking(octets))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(feature = "tokio")]
impl tokio::io::AsyncRead for Transport {
    fn poll_read(
        self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll(
            cx,
            |connection| &mut connection.read_waker,
            |stream| {
                let read = stream.read(buf.initialize_unfilled())?;
                buf.advance(read);
                Ok(())
            },
        )
    }
}

#[cfg(feature = "tokio")]
impl tokio::io::AsyncWrite for Transport {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, |connection| &mut connection.write_waker, |stream| stream.write(octets))
    }

    fn poll_flush(self: std::pin::Pin<&mut Self>, _cx: &mut std::task::Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _cx: &mut std::task::Context<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown_write())
    }
}

#[cfg(feature = "futures")]
impl futures_io::AsyncRead for Transport {
    fn poll_read(
        self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, |connection| &mut connection.read_waker, |stream| stream.read(buffer))
    }
}

#[cfg(feature = "futures")]
impl futures_io::AsyncWrite for Transport {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, |connection| &mut connection.write_waker, |stream| stream.write(octets))
    }

    fn poll_flush(self: std::pin::Pin<&mut Self>, _cx: &mut std::task::Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: std::pin::Pin<&mut Self>, _cx: &mut std::task::Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown_write())
    }
}

/// The application's side of the connection: receives requests of the script, and records what the library reports.
#[derive(Clone, Debug)]
pub struct AppHandle(pub(crate) SharedConnection);

impl AppHandle {
    /// Waits for the next request, or for `read` to complete, whichever is first. Requests take precedence.
    ///
    /// While the application has paused, `read` is not polled. A request drops an incomplete `read`, as `select!` does,
    /// so `read` must be cancel-safe. [`AppHandle::serve_while`] keeps it.
    pub async fn next<T>(&self, read: impl Future<Output = T>) -> Next<T> {
        let mut read = pin!(read);
        std::future::poll_fn(|cx| {
            // Released before the library is polled, because it takes the same lock.
            let paused = {
                let mut connection = lock(&self.0);
                if let Some(request) = connection.requests.pop_front() {
                    return Poll::Ready(Next::Request(request));
                }
                connection.paused
            };
            if paused { Poll::Pending } else { read.as_mut().poll(cx).map(Next::Read) }
        })
        .await
    }

    /// Waits for `read`, and does not poll it while the application has paused.
    pub async fn read_unless_paused<T>(&self, read: impl Future<Output = T>) -> T {
        let mut read = pin!(read);
        std::future::poll_fn(|cx| if self.is_paused() { Poll::Pending } else { read.as_mut().poll(cx) }).await
    }

    /// Waits for `read` and handles requests in the meantime. For a read that is not cancel-safe.
    pub async fn serve_while<T>(
        &self,
        read: impl Future<Output = T>,
        mut handle: impl AsyncFnMut(Request),
    ) -> T {
        let mut read = pin!(read);
        loop {
            match self.next(read.as_mut()).await {
                Next::Request(request) => handle(request).await,
                Next::Read(output) => return output,
            }
        }
    }

    /// Waits for the next request.
    pub async fn next_request(&self) -> Request {
        match self.next(std::future::pending::<()>()).await {
            Next::Request(request) => request,
            Next::Read(()) => unreachable!("a pending future never completes"),
        }
    }

    /// Whether the application has paused reading.
    pub fn is_paused(&self) -> bool {
        lock(&self.0).paused
    }

    /// Takes the next request, if there is one.
    pub fn take_request(&self) -> Option<Request> {
        lock(&self.0).requests.pop_front()
    }

    /// Records that the library delivered a complete message.
    pub fn message(&self, kind: MessageKind, payload: &[u8]) {
        lock(&self.0).recorder().message(kind, payload);
    }

    /// Records how the library reported the closure: see [`Recorder::reported`].
    pub fn reported(&self, code: Option<CloseCode>, reason: Option<&str>, clean: Option<bool>) {
        lock(&self.0).recorder().reported(code, reason, clean);
    }

    /// Records that the library reported an error.
    pub fn error_reported(&self, error: impl std::fmt::Display) {
        lock(&self.0).recorder().error_reported(&error.to_string());
    }

    /// Records the result of a request. An error is a refusal.
    pub fn request_result<T, E: std::fmt::Display>(&self, result: &Result<T, E>) {
        let mut connection = lock(&self.0);
        match result {
            Ok(_) => connection.recorder().request_accepted(),
            Err(error) => connection.recorder().request_refused(&error.to_string()),
        }
    }

    /// Records that the library refused a request without an error: see [`AppHandle::request_result`].
    pub fn request_refused(&self, why: &str) {
        lock(&self.0).recorder().request_refused(why);
    }

    /// Records that the library has no API for a request: see [`Recorder::unsupported`].
    pub fn unsupported(&self, why: &str) {
        lock(&self.0).recorder().unsupported(why);
    }

    /// Records an upper bound, in octets, of the growth of the library's memory since the connection opened.
    pub fn memory(&self, octets: u64) {
        lock(&self.0).recorder().memory(octets);
    }
}

/// Turns a blocking read into a future, which is pending while the read fails with `WouldBlock`.
pub async fn pending_on_would_block<T>(mut read: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    std::future::poll_fn(|_| match read() {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
        done => Poll::Ready(done),
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::task::Context;

    use super::*;

    #[test]
    fn serve_while_keeps_its_read_across_requests() {
        let app = AppHandle(SharedConnection::default());
        let request =
            || lock(&app.0).requests.push_back(Request::Close { code: None, reason: String::new() });
        let (mut polls, mut requests) = (0, Vec::new());
        let read = std::future::poll_fn(|_| {
            polls += 1;
            if polls == 2 { Poll::Ready("read") } else { Poll::Pending }
        });
        let mut held = Box::pin(app.serve_while(read, async |request| requests.push(request)));
        let mut cx = Context::from_waker(Waker::noop());
        request();
        assert_eq!(held.as_mut().poll(&mut cx), Poll::Pending);
        request();
        assert_eq!(held.as_mut().poll(&mut cx), Poll::Ready("read"));
        drop(held);
        assert_eq!((polls, requests.len()), (2, 2));
    }
}
