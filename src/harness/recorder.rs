//! Records the events of a script: the driver records inputs, the subject records its actions.

use super::event::{Span, TraceEvent, TraceEventKind};
use super::stimulus::Stimulus;
use crate::protocol::code::CloseCode;
use crate::protocol::state_machine::State;
use crate::script::{MessageKind, Segmentation};

/// The events of one script, in order, with the octets and texts that they refer to.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    events: Vec<TraceEvent>,
    octets: Vec<u8>,
    tick: u32,
    tcp: Tcp,
    /// Whether a socket shows what the subject does.
    over_socket: bool,
    /// Whether what the subject sent and what it received may have crossed.
    may_cross: bool,
}

/// The subject's end of TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum Tcp {
    #[default]
    Open,
    /// The write side is closed. The index of that event, until the next stimulus.
    WriteClosed(Option<usize>),
    Closed,
}

impl Recorder {
    /// An empty recorder.
    pub fn new() -> Recorder {
        Recorder::default()
    }

    /// Removes all events and keeps the allocated memory.
    pub fn clear(&mut self) {
        self.events.clear();
        self.octets.clear();
        self.tick = 0;
        self.tcp = Tcp::Open;
        self.over_socket = false;
        self.may_cross = false;
    }

    /// Notes that the subject is behind a socket. A socket shows its FIN, and not whether it still reads.
    pub fn set_over_socket(&mut self) {
        self.over_socket = true;
    }

    /// Whether the subject is behind a socket.
    pub fn is_over_socket(&self) -> bool {
        self.over_socket
    }

    /// Notes that events are in the order in which the peer saw them. Within a tick, the subject may have sent something
    /// before it received what is recorded before that.
    pub fn set_may_cross(&mut self) {
        self.may_cross = true;
    }

    /// Whether what the subject sent and what it received may have crossed, within a tick.
    pub fn may_cross(&self) -> bool {
        self.may_cross
    }

    /// All events, in order.
    pub fn events(&self) -> &[TraceEvent] {
        &self.events
    }

    /// The octets of a span of this recorder.
    pub fn octets(&self, span: Span) -> &[u8] {
        &self.octets[span.start as usize..span.end as usize]
    }

    /// The octets of a span as text, with replacement characters for invalid UTF-8.
    pub fn text(&self, span: Span) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.octets(span))
    }

    /// Whether the subject has closed TCP in both directions, so that nothing reaches it any more.
    pub fn is_closed(&self) -> bool {
        self.tcp == Tcp::Closed
    }

    /// Whether the subject has closed its write side and may still read.
    pub fn is_write_closed(&self) -> bool {
        matches!(self.tcp, Tcp::WriteClosed(_))
    }

    /// Records that so many ticks of idle time passed: as many [`Stimulus::Tick`]s in one step. The count saturates.
    pub fn idle(&mut self, ticks: u32) {
        if ticks > 0 {
            self.record_stimulus(Stimulus::Tick);
            self.tick = self.tick.saturating_add(ticks - 1);
        }
    }

    /// The ticks of idle time that have passed on this connection.
    pub fn tick(&self) -> u32 {
        self.tick
    }

    fn push(&mut self, kind: TraceEventKind) {
        self.events.push(TraceEvent { tick: self.tick, kind });
    }

    fn store(&mut self, octets: &[u8]) -> Span {
        let start = self.octets.len() as u32;
        self.octets.extend_from_slice(octets);
        Span { start, end: self.octets.len() as u32 }
    }

    /// Records octets that the subject wrote. Consecutive writes form one event.
    pub fn sent(&mut self, octets: &[u8]) {
        if !octets.is_empty() {
            self.sent_by(|written| written.extend_from_slice(octets));
        }
    }

    /// Records octets that the subject wrote: those that `write` appends to its argument.
    pub fn sent_by(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.octets.len() as u32;
        write(&mut self.octets);
        let end = self.octets.len() as u32;
        match self.events.last_mut() {
            Some(TraceEvent { tick, kind: TraceEventKind::Sent(last) })
                if last.end == start && *tick == self.tick =>
            {
                last.end = end;
            }
            _ => self.push(TraceEventKind::Sent(Span { start, end })),
        }
    }

    /// Records that the connection is under TLS.
    pub fn tls_started(&mut self) {
        self.push(TraceEventKind::TlsStarted);
    }

    /// Records that the subject sent close_notify. After the end of TCP it does not count.
    pub fn tls_closed(&mut self) {
        if self.tcp == Tcp::Open {
            self.push(TraceEventKind::TlsClosed);
        }
    }

    /// Records that the subject closed its write side and may still read. Only the first end of a connection counts.
    pub fn write_shutdown(&mut self) {
        if self.tcp == Tcp::Open {
            self.tcp = Tcp::WriteClosed(Some(self.events.len()));
            self.push(TraceEventKind::WriteShutdown);
        }
    }

    /// Records that the subject closed TCP in both directions. Only the first such end of a connection counts.
    pub fn fin(&mut self) {
        match std::mem::replace(&mut self.tcp, Tcp::Closed) {
            // Without a stimulus between them, the two half-closes are one event.
            Tcp::WriteClosed(Some(event)) => self.events[event].kind = TraceEventKind::Fin,
            Tcp::WriteClosed(None) | Tcp::Open => self.push(TraceEventKind::Fin),
            Tcp::Closed => {}
        }
    }

    /// Records that the subject reset TCP. Only the first end of a connection counts.
    pub fn reset(&mut self) {
        if !self.is_closed() {
            self.tcp = Tcp::Closed;
            self.push(TraceEventKind::Reset);
        }
    }

    /// Records a complete message that the subject delivered to its application.
    pub fn message(&mut self, kind: MessageKind, payload: &[u8]) {
        let payload = self.store(payload);
        self.push(TraceEventKind::Message { kind, payload });
    }

    /// Records how the subject reported the closure to its application; see [`TraceEventKind::Reported`].
    pub fn reported(&mut self, code: Option<CloseCode>, reason: Option<&str>, clean: Option<bool>) {
        let reason = reason.map(|reason| self.store(reason.as_bytes()));
        self.push(TraceEventKind::Reported { code, reason, clean });
    }

    /// Records an error that the subject reported to its application.
    pub fn error_reported(&mut self, text: &str) {
        let text = self.store(text.as_bytes());
        self.push(TraceEventKind::ErrorReported(text));
    }

    /// Records that the subject accepted the last request of its application.
    pub fn request_accepted(&mut self) {
        self.push(TraceEventKind::RequestAccepted);
    }

    /// Records that the subject refused the last request of its application.
    pub fn request_refused(&mut self, text: &str) {
        let text = self.store(text.as_bytes());
        self.push(TraceEventKind::RequestRefused(text));
    }

    /// Records that the subject has no API for the last request of its application, or leaves it to the program
    /// around it. The judge then does not apply the rules about that request.
    pub fn unsupported(&mut self, text: &str) {
        let text = self.store(text.as_bytes());
        self.push(TraceEventKind::Unsupported(text));
    }

    /// Records that the subject panicked.
    pub fn panicked(&mut self, text: &str) {
        let text = self.store(text.as_bytes());
        self.push(TraceEventKind::Panicked(text));
    }

    /// Records that the subject was still busy when it exceeded the budget of its adapter.
    pub fn hung(&mut self) {
        self.push(TraceEventKind::Hung);
    }

    /// Records the most octets by which the subject's memory grew since the connection began.
    pub fn memory(&mut self, octets: u64) {
        self.push(TraceEventKind::Memory(octets));
    }

    /// Records that the subject moved to another state; does nothing if the two states are equal.
    pub fn state_changed(&mut self, from: State, to: State) {
        if from != to {
            self.push(TraceEventKind::StateChanged(from, to));
        }
    }

    /// Records that a connection begins, and resets its ticks. `repeat` is set if it repeats the previous one.
    pub fn connected(&mut self, repeat: Option<Segmentation>) {
        self.tick = 0;
        self.tcp = Tcp::Open;
        self.push(TraceEventKind::Connected { repeat });
    }

    /// Records that the opening handshake negotiated permessage-deflate.
    pub fn deflate_negotiated(&mut self) {
        self.push(TraceEventKind::DeflateNegotiated);
    }

    /// Records that the next octets to the subject are in one write with the peer's part of the opening handshake.
    pub fn sent_with_opening(&mut self) {
        self.push(TraceEventKind::SentWithOpening);
    }

    /// Records that the script of the connection ended.
    pub fn script_ended(&mut self) {
        self.push(TraceEventKind::ScriptEnded);
    }

    /// Records a number of octets that were not delivered.
    pub fn undelivered(&mut self, octets: usize) {
        self.push(TraceEventKind::Undelivered(octets as u32));
    }

    /// Records a note of the script.
    pub fn note(&mut self, text: &str) {
        let text = self.store(text.as_bytes());
        self.push(TraceEventKind::Note(text));
    }

    /// Records a stimulus before it is applied to the subject. A tick advances the time and is no event.
    pub fn record_stimulus(&mut self, stimulus: Stimulus<'_>) {
        if let Tcp::WriteClosed(event) = &mut self.tcp {
            *event = None;
        }
        let kind = match stimulus {
            Stimulus::Octets(octets) => TraceEventKind::Received(self.store(octets)),
            Stimulus::Fin => TraceEventKind::PeerFin,
            Stimulus::Reset => TraceEventKind::PeerReset,
            Stimulus::PeerGone(writes) => TraceEventKind::PeerGone(writes),
            Stimulus::PeerPause => TraceEventKind::PeerPaused,
            Stimulus::PeerResume => TraceEventKind::PeerResumed,
            Stimulus::Close { code, reason } => {
                TraceEventKind::AppClose { code, reason: self.store(reason.as_bytes()) }
            }
            Stimulus::Send { kind, payload } => {
                TraceEventKind::AppSend { kind, payload: self.store(payload) }
            }
            Stimulus::Pause => TraceEventKind::AppPause,
            Stimulus::Resume => TraceEventKind::AppResume,
            Stimulus::Tick => {
                self.tick = self.tick.saturating_add(1);
                return;
            }
        };
        self.push(kind);
    }
}
