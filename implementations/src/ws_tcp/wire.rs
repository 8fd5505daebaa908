//! Our side: one end of a TCP connection over the loopback interface, upgraded by hand in either role.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// Between two looks at a socket that has nothing to say.
const POLL_INTERVAL: Duration = Duration::from_micros(20);

/// How the subject ended TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TcpEnd {
    Fin,
    Reset,
}

/// Our end of the connection.
pub(super) struct PeerSocket {
    socket: Option<TcpStream>,
    /// What has arrived and was not yet taken.
    pub(super) received: Vec<u8>,
    end: Option<TcpEnd>,
}

impl PeerSocket {
    /// Connects to a server and asks it to upgrade.
    pub(super) fn connect(address: SocketAddr, deadline: Instant) -> Result<PeerSocket> {
        let mut wire = PeerSocket::from_stream(TcpStream::connect(address)?)?;
        wire.write(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            deadline,
        );
        match wire.read_http_head(deadline)? {
            head if head.starts_with(b"HTTP/1.1 101 ") => Ok(wire),
            _ => Err(Error::other("the server did not upgrade")),
        }
    }

    /// Waits for a client and upgrades.
    pub(super) fn accept(listener: &TcpListener, deadline: Instant) -> Result<PeerSocket> {
        listener.set_nonblocking(true)?;
        let socket = loop {
            match listener.accept() {
                Ok((socket, _)) => break socket,
                Err(error) if error.kind() == ErrorKind::WouldBlock => wait_to_poll(deadline)?,
                Err(error) => return Err(error),
            }
        };
        let mut wire = PeerSocket::from_stream(socket)?;
        let head = wire.read_http_head(deadline)?;
        // The answer does not concern what is tested, so ws-rs's own computes the key.
        let mut answer = Vec::new();
        ws::Request::parse(&head)
            .and_then(|request| request.ok_or_else(|| Error::other("not a whole request").into()))
            .and_then(|request| ws::Response::from_request(&request))
            .and_then(|response| response.format(&mut answer))
            .map_err(|error| Error::other(error.to_string()))?;
        wire.write(&answer, deadline);
        Ok(wire)
    }

    fn from_stream(socket: TcpStream) -> Result<PeerSocket> {
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        Ok(PeerSocket { socket: Some(socket), received: Vec::new(), end: None })
    }

    /// The socket itself, which waits for so long and no longer.
    pub(super) fn into_blocking(self, timeout: Duration) -> Result<TcpStream> {
        let socket = self.socket.ok_or(ErrorKind::NotConnected)?;
        socket.set_nonblocking(false)?;
        socket.set_read_timeout(Some(timeout))?;
        socket.set_write_timeout(Some(timeout))?;
        Ok(socket)
    }

    /// Reads the head of an HTTP message; what follows it is kept.
    fn read_http_head(&mut self, deadline: Instant) -> Result<Vec<u8>> {
        loop {
            self.read_available();
            if let Some(at) = self.received.windows(4).position(|four| four == b"\r\n\r\n") {
                let rest = self.received.split_off(at + 4);
                return Ok(std::mem::replace(&mut self.received, rest));
            }
            if self.end.is_some() {
                return Err(Error::other("the connection ended in the opening handshake"));
            }
            wait_to_poll(deadline)?;
        }
    }

    /// Hands octets to TCP; those that a closed connection does not take are lost.
    pub(super) fn write(&mut self, mut octets: &[u8], deadline: Instant) {
        while let Some(socket) = &mut self.socket {
            match socket.write(octets) {
                Ok(len) if len == octets.len() => return,
                Ok(len) => octets = &octets[len..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // The other end may be waiting for us to read.
                    self.read_available();
                    if wait_to_poll(deadline).is_err() {
                        return;
                    }
                }
                Err(error) => {
                    if error.kind() == ErrorKind::ConnectionReset {
                        self.end.get_or_insert(TcpEnd::Reset);
                    }
                    return;
                }
            }
        }
    }

    /// Takes what has arrived.
    pub(super) fn read_available(&mut self) {
        let Some(socket) = &mut self.socket else { return };
        let mut buffer = [0; 4096];
        while self.end.is_none() {
            match socket.read(&mut buffer) {
                Ok(0) => self.end = Some(TcpEnd::Fin),
                Ok(len) => self.received.extend_from_slice(&buffer[..len]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.end = Some(TcpEnd::Reset),
            }
        }
    }

    /// Takes everything up to the end of TCP, which the other end has already brought about.
    pub(super) fn read_to_end(&mut self, deadline: Instant) {
        while self.socket.is_some() && self.end.is_none() {
            self.read_available();
            if self.end.is_none() && wait_to_poll(deadline).is_err() {
                return;
            }
        }
    }

    /// How TCP ended, if it did.
    pub(super) fn end(&self) -> Option<TcpEnd> {
        self.end
    }

    /// Closes our half.
    pub(super) fn fin(&mut self) {
        if let Some(socket) = &self.socket {
            // An error means that TCP is over already.
            let _ = socket.shutdown(Shutdown::Write);
        }
    }

    /// Resets the connection.
    pub(super) fn reset(&mut self) {
        if let Some(socket) = self.socket.take() {
            let _ = socket2::SockRef::from(&socket).set_linger(Some(Duration::ZERO));
        }
    }
}

fn wait_to_poll(deadline: Instant) -> Result<()> {
    if Instant::now() >= deadline {
        return Err(ErrorKind::TimedOut.into());
    }
    thread::sleep(POLL_INTERVAL);
    Ok(())
}
