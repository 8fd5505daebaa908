//! What an endpoint does itself, as against what it leaves to the program around it. In come duties, out come the
//! rules that may be held against whoever has taken them on.

use super::{Rule, RuleSet};

/// Something that an endpoint may do itself or leave to the program around it. A rule is held against a
/// subject only if the subject has taken on the duty that the rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Duty {
    /// It builds and parses frames: every subject does.
    Frames,
    /// It masks what a client sends, and picks the keys.
    Masks,
    /// It answers the peer's Close itself.
    Answers,
    /// It reads what a Close says: its code and reason.
    ReadsClose,
    /// It sends a Close itself when it fails the connection.
    FailsAloud,
    /// It closes TCP itself (or tells its caller, unmistakably, to do so at that moment).
    ClosesTcp,
    /// It has a clock of its own and gives up waiting.
    KeepsTime,
    /// It tells its application the code and reason of a closure.
    Reports,
    /// It tells its application whether the closure was clean.
    ReportsClean,
    /// It offers the application a way to close and to send.
    OffersApi,
    /// The adapter can see how much memory it takes.
    ShowsMemory,
}

impl Duty {
    /// Every duty, in the order of the enum.
    pub const ALL: [Duty; 11] = [
        Duty::Frames,
        Duty::Masks,
        Duty::Answers,
        Duty::ReadsClose,
        Duty::FailsAloud,
        Duty::ClosesTcp,
        Duty::KeepsTime,
        Duty::Reports,
        Duty::ReportsClean,
        Duty::OffersApi,
        Duty::ShowsMemory,
    ];

    /// The duty in a few words, as `explain` prints it.
    pub const fn says(self) -> &'static str {
        match self {
            Duty::Frames => "builds and parses frames",
            Duty::Masks => "masks what it sends as a client",
            Duty::Answers => "answers a Close itself",
            Duty::ReadsClose => "reads the code and reason of a Close",
            Duty::FailsAloud => "sends a Close itself when it fails the connection",
            Duty::ClosesTcp => "closes TCP itself",
            Duty::KeepsTime => "has a clock and gives up waiting",
            Duty::Reports => "tells the application code and reason",
            Duty::ReportsClean => "tells the application whether the closure was clean",
            Duty::OffersApi => "lets the application close and send",
            Duty::ShowsMemory => "lets us see its memory",
        }
    }
}

/// A set of duties, and the single rules among them that the program around the subject keeps all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Duties {
    bits: u16,
    left: RuleSet,
}

impl Duties {
    /// Every duty there is.
    pub const ALL: Duties = Duties { bits: (1 << Duty::ALL.len()) - 1, left: RuleSet::EMPTY };

    /// The set of these duties.
    pub const fn of(duties: &[Duty]) -> Duties {
        let mut bits = 0;
        let mut i = 0;
        while i < duties.len() {
            bits |= 1 << duties[i] as u16;
            i += 1;
        }
        Duties { bits, left: RuleSet::EMPTY }
    }

    /// The set without these duties.
    pub const fn without(self, duties: &[Duty]) -> Duties {
        Duties { bits: self.bits & !Duties::of(duties).bits, left: self.left }
    }

    /// The set, but for these rules, which the program around the subject keeps or breaks.
    pub const fn but_for(self, rules: &[Rule]) -> Duties {
        Duties { bits: self.bits, left: self.left.union(RuleSet::of(rules)) }
    }

    /// Whether this rule may be held against a subject with these duties.
    pub const fn asks(self, rule: Rule) -> bool {
        self.has(rule.duty()) && !self.left.contains(rule)
    }

    /// The rules that may be held against a subject with these duties.
    pub const fn rules(self) -> RuleSet {
        let mut rules = RuleSet::EMPTY;
        let mut i = 0;
        while i < Rule::ALL.len() {
            if self.asks(Rule::ALL[i]) {
                rules.insert(Rule::ALL[i]);
            }
            i += 1;
        }
        rules
    }

    /// Whether the set has this duty.
    pub const fn has(self, duty: Duty) -> bool {
        self.bits & (1 << duty as u16) != 0
    }
}
