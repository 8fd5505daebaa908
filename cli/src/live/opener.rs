//! How connections with the endpoint under test come about. In comes the way, out come connections behind their
//! opening handshake, or why there is none.

use std::io;
use std::time::{Duration, Instant};

use super::launch::{Aside, Launch};
use super::opening::{self, MAX_HEAD, OpeningError, Request};
use super::target::Target;
use super::tested::Way;
use super::wire::{Heard, Wire};

/// The most octets that are taken down of one connection: whoever sends more is not listened to.
pub const MAX_HEARD: usize = 1 << 18;

/// Why a case could not be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No connection.
    #[error("expected a connection, found: {0}")]
    Connect(String),
    /// No client.
    #[error("expected the client to connect, found: {0}")]
    NoClient(String),
    /// No opening handshake.
    #[error("expected an opening handshake: {0}")]
    Opening(#[from] OpeningError),
    /// It ended TCP, or said nothing.
    #[error("expected an answer to the opening handshake, found {0}")]
    NoAnswer(&'static str),
    /// A client ended TCP, or said nothing.
    #[error("expected a request to open a WebSocket, found {0}")]
    NoRequest(&'static str),
    /// Its program does not tell how its connection closed, though it was said to.
    #[error(
        "expected the client to print `closed CODE \"REASON\" clean|unclean|untold` when its connection was over, \
         found no such line"
    )]
    Mute,
    /// It sent more than is listened to.
    #[error("expected at most {MAX_HEARD} octets on a connection, found more")]
    Flood,
    /// It kept the connection busy for longer than one may.
    #[error("expected the connection to be quiet within {0:?}, found it still busy")]
    Busy(Duration),
}

impl Trouble {
    /// Whether nobody was there at all, which another case would find too.
    pub const fn is_absence(&self) -> bool {
        match self {
            Trouble::Connect(_) | Trouble::NoClient(_) => true,
            Trouble::Opening(_)
            | Trouble::NoAnswer(_)
            | Trouble::NoRequest(_)
            | Trouble::Mute
            | Trouble::Flood
            | Trouble::Busy(_) => false,
        }
    }
}

/// A connection after its opening handshake, and what had come behind that.
pub struct Conn {
    /// The connection.
    pub wire: Wire,
    /// Octets that came in one piece with the handshake.
    pub early: Vec<u8>,
}

impl std::fmt::Debug for Conn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Conn").field("early", &self.early).finish_non_exhaustive()
    }
}

/// Opens connections, one after another.
#[derive(Debug)]
pub struct Opener<'a> {
    how: How<'a>,
    /// How long an opening handshake took at the most.
    round_trip: Duration,
    /// Different for each connection.
    nonce: u64,
}

#[derive(Debug)]
enum How<'a> {
    Dial(&'a Target),
    Launch(Launch<'a>),
    /// The one connection that came by itself, until it is used.
    Handed(Option<Conn>),
}

impl<'a> Opener<'a> {
    /// Opens connections this way. A client that comes by itself has to be handed over.
    pub fn new(way: Way<'a>) -> Opener<'a> {
        let how = match way {
            Way::Dial(target) => How::Dial(target),
            Way::Launch(launcher) => How::Launch(Launch::new(launcher)),
            Way::Comes(_) => How::Handed(None),
        };
        Opener { how, round_trip: Duration::ZERO, nonce: 0 }
    }

    /// A connection that has come by itself is the next one.
    pub fn hand(&mut self, conn: Conn) {
        self.how = How::Handed(Some(conn));
    }

    /// How long an opening handshake has taken at the most; of clients it is not measured.
    pub fn round_trip(&self) -> Duration {
        self.round_trip
    }

    /// The next connection; `deflate` says whether permessage-deflate is offered, or agreed to. To a client that came
    /// by itself that was said before.
    ///
    /// # Errors
    /// Why there is none.
    pub fn open(&mut self, patience: Duration, deflate: bool) -> Result<Conn, Trouble> {
        match &mut self.how {
            How::Dial(target) => {
                self.nonce += 1;
                let begun = Instant::now();
                let conn = dial(target, self.nonce, patience, deflate)?;
                self.round_trip = self.round_trip.max(begun.elapsed());
                Ok(conn)
            }
            How::Launch(launch) => launch.open(patience, deflate),
            How::Handed(conn) => conn.take().ok_or(Trouble::NoRequest("no further connection")),
        }
    }

    /// What is known of the endpoint's program beside its connection, after waiting no longer than `wait`.
    pub fn aside(&mut self, wait: Duration) -> Option<Aside> {
        match &mut self.how {
            How::Launch(launch) => launch.aside(wait),
            How::Dial(_) | How::Handed(_) => None,
        }
    }

    /// The connection is over, and with it what was started for it.
    pub fn end(&mut self) {
        match &mut self.how {
            How::Launch(launch) => launch.end(),
            How::Dial(_) | How::Handed(_) => {}
        }
    }
}

/// Connects to a server.
///
/// # Errors
/// Why there is no connection.
pub fn dial(target: &Target, nonce: u64, patience: Duration, deflate: bool) -> Result<Conn, Trouble> {
    let no = |error: io::Error| Trouble::Connect(error.to_string());
    let mut wire = Wire::connect(target.address, patience).map_err(no)?;
    if let Some((config, name)) = &target.tls {
        wire = wire.secured(config, name).map_err(no)?;
    }
    let key = opening::key((u128::from(nonce) << 64 | 0x7773_636c_6f73_6521).to_be_bytes());
    wire.say(&target.request(key.clone(), deflate).encode(), patience);
    let (agreed, head) =
        head(&mut wire, patience, Trouble::NoAnswer, |head| opening::read_answer(head, &key))?;
    Ok(Conn { wire, early: head[agreed.used..].to_owned() })
}

/// The request with which a client opens its connection, and what came behind it.
///
/// # Errors
/// Why it is none.
pub fn request(wire: &mut Wire, patience: Duration) -> Result<(Request, Vec<u8>), Trouble> {
    let ((request, used), head) = head(wire, patience, Trouble::NoRequest, Request::decode)?;
    Ok((request, head[used..].to_owned()))
}

/// Answers a request that leads nowhere, and ends the connection.
pub fn refuse(mut wire: Wire, patience: Duration, status: &str, why: &str) {
    let length = why.len() + 1;
    let head = "Connection: close\r\nContent-Type: text/plain; charset=utf-8";
    let answer = format!("HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {length}\r\n\r\n{why}\n");
    wire.say(answer.as_bytes(), patience);
    wire.leave(patience);
}

/// Reads until `read` has what it looks for; that, and all that came.
fn head<T>(
    wire: &mut Wire,
    patience: Duration,
    found: impl Fn(&'static str) -> Trouble,
    read: impl Fn(&[u8]) -> Result<Option<T>, OpeningError>,
) -> Result<(T, Vec<u8>), Trouble> {
    let begun = Instant::now();
    let (mut buffer, mut head) = ([0; 4096], Vec::new());
    loop {
        let left = patience.saturating_sub(begun.elapsed());
        let heard = wire.hear(&mut buffer, left).map_err(|error| Trouble::Connect(error.to_string()))?;
        match heard {
            Heard::Octets(octets) => head.extend_from_slice(&buffer[..octets]),
            Heard::Fin => return Err(found("the end of TCP")),
            Heard::Reset => return Err(found("a reset")),
            Heard::Silence if head.is_empty() => return Err(found("silence")),
            Heard::Silence => return Err(found("no end of one")),
        }
        if let Some(whole) = read(&head)? {
            return Ok((whole, head));
        }
        if begun.elapsed() > patience || head.len() > MAX_HEAD {
            return Err(found("no end of one"));
        }
    }
}
