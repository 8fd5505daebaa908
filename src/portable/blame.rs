//! Which of the violated rules a check blames.

use std::collections::BTreeMap;

use crate::rules::{Capability, Family, Focus, Layer, Rule, RuleSet};

/// Whether a script exercises a rule for a reason of its own. Every script exercises the rules on the form of frames.
pub(super) fn is_specific(rule: Rule) -> bool {
    rule.focus() != Focus::OwnFrames && rule.layer() != Layer::CloseRequest
}

/// Whether a rule is about which input is accepted and which is rejected.
pub(super) fn is_about_input(rule: &Rule) -> bool {
    matches!(rule.family(), Family::LawfulInput | Family::FaultyInput)
}

pub(super) fn is_report(rule: &Rule) -> bool {
    rule.family() == Family::Reports
}

/// Whether a rule is about when an endpoint ends TCP.
pub(super) fn is_about_tcp(rule: Rule) -> bool {
    matches!(rule.capability(), Capability::ClosesTcp | Capability::HasTimeouts)
}

/// The most severe rule; of several, the first of the catalogue.
pub(super) fn worst(rules: RuleSet) -> Option<Rule> {
    worst_of(rules, |_| true)
}

/// The most severe rule on reports.
pub(super) fn worst_report(rules: RuleSet) -> Option<Rule> {
    worst_of(rules, |rule| is_report(&rule))
}

/// The most severe of the rules that may be blamed; of several, the first of the catalogue.
pub(super) fn worst_of(rules: RuleSet, is_blamed: impl Fn(Rule) -> bool) -> Option<Rule> {
    rules.iter().filter(|rule| is_blamed(*rule)).min_by_key(|rule| (rule.level(), *rule))
}

/// The entries, the most severe rule first.
pub(super) fn by_severity<T>(found: BTreeMap<Rule, T>) -> Vec<(Rule, T)> {
    let mut found: Vec<(Rule, T)> = found.into_iter().collect();
    found.sort_by_key(|(rule, _)| (rule.level(), *rule));
    found
}
