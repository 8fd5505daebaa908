//! The violations that a suite accepts, from `allow` and from a baseline.

use std::collections::BTreeMap;

use super::error::SuiteError;
use crate::rules::{Rule, RuleSet};

#[cfg(feature = "baseline")]
use crate::analysis::baseline::Baseline;

/// Why violations of a rule are accepted.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub reason: String,
    /// The line of the baseline, if it is from one.
    pub line: Option<usize>,
}

/// The accepted violations by rule.
#[derive(Clone, Debug, Default)]
pub(super) struct Accepted(BTreeMap<Rule, Entry>);

impl Accepted {
    /// Accepts violations of one more rule.
    pub fn add(&mut self, subject: &str, rule: Rule, entry: Entry) -> Result<(), SuiteError> {
        if entry.reason.trim().is_empty() {
            return Err(SuiteError::NoReason { subject: subject.to_owned(), rule });
        }
        match self.0.insert(rule, entry) {
            None => Ok(()),
            Some(_) => Err(SuiteError::AcceptedTwice { subject: subject.to_owned(), rule }),
        }
    }

    /// Accepts what a baseline lists for the subject, or for every endpoint.
    #[cfg(feature = "baseline")]
    pub fn add_baseline(&mut self, subject: &str, text: &str) -> Result<(), SuiteError> {
        let baseline = Baseline::parse(text)
            .map_err(|source| SuiteError::Baseline { subject: subject.to_owned(), source })?;
        for rule in Rule::ALL {
            if let Some(known) = baseline.get(subject, rule) {
                self.add(subject, rule, Entry { reason: known.reason.clone(), line: Some(known.line) })?;
            }
        }
        Ok(())
    }

    /// The entries for these rules.
    pub fn only(mut self, rules: RuleSet) -> Accepted {
        self.0.retain(|rule, _| rules.contains(*rule));
        self
    }

    /// Why violations of this rule are accepted, if they are.
    pub fn reason(&self, rule: Rule) -> Option<&str> {
        self.0.get(&rule).map(|entry| entry.reason.as_str())
    }

    /// The accepted rules.
    pub fn rules(&self) -> impl Iterator<Item = Rule> {
        self.0.keys().copied()
    }

    /// Every entry, by rule.
    pub fn entries(&self) -> impl Iterator<Item = (Rule, Entry)> {
        self.0.iter().map(|(rule, entry)| (*rule, entry.clone()))
    }
}
