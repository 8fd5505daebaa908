//! The reference model as an echo server and an echo client.
//!
//! It echoes every message. When it receives the text `close:CODE:REASON`, it closes with that code and reason.

use std::io;
use std::net::TcpListener;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wsclose::harness::{Opening, Recorder, Stimulus, Subject, TraceEventKind};
use wsclose::model::endpoint::Model;
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::script::MessageKind;

use crate::endpoint::close_line::CloseStatus;
use crate::endpoint::connection::{self, CaseError, Connection};
use crate::sync::Slots;
use crate::transport::server_target::ServerTarget;
use crate::transport::socket::{ReadOutcome, Socket};
use crate::transport::target_options::{TargetError, TargetOptions};
#[cfg(feature = "tls")]
pub use crate::transport::tls::ServerIdentity;

/// The duration of a tick of the model, which times out after a number of them.
const TICK: Duration = Duration::from_millis(200);

/// The limit on the opening handshake.
pub const UPGRADE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the peer may take for its FIN after the FIN of the model.
const LINGER: Duration = Duration::from_secs(2);

/// The number of connections at a time. Further ones wait.
const MAX_CONNECTIONS: usize = 256;

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

/// Serves connections until accepting one fails: echoes messages, and closes when it receives `close:CODE:REASON`.
///
/// # Errors
/// Returns the error of the system if it can accept no further connections.
pub fn serve(listener: &TcpListener, profile: Profile) -> io::Result<()> {
    serve_with_reports(listener, profile, |_, _| {})
}

/// Serves connections like [`serve`]. After each, calls `on_close` with the path and query of its request and the close
/// status that the model reports to its application, in the thread of the connection.
///
/// # Errors
/// Returns the error of the system if it can accept no further connections.
pub fn serve_with_reports(
    listener: &TcpListener,
    profile: Profile,
    on_close: impl Fn(&str, &CloseStatus) + Send + Sync + 'static,
) -> io::Result<()> {
    serve_sockets(listener, profile, Ok, on_close)
}

/// Serves connections over TLS, as [`serve`] does without it.
///
/// # Errors
/// Returns the error of the system if it can accept no further connections.
#[cfg(feature = "tls")]
pub fn serve_tls(listener: &TcpListener, profile: Profile, identity: &ServerIdentity) -> io::Result<()> {
    serve_tls_with_reports(listener, profile, identity, |_, _| {})
}

/// Serves connections over TLS, as [`serve_with_reports`] does without it.
///
/// # Errors
/// Returns the error of the system if it can accept no further connections.
#[cfg(feature = "tls")]
pub fn serve_tls_with_reports(
    listener: &TcpListener,
    profile: Profile,
    identity: &ServerIdentity,
    on_close: impl Fn(&str, &CloseStatus) + Send + Sync + 'static,
) -> io::Result<()> {
    let identity = identity.clone();
    serve_sockets(listener, profile, move |socket| socket.into_tls_server(&identity), on_close)
}

fn serve_sockets(
    listener: &TcpListener,
    profile: Profile,
    secure: impl Fn(Socket) -> io::Result<Socket> + Clone + Send + 'static,
    on_close: impl Fn(&str, &CloseStatus) + Send + Sync + 'static,
) -> io::Result<()> {
    let (slots, on_close) = (Slots::new(MAX_CONNECTIONS), Arc::new(on_close));
    loop {
        let (tcp, _) = listener.accept()?;
        let (slot, secure, on_close) = (slots.acquire(), secure.clone(), Arc::clone(&on_close));
        std::thread::spawn(move || {
            // Held until the thread ends, also by a panic.
            let _slot = slot;
            // An error of one connection does not affect the others.
            let _ = Socket::from_tcp(tcp)
                .and_then(secure)
                .and_then(|socket| serve_connection(socket, profile, on_close.as_ref()));
        });
    }
}

fn serve_connection(
    mut socket: Socket,
    profile: Profile,
    on_close: &impl Fn(&str, &CloseStatus),
) -> io::Result<()> {
    match connection::read_request(&mut socket, UPGRADE_TIMEOUT) {
        Ok((request, leftover)) => {
            let opening = Opening { deflate: true, octets: &[] };
            let connection = connection::accept(socket, &request, leftover, UPGRADE_TIMEOUT, opening);
            // A server does not mask, so the seed has no effect.
            let session = ModelSession { role: Role::Server, profile, mask_seed: 1, limit: None };
            let status = session.run(connection, Vec::new())?;
            if let Some(status) = status {
                on_close(&request.path, &status);
            }
        }
        Err(error) => connection::reject(socket, UPGRADE_TIMEOUT, "400 Bad Request", &error.to_string()),
    }
    Ok(())
}

/// Why the model as a client could not run.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL cannot be used.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The opening handshake failed.
    #[error(transparent)]
    Connection(#[from] CaseError),
    /// The local system failed.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// Connects the model to `url` as an echo client, and runs it until TCP ends. Its masking keys follow from `mask_seed`.
/// Returns the close status that it reports to its application.
///
/// # Errors
/// Returns why the model could not connect.
pub fn connect(
    url: &str,
    profile: Profile,
    mask_seed: u64,
    allow_remote: bool,
) -> Result<Option<CloseStatus>, ConnectError> {
    let target = ServerTarget::new(url, &TargetOptions { allow_remote, ..TargetOptions::default() })?;
    let connection = {
        let opening = Opening { deflate: true, octets: &[] };
        connection::connect(&target, mask_seed, UPGRADE_TIMEOUT, opening)?
    };
    let session = ModelSession { role: Role::Client, profile, mask_seed, limit: None };
    Ok(session.run(connection, Vec::new())?)
}

/// The model on one connection.
#[derive(Clone, Copy, Debug)]
pub struct ModelSession {
    /// The role of the model.
    pub role: Role,
    /// The profile that decides which codes are valid.
    pub profile: Profile,
    /// The seed of its masking keys.
    pub mask_seed: u64,
    /// The limit on the connection; `None` for no limit.
    pub limit: Option<Duration>,
}

impl ModelSession {
    /// Runs the model until TCP ends. It performs `requests` first, and then what messages of the peer request. Returns
    /// the close status that it reports to its application.
    ///
    /// # Errors
    /// Returns an error of the local system.
    pub fn run(self, connection: Connection, requests: Vec<AppRequest>) -> io::Result<Option<CloseStatus>> {
        let begun = Instant::now();
        let Connection { mut socket, leftover, deflate } = connection;
        let model = Model::new(self.profile).with_keys(self.mask_seed);
        let mut state = ModelConnection { model, out: Recorder::new(), end: None, close_status: None };
        state.model.open(self.role, Opening { deflate, octets: &[] }, &mut state.out);
        state.request(requests);
        if !leftover.is_empty() {
            state.model.react(Stimulus::Octets(&leftover), &mut state.out);
        }
        state.handle_events(&mut socket);
        let mut buffer = vec![0; 1 << 16];
        while state.end.is_none() && self.limit.is_none_or(|limit| begun.elapsed() < limit) {
            let read = socket.recv(&mut buffer, TICK)?;
            let stimulus = match read {
                ReadOutcome::Data(octets) => Stimulus::Octets(&buffer[..octets]),
                ReadOutcome::Fin => Stimulus::Fin,
                ReadOutcome::Reset => Stimulus::Reset,
                ReadOutcome::TimedOut => Stimulus::Tick,
            };
            state.model.react(stimulus, &mut state.out);
            state.handle_events(&mut socket);
            if read == ReadOutcome::Reset {
                return Ok(state.close_status);
            }
        }
        if state.end == Some(TraceEventKind::Reset) {
            socket.reset();
        } else {
            socket.close_gracefully(LINGER);
        }
        Ok(state.close_status)
    }
}

/// The model on a connection.
struct ModelConnection {
    model: Model,
    out: Recorder,
    /// How the model ended TCP.
    end: Option<TraceEventKind>,
    close_status: Option<CloseStatus>,
}

impl ModelConnection {
    fn request(&mut self, requests: Vec<AppRequest>) {
        for request in &requests {
            match request {
                AppRequest::Close(code, reason) => {
                    self.model.react(Stimulus::Close { code: *code, reason }, &mut self.out);
                }
                AppRequest::Send(kind, payload) => {
                    self.model.react(Stimulus::Send { kind: *kind, payload }, &mut self.out);
                }
            }
        }
    }

    /// Sends what the model sent, and performs the requests of the messages that it delivered.
    fn handle_events(&mut self, socket: &mut Socket) {
        while !self.out.events().is_empty() {
            let mut requests = Vec::new();
            for entry in self.out.events() {
                match entry.kind {
                    TraceEventKind::Sent(span) => {
                        // A failed write is followed by a read that shows the reset.
                        socket.send(self.out.octets(span), UPGRADE_TIMEOUT);
                    }
                    TraceEventKind::Message { kind, payload } => {
                        requests.push(AppRequest::from_message(kind, self.out.octets(payload)));
                    }
                    TraceEventKind::WriteShutdown | TraceEventKind::Fin | TraceEventKind::Reset => {
                        self.end = self.end.or(Some(entry.kind))
                    }
                    TraceEventKind::Reported { code, reason, clean } => {
                        let reason = reason.map(|reason| self.out.text(reason).into_owned());
                        self.close_status = Some(CloseStatus { code, reason, clean });
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
                    | TraceEventKind::ErrorReported(_)
                    | TraceEventKind::RequestAccepted
                    | TraceEventKind::RequestRefused(_)
                    | TraceEventKind::Unsupported(_)
                    | TraceEventKind::Panicked(_)
                    | TraceEventKind::Hung
                    | TraceEventKind::Memory(_)
                    | TraceEventKind::StateChanged(..)
                    | TraceEventKind::Undelivered(_)
                    | TraceEventKind::Note(_)
                    | TraceEventKind::TlsStarted
                    | TraceEventKind::TlsClosed
                    | TraceEventKind::ScriptEnded => {}
                }
            }
            self.out.clear();
            self.request(requests);
        }
    }
}
