//! The reference model behind a socket. In come connections, out goes what the model says; every message is
//! echoed, and the text `close:CODE:REASON` makes it close with that code and reason.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::str::FromStr;
use std::time::{Duration, Instant};

use wsclose::code::{CloseCode, Profile};
use wsclose::role::Role;
use wsclose::script::MessageKind;
use wsclose::subject::{Recorder, Stimulus, Subject, TraceEventKind};
use wsclose::subjects::model::Model;

use super::opener::{self, Conn};
use super::told::Told;
use super::wire::{Heard, Wire};

/// How long a tick of the model is: it gives up after some of them.
const TICK: Duration = Duration::from_millis(500);

/// How long the other side has for the opening handshake.
pub const OPENING: Duration = Duration::from_secs(5);

/// How long the other side has, after our FIN, to send its own.
const FAREWELL: Duration = Duration::from_secs(2);

/// The connections that are served at once; more wait.
const AT_ONCE: usize = 256;

/// What the program round the model asks of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To close with this code, or none, and this reason.
    Close(Option<CloseCode>, String),
    /// To send a message.
    Send(MessageKind, Vec<u8>),
}

impl Wish {
    /// What a message asks for.
    fn of(kind: MessageKind, payload: &[u8]) -> Wish {
        let text = std::str::from_utf8(payload).ok().filter(|_| kind == MessageKind::Text);
        let command = text.and_then(|text| text.strip_prefix("close:")).and_then(|rest| rest.split_once(':'));
        match command {
            Some(("", _)) => Wish::Close(None, String::new()),
            Some((code, reason)) => match CloseCode::from_str(code) {
                Ok(code) => Wish::Close(Some(code), reason.to_owned()),
                Err(_) => Wish::Send(kind, payload.to_owned()),
            },
            None => Wish::Send(kind, payload.to_owned()),
        }
    }
}

/// Serves for ever, a thread for each connection.
///
/// # Errors
/// When no more connections can be taken.
pub fn listen(listener: &TcpListener, profile: Profile) -> io::Result<()> {
    let busy = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        loop {
            let (tcp, _) = listener.accept()?;
            let waits = || busy.load(std::sync::atomic::Ordering::Acquire) >= AT_ONCE;
            while waits() {
                std::thread::sleep(Duration::from_millis(1));
            }
            busy.fetch_add(1, std::sync::atomic::Ordering::AcqRel);
            let busy = &busy;
            scope.spawn(move || {
                // A client that broke its connection has lost nothing but that.
                let _ = answer(tcp, profile);
                busy.fetch_sub(1, std::sync::atomic::Ordering::AcqRel);
            });
        }
    })
}

fn answer(tcp: TcpStream, profile: Profile) -> io::Result<()> {
    let mut wire = Wire::of(tcp)?;
    match opener::request(&mut wire, OPENING) {
        Ok((request, early)) => {
            wire.say(&request.agree(false), OPENING);
            // A server masks nothing.
            let talk = Talk { role: Role::Server, profile, keys: 1, limit: None };
            talk.converse(Conn { wire, early }, Vec::new())?;
        }
        Err(trouble) => opener::refuse(wire, OPENING, "400 Bad Request", &trouble.to_string()),
    }
    Ok(())
}

/// How the model talks on a connection.
#[derive(Clone, Copy, Debug)]
pub struct Talk {
    /// Its role.
    pub role: Role,
    /// How it reads codes.
    pub profile: Profile,
    /// What its masking keys follow from.
    pub keys: u64,
    /// How long it may take altogether.
    pub limit: Option<Duration>,
}

impl Talk {
    /// Runs the model until TCP is over: first it does what `wishes` say, then what the other side's messages do.
    /// What it told of the end.
    ///
    /// # Errors
    /// What the system says.
    pub fn converse(self, conn: Conn, wishes: Vec<Wish>) -> io::Result<Option<Told>> {
        let begun = Instant::now();
        let Conn { mut wire, early } = conn;
        let model = Model::new(self.profile).with_keys(self.keys);
        let mut speaker = Speaker { model, out: Recorder::new(), end: None, told: None };
        speaker.model.connect(self.role, &mut speaker.out);
        speaker.wish(wishes);
        if !early.is_empty() {
            speaker.model.react(Stimulus::Octets(&early), &mut speaker.out);
        }
        speaker.act(&mut wire);
        let mut buffer = vec![0; 1 << 16];
        while speaker.end.is_none() && self.limit.is_none_or(|limit| begun.elapsed() < limit) {
            let heard = wire.hear(&mut buffer, TICK)?;
            let stimulus = match heard {
                Heard::Octets(octets) => Stimulus::Octets(&buffer[..octets]),
                Heard::Fin => Stimulus::Fin,
                Heard::Reset => Stimulus::Reset,
                Heard::Silence => Stimulus::Tick,
            };
            speaker.model.react(stimulus, &mut speaker.out);
            speaker.act(&mut wire);
            if heard == Heard::Reset {
                return Ok(speaker.told);
            }
        }
        if speaker.end == Some(TraceEventKind::Reset) {
            wire.reset();
        } else {
            wire.leave(FAREWELL);
        }
        Ok(speaker.told)
    }
}

/// The model on a connection.
struct Speaker {
    model: Model,
    out: Recorder,
    /// How it ended TCP.
    end: Option<TraceEventKind>,
    told: Option<Told>,
}

impl Speaker {
    fn wish(&mut self, wishes: Vec<Wish>) {
        for wish in &wishes {
            match wish {
                Wish::Close(code, reason) => {
                    self.model.react(Stimulus::Close { code: *code, reason }, &mut self.out);
                }
                Wish::Send(kind, payload) => {
                    self.model.react(Stimulus::Send { kind: *kind, payload }, &mut self.out);
                }
            }
        }
    }

    /// Writes what the model wrote, and does what the messages that it delivered ask for.
    fn act(&mut self, wire: &mut Wire) {
        while !self.out.events().is_empty() {
            let mut wishes = Vec::new();
            for entry in self.out.events() {
                match entry.kind {
                    TraceEventKind::Sent(span) => {
                        // What could not be written will be heard of as a reset.
                        wire.say(self.out.octets(span), OPENING);
                    }
                    TraceEventKind::Message { kind, payload } => {
                        wishes.push(Wish::of(kind, self.out.octets(payload)));
                    }
                    TraceEventKind::WriteShutdown | TraceEventKind::Fin | TraceEventKind::Reset => {
                        self.end = self.end.or(Some(entry.kind))
                    }
                    TraceEventKind::Reported { code, reason, clean } => {
                        let reason = reason.map(|reason| self.out.text(reason).into_owned());
                        self.told = Some(Told { code, reason, clean });
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
            self.wish(wishes);
        }
    }
}
