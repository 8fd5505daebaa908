//! `known.toml`: deviations of real implementations that have been confirmed in their source. In comes the
//! file, out comes the set of (peer, rule) pairs that are no news, each with its reason and its place.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use wsclose::rule::{Rule, UnknownRule};

/// A confirmed deviation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviation {
    /// The peer, as its adapter is named.
    pub peer: String,
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
pub struct Known {
    deviations: BTreeMap<(String, Rule), Deviation>,
}

/// Why a file of known deviations cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KnownError {
    /// It is no TOML, or not of the expected shape.
    #[error("expected `[[known]]` tables with peer, version, rule, reason, source and script: {0}")]
    Shape(#[from] toml::de::Error),
    /// It names a rule that does not exist.
    #[error("known deviation of {peer}: {source}")]
    Rule {
        /// Whose deviation it is.
        peer: String,
        /// What is wrong with the rule.
        source: UnknownRule,
    },
    /// It says something twice.
    #[error("known deviation of {peer}: {rule} is listed twice; state it once")]
    Twice {
        /// Whose deviation it is.
        peer: String,
        /// The rule.
        rule: Rule,
    },
    /// It leaves something out.
    #[error("known deviation of {peer}, {rule}: expected a text for `{field}`, found an empty one")]
    Empty {
        /// Whose deviation it is.
        peer: String,
        /// The rule.
        rule: Rule,
        /// The field that is empty.
        field: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    known: Vec<Deviation>,
}

impl Known {
    /// Reads the text of a file of known deviations.
    pub fn load(text: &str) -> Result<Known, KnownError> {
        let file: File = toml::from_str(text)?;
        let mut deviations = BTreeMap::new();
        for deviation in file.known {
            let peer = deviation.peer.clone();
            let rule: Rule =
                deviation.rule.parse().map_err(|source| KnownError::Rule { peer: peer.clone(), source })?;
            let fields = [
                ("version", &deviation.version),
                ("reason", &deviation.reason),
                ("source", &deviation.source),
                ("script", &deviation.script),
            ];
            if let Some((field, _)) = fields.into_iter().find(|(_, text)| text.trim().is_empty()) {
                return Err(KnownError::Empty { peer, rule, field });
            }
            if deviations.insert((peer.clone(), rule), deviation).is_some() {
                return Err(KnownError::Twice { peer, rule });
            }
        }
        Ok(Known { deviations })
    }

    /// The deviations that this release of wsclose knows.
    ///
    /// # Panics
    /// If the file that was compiled in is broken, which a test rules out.
    pub fn committed() -> &'static Known {
        static COMMITTED: LazyLock<Known> = LazyLock::new(|| {
            Known::load(include_str!("../known.toml")).expect("the committed known.toml is sound")
        });
        &COMMITTED
    }

    /// Whether this peer is known to break this rule.
    pub fn has(&self, peer: &str, rule: Rule) -> bool {
        self.get(peer, rule).is_some()
    }

    /// Why, and where in its source.
    pub fn reason(&self, peer: &str, rule: Rule) -> Option<&str> {
        self.get(peer, rule).map(|deviation| deviation.reason.as_str())
    }

    /// Every deviation with its rule, by peer and rule.
    pub fn iter(&self) -> impl Iterator<Item = (Rule, &Deviation)> {
        self.deviations.iter().map(|((_, rule), deviation)| (*rule, deviation))
    }

    fn get(&self, peer: &str, rule: Rule) -> Option<&Deviation> {
        // A map of pairs cannot be asked with a borrowed half.
        self.iter()
            .find(|(known, deviation)| *known == rule && deviation.peer == peer)
            .map(|(_, found)| found)
    }
}
