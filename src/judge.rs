//! The judge: in comes a trace, out comes a verdict on every rule and a finding for every breach. It knows
//! nothing of who made the trace but what the trace says: the role, and the duties that the subject took on.
//!
//! `teller` gathers what happened on each connection into a `story`, and `reaction` says what the subject made of
//! it; `sender`, `receiver` and `app` compare that with the rules that bind these; `across` compares connections.
//! After its first few traces a judge allocates nothing.

mod across;
mod app;
mod reaction;
mod reader;
mod receiver;
mod sender;
mod story;
mod teller;
mod way;

use std::fmt;

use crate::code::{CloseCode, Profile};
use crate::flaw::Flaw;
use crate::rule::{Duties, Duty, Level, Rule, RuleSet};
use crate::subject::What;
use crate::trace::Trace;

/// The grace in ticks for what the RFC wants done at once.
pub const PROMPT: u32 = 1;

/// The silence in ticks after which nobody is expected to wait any longer.
pub const PATIENCE: u32 = 16;

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
    /// It was broken.
    Breaks,
}

impl Verdict {
    /// The verdict in words.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::NotExercised => "not exercised",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Conforms => "conforms",
            Verdict::Breaks => "breaks",
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
pub enum Actual {
    /// In so many words.
    Words(&'static str),
    /// A frame or a body with this flaw was written.
    Wrote(Flaw),
    /// A Close with this code was written.
    WroteCode(CloseCode),
    /// A Close with the first code (or none) was answered by one with the second (or none).
    Answered(Option<CloseCode>, Option<CloseCode>),
    /// The connection was failed with this code (or none).
    Failed(Option<CloseCode>),
    /// A Close with this code (or none) was treated as an error.
    Refused(Option<CloseCode>),
    /// Something with this flaw was taken as if nothing were wrong; a Close had this code.
    Took(Flaw, Option<CloseCode>),
    /// The code (or none) that the application was told.
    Told(Option<CloseCode>),
    /// So many of these.
    Count(u64, &'static str),
}

impl fmt::Display for Actual {
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
            Actual::Words(words) => f.write_str(words),
            Actual::Wrote(flaw) => write!(f, "wrote a {}", flaw.says()),
            Actual::WroteCode(code) => write!(f, "wrote code {code}"),
            Actual::Answered(to, with) => write!(f, "{} answered by {}", Code(to), Code(with)),
            Actual::Failed(code) => write!(f, "failed the connection with {}", Code(code)),
            Actual::Refused(code) => write!(f, "{} treated as an error", Code(code)),
            Actual::Took(flaw, None) => write!(f, "took a {}", flaw.says()),
            Actual::Took(flaw, Some(code)) => write!(f, "took a {}, code {code}", flaw.says()),
            Actual::Told(code) => write!(f, "the application was told {}", Code(code)),
            Actual::Count(count, what) => write!(f, "{count} {what}"),
        }
    }
}

/// A breach of a rule.
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
    pub actual: Actual,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}  {}", self.rule, self.level, self.actual)
    }
}

/// A verdict on every rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Verdicts {
    unclear: RuleSet,
    kept: RuleSet,
    broken: RuleSet,
}

impl Verdicts {
    /// The verdict on one rule: the worst that any part of the trace gave rise to.
    pub const fn on(&self, rule: Rule) -> Verdict {
        if self.broken.contains(rule) {
            Verdict::Breaks
        } else if self.kept.contains(rule) {
            Verdict::Conforms
        } else if self.unclear.contains(rule) {
            Verdict::Inconclusive
        } else {
            Verdict::NotExercised
        }
    }

    /// The rules with this verdict.
    pub fn with(&self, verdict: Verdict) -> RuleSet {
        let kept = self.kept.without(self.broken);
        match verdict {
            Verdict::Breaks => self.broken,
            Verdict::Conforms => kept,
            Verdict::Inconclusive => self.unclear.without(self.broken).without(kept),
            Verdict::NotExercised => RuleSet::ALL.without(self.broken.union(self.kept).union(self.unclear)),
        }
    }
}

/// The judge.
#[derive(Debug)]
pub struct Judge {
    profile: Profile,
    /// The rules that the duties seen last ask for.
    asked: (Duties, RuleSet),
    verdicts: Verdicts,
    findings: Vec<Finding>,
    teller: teller::Teller,
    connections: Vec<across::Outcome>,
}

impl Judge {
    /// A judge that reads codes by this profile.
    pub fn new(profile: Profile) -> Judge {
        Judge {
            profile,
            asked: (Duties::ALL, Duties::ALL.rules()),
            verdicts: Verdicts::default(),
            findings: Vec::new(),
            teller: teller::Teller::new(),
            connections: Vec::new(),
        }
    }

    /// Judges a trace. The findings come in the order of the trace, each rule at most once a connection.
    pub fn judge(&mut self, trace: &Trace) -> &[Finding] {
        self.verdicts = Verdicts::default();
        self.findings.clear();
        self.teller.keys.clear();
        self.connections.clear();
        if self.asked.0 != trace.duties {
            self.asked = (trace.duties, trace.duties.rules());
        }
        let asked = self.asked.1;
        let mut bench = Bench { trace, asked, verdicts: &mut self.verdicts, findings: &mut self.findings };
        let mut across_all = asked;
        let mut start = 0;
        while start < trace.entries().len() {
            let next = trace.entries()[start + 1..]
                .iter()
                .position(|entry| matches!(entry.what, What::Connected { .. }))
                .map_or(trace.entries().len(), |at| start + 1 + at);
            let story = self.teller.tell(trace, start, next, self.profile);
            let askable = story.way.askable();
            across_all = across_all.and(askable);
            bench.asked = asked.and(askable);
            sender::judge(&mut bench, &story, self.profile);
            receiver::judge(&mut bench, &story);
            app::judge(&mut bench, &story);
            if start > 0 || next < trace.entries().len() {
                self.connections.push(across::Outcome::of(trace, start, next, &story));
            }
            start = next;
        }
        bench.asked = across_all;
        sender::judge_keys(&mut bench, &self.teller.keys);
        across::judge(&mut bench, &self.connections);
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
struct Bench<'a> {
    trace: &'a Trace,
    asked: RuleSet,
    verdicts: &'a mut Verdicts,
    findings: &'a mut Vec<Finding>,
}

impl Bench<'_> {
    /// Whether the subject took on what the rule is about.
    fn asks(&self, rule: Rule) -> bool {
        self.asked.contains(rule)
    }

    /// Whether a subject with a clock may still do at its next tick what is asked of it at once.
    fn in_grace(&self, story: &story::Story, since: story::At) -> bool {
        self.trace.duties.has(Duty::KeepsTime) && story.since(since) <= PROMPT
    }

    fn conforms(&mut self, rule: Rule) {
        self.all_conform(RuleSet::of(&[rule]));
    }

    fn all_conform(&mut self, rules: RuleSet) {
        self.verdicts.kept = self.verdicts.kept.union(rules.and(self.asked));
    }

    fn unclear(&mut self, rule: Rule) {
        self.verdicts.unclear = self.verdicts.unclear.union(RuleSet::of(&[rule]).and(self.asked));
    }

    fn breaks(&mut self, rule: Rule, at: story::At, expected: &'static str, actual: Actual) {
        if self.asks(rule) {
            self.verdicts.broken.insert(rule);
            self.findings.push(Finding { rule, level: rule.level(), at: at.entry, expected, actual });
        }
    }

    /// Conforms, unless there is something that shows a breach.
    fn rule(&mut self, rule: Rule, breach: Option<(story::At, Actual)>, expected: &'static str) {
        match breach {
            Some((at, actual)) => self.breaks(rule, at, expected, actual),
            None => self.conforms(rule),
        }
    }
}
