//! Defines verdicts and findings, which the judge returns.

use std::fmt;

use super::comparison::Comparison;
use super::reason::InconclusiveReason;
use crate::protocol::code::CloseCode;
use crate::protocol::flaw::Flaw;
use crate::protocol::foreign::ForeignText;
use crate::rules::{Level, Rule, RuleSet};

/// The grace in ticks for what the RFC requires at once.
pub const GRACE_TICKS: u32 = 1;

/// The idle time in ticks after which an endpoint with timeouts has to give up waiting.
pub const TIMEOUT_TICKS: u32 = 16;

/// What a trace shows about a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Verdict {
    /// Nothing in the trace exercised it.
    #[default]
    NotExercised,
    /// The trace exercised it and does not show whether the subject conforms.
    Inconclusive,
    /// The subject conformed to it.
    Conforms,
    /// The subject violated it.
    Violates,
}

impl Verdict {
    /// The verdict as it is printed.
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

/// What was observed in place of the expected behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Observed {
    /// A description.
    Text(&'static str),
    /// The subject sent a frame or a body with this flaw.
    Sent(Flaw),
    /// The subject sent a Close with this code.
    SentCode(CloseCode),
    /// The subject sent a Close with the first code (or none), and its application had requested the second.
    SentInPlaceOf(Option<CloseCode>, Option<CloseCode>),
    /// The subject sent no Close, although its application requested one. In the named case it did.
    IgnoredRequest(&'static str),
    /// The subject replied to a Close with the first code (or none) by one with the second (or none).
    Replied(Option<CloseCode>, Option<CloseCode>),
    /// The subject failed the connection with this code (or none).
    FailedWith(Option<CloseCode>),
    /// The subject treated a Close with this code (or none) as an error.
    Rejected(Option<CloseCode>),
    /// The subject accepted a frame with this flaw. If it is a Close, the second value is its code.
    Accepted(Flaw, Option<CloseCode>),
    /// The subject accepted a Close with this flaw: it replied as to lawful Closes, and not as if it failed the
    /// connection.
    AcceptedAsUsual(Flaw, Comparison),
    /// The subject accepted a Close with this flaw in its reason, although it interprets reasons in the named case.
    AcceptedUnlike(Flaw, &'static str),
    /// The subject failed the connection with this code (or none): it does not close for lawful frames in the named
    /// case.
    ClosedUnlike(Option<CloseCode>, &'static str),
    /// The subject reported this code (or none) to the application.
    Reported(Option<CloseCode>),
    /// The subject wrote text in place of a frame.
    WroteText {
        /// The kind of text.
        text: ForeignText,
        /// How many octets after the subject's last Close the text begins, or after the start of its frames.
        distance: u64,
        /// Whether the subject had sent a Close.
        after_close: bool,
    },
    /// A number of something.
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
            Observed::SentInPlaceOf(sent, requested) => {
                write!(f, "sent {} in place of {}", Code(sent), Code(requested))
            }
            Observed::IgnoredRequest(case) => {
                write!(f, "sent no Close, although it closes if its application requests it ({case})")
            }
            Observed::Replied(to, with) => write!(f, "replied to {} with {}", Code(to), Code(with)),
            Observed::FailedWith(code) => write!(f, "failed the connection with {}", Code(code)),
            Observed::Rejected(code) => write!(f, "{} treated as an error", Code(code)),
            Observed::Accepted(flaw, None) => write!(f, "accepted a {}", flaw.description()),
            Observed::Accepted(flaw, Some(code)) => {
                write!(f, "accepted a {}, code {code}", flaw.description())
            }
            Observed::AcceptedAsUsual(flaw, comparison) => {
                write!(f, "accepted a {}: {comparison}", flaw.description())
            }
            Observed::AcceptedUnlike(flaw, case) => {
                write!(f, "accepted a {}, although it interprets reasons ({case})", flaw.description())
            }
            Observed::ClosedUnlike(code, case) => write!(
                f,
                "failed the connection with {}: it does not close for lawful frames ({case})",
                Code(code)
            ),
            Observed::Reported(code) => write!(f, "reported {} to the application", Code(code)),
            Observed::WroteText { text, distance, after_close } => {
                let place = if after_close { "after the Close" } else { "after the opening handshake" };
                write!(f, "{text} was written into the WebSocket connection, {distance} octets {place}")
            }
            Observed::Count(count, what) => write!(f, "{count} {what}"),
        }
    }
}

/// A violation of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// The severity, which is the rule's level.
    pub level: Level,
    /// The index of the trace event that shows it: for an omission, the event after which the subject had to act.
    pub at: usize,
    /// What a conforming endpoint does.
    pub expected: &'static str,
    /// What the subject did.
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
    /// The rules that usual replies may decide.
    pub(super) open: RuleSet,
    /// By rule: why it was first inconclusive.
    reasons: [Option<InconclusiveReason>; Rule::ALL.len()],
}

impl Default for Verdicts {
    fn default() -> Verdicts {
        Verdicts {
            inconclusive: RuleSet::EMPTY,
            conforming: RuleSet::EMPTY,
            violated: RuleSet::EMPTY,
            open: RuleSet::EMPTY,
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

    /// The rules whose verdict rests on a reply that the usual replies of the subject may explain.
    pub const fn open_to_comparison(&self) -> RuleSet {
        self.open
    }

    /// The verdicts on these rules; the others count as not exercised.
    pub fn only(&self, rules: RuleSet) -> Verdicts {
        Verdicts {
            inconclusive: self.inconclusive.intersection(rules),
            conforming: self.conforming.intersection(rules),
            violated: self.violated.intersection(rules),
            open: self.open.intersection(rules),
            reasons: self.reasons,
        }
    }

    /// The verdicts on all rules but these, which count as not exercised.
    pub fn without(&self, rules: RuleSet) -> Verdicts {
        self.only(RuleSet::ALL.without(rules))
    }

    /// The verdict on a rule. A violation anywhere in the trace decides, then conformance, then doubt.
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
        let conforming = self.conforming.without(self.violated);
        match verdict {
            Verdict::Violates => self.violated,
            Verdict::Conforms => conforming,
            Verdict::Inconclusive => self.inconclusive.without(self.violated).without(conforming),
            Verdict::NotExercised => {
                RuleSet::ALL.without(self.violated.union(self.conforming).union(self.inconclusive))
            }
        }
    }
}
