//! Runs a subject of the core on one connection, with the echo application above it.

use std::io;
use std::str::FromStr;
use std::time::{Duration, Instant};

use wsclose::harness::{Opening, Recorder, Stimulus, Subject, TraceEventKind};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::script::MessageKind;

use crate::endpoint::close_line::CloseStatus;
use crate::endpoint::connection::Connection;
use crate::transport::socket::{ReadOutcome, Socket};

/// The duration of a tick of the model, which times out after a number of them.
const TICK: Duration = Duration::from_millis(200);

/// The limit on one write.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the peer may take for its FIN after the FIN of the model.
const LINGER: Duration = Duration::from_secs(2);

/// How long a connection is kept if a faulty endpoint hangs: longer than any tester waits.
const STUCK: Duration = Duration::from_secs(60);

/// How long a connection is kept after the FIN of its peer, if a faulty endpoint never ends it. A tester that plays
/// thousands of cases leaves as many of these behind.
const ABANDONED: Duration = Duration::from_secs(10);

/// The size of the read buffer, in octets.
const BUFFER_SIZE: usize = 1 << 18;

/// A read of this many octets or more is part of a large write, whose rest is read in the same segment. Otherwise the
/// kernel, and not the peer, would decide how much is still unread when the endpoint ends TCP.
const LARGE_READ: usize = 1 << 14;

/// The same for the octets that arrive with the opening handshake.
const LARGE_LEFTOVER: usize = 1 << 10;

/// The wait for that rest.
const REST_WAIT: Duration = Duration::from_millis(2);

/// The wait for a FIN that the peer sends at once after its last octets.
const FIN_WAIT: Duration = Duration::from_millis(1);

/// A request of the application to the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppRequest {
    /// Close with this code, or none, and this reason.
    Close(Option<CloseCode>, String),
    /// Send a message.
    Send(MessageKind, Vec<u8>),
}

impl AppRequest {
    /// The request that a received message leads to: an echo, or a Close.
    fn from_message(kind: MessageKind, payload: &[u8]) -> AppRequest {
        let text = std::str::from_utf8(payload).ok().filter(|_| kind == MessageKind::Text);
        let command = text.and_then(|text| text.strip_prefix("close:")).and_then(|rest| rest.split_once(':'));
        match command {
            Some(("", _)) => AppRequest::Close(None, String::new()),
            Some((code, reason)) => match CloseCode::from_str(code) {
                Ok(code) => AppRequest::Close(Some(code), reason.to_owned()),
                Err(_) => AppRequest::Send(kind, payload.to_owned()),
            },
            None => AppRequest::Send(kind, payload.to_owned()),
        }
    }
}

/// What the application of the endpoint learns, or what happens to its process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EchoEvent {
    /// The endpoint reports how the connection closed.
    Closed(CloseStatus),
    /// The endpoint reports an error.
    Failed(String),
    /// The endpoint panics, or an allocation fails, so its process has to end. The model without a fault never crashes.
    Crashed(String),
}

/// An endpoint on one connection.
#[derive(Clone, Copy, Debug)]
pub struct ModelSession {
    /// The role of the endpoint.
    pub role: Role,
    /// The limit on the connection; `None` for no limit.
    pub limit: Option<Duration>,
}

impl ModelSession {
    /// Runs the endpoint until TCP ends. It performs `requests` first, and then what messages of the peer request. Calls
    /// `on_event` for what it reports: at once while TCP is open, and else after TCP has ended.
    ///
    /// # Errors
    /// Returns an error of the local system.
    pub fn run(
        self,
        subject: &mut dyn Subject,
        connection: Connection,
        requests: Vec<AppRequest>,
        on_event: &mut dyn FnMut(EchoEvent),
    ) -> io::Result<()> {
        let begun = Instant::now();
        let Connection { mut socket, leftover, deflate, origin: _ } = connection;
        let mut state = OpenConnection::new(subject);
        let mut reader = Reader::new();
        let octets = reader.begin(&leftover, &mut socket)?;
        // What arrived with the opening handshake comes before what the application does.
        let opening = Opening { deflate, octets: &reader.buffer[..octets] };
        state.subject.open(self.role, opening, &mut state.out);
        state.request(requests);
        state.handle_events(&mut socket);
        let mut peer_ended: Option<Instant> = None;
        while state.end.is_none() && self.limit.is_none_or(|limit| begun.elapsed() < limit) {
            state.reports.drain(..).for_each(&mut *on_event);
            let read = match peer_ended {
                // Only a faulty endpoint leaves TCP open now.
                Some(at) if state.sent_fin || at.elapsed() > ABANDONED => break,
                Some(_) => {
                    std::thread::sleep(TICK);
                    if socket.has_socket_error() { ReadOutcome::Reset } else { ReadOutcome::TimedOut }
                }
                None => reader.read(&mut socket)?,
            };
            let stimulus = match read {
                ReadOutcome::Data(octets) if socket.is_fin_next(FIN_WAIT) => {
                    peer_ended = Some(Instant::now());
                    state.subject.react_at_once(&reader.buffer[..octets], Stimulus::Fin, &mut state.out);
                    state.handle_events(&mut socket);
                    continue;
                }
                ReadOutcome::Data(octets) => Stimulus::Octets(&reader.buffer[..octets]),
                ReadOutcome::Fin => {
                    peer_ended = Some(Instant::now());
                    Stimulus::Fin
                }
                ReadOutcome::Reset => Stimulus::Reset,
                ReadOutcome::TimedOut => Stimulus::Tick,
            };
            state.subject.react(stimulus, &mut state.out);
            state.handle_events(&mut socket);
            if read == ReadOutcome::Reset {
                state.end.get_or_insert(End::Lost);
            }
        }
        match state.end {
            // The limit has passed, and the peer may still get what was sent last.
            None => socket.close_gracefully(LINGER),
            Some(End::Fin) => {
                if state.closes_tls {
                    socket.fin();
                } else {
                    socket.fin_without_close_notify();
                }
                socket.linger(LINGER);
            }
            Some(End::Reset) => socket.reset(),
            Some(End::Lost) => {}
            // The program is busy for ever. A wait in place of a loop looks the same from outside.
            Some(End::Hung) => std::thread::sleep(STUCK),
            Some(End::Crashed(why)) => state.reports.push(EchoEvent::Crashed(why)),
        }
        state.reports.drain(..).for_each(on_event);
        Ok(())
    }
}

/// How the connection ended for the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    /// It closed TCP.
    Fin,
    /// It reset TCP.
    Reset,
    /// The peer reset TCP.
    Lost,
    /// It does nothing any more.
    Hung,
    /// Its process has to end.
    Crashed(String),
}

/// A subject on a connection.
struct OpenConnection<'a> {
    subject: &'a mut dyn Subject,
    out: Recorder,
    end: Option<End>,
    /// The endpoint sent close_notify, which only TLS has.
    closes_tls: bool,
    /// The endpoint has sent FIN and goes on reading.
    sent_fin: bool,
    /// What it reported and `on_event` has not got.
    reports: Vec<EchoEvent>,
}

impl<'a> OpenConnection<'a> {
    fn new(subject: &'a mut dyn Subject) -> OpenConnection<'a> {
        OpenConnection {
            subject,
            out: Recorder::new(),
            end: None,
            closes_tls: false,
            sent_fin: false,
            reports: Vec::new(),
        }
    }

    fn request(&mut self, requests: Vec<AppRequest>) {
        for request in &requests {
            match request {
                AppRequest::Close(code, reason) => {
                    self.subject.react(Stimulus::Close { code: *code, reason }, &mut self.out);
                }
                AppRequest::Send(kind, payload) => {
                    self.subject.react(Stimulus::Send { kind: *kind, payload }, &mut self.out);
                }
            }
        }
    }

    /// Does on the socket what the endpoint did, and performs the requests of the messages that it delivered.
    fn handle_events(&mut self, socket: &mut Socket) {
        while !self.out.events().is_empty() {
            let mut requests = Vec::new();
            for entry in self.out.events() {
                match entry.kind {
                    TraceEventKind::Sent(span) => {
                        // A failed write is followed by a read that shows the reset.
                        socket.send(self.out.octets(span), WRITE_TIMEOUT);
                    }
                    TraceEventKind::Message { kind, payload } => {
                        requests.push(AppRequest::from_message(kind, self.out.octets(payload)));
                    }
                    TraceEventKind::TlsClosed => self.closes_tls = true,
                    TraceEventKind::WriteShutdown => {
                        self.sent_fin = true;
                        socket.fin();
                    }
                    TraceEventKind::Fin => {
                        self.end.get_or_insert(End::Fin);
                    }
                    TraceEventKind::Reset => {
                        self.end.get_or_insert(End::Reset);
                    }
                    TraceEventKind::Hung => {
                        self.end.get_or_insert(End::Hung);
                    }
                    TraceEventKind::Panicked(span) => {
                        let why = self.out.text(span).into_owned();
                        self.end.get_or_insert(End::Crashed(why));
                    }
                    TraceEventKind::Memory(octets) if !can_allocate(octets) => {
                        self.end.get_or_insert(End::Crashed(format!("could not allocate {octets} octets")));
                    }
                    TraceEventKind::Reported { code, reason, clean } => {
                        let reason = reason.map(|reason| self.out.text(reason).into_owned());
                        self.reports.push(EchoEvent::Closed(CloseStatus { code, reason, clean }));
                    }
                    TraceEventKind::ErrorReported(text) => {
                        self.reports.push(EchoEvent::Failed(self.out.text(text).into_owned()));
                    }
                    TraceEventKind::Connected { .. }
                    | TraceEventKind::DeflateNegotiated
                    | TraceEventKind::SentWithOpening
                    | TraceEventKind::Received(_)
                    | TraceEventKind::PeerFin
                    | TraceEventKind::PeerReset
                    | TraceEventKind::PeerGone(_)
                    | TraceEventKind::PeerPaused
                    | TraceEventKind::PeerResumed
                    | TraceEventKind::AppClose { .. }
                    | TraceEventKind::AppSend { .. }
                    | TraceEventKind::AppPause
                    | TraceEventKind::AppResume
                    | TraceEventKind::RequestAccepted
                    | TraceEventKind::RequestRefused(_)
                    | TraceEventKind::Unsupported(_)
                    | TraceEventKind::Memory(_)
                    | TraceEventKind::StateChanged(..)
                    | TraceEventKind::Undelivered(_)
                    | TraceEventKind::Note(_)
                    | TraceEventKind::TlsStarted
                    | TraceEventKind::ScriptEnded => {}
                }
            }
            self.out.clear();
            self.request(requests);
        }
    }
}

/// Whether this program can allocate so much memory.
fn can_allocate(octets: u64) -> bool {
    usize::try_from(octets).is_ok_and(|octets| Vec::<u8>::new().try_reserve_exact(octets).is_ok())
}

/// Reads segments from a socket.
struct Reader {
    buffer: Vec<u8>,
    /// What followed the last segment.
    next: Option<ReadOutcome>,
}

impl Reader {
    fn new() -> Reader {
        Reader { buffer: vec![0; BUFFER_SIZE], next: None }
    }

    /// Reads what has arrived, or waits for a tick.
    fn read(&mut self, socket: &mut Socket) -> io::Result<ReadOutcome> {
        if let Some(next) = self.next.take() {
            return Ok(next);
        }
        match socket.recv(&mut self.buffer, TICK)? {
            ReadOutcome::Data(octets) if octets >= LARGE_READ => {
                Ok(ReadOutcome::Data(self.read_rest(octets, socket)?))
            }
            read @ (ReadOutcome::Data(_) | ReadOutcome::Fin | ReadOutcome::Reset | ReadOutcome::TimedOut) => {
                Ok(read)
            }
        }
    }

    /// Begins with the octets that arrived with the opening handshake. Returns the size of their segment.
    fn begin(&mut self, leftover: &[u8], socket: &mut Socket) -> io::Result<usize> {
        let size = leftover.len().min(BUFFER_SIZE);
        self.buffer[..size].copy_from_slice(&leftover[..size]);
        // The buffer of the opening handshake is small, so these may be the first octets of a large write.
        if size < LARGE_LEFTOVER { Ok(size) } else { self.read_rest(size, socket) }
    }

    /// Reads the rest of a segment after its first octets. Returns its size.
    fn read_rest(&mut self, mut filled: usize, socket: &mut Socket) -> io::Result<usize> {
        while filled < BUFFER_SIZE {
            match socket.recv(&mut self.buffer[filled..], REST_WAIT)? {
                ReadOutcome::Data(octets) => filled += octets,
                ReadOutcome::TimedOut => break,
                end @ (ReadOutcome::Fin | ReadOutcome::Reset) => {
                    self.next = Some(end);
                    break;
                }
            }
        }
        Ok(filled)
    }
}
