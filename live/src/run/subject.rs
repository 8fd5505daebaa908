//! A live endpoint as a [`Subject`]. In come stimuli, out go octets over TCP; what comes back is written
//! down until the endpoint has been quiet for a while.
//!
//! Idle cannot be seen on a socket: it is silence, for as long as [`Pace`] says. A verdict that hangs on
//! silence is worth no more than the wait, so that whoever judges asks again with a longer one.

use std::time::{Duration, Instant};

use wsclose::harness::subject::{Recorder, Stimulus, Subject};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::frame::{self, Header, Opcode};
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, RuleSet};

use crate::endpoint::client_pool::ClientReport;
use crate::endpoint::connection::{CaseError, Connection, MAX_RECEIVED};
use crate::endpoint::connector::Connector;
use crate::endpoint::under_test::EndpointUnderTest;
use crate::run::shadow_model::ShadowModel;
use crate::run::timing::CloseTiming;
use crate::transport::socket::ReadOutcome;

/// How long things are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, and for the opening handshake.
    pub connect: Duration,
    /// For silence after each thing that happens to the endpoint.
    pub idle: Duration,
    /// For silence where the endpoint owes something: see [`Due`].
    pub expected: Duration,
    /// For each tick of a script.
    pub tick: Duration,
    /// For one connection altogether.
    pub connection: Duration,
}

/// What is known of its program beside a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReportState {
    /// Nothing yet.
    Pending,
    /// It told how the connection closed.
    Received,
    /// It ended without that, or there was no connection to tell of.
    Absent,
}

/// A live endpoint: each connection with it is opened anew.
#[derive(Debug)]
pub struct LiveSubject<'a> {
    under_test: EndpointUnderTest<'a>,
    connector: Connector<'a>,
    timeouts: Timeouts,
    shadow: ShadowModel,
    timing: CloseTiming,
    deflate: bool,
    conn: Option<Connection>,
    bytes_read: usize,
    opened: Instant,
    error: Option<CaseError>,
    report_state: ReportState,
    buffer: Vec<u8>,
}

impl<'a> LiveSubject<'a> {
    /// An endpoint that nothing has been said to.
    pub fn new(under_test: EndpointUnderTest<'a>, timeouts: Timeouts) -> LiveSubject<'a> {
        LiveSubject {
            under_test,
            connector: Connector::new(under_test.mode),
            timeouts,
            shadow: ShadowModel::new(under_test.role(), under_test.profile),
            timing: CloseTiming::default(),
            deflate: false,
            conn: None,
            bytes_read: 0,
            opened: Instant::now(),
            error: None,
            report_state: ReportState::Pending,
            buffer: vec![0; 1 << 16],
        }
    }

    /// Whether compression is offered, or agreed to, on the next connections.
    pub fn set_deflate(&mut self, deflate: bool) {
        self.deflate = deflate;
    }

    /// A client has come by itself: this is its next connection.
    pub fn supply(&mut self, conn: Connection) {
        self.connector.supply(conn);
    }

    /// The first thing, since this was last asked, because of which what was seen is worth nothing.
    pub fn take_error(&mut self) -> Option<CaseError> {
        self.error.take()
    }

    /// The rules, since this was last asked, that hang on how long a timeout of the endpoint is.
    pub fn take_inconclusive(&mut self) -> RuleSet {
        self.timing.take_inconclusive()
    }

    /// How long an opening handshake has taken at the most.
    pub fn round_trip(&self) -> Duration {
        self.connector.round_trip()
    }

    /// Whether its program told how the last connection closed.
    pub fn has_close_report(&self) -> bool {
        self.report_state == ReportState::Received
    }

    /// Ends the connection in order, if it is not over, and whatever was started for it.
    pub fn end(&mut self) {
        self.conn = None;
        self.connector.end();
    }

    /// Takes down what the endpoint does until it has been silent for `wait`, or longer if it owes something.
    fn read_until_idle(&mut self, wait: Duration, out: &mut Recorder) {
        loop {
            let left = self.timeouts.connection.saturating_sub(self.opened.elapsed());
            let Some(conn) = &mut self.conn else { return };
            if left.is_zero() {
                self.error.get_or_insert(CaseError::TimeLimit(self.timeouts.connection));
                return self.abandon(out);
            }
            let owed = self.shadow.expects_more();
            // One that is busy opens slowly, and does what it owes no faster.
            let busy = (4 * self.connector.round_trip()).min(2 * self.timeouts.expected);
            let wait = if owed { wait.max(self.timeouts.expected + busy) } else { wait };
            match conn.socket.recv(&mut self.buffer, wait.min(left)) {
                Ok(ReadOutcome::Data(octets)) => {
                    out.sent(&self.buffer[..octets]);
                    self.record_read(octets);
                    if self.bytes_read > MAX_RECEIVED {
                        self.error.get_or_insert(CaseError::OutputLimit);
                        return self.abandon(out);
                    }
                }
                Ok(ReadOutcome::TimedOut) if left < wait => {}
                Ok(ReadOutcome::TimedOut) => {
                    if owed {
                        self.shadow.stop_waiting();
                    }
                    return;
                }
                // It may still read: a FIN ends one direction, and does not say whether it ends both.
                Ok(ReadOutcome::Fin) => {
                    self.timing.on_tcp_end(Instant::now());
                    self.shadow.mark_tcp_ended();
                    out.write_shutdown();
                    if conn.socket.has_socket_error() {
                        self.mark_closed();
                        out.reset();
                    }
                    return;
                }
                Ok(ReadOutcome::Reset) => {
                    self.timing.on_tcp_end(Instant::now());
                    self.mark_closed();
                    return out.reset();
                }
                Err(error) => {
                    self.error.get_or_insert(CaseError::Connect(error.to_string()));
                    return self.abandon(out);
                }
            }
        }
    }

    /// It wrote so many octets of the buffer.
    fn record_read(&mut self, octets: usize) {
        self.shadow.record_sent(&self.buffer[..octets]);
        if self.shadow.has_sent_close() {
            self.timing.on_close(Instant::now());
        }
        self.bytes_read += octets;
    }

    /// The endpoint has ended TCP.
    fn mark_closed(&mut self) {
        self.conn = None;
        self.shadow.mark_tcp_ended();
    }

    /// Takes down what its program says beside the connection, after waiting for that no longer than `wait`.
    fn collect_client_report(&mut self, wait: Duration, out: &mut Recorder) {
        if self.report_state != ReportState::Pending {
            return;
        }
        let Some(aside) = self.connector.client_report(wait) else { return };
        self.report_state = match aside {
            ClientReport::Closed(_) => ReportState::Received,
            ClientReport::Exited(_) | ClientReport::Crashed(_) => ReportState::Absent,
        };
        match aside {
            ClientReport::Closed(told) if self.under_test.reports_close => {
                out.reported(told.code, told.reason.as_deref(), told.clean);
            }
            ClientReport::Exited(how) if self.under_test.reports_close => out.error_reported(&how),
            ClientReport::Closed(_) | ClientReport::Exited(_) => {}
            ClientReport::Crashed(how) => out.panicked(&how),
        }
    }

    /// Ends a connection of which nothing more is wanted; the trouble says why.
    fn abandon(&mut self, out: &mut Recorder) {
        if let Some(conn) = self.conn.take() {
            conn.socket.reset();
        }
        self.shadow.mark_tcp_ended();
        out.fin();
    }

    fn send(&mut self, octets: &[u8]) {
        if let Some(conn) = &mut self.conn {
            // What could not be written was not wanted; what it did instead is heard next.
            conn.socket.send(octets, self.timeouts.connection.saturating_sub(self.opened.elapsed()));
            self.timing.on_send(Instant::now());
        }
    }

    /// Asks the program behind the endpoint to close.
    fn send_close_command(&mut self, code: Option<CloseCode>, reason: &str) {
        let code = code.map_or(String::new(), |code| code.to_string());
        let mut payload = format!("close:{code}:{reason}").into_bytes();
        let key = match self.under_test.role() {
            Role::Client => None,
            Role::Server => Some(wsclose::script::DEFAULT_KEY),
        };
        let header = Header::conforming(Opcode::Text, payload.len() as u64, key);
        if let Some(key) = key {
            frame::mask(key, 0, &mut payload);
        }
        let mut octets = header.encode().as_slice().to_vec();
        octets.append(&mut payload);
        self.send(&octets);
    }
}

impl Subject for LiveSubject<'_> {
    fn name(&self) -> &str {
        self.under_test.name()
    }

    fn capabilities(&self, _role: Role) -> Capabilities {
        self.under_test.capabilities()
    }

    fn connect(&mut self, _role: Role, out: &mut Recorder) {
        self.end();
        self.shadow.connect();
        self.timing.connect();
        self.bytes_read = 0;
        self.report_state = ReportState::Pending;
        match self.connector.open(self.timeouts.connect, self.deflate) {
            Ok(mut conn) => {
                let early = std::mem::take(&mut conn.leftover);
                out.sent(&early);
                self.shadow.record_sent(&early);
                self.bytes_read = early.len();
                self.conn = Some(conn);
                self.opened = Instant::now();
            }
            Err(trouble) => {
                self.error.get_or_insert(trouble);
                self.report_state = ReportState::Absent;
                // Nothing that follows is to be read as the endpoint's doing.
                out.fin();
            }
        }
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        let (mut wait, mut aside) = (self.timeouts.idle, Duration::ZERO);
        self.shadow.on_stimulus(stimulus);
        match stimulus {
            Stimulus::Octets(octets) => self.send(octets),
            Stimulus::Fin => {
                if let Some(conn) = &mut self.conn {
                    conn.socket.fin();
                }
                if out.is_write_closed() {
                    self.mark_closed();
                    out.fin();
                }
            }
            Stimulus::Reset => {
                if let Some(conn) = self.conn.take() {
                    conn.socket.reset();
                }
            }
            Stimulus::Close { code, reason } if self.under_test.close_command => {
                self.send_close_command(code, reason);
                out.request_accepted();
            }
            Stimulus::Tick => {
                wait = self.timeouts.tick;
                aside = match (self.under_test.reports_close, out.is_write_closed()) {
                    (false, _) => self.timeouts.idle,
                    // What waits for our FIN has nothing to tell before that.
                    (true, true) => self.timeouts.tick,
                    (true, false) => self.timeouts.expected,
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
        self.read_until_idle(wait, out);
        // A program may speak before its connection is over; it is waited for only then.
        let over = self.conn.is_none() || out.is_write_closed();
        self.collect_client_report(if over { aside } else { Duration::ZERO }, out);
    }
}
