//! What is tested: any implementation behind one trait. In come [`Stimulus`]es, one at a time; out go
//! entries in an [`Output`], wire and application apart.

use crate::protocol::code::CloseCode;
use crate::protocol::role::Role;
use crate::protocol::state_machine::State;
use crate::rules::Capabilities;
use crate::script::{MessageKind, Segmentation};

/// One thing that happens to an endpoint under test: what its peer, its application or time does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stimulus<'a> {
    /// The peer's octets arrive, in one piece.
    Octets(&'a [u8]),
    /// The peer closes its half of TCP.
    Fin,
    /// The peer resets the connection: what has not been read is lost.
    Reset,
    /// The peer is gone, and the subject has yet to learn it: what the peer sent before still arrives, so many
    /// writes are still taken and lost, and after them writing fails; shutting down fails at once.
    PeerGone(u8),
    /// The peer stops reading: nothing more can be written, as far as the subject's transport can show that.
    PeerPause,
    /// It reads again.
    PeerResume,
    /// The application closes.
    Close {
        /// With this code, or none.
        code: Option<CloseCode>,
        /// And this reason, of any length.
        reason: &'a str,
    },
    /// The application sends a message.
    Send {
        /// Text or binary.
        kind: MessageKind,
        /// Its payload; UTF-8 where it is text.
        payload: &'a [u8],
    },
    /// The application stops reading: octets that arrive wait unread.
    Pause,
    /// It reads again.
    Resume,
    /// A tick of silence passes. One tick is the unit of patience: how long it is, is the caller's choice.
    Tick,
}

/// An implementation under test, in either role.
///
/// After every stimulus a subject must be run until it is idle: until nothing more can happen before the
/// next stimulus. A subject that panics must catch that and say so with [`Output::panicked`].
pub trait Subject {
    /// Its name and, where it has one, its version: `model`, `tungstenite`.
    fn name(&self) -> &str;

    /// What it does itself in this role, as against what it leaves to the program around it.
    fn capabilities(&self, role: Role) -> Capabilities;

    /// Forgets the connection it had, if any, and begins a new one, already open.
    fn connect(&mut self, role: Role, out: &mut Recorder);

    /// Lets one thing happen, and everything that follows from it.
    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder);
}

/// A stretch of octets held by an [`Output`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// How many octets it has.
    pub const fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether it has none.
    pub const fn is_empty(self) -> bool {
        self.end == self.start
    }
}

/// Something that happened, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceEvent {
    /// How many ticks of silence had passed on this connection.
    pub tick: u32,
    /// What it was.
    pub kind: TraceEventKind,
}

/// What happened: what was done to the subject, and what the subject did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceEventKind {
    /// A connection begins.
    Connected {
        /// How the octets of the connection before are cut this time, if this one repeats it.
        repeat: Option<Segmentation>,
    },
    /// These octets reached the subject.
    Received(Span),
    /// The peer's FIN reached it.
    PeerFin,
    /// The peer's reset reached it.
    PeerReset,
    /// The peer went away unnoticed; so many writes were still taken and lost.
    PeerGone(u8),
    /// The peer stopped reading.
    PeerPaused,
    /// It read again.
    PeerResumed,
    /// Its application closed.
    AppClose {
        /// The code it asked for.
        code: Option<CloseCode>,
        /// The reason it asked for.
        reason: Span,
    },
    /// Its application sent a message.
    AppSend {
        /// Text or binary.
        kind: MessageKind,
        /// Its payload.
        payload: Span,
    },
    /// Its application stopped reading.
    AppPause,
    /// Its application read again.
    AppResume,
    /// The subject wrote these octets.
    Sent(Span),
    /// It ended what it sends, by FIN, and still reads, as after `shutdown(2)`.
    WriteShutdown,
    /// It closed TCP, by FIN if it had not sent one before.
    Fin,
    /// It reset TCP.
    Reset,
    /// It handed its application a whole message.
    Message {
        /// Text or binary.
        kind: MessageKind,
        /// Its payload.
        payload: Span,
    },
    /// It told its application how the connection closed.
    Reported {
        /// The code; `None` where it says that there was none.
        code: Option<CloseCode>,
        /// The reason; `None` where it does not tell.
        reason: Option<Span>,
        /// Whether it says that the closure was clean; `None` where it does not tell.
        clean: Option<bool>,
    },
    /// It told its application of an error, in these words.
    ErrorReported(Span),
    /// It took what the application just asked for.
    RequestAccepted,
    /// It refused what the application just asked for, in these words.
    RequestRefused(Span),
    /// It was not asked for what the application just wanted: it has no interface for that, or leaves it to the
    /// program around it, as these words say.
    Unsupported(Span),
    /// It panicked, with these words.
    Panicked(Span),
    /// It was still busy when its adapter lost patience.
    Hung,
    /// Its memory grew by this many octets at the most since the connection began.
    Memory(u64),
    /// A subject that shows its state moved from one to another.
    StateChanged(State, State),
    /// Octets of the script that were never delivered, because the subject had closed TCP.
    Undelivered(u32),
    /// The script's own note.
    Note(Span),
    /// The connection's script is over and the subject idle.
    ScriptEnded,
}

/// The record that a subject writes to, and that the driver writes what it did to the subject to.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    events: Vec<TraceEvent>,
    octets: Vec<u8>,
    tick: u32,
    tcp: Tcp,
}

/// The subject's end of TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum Tcp {
    #[default]
    Open,
    /// It has sent its FIN, and still reads; in this entry, if nothing has come to it since.
    WriteClosed(Option<usize>),
    Closed,
}

impl Recorder {
    /// An empty record.
    pub fn new() -> Recorder {
        Recorder::default()
    }

    /// Empties it, and keeps its memory.
    pub fn clear(&mut self) {
        self.events.clear();
        self.octets.clear();
        self.tick = 0;
        self.tcp = Tcp::Open;
    }

    /// Everything that happened, in order.
    pub fn events(&self) -> &[TraceEvent] {
        &self.events
    }

    /// The octets of a span of this record.
    pub fn octets(&self, span: Span) -> &[u8] {
        &self.octets[span.start as usize..span.end as usize]
    }

    /// The octets of a span as text, with replacement characters where they are none.
    pub fn text(&self, span: Span) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.octets(span))
    }

    /// Whether the subject has closed TCP on this connection, in both directions: nothing reaches it any more.
    pub fn is_closed(&self) -> bool {
        self.tcp == Tcp::Closed
    }

    /// Whether the subject has ended what it sends, and still reads.
    pub fn is_write_closed(&self) -> bool {
        matches!(self.tcp, Tcp::WriteClosed(_))
    }

    /// How many ticks of silence have passed on this connection.
    pub fn tick(&self) -> u32 {
        self.tick
    }

    fn push(&mut self, what: TraceEventKind) {
        self.events.push(TraceEvent { tick: self.tick, kind: what });
    }

    fn store(&mut self, octets: &[u8]) -> Span {
        let start = self.octets.len() as u32;
        self.octets.extend_from_slice(octets);
        Span { start, end: self.octets.len() as u32 }
    }

    /// The subject wrote these octets. Writes that follow one another count as one.
    pub fn sent(&mut self, octets: &[u8]) {
        if octets.is_empty() {
            return;
        }
        let end = self.octets.len() as u32;
        let span = self.store(octets);
        match self.events.last_mut() {
            Some(TraceEvent { tick, kind: TraceEventKind::Sent(last) })
                if last.end == end && *tick == self.tick =>
            {
                last.end = span.end;
            }
            _ => self.push(TraceEventKind::Sent(span)),
        }
    }

    /// The subject wrote what `write` appends to the vector that it is handed.
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

    /// The subject ended what it sends, and still reads. Only the first end of a connection counts.
    pub fn write_shutdown(&mut self) {
        if self.tcp == Tcp::Open {
            self.tcp = Tcp::WriteClosed(Some(self.events.len()));
            self.push(TraceEventKind::WriteShutdown);
        }
    }

    /// The subject closed TCP, by FIN if it had not sent one before. Only the first such end counts.
    pub fn fin(&mut self) {
        match std::mem::replace(&mut self.tcp, Tcp::Closed) {
            // It had nothing to read meanwhile: the two ends are one.
            Tcp::WriteClosed(Some(entry)) => self.events[entry].kind = TraceEventKind::Fin,
            Tcp::WriteClosed(None) | Tcp::Open => self.push(TraceEventKind::Fin),
            Tcp::Closed => {}
        }
    }

    /// The subject reset TCP. Only the first end of a connection counts.
    pub fn reset(&mut self) {
        if !self.is_closed() {
            self.tcp = Tcp::Closed;
            self.push(TraceEventKind::Reset);
        }
    }

    /// The subject handed its application a whole message.
    pub fn message(&mut self, kind: MessageKind, payload: &[u8]) {
        let payload = self.store(payload);
        self.push(TraceEventKind::Message { kind, payload });
    }

    /// The subject told its application how the connection closed: see [`What::Reported`].
    pub fn reported(&mut self, code: Option<CloseCode>, reason: Option<&str>, clean: Option<bool>) {
        let reason = reason.map(|reason| self.store(reason.as_bytes()));
        self.push(TraceEventKind::Reported { code, reason, clean });
    }

    /// The subject told its application of an error.
    pub fn error_reported(&mut self, words: &str) {
        let words = self.store(words.as_bytes());
        self.push(TraceEventKind::ErrorReported(words));
    }

    /// The subject took what the application just asked for.
    pub fn request_accepted(&mut self) {
        self.push(TraceEventKind::RequestAccepted);
    }

    /// The subject refused what the application just asked for.
    pub fn request_refused(&mut self, words: &str) {
        let words = self.store(words.as_bytes());
        self.push(TraceEventKind::RequestRefused(words));
    }

    /// The subject was not asked for what the application just wanted, because it has no interface for that or
    /// leaves it to the program around it: neither to its credit nor held against it.
    pub fn unsupported(&mut self, words: &str) {
        let words = self.store(words.as_bytes());
        self.push(TraceEventKind::Unsupported(words));
    }

    /// The subject panicked.
    pub fn panicked(&mut self, words: &str) {
        let words = self.store(words.as_bytes());
        self.push(TraceEventKind::Panicked(words));
    }

    /// The adapter lost patience with a subject that was still busy.
    pub fn hung(&mut self) {
        self.push(TraceEventKind::Hung);
    }

    /// The subject's memory has grown by so many octets, at the most, since the connection began.
    pub fn memory(&mut self, octets: u64) {
        self.push(TraceEventKind::Memory(octets));
    }

    /// The subject moved from one state to another.
    pub fn state_changed(&mut self, from: State, to: State) {
        if from != to {
            self.push(TraceEventKind::StateChanged(from, to));
        }
    }

    /// A connection begins, perhaps a repetition of the one before; its clock starts at 0.
    pub fn connected(&mut self, again: Option<Segmentation>) {
        self.tick = 0;
        self.tcp = Tcp::Open;
        self.push(TraceEventKind::Connected { repeat: again });
    }

    /// The connection's script is over.
    pub fn script_ended(&mut self) {
        self.push(TraceEventKind::ScriptEnded);
    }

    /// Octets that never reached the subject.
    pub fn undelivered(&mut self, octets: usize) {
        self.push(TraceEventKind::Undelivered(octets as u32));
    }

    /// A note of the script's.
    pub fn note(&mut self, text: &str) {
        let text = self.store(text.as_bytes());
        self.push(TraceEventKind::Note(text));
    }

    /// Writes down what is about to be done to the subject.
    pub fn record_stimulus(&mut self, stimulus: Stimulus<'_>) {
        if let Tcp::WriteClosed(entry) = &mut self.tcp {
            *entry = None;
        }
        let what = match stimulus {
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
                self.tick += 1;
                return;
            }
        };
        self.push(what);
    }
}
