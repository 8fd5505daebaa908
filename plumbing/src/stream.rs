//! One end of a TCP connection, held in memory. In go the peer's octets, its FIN or its reset; out come the
//! octets that the subject wrote.

use std::io::{Error, ErrorKind, Read, Result, Write};

use wsclose::subject::Recorder;

/// What the peer has done to its half of TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum PeerHalf {
    #[default]
    Open,
    Ended,
    Reset,
}

/// A `Read + Write` that behaves as a non-blocking socket does: a read of nothing is `WouldBlock`, after
/// the peer's FIN `Ok(0)`, after its reset `ConnectionReset`; a write after either end is over is an error.
#[derive(Debug, Default)]
pub struct Stream {
    incoming: Vec<u8>,
    read: usize,
    written: Vec<u8>,
    peer: PeerHalf,
    shut: bool,
    /// How many writes are still taken, and lost, of a peer that is gone.
    gone: Option<u8>,
    full: bool,
}

impl Stream {
    /// A connection just opened.
    pub fn new() -> Stream {
        Stream::default()
    }

    /// The same memory, for a new connection.
    #[must_use]
    pub fn renewed(mut self) -> Stream {
        self.incoming.clear();
        self.written.clear();
        Stream { incoming: self.incoming, written: self.written, ..Stream::default() }
    }

    /// The peer's octets arrive.
    pub fn receive(&mut self, octets: &[u8]) {
        if self.read == self.incoming.len() {
            self.incoming.clear();
            self.read = 0;
        }
        self.incoming.extend_from_slice(octets);
    }

    /// The peer closes its half.
    pub fn peer_fin(&mut self) {
        self.peer = PeerHalf::Ended;
    }

    /// The peer resets the connection; what has not been read is lost.
    pub fn peer_reset(&mut self) {
        self.peer = PeerHalf::Reset;
        self.incoming.clear();
        self.read = 0;
    }

    /// The peer is gone, and this end has yet to learn it: what the peer sent before still arrives, but
    /// after so many more writes, which are lost, writing fails (`EPIPE`), and shutting down fails at once
    /// (`ENOTCONN`).
    pub fn peer_gone(&mut self, writes: u8) {
        self.gone = Some(self.gone.map_or(writes, |left| left.min(writes)));
    }

    /// The peer stops reading, so that the buffer of what is to be written is full; or reads again.
    pub fn peer_reads(&mut self, reads: bool) {
        self.full = !reads;
    }

    /// Writes as a blocking writer does, once the peer reads again: nobody here can wait for that.
    ///
    /// # Errors
    /// Those of a write but for `WouldBlock`.
    pub fn write_waiting(&mut self, octets: &[u8]) -> Result<usize> {
        let full = std::mem::replace(&mut self.full, false);
        let written = self.write(octets);
        self.full = full;
        written
    }

    /// How many octets wait to be read.
    pub fn unread(&self) -> usize {
        self.incoming.len() - self.read
    }

    /// The program drops its end.
    pub fn shut(&mut self) {
        self.shut = true;
    }

    /// Ends what this side sends, as `shutdown(2)` does: what the peer sends can still be read.
    ///
    /// # Errors
    /// `NotConnected` when the connection is broken.
    pub fn shutdown(&mut self) -> Result<()> {
        match self.peer {
            PeerHalf::Open | PeerHalf::Ended if self.gone.is_none() => {
                self.shut = true;
                Ok(())
            }
            PeerHalf::Open | PeerHalf::Ended | PeerHalf::Reset => {
                Err(Error::new(ErrorKind::NotConnected, "transport endpoint is not connected"))
            }
        }
    }

    /// Moves what the subject has written to the record.
    pub fn hand_over(&mut self, out: &mut Recorder) {
        out.sent(&self.written);
        self.written.clear();
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let waiting = &self.incoming[self.read..];
        if !waiting.is_empty() {
            let len = waiting.len().min(buffer.len());
            buffer[..len].copy_from_slice(&waiting[..len]);
            self.read += len;
            return Ok(len);
        }
        match self.peer {
            PeerHalf::Open => Err(ErrorKind::WouldBlock.into()),
            PeerHalf::Ended => Ok(0),
            PeerHalf::Reset => Err(Error::new(ErrorKind::ConnectionReset, "connection reset by peer")),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, octets: &[u8]) -> Result<usize> {
        match self.peer {
            PeerHalf::Open | PeerHalf::Ended if !self.shut && self.gone != Some(0) => {
                if self.full {
                    return Err(ErrorKind::WouldBlock.into());
                }
                self.gone = self.gone.map(|writes| writes - 1);
                self.written.extend_from_slice(octets);
                Ok(octets.len())
            }
            PeerHalf::Open | PeerHalf::Ended | PeerHalf::Reset => {
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
    fn reads_end_as_those_of_a_socket_do() {
        let mut buffer = [0; 2];
        let mut stream = Stream::new();
        assert_eq!(kind(stream.read(&mut buffer)), Err(ErrorKind::WouldBlock));
        stream.receive(b"abc");
        stream.peer_fin();
        assert_eq!(kind(stream.read(&mut buffer)), Ok(2));
        assert_eq!(kind(stream.read(&mut buffer)), Ok(1));
        assert_eq!(kind(stream.read(&mut buffer)), Ok(0));
        assert_eq!(kind(stream.write(b"half closed")), Ok(11));

        let mut stream = stream.renewed();
        stream.receive(b"lost");
        stream.peer_reset();
        assert_eq!(kind(stream.read(&mut buffer)), Err(ErrorKind::ConnectionReset));
        assert_eq!(kind(stream.write(b"x")), Err(ErrorKind::BrokenPipe));
    }

    #[test]
    fn a_broken_connection_takes_nothing_more_and_a_full_one_waits() {
        let mut buffer = [0; 4];
        let mut stream = Stream::new();
        stream.peer_reads(false);
        assert_eq!(kind(stream.write(b"x")), Err(ErrorKind::WouldBlock));
        stream.peer_reads(true);
        assert_eq!(kind(stream.write(b"x")), Ok(1));
        stream.peer_gone(1);
        stream.receive(b"late");
        assert_eq!(kind(stream.write(b"x")), Ok(1));
        assert_eq!(kind(stream.write(b"x")), Err(ErrorKind::BrokenPipe));
        assert_eq!(stream.shutdown().map_err(|error| error.kind()), Err(ErrorKind::NotConnected));
        assert_eq!(kind(stream.read(&mut buffer)), Ok(4));

        let mut stream = stream.renewed();
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
    fn writes_are_kept_until_the_end_and_fail_after_it() {
        let mut out = Recorder::new();
        let mut stream = Stream::new();
        stream.write_all(b"one").unwrap();
        stream.shut();
        assert_eq!(kind(stream.write(b"two")), Err(ErrorKind::BrokenPipe));
        stream.hand_over(&mut out);
        stream.hand_over(&mut out);
        assert_eq!(out.events().len(), 1);
    }
}
