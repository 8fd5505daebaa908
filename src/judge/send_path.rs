//! Whether what the subject writes can reach its peer. In comes what the peer does about its end of TCP; out
//! come the rules that may be held against the subject all the same.

use crate::rules::{Delivery, RuleSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum PathState {
    /// Everything that was written could be read.
    #[default]
    Open,
    /// For a time it could not, because the peer did not read.
    Delayed,
    /// It cannot, because the peer does not read.
    Blocked,
    /// It cannot, because the peer is gone.
    Gone,
}

/// The way from the subject to its peer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SendPath {
    state: PathState,
    gone: bool,
    /// Whether anything but octets came since the peer stopped reading.
    interrupted: bool,
}

impl SendPath {
    /// Something but octets happened to the subject.
    pub(super) fn mark_interrupted(&mut self) {
        self.interrupted = true;
    }

    /// The peer is gone. Whoever was stuck in writing stays so.
    pub(super) fn on_peer_gone(&mut self) {
        self.gone = true;
        if self.state != PathState::Blocked {
            self.state = PathState::Gone;
        }
    }

    /// The peer stops reading.
    pub(super) fn on_peer_pause(&mut self) {
        // A second pause is no new one: what happened since the first still counts.
        if self.state != PathState::Blocked {
            self.state = PathState::Blocked;
            self.interrupted = false;
        }
    }

    /// It reads again. Whoever ended TCP before this never saw the way clear; and whoever was request for
    /// something else while stuck in writing may have had to give one of the two up.
    pub(super) fn on_peer_resume(&mut self, ended: bool) {
        if self.state == PathState::Blocked && !ended && !self.interrupted && !self.gone {
            self.state = PathState::Delayed;
        }
    }

    /// The rules that may be held against a subject whose writes fare like this.
    pub(super) const fn applicable_rules(self) -> RuleSet {
        match self.state {
            PathState::Open => RuleSet::ALL,
            PathState::Delayed => DELAYED,
            PathState::Blocked => BLOCKED,
            PathState::Gone => GONE,
        }
    }

    /// Whether what the subject may have wanted to write last cannot be seen.
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

/// The rules that can be judged of a subject that had to wait until its peer resumed reading.
const DELAYED: RuleSet = BLOCKED.union(RuleSet::with_delivery(Delivery::Delayable));
