//! Turns the trace of a script into recordings, one for each of its connections.
//!
//! A recording made of a trace shows what crossed the wire, in the order in which the subject saw it. It leaves out what
//! the application requested and what the subject reported to it.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use wsclose::harness::{Trace, TraceEventKind};
use wsclose::protocol::role::Role;

use crate::recording::{Beginning, End, RecordedConnection, RecordedEvent, RecordedKind};

/// What a request target has unencoded: the unreserved characters (RFC 3986 §2.3), and the slash.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The request target that names a case: `/?case=NAME`.
pub fn case_target(name: &str) -> String {
    format!("/?case={}", utf8_percent_encode(name, ENCODED))
}

/// When the events of a trace happened.
#[derive(Clone, Copy, Debug)]
pub enum Clock<'a> {
    /// Every tick took so long, and everything else happened at once. Connections follow each other.
    Tick(Duration),
    /// For each event of the trace, its time since a moment before the first. An event that the list lacks has the time of the
    /// last.
    Times(&'a [Duration]),
}

/// The recordings of the connections of a trace, in order. The opening handshake is synthesised, with this request target.
///
/// - Every event acknowledges what its side had received before it in the trace, so the order is certain.
/// - If a connection is open when its script ends, the peer ends it then: by a FIN if the subject has sent one, and else by
///   a reset. Without that, the recording would not show for how long nothing happened.
/// - It also ends the connection of a subject that crashes or hangs. What such a subject then omits shows in no recording.
/// - `None` stands for a connection of which a recording shows too little: its peer vanished or stopped reading, or its
///   application stopped reading.
pub fn recorded_connections(
    trace: &Trace,
    clock: Clock<'_>,
    target: &str,
) -> Vec<Option<RecordedConnection>> {
    let mut recordings = Vec::new();
    let mut current: Option<Recording> = None;
    let mut base = Duration::ZERO;
    for (at, event) in trace.events().iter().enumerate() {
        let time = match clock {
            Clock::Tick(tick) => base.saturating_add(tick.saturating_mul(event.tick)),
            Clock::Times(times) => times.get(at).or(times.last()).copied().unwrap_or_default(),
        };
        if let TraceEventKind::Connected { .. } = event.kind {
            if let Some(before) = current.take() {
                base = base.max(before.latest);
                recordings.push(before.finish(target));
            }
            let start = match clock {
                Clock::Tick(_) => base,
                Clock::Times(_) => time,
            };
            current = Some(Recording::new(trace.role, start));
            continue;
        }
        let end = match (clock, event.kind) {
            // The subject is idle: it does nothing more until the next tick.
            (Clock::Tick(tick), TraceEventKind::ScriptEnded) => time.saturating_add(tick),
            _ => time,
        };
        if let Some(recording) = &mut current {
            recording.record(trace, event.kind, end);
        }
    }
    recordings.extend(current.map(|recording| recording.finish(target)));
    recordings
}

/// A connection that is being recorded.
struct Recording {
    /// The role of the subject.
    role: Role,
    start: Duration,
    /// The time of the last event.
    latest: Duration,
    events: Vec<RecordedEvent>,
    deflate: bool,
    /// How much each side has sent: octets behind the opening handshake, and one for its FIN.
    sent: [u64; 2],
    has_fin: [bool; 2],
    has_reset: bool,
    is_hidden: bool,
}

impl Recording {
    fn new(role: Role, start: Duration) -> Recording {
        Recording {
            role,
            start,
            latest: start,
            events: Vec::new(),
            deflate: false,
            sent: [0; 2],
            has_fin: [false; 2],
            has_reset: false,
            is_hidden: false,
        }
    }

    fn record(&mut self, trace: &Trace, kind: TraceEventKind, time: Duration) {
        let (own, peer) = (self.role, self.role.peer());
        self.latest = self.latest.max(time);
        match kind {
            TraceEventKind::Received(span) => {
                self.push(peer, RecordedKind::Octets(trace.octets(span).to_vec()));
            }
            TraceEventKind::PeerFin => self.push(peer, RecordedKind::Fin),
            TraceEventKind::PeerReset => self.push(peer, RecordedKind::Reset),
            TraceEventKind::Sent(span) => self.push(own, RecordedKind::Octets(trace.octets(span).to_vec())),
            TraceEventKind::WriteShutdown | TraceEventKind::Fin => self.push(own, RecordedKind::Fin),
            TraceEventKind::Reset => self.push(own, RecordedKind::Reset),
            TraceEventKind::TlsClosed => self.push(own, RecordedKind::TlsClosed),
            TraceEventKind::DeflateNegotiated => self.deflate = true,
            TraceEventKind::Panicked(_) | TraceEventKind::Hung | TraceEventKind::ScriptEnded => {
                let end = if self.has_fin[own as usize] { RecordedKind::Fin } else { RecordedKind::Reset };
                self.push(peer, end);
            }
            TraceEventKind::PeerGone(_)
            | TraceEventKind::PeerPaused
            | TraceEventKind::PeerResumed
            | TraceEventKind::AppPause
            | TraceEventKind::AppResume => self.is_hidden = true,
            TraceEventKind::Connected { .. }
            | TraceEventKind::SentWithOpening
            | TraceEventKind::AppClose { .. }
            | TraceEventKind::AppSend { .. }
            | TraceEventKind::TlsStarted
            | TraceEventKind::Message { .. }
            | TraceEventKind::Reported { .. }
            | TraceEventKind::ErrorReported(_)
            | TraceEventKind::RequestAccepted
            | TraceEventKind::RequestRefused(_)
            | TraceEventKind::Unsupported(_)
            | TraceEventKind::Memory(_)
            | TraceEventKind::StateChanged(..)
            | TraceEventKind::Undelivered(_)
            | TraceEventKind::Note(_) => {}
        }
    }

    fn push(&mut self, from: Role, kind: RecordedKind) {
        let has_fin = self.has_fin[from as usize];
        let is_over = match &kind {
            RecordedKind::Fin | RecordedKind::Octets(_) | RecordedKind::Missing { .. } => has_fin,
            RecordedKind::Reset | RecordedKind::TlsClosed => false,
        };
        if self.has_reset || is_over {
            return;
        }
        let acknowledged = Some(self.sent[from.peer() as usize]);
        self.sent[from as usize] += match &kind {
            RecordedKind::Octets(octets) => octets.len() as u64,
            RecordedKind::Fin => 1,
            RecordedKind::Missing { .. } | RecordedKind::Reset | RecordedKind::TlsClosed => 0,
        };
        self.has_fin[from as usize] |= kind == RecordedKind::Fin;
        self.has_reset |= kind == RecordedKind::Reset;
        let time = Some(self.latest);
        self.events.push(RecordedEvent { time, acknowledged, ..RecordedEvent::new(from, kind) });
    }

    fn finish(self, target: &str) -> Option<RecordedConnection> {
        if self.is_hidden {
            return None;
        }
        let extension = if self.deflate { "Sec-WebSocket-Extensions: permessage-deflate\r\n" } else { "" };
        let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
        // The key and its answer are those of §1.3.
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: wsclose.invalid\r\n{upgrade}Sec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{extension}\r\n"
        );
        let response = format!(
            "HTTP/1.1 101 Switching Protocols\r\n{upgrade}\
             Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n{extension}\r\n"
        );
        let heads = [request.len() as u64, response.len() as u64];
        let head = |from, text: String, acknowledged| RecordedEvent {
            time: Some(self.start),
            acknowledged: Some(acknowledged),
            ..RecordedEvent::new(from, RecordedKind::Octets(text.into_bytes()))
        };
        let mut events =
            vec![head(Role::Client, request, 0), head(Role::Server, response, heads[Role::Client as usize])];
        events.extend(self.events.into_iter().map(|event| {
            let behind_head = |count| count + heads[event.from.peer() as usize];
            RecordedEvent { acknowledged: event.acknowledged.map(behind_head), ..event }
        }));
        let is_complete = self.has_reset || self.has_fin == [true; 2];
        Some(RecordedConnection {
            beginning: Beginning::Connection,
            events,
            end: if is_complete { End::Complete } else { End::Cut },
            ..RecordedConnection::default()
        })
    }
}
