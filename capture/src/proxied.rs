//! Connections that a proxy passed on: two connections of TCP, which differ by what the proxy delays or cuts differently.
//!
//! A side is judged by what the proxy received from it and what the proxy had passed on to it. So octets that wait in the
//! proxy have not arrived, and no side is accused of what the proxy does.

use std::time::Duration;

use wsclose::protocol::role::Role;

use crate::judgement::{self, Judgement, SideJudgement};
use crate::recording::{Beginning, End, RecordedConnection, RecordedEvent, RecordedKind};
use crate::report::{ConnectionReport, ReportSettings};
use crate::session::Session;

/// A connection that a proxy passed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxiedConnection {
    /// The address and port of the client.
    pub client: String,
    /// The address and port of the server.
    pub server: String,
    /// What both sides did, in the order in which the proxy received it.
    pub events: Vec<ProxiedEvent>,
    /// How the recording ends.
    pub end: End,
    /// Nothing happened on the connection from its last event until this time, and the proxy was still there.
    pub silent_until: Option<Duration>,
    /// What the proxy noticed, each a sentence.
    pub notes: Vec<String>,
}

/// Something that one side did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxiedEvent {
    /// The side that did it.
    pub from: Role,
    /// What it did.
    pub kind: RecordedKind,
    /// When the proxy received it.
    pub received: Moment,
    /// When the proxy had passed it on to the other side; `None` if that did not succeed.
    pub passed_on: Option<PassedOn>,
}

/// A moment of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Orders what the proxy received and passed on.
    pub order: u64,
    /// The time since the start of the proxy.
    pub time: Duration,
}

/// What a proxy passed on of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassedOn {
    /// When.
    pub at: Moment,
    /// How many of the octets, if the event is octets: fewer than all if the connection ended then.
    pub octets: usize,
}

impl ProxiedConnection {
    /// The connection as one recording, in the order in which the proxy received everything.
    pub fn recording(&self) -> RecordedConnection {
        self.with_events(self.events.iter().map(|event| recorded(event, event.received.time)).collect())
    }

    /// What the proxy exchanged with one side, as a recording: what it received from this side and passed on to it.
    pub fn facing(&self, side: Role) -> RecordedConnection {
        let moment = |event: &ProxiedEvent| {
            if event.from == side { Some(event.received) } else { event.passed_on.map(|passed| passed.at) }
        };
        let mut events: Vec<(Moment, RecordedEvent)> = Vec::with_capacity(self.events.len());
        for event in &self.events {
            let Some(moment) = moment(event) else { continue };
            let mut shown = recorded(event, moment.time);
            if let (RecordedKind::Octets(octets), Some(passed)) = (&mut shown.kind, event.passed_on)
                && event.from != side
            {
                octets.truncate(passed.octets);
            }
            events.push((moment, shown));
        }
        events.sort_by_key(|(moment, _)| *moment);
        self.with_events(events.into_iter().map(|(_, event)| event).collect())
    }

    fn with_events(&self, events: Vec<RecordedEvent>) -> RecordedConnection {
        RecordedConnection {
            client: self.client.clone(),
            server: self.server.clone(),
            beginning: Beginning::Connection,
            events,
            end: self.end,
            silent_until: self.silent_until,
            recorded_at: None,
            notes: self.notes.clone(),
        }
    }

    /// The report on the connection; `None` if it is not a WebSocket connection. `number` is its number among those of the
    /// proxy.
    ///
    /// Each side is judged by [`facing`](ProxiedConnection::facing). The timeline has the order of
    /// [`recording`](ProxiedConnection::recording).
    pub fn report(&self, number: usize, settings: ReportSettings) -> Option<ConnectionReport> {
        let session = Session::of(&self.recording())?;
        let places = places(&session);
        let judgement =
            Judgement { sides: Role::ALL.map(|role| self.judge(role, &session, &places, settings)) };
        Some(ConnectionReport::of_judged(&session, &judgement, number, settings))
    }

    /// Judges one side. Its violations name events of `session`.
    fn judge(
        &self,
        role: Role,
        session: &Session,
        places: &[Vec<usize>; 2],
        settings: ReportSettings,
    ) -> SideJudgement {
        // A server to which not even the request was passed on did nothing that could be judged.
        let facing = Session::of(&self.facing(role)).unwrap_or_else(|| Session {
            events: Vec::new(),
            closes: Vec::new(),
            ..session.clone()
        });
        let mut judged = judgement::judge_side(&facing, role, settings.judging);
        for violation in &mut judged.violations {
            violation.event = violation.event.and_then(|at| {
                let from = facing.events.get(at)?.from;
                let earlier = facing.events[..at].iter().filter(|event| event.from == from).count();
                places[from as usize].get(earlier).copied()
            });
        }
        judged
    }
}

/// The indices of the events of the client and of the server. The `n`th event of a side is the same in every recording of a
/// connection.
fn places(session: &Session) -> [Vec<usize>; 2] {
    Role::ALL.map(|role| {
        let of_role = |at: &usize| session.events[*at].from == role;
        (0..session.events.len()).filter(of_role).collect()
    })
}

fn recorded(event: &ProxiedEvent, time: Duration) -> RecordedEvent {
    RecordedEvent { time: Some(time), ..RecordedEvent::new(event.from, event.kind.clone()) }
}
