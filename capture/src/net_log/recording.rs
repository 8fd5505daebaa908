//! Collects the events of a connection within a limit that all connections share.

use std::time::Duration;

use wsclose::protocol::role::Role;

use super::event::Event;
use crate::recording::{RecordedEvent, RecordedKind};

/// What the events of all open connections may cost, in octets.
const LIMIT: usize = 64 << 20;
/// What an event costs that has no octets: a list that grows may have as many free places.
const EVENT: usize = 2 * size_of::<RecordedEvent>();
/// Notes are outside of the limit, so their number and length are small.
const LONGEST_NOTE: usize = 300;
const MOST_NOTES: usize = 16;

/// What the events of all open connections cost.
#[derive(Debug, Default)]
pub struct Budget {
    spent: usize,
}

/// The events and notes of a connection.
#[derive(Debug, Default)]
pub struct Recording {
    pub events: Vec<RecordedEvent>,
    pub notes: Vec<String>,
    /// What ended: a search through the events would be slow in a hostile file.
    ends: Vec<(Role, RecordedKind)>,
    cost: usize,
    /// Whether an event was left out. Then so is the rest, because a hole would look like silence.
    pub is_full: bool,
}

impl Recording {
    pub fn push(&mut self, event: &Event, from: Role, kind: RecordedKind, budget: &mut Budget) {
        let (octets, is_end) = match &kind {
            RecordedKind::Octets(octets) => (octets.capacity(), false),
            RecordedKind::Missing { .. } => (0, false),
            RecordedKind::Fin | RecordedKind::Reset | RecordedKind::TlsClosed => (0, true),
        };
        let cost = octets.saturating_add(EVENT);
        if self.is_full || budget.spent.saturating_add(cost) > LIMIT {
            self.is_full = true;
            return;
        }
        budget.spent += cost;
        self.cost += cost;
        if is_end && !self.has(from, &kind) {
            self.ends.push((from, kind.clone()));
        }
        let (time, packet) = (Some(event.time), Some(event.number));
        self.events.push(RecordedEvent { time, packet, ..RecordedEvent::new(from, kind) });
    }

    pub fn note(&mut self, note: &str) {
        if self.notes.len() < MOST_NOTES {
            self.notes.push(shortened(note, LONGEST_NOTE));
        }
    }

    /// Whether a side has done something that ends what it sends.
    pub fn has(&self, from: Role, kind: &RecordedKind) -> bool {
        self.ends.iter().any(|(side, end)| *side == from && end == kind)
    }

    /// Gives back what the events cost, when they leave the reader.
    pub fn release(&mut self, budget: &mut Budget) {
        budget.spent = budget.spent.saturating_sub(self.cost);
        self.cost = 0;
    }
}

/// The start of a text from a log, which may be of any length.
pub fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A time as notes show it.
pub fn seconds(time: Duration) -> String {
    format!("{}.{:03} s", time.as_secs(), time.subsec_millis())
}
