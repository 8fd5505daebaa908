//! Verdicts and findings: what the judge returns.

use std::fmt;

use super::reason::InconclusiveReason;
use crate::protocol::code::CloseCode;
use crate::protocol::flaw::Flaw;
use crate::rules::{Level, Rule, RuleSet};

/// The grace in ticks for what the RFC wants done at once.
pub const GRACE_TICKS: u32 = 1;

/// The silence in ticks after which nobody is expected to wait any longer.
pub const TIMEOUT_TICKS: u32 = 16;

/// What a trace says about a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Verdict {
    /// Nothing in the trace touched it.
    #[default]
    NotExercised,
    /// Something did, and the trace does not tell how it went.
    Inconclusive,
    /// It was kept.
    Conforms,
    /// It was flawed.
    Violates,
}

impl Verdict {
    /// The verdict in words.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::NotExercised => "not exercised",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Conforms => "conforms",
            Verdict::Violates => "violates",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What was seen where something else was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Observed {
    /// In so many words.
    Text(&'static str),
    /// A frame or a body with this flaw was written.
    Sent(Flaw),
    /// A Close with this code was written.
    SentCode(CloseCode),
    /// A Close with the first code (or none) was answered by one with the second (or none).
    Replied(Option<CloseCode>, Option<CloseCode>),
    /// The connection was failed with this code (or none).
    FailedWith(Option<CloseCode>),
    /// A Close with this code (or none) was treated as an error.
    Rejected(Option<CloseCode>),
    /// Something with this flaw was taken as if nothing were wrong; a Close had this code.
    Accepted(Flaw, Option<CloseCode>),
    /// The code (or none) that the application was reported.
    Reported(Option<CloseCode>),
    /// So many of these.
    Count(u64, &'static str),
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Code(Option<CloseCode>);
        impl fmt::Display for Code {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    Some(code) => write!(f, "{code}"),
                    None => f.write_str("a Close without a code"),
                }
            }
        }
        match *self {
            Observed::Text(words) => f.write_str(words),
            Observed::Sent(flaw) => write!(f, "sent a {}", flaw.description()),
            Observed::SentCode(code) => write!(f, "sent code {code}"),
            Observed::Replied(to, with) => write!(f, "replied to {} with {}", Code(to), Code(with)),
            Observed::FailedWith(code) => write!(f, "failed the connection with {}", Code(code)),
            Observed::Rejected(code) => write!(f, "{} treated as an error", Code(code)),
            Observed::Accepted(flaw, None) => write!(f, "accepted a {}", flaw.description()),
            Observed::Accepted(flaw, Some(code)) => {
                write!(f, "accepted a {}, code {code}", flaw.description())
            }
            Observed::Reported(code) => write!(f, "reported {} to the application", Code(code)),
            Observed::Count(count, what) => write!(f, "{count} {what}"),
        }
    }
}

/// A violation of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// How bad it is: the rule's level.
    pub level: Level,
    /// The entry of the trace that shows it.
    pub at: usize,
    /// What a conforming endpoint would have done.
    pub expected: &'static str,
    /// What this one did.
    pub actual: Observed,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}  {}", self.rule, self.level, self.actual)
    }
}

/// A verdict on every rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdicts {
    pub(super) inconclusive: RuleSet,
    pub(super) conforming: RuleSet,
    pub(super) violated: RuleSet,
    /// By rule: why it was first inconclusive.
    reasons: [Option<InconclusiveReason>; Rule::ALL.len()],
}

impl Default for Verdicts {
    fn default() -> Verdicts {
        Verdicts {
            inconclusive: RuleSet::EMPTY,
            conforming: RuleSet::EMPTY,
            violated: RuleSet::EMPTY,
            reasons: [None; Rule::ALL.len()],
        }
    }
}

impl Verdicts {
    /// Notes that a part of the trace is inconclusive on a rule. The first reason is kept.
    pub(super) fn add_inconclusive(&mut self, rule: Rule, reason: InconclusiveReason) {
        self.inconclusive.insert(rule);
        self.reasons[rule as usize].get_or_insert(reason);
    }

    /// Why the verdict on a rule is inconclusive; `None` if there is another verdict. If several parts of the trace
    /// were inconclusive, the reason is that of the first.
    pub const fn inconclusive_reason(&self, rule: Rule) -> Option<InconclusiveReason> {
        match self.on(rule) {
            Verdict::Inconclusive => self.reasons[rule as usize],
            Verdict::Violates | Verdict::Conforms | Verdict::NotExercised => None,
        }
    }

    /// The verdict on one rule: the worst that any part of the trace gave rise to.
    pub const fn on(&self, rule: Rule) -> Verdict {
        if self.violated.contains(rule) {
            Verdict::Violates
        } else if self.conforming.contains(rule) {
            Verdict::Conforms
        } else if self.inconclusive.contains(rule) {
            Verdict::Inconclusive
        } else {
            Verdict::NotExercised
        }
    }

    /// The rules with this verdict.
    pub fn with(&self, verdict: Verdict) -> RuleSet {
        let kept = self.conforming.without(self.violated);
        match verdict {
            Verdict::Violates => self.violated,
            Verdict::Conforms => kept,
            Verdict::Inconclusive => self.inconclusive.without(self.violated).without(kept),
            Verdict::NotExercised => {
                RuleSet::ALL.without(self.violated.union(self.conforming).union(self.inconclusive))
            }
        }
    }
}
