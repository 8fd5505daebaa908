//! Accepted violations of implementations: a TOML file of (implementation, rule) pairs with reasons.

use std::collections::BTreeMap;

use serde::Deserialize;
use wsclose::rules::{Rule, UnknownRule};

/// A confirmed deviation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownViolation {
    /// The peer, as its adapter is named.
    pub implementation: String,
    /// The version in which it was confirmed.
    pub version: String,
    /// The id of the rule.
    rule: String,
    /// What it does, and how that follows from its source.
    pub reason: String,
    /// Where in its source: a file and a function or line.
    pub source: String,
    /// A curated script that shows it, without folder and extension.
    pub script: String,
}

/// Every confirmed deviation.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    violations: BTreeMap<(String, Rule), KnownViolation>,
}

/// Why a file of known deviations cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It is no TOML, or not of the expected shape.
    #[error("expected `[[known]]` tables with implementation, version, rule, reason, source and script: {0}")]
    Shape(#[from] toml::de::Error),
    /// It names a rule that does not exist.
    #[error("known violation of {implementation}: {source}")]
    Rule {
        /// Whose deviation it is.
        implementation: String,
        /// What is wrong with the rule.
        source: UnknownRule,
    },
    /// It says something twice.
    #[error("known violation of {implementation}: {rule} is listed twice; state it once")]
    Duplicate {
        /// Whose deviation it is.
        implementation: String,
        /// The rule.
        rule: Rule,
    },
    /// It leaves something out.
    #[error("known violation of {implementation}, {rule}: expected a text for `{field}`, found an empty one")]
    Empty {
        /// Whose deviation it is.
        implementation: String,
        /// The rule.
        rule: Rule,
        /// The field that is empty.
        field: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BaselineFile {
    #[serde(default)]
    known: Vec<KnownViolation>,
}

impl Baseline {
    /// Reads the text of a file of known deviations.
    pub fn load(text: &str) -> Result<Baseline, BaselineError> {
        let file: BaselineFile = toml::from_str(text)?;
        let mut deviations = BTreeMap::new();
        for deviation in file.known {
            let implementation = deviation.implementation.clone();
            let rule: Rule = deviation
                .rule
                .parse()
                .map_err(|source| BaselineError::Rule { implementation: implementation.clone(), source })?;
            let fields = [
                ("version", &deviation.version),
                ("reason", &deviation.reason),
                ("source", &deviation.source),
                ("script", &deviation.script),
            ];
            if let Some((field, _)) = fields.into_iter().find(|(_, text)| text.trim().is_empty()) {
                return Err(BaselineError::Empty { implementation, rule, field });
            }
            if deviations.insert((implementation.clone(), rule), deviation).is_some() {
                return Err(BaselineError::Duplicate { implementation, rule });
            }
        }
        Ok(Baseline { violations: deviations })
    }

    /// Whether this peer is known to break this rule.
    pub fn contains(&self, implementation: &str, rule: Rule) -> bool {
        self.get(implementation, rule).is_some()
    }

    /// Why, and where in its source.
    pub fn reason(&self, implementation: &str, rule: Rule) -> Option<&str> {
        self.get(implementation, rule).map(|deviation| deviation.reason.as_str())
    }

    /// Every deviation with its rule, by peer and rule.
    pub fn iter(&self) -> impl Iterator<Item = (Rule, &KnownViolation)> {
        self.violations.iter().map(|((_, rule), deviation)| (*rule, deviation))
    }

    fn get(&self, implementation: &str, rule: Rule) -> Option<&KnownViolation> {
        // A map of pairs cannot be asked with a borrowed half.
        self.iter()
            .find(|(known, deviation)| *known == rule && deviation.implementation == implementation)
            .map(|(_, found)| found)
    }
}
