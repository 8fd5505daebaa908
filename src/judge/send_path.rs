//! Tracks whether what the subject sends can reach the peer, and which rules can be judged if it cannot.

use crate::rules::{Delivery, RuleSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum PathState {
    /// The peer could read everything that the subject sent.
    #[default]
    Open,
    /// The peer did not read for a time, and then resumed.
    Delayed,
    /// The peer does not read.
    Blocked,
    /// The peer vanished.
    Gone,
}

/// The path from the subject to the peer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SendPath {
    state: PathState,
    gone: bool,
    /// Whether anything but data happened to the subject since the peer stopped reading.
    interrupted: bool,
}

impl SendPath {
    /// Notes that something other than data happened to the subject.
    pub(super) fn mark_interrupted(&mut self) {
        self.interrupted = true;
    }

    /// Notes that the peer vanished. A subject that was blocked in a write stays blocked.
    pub(super) fn on_peer_gone(&mut self) {
        self.gone = true;
        if self.state != PathState::Blocked {
            self.state = PathState::Gone;
        }
    }

    /// Notes that the peer stopped reading.
    pub(super) fn on_peer_pause(&mut self) {
        // A second pause continues the first, and what happened since then still counts.
        if self.state != PathState::Blocked {
            self.state = PathState::Blocked;
            self.interrupted = false;
        }
    }

    /// Notes that the peer reads again. That is too late for a subject that has ended TCP. A subject that was
    /// interrupted while it was blocked may have had to abandon the write.
    pub(super) fn on_peer_resume(&mut self, ended: bool) {
        if self.state == PathState::Blocked && !ended && !self.interrupted && !self.gone {
            self.state = PathState::Delayed;
        }
    }

    /// The rules that can be judged of a subject with this path.
    pub(super) const fn applicable_rules(self) -> RuleSet {
        match self.state {
            PathState::Open => RuleSet::ALL,
            PathState::Delayed => DELAYED,
            PathState::Blocked => BLOCKED,
            PathState::Gone => GONE,
        }
    }

    /// Whether the subject may have sent something that the trace cannot show.
    pub(super) const fn cannot_deliver(self) -> bool {
        match self.state {
            PathState::Open | PathState::Delayed => false,
            PathState::Blocked | PathState::Gone => true,
        }
    }
}

/// The rules that can be judged of a subject that is blocked in a write, or ended the connection because of it.
const BLOCKED: RuleSet = RuleSet::with_delivery(Delivery::Independent);

/// The rules that can be judged of a subject whose peer vanished.
const GONE: RuleSet = BLOCKED.union(RuleSet::with_delivery(Delivery::Report));

/// The rules that can be judged of a subject of which only a part of what it sent can be read.
pub(super) const UNREADABLE: RuleSet = GONE;

/// The rules that can be judged of a subject that had to wait until its peer resumed reading.
const DELAYED: RuleSet = BLOCKED.union(RuleSet::with_delivery(Delivery::Delayable));
