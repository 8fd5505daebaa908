//! Records what passes through the proxy, in bounded memory.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use wsclose::protocol::role::Role;
use wsclose_capture::proxied::{Moment, PassedOn, ProxiedConnection, ProxiedEvent};
use wsclose_capture::recording::{End, RecordedKind};

/// The octets that are kept at the beginning of a direction, and as many at its end.
const LIMIT: usize = 1 << 20;
/// The same, while all connections together keep more than [`TOTAL`].
const SMALL_LIMIT: usize = 1 << 12;
/// The octets of all connections above which the smaller limit applies.
const TOTAL: usize = 256 << 20;
/// What an event occupies besides its octets.
const EVENT: usize = mem::size_of::<ProxiedEvent>();

/// The memory of the recordings of all connections. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<AtomicUsize>);

impl Memory {
    fn limit(&self) -> usize {
        if self.0.load(Ordering::Relaxed) > TOTAL { SMALL_LIMIT } else { LIMIT }
    }
}

/// A recording that is finished. Its memory counts until it is dropped.
#[derive(Debug)]
pub struct Recording {
    /// The connection.
    pub connection: ProxiedConnection,
    used: usize,
    memory: Memory,
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.memory.0.fetch_sub(self.used, Ordering::Relaxed);
    }
}

/// Records a connection.
#[derive(Debug)]
pub struct Recorder {
    started: Instant,
    order: u64,
    lanes: [Lane; 2],
    memory: Memory,
}

/// What one side sent: the first octets, how many were left out, and the last octets.
#[derive(Debug, Default)]
struct Lane {
    head: Vec<ProxiedEvent>,
    head_size: usize,
    left_out: Option<ProxiedEvent>,
    tail: VecDeque<ProxiedEvent>,
    tail_size: usize,
}

impl Recorder {
    /// Times count from `started`.
    pub fn new(started: Instant, memory: Memory) -> Recorder {
        Recorder { started, order: 0, lanes: [Lane::default(), Lane::default()], memory }
    }

    fn moment(&mut self) -> Moment {
        self.order += 1;
        Moment { order: self.order, time: self.started.elapsed() }
    }

    /// Records that the proxy received something from a side.
    pub fn received(&mut self, from: Role, kind: RecordedKind) {
        let received = self.moment();
        let event = ProxiedEvent { from, kind, received, passed_on: None };
        self.memory.0.fetch_add(size(&event), Ordering::Relaxed);
        let limit = self.memory.limit();
        let freed = self.lanes[from as usize].push(event, limit);
        self.memory.0.fetch_sub(freed, Ordering::Relaxed);
    }

    /// Records that the proxy passed on what it received last from a side: if it is octets, so many of them.
    pub fn passed_on(&mut self, from: Role, octets: usize) {
        let at = self.moment();
        let lane = &mut self.lanes[from as usize];
        if let Some(last) = lane.tail.back_mut().or(lane.head.last_mut()) {
            last.passed_on = Some(PassedOn { at, octets });
        }
    }

    /// The recording. `is_open` says that TCP was open at its end, which is now.
    pub fn finish(mut self, client: String, server: String, end: End, is_open: bool) -> Recording {
        let silent_until = is_open.then(|| self.started.elapsed());
        let used = self.lanes.iter().map(|lane| lane.head_size + lane.tail_size).sum();
        let mut notes = Vec::new();
        let mut events = Vec::new();
        for (lane, role) in mem::take(&mut self.lanes).into_iter().zip(Role::ALL) {
            if let Some(RecordedKind::Missing { octets: Some(octets) }) =
                lane.left_out.as_ref().map(|e| &e.kind)
            {
                notes.push(format!(
                    "The proxy keeps the beginning and the end of what a side sends, and left out {octets} octets of the \
                     {role}."
                ));
            }
            events.extend(lane.head.into_iter().chain(lane.left_out).chain(lane.tail));
        }
        events.sort_by_key(|event| event.received);
        let connection = ProxiedConnection { client, server, events, end, silent_until, notes };
        Recording { connection, used, memory: self.memory.clone() }
    }
}

impl Lane {
    /// Keeps an event, and returns how much memory that freed.
    fn push(&mut self, event: ProxiedEvent, limit: usize) -> usize {
        let added = size(&event);
        if self.left_out.is_none() && self.tail.is_empty() && self.head_size + added <= limit {
            self.head_size += added;
            self.head.push(event);
            return 0;
        }
        self.tail_size += added;
        self.tail.push_back(event);
        let mut freed = 0;
        while self.tail_size > limit
            && self.tail.len() > 1
            && let Some(first) = self.tail.pop_front()
        {
            self.tail_size -= size(&first);
            freed += size(&first);
            self.leave_out(first);
        }
        freed
    }

    /// Counts the octets of an event, which the proxy has passed on, in place of keeping them.
    fn leave_out(&mut self, event: ProxiedEvent) {
        let RecordedKind::Octets(octets) = &event.kind else { return };
        let before = match self.left_out.as_ref().map(|event| &event.kind) {
            Some(RecordedKind::Missing { octets: Some(before) }) => *before,
            Some(_) | None => 0,
        };
        let kind = RecordedKind::Missing { octets: Some(before + octets.len() as u64) };
        self.left_out = Some(ProxiedEvent { kind, ..event });
    }
}

/// The memory of an event.
fn size(event: &ProxiedEvent) -> usize {
    EVENT
        + match &event.kind {
            RecordedKind::Octets(octets) => octets.len(),
            RecordedKind::Missing { .. }
            | RecordedKind::Fin
            | RecordedKind::Reset
            | RecordedKind::TlsClosed => 0,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records messages of a side, each of which is passed on.
    fn record(memory: &Memory, octets: usize, count: usize) -> Recorder {
        let mut recorder = Recorder::new(Instant::now(), memory.clone());
        for number in 0..count {
            recorder.received(Role::Server, RecordedKind::Octets(vec![number as u8; octets]));
            recorder.passed_on(Role::Server, octets);
        }
        recorder.received(Role::Client, RecordedKind::Fin);
        recorder
    }

    fn finish(recorder: Recorder) -> Recording {
        recorder.finish(String::new(), String::new(), End::Cut, false)
    }

    /// The octets that are kept, and those that are left out.
    fn octets(recording: &Recording) -> (u64, u64) {
        recording.connection.events.iter().fold((0, 0), |(kept, left_out), event| match &event.kind {
            RecordedKind::Octets(octets) => (kept + octets.len() as u64, left_out),
            RecordedKind::Missing { octets } => (kept, left_out + octets.unwrap_or(0)),
            RecordedKind::Fin | RecordedKind::Reset | RecordedKind::TlsClosed => (kept, left_out),
        })
    }

    #[test]
    fn short_connection_is_kept_whole_and_in_order() {
        let recording = finish(record(&Memory::default(), 1000, 500));
        assert_eq!((octets(&recording), recording.connection.notes.len()), ((500_000, 0), 0));
        let events = &recording.connection.events;
        assert!(events.iter().zip(&events[1..]).all(|(one, next)| one.received < next.received));
        let last = events.last().expect("an event");
        assert_eq!((last.from, &last.kind, last.passed_on), (Role::Client, &RecordedKind::Fin, None));
        assert!(events[..500].iter().all(|event| event.passed_on.is_some_and(|at| at.at > event.received)));
    }

    #[test]
    fn middle_of_a_long_connection_is_left_out() {
        let memory = Memory::default();
        let recording = finish(record(&memory, 1000, 10_000));
        let (kept, left_out) = octets(&recording);
        assert_eq!(kept + left_out, 10_000_000);
        let limit = 2 * LIMIT as u64;
        assert!(kept <= limit && kept > limit * 8 / 10, "{kept}");
        assert_eq!(recording.connection.notes.len(), 1);
        let events = &recording.connection.events;
        assert_eq!(events[0].kind, RecordedKind::Octets(vec![0; 1000]));
        assert_eq!(events[events.len() - 2].kind, RecordedKind::Octets(vec![9_999_u32 as u8; 1000]));
        let missing = events.iter().position(|event| matches!(event.kind, RecordedKind::Missing { .. }));
        let missing = missing.expect("missing octets");
        assert!(events[missing - 1].received < events[missing].received);
        assert!(events[missing].received < events[missing + 1].received);
        // The memory is free again when the recording is judged.
        assert!(memory.0.load(Ordering::Relaxed) > LIMIT);
        drop(recording);
        assert_eq!(memory.0.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn many_connections_keep_less_of_each() {
        let memory = Memory::default();
        memory.0.fetch_add(TOTAL + 1, Ordering::Relaxed);
        let (kept, left_out) = octets(&finish(record(&memory, 100, 10_000)));
        assert_eq!(kept + left_out, 1_000_000);
        assert!(kept > 0 && kept <= 2 * SMALL_LIMIT as u64, "{kept}");
    }
}
