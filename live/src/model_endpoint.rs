//! The reference model behind a socket. In come connections, out goes what the model says; every message is
//! echoed, and the text `close:CODE:REASON` makes it close with that code and reason.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::str::FromStr;
use std::time::{Duration, Instant};

use wsclose::harness::subject::{Recorder, Stimulus, Subject, TraceEventKind};
use wsclose::model::endpoint::Model;
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::script::MessageKind;

use crate::endpoint::close_line::CloseStatus;
use crate::endpoint::connection::{self, Connection};
use crate::transport::socket::{ReadOutcome, Socket};

/// How long a tick of the model is: it gives up after some of them.
const TICK: Duration = Duration::from_millis(500);

/// How long the other side has for the opening handshake.
pub const UPGRADE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the other side has, after our FIN, to send its own.
const LINGER: Duration = Duration::from_secs(2);

/// The connections that are served at once; more wait.
const MAX_CONNECTIONS: usize = 256;

/// What the program round the model asks of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppRequest {
    /// To close with this code, or none, and this reason.
    Close(Option<CloseCode>, String),
    /// To send a message.
    Send(MessageKind, Vec<u8>),
}

impl AppRequest {
    /// What a message asks for.
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

/// Serves for ever, a thread for each connection.
///
/// # Errors
/// When no more connections can be taken.
pub fn serve(listener: &TcpListener, profile: Profile) -> io::Result<()> {
    let busy = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        loop {
            let (tcp, _) = listener.accept()?;
            let waits = || busy.load(std::sync::atomic::Ordering::Acquire) >= MAX_CONNECTIONS;
            while waits() {
                std::thread::sleep(Duration::from_millis(1));
            }
            busy.fetch_add(1, std::sync::atomic::Ordering::AcqRel);
            let busy = &busy;
            scope.spawn(move || {
                // A client that broke its connection has lost nothing but that.
                let _ = serve_connection(tcp, profile);
                busy.fetch_sub(1, std::sync::atomic::Ordering::AcqRel);
            });
        }
    })
}

fn serve_connection(tcp: TcpStream, profile: Profile) -> io::Result<()> {
    let mut wire = Socket::from_tcp(tcp)?;
    match connection::read_request(&mut wire, UPGRADE_TIMEOUT) {
        Ok((request, early)) => {
            wire.send(&request.accept_response(false), UPGRADE_TIMEOUT);
            // A server masks nothing.
            let talk = ModelSession { role: Role::Server, profile, mask_seed: 1, limit: None };
            talk.run(Connection { socket: wire, leftover: early }, Vec::new())?;
        }
        Err(trouble) => connection::reject(wire, UPGRADE_TIMEOUT, "400 Bad Request", &trouble.to_string()),
    }
    Ok(())
}

/// How the model talks on a connection.
#[derive(Clone, Copy, Debug)]
pub struct ModelSession {
    /// Its role.
    pub role: Role,
    /// How it reads codes.
    pub profile: Profile,
    /// What its masking keys follow from.
    pub mask_seed: u64,
    /// How long it may take altogether.
    pub limit: Option<Duration>,
}

impl ModelSession {
    /// Runs the model until TCP is over: first it does what `wishes` say, then what the other side's messages do.
    /// What it told of the end.
    ///
    /// # Errors
    /// What the system says.
    pub fn run(self, conn: Connection, requests: Vec<AppRequest>) -> io::Result<Option<CloseStatus>> {
        let begun = Instant::now();
        let Connection { socket: mut wire, leftover: early } = conn;
        let model = Model::new(self.profile).with_keys(self.mask_seed);
        let mut speaker = ModelConnection { model, out: Recorder::new(), end: None, close_status: None };
        speaker.model.connect(self.role, &mut speaker.out);
        speaker.request(requests);
        if !early.is_empty() {
            speaker.model.react(Stimulus::Octets(&early), &mut speaker.out);
        }
        speaker.handle_events(&mut wire);
        let mut buffer = vec![0; 1 << 16];
        while speaker.end.is_none() && self.limit.is_none_or(|limit| begun.elapsed() < limit) {
            let heard = wire.recv(&mut buffer, TICK)?;
            let stimulus = match heard {
                ReadOutcome::Data(octets) => Stimulus::Octets(&buffer[..octets]),
                ReadOutcome::Fin => Stimulus::Fin,
                ReadOutcome::Reset => Stimulus::Reset,
                ReadOutcome::TimedOut => Stimulus::Tick,
            };
            speaker.model.react(stimulus, &mut speaker.out);
            speaker.handle_events(&mut wire);
            if heard == ReadOutcome::Reset {
                return Ok(speaker.close_status);
            }
        }
        if speaker.end == Some(TraceEventKind::Reset) {
            wire.reset();
        } else {
            wire.close_gracefully(LINGER);
        }
        Ok(speaker.close_status)
    }
}

/// The model on a connection.
struct ModelConnection {
    model: Model,
    out: Recorder,
    /// How it ended TCP.
    end: Option<TraceEventKind>,
    close_status: Option<CloseStatus>,
}

impl ModelConnection {
    fn request(&mut self, requests: Vec<AppRequest>) {
        for wish in &requests {
            match wish {
                AppRequest::Close(code, reason) => {
                    self.model.react(Stimulus::Close { code: *code, reason }, &mut self.out);
                }
                AppRequest::Send(kind, payload) => {
                    self.model.react(Stimulus::Send { kind: *kind, payload }, &mut self.out);
                }
            }
        }
    }

    /// Writes what the model wrote, and does what the messages that it delivered ask for.
    fn handle_events(&mut self, socket: &mut Socket) {
        while !self.out.events().is_empty() {
            let mut wishes = Vec::new();
            for entry in self.out.events() {
                match entry.kind {
                    TraceEventKind::Sent(span) => {
                        // What could not be written will be heard of as a reset.
                        socket.send(self.out.octets(span), UPGRADE_TIMEOUT);
                    }
                    TraceEventKind::Message { kind, payload } => {
                        wishes.push(AppRequest::from_message(kind, self.out.octets(payload)));
                    }
                    TraceEventKind::WriteShutdown | TraceEventKind::Fin | TraceEventKind::Reset => {
                        self.end = self.end.or(Some(entry.kind))
                    }
                    TraceEventKind::Reported { code, reason, clean } => {
                        let reason = reason.map(|reason| self.out.text(reason).into_owned());
                        self.close_status = Some(CloseStatus { code, reason, clean });
                    }
                    TraceEventKind::Connected { .. }
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
                    | TraceEventKind::ScriptEnded => {}
                }
            }
            self.out.clear();
            self.request(wishes);
        }
    }
}
