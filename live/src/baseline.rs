//! Reads the baseline of one endpoint: the rules whose violations a run accepts, with reasons.

use std::collections::BTreeMap;

pub use wsclose::analysis::baseline::BaselineError;

use wsclose::analysis::baseline::Baseline;
use wsclose::rules::Rule;

/// Parses a baseline and returns the reason for each rule.
///
/// # Errors
/// If [`Baseline::parse`] rejects the text, or an entry names an implementation.
pub fn read(text: &str) -> Result<BTreeMap<Rule, String>, BaselineError> {
    Baseline::parse(text)?.into_reasons()
}
