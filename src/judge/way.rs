//! Whether what the subject writes can reach its peer. In comes what the peer does about its end of TCP; out
//! come the rules that may be held against the subject all the same.

use crate::rule::{Rule, RuleSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum Fares {
    /// Everything that was written could be read.
    #[default]
    Well,
    /// For a time it could not, because the peer did not read.
    Late,
    /// It cannot, because the peer does not read.
    Stuck,
    /// It cannot, because the peer is gone.
    Lost,
}

/// The way from the subject to its peer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Way {
    fares: Fares,
    gone: bool,
    /// Whether anything but octets came since the peer stopped reading.
    disturbed: bool,
}

impl Way {
    /// Something but octets happened to the subject.
    pub(super) fn disturb(&mut self) {
        self.disturbed = true;
    }

    /// The peer is gone. Whoever was stuck in writing stays so.
    pub(super) fn peer_gone(&mut self) {
        self.gone = true;
        if self.fares != Fares::Stuck {
            self.fares = Fares::Lost;
        }
    }

    /// The peer stops reading.
    pub(super) fn peer_pauses(&mut self) {
        // A second pause is no new one: what happened since the first still counts.
        if self.fares != Fares::Stuck {
            self.fares = Fares::Stuck;
            self.disturbed = false;
        }
    }

    /// It reads again. Whoever ended TCP before this never saw the way clear; and whoever was asked for
    /// something else while stuck in writing may have had to give one of the two up.
    pub(super) fn peer_resumes(&mut self, ended: bool) {
        if self.fares == Fares::Stuck && !ended && !self.disturbed && !self.gone {
            self.fares = Fares::Late;
        }
    }

    /// The rules that may be held against a subject whose writes fare like this.
    pub(super) const fn askable(self) -> RuleSet {
        match self.fares {
            Fares::Well => RuleSet::ALL,
            Fares::Late => WITHOUT_A_PEER.without(OF_REPORTS).union(DONE_LATE),
            // Who waits for ever to write his answer may not have come to telling anybody.
            Fares::Stuck => WITHOUT_A_PEER.without(OF_REPORTS),
            Fares::Lost => WITHOUT_A_PEER,
        }
    }

    /// Whether what the subject may have wanted to write last cannot be seen.
    pub(super) const fn is_mute(self) -> bool {
        match self.fares {
            Fares::Well | Fares::Late => false,
            Fares::Stuck | Fares::Lost => true,
        }
    }
}

/// What is done late rather than not at all by an endpoint that had to wait for its peer to read.
const DONE_LATE: RuleSet = RuleSet::of(&[
    Rule::CloseAnswered,
    Rule::TcpClosedAfterHandshake,
    Rule::FailClosesTcp,
    Rule::NoDataAfterClose,
    Rule::OneClose,
]);

/// What the application is told.
const OF_REPORTS: RuleSet = RuleSet::of(&[Rule::ReportsFirstCode, Rule::Reports1005, Rule::ReportsReason]);

/// The rules that can be kept whether or not what is written arrives. Nothing else can be asked of a subject
/// that may have failed to write, or ended the connection because of that.
const WITHOUT_A_PEER: RuleSet = RuleSet::of(&[
    Rule::CloseFin,
    Rule::CloseAtMost125,
    Rule::CloseRsvClear,
    Rule::ShortestLength,
    Rule::LengthTopBitClear,
    Rule::StreamWellFormed,
    Rule::ClientMasks,
    Rule::ServerDoesNotMask,
    Rule::FreshMaskKey,
    Rule::BodyEmptyOrCode,
    Rule::CodeIsDefined,
    Rule::CodeNotLocalOnly,
    Rule::CodeNot1004,
    Rule::CodeIsAssigned,
    Rule::Code1010FromClient,
    Rule::ReportsFirstCode,
    Rule::Reports1005,
    Rule::ReportsReason,
    Rule::NoPanic,
    Rule::NoHang,
    Rule::BoundedMemory,
    Rule::NextConnectionUnharmed,
]);
