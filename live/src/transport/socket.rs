//! One TCP connection, plain or under TLS. Every read and write has a time limit; FIN, RST and a timeout are distinct.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

#[cfg(feature = "tls")]
use crate::transport::tls::{ServerIdentity, TlsConfig, TlsServerStream, TlsStream};
use crate::transport::wait;

/// The longest single wait of a read, so that the deadline is checked.
const LONGEST_WAIT: Duration = Duration::from_millis(250);

/// The shortest limit on a read or write that the system accepts.
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
    #[cfg(feature = "tls")]
    TlsServer(Box<TlsServerStream>),
}

/// A TCP connection.
pub struct Socket {
    stream: Stream,
    /// Whether the peer sent close_notify.
    has_close_notify: bool,
    /// Whether a look ahead has found a reset. The system reports a reset once, and FIN after that.
    is_reset: bool,
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
        Ok(Socket::over(Stream::Plain(tcp)))
    }

    fn over(stream: Stream) -> Socket {
        Socket { stream, has_close_notify: false, is_reset: false }
    }

    /// Whether the connection is under TLS.
    pub fn is_tls(&self) -> bool {
        match &self.stream {
            Stream::Plain(_) => false,
            #[cfg(feature = "tls")]
            Stream::Tls(_) | Stream::TlsServer(_) => true,
        }
    }

    /// Whether the peer ended TLS by close_notify, which [`ReadOutcome::Fin`] includes.
    pub fn has_close_notify(&self) -> bool {
        self.has_close_notify
    }

    /// Starts TLS as a server. The handshake takes place with the first octets.
    ///
    /// # Errors
    /// Returns the error of the TLS library.
    #[cfg(feature = "tls")]
    pub fn into_tls_server(self, identity: &ServerIdentity) -> io::Result<Socket> {
        match self.stream {
            Stream::Plain(tcp) => Ok(Socket::over(Stream::TlsServer(Box::new(identity.start(tcp)?)))),
            Stream::Tls(_) | Stream::TlsServer(_) => Ok(self),
        }
    }

    /// Starts TLS as a client. The handshake takes place with the first octets.
    ///
    /// # Errors
    /// Returns the error of the TLS library.
    #[cfg(feature = "tls")]
    pub fn into_tls(self, config: &TlsConfig) -> io::Result<Socket> {
        match self.stream {
            Stream::Plain(tcp) => Ok(Socket::over(Stream::Tls(Box::new(config.start(tcp)?)))),
            Stream::Tls(_) | Stream::TlsServer(_) => Ok(self),
        }
    }

    fn tcp(&self) -> &TcpStream {
        match &self.stream {
            Stream::Plain(tcp) => tcp,
            #[cfg(feature = "tls")]
            Stream::Tls(tls) => &tls.sock,
            #[cfg(feature = "tls")]
            Stream::TlsServer(tls) => &tls.sock,
        }
    }

    /// Whether a read depends on what arrives. TLS may have octets left, or has to write first.
    fn needs_octets(&self) -> bool {
        match &self.stream {
            Stream::Plain(_) => true,
            #[cfg(feature = "tls")]
            Stream::Tls(tls) => tls.conn.wants_read() && !tls.conn.wants_write(),
            #[cfg(feature = "tls")]
            Stream::TlsServer(tls) => tls.conn.wants_read() && !tls.conn.wants_write(),
        }
    }

    /// Reads what has arrived, or waits for it for at most `wait`.
    ///
    /// # Errors
    /// Returns an error of the local system. What the peer causes is an outcome.
    pub fn recv(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<ReadOutcome> {
        if self.is_reset {
            return Ok(ReadOutcome::Reset);
        }
        let deadline = Instant::now() + wait;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let left = left.clamp(SHORTEST_WAIT, LONGEST_WAIT);
            // Under TLS, the read may have to wait for the rest of a record.
            self.tcp().set_read_timeout(Some(left))?;
            if self.needs_octets() && !wait::for_octets(self.tcp(), left)? {
                if Instant::now() >= deadline {
                    return Ok(ReadOutcome::TimedOut);
                }
                continue;
            }
            let read = match &mut self.stream {
                Stream::Plain(tcp) => tcp.read(buffer),
                #[cfg(feature = "tls")]
                Stream::Tls(tls) => tls.read(buffer),
                #[cfg(feature = "tls")]
                Stream::TlsServer(tls) => tls.read(buffer),
            };
            let error = match read {
                Ok(0) => {
                    // Under TLS, only close_notify ends reading without an error.
                    self.has_close_notify = self.is_tls();
                    return Ok(ReadOutcome::Fin);
                }
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
            } else if is_reset(&error) {
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
            #[cfg(feature = "tls")]
            Stream::TlsServer(tls) => tls.write_all(octets).and_then(|()| tls.flush()).is_ok(),
        }
    }

    /// Whether the FIN of the peer is next, after a wait of at most `wait`. Always false under TLS, where close_notify is next.
    pub fn is_fin_next(&mut self, wait: Duration) -> bool {
        let wait = wait.max(SHORTEST_WAIT);
        let can_wait =
            self.tcp().set_read_timeout(Some(wait)).and_then(|()| wait::for_octets(self.tcp(), wait));
        if self.is_tls() || !can_wait.unwrap_or(false) {
            return false;
        }
        let next = self.tcp().peek(&mut [0]);
        self.is_reset |= next.as_ref().is_err_and(is_reset);
        matches!(next, Ok(0))
    }

    /// Whether the socket has a pending error. After the peer's FIN, only this shows a reset.
    pub fn has_socket_error(&self) -> bool {
        !matches!(self.tcp().take_error(), Ok(None))
    }

    /// Sends FIN; reading goes on. Under TLS, close_notify goes first.
    pub fn fin(&mut self) {
        // A peer that has closed the connection does not need close_notify.
        match &mut self.stream {
            Stream::Plain(_) => {}
            #[cfg(feature = "tls")]
            Stream::Tls(tls) => {
                tls.conn.send_close_notify();
                let _ = tls.flush();
            }
            #[cfg(feature = "tls")]
            Stream::TlsServer(tls) => {
                tls.conn.send_close_notify();
                let _ = tls.flush();
            }
        }
        self.fin_without_close_notify();
    }

    /// Sends FIN; reading goes on. Under TLS, this cuts the stream.
    pub fn fin_without_close_notify(&mut self) {
        // A peer that has closed the connection does not need the FIN.
        let _ = self.tcp().shutdown(Shutdown::Write);
    }

    /// Sends FIN and reads until the peer's FIN, for at most `timeout`.
    pub fn close_gracefully(mut self, timeout: Duration) {
        self.fin();
        self.linger(timeout);
    }

    /// Reads until the peer's FIN, for at most `timeout`, and closes the socket.
    ///
    /// Closing a socket with unread octets sends a reset, which can destroy what was sent last (§7.1.1).
    pub fn linger(mut self, timeout: Duration) {
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

/// Whether the peer ended both directions at once.
fn is_reset(error: &io::Error) -> bool {
    [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe, ErrorKind::ConnectionAborted].contains(&error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    const WAIT: Duration = Duration::from_secs(5);

    fn pair() -> io::Result<(Socket, Socket)> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let client = Socket::connect(listener.local_addr()?, WAIT)?;
        Ok((client, Socket::from_tcp(listener.accept()?.0)?))
    }

    #[test]
    fn reset_behind_octets_is_read_as_a_reset() -> io::Result<()> {
        let (mut client, mut server) = pair()?;
        assert!(client.send(b"a", WAIT));
        let mut buffer = [0; 8];
        assert_eq!(server.recv(&mut buffer, WAIT)?, ReadOutcome::Data(1));
        client.reset();
        assert!(!server.is_fin_next(WAIT));
        assert_eq!(server.recv(&mut buffer, WAIT)?, ReadOutcome::Reset);
        Ok(())
    }

    #[test]
    fn fin_behind_octets_is_seen_before_it_is_read() -> io::Result<()> {
        let (mut client, mut server) = pair()?;
        assert!(client.send(b"a", WAIT));
        client.fin();
        let mut buffer = [0; 8];
        assert_eq!(server.recv(&mut buffer, WAIT)?, ReadOutcome::Data(1));
        assert!(server.is_fin_next(WAIT));
        assert_eq!(server.recv(&mut buffer, WAIT)?, ReadOutcome::Fin);
        Ok(())
    }
}
