//! What an endpoint does itself, as against what it leaves to the program around it. In come duties, out come the
//! rules that may be held against whoever has taken them on.

use super::{Rule, RuleSet};

/// Something that an endpoint may do itself or leave to the program around it. A rule is held against a
/// subject only if the subject has taken on the duty that the rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Capability {
    /// It builds and parses frames: every subject does.
    Framing,
    /// It masks what a client sends, and picks the keys.
    MasksFrames,
    /// It answers the peer's Close itself.
    RepliesToClose,
    /// It reads what a Close says: its code and reason.
    ParsesCloseBody,
    /// It sends a Close itself when it fails the connection.
    SendsCloseOnFailure,
    /// It closes TCP itself (or tells its caller, unmistakably, to do so at that moment).
    ClosesTcp,
    /// It has a clock of its own and gives up waiting.
    HasTimeouts,
    /// It tells its application the code and reason of a closure.
    ReportsCloseStatus,
    /// It tells its application whether the closure was clean.
    ReportsClean,
    /// It offers the application a way to close and to send.
    ExposesCloseApi,
    /// The adapter can see how much memory it takes.
    ReportsMemory,
    /// The adapter can see which messages it hands its application.
    ReportsMessages,
}

impl Capability {
    /// Every duty, in the order of the enum.
    pub const ALL: [Capability; 12] = [
        Capability::Framing,
        Capability::MasksFrames,
        Capability::RepliesToClose,
        Capability::ParsesCloseBody,
        Capability::SendsCloseOnFailure,
        Capability::ClosesTcp,
        Capability::HasTimeouts,
        Capability::ReportsCloseStatus,
        Capability::ReportsClean,
        Capability::ExposesCloseApi,
        Capability::ReportsMemory,
        Capability::ReportsMessages,
    ];

    /// The duty in a few words, as `explain` prints it.
    pub const fn description(self) -> &'static str {
        match self {
            Capability::Framing => "builds and parses frames",
            Capability::MasksFrames => "masks what it sends as a client",
            Capability::RepliesToClose => "answers a Close itself",
            Capability::ParsesCloseBody => "reads the code and reason of a Close",
            Capability::SendsCloseOnFailure => "sends a Close itself when it fails the connection",
            Capability::ClosesTcp => "closes TCP itself",
            Capability::HasTimeouts => "has a clock and gives up waiting",
            Capability::ReportsCloseStatus => "tells the application code and reason",
            Capability::ReportsClean => "tells the application whether the closure was clean",
            Capability::ExposesCloseApi => "lets the application close and send",
            Capability::ReportsMemory => "lets us see its memory",
            Capability::ReportsMessages => "lets us see the messages it delivers",
        }
    }
}

/// A set of duties, and the single rules among them that the program around the subject keeps all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Capabilities {
    bits: u16,
    exempt: RuleSet,
}

impl Capabilities {
    /// Every duty there is.
    pub const ALL: Capabilities =
        Capabilities { bits: (1 << Capability::ALL.len()) - 1, exempt: RuleSet::EMPTY };

    /// The set of these duties.
    pub const fn of(duties: &[Capability]) -> Capabilities {
        let mut bits = 0;
        let mut i = 0;
        while i < duties.len() {
            bits |= 1 << duties[i] as u16;
            i += 1;
        }
        Capabilities { bits, exempt: RuleSet::EMPTY }
    }

    /// The set without these duties.
    pub const fn without(self, duties: &[Capability]) -> Capabilities {
        Capabilities { bits: self.bits & !Capabilities::of(duties).bits, exempt: self.exempt }
    }

    /// The set, but for these rules, which the program around the subject keeps or breaks.
    pub const fn exempting(self, rules: &[Rule]) -> Capabilities {
        Capabilities { bits: self.bits, exempt: self.exempt.union(RuleSet::of(rules)) }
    }

    /// Whether this rule may be held against a subject with these duties.
    pub const fn covers(self, rule: Rule) -> bool {
        self.has(rule.capability()) && !self.exempt.contains(rule)
    }

    /// The rules that may be held against a subject with these duties.
    pub const fn rules(self) -> RuleSet {
        let mut rules = RuleSet::EMPTY;
        let mut i = 0;
        while i < Rule::ALL.len() {
            if self.covers(Rule::ALL[i]) {
                rules.insert(Rule::ALL[i]);
            }
            i += 1;
        }
        rules
    }

    /// Whether the set has this duty.
    pub const fn has(self, duty: Capability) -> bool {
        self.bits & (1 << duty as u16) != 0
    }
}
