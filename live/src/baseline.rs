//! The baseline of `wsclose check --baseline`. In comes a TOML file of rules that an endpoint is known to
//! break, out comes why each of them is no news.

use std::collections::BTreeMap;

use serde::Deserialize;
use wsclose::rules::{Rule, UnknownRule};

/// Why a baseline cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It is no TOML, or not of the expected shape.
    #[error("expected `[[known]]` tables with rule and reason: {0}")]
    Shape(#[from] toml::de::Error),
    /// It names a rule that does not exist.
    #[error("{0} (`wsclose rules` lists them)")]
    Rule(#[from] UnknownRule),
    /// It says something twice.
    #[error("{0} is listed twice; state it once")]
    Duplicate(Rule),
    /// It does not say why.
    #[error("{0}: expected a text for `reason`, found an empty one")]
    EmptyReason(Rule),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    known: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    reason: String,
}

/// Reads the text of a baseline.
pub fn read(text: &str) -> Result<BTreeMap<Rule, String>, BaselineError> {
    let file: File = toml::from_str(text)?;
    let mut known = BTreeMap::new();
    for Entry { rule, reason } in file.known {
        let rule: Rule = rule.parse()?;
        if reason.trim().is_empty() {
            return Err(BaselineError::EmptyReason(rule));
        }
        if known.insert(rule, reason).is_some() {
            return Err(BaselineError::Duplicate(rule));
        }
    }
    Ok(known)
}
