//! `bugs.toml`: in comes its text, out come the bugs, and for each version the adapter that serves it.

use semver::{Version, VersionReq};
use serde::Deserialize;
use wsclose::rules::{Rule, UnknownRule};

/// A program round some versions of a library, in `adapters/`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adapter {
    /// Its file, without `.rs`.
    pub file: String,
    /// The library's name on crates.io.
    #[serde(rename = "crate")]
    pub package: String,
    /// The versions whose interface it is written against.
    pub versions: VersionReq,
    /// The features that it needs.
    #[serde(default)]
    pub features: Vec<String>,
    /// Lines for `[dependencies]` beside the library and the plumbing.
    #[serde(default)]
    pub with: Vec<String>,
}

/// A bug that was mended.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bug {
    /// The library's name on crates.io.
    #[serde(rename = "crate")]
    pub package: String,
    /// A version that has it.
    pub affected: Version,
    /// A version in which it is mended.
    pub fixed: Version,
    /// What was wrong.
    pub what: String,
    /// Where that can be seen: a line of a changelog, or what the fix changed.
    pub source: String,
    /// The ids of the rules that it breaks: for scoring alone, neither scripts nor judge see them.
    #[serde(rename = "rules")]
    ids: Vec<String>,
}

impl Bug {
    /// A bug of which nothing is known but between which versions it was mended.
    pub fn unlisted(package: String, affected: Version, fixed: Version) -> Bug {
        Bug { package, affected, fixed, what: "?".to_owned(), source: String::new(), ids: Vec::new() }
    }

    /// The rules that it breaks; none of a bug of which nothing is known.
    ///
    /// # Panics
    /// If there is no such rule, which [`Manifest::load`] rules out.
    pub fn rules(&self) -> impl Iterator<Item = Rule> {
        self.ids.iter().map(|id| id.parse().expect("a rule that the manifest was read with"))
    }
}

/// Everything that the file says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The programs round the libraries.
    #[serde(rename = "adapter")]
    pub adapters: Vec<Adapter>,
    /// The bugs.
    #[serde(rename = "bug")]
    pub bugs: Vec<Bug>,
}

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is no TOML, or not of the expected shape.
    #[error(
        "expected `[[adapter]]` tables with file, crate and versions, and `[[bug]]` tables with crate, affected, fixed, what, source and rules: {0}"
    )]
    Shape(#[from] toml::de::Error),
    /// A bug breaks a rule that does not exist.
    #[error("the bug of {package} {affected}: {source}")]
    Rule {
        /// Whose bug it is.
        package: String,
        /// The version that has it.
        affected: Version,
        /// What is wrong with the rule.
        source: UnknownRule,
    },
    /// No adapter serves a version.
    #[error(
        "expected one adapter for {package} {version}, found {found}; name the versions in the `[[adapter]]` tables so that each is served by one"
    )]
    Adapter {
        /// Whose version it is.
        package: String,
        /// The version.
        version: Version,
        /// How many adapters there are for it.
        found: usize,
    },
}

impl Manifest {
    /// Reads the text of a manifest.
    ///
    /// # Errors
    /// When it cannot be used as it is.
    pub fn load(text: &str) -> Result<Manifest, ManifestError> {
        let manifest: Manifest = toml::from_str(text)?;
        for bug in &manifest.bugs {
            if let Some(source) = bug.ids.iter().find_map(|id| id.parse::<Rule>().err()) {
                let (package, affected) = (bug.package.clone(), bug.affected.clone());
                return Err(ManifestError::Rule { package, affected, source });
            }
            manifest.adapter(&bug.package, &bug.affected)?;
            manifest.adapter(&bug.package, &bug.fixed)?;
        }
        Ok(manifest)
    }

    /// Whether a bug is listed that this version has, or in which it is mended.
    pub fn lists(&self, package: &str, version: &Version) -> bool {
        let mut bugs = self.bugs.iter().filter(|bug| bug.package == package);
        bugs.any(|bug| [&bug.affected, &bug.fixed].contains(&version))
    }

    /// The adapter for a version.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn adapter(&self, package: &str, version: &Version) -> Result<&Adapter, ManifestError> {
        let serves = |adapter: &&Adapter| adapter.package == package && adapter.versions.matches(version);
        let found: Vec<_> = self.adapters.iter().filter(serves).collect();
        match found.as_slice() {
            [adapter] => Ok(adapter),
            _ => Err(ManifestError::Adapter {
                package: package.to_owned(),
                version: version.clone(),
                found: found.len(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADAPTER: &str = "[[adapter]]\nfile = 'a'\ncrate = 'x'\nversions = '>=1.0, <1.2'\n";

    fn bug(fixed: &str, rule: &str) -> String {
        format!(
            "{ADAPTER}[[bug]]\ncrate = 'x'\naffected = '1.0.0'\nfixed = '{fixed}'\nwhat = 'w'\nsource = 's'\nrules = ['{rule}']\n"
        )
    }

    #[test]
    fn each_version_has_one_adapter_and_rules_exist() {
        let manifest = Manifest::load(&bug("1.1.9", "no-panic")).expect("a sound manifest");
        assert!(manifest.bugs[0].rules().eq([Rule::NoPanic]));
        assert!(matches!(Manifest::load(&bug("1.2.0", "no-panic")), Err(ManifestError::Adapter { .. })));
        assert!(matches!(Manifest::load(&bug("1.1.0", "no-such")), Err(ManifestError::Rule { .. })));
        let twice = format!("{ADAPTER}{}", bug("1.1.0", "no-panic"));
        assert!(matches!(Manifest::load(&twice), Err(ManifestError::Adapter { found: 2, .. })));
    }
}
