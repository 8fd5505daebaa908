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
