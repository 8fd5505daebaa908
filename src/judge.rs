//! The judge: in comes a trace, out comes a verdict on every rule and a finding for every violation. It knows
//! nothing of who made the trace but what the trace says: the role, and the duties that the subject took on.
//!
//! `extract` gathers what happened on each connection into a `facts`, and `reaction` says what the subject made of
//! it; `sender`, `receiver` and `app` compare that with the rules that bind these; `across` compares connections.
//! After its first few traces a judge allocates nothing.

mod app;
mod cross_connection;
mod extract;
mod facts;
mod frame_reader;
mod reaction;
mod receiver;
mod send_path;
mod sender;

use std::fmt;

use crate::code::{CloseCode, Profile};
use crate::flaw::Flaw;
use crate::rule::{Capabilities, Capability, Level, Rule, RuleSet};
use crate::subject::TraceEventKind;
use crate::trace::Trace;

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
            Verdict::Violates => "breaks",
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
            Observed::Sent(flaw) => write!(f, "wrote a {}", flaw.description()),
            Observed::SentCode(code) => write!(f, "wrote code {code}"),
            Observed::Replied(to, with) => write!(f, "{} answered by {}", Code(to), Code(with)),
            Observed::FailedWith(code) => write!(f, "failed the connection with {}", Code(code)),
            Observed::Rejected(code) => write!(f, "{} treated as an error", Code(code)),
            Observed::Accepted(flaw, None) => write!(f, "took a {}", flaw.description()),
            Observed::Accepted(flaw, Some(code)) => write!(f, "took a {}, code {code}", flaw.description()),
            Observed::Reported(code) => write!(f, "the application was reported {}", Code(code)),
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Verdicts {
    inconclusive: RuleSet,
    conforming: RuleSet,
    violated: RuleSet,
}

impl Verdicts {
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

/// The judge.
#[derive(Debug)]
pub struct Judge {
    profile: Profile,
    /// The rules that the duties seen last ask for.
    applicable: (Capabilities, RuleSet),
    verdicts: Verdicts,
    findings: Vec<Finding>,
    extractor: extract::FactExtractor,
    connections: Vec<cross_connection::ConnectionDigest>,
}

impl Judge {
    /// A judge that reads codes by this profile.
    pub fn new(profile: Profile) -> Judge {
        Judge {
            profile,
            applicable: (Capabilities::ALL, Capabilities::ALL.rules()),
            verdicts: Verdicts::default(),
            findings: Vec::new(),
            extractor: extract::FactExtractor::new(),
            connections: Vec::new(),
        }
    }

    /// Judges a trace. The findings come in the order of the trace, each rule at most once a connection.
    pub fn judge(&mut self, trace: &Trace) -> &[Finding] {
        self.verdicts = Verdicts::default();
        self.findings.clear();
        self.extractor.mask_keys.clear();
        self.connections.clear();
        if self.applicable.0 != trace.capabilities {
            self.applicable = (trace.capabilities, trace.capabilities.rules());
        }
        let request = self.applicable.1;
        let mut sink = VerdictSink {
            trace,
            applicable: request,
            verdicts: &mut self.verdicts,
            findings: &mut self.findings,
        };
        let mut across_all = request;
        let mut start = 0;
        while start < trace.events().len() {
            let next = trace.events()[start + 1..]
                .iter()
                .position(|entry| matches!(entry.kind, TraceEventKind::Connected { .. }))
                .map_or(trace.events().len(), |at| start + 1 + at);
            let facts = self.extractor.extract(trace, start, next, self.profile);
            let askable = facts.send_path.applicable_rules();
            across_all = across_all.intersection(askable);
            sink.applicable = request.intersection(askable);
            sender::judge(&mut sink, &facts, self.profile);
            receiver::judge(&mut sink, &facts);
            app::judge(&mut sink, &facts);
            if start > 0 || next < trace.events().len() {
                self.connections.push(cross_connection::ConnectionDigest::of(trace, start, next, &facts));
            }
            start = next;
        }
        sink.applicable = across_all;
        sender::judge_keys(&mut sink, &self.extractor.mask_keys);
        cross_connection::judge(&mut sink, &self.connections);
        self.findings.sort_unstable_by_key(|finding| (finding.at, finding.rule));
        &self.findings
    }

    /// The verdicts on the trace judged last.
    pub fn verdicts(&self) -> &Verdicts {
        &self.verdicts
    }

    /// The findings of the trace judged last.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

/// Where verdicts and findings are laid down.
struct VerdictSink<'a> {
    trace: &'a Trace,
    applicable: RuleSet,
    verdicts: &'a mut Verdicts,
    findings: &'a mut Vec<Finding>,
}

impl VerdictSink<'_> {
    /// Whether the subject took on what the rule is about.
    fn applies(&self, rule: Rule) -> bool {
        self.applicable.contains(rule)
    }

    /// Whether a subject with a clock may still do at its next tick what is request of it at once.
    fn in_grace(&self, facts: &facts::ConnectionFacts, since: facts::At) -> bool {
        self.trace.capabilities.has(Capability::HasTimeouts) && facts.ticks_since(since) <= GRACE_TICKS
    }

    fn conforms(&mut self, rule: Rule) {
        self.all_conform(RuleSet::of(&[rule]));
    }

    fn all_conform(&mut self, rules: RuleSet) {
        self.verdicts.conforming = self.verdicts.conforming.union(rules.intersection(self.applicable));
    }

    fn inconclusive(&mut self, rule: Rule) {
        self.verdicts.inconclusive =
            self.verdicts.inconclusive.union(RuleSet::of(&[rule]).intersection(self.applicable));
    }

    fn violates(&mut self, rule: Rule, at: facts::At, expected: &'static str, actual: Observed) {
        if self.applies(rule) {
            self.verdicts.violated.insert(rule);
            self.findings.push(Finding { rule, level: rule.level(), at: at.entry, expected, actual });
        }
    }

    /// Conforms, unless there is something that shows a violation.
    fn check(&mut self, rule: Rule, violation: Option<(facts::At, Observed)>, expected: &'static str) {
        match violation {
            Some((at, actual)) => self.violates(rule, at, expected, actual),
            None => self.conforms(rule),
        }
    }
}
