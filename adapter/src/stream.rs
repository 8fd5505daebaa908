//! One end of a TCP connection, held in memory. In go the peer's octets, its FIN or its reset; out come the
//! octets that the subject wrote.

use std::io::{Error, ErrorKind, Read, Result, Write};

use wsclose::harness::subject::Recorder;

/// What the peer has done to its half of TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum PeerHalf {
    #[default]
    Open,
    Closed,
    Reset,
}

/// A `Read + Write` that behaves as a non-blocking socket does: a read of nothing is `WouldBlock`, after
/// the peer's FIN `Ok(0)`, after its reset `ConnectionReset`; a write after either end is over is an error.
#[derive(Debug, Default)]
pub struct Stream {
    incoming: Vec<u8>,
    read_pos: usize,
    written: Vec<u8>,
    peer_half: PeerHalf,
    write_closed: bool,
    /// How many writes are still taken, and lost, of a peer that is gone.
    lost_writes_left: Option<u8>,
    write_blocked: bool,
}

impl Stream {
    /// A connection just opened.
    pub fn new() -> Stream {
        Stream::default()
    }

    /// The same memory, for a new connection.
    #[must_use]
    pub fn into_fresh(mut self) -> Stream {
        self.incoming.clear();
        self.written.clear();
        Stream { incoming: self.incoming, written: self.written, ..Stream::default() }
    }

    /// The peer's octets arrive.
    pub fn receive(&mut self, octets: &[u8]) {
        if self.read_pos == self.incoming.len() {
            self.incoming.clear();
            self.read_pos = 0;
        }
        self.incoming.extend_from_slice(octets);
    }

    /// The peer closes its half.
    pub fn peer_fin(&mut self) {
        self.peer_half = PeerHalf::Closed;
    }

    /// The peer resets the connection; what has not been read is lost.
    pub fn peer_reset(&mut self) {
        self.peer_half = PeerHalf::Reset;
        self.incoming.clear();
        self.read_pos = 0;
    }

    /// The peer is gone, and this end has yet to learn it: what the peer sent before still arrives, but
    /// after so many more writes, which are lost, writing fails (`EPIPE`), and shutting down fails at once
    /// (`ENOTCONN`).
    pub fn peer_gone(&mut self, writes: u8) {
        self.lost_writes_left = Some(self.lost_writes_left.map_or(writes, |left| left.min(writes)));
    }

    /// The peer stops reading, so that the buffer of what is to be written is full; or reads again.
    pub fn set_peer_reads(&mut self, reads: bool) {
        self.write_blocked = !reads;
    }

    /// Writes as a blocking writer does, once the peer reads again: nobody here can wait for that.
    ///
    /// # Errors
    /// Those of a write but for `WouldBlock`.
    pub fn write_blocking(&mut self, octets: &[u8]) -> Result<usize> {
        let full = std::mem::replace(&mut self.write_blocked, false);
        let written = self.write(octets);
        self.write_blocked = full;
        written
    }

    /// How many octets wait to be read.
    pub fn unread(&self) -> usize {
        self.incoming.len() - self.read_pos
    }

    /// The program drops its end.
    pub fn close(&mut self) {
        self.write_closed = true;
    }

    /// Ends what this side sends, as `shutdown(2)` does: what the peer sends can still be read.
    ///
    /// # Errors
    /// `NotConnected` when the connection is broken.
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

    /// Moves what the subject has written to the record.
    pub fn drain_into(&mut self, out: &mut Recorder) {
        out.sent(&self.written);
        self.written.clear();
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let waiting = &self.incoming[self.read_pos..];
        if !waiting.is_empty() {
            let len = waiting.len().min(buffer.len());
            buffer[..len].copy_from_slice(&waiting[..len]);
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
