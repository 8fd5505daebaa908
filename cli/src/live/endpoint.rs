//! A live endpoint as a [`Subject`]. In come stimuli, out go octets over TCP; what comes back is written
//! down until the endpoint has been quiet for a while.
//!
//! Idle cannot be seen on a socket: it is silence, for as long as [`Pace`] says. A verdict that hangs on
//! silence is worth no more than the wait, so that whoever judges asks again with a longer one.

use std::time::{Duration, Instant};

use wsclose::code::CloseCode;
use wsclose::frame::{self, Header, Opcode};
use wsclose::role::Role;
use wsclose::rule::{Capabilities, RuleSet};
use wsclose::subject::{Recorder, Stimulus, Subject};

use super::due::Due;
use super::launch::Aside;
use super::opener::{Conn, MAX_HEARD, Opener, Trouble};
use super::patience::Patience;
use super::tested::Tested;
use super::wire::Heard;

/// How long things are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// For a connection, and for the opening handshake.
    pub open: Duration,
    /// For silence after each thing that happens to the endpoint.
    pub gap: Duration,
    /// For silence where the endpoint owes something: see [`Due`].
    pub due: Duration,
    /// For each tick of a script.
    pub tick: Duration,
    /// For one connection altogether.
    pub limit: Duration,
}

/// What is known of its program beside a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    /// Nothing yet.
    Awaited,
    /// It told how the connection closed.
    Told,
    /// It ended without that, or there was no connection to tell of.
    Nothing,
}

/// A live endpoint: each connection with it is opened anew.
#[derive(Debug)]
pub struct Endpoint<'a> {
    tested: Tested<'a>,
    opener: Opener<'a>,
    pace: Pace,
    due: Due,
    patience: Patience,
    deflate: bool,
    conn: Option<Conn>,
    heard: usize,
    opened: Instant,
    trouble: Option<Trouble>,
    beside: Beside,
    buffer: Vec<u8>,
}

impl<'a> Endpoint<'a> {
    /// An endpoint that nothing has been said to.
    pub fn new(tested: Tested<'a>, pace: Pace) -> Endpoint<'a> {
        Endpoint {
            tested,
            opener: Opener::new(tested.way),
            pace,
            due: Due::new(tested.role(), tested.profile),
            patience: Patience::default(),
            deflate: false,
            conn: None,
            heard: 0,
            opened: Instant::now(),
            trouble: None,
            beside: Beside::Awaited,
            buffer: vec![0; 1 << 16],
        }
    }

    /// Whether compression is offered, or agreed to, on the next connections.
    pub fn negotiate(&mut self, deflate: bool) {
        self.deflate = deflate;
    }

    /// A client has come by itself: this is its next connection.
    pub fn hand(&mut self, conn: Conn) {
        self.opener.hand(conn);
    }

    /// The first thing, since this was last asked, because of which what was seen is worth nothing.
    pub fn trouble(&mut self) -> Option<Trouble> {
        self.trouble.take()
    }

    /// The rules, since this was last asked, that hang on how long a timeout of the endpoint is.
    pub fn unclear(&mut self) -> RuleSet {
        self.patience.unclear()
    }

    /// How long an opening handshake has taken at the most.
    pub fn round_trip(&self) -> Duration {
        self.opener.round_trip()
    }

    /// Whether its program told how the last connection closed.
    pub fn was_told(&self) -> bool {
        self.beside == Beside::Told
    }

    /// Ends the connection in order, if it is not over, and whatever was started for it.
    pub fn end(&mut self) {
        self.conn = None;
        self.opener.end();
    }

    /// Takes down what the endpoint does until it has been silent for `wait`, or longer if it owes something.
    fn listen(&mut self, wait: Duration, out: &mut Recorder) {
        loop {
            let left = self.pace.limit.saturating_sub(self.opened.elapsed());
            let Some(conn) = &mut self.conn else { return };
            if left.is_zero() {
                self.trouble.get_or_insert(Trouble::Busy(self.pace.limit));
                return self.abandon(out);
            }
            let owed = self.due.is_owed();
            // One that is busy opens slowly, and does what it owes no faster.
            let busy = (4 * self.opener.round_trip()).min(2 * self.pace.due);
            let wait = if owed { wait.max(self.pace.due + busy) } else { wait };
            match conn.wire.hear(&mut self.buffer, wait.min(left)) {
                Ok(Heard::Octets(octets)) => {
                    out.sent(&self.buffer[..octets]);
                    self.wrote(octets);
                    if self.heard > MAX_HEARD {
                        self.trouble.get_or_insert(Trouble::Flood);
                        return self.abandon(out);
                    }
                }
                Ok(Heard::Silence) if left < wait => {}
                Ok(Heard::Silence) => {
                    if owed {
                        self.due.give_up();
                    }
                    return;
                }
                // It may still read: a FIN ends one direction, and does not say whether it ends both.
                Ok(Heard::Fin) => {
                    self.patience.ended(Instant::now());
                    self.due.ended();
                    out.write_shutdown();
                    if conn.wire.is_broken() {
                        self.over();
                        out.reset();
                    }
                    return;
                }
                Ok(Heard::Reset) => {
                    self.patience.ended(Instant::now());
                    self.over();
                    return out.reset();
                }
                Err(error) => {
                    self.trouble.get_or_insert(Trouble::Connect(error.to_string()));
                    return self.abandon(out);
                }
            }
        }
    }

    /// It wrote so many octets of the buffer.
    fn wrote(&mut self, octets: usize) {
        self.due.wrote(&self.buffer[..octets]);
        if self.due.has_closed() {
            self.patience.closed(Instant::now());
        }
        self.heard += octets;
    }

    /// The endpoint has ended TCP.
    fn over(&mut self) {
        self.conn = None;
        self.due.ended();
    }

    /// Takes down what its program says beside the connection, after waiting for that no longer than `wait`.
    fn hear_aside(&mut self, wait: Duration, out: &mut Recorder) {
        if self.beside != Beside::Awaited {
            return;
        }
        let Some(aside) = self.opener.aside(wait) else { return };
        self.beside = match aside {
            Aside::Told(_) => Beside::Told,
            Aside::Ended(_) | Aside::Crashed(_) => Beside::Nothing,
        };
        match aside {
            Aside::Told(told) if self.tested.tells => {
                out.reported(told.code, told.reason.as_deref(), told.clean);
            }
            Aside::Ended(how) if self.tested.tells => out.error_reported(&how),
            Aside::Told(_) | Aside::Ended(_) => {}
            Aside::Crashed(how) => out.panicked(&how),
        }
    }

    /// Ends a connection of which nothing more is wanted; the trouble says why.
    fn abandon(&mut self, out: &mut Recorder) {
        if let Some(conn) = self.conn.take() {
            conn.wire.reset();
        }
        self.due.ended();
        out.fin();
    }

    fn say(&mut self, octets: &[u8]) {
        if let Some(conn) = &mut self.conn {
            // What could not be written was not wanted; what it did instead is heard next.
            conn.wire.say(octets, self.pace.limit.saturating_sub(self.opened.elapsed()));
            self.patience.told(Instant::now());
        }
    }

    /// Asks the program behind the endpoint to close.
    fn command(&mut self, code: Option<CloseCode>, reason: &str) {
        let code = code.map_or(String::new(), |code| code.to_string());
        let mut payload = format!("close:{code}:{reason}").into_bytes();
        let key = match self.tested.role() {
            Role::Client => None,
            Role::Server => Some(wsclose::script::DEFAULT_KEY),
        };
        let header = Header::conforming(Opcode::Text, payload.len() as u64, key);
        if let Some(key) = key {
            frame::mask(key, 0, &mut payload);
        }
        let mut octets = header.encode().as_slice().to_vec();
        octets.append(&mut payload);
        self.say(&octets);
    }
}

impl Subject for Endpoint<'_> {
    fn name(&self) -> &str {
        self.tested.name()
    }

    fn capabilities(&self, _role: Role) -> Capabilities {
        self.tested.duties()
    }

    fn connect(&mut self, _role: Role, out: &mut Recorder) {
        self.end();
        self.due.connect();
        self.patience.connect();
        self.heard = 0;
        self.beside = Beside::Awaited;
        match self.opener.open(self.pace.open, self.deflate) {
            Ok(mut conn) => {
                let early = std::mem::take(&mut conn.early);
                out.sent(&early);
                self.due.wrote(&early);
                self.heard = early.len();
                self.conn = Some(conn);
                self.opened = Instant::now();
            }
            Err(trouble) => {
                self.trouble.get_or_insert(trouble);
                self.beside = Beside::Nothing;
                // Nothing that follows is to be read as the endpoint's doing.
                out.fin();
            }
        }
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        let (mut wait, mut aside) = (self.pace.gap, Duration::ZERO);
        self.due.happens(stimulus);
        match stimulus {
            Stimulus::Octets(octets) => self.say(octets),
            Stimulus::Fin => {
                if let Some(conn) = &mut self.conn {
                    conn.wire.fin();
                }
                if out.is_write_closed() {
                    self.over();
                    out.fin();
                }
            }
            Stimulus::Reset => {
                if let Some(conn) = self.conn.take() {
                    conn.wire.reset();
                }
            }
            Stimulus::Close { code, reason } if self.tested.commands => {
                self.command(code, reason);
                out.request_accepted();
            }
            Stimulus::Tick => {
                wait = self.pace.tick;
                aside = match (self.tested.tells, out.is_write_closed()) {
                    (false, _) => self.pace.gap,
                    // What waits for our FIN has nothing to tell before that.
                    (true, true) => self.pace.tick,
                    (true, false) => self.pace.due,
                };
            }
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
        // A program may speak before its connection is over; it is waited for only then.
        let over = self.conn.is_none() || out.is_write_closed();
        self.hear_aside(if over { aside } else { Duration::ZERO }, out);
    }
}
