//! Implements the peer's end of a loopback TCP connection, with an opening handshake in either role.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// The pause between two polls of an idle socket.
const POLL_INTERVAL: Duration = Duration::from_micros(20);

/// How ws-rs ended TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TcpEnd {
    Fin,
    Reset,
}

/// The peer's end of the connection.
pub(super) struct PeerSocket {
    socket: Option<TcpStream>,
    /// Octets that arrived and were not recorded.
    pub(super) received: Vec<u8>,
    end: Option<TcpEnd>,
}

impl PeerSocket {
    /// Connects to a server and requests the upgrade.
    pub(super) fn connect(address: SocketAddr, deadline: Instant) -> Result<PeerSocket> {
        let mut peer = PeerSocket::from_stream(TcpStream::connect(address)?)?;
        peer.write(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            deadline,
        );
        match peer.read_http_head(deadline)? {
            head if head.starts_with(b"HTTP/1.1 101 ") => Ok(peer),
            _ => Err(Error::other("the server did not upgrade")),
        }
    }

    /// Accepts a client and its upgrade request.
    pub(super) fn accept(listener: &TcpListener, deadline: Instant) -> Result<PeerSocket> {
        listener.set_nonblocking(true)?;
        let socket = loop {
            match listener.accept() {
                Ok((socket, _)) => break socket,
                Err(error) if error.kind() == ErrorKind::WouldBlock => wait_to_poll(deadline)?,
                Err(error) => return Err(error),
            }
        };
        let mut peer = PeerSocket::from_stream(socket)?;
        let head = peer.read_http_head(deadline)?;
        // The opening handshake is not tested, so ws-rs itself computes the response.
        let mut response_octets = Vec::new();
        ws::Request::parse(&head)
            .and_then(|request| request.ok_or_else(|| Error::other("incomplete request").into()))
            .and_then(|request| ws::Response::from_request(&request))
            .and_then(|response| response.format(&mut response_octets))
            .map_err(|error| Error::other(error.to_string()))?;
        peer.write(&response_octets, deadline);
        Ok(peer)
    }

    fn from_stream(socket: TcpStream) -> Result<PeerSocket> {
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        Ok(PeerSocket { socket: Some(socket), received: Vec::new(), end: None })
    }

    /// Returns the socket in blocking mode, with `timeout` for reads and writes.
    pub(super) fn into_blocking(self, timeout: Duration) -> Result<TcpStream> {
        let socket = self.socket.ok_or(ErrorKind::NotConnected)?;
        socket.set_nonblocking(false)?;
        socket.set_read_timeout(Some(timeout))?;
        socket.set_write_timeout(Some(timeout))?;
        Ok(socket)
    }

    /// Reads the head of an HTTP message, and keeps the octets that follow.
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

    /// Writes octets to TCP. They are lost if the connection is closed.
    pub(super) fn write(&mut self, mut octets: &[u8], deadline: Instant) {
        while let Some(socket) = &mut self.socket {
            match socket.write(octets) {
                Ok(len) if len == octets.len() => return,
                Ok(len) => octets = &octets[len..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // ws-rs may be blocked until this end reads.
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

    /// Reads the octets that have arrived.
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

    /// Reads up to the end of TCP, after ws-rs has closed it.
    pub(super) fn read_to_end(&mut self, deadline: Instant) {
        while self.socket.is_some() && self.end.is_none() {
            self.read_available();
            if self.end.is_none() && wait_to_poll(deadline).is_err() {
                return;
            }
        }
    }

    /// How ws-rs ended TCP, if it did.
    pub(super) fn end(&self) -> Option<TcpEnd> {
        self.end
    }

    /// Closes the peer's half.
    pub(super) fn fin(&mut self) {
        if let Some(socket) = &self.socket {
            // Fails only if TCP has already ended.
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
