//! Parses baselines: TOML files of accepted violations.
//!
//! ```toml
//! [[known]]
//! rule = "close-fin"
//! reason = "The proxy resets every connection; see issue 17."
//! ```
//!
//! Each `[[known]]` table accepts one rule. `rule` and `reason` are required. `implementation` limits the entry to one
//! implementation. `evidence`, `version`, `source` and `script` document the entry: what the endpoint did, the version in
//! which the violation was confirmed, the place in its source code, and a script that shows it.
//!
//! An entry that a command wrote has the reason [`REASON_TO_FILL_IN`]. It is accepted like any other, so that a new
//! baseline can be used at once, and [`KnownViolation::has_reason`] tells it apart.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::rules::{Rule, UnknownRule};

/// The reason of an entry that a command wrote, until its user replaces it.
pub const REASON_TO_FILL_IN: &str = "to be filled in";

/// One accepted violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownViolation {
    /// The line of the entry in its file, counted from 1.
    pub line: usize,
    /// The violated rule.
    pub rule: Rule,
    /// Why the violation is accepted. Reports print it.
    pub reason: String,
    /// The implementation that violates the rule. `None` applies to every endpoint.
    pub implementation: Option<String>,
    /// What the endpoint did when the entry was written.
    pub evidence: Option<String>,
    /// The version in which the violation was confirmed.
    pub version: Option<String>,
    /// The place in the source code: a file, and a function or line.
    pub source: Option<String>,
    /// A curated script that shows the violation, without folder and extension.
    pub script: Option<String>,
}

/// A set of accepted violations, at most one for each implementation and rule.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    violations: BTreeMap<(Option<String>, Rule), KnownViolation>,
}

/// Why a baseline is rejected. Lines are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// The text is not TOML, or a table has the wrong fields.
    #[error(
        "line {line}: {message}; expected `[[known]]` tables with rule and reason, and optionally implementation, \
         evidence, version, source and script"
    )]
    Malformed {
        /// The line with the error.
        line: usize,
        /// The message of the TOML parser.
        message: String,
    },
    /// An entry names a rule that does not exist.
    #[error("line {line}: {source}; `wsclose rules` lists the rules")]
    UnknownRule {
        /// The line of the rule.
        line: usize,
        /// The rule id, and the nearest one that exists.
        source: UnknownRule,
    },
    /// Two entries name the same rule and implementation.
    #[error(
        "{rule} is listed twice{}, on lines {first} and {second}; keep one entry",
        .implementation.as_ref().map(|name| format!(" for {name}")).unwrap_or_default()
    )]
    Duplicate {
        /// The rule.
        rule: Rule,
        /// The implementation, if the entries name one.
        implementation: Option<String>,
        /// The line of the first entry.
        first: usize,
        /// The line of the second entry.
        second: usize,
    },
    /// A field contains only white space.
    #[error("line {line}: expected a text for `{field}`, found an empty one")]
    Empty {
        /// The line of the entry.
        line: usize,
        /// The name of the field.
        field: &'static str,
    },
    /// An entry of a shipped baseline lacks a field or a reason. Only [`Baseline::require_all_fields`] reports it.
    #[error("line {line}: expected the field `{field}`, found none")]
    Incomplete {
        /// The line of the entry.
        line: usize,
        /// The name of the field.
        field: &'static str,
    },
    /// An entry names an implementation in the baseline of one endpoint. Only [`Baseline::into_reasons`] reports it.
    #[error("line {line}: a baseline of one endpoint has no field `implementation`; remove it")]
    NamesImplementation {
        /// The line of the entry.
        line: usize,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    known: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: Spanned<String>,
    reason: String,
    implementation: Option<String>,
    evidence: Option<String>,
    version: Option<String>,
    source: Option<String>,
    script: Option<String>,
}

impl Entry {
    /// Checks an entry.
    fn check(self, text: &str, line: usize) -> Result<KnownViolation, BaselineError> {
        let rule_line = line_of(text, self.rule.span());
        let rule: Rule = self
            .rule
            .into_inner()
            .parse()
            .map_err(|source| BaselineError::UnknownRule { line: rule_line, source })?;
        let violation = KnownViolation {
            line,
            rule,
            reason: self.reason,
            implementation: self.implementation,
            evidence: self.evidence,
            version: self.version,
            source: self.source,
            script: self.script,
        };
        let is_empty = |(_, value): &(&str, Option<&str>)| value.is_some_and(|value| value.trim().is_empty());
        if let Some((field, _)) = violation.fields().find(is_empty) {
            return Err(BaselineError::Empty { line, field });
        }
        Ok(violation)
    }
}

impl KnownViolation {
    /// Whether the entry has a reason that its user gave.
    pub fn has_reason(&self) -> bool {
        self.reason != REASON_TO_FILL_IN
    }

    /// The text fields by name.
    fn fields(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        self.shipped_fields().into_iter().chain([("evidence", self.evidence.as_deref())])
    }

    /// The text fields that every entry of a shipped baseline has.
    fn shipped_fields(&self) -> [(&'static str, Option<&str>); 5] {
        [
            ("reason", Some(self.reason.as_str()).filter(|_| self.has_reason())),
            ("implementation", self.implementation.as_deref()),
            ("version", self.version.as_deref()),
            ("source", self.source.as_deref()),
            ("script", self.script.as_deref()),
        ]
    }
}

impl Baseline {
    /// Parses the text of a baseline. An empty text is an empty baseline.
    ///
    /// # Errors
    /// If the text is not TOML, a required field is missing, a field is unknown or empty, a rule does not exist, or two
    /// entries name the same rule and implementation. The error contains the line.
    ///
    /// ```
    /// use wsclose::analysis::baseline::Baseline;
    /// use wsclose::rules::Rule;
    ///
    /// let baseline = Baseline::parse("[[known]]\nrule = \"close-fin\"\nreason = \"Issue 17.\"\n")?;
    /// assert_eq!(baseline.reason("my-server", Rule::CloseFin), Some("Issue 17."));
    ///
    /// let error = Baseline::parse("[[known]]\nrule = \"close-final\"\nreason = \"Issue 17.\"\n").unwrap_err();
    /// assert!(error.to_string().contains("did you mean `close-fin`?"));
    /// # Ok::<(), wsclose::analysis::baseline::BaselineError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Baseline, BaselineError> {
        let file: File = toml::from_str(text).map_err(|error| BaselineError::Malformed {
            line: line_of(text, error.span().unwrap_or_default()),
            message: error.message().to_owned(),
        })?;
        let mut violations: BTreeMap<_, KnownViolation> = BTreeMap::new();
        for entry in file.known {
            let line = line_of(text, entry.span());
            let violation = entry.into_inner().check(text, line)?;
            let KnownViolation { rule, .. } = violation;
            let implementation = violation.implementation.clone();
            if let Some(first) = violations.insert((implementation.clone(), rule), violation) {
                return Err(BaselineError::Duplicate {
                    rule,
                    implementation,
                    first: first.line,
                    second: line,
                });
            }
        }
        Ok(Baseline { violations })
    }

    /// Checks that every entry has a reason and every other field but `evidence`. The baselines that ship with wsclose meet
    /// this.
    ///
    /// # Errors
    /// If an entry lacks a field or a reason: [`BaselineError::Incomplete`].
    pub fn require_all_fields(&self) -> Result<(), BaselineError> {
        for violation in self.iter() {
            if let Some((field, _)) =
                violation.shipped_fields().into_iter().find(|(_, value)| value.is_none())
            {
                return Err(BaselineError::Incomplete { line: violation.line, field });
            }
        }
        Ok(())
    }

    /// The reason for each rule, for a baseline of one endpoint.
    ///
    /// # Errors
    /// If an entry names an implementation: [`BaselineError::NamesImplementation`].
    pub fn into_reasons(self) -> Result<BTreeMap<Rule, String>, BaselineError> {
        let reasons =
            self.violations.into_iter().map(|((implementation, rule), violation)| match implementation {
                None => Ok((rule, violation.reason)),
                Some(_) => Err(BaselineError::NamesImplementation { line: violation.line }),
            });
        reasons.collect()
    }

    /// Whether the baseline accepts that this implementation violates this rule.
    pub fn contains(&self, implementation: &str, rule: Rule) -> bool {
        self.get(implementation, rule).is_some()
    }

    /// Why the baseline accepts that this implementation violates this rule.
    pub fn reason(&self, implementation: &str, rule: Rule) -> Option<&str> {
        self.get(implementation, rule).map(|violation| violation.reason.as_str())
    }

    /// The entry for an implementation and a rule. An entry that names the implementation takes precedence over one that
    /// names none.
    pub fn get(&self, implementation: &str, rule: Rule) -> Option<&KnownViolation> {
        let named = (Some(implementation.to_owned()), rule);
        self.violations.get(&named).or_else(|| self.violations.get(&(None, rule)))
    }

    /// Every entry, by implementation and rule.
    pub fn iter(&self) -> impl Iterator<Item = &KnownViolation> {
        self.violations.values()
    }

    /// The entries that name this implementation, by rule.
    pub fn of<'a>(&'a self, implementation: &'a str) -> impl Iterator<Item = &'a KnownViolation> {
        self.iter().filter(move |violation| violation.implementation.as_deref() == Some(implementation))
    }
}

/// The line of the first octet of a span, counted from 1.
fn line_of(text: &str, span: Range<usize>) -> usize {
    let start = span.start.min(text.len());
    1 + text.as_bytes()[..start].iter().filter(|octet| **octet == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: &str = "# A comment.\n\n[[known]]\nrule = \"close-fin\"\nreason = \"r\"\nimplementation = \"p\"\n\
                            version = \"1\"\nsource = \"s\"\nscript = \"x\"\n";

    fn parse_error(text: &str) -> String {
        Baseline::parse(text).expect_err("an invalid baseline").to_string()
    }

    #[test]
    fn entry_without_implementation_applies_to_every_endpoint() {
        let text = "[[known]]\nrule = \"close-fin\"\nreason = \"any\"\n";
        let both = Baseline::parse(&format!("{text}{COMPLETE}")).expect("a valid baseline");
        assert_eq!(both.reason("p", Rule::CloseFin), Some("r"));
        assert_eq!(both.reason("q", Rule::CloseFin), Some("any"));
        assert_eq!(both.of("p").count(), 1);
        assert_eq!(both.of("q").count(), 0);
        let reasons =
            Baseline::parse(text).and_then(Baseline::into_reasons).expect("names no implementation");
        assert_eq!(reasons, BTreeMap::from([(Rule::CloseFin, "any".to_owned())]));
    }

    #[test]
    fn shipped_baselines_need_every_field() {
        assert_eq!(Baseline::parse(COMPLETE).expect("a valid baseline").require_all_fields(), Ok(()));
        for line in ["implementation = \"p\"\n", "version = \"1\"\n", "source = \"s\"\n", "script = \"x\"\n"]
        {
            let field = line.split(' ').next().unwrap_or_default();
            let baseline = Baseline::parse(&COMPLETE.replace(line, "")).expect("a valid baseline");
            let error = baseline.require_all_fields().expect_err("a field is missing");
            assert_eq!(error.to_string(), format!("line 3: expected the field `{field}`, found none"));
        }
    }

    #[test]
    fn entry_without_a_reason_is_accepted_but_not_shipped() {
        let text = COMPLETE.replace("\"r\"", &format!("\"{REASON_TO_FILL_IN}\"\nevidence = \"sent no FIN\""));
        let baseline = Baseline::parse(&text).expect("a valid baseline");
        let entry = baseline.get("p", Rule::CloseFin).expect("an entry");
        assert!(!entry.has_reason());
        assert_eq!(entry.evidence.as_deref(), Some("sent no FIN"));
        let error = baseline.require_all_fields().expect_err("no reason");
        assert_eq!(error, BaselineError::Incomplete { line: 3, field: "reason" });
        assert_eq!(
            parse_error(&text.replace("sent no FIN", "")),
            "line 3: expected a text for `evidence`, found an empty one"
        );
    }

    #[test]
    fn errors_contain_the_line() {
        assert_eq!(
            parse_error(&COMPLETE.replace("close-fin", "close-final")),
            "line 4: expected a rule id, for example `close-fin`, found `close-final`; did you mean `close-fin`?; \
             `wsclose rules` lists the rules"
        );
        assert_eq!(
            parse_error(&COMPLETE.repeat(2)),
            "close-fin is listed twice for p, on lines 3 and 12; keep one entry"
        );
        assert_eq!(
            parse_error(&COMPLETE.replace("\"x\"", "\" \"")),
            "line 3: expected a text for `script`, found an empty one"
        );
        assert_eq!(
            Baseline::parse(COMPLETE).and_then(Baseline::into_reasons).expect_err("names p").to_string(),
            "line 3: a baseline of one endpoint has no field `implementation`; remove it"
        );
        let malformed = parse_error(&COMPLETE.replace("reason", "raison"));
        assert!(malformed.starts_with("line 5: unknown field `raison`"), "{malformed}");
        let missing = parse_error(&COMPLETE.replace("reason = \"r\"\n", ""));
        assert!(missing.starts_with("line 3: missing field `reason`"), "{missing}");
        let no_toml = parse_error(&COMPLETE.replace("[[known]]", "[[known"));
        assert!(no_toml.starts_with("line 3: "), "{no_toml}");
    }
}
