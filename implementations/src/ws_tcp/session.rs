//! Drives one connection under test, and records its events.

use std::thread;
use std::time::{Duration, Instant};

use wsclose::harness::Recorder;
use wsclose::protocol::code::CloseCode;
use wsclose::script::MessageKind;

use super::TIMEOUT;
use super::event_loop::{EventLoop, HandlerEvent, Unresponsive};
use super::wire::{PeerSocket, TcpEnd};

/// The number of Pings without an event after which the connection is idle. The event loop writes one poll after it
/// reads, and closes one poll after it writes. Each Ping takes two polls.
const QUIET_ROUNDS: usize = 3;

/// How long the kernel may take to deliver a stimulus on a busy machine, before the connection counts as idle.
const DELIVERY_TIME: Duration = Duration::from_micros(200);

/// The connection under test.
pub(super) struct Session {
    sender: ws::Sender,
    socket: PeerSocket,
    /// Whether ws-rs has dropped the connection.
    dropped: bool,
    paused: bool,
    undelivered: Vec<u8>,
    fin_undelivered: bool,
}

impl Session {
    /// Returns a session for an open connection.
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

    /// Resets the connection and waits until ws-rs drops it. Returns `false` if ws-rs does not.
    pub(super) fn reset_and_wait(mut self, event_loop: &mut EventLoop) -> bool {
        self.socket.reset();
        let deadline = Instant::now() + TIMEOUT;
        while !self.dropped {
            match event_loop.next_event(&self.sender, deadline) {
                Some(HandlerEvent::Panicked(_)) | None => return false,
                Some(event) => self.dropped = matches!(event, HandlerEvent::Dropped),
            }
        }
        true
    }

    /// Sets whether the application has paused.
    pub(super) fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Queues the peer's FIN behind the octets that are not yet delivered.
    pub(super) fn queue_fin(&mut self) {
        self.fin_undelivered = true;
    }

    /// Resets the connection as the peer.
    pub(super) fn reset(&mut self) {
        self.undelivered.clear();
        self.socket.reset();
    }

    /// Writes octets and a queued FIN to TCP, unless the application has paused. Returns whether it wrote.
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

    /// Requests a close.
    pub(super) fn close(&self, code: Option<CloseCode>, reason: &str) -> ws::Result<()> {
        // `Empty` is hidden in ws-rs's documentation, and its only way to request a Close without a body.
        let code = code.map_or(ws::CloseCode::Empty, |code| ws::CloseCode::from(code.0));
        self.sender.close_with_reason(code, reason.to_owned())
    }

    /// Requests a message.
    pub(super) fn send(&self, kind: MessageKind, payload: &[u8]) -> ws::Result<()> {
        self.sender.send(match kind {
            MessageKind::Text => ws::Message::text(String::from_utf8_lossy(payload)),
            MessageKind::Binary => ws::Message::binary(payload),
        })
    }

    /// Waits until ws-rs is idle, and records the events. `via_tcp` states whether the stimulus was sent over TCP.
    pub(super) fn run_until_idle(
        &mut self,
        event_loop: &mut EventLoop,
        via_tcp: bool,
        out: &mut Recorder,
    ) -> Result<(), Unresponsive> {
        let deadline = Instant::now() + TIMEOUT;
        let mut events = Vec::new();
        let mut in_transit = via_tcp;
        let mut quiet = 0;
        let mut ping_result = Ok(());
        while !self.dropped && quiet < QUIET_ROUNDS && ping_result.is_ok() {
            let before = (events.len(), self.socket.received.len(), self.socket.end());
            ping_result = event_loop.ping_and_wait();
            while let Some(event) = event_loop.try_next_event(&self.sender) {
                self.push_event(event, &mut events);
            }
            if ping_result.is_err() {
                // The event of a panic may follow. Otherwise the loop hangs.
                while !self.dropped
                    && let Some(event) = event_loop.next_event(&self.sender, deadline)
                {
                    self.push_event(event, &mut events);
                }
            }
            self.socket.read_available();
            quiet = if before == (events.len(), self.socket.received.len(), self.socket.end()) {
                quiet + 1
            } else {
                0
            };
            in_transit &= events.is_empty() && self.socket.received.is_empty();
            if quiet == QUIET_ROUNDS && std::mem::take(&mut in_transit) {
                thread::sleep(DELIVERY_TIME);
                quiet = 0;
            }
        }
        if self.dropped {
            self.socket.read_to_end(deadline);
        }
        let panicked = events.iter().any(|event| matches!(event, HandlerEvent::Panicked(_)));
        self.record(&events, out);
        if panicked { Ok(()) } else { ping_result }
    }

    fn push_event(&mut self, event: HandlerEvent, events: &mut Vec<HandlerEvent>) {
        self.dropped |= matches!(event, HandlerEvent::Dropped | HandlerEvent::Panicked(_));
        events.push(event);
    }

    fn record(&mut self, events: &[HandlerEvent], out: &mut Recorder) {
        out.sent(&self.socket.received);
        self.socket.received.clear();
        for event in events {
            match event {
                HandlerEvent::Message(ws::Message::Text(text)) => {
                    out.message(MessageKind::Text, text.as_bytes())
                }
                HandlerEvent::Message(ws::Message::Binary(octets)) => {
                    out.message(MessageKind::Binary, octets)
                }
                HandlerEvent::Closed(code, reason) => {
                    out.reported(Some(CloseCode((*code).into())), Some(reason), None);
                }
                HandlerEvent::Failed(message) => out.error_reported(message),
                HandlerEvent::Panicked(message) => out.panicked(message),
                HandlerEvent::Opened(_) | HandlerEvent::Dropped => {}
            }
        }
        match self.socket.end() {
            Some(TcpEnd::Fin) => out.fin(),
            Some(TcpEnd::Reset) => out.reset(),
            // After a reset by the adapter the end is not visible, but ws-rs has dropped its socket.
            None if self.dropped => out.fin(),
            None => {}
        }
    }
}
