//! One connection under test: what is done to it, and everything that follows.

use std::thread;
use std::time::{Duration, Instant};

use wsclose::code::CloseCode;
use wsclose::script::MessageKind;
use wsclose::subject::Recorder;

use super::PATIENCE;
use super::event_loop::{EventLoop, Happening, Stuck};
use super::wire::{End, Wire};

/// A read leads to a write one look at the sockets later, and that to an end one look later still; each
/// turn takes two looks.
const QUIET_TURNS: usize = 3;

/// How long the kernel gets to deliver on a busy machine, before complete silence is believed.
const DELIVERY: Duration = Duration::from_micros(200);

/// The connection under test.
pub(super) struct Session {
    sender: ws::Sender,
    wire: Wire,
    /// ws-rs has dropped it.
    gone: bool,
    paused: bool,
    held: Vec<u8>,
    fin_held: bool,
}

impl Session {
    /// A connection just opened.
    pub(super) fn new(sender: ws::Sender, wire: Wire) -> Session {
        Session { sender, wire, gone: false, paused: false, held: Vec::new(), fin_held: false }
    }

    /// Ends it, and waits for ws-rs to let go of it; false if it does not.
    pub(super) fn end(mut self, event_loop: &mut EventLoop) -> bool {
        self.wire.reset();
        let deadline = Instant::now() + PATIENCE;
        while !self.gone {
            match event_loop.wait(&self.sender, deadline) {
                Some(Happening::Panicked(_)) | None => return false,
                Some(happening) => self.gone = matches!(happening, Happening::Gone),
            }
        }
        true
    }

    /// The application stops reading, or reads again.
    pub(super) fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// The peer closes its half, once it has sent what it had to.
    pub(super) fn hold_fin(&mut self) {
        self.fin_held = true;
    }

    /// The peer resets the connection.
    pub(super) fn reset(&mut self) {
        self.held.clear();
        self.wire.reset();
    }

    /// Hands octets to TCP, and a FIN behind them, unless the application has paused.
    pub(super) fn deliver(&mut self, octets: &[u8]) -> bool {
        self.held.extend_from_slice(octets);
        if self.paused {
            return false;
        }
        self.wire.write(&self.held, Instant::now() + PATIENCE);
        self.held.clear();
        if std::mem::take(&mut self.fin_held) {
            self.wire.fin();
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
    pub(super) fn settle(
        &mut self,
        event_loop: &mut EventLoop,
        touched: bool,
        out: &mut Recorder,
    ) -> Result<(), Stuck> {
        let deadline = Instant::now() + PATIENCE;
        let mut told = Vec::new();
        let mut on_its_way = touched;
        let mut quiet = 0;
        let mut turned = Ok(());
        while !self.gone && quiet < QUIET_TURNS && turned.is_ok() {
            let before = (told.len(), self.wire.octets.len(), self.wire.end());
            turned = event_loop.turn();
            while let Some(happening) = event_loop.told(&self.sender) {
                self.hear(happening, &mut told);
            }
            if turned.is_err() {
                // Word of a panic is on its way here, or nothing ever comes.
                while !self.gone
                    && let Some(happening) = event_loop.wait(&self.sender, deadline)
                {
                    self.hear(happening, &mut told);
                }
            }
            self.wire.fill();
            quiet =
                if before == (told.len(), self.wire.octets.len(), self.wire.end()) { quiet + 1 } else { 0 };
            on_its_way &= told.is_empty() && self.wire.octets.is_empty();
            if quiet == QUIET_TURNS && std::mem::take(&mut on_its_way) {
                thread::sleep(DELIVERY);
                quiet = 0;
            }
        }
        if self.gone {
            self.wire.drain(deadline);
        }
        let panicked = told.iter().any(|happening| matches!(happening, Happening::Panicked(_)));
        self.record(&told, out);
        if panicked { Ok(()) } else { turned }
    }

    fn hear(&mut self, happening: Happening, told: &mut Vec<Happening>) {
        self.gone |= matches!(happening, Happening::Gone | Happening::Panicked(_));
        told.push(happening);
    }

    fn record(&mut self, told: &[Happening], out: &mut Recorder) {
        out.sent(&self.wire.octets);
        self.wire.octets.clear();
        for happening in told {
            match happening {
                Happening::Message(ws::Message::Text(text)) => {
                    out.message(MessageKind::Text, text.as_bytes())
                }
                Happening::Message(ws::Message::Binary(octets)) => out.message(MessageKind::Binary, octets),
                Happening::Closed(code, reason) => {
                    out.reported(Some(CloseCode((*code).into())), Some(reason), None);
                }
                Happening::Failed(words) => out.error_reported(words),
                Happening::Panicked(words) => out.panicked(words),
                Happening::Opened(_) | Happening::Gone => {}
            }
        }
        match self.wire.end() {
            Some(End::Fin) => out.fin(),
            Some(End::Reset) => out.reset(),
            // After our own reset there is nothing to see; ws-rs has let go of its socket.
            None if self.gone => out.fin(),
            None => {}
        }
    }
}
