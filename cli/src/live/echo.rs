//! The reference model behind a socket. In come connections, out goes what the model says; every message is
//! echoed, and the text `close:CODE:REASON` makes it close with that code and reason.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::str::FromStr;
use std::time::{Duration, Instant};

use wsclose::code::{CloseCode, Profile};
use wsclose::role::Role;
use wsclose::script::MessageKind;
use wsclose::subject::{Output, Stimulus, Subject, What};
use wsclose::subjects::model::Model;

use super::endpoint::Conn;
use super::opening::{MAX_HEAD, Request};
use super::wire::{Heard, Wire};

/// How long a tick of the model is: it gives up after some of them.
const TICK: Duration = Duration::from_millis(500);

/// How long a client has for its opening handshake.
const OPENING: Duration = Duration::from_secs(5);

/// How long the other side has, after our FIN, to send its own.
const FAREWELL: Duration = Duration::from_secs(2);

/// The connections that are served at once; more wait.
const AT_ONCE: usize = 256;

/// What a message asks for.
enum Wish {
    Close(Option<CloseCode>, String),
    Send(MessageKind, Vec<u8>),
}

impl Wish {
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
    match accept(&mut wire, OPENING)? {
        Some((request, early)) => {
            wire.say(&request.agree(), OPENING);
            converse(Conn { wire, early }, Role::Server, profile)
        }
        None => {
            let refusal = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
            wire.say(refusal, OPENING);
            wire.fin();
            Ok(())
        }
    }
}

/// The request with which a connection opens, and what came behind it; `None` if it is none.
///
/// # Errors
/// What the system says.
pub fn accept(wire: &mut Wire, patience: Duration) -> io::Result<Option<(Request, Vec<u8>)>> {
    let begun = Instant::now();
    let mut buffer = [0; 4096];
    let mut head = Vec::new();
    loop {
        let left = patience.saturating_sub(begun.elapsed());
        let Heard::Octets(octets) = wire.hear(&mut buffer, left)? else { return Ok(None) };
        head.extend_from_slice(&buffer[..octets]);
        match Request::decode(&head) {
            Ok(Some((request, used))) => return Ok(Some((request, head.split_off(used)))),
            Ok(None) if head.len() <= MAX_HEAD && !left.is_zero() => {}
            Ok(None) | Err(_) => return Ok(None),
        }
    }
}

/// Runs the model on a connection until TCP is over.
///
/// # Errors
/// What the system says.
pub fn converse(conn: Conn, role: Role, profile: Profile) -> io::Result<()> {
    let Conn { mut wire, early } = conn;
    let mut model = Model::new(profile);
    let mut out = Output::new();
    model.connect(role, &mut out);
    if !early.is_empty() {
        model.react(Stimulus::Octets(&early), &mut out);
    }
    let mut buffer = vec![0; 1 << 16];
    let mut end = act(&mut model, &mut wire, &mut out);
    while end.is_none() {
        let heard = wire.hear(&mut buffer, TICK)?;
        let stimulus = match heard {
            Heard::Octets(octets) => Stimulus::Octets(&buffer[..octets]),
            Heard::Fin => Stimulus::Fin,
            Heard::Reset => Stimulus::Reset,
            Heard::Silence => Stimulus::Tick,
        };
        model.react(stimulus, &mut out);
        end = act(&mut model, &mut wire, &mut out);
        if heard == Heard::Reset {
            return Ok(());
        }
    }
    if end == Some(What::Reset) {
        wire.reset();
        return Ok(());
    }
    // Closing with octets unread would send a reset, which can destroy the Close just sent (§7.1.1).
    wire.fin();
    let begun = Instant::now();
    while begun.elapsed() < FAREWELL && matches!(wire.hear(&mut buffer, FAREWELL)?, Heard::Octets(_)) {}
    Ok(())
}

/// Writes what the model wrote, and does what the messages that it delivered ask for; how it ended TCP.
fn act(model: &mut Model, wire: &mut Wire, out: &mut Output) -> Option<What> {
    let mut end = None;
    loop {
        let mut wishes = Vec::new();
        for entry in out.entries() {
            match entry.what {
                What::Sent(span) => {
                    // What could not be written will be heard of as a reset.
                    wire.say(out.octets(span), OPENING);
                }
                What::Message { kind, payload } => wishes.push(Wish::of(kind, out.octets(payload))),
                What::HalfFin | What::Fin | What::Reset => end = end.or(Some(entry.what)),
                What::Connected { .. }
                | What::Received(_)
                | What::PeerFin
                | What::PeerReset
                | What::PeerGone(_)
                | What::PeerPaused
                | What::PeerResumed
                | What::AppClose { .. }
                | What::AppSend { .. }
                | What::AppPause
                | What::AppResume
                | What::Reported { .. }
                | What::Errored(_)
                | What::Accepted
                | What::Refused(_)
                | What::NotAsked(_)
                | What::Panicked(_)
                | What::Spinning
                | What::Memory(_)
                | What::Moved(..)
                | What::Undelivered(_)
                | What::Note(_)
                | What::Ended => {}
            }
        }
        out.clear();
        if wishes.is_empty() {
            return end;
        }
        for wish in wishes {
            match &wish {
                Wish::Close(code, reason) => model.react(Stimulus::Close { code: *code, reason }, out),
                Wish::Send(kind, payload) => model.react(Stimulus::Send { kind: *kind, payload }, out),
            }
        }
    }
}
