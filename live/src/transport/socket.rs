//! One TCP connection, plain or under TLS, with every read and write bounded in time. In go octets and ends,
//! out come octets and ends, and FIN, RST and silence are told apart.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

/// The longest that a read waits in one piece, so that a deadline is noticed.
const LONGEST_WAIT: Duration = Duration::from_millis(250);

/// The shortest that the kernel can be asked to wait.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// What reading came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOutcome {
    /// So many octets.
    Data(usize),
    /// The other side's FIN.
    Fin,
    /// Its reset.
    Reset,
    /// Nothing, for as long as was waited.
    TimedOut,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// A connection.
pub struct Socket {
    stream: Stream,
}

impl Socket {
    /// Connects, within `patience`.
    ///
    /// # Errors
    /// What the system says.
    pub fn connect(address: SocketAddr, timeout: Duration) -> io::Result<Socket> {
        Socket::from_tcp(TcpStream::connect_timeout(&address, timeout)?)
    }

    /// A connection that is there already.
    ///
    /// # Errors
    /// What the system says about its options.
    pub fn from_tcp(tcp: TcpStream) -> io::Result<Socket> {
        // Every segment leaves as it was cut.
        tcp.set_nodelay(true)?;
        tcp.set_nonblocking(false)?;
        Ok(Socket { stream: Stream::Plain(tcp) })
    }

    /// The same connection under TLS; the handshake happens with the first octets.
    ///
    /// # Errors
    /// What rustls says.
    pub fn into_tls(self, config: &Arc<ClientConfig>, name: &ServerName<'static>) -> io::Result<Socket> {
        let Stream::Plain(tcp) = self.stream else { return Ok(self) };
        let tls = ClientConnection::new(Arc::clone(config), name.clone()).map_err(io::Error::other)?;
        Ok(Socket { stream: Stream::Tls(Box::new(StreamOwned::new(tls, tcp))) })
    }

    fn tcp(&self) -> &TcpStream {
        match &self.stream {
            Stream::Plain(tcp) => tcp,
            Stream::Tls(tls) => &tls.sock,
        }
    }

    /// Reads what is there, or waits for it no longer than `wait`.
    ///
    /// # Errors
    /// What cannot be the other side's doing.
    pub fn recv(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<ReadOutcome> {
        let deadline = Instant::now() + wait;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            self.tcp().set_read_timeout(Some(left.clamp(SHORTEST_WAIT, LONGEST_WAIT)))?;
            let read = match &mut self.stream {
                Stream::Plain(tcp) => tcp.read(buffer),
                Stream::Tls(tls) => tls.read(buffer),
            };
            match read {
                Ok(0) => return Ok(ReadOutcome::Fin),
                Ok(octets) => return Ok(ReadOutcome::Data(octets)),
                Err(error) => {
                    let is = |kinds: &[ErrorKind]| kinds.contains(&error.kind());
                    if is(&[ErrorKind::WouldBlock, ErrorKind::TimedOut, ErrorKind::Interrupted]) {
                        if Instant::now() >= deadline {
                            return Ok(ReadOutcome::TimedOut);
                        }
                    } else if is(&[ErrorKind::UnexpectedEof]) {
                        // TLS without its own farewell: TCP ended all the same.
                        return Ok(ReadOutcome::Fin);
                    } else if is(&[
                        ErrorKind::ConnectionReset,
                        ErrorKind::BrokenPipe,
                        ErrorKind::ConnectionAborted,
                    ]) {
                        return Ok(ReadOutcome::Reset);
                    } else {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Writes everything, if that takes no longer than `patience`; whether it did.
    pub fn send(&mut self, octets: &[u8], timeout: Duration) -> bool {
        if self.tcp().set_write_timeout(Some(timeout.max(SHORTEST_WAIT))).is_err() {
            return false;
        }
        match &mut self.stream {
            Stream::Plain(tcp) => tcp.write_all(octets).is_ok(),
            Stream::Tls(tls) => tls.write_all(octets).and_then(|()| tls.flush()).is_ok(),
        }
    }

    /// Whether the other side has answered what was written by a reset; after its FIN only this tells.
    pub fn has_socket_error(&self) -> bool {
        !matches!(self.tcp().take_error(), Ok(None))
    }

    /// Sends FIN, and goes on reading. Under TLS its own farewell goes first.
    pub fn fin(&mut self) {
        if let Stream::Tls(tls) = &mut self.stream {
            tls.conn.send_close_notify();
            // The other side may have gone: then there is nobody to take leave of.
            let _ = tls.flush();
        }
        // As above.
        let _ = self.tcp().shutdown(Shutdown::Write);
    }

    /// Ends the connection in order: closing with octets unread would send a reset, which can destroy what was
    /// just sent (§7.1.1).
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
        // Without it the close is an ordinary one, which is the next best.
        let _ = socket2::SockRef::from(self.tcp()).set_linger(Some(Duration::ZERO));
    }
}
