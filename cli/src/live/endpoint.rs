//! A live endpoint as a [`Subject`]. In come stimuli, out go octets over TCP; what comes back is written
//! down until the endpoint has been quiet for a while.
//!
//! Idle cannot be seen on a socket: it is silence, for as long as [`Pace`] says. A verdict that hangs on
//! silence is worth no more than the wait, so that whoever judges asks again with a longer one.

use std::time::{Duration, Instant};

use wsclose::code::CloseCode;
use wsclose::frame::{self, Header, Opcode};
use wsclose::role::Role;
use wsclose::rule::{Duties, Duty};
use wsclose::subject::{Output, Stimulus, Subject};

use super::opening::{self, MAX_HEAD, OpeningError};
use super::target::Target;
use super::wire::{Heard, Wire};

/// The most octets that are taken down of one connection: whoever sends more is not listened to.
const MAX_HEARD: usize = 1 << 20;

/// How long things are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// For a connection, and for the opening handshake.
    pub open: Duration,
    /// For silence after each thing that happens to the endpoint.
    pub gap: Duration,
    /// For each tick of a script.
    pub tick: Duration,
    /// For one connection altogether.
    pub limit: Duration,
}

/// Why a case could not be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No connection.
    #[error("expected a connection, found: {0}")]
    Connect(String),
    /// No opening handshake.
    #[error("expected an opening handshake: {0}")]
    Opening(#[from] OpeningError),
    /// It ended TCP, or said nothing.
    #[error("expected an answer to the opening handshake, found {0}")]
    NoAnswer(&'static str),
    /// It sent more than is listened to.
    #[error("expected at most {MAX_HEARD} octets on a connection, found more")]
    Flood,
    /// It kept the connection busy for longer than one may.
    #[error("expected the connection to be quiet within {0:?}, found it still busy")]
    Busy(Duration),
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

/// A live server: each connection to it is opened anew.
#[derive(Debug)]
pub struct Endpoint<'a> {
    target: &'a Target,
    pace: Pace,
    /// The endpoint closes when it is sent the text `close:CODE:REASON`.
    commands: bool,
    deflate: bool,
    conn: Option<Conn>,
    heard: usize,
    opened: Instant,
    trouble: Option<Trouble>,
    /// How long the opening handshake took at the most.
    round_trip: Duration,
    buffer: Vec<u8>,
    /// Different for each connection.
    nonce: u64,
}

impl<'a> Endpoint<'a> {
    /// An endpoint that nothing has been said to.
    pub fn new(target: &'a Target, pace: Pace, commands: bool, deflate: bool) -> Endpoint<'a> {
        Endpoint {
            target,
            pace,
            commands,
            deflate,
            conn: None,
            heard: 0,
            opened: Instant::now(),
            trouble: None,
            round_trip: Duration::ZERO,
            buffer: vec![0; 1 << 16],
            nonce: 0,
        }
    }

    /// The first thing, since this was last asked, because of which what was seen is worth nothing.
    pub fn trouble(&mut self) -> Option<Trouble> {
        self.trouble.take()
    }

    /// How long an opening handshake has taken at the most.
    pub fn round_trip(&self) -> Duration {
        self.round_trip
    }

    fn open(&mut self) -> Result<Conn, Trouble> {
        let target = self.target;
        let no = |error: std::io::Error| Trouble::Connect(error.to_string());
        let mut wire = Wire::connect(target.address, self.pace.open).map_err(no)?;
        if let Some((config, name)) = &target.tls {
            wire = wire.secured(config, name).map_err(no)?;
        }
        let begun = Instant::now();
        self.nonce += 1;
        let key = opening::key((u128::from(self.nonce) << 64 | 0x7773_636c_6f73_6521).to_be_bytes());
        let request = target.request(key.clone(), self.deflate);
        wire.say(&request.encode(), self.pace.open);
        let mut head = Vec::new();
        loop {
            let left = self.pace.open.saturating_sub(begun.elapsed());
            match wire.hear(&mut self.buffer, left).map_err(no)? {
                Heard::Octets(octets) => head.extend_from_slice(&self.buffer[..octets]),
                Heard::Fin => return Err(Trouble::NoAnswer("the end of TCP")),
                Heard::Reset => return Err(Trouble::NoAnswer("a reset")),
                Heard::Silence if head.is_empty() => return Err(Trouble::NoAnswer("silence")),
                Heard::Silence => return Err(Trouble::NoAnswer("no end of one")),
            }
            if let Some(agreed) = opening::read_answer(&head, &key)? {
                self.round_trip = self.round_trip.max(begun.elapsed());
                return Ok(Conn { wire, early: head.split_off(agreed.used) });
            }
            if begun.elapsed() > self.pace.open || head.len() > MAX_HEAD {
                return Err(Trouble::NoAnswer("no end of one"));
            }
        }
    }

    /// Takes down what the endpoint does until it has been silent for `wait`.
    fn listen(&mut self, wait: Duration, out: &mut Output) {
        loop {
            let left = self.pace.limit.saturating_sub(self.opened.elapsed());
            let Some(conn) = &mut self.conn else { return };
            if left.is_zero() {
                self.trouble.get_or_insert(Trouble::Busy(self.pace.limit));
                return self.abandon(out);
            }
            match conn.wire.hear(&mut self.buffer, wait.min(left)) {
                Ok(Heard::Octets(octets)) => {
                    out.sent(&self.buffer[..octets]);
                    self.heard += octets;
                    if self.heard > MAX_HEARD {
                        self.trouble.get_or_insert(Trouble::Flood);
                        return self.abandon(out);
                    }
                }
                Ok(Heard::Silence) if left < wait => {}
                Ok(Heard::Silence) => return,
                Ok(Heard::Fin) => {
                    self.conn = None;
                    return out.fin();
                }
                Ok(Heard::Reset) => {
                    self.conn = None;
                    return out.reset();
                }
                Err(error) => {
                    self.trouble.get_or_insert(Trouble::Connect(error.to_string()));
                    return self.abandon(out);
                }
            }
        }
    }

    /// Ends a connection of which nothing more is wanted; the trouble says why.
    fn abandon(&mut self, out: &mut Output) {
        if let Some(conn) = self.conn.take() {
            conn.wire.reset();
        }
        out.fin();
    }

    fn say(&mut self, octets: &[u8]) {
        if let Some(conn) = &mut self.conn {
            // What could not be written was not wanted; what it did instead is heard next.
            conn.wire.say(octets, self.pace.limit.saturating_sub(self.opened.elapsed()));
        }
    }

    /// Asks the program behind the endpoint to close.
    fn command(&mut self, code: Option<CloseCode>, reason: &str) {
        let code = code.map_or(String::new(), |code| code.to_string());
        let mut payload = format!("close:{code}:{reason}").into_bytes();
        let key = wsclose::script::DEFAULT_KEY;
        let header = Header::conforming(Opcode::Text, payload.len() as u64, Some(key));
        frame::mask(key, 0, &mut payload);
        let mut octets = header.encode().as_slice().to_vec();
        octets.append(&mut payload);
        self.say(&octets);
    }
}

impl Subject for Endpoint<'_> {
    fn name(&self) -> &str {
        &self.target.url
    }

    /// All that shows on the wire; it has a clock, but nobody waits for it long enough to blame it.
    fn duties(&self, _role: Role) -> Duties {
        let unseen = [Duty::Reports, Duty::ReportsClean, Duty::ShowsMemory];
        let duties = Duties::ALL.without(&unseen);
        if self.commands { duties } else { duties.without(&[Duty::OffersApi]) }
    }

    fn connect(&mut self, _role: Role, out: &mut Output) {
        // A connection that its peer has not ended is ended here, in order.
        self.conn = None;
        self.heard = 0;
        self.opened = Instant::now();
        match self.open() {
            Ok(mut conn) => {
                let early = std::mem::take(&mut conn.early);
                out.sent(&early);
                self.heard = early.len();
                self.conn = Some(conn);
                self.opened = Instant::now();
            }
            Err(trouble) => {
                self.trouble.get_or_insert(trouble);
                // Nothing that follows is to be read as the endpoint's doing.
                out.fin();
            }
        }
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Output) {
        let mut wait = self.pace.gap;
        match stimulus {
            Stimulus::Octets(octets) => self.say(octets),
            Stimulus::Fin => {
                if let Some(conn) = &mut self.conn {
                    conn.wire.fin();
                }
            }
            Stimulus::Reset => {
                if let Some(conn) = self.conn.take() {
                    conn.wire.reset();
                }
            }
            Stimulus::Close { code, reason } if self.commands => {
                self.command(code, reason);
                out.accepted();
            }
            Stimulus::Tick => wait = self.pace.tick,
            // Nobody asks for what this endpoint cannot be made to do: see `cases`.
            Stimulus::Close { .. }
            | Stimulus::Send { .. }
            | Stimulus::Pause
            | Stimulus::Resume
            | Stimulus::PeerGone(_)
            | Stimulus::PeerPause
            | Stimulus::PeerResume => return,
        }
        self.listen(wait, out);
    }
}
