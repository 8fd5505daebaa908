//! The violations that are accepted for one endpoint.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wsclose::analysis::baseline::REASON_TO_FILL_IN;
use wsclose::rules::Rule;

pub use wsclose::analysis::baseline::BaselineError;

/// Accepted violations of an endpoint, each with a reason.
///
/// A violation of a listed rule does not fail a run. A listed rule that the endpoint no longer violates is *stale*, and
/// is reported so that the entry gets removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    reasons: BTreeMap<Rule, String>,
    path: Option<PathBuf>,
}

impl Baseline {
    /// Parses TOML: `[[known]]` tables, each with a `rule` and a `reason`. The format is that of
    /// [`wsclose::analysis::baseline`], without the field `implementation`.
    ///
    /// # Errors
    /// Returns what is wrong with the text.
    pub fn parse(text: &str) -> Result<Baseline, BaselineError> {
        let reasons = wsclose::analysis::baseline::Baseline::parse(text)?.into_reasons()?;
        Ok(Baseline { reasons, path: None })
    }

    /// Records the file of the baseline, which the reproduce command of a finding then names.
    pub fn with_path(self, path: impl Into<PathBuf>) -> Baseline {
        Baseline { path: Some(path.into()), ..self }
    }

    /// The file of the baseline, if it has one.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Why a violation of this rule is accepted, if it is.
    pub fn reason(&self, rule: Rule) -> Option<&str> {
        self.reasons.get(&rule).map(String::as_str)
    }

    /// A note on the entries without a reason, if there are any.
    pub(crate) fn note(&self) -> Option<String> {
        let open = self.reasons.iter().filter(|(_, reason)| *reason == REASON_TO_FILL_IN);
        let rules: Vec<&str> = open.map(|(rule, _)| rule.id()).collect();
        (!rules.is_empty()).then(|| format!("entries of the baseline without a reason: {}", rules.join(", ")))
    }

    /// The rules that are listed, in the order of the catalogue.
    pub fn rules(&self) -> impl Iterator<Item = Rule> {
        self.reasons.keys().copied()
    }
}

impl FromIterator<(Rule, String)> for Baseline {
    fn from_iter<I: IntoIterator<Item = (Rule, String)>>(entries: I) -> Baseline {
        Baseline { reasons: entries.into_iter().collect(), path: None }
    }
}
