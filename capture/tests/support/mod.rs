//! Turns traces into recordings, as if they were recorded at the subject.

use std::time::Duration;

use wsclose::harness::{Trace, TraceEventKind};
use wsclose::protocol::role::Role;
use wsclose_capture::recording::{Beginning, End, RecordedConnection, RecordedEvent, RecordedKind};

/// The recordings of the connections of a trace. None for a connection of which a recording shows too little: its peer
/// vanished or stopped reading, or its application did.
pub fn recordings_of(trace: &Trace) -> Vec<RecordedConnection> {
    let mut recordings = Vec::new();
    let mut current: Option<Recording> = None;
    for event in trace.events() {
        let time = Duration::from_secs(u64::from(event.tick));
        let (own, peer) = (trace.role, trace.role.peer());
        let mut push = |from: Role, kind: RecordedKind| {
            if let Some(recording) = &mut current {
                recording.push(from, kind, time);
            }
        };
        match event.kind {
            TraceEventKind::Connected { .. } => {
                recordings.extend(current.take().and_then(Recording::finish));
                current = Some(Recording::default());
            }
            TraceEventKind::Received(span) => push(peer, RecordedKind::Octets(trace.octets(span).to_vec())),
            TraceEventKind::PeerFin => push(peer, RecordedKind::Fin),
            TraceEventKind::PeerReset => push(peer, RecordedKind::Reset),
            TraceEventKind::Sent(span) => push(own, RecordedKind::Octets(trace.octets(span).to_vec())),
            TraceEventKind::WriteShutdown | TraceEventKind::Fin => push(own, RecordedKind::Fin),
            TraceEventKind::Reset => push(own, RecordedKind::Reset),
            TraceEventKind::TlsClosed => push(own, RecordedKind::TlsClosed),
            TraceEventKind::DeflateNegotiated => {
                if let Some(recording) = &mut current {
                    recording.deflate = true;
                }
            }
            TraceEventKind::ScriptEnded => {
                if let Some(recording) = &mut current {
                    recording.connection.silent_until = Some(time);
                }
            }
            TraceEventKind::PeerGone(_)
            | TraceEventKind::PeerPaused
            | TraceEventKind::PeerResumed
            | TraceEventKind::AppPause
            | TraceEventKind::AppResume => {
                if let Some(recording) = &mut current {
                    recording.is_hidden = true;
                }
            }
            TraceEventKind::SentWithOpening
            | TraceEventKind::AppClose { .. }
            | TraceEventKind::AppSend { .. }
            | TraceEventKind::TlsStarted
            | TraceEventKind::Message { .. }
            | TraceEventKind::Reported { .. }
            | TraceEventKind::ErrorReported(_)
            | TraceEventKind::RequestAccepted
            | TraceEventKind::RequestRefused(_)
            | TraceEventKind::Unsupported(_)
            | TraceEventKind::Panicked(_)
            | TraceEventKind::Hung
            | TraceEventKind::Memory(_)
            | TraceEventKind::StateChanged(..)
            | TraceEventKind::Undelivered(_)
            | TraceEventKind::Note(_) => {}
        }
    }
    recordings.extend(current.and_then(Recording::finish));
    recordings
}

#[derive(Default)]
struct Recording {
    connection: RecordedConnection,
    deflate: bool,
    is_hidden: bool,
    ended: [bool; 2],
}

impl Recording {
    fn push(&mut self, from: Role, kind: RecordedKind, time: Duration) {
        if matches!(kind, RecordedKind::Fin | RecordedKind::Reset)
            && std::mem::replace(&mut self.ended[from as usize], true)
        {
            return;
        }
        self.connection.events.push(RecordedEvent { time: Some(time), ..RecordedEvent::new(from, kind) });
    }

    fn finish(mut self) -> Option<RecordedConnection> {
        if self.is_hidden {
            return None;
        }
        let head = |text: &str| RecordedKind::Octets(text.as_bytes().to_vec());
        let extension = if self.deflate { "Sec-WebSocket-Extensions: permessage-deflate\r\n" } else { "" };
        let request = format!(
            "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{extension}\r\n"
        );
        let response = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{extension}\r\n"
        );
        let start = |from, text: &str| RecordedEvent {
            time: Some(Duration::ZERO),
            ..RecordedEvent::new(from, head(text))
        };
        self.connection.events.splice(0..0, [start(Role::Client, &request), start(Role::Server, &response)]);
        self.connection.beginning = Beginning::Connection;
        self.connection.end = if self.ended == [true; 2] { End::Complete } else { End::Cut };
        Some(self.connection)
    }
}
