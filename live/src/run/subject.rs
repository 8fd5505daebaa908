//! A live endpoint as a [`Subject`]: sends stimuli over TCP, and records what the endpoint sends until it is idle.
//!
//! A socket does not show whether an endpoint is idle, so idle means: nothing arrived for the time that [`Timeouts`] sets.
//! A verdict that depends on a timeout is confirmed with a longer one.

use std::time::{Duration, Instant};

use wsclose::harness::{Opening, Recorder, Stimulus, Subject, Trace};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::frame::{self, Header, Opcode};
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, RuleSet};

use crate::endpoint::client_pool::ClientReport;
use crate::endpoint::close_line::ReportLine;
use crate::endpoint::connection::{CaseError, Connection, MAX_RECEIVED};
use crate::endpoint::connector::Connector;
use crate::endpoint::under_test::{EndpointUnderTest, report_rules};
use crate::run::case_trace::{CaseTrace, EventTimes};
use crate::run::cases::Case;
use crate::run::shadow_model::ShadowModel;
use crate::run::timeouts::Timeouts;
use crate::run::timing::{CloseTiming, Latencies, LatencyTimer};
use crate::transport::socket::ReadOutcome;

/// Whether the process of a client has reported on its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReportState {
    /// Not yet.
    Pending,
    /// The process printed how the connection closed.
    Received,
    /// The process exited without that, or there was no connection.
    Absent,
}

/// A live endpoint. Every connection of a script is a new TCP connection.
#[derive(Debug)]
pub struct LiveSubject<'a> {
    under_test: EndpointUnderTest<'a>,
    connector: Connector<'a>,
    timeouts: Timeouts,
    /// When the run ends, and this case with it.
    run_ends_at: Option<Instant>,
    /// How long to wait, in a tick after a connection, for the exit of the server. Set only while nothing else runs: it exits
    /// because of this case then.
    exit_wait: Option<Duration>,
    /// How the server exited.
    exit: Option<String>,
    shadow: ShadowModel,
    timing: CloseTiming,
    latency: LatencyTimer,
    /// The duration of a tick in this case.
    tick: Duration,
    conn: Option<Connection>,
    bytes_read: usize,
    opened: Instant,
    /// The limit on the connection: that of the timeouts, and the waits of the script so far.
    limit: Duration,
    error: Option<CaseError>,
    report_state: ReportState,
    /// The peer has reset the connection.
    peer_reset: bool,
    /// The program of a client has reported or exited.
    client_finished: bool,
    /// A connection ended without a report.
    lacks_report: bool,
    /// When the events of the case happened.
    times: EventTimes,
    buffer: Vec<u8>,
}

impl<'a> LiveSubject<'a> {
    /// An endpoint without a connection.
    pub fn new(under_test: EndpointUnderTest<'a>, timeouts: Timeouts) -> LiveSubject<'a> {
        LiveSubject {
            under_test,
            connector: Connector::new(under_test),
            timeouts,
            run_ends_at: None,
            exit_wait: None,
            exit: None,
            shadow: ShadowModel::new(under_test.role(), under_test.profile),
            timing: CloseTiming::default(),
            latency: LatencyTimer::default(),
            tick: timeouts.tick,
            conn: None,
            bytes_read: 0,
            opened: Instant::now(),
            limit: Duration::ZERO,
            error: None,
            report_state: ReportState::Absent,
            peer_reset: false,
            client_finished: false,
            lacks_report: false,
            times: EventTimes::default(),
            buffer: vec![0; 1 << 16],
        }
    }

    /// Sets which case the next connections belong to.
    pub fn set_case(&mut self, case: &Case) {
        self.times.clear();
        self.tick = if case.is_patient() { self.timeouts.patient_tick } else { self.timeouts.tick };
    }

    /// Sets when the run ends. A case that is under way then has no result.
    pub fn set_end_of_run(&mut self, at: Option<Instant>) {
        self.run_ends_at = at;
    }

    /// Watches for the exit of the server, for this time in each tick after a connection.
    pub fn watch_for_exit(&mut self, wait: Duration) {
        self.exit_wait = Some(wait);
    }

    /// The trace of the case with the times of its events. The case has just ended.
    pub fn take_trace(&mut self, trace: &Trace) -> CaseTrace {
        self.times.take(trace)
    }

    /// How the server exited since the last call.
    pub fn take_exit(&mut self) -> Option<String> {
        self.exit.take()
    }

    /// When the last connection was established.
    pub fn connected_at(&self) -> Instant {
        self.opened
    }

    /// The time that is left for the connection, and what its end means.
    fn time_left(&self) -> (Duration, CaseError) {
        let connection = self.limit.saturating_sub(self.opened.elapsed());
        match self.run_time_left() {
            Some(run) if run <= connection => (run, CaseError::RunTimeLimit),
            Some(_) | None => (connection, CaseError::TimeLimit(self.limit)),
        }
    }

    fn run_time_left(&self) -> Option<Duration> {
        Some(self.run_ends_at?.saturating_duration_since(Instant::now()))
    }

    /// Supplies the connection of a client of the case server.
    pub fn supply(&mut self, connection: Connection) {
        self.connector.supply(connection);
    }

    /// The first error since the last call.
    pub fn take_error(&mut self) -> Option<CaseError> {
        self.error.take()
    }

    /// The rules that a missing report leaves open, since the last call. The program may have missed it, not the library.
    pub fn take_unreported(&mut self) -> RuleSet {
        self.note_missing_report();
        let lacks_report = std::mem::take(&mut self.lacks_report);
        if lacks_report { report_rules() } else { RuleSet::EMPTY }
    }

    fn note_missing_report(&mut self) {
        self.lacks_report |= self.under_test.reports_close && self.report_state == ReportState::Pending;
    }

    /// Whether the program of a client reported or exited since the last call. Nothing else shows that an endpoint does not hang.
    pub fn take_client_finished(&mut self) -> bool {
        std::mem::take(&mut self.client_finished)
    }

    /// The rules that depend on a timeout of the endpoint, since the last call.
    pub fn take_inconclusive(&mut self) -> RuleSet {
        self.timing.take_inconclusive()
    }

    /// How long the endpoint took for what a conforming one does, since the last call.
    pub fn take_latencies(&mut self) -> Latencies {
        self.latency.take()
    }

    /// The longest opening handshake so far.
    pub fn round_trip(&self) -> Duration {
        self.connector.round_trip()
    }

    /// Whether the process of the client reported how the last connection closed.
    pub fn has_close_report(&self) -> bool {
        self.report_state == ReportState::Received
    }

    /// Closes the connection, and releases the process of the client.
    pub fn end(&mut self) {
        self.conn = None;
        self.connector.end();
    }

    /// Records what the endpoint does until nothing has arrived for `wait`, or longer while the shadow model expects more.
    fn read_until_idle(&mut self, wait: Duration, out: &mut Recorder) {
        loop {
            let (left, limit) = self.time_left();
            let Some(conn) = &mut self.conn else { return };
            if left.is_zero() {
                self.error.get_or_insert(limit);
                return self.abandon(out);
            }
            let expects_more = self.shadow.expects_more();
            // A busy endpoint is slow in its opening handshake, and as slow in its replies.
            let busy = (4 * self.connector.round_trip()).min(2 * self.timeouts.expected);
            let wait = if expects_more { wait.max(self.timeouts.expected + busy) } else { wait };
            match conn.socket.recv(&mut self.buffer, wait.min(left)) {
                Ok(ReadOutcome::Data(octets)) => {
                    out.sent(&self.buffer[..octets]);
                    self.times.note(out);
                    self.record_read(octets);
                    if self.bytes_read > MAX_RECEIVED {
                        self.error.get_or_insert(CaseError::OutputLimit);
                        return self.abandon(out);
                    }
                }
                Ok(ReadOutcome::TimedOut) if left < wait => {}
                Ok(ReadOutcome::TimedOut) => {
                    if expects_more {
                        self.shadow.stop_waiting();
                    }
                    return;
                }
                // FIN ends one direction: the endpoint may still read.
                Ok(ReadOutcome::Fin) => {
                    let is_reset = conn.socket.has_socket_error();
                    if conn.socket.has_close_notify() {
                        out.tls_closed();
                    }
                    self.on_tcp_end();
                    out.write_shutdown();
                    if is_reset {
                        self.mark_closed();
                        out.reset();
                    }
                    self.times.note(out);
                    return;
                }
                Ok(ReadOutcome::Reset) => {
                    self.on_tcp_end();
                    self.mark_closed();
                    out.reset();
                    self.times.note(out);
                    return;
                }
                Err(error) => {
                    self.error.get_or_insert(CaseError::Connect(error.to_string()));
                    return self.abandon(out);
                }
            }
        }
    }

    /// Records the first octets of the buffer, which the endpoint sent.
    fn record_read(&mut self, octets: usize) {
        self.shadow.record_sent(&self.buffer[..octets]);
        self.latency.update(self.shadow.awaited(), Instant::now());
        if self.shadow.has_sent_close() {
            self.timing.on_close(Instant::now());
        }
        self.bytes_read += octets;
    }

    /// The endpoint ended at least one direction of TCP.
    fn on_tcp_end(&mut self) {
        self.timing.on_tcp_end(Instant::now());
        self.shadow.mark_tcp_ended();
        self.latency.on_tcp_end(Instant::now());
    }

    /// The endpoint ended both directions of TCP.
    fn mark_closed(&mut self) {
        self.conn = None;
        self.shadow.mark_tcp_ended();
    }

    /// Records what the process of the endpoint reports, after a wait of at most `wait` for how the connection closed.
    fn collect_client_report(&mut self, wait: Duration, out: &mut Recorder) {
        // A program prints an error next to the closure, so a line that has followed by now is not a later one.
        let mut further_wait = Duration::ZERO;
        while self.report_state == ReportState::Pending {
            further_wait = self.timeouts.idle;
            let left = self.run_time_left().unwrap_or(wait);
            let Some(report) = self.connector.client_report(wait.min(left)) else {
                if left < wait {
                    self.error.get_or_insert(CaseError::RunTimeLimit);
                }
                return;
            };
            self.client_finished |= self.under_test.role() == Role::Client;
            match report {
                ClientReport::Line(line) => self.record_line(line, out),
                ClientReport::Exited(how) => {
                    self.report_state = ReportState::Absent;
                    if self.under_test.reports_close {
                        out.error_reported(&how);
                    }
                }
                ClientReport::Crashed(how) => {
                    self.report_state = ReportState::Absent;
                    out.panicked(&how);
                }
            }
        }
        while self.report_state == ReportState::Received
            && let Some(line) = self.connector.further_line(further_wait)
        {
            self.record_line(line, out);
        }
    }

    fn record_line(&mut self, line: ReportLine, out: &mut Recorder) {
        match line {
            ReportLine::Closed(status) => {
                self.report_state = ReportState::Received;
                if self.under_test.reports_close {
                    out.reported(status.code, status.reason.as_deref(), status.clean);
                }
            }
            ReportLine::Failed(text) => {
                if self.under_test.reports_close {
                    out.error_reported(&text);
                }
            }
        }
    }

    /// Records that the program of a client hangs: it reports how connections close, and does not report that the peer has
    /// reset this one. It neither exits.
    fn note_hang(&mut self, out: &mut Recorder) {
        let reports = self.under_test.reports_close && self.under_test.role() == Role::Client;
        if !reports || !self.peer_reset {
            return;
        }
        self.collect_client_report(self.timeouts.report, out);
        if self.report_state == ReportState::Pending && self.error.is_none() {
            self.report_state = ReportState::Absent;
            out.hung();
        }
    }

    /// Resets a connection after an error.
    fn abandon(&mut self, out: &mut Recorder) {
        if let Some(conn) = self.conn.take() {
            conn.socket.reset();
        }
        self.shadow.mark_tcp_ended();
        self.latency.cancel();
        out.fin();
    }

    fn send(&mut self, octets: &[u8]) {
        let (left, _) = self.time_left();
        if let Some(conn) = &mut self.conn {
            // If the endpoint does not read, what it does instead is read next.
            conn.socket.send(octets, left);
            self.timing.on_send(Instant::now());
        }
    }

    /// Sends the text that makes the program of the endpoint close.
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

    fn connect(&mut self, role: Role, out: &mut Recorder) {
        self.open(role, Opening::default(), out);
    }

    fn open(&mut self, _role: Role, opening: Opening<'_>, out: &mut Recorder) {
        self.times.note(out);
        self.end();
        out.set_over_socket();
        out.set_may_cross();
        self.timing.connect();
        self.latency.cancel();
        self.bytes_read = 0;
        self.note_missing_report();
        self.report_state = ReportState::Pending;
        self.peer_reset = false;
        if self.exit.is_some() {
            self.shadow.connect(false);
            self.times.note_connection(false);
            return out.fin();
        }
        let left = self.run_time_left().unwrap_or(self.timeouts.connect);
        let opened = self.connector.open(self.timeouts.connect.min(left), opening);
        self.times.note_connection(opened.is_ok());
        match opened {
            Ok(mut conn) => {
                if conn.socket.is_tls() {
                    out.tls_started();
                }
                self.shadow.connect(conn.deflate);
                if conn.deflate {
                    out.deflate_negotiated();
                }
                self.opened = Instant::now();
                if !opening.octets.is_empty() {
                    let stimulus = Stimulus::Octets(opening.octets);
                    out.sent_with_opening();
                    out.record_stimulus(stimulus);
                    self.shadow.on_stimulus(stimulus);
                    self.timing.on_send(self.opened);
                }
                let leftover = std::mem::take(&mut conn.leftover);
                out.sent(&leftover);
                self.shadow.record_sent(&leftover);
                self.bytes_read = leftover.len();
                self.conn = Some(conn);
                self.limit = self.timeouts.connection;
                let quiet = if opening.octets.is_empty() { Duration::ZERO } else { self.timeouts.idle };
                let quiet = quiet.max(self.timeouts.start_up);
                if !quiet.is_zero() {
                    self.read_until_idle(quiet, out);
                }
            }
            Err(error) => {
                self.shadow.connect(false);
                let is_cut = self.run_time_left().is_some_and(|left| left.is_zero());
                self.error.get_or_insert(if is_cut { CaseError::RunTimeLimit } else { error });
                self.report_state = ReportState::Absent;
                // Nothing that follows is an action of the endpoint.
                out.fin();
            }
        }
    }

    fn react_at_once(&mut self, octets: &[u8], end: Stimulus<'_>, out: &mut Recorder) {
        // Nothing is read between the write and the end.
        let stimulus = Stimulus::Octets(octets);
        out.record_stimulus(stimulus);
        self.shadow.on_stimulus(stimulus);
        self.times.note(out);
        self.send(octets);
        out.record_stimulus(end);
        self.react(end, out);
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        let (mut wait, mut report_wait) = (self.timeouts.idle, Duration::ZERO);
        self.times.note(out);
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
                self.latency.cancel();
                self.peer_reset = true;
            }
            Stimulus::Close { code, reason } if self.under_test.close_command => {
                // Only what the endpoint does next shows whether its program implements the command and accepted it.
                self.send_close_command(code, reason);
            }
            Stimulus::Tick => {
                wait = self.tick;
                report_wait = match (self.under_test.reports_close, self.under_test.role()) {
                    (false, _) => self.timeouts.idle,
                    // Many servers report only after both sides have ended TCP.
                    (true, Role::Server) if self.conn.is_some() => self.timeouts.idle,
                    // A client that waits for the FIN of its peer reports after that.
                    (true, Role::Client) if out.is_write_closed() => self.timeouts.tick,
                    (true, _) => self.timeouts.expected,
                };
            }
            // Cases contain no steps that a live endpoint does not support.
            Stimulus::Close { .. }
            | Stimulus::Send { .. }
            | Stimulus::Pause
            | Stimulus::Resume
            | Stimulus::PeerGone(_)
            | Stimulus::PeerPause
            | Stimulus::PeerResume => return,
        }
        self.limit += wait;
        if self.conn.is_some() {
            self.latency.update(self.shadow.awaited(), Instant::now());
        }
        self.read_until_idle(wait, out);
        // A process may report before its connection is over, but the wait is worth its time only after that.
        let is_over = self.conn.is_none() || out.is_write_closed();
        self.collect_client_report(if is_over { report_wait } else { Duration::ZERO }, out);
        if stimulus == Stimulus::Tick {
            self.note_hang(out);
        }
        if let Some(wait) = self.exit_wait
            && stimulus == Stimulus::Tick
            && is_over
            && self.exit.is_none()
            && let Some(how) =
                self.under_test.wait_for_end_of_server(wait.min(self.run_time_left().unwrap_or(wait)))
        {
            out.panicked(&how);
            self.exit = Some(how);
        }
    }
}
