//! Collects verdicts and findings while the rules look at a connection.

use super::facts::{At, ConnectionFacts};
use super::reason::InconclusiveReason;
use super::verdict::{Finding, GRACE_TICKS, Observed, Verdicts};
use crate::harness::trace::Trace;
use crate::rules::{Capability, Rule, RuleSet};

/// Collects the verdicts and findings of one trace.
pub(super) struct VerdictSink<'a> {
    pub(super) trace: &'a Trace,
    pub(super) applicable: RuleSet,
    pub(super) verdicts: &'a mut Verdicts,
    pub(super) findings: &'a mut Vec<Finding>,
}

impl VerdictSink<'_> {
    /// Whether the subject took on what the rule is about.
    pub(super) fn applies(&self, rule: Rule) -> bool {
        self.applicable.contains(rule)
    }

    /// Whether a subject with a clock may still do at its next tick what is request of it at once.
    pub(super) fn in_grace(&self, facts: &ConnectionFacts, since: At) -> bool {
        self.trace.capabilities.has(Capability::HasTimeouts) && facts.ticks_since(since) <= GRACE_TICKS
    }

    pub(super) fn conforms(&mut self, rule: Rule) {
        self.all_conform(RuleSet::of(&[rule]));
    }

    pub(super) fn all_conform(&mut self, rules: RuleSet) {
        self.verdicts.conforming = self.verdicts.conforming.union(rules.intersection(self.applicable));
    }

    /// Notes that the trace exercises a rule and does not show whether the subject conforms.
    pub(super) fn inconclusive(&mut self, rule: Rule, reason: InconclusiveReason) {
        if self.applies(rule) {
            self.verdicts.add_inconclusive(rule, reason);
        }
    }

    pub(super) fn violates(&mut self, rule: Rule, at: At, expected: &'static str, actual: Observed) {
        if self.applies(rule) {
            self.verdicts.violated.insert(rule);
            self.findings.push(Finding {
                rule,
                level: rule.level(),
                at: at.entry as usize,
                expected,
                actual,
            });
        }
    }

    /// Conforms, unless there is something that shows a violation.
    pub(super) fn check(&mut self, rule: Rule, violation: Option<(At, Observed)>, expected: &'static str) {
        match violation {
            Some((at, actual)) => self.violates(rule, at, expected, actual),
            None => self.conforms(rule),
        }
    }
}
