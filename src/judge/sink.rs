//! Collects the verdicts and findings of a trace.

use super::facts::{At, ConnectionFacts};
use super::reason::InconclusiveReason;
use super::verdict::{Finding, GRACE_TICKS, Observed, Verdicts};
use crate::harness::Trace;
use crate::rules::{Capability, Rule, RuleSet};

/// A collector of verdicts and findings on the rules that apply.
pub(super) struct VerdictSink<'a> {
    pub(super) trace: &'a Trace,
    pub(super) applicable: RuleSet,
    pub(super) verdicts: &'a mut Verdicts,
    pub(super) findings: &'a mut Vec<Finding>,
}

impl VerdictSink<'_> {
    /// Whether the rule applies to the subject on this connection.
    pub(super) fn applies(&self, rule: Rule) -> bool {
        self.applicable.contains(rule)
    }

    /// Whether a subject with timeouts may still act at its next tick, if it had to act since then.
    pub(super) fn in_grace(&self, facts: &ConnectionFacts, since: At) -> bool {
        self.trace.capabilities.has(Capability::HasTimeouts) && facts.ticks_since(since) <= GRACE_TICKS
    }

    /// Notes that the subject conforms to a rule.
    pub(super) fn conforms(&mut self, rule: Rule) {
        self.all_conform(RuleSet::of(&[rule]));
    }

    /// Notes that the subject conforms to each of these rules.
    pub(super) fn all_conform(&mut self, rules: RuleSet) {
        self.verdicts.conforming = self.verdicts.conforming.union(rules.intersection(self.applicable));
    }

    /// Notes that the trace exercises a rule and does not show whether the subject conforms.
    pub(super) fn inconclusive(&mut self, rule: Rule, reason: InconclusiveReason) {
        if self.applies(rule) {
            self.verdicts.add_inconclusive(rule, reason);
        }
    }

    /// Notes that usual replies of the subject may decide the rule.
    pub(super) fn open_to_comparison(&mut self, rule: Rule) {
        if self.applies(rule) {
            self.verdicts.open.insert(rule);
        }
    }

    /// Notes a violation, and the event that shows it.
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

    /// Notes a violation if there is one, and that the subject conforms otherwise.
    pub(super) fn check(&mut self, rule: Rule, violation: Option<(At, Observed)>, expected: &'static str) {
        match violation {
            Some((at, actual)) => self.violates(rule, at, expected, actual),
            None => self.conforms(rule),
        }
    }
}
