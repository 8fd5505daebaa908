//! Parses `bugs.toml`: the bugs, and the adapters for the affected and fixed versions.

use semver::{Version, VersionReq};
use serde::Deserialize;
use wsclose::rules::{Rule, UnknownRule};

/// An adapter for a range of versions of a library, in `adapters/`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adapter {
    /// The file name without `.rs`.
    pub file: String,
    /// The name of the library on crates.io.
    #[serde(rename = "crate")]
    pub package: String,
    /// The versions with the API that the adapter uses.
    pub versions: VersionReq,
    /// The features of the library that the adapter needs.
    #[serde(default)]
    pub features: Vec<String>,
    /// Additional lines for `[dependencies]`.
    #[serde(default)]
    pub with: Vec<String>,
}

/// A bug that was fixed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bug {
    /// The name of the library on crates.io.
    #[serde(rename = "crate")]
    pub package: String,
    /// A version with the bug.
    pub affected: Version,
    /// A version without the bug.
    pub fixed: Version,
    /// A description of the bug.
    pub what: String,
    /// The evidence: a line of a changelog, or the changed code.
    pub source: String,
    /// The ids of the violated rules. Only scoring uses them.
    #[serde(rename = "rules")]
    ids: Vec<String>,
}

impl Bug {
    /// A bug that `bugs.toml` does not list: only its versions are known.
    pub fn unlisted(package: String, affected: Version, fixed: Version) -> Bug {
        Bug { package, affected, fixed, what: "?".to_owned(), source: String::new(), ids: Vec::new() }
    }

    /// The violated rules. Empty for an unlisted bug.
    ///
    /// # Panics
    /// If a rule does not exist, which [`Manifest::load`] excludes.
    pub fn rules(&self) -> impl Iterator<Item = Rule> {
        self.ids.iter().map(|id| id.parse().expect("`Manifest::load` checked the rules"))
    }
}

/// The contents of `bugs.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The adapters.
    #[serde(rename = "adapter")]
    pub adapters: Vec<Adapter>,
    /// The bugs.
    #[serde(rename = "bug")]
    pub bugs: Vec<Bug>,
}

/// Why a manifest is rejected.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The text is not TOML, or a table has the wrong fields.
    #[error(
        "expected `[[adapter]]` tables with file, crate and versions, and `[[bug]]` tables with crate, affected, fixed, what, source and rules: {0}"
    )]
    Shape(#[from] toml::de::Error),
    /// A bug names a rule that does not exist.
    #[error("bug of {package} {affected}: {source}")]
    Rule {
        /// The library.
        package: String,
        /// The version with the bug.
        affected: Version,
        /// The rule id, and the nearest one that exists.
        source: UnknownRule,
    },
    /// A version has no adapter, or more than one.
    #[error(
        "expected one adapter for {package} {version}, found {found}; set `versions` in the `[[adapter]]` tables so that exactly one matches"
    )]
    Adapter {
        /// The library.
        package: String,
        /// The version.
        version: Version,
        /// The number of adapters for it.
        found: usize,
    },
}

impl Manifest {
    /// Parses the text of a manifest.
    ///
    /// # Errors
    /// If the text is malformed, a rule does not exist, or a version does not have exactly one adapter.
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

    /// Whether a bug lists this version as affected or fixed.
    pub fn lists(&self, package: &str, version: &Version) -> bool {
        let mut bugs = self.bugs.iter().filter(|bug| bug.package == package);
        bugs.any(|bug| [&bug.affected, &bug.fixed].contains(&version))
    }

    /// Returns the adapter for a version.
    ///
    /// # Errors
    /// If there is none, or more than one.
    pub fn adapter(&self, package: &str, version: &Version) -> Result<&Adapter, ManifestError> {
        let matches = |adapter: &&Adapter| adapter.package == package && adapter.versions.matches(version);
        let found: Vec<_> = self.adapters.iter().filter(matches).collect();
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
        let manifest = Manifest::load(&bug("1.1.9", "no-panic")).expect("a valid manifest");
        assert!(manifest.bugs[0].rules().eq([Rule::NoPanic]));
        assert!(matches!(Manifest::load(&bug("1.2.0", "no-panic")), Err(ManifestError::Adapter { .. })));
        assert!(matches!(Manifest::load(&bug("1.1.0", "no-such")), Err(ManifestError::Rule { .. })));
        let twice = format!("{ADAPTER}{}", bug("1.1.0", "no-panic"));
        assert!(matches!(Manifest::load(&twice), Err(ManifestError::Adapter { found: 2, .. })));
    }
}
