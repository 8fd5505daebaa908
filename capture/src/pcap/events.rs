//! Keeps the events of a connection, in bounded memory.

use std::collections::VecDeque;

use super::shrink::Shrink;
use super::tcp::Stamp;
use crate::recording::RecordedKind;

/// The side of a connection: 0 has the smaller address.
pub(super) type Side = usize;

/// Octets kept at the beginning of each direction, and as many at its end. How a connection closed stands at the end.
const MAX_PART: u64 = 8 << 20;
/// What an event occupies besides its octets, about.
const EVENT_SIZE: u64 = 128;
/// How many events have to be left out before those that are adjacent become one.
const MERGE_EVERY: usize = 4096;

/// An event, before it is known which side is the server.
#[derive(Debug)]
pub(super) struct Event {
    pub side: Side,
    pub kind: RecordedKind,
    pub stamp: Stamp,
    /// How many octets of the other side were acknowledged.
    pub acknowledged: Option<u64>,
    /// How many octets behind those of `kind` were left out to save memory.
    pub spared: u64,
}

impl Event {
    /// Takes the missing octets of the next event in. False if they are no continuation.
    fn extend(&mut self, next: &Event) -> bool {
        if let RecordedKind::Missing { octets: Some(octets) } = &mut self.kind
            && let RecordedKind::Missing { octets: Some(more) } = next.kind
            && self.side == next.side
            && self.spared == 0
        {
            *octets = octets.saturating_add(more);
            return true;
        }
        false
    }
}

/// The events of a connection, in order.
#[derive(Debug, Default)]
pub(super) struct Events {
    list: Vec<Event>,
    /// How many octets are kept of the beginning of each side.
    head: [u64; 2],
    /// The places of the events that are kept of the end of each side.
    tail: [VecDeque<usize>; 2],
    /// How many octets these events have.
    tail_octets: [u64; 2],
    /// How many octets of each side became missing ones.
    left_out: [u64; 2],
    /// The frames of each side, as far as `shrunk`.
    frames: [Shrink; 2],
    /// How many events of the list have been shrunk.
    shrunk: usize,
    /// How many octets of the messages of each side were left out.
    spared: [u64; 2],
    /// How many events became missing octets and have not been merged.
    unmerged: usize,
}

impl Events {
    /// All events so far.
    pub fn list(&self) -> &[Event] {
        &self.list
    }

    /// How many octets of a side were left out.
    pub fn left_out(&self, side: Side) -> u64 {
        self.left_out[side]
    }

    /// How many octets of the messages of a side were left out, on which no verdict depends.
    pub fn spared(&self, side: Side) -> u64 {
        self.spared[side]
    }

    /// Leaves out the payloads of messages on which no verdict depends. They become missing octets.
    pub fn shrink(&mut self) {
        // The places of the events at the end would change.
        if self.tail.iter().any(|tail| !tail.is_empty()) {
            return;
        }
        for event in self.list.split_off(self.shrunk) {
            let side = event.side;
            let octets = match event.kind {
                RecordedKind::Octets(octets) => octets,
                RecordedKind::Missing { .. } => {
                    self.frames[side].lose();
                    self.list.push(event);
                    continue;
                }
                RecordedKind::Fin | RecordedKind::Reset | RecordedKind::TlsClosed => {
                    self.list.push(event);
                    continue;
                }
            };
            let (stamp, acknowledged) = (event.stamp, event.acknowledged);
            let mut push = |kind, spared| self.list.push(Event { side, kind, stamp, acknowledged, spared });
            let ranges = self.frames[side].spare(&octets);
            if ranges.is_empty() {
                push(RecordedKind::Octets(octets), 0);
                continue;
            }
            let mut from = 0;
            for range in ranges {
                let spared = range.len() as u64;
                if from < range.start {
                    push(RecordedKind::Octets(octets[from..range.start].to_vec()), spared);
                } else {
                    push(RecordedKind::Missing { octets: Some(spared) }, 0);
                }
                from = range.end;
                self.spared[side] += spared;
                self.head[side] -= spared;
            }
            if from < octets.len() {
                push(RecordedKind::Octets(octets[from..].to_vec()), 0);
            }
        }
        self.list.shrink_to_fit();
        self.shrunk = self.list.len();
    }

    /// About how much memory the events occupy, in octets.
    pub fn size(&self) -> u64 {
        let octets: u64 = self.head.iter().chain(&self.tail_octets).sum();
        octets + EVENT_SIZE * self.list.len() as u64
    }

    /// Appends an event. Octets in the middle of a long direction become missing ones.
    pub fn push(&mut self, event: Event) {
        let side = event.side;
        if self.list.last_mut().is_some_and(|last| last.extend(&event)) {
            if self.shrunk == self.list.len() {
                self.frames[side].lose();
            }
            return;
        }
        if let RecordedKind::Octets(octets) = &event.kind {
            let octets = octets.len() as u64;
            if self.head[side] + octets > MAX_PART {
                self.shrink();
            }
            if self.head[side] + octets <= MAX_PART && self.tail[side].is_empty() {
                self.head[side] += octets;
            } else {
                self.tail[side].push_back(self.list.len());
                self.tail_octets[side] += octets;
            }
        }
        if self.shrunk > 0 && self.list.len() == self.list.capacity() {
            // Doubled lists would take much of what shrinking saves.
            self.list.reserve_exact(self.list.len() / 8 + 8);
        }
        self.list.push(event);
        while self.tail_octets[side] > MAX_PART
            && let Some(first) = self.tail[side].pop_front()
        {
            let kind = &mut self.list[first].kind;
            if let RecordedKind::Octets(octets) = kind {
                let octets = octets.len() as u64;
                self.tail_octets[side] -= octets;
                self.left_out[side] += octets;
                self.unmerged += 1;
                *kind = RecordedKind::Missing { octets: Some(octets) };
            }
        }
        // Half of the list at least, so that every event is moved a few times at most.
        if self.unmerged > MERGE_EVERY && self.unmerged > self.list.len() / 2 {
            self.merge();
        }
    }

    /// Merges missing octets that are adjacent.
    fn merge(&mut self) {
        self.unmerged = 0;
        let mut seen = [0; 2];
        let mut merged: Vec<Event> = Vec::new();
        for (place, event) in std::mem::take(&mut self.list).into_iter().enumerate() {
            if merged.last_mut().is_some_and(|last| last.extend(&event)) {
                continue;
            }
            let side = event.side;
            if let Some(tail) = self.tail[side].get_mut(seen[side])
                && *tail == place
            {
                *tail = merged.len();
                seen[side] += 1;
            }
            merged.push(event);
        }
        self.list = merged;
    }

    /// All events, when no more follow.
    pub fn into_list(mut self) -> Vec<Event> {
        self.merge();
        if self.spared == [0; 2] {
            return self.list;
        }
        let mut list = Vec::with_capacity(self.list.len() * 2);
        for event in self.list {
            let Event { side, stamp, acknowledged, spared, .. } = event;
            list.push(event);
            if spared > 0 {
                let kind = RecordedKind::Missing { octets: Some(spared) };
                list.push(Event { side, kind, stamp, acknowledged, spared: 0 });
            }
        }
        list
    }
}
