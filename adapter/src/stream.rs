//! Simulates one end of a TCP connection in memory.
//!
//! The peer's octets, its FIN and its reset are the input. The octets that the subject wrote are the output.

use std::io::{Error, ErrorKind, Read, Result, Write};

use wsclose::harness::Recorder;

/// The state of the peer's half of TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum PeerHalf {
    #[default]
    Open,
    Closed,
    Reset,
}

/// A `Read + Write` that behaves like a non-blocking socket.
///
/// A read without data fails with `WouldBlock`. After the peer's FIN it returns `Ok(0)`, and after the peer's reset it
/// fails with `ConnectionReset`. A write fails after a reset, and after this end was closed.
#[derive(Debug, Default)]
pub struct Stream {
    incoming: Vec<u8>,
    read_pos: usize,
    written: Vec<u8>,
    peer_half: PeerHalf,
    write_closed: bool,
    /// How many more writes succeed, and are lost, after the peer vanished.
    lost_writes_left: Option<u8>,
    write_blocked: bool,
}

impl Stream {
    /// Returns an open connection.
    pub fn new() -> Stream {
        Stream::default()
    }

    /// Returns a new connection that reuses the buffers of this one.
    #[must_use]
    pub fn into_fresh(mut self) -> Stream {
        self.incoming.clear();
        self.written.clear();
        Stream { incoming: self.incoming, written: self.written, ..Stream::default() }
    }

    /// Receives octets of the peer.
    pub fn receive(&mut self, octets: &[u8]) {
        if self.read_pos == self.incoming.len() {
            self.incoming.clear();
            self.read_pos = 0;
        }
        self.incoming.extend_from_slice(octets);
    }

    /// Receives the peer's FIN.
    pub fn peer_fin(&mut self) {
        self.peer_half = PeerHalf::Closed;
    }

    /// Receives the peer's reset. Unread octets are lost.
    pub fn peer_reset(&mut self) {
        self.peer_half = PeerHalf::Reset;
        self.incoming.clear();
        self.read_pos = 0;
    }

    /// Lets the peer vanish without a FIN or a reset.
    ///
    /// The next `writes` writes succeed and are lost. Later ones fail with `BrokenPipe`. [`Stream::shutdown`] fails at
    /// once. Octets that the peer sent before still arrive.
    pub fn peer_gone(&mut self, writes: u8) {
        self.lost_writes_left = Some(self.lost_writes_left.map_or(writes, |left| left.min(writes)));
    }

    /// Sets whether the peer reads. If it does not, the send buffer is full and writes fail with `WouldBlock`.
    pub fn set_peer_reads(&mut self, reads: bool) {
        self.write_blocked = !reads;
    }

    /// Writes as if the peer reads. A blocking write would otherwise wait forever, because it blocks the harness too.
    ///
    /// # Errors
    /// The errors of `write`, except for `WouldBlock`.
    pub fn write_blocking(&mut self, octets: &[u8]) -> Result<usize> {
        let blocked = std::mem::replace(&mut self.write_blocked, false);
        let written = self.write(octets);
        self.write_blocked = blocked;
        written
    }

    /// The number of octets that the subject has not read.
    pub fn unread(&self) -> usize {
        self.incoming.len() - self.read_pos
    }

    /// Closes this end, as dropping a socket does. Later writes fail with `BrokenPipe`.
    pub fn close(&mut self) {
        self.write_closed = true;
    }

    /// Closes the write side, as `shutdown(2)` with `SHUT_WR` does. Reading continues.
    ///
    /// # Errors
    /// `NotConnected` after the peer's reset, and after the peer vanished.
    pub fn shutdown(&mut self) -> Result<()> {
        match self.peer_half {
            PeerHalf::Open | PeerHalf::Closed if self.lost_writes_left.is_none() => {
                self.write_closed = true;
                Ok(())
            }
            PeerHalf::Open | PeerHalf::Closed | PeerHalf::Reset => {
                Err(Error::new(ErrorKind::NotConnected, "transport endpoint is not connected"))
            }
        }
    }

    /// Moves the octets that the subject wrote to the recorder.
    pub fn drain_into(&mut self, out: &mut Recorder) {
        out.sent(&self.written);
        self.written.clear();
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let unread = &self.incoming[self.read_pos..];
        if !unread.is_empty() {
            let len = unread.len().min(buffer.len());
            buffer[..len].copy_from_slice(&unread[..len]);
            self.read_pos += len;
            return Ok(len);
        }
        match self.peer_half {
            PeerHalf::Open => Err(ErrorKind::WouldBlock.into()),
            PeerHalf::Closed => Ok(0),
            PeerHalf::Reset => Err(Error::new(ErrorKind::ConnectionReset, "connection reset by peer")),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, octets: &[u8]) -> Result<usize> {
        match self.peer_half {
            PeerHalf::Open | PeerHalf::Closed if !self.write_closed && self.lost_writes_left != Some(0) => {
                if self.write_blocked {
                    return Err(ErrorKind::WouldBlock.into());
                }
                self.lost_writes_left = self.lost_writes_left.map(|writes| writes - 1);
                self.written.extend_from_slice(octets);
                Ok(octets.len())
            }
            PeerHalf::Open | PeerHalf::Closed | PeerHalf::Reset => {
                Err(Error::new(ErrorKind::BrokenPipe, "broken pipe"))
            }
        }
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(result: Result<usize>) -> std::result::Result<usize, ErrorKind> {
        result.map_err(|error| error.kind())
    }

    #[test]
    fn reads_end_like_socket_reads() {
        let mut buffer = [0; 2];
        let mut stream = Stream::new();
        assert_eq!(kind(stream.read(&mut buffer)), Err(ErrorKind::WouldBlock));
        stream.receive(b"abc");
        stream.peer_fin();
        assert_eq!(kind(stream.read(&mut buffer)), Ok(2));
        assert_eq!(kind(stream.read(&mut buffer)), Ok(1));
        assert_eq!(kind(stream.read(&mut buffer)), Ok(0));
        assert_eq!(kind(stream.write(b"half closed")), Ok(11));

        let mut stream = stream.into_fresh();
        stream.receive(b"lost");
        stream.peer_reset();
        assert_eq!(kind(stream.read(&mut buffer)), Err(ErrorKind::ConnectionReset));
        assert_eq!(kind(stream.write(b"x")), Err(ErrorKind::BrokenPipe));
    }

    #[test]
    fn broken_connection_rejects_writes_and_full_one_blocks() {
        let mut buffer = [0; 4];
        let mut stream = Stream::new();
        stream.set_peer_reads(false);
        assert_eq!(kind(stream.write(b"x")), Err(ErrorKind::WouldBlock));
        stream.set_peer_reads(true);
        assert_eq!(kind(stream.write(b"x")), Ok(1));
        stream.peer_gone(1);
        stream.receive(b"late");
        assert_eq!(kind(stream.write(b"x")), Ok(1));
        assert_eq!(kind(stream.write(b"x")), Err(ErrorKind::BrokenPipe));
        assert_eq!(stream.shutdown().map_err(|error| error.kind()), Err(ErrorKind::NotConnected));
        assert_eq!(kind(stream.read(&mut buffer)), Ok(4));

        let mut stream = stream.into_fresh();
        stream.receive(b"late");
        assert!(stream.shutdown().is_ok());
        assert_eq!(kind(stream.read(&mut buffer)), Ok(4));
        assert_eq!(kind(stream.read(&mut buffer)), Err(ErrorKind::WouldBlock));
        stream.receive(b"more");
        stream.peer_fin();
        assert_eq!(kind(stream.read(&mut buffer)), Ok(4));
        assert_eq!(kind(stream.read(&mut buffer)), Ok(0));
    }

    #[test]
    fn writes_are_kept_until_close_and_fail_after_it() {
        let mut out = Recorder::new();
        let mut stream = Stream::new();
        stream.write_all(b"one").unwrap();
        stream.close();
        assert_eq!(kind(stream.write(b"two")), Err(ErrorKind::BrokenPipe));
        stream.drain_into(&mut out);
        stream.drain_into(&mut out);
        assert_eq!(out.events().len(), 1);
    }
}
