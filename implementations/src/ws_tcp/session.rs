//! One connection under test: what is done to it, and everything that follows.

use std::thread;
use std::time::{Duration, Instant};

use wsclose::harness::subject::Recorder;
use wsclose::protocol::code::CloseCode;
use wsclose::script::MessageKind;

use super::TIMEOUT;
use super::event_loop::{EventLoop, HandlerEvent, Unresponsive};
use super::wire::{PeerSocket, TcpEnd};

/// A read leads to a write one look at the sockets later, and that to an end one look later still; each
/// turn takes two looks.
const QUIET_ROUNDS: usize = 3;

/// How long the kernel gets to deliver on a busy machine, before complete silence is believed.
const DELIVERY_TIME: Duration = Duration::from_micros(200);

/// The connection under test.
pub(super) struct Session {
    sender: ws::Sender,
    socket: PeerSocket,
    /// ws-rs has dropped it.
    dropped: bool,
    paused: bool,
    undelivered: Vec<u8>,
    fin_undelivered: bool,
}

impl Session {
    /// A connection just opened.
    pub(super) fn new(sender: ws::Sender, socket: PeerSocket) -> Session {
        Session {
            sender,
            socket,
            dropped: false,
            paused: false,
            undelivered: Vec::new(),
            fin_undelivered: false,
        }
    }

    /// Ends it, and waits for ws-rs to let go of it; false if it does not.
    pub(super) fn reset_and_wait(mut self, event_loop: &mut EventLoop) -> bool {
        self.socket.reset();
        let deadline = Instant::now() + TIMEOUT;
        while !self.dropped {
            match event_loop.next_event(&self.sender, deadline) {
                Some(HandlerEvent::Panicked(_)) | None => return false,
                Some(happening) => self.dropped = matches!(happening, HandlerEvent::Dropped),
            }
        }
        true
    }

    /// The application stops reading, or reads again.
    pub(super) fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// The peer closes its half, once it has sent what it had to.
    pub(super) fn queue_fin(&mut self) {
        self.fin_undelivered = true;
    }

    /// The peer resets the connection.
    pub(super) fn reset(&mut self) {
        self.undelivered.clear();
        self.socket.reset();
    }

    /// Hands octets to TCP, and a FIN behind them, unless the application has paused.
    pub(super) fn deliver(&mut self, octets: &[u8]) -> bool {
        self.undelivered.extend_from_slice(octets);
        if self.paused {
            return false;
        }
        self.socket.write(&self.undelivered, Instant::now() + TIMEOUT);
        self.undelivered.clear();
        if std::mem::take(&mut self.fin_undelivered) {
            self.socket.fin();
        }
        true
    }

    /// The application closes.
    pub(super) fn close(&self, code: Option<CloseCode>, reason: &str) -> ws::Result<()> {
        // Hidden in ws-rs's documentation, and its only way to ask for a Close without a body.
        let code = code.map_or(ws::CloseCode::Empty, |code| ws::CloseCode::from(code.0));
        self.sender.close_with_reason(code, reason.to_owned())
    }

    /// The application sends.
    pub(super) fn send(&self, kind: MessageKind, payload: &[u8]) -> ws::Result<()> {
        self.sender.send(match kind {
            MessageKind::Text => ws::Message::text(String::from_utf8_lossy(payload)),
            MessageKind::Binary => ws::Message::binary(payload),
        })
    }

    /// Lets ws-rs run until it is idle, and writes down what that led to. `touched` says that the stimulus
    /// came by TCP.
    pub(super) fn run_until_idle(
        &mut self,
        event_loop: &mut EventLoop,
        via_tcp: bool,
        out: &mut Recorder,
    ) -> Result<(), Unresponsive> {
        let deadline = Instant::now() + TIMEOUT;
        let mut told = Vec::new();
        let mut on_its_way = via_tcp;
        let mut quiet = 0;
        let mut turned = Ok(());
        while !self.dropped && quiet < QUIET_ROUNDS && turned.is_ok() {
            let before = (told.len(), self.socket.received.len(), self.socket.end());
            turned = event_loop.ping_and_wait();
            while let Some(happening) = event_loop.try_next_event(&self.sender) {
                self.push_event(happening, &mut told);
            }
            if turned.is_err() {
                // Word of a panic is on its way here, or nothing ever comes.
                while !self.dropped
                    && let Some(happening) = event_loop.next_event(&self.sender, deadline)
                {
                    self.push_event(happening, &mut told);
                }
            }
            self.socket.read_available();
            quiet = if before == (told.len(), self.socket.received.len(), self.socket.end()) {
                quiet + 1
            } else {
                0
            };
            on_its_way &= told.is_empty() && self.socket.received.is_empty();
            if quiet == QUIET_ROUNDS && std::mem::take(&mut on_its_way) {
                thread::sleep(DELIVERY_TIME);
                quiet = 0;
            }
        }
        if self.dropped {
            self.socket.read_to_end(deadline);
        }
        let panicked = told.iter().any(|happening| matches!(happening, HandlerEvent::Panicked(_)));
        self.record(&told, out);
        if panicked { Ok(()) } else { turned }
    }

    fn push_event(&mut self, happening: HandlerEvent, told: &mut Vec<HandlerEvent>) {
        self.dropped |= matches!(happening, HandlerEvent::Dropped | HandlerEvent::Panicked(_));
        told.push(happening);
    }

    fn record(&mut self, events: &[HandlerEvent], out: &mut Recorder) {
        out.sent(&self.socket.received);
        self.socket.received.clear();
        for happening in events {
            match happening {
                HandlerEvent::Message(ws::Message::Text(text)) => {
                    out.message(MessageKind::Text, text.as_bytes())
                }
                HandlerEvent::Message(ws::Message::Binary(octets)) => {
                    out.message(MessageKind::Binary, octets)
                }
                HandlerEvent::Closed(code, reason) => {
                    out.reported(Some(CloseCode((*code).into())), Some(reason), None);
                }
                HandlerEvent::Failed(words) => out.error_reported(words),
                HandlerEvent::Panicked(words) => out.panicked(words),
                HandlerEvent::Opened(_) | HandlerEvent::Dropped => {}
            }
        }
        match self.socket.end() {
            Some(TcpEnd::Fin) => out.fin(),
            Some(TcpEnd::Reset) => out.reset(),
            // After our own reset there is nothing to see; ws-rs has let go of its socket.
            None if self.dropped => out.fin(),
            None => {}
        }
    }
}
