//! One TCP connection, plain or under TLS. Every read and write has a time limit; FIN, RST and a timeout are distinct.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

#[cfg(feature = "tls")]
use crate::transport::tls::{TlsConfig, TlsStream};

/// The longest single wait of a read, so that the deadline is checked.
const LONGEST_WAIT: Duration = Duration::from_millis(250);

/// The shortest wait that the system accepts.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// The outcome of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOutcome {
    /// This many octets arrived.
    Data(usize),
    /// The peer sent FIN.
    Fin,
    /// The peer sent RST.
    Reset,
    /// Nothing arrived in time.
    TimedOut,
}

enum Stream {
    Plain(TcpStream),
    #[cfg(feature = "tls")]
    Tls(Box<TlsStream>),
}

/// A TCP connection.
pub struct Socket {
    stream: Stream,
}

impl Socket {
    /// Connects to `address` within `timeout`.
    ///
    /// # Errors
    /// Returns the error of the system.
    pub fn connect(address: SocketAddr, timeout: Duration) -> io::Result<Socket> {
        Socket::from_tcp(TcpStream::connect_timeout(&address, timeout)?)
    }

    /// Takes over an accepted connection.
    ///
    /// # Errors
    /// Returns the error of the system if it cannot set the options of the socket.
    pub fn from_tcp(tcp: TcpStream) -> io::Result<Socket> {
        // A script decides what one segment carries, so Nagle's algorithm must not join writes.
        tcp.set_nodelay(true)?;
        tcp.set_nonblocking(false)?;
        Ok(Socket { stream: Stream::Plain(tcp) })
    }

    /// Starts TLS. The handshake takes place with the first octets.
    ///
    /// # Errors
    /// Returns the error of the TLS library.
    #[cfg(feature = "tls")]
    pub fn into_tls(self, config: &TlsConfig) -> io::Result<Socket> {
        match self.stream {
            Stream::Plain(tcp) => Ok(Socket { stream: Stream::Tls(Box::new(config.start(tcp)?)) }),
            Stream::Tls(_) => Ok(self),
        }
    }

    fn tcp(&self) -> &TcpStream {
        match &self.stream {
            Stream::Plain(tcp) => tcp,
            #[cfg(feature = "tls")]
            Stream::Tls(tls) => &tls.sock,
        }
    }

    /// Reads what has arrived, or waits for it for at most `wait`.
    ///
    /// # Errors
    /// Returns an error of the local system. What the peer causes is an outcome.
    pub fn recv(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<ReadOutcome> {
        let deadline = Instant::now() + wait;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            self.tcp().set_read_timeout(Some(left.clamp(SHORTEST_WAIT, LONGEST_WAIT)))?;
            let read = match &mut self.stream {
                Stream::Plain(tcp) => tcp.read(buffer),
                #[cfg(feature = "tls")]
                Stream::Tls(tls) => tls.read(buffer),
            };
            let error = match read {
                Ok(0) => return Ok(ReadOutcome::Fin),
                Ok(octets) => return Ok(ReadOutcome::Data(octets)),
                Err(error) => error,
            };
            let is = |kinds: &[ErrorKind]| kinds.contains(&error.kind());
            if is(&[ErrorKind::WouldBlock, ErrorKind::TimedOut, ErrorKind::Interrupted]) {
                if Instant::now() >= deadline {
                    return Ok(ReadOutcome::TimedOut);
                }
            } else if is(&[ErrorKind::UnexpectedEof]) {
                // TCP ended without the close_notify of TLS.
                return Ok(ReadOutcome::Fin);
            } else if is(&[ErrorKind::ConnectionReset, ErrorKind::BrokenPipe, ErrorKind::ConnectionAborted]) {
                return Ok(ReadOutcome::Reset);
            } else {
                return Err(error);
            }
        }
    }

    /// Writes all octets within `timeout`. Returns whether it succeeded.
    pub fn send(&mut self, octets: &[u8], timeout: Duration) -> bool {
        if self.tcp().set_write_timeout(Some(timeout.max(SHORTEST_WAIT))).is_err() {
            return false;
        }
        match &mut self.stream {
            Stream::Plain(tcp) => tcp.write_all(octets).is_ok(),
            #[cfg(feature = "tls")]
            Stream::Tls(tls) => tls.write_all(octets).and_then(|()| tls.flush()).is_ok(),
        }
    }

    /// Whether the socket has a pending error. After the peer's FIN, only this shows a reset.
    pub fn has_socket_error(&self) -> bool {
        !matches!(self.tcp().take_error(), Ok(None))
    }

    /// Sends FIN; reading goes on. Under TLS, close_notify goes first.
    pub fn fin(&mut self) {
        #[cfg(feature = "tls")]
        if let Stream::Tls(tls) = &mut self.stream {
            tls.conn.send_close_notify();
            // A peer that has closed the connection does not need it.
            let _ = tls.flush();
        }
        // The same holds for the FIN.
        let _ = self.tcp().shutdown(Shutdown::Write);
    }

    /// Sends FIN and reads until the peer's FIN, for at most `timeout`.
    ///
    /// Closing a socket with unread octets sends a reset, which can destroy what was sent last (§7.1.1).
    pub fn close_gracefully(mut self, timeout: Duration) {
        self.fin();
        let begun = Instant::now();
        let mut buffer = [0; 4096];
        while begun.elapsed() < timeout
            && matches!(
                self.recv(&mut buffer, timeout.saturating_sub(begun.elapsed())),
                Ok(ReadOutcome::Data(_))
            )
        {}
    }

    /// Sends RST, by closing with a linger of zero.
    pub fn reset(self) {
        // If the option cannot be set, the socket closes in the ordinary way.
        let _ = socket2::SockRef::from(self.tcp()).set_linger(Some(Duration::ZERO));
    }
}
