//! The trace of one side: what this side did, and what it had received by then.
//!
//! A recording shows the wire at one place. What crosses in flight is recorded in another order than the two sides saw.
//! Every segment carries an acknowledgement, which says how much had arrived when it was sent. Where the format has none,
//! the order is certain only on the side where it was recorded, or after a pause. Elsewhere there are two possible
//! orders, and a violation counts only if it is one in both.

use std::collections::VecDeque;
use std::time::Duration;

use wsclose::harness::{Recorder, Stimulus, Trace, TraceEvent, TraceEventKind};
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;

use crate::expected::ExpectedEndpoint;
use crate::recording::{RecordedEvent, RecordedKind};
use crate::session::{RecordedClose, Session};
use crate::undecided;

/// The length of a tick. The judge allows one tick for what is required at once, so it has to be longer than any usual
/// round trip.
pub const TICK: Duration = Duration::from_secs(1);

/// A pause after which what was sent before it has arrived, wherever it was recorded.
const IN_FLIGHT: Duration = Duration::from_secs(1);

/// Where a recording was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Place {
    /// On the machine of this side.
    At(Role),
    /// Between the two, or unknown.
    #[default]
    Between,
}

/// When a side read what was sent to it, where the recording leaves two possibilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reading {
    /// As early as it may have arrived.
    Early,
    /// As late as it must have arrived.
    Late,
}

/// The trace of a side, and which event of the session each of its events is.
#[derive(Clone, Debug)]
pub struct SideTrace {
    /// The trace. The side is its subject.
    pub trace: Trace,
    /// For each event of the trace, the index of the event in the session; `None` for the first, which opens the
    /// connection.
    pub sources: Vec<Option<usize>>,
    /// The event of the session in which a Close begins that the application requested.
    pub requested: Option<usize>,
    /// Whether another reading is possible.
    pub is_ambiguous: bool,
}

/// The trace of the side of this role.
pub fn trace(session: &Session, role: Role, place: Place, reading: Reading, profile: Profile) -> SideTrace {
    let mut trace = Trace::new();
    trace.role = role;
    trace.capabilities = undecided::capabilities();
    trace.recorder.set_over_socket();
    trace.recorder.connected(None);
    if session.deflate {
        trace.recorder.deflate_negotiated();
    }
    let mut builder = Builder {
        session,
        role,
        out: &mut trace.recorder,
        sources: Vec::new(),
        pending: VecDeque::new(),
        waiting: 0,
        reset_waits: false,
        delivered: 0,
        now: session.events.first().and_then(|event| event.time).unwrap_or_default(),
        passed: Duration::ZERO,
        expected: ExpectedEndpoint::new(role, session.deflate, profile),
        requested: None,
        has_closed: false,
        has_peer_ended: false,
        ended: false,
    };
    builder.note(None);
    let mut is_ambiguous = false;
    for (at, event) in session.events.iter().enumerate() {
        if builder.ended {
            break;
        }
        if event.from != role {
            builder.wait(at);
            continue;
        }
        // A reset acknowledges nothing, and is not acknowledged.
        let is_reset = builder.reset_waits;
        if is_reset && (reading == Reading::Early || place == Place::At(role)) {
            builder.deliver_all();
            break;
        }
        let [least, most] = builder.arrived(event, place);
        is_ambiguous |= least != most || is_reset;
        builder.deliver(match reading {
            Reading::Early => most,
            Reading::Late => least,
        });
        builder.own(at, event);
    }
    builder.finish();
    let (sources, requested) = (builder.sources, builder.requested);
    SideTrace { trace, sources, requested, is_ambiguous }
}

/// The event of the session in which the first Close of a side begins, if its application requested the Close.
pub fn requested_close(session: &Session, role: Role) -> Option<usize> {
    trace(session, role, Place::default(), Reading::Early, Profile::default()).requested
}

/// Something of the peer that is not delivered yet.
struct Pending {
    /// The index of the event.
    event: usize,
    /// The first octet of it that is not delivered.
    from: usize,
}

struct Builder<'a> {
    session: &'a Session,
    role: Role,
    out: &'a mut Recorder,
    sources: Vec<Option<usize>>,
    pending: VecDeque<Pending>,
    /// The octets in `pending`, with one for a FIN.
    waiting: u64,
    /// A reset is in `pending`.
    reset_waits: bool,
    /// The octets of the peer that are delivered, with one for its FIN.
    delivered: u64,
    now: Duration,
    /// The time since the last tick.
    passed: Duration,
    expected: ExpectedEndpoint,
    requested: Option<usize>,
    /// The side has sent a Close, or at least a part of one.
    has_closed: bool,
    /// The peer has ended what it sends: by FIN, or by close_notify before it.
    has_peer_ended: bool,
    /// The trace ends here, because the rest shows nothing that the peer requires.
    ended: bool,
}

impl Builder<'_> {
    /// Notes from which event the newest events of the trace come.
    fn note(&mut self, source: Option<usize>) {
        self.sources.resize(self.out.events().len(), source);
    }

    /// The peer sent this, and it is not delivered yet.
    fn wait(&mut self, event: usize) {
        let pending = Pending { event, from: 0 };
        self.waiting += self.size(&pending);
        self.reset_waits |= self.session.events[event].kind == RecordedKind::Reset;
        self.pending.push_back(pending);
    }

    /// The octets that are not delivered yet, with one for a FIN.
    fn size(&self, pending: &Pending) -> u64 {
        match &self.session.events[pending.event].kind {
            RecordedKind::Octets(octets) => (octets.len() - pending.from) as u64,
            RecordedKind::Fin => 1,
            RecordedKind::Missing { .. } | RecordedKind::Reset | RecordedKind::TlsClosed => 0,
        }
    }

    /// The fewest and the most octets of the peer that had arrived when the side did this.
    fn arrived(&self, event: &RecordedEvent, place: Place) -> [u64; 2] {
        if let Some(acknowledged) = event.acknowledged {
            return [acknowledged.max(self.delivered); 2];
        }
        let most = self.delivered + self.waiting;
        if place == Place::At(self.role) {
            return [most; 2];
        }
        let long_ago = |pending: &&Pending| {
            let sent = self.session.events[pending.event].time;
            sent.zip(event.time).is_some_and(|(sent, time)| time.saturating_sub(sent) > IN_FLIGHT)
        };
        let least = self.delivered
            + self.pending.iter().take_while(long_ago).map(|pending| self.size(pending)).sum::<u64>();
        [least, most]
    }

    /// Delivers what the peer sent, up to so many octets. A reset is delivered last: who has received one sends nothing.
    fn deliver(&mut self, until: u64) {
        while let Some(Pending { event, from }) = self.pending.front() {
            let (event, from) = (*event, *from);
            let RecordedEvent { kind, time, .. } = &self.session.events[event];
            // close_notify has no octets of its own. It has arrived with what is before it.
            if self.delivered >= until && *kind != RecordedKind::TlsClosed {
                return;
            }
            match kind {
                RecordedKind::Octets(octets) => {
                    let room = usize::try_from(until - self.delivered).unwrap_or(usize::MAX);
                    let end = octets.len().min(from.saturating_add(room));
                    self.pass(*time);
                    let stimulus = Stimulus::Octets(&octets[from..end]);
                    self.out.record_stimulus(stimulus);
                    self.expected.react(stimulus);
                    self.note(Some(event));
                    self.delivered += (end - from) as u64;
                    self.waiting -= (end - from) as u64;
                    if end < octets.len() {
                        self.pending[0].from = end;
                        continue;
                    }
                }
                RecordedKind::Fin if self.has_peer_ended => {
                    self.delivered += 1;
                    self.waiting -= 1;
                    if self.out.is_write_closed() {
                        self.out.fin();
                        self.note(Some(event));
                    }
                }
                RecordedKind::Fin => {
                    self.delivered += 1;
                    self.has_peer_ended = true;
                    self.waiting -= 1;
                    self.pass(*time);
                    self.out.record_stimulus(Stimulus::Fin);
                    self.expected.react(Stimulus::Fin);
                    if self.out.is_write_closed() {
                        self.out.fin();
                    }
                    self.note(Some(event));
                }
                // Who reads close_notify has read the end, as by a FIN.
                RecordedKind::TlsClosed if !self.has_peer_ended => {
                    self.has_peer_ended = true;
                    self.pass(*time);
                    self.out.record_stimulus(Stimulus::Fin);
                    self.expected.react(Stimulus::Fin);
                    self.note(Some(event));
                }
                RecordedKind::Reset => return,
                RecordedKind::Missing { .. } | RecordedKind::TlsClosed => {}
            }
            self.pending.pop_front();
        }
    }

    fn reset(&mut self, event: usize) {
        if !self.out.is_closed() {
            let time = self.session.events[event].time;
            let was_silent = time.is_some_and(|time| time.saturating_sub(self.now) >= TICK);
            self.pass(time);
            // After such a silence, the reset of a peer that gave up explains nothing: it only ends the recording. Nor does
            // one explain what a side omitted that had sent its FIN.
            if !was_silent && !self.out.is_write_closed() {
                self.out.record_stimulus(Stimulus::Reset);
            }
            self.note(Some(event));
        }
    }

    /// Delivers everything, and the peer's reset last.
    fn deliver_all(&mut self) {
        self.deliver(u64::MAX);
        if let Some(Pending { event, .. }) = self.pending.front()
            && self.session.events[*event].kind == RecordedKind::Reset
        {
            self.reset(*event);
            self.pending.clear();
        }
    }

    fn finish(&mut self) {
        self.deliver_all();
        if !self.ended {
            self.pass(self.session.idle_until);
        }
        self.out.script_ended();
        self.note(None);
    }

    /// Records what the side did itself.
    fn own(&mut self, at: usize, event: &RecordedEvent) {
        self.pass(event.time);
        // Writes in a row form one event. Divided by an empty note, each keeps its packet.
        if matches!(self.out.events().last(), Some(TraceEvent { kind: TraceEventKind::Sent(_), .. })) {
            self.out.note("");
            self.note(None);
        }
        match &event.kind {
            RecordedKind::Octets(octets) => match self.session.first_close(self.role) {
                Some(close) if close.event == at => self.first_close(at, octets, close),
                Some(_) | None => self.out.sent(octets),
            },
            RecordedKind::Fin if self.may_end() => self.out.write_shutdown(),
            RecordedKind::Reset if self.may_end() => self.out.reset(),
            RecordedKind::Fin | RecordedKind::Reset | RecordedKind::Missing { .. } => self.ended = true,
            RecordedKind::TlsClosed => self.out.tls_closed(),
        }
        self.note(Some(at));
    }

    /// Whether what this side had received or sent explains that it ends TCP. Otherwise its program dropped the connection,
    /// as it may at any time, or its machine did.
    fn may_end(&self) -> bool {
        self.has_closed || self.expected.has_reacted()
    }

    /// Records the octets in which the first Close of this side begins. If nothing that it had received explains the Close,
    /// its application requested it.
    fn first_close(&mut self, at: usize, octets: &[u8], close: &RecordedClose) {
        let (before, from_close) = octets.split_at(close.offset.min(octets.len()));
        self.out.sent(before);
        self.note(Some(at));
        let code = close.code();
        if !self.expected.has_reacted() {
            let reason = close.reason().unwrap_or_default();
            self.out.record_stimulus(Stimulus::Close { code, reason });
            self.requested = Some(at);
            self.note(Some(at));
        }
        self.has_closed = true;
        self.out.sent(from_close);
    }

    /// Lets time pass, in whole ticks.
    fn pass(&mut self, until: Option<Duration>) {
        let Some(until) = until.filter(|until| *until > self.now) else { return };
        let passed = self.passed + (until - self.now);
        self.now = until;
        // A recording may have pauses of centuries.
        let ticks = passed.as_secs() / TICK.as_secs();
        self.out.idle(u32::try_from(ticks).unwrap_or(u32::MAX));
        self.passed = passed - TICK.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX));
    }
}
