//! The pages of `docs/findings/`: the known violations of each library come from the baselines.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::Deserialize;
use wsclose::rules::{Level, Rule};

use super::{baselines, docs, hold, read, with_generated};

/// The list of pages, `docs/findings/pages.toml`.
#[derive(Deserialize)]
pub struct Pages {
    /// The pages in the order of the index.
    pub page: Vec<Page>,
}

/// One page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// The name of the file, without `.md`.
    pub file: String,
    /// The title, which the page has too.
    pub title: String,
    /// The implementations that it is about.
    pub implementations: Vec<String>,
}

/// Reads the list of pages.
pub fn pages() -> Vec<Page> {
    let pages: Pages = toml::from_str(&read(&docs("findings/pages.toml"))).expect("a list of pages");
    pages.page
}

#[test]
fn pages_list_the_known_violations() {
    let baselines = baselines();
    let mut outdated = Vec::new();
    for page in pages() {
        let mut text = "## Known violations\n".to_owned();
        for (baseline, path) in &baselines {
            for implementation in &page.implementations {
                let known: Vec<_> = baseline.of(implementation).collect();
                if known.is_empty() {
                    continue;
                }
                let versions: BTreeSet<&str> =
                    known.iter().filter_map(|known| known.version.as_deref()).collect();
                let versions: Vec<&str> = versions.into_iter().collect();
                let _ =
                    writeln!(text, "\n`{implementation}`, version {}, from `{path}`:\n", versions.join("; "));
                for known in known {
                    let (rule, reason) = (known.rule, &known.reason);
                    let _ = write!(text, "- [`{rule}`](../rules/{rule}.md) ({}): {reason}", rule.level());
                    if let Some(source) = &known.source {
                        let _ = write!(text, " Source: {source}.");
                    }
                    if let Some(script) = &known.script {
                        let _ = write!(text, " Script: `{script}`.");
                    }
                    text.push('\n');
                }
            }
        }
        let path = docs(&format!("findings/{}.md", page.file));
        let found = read(&path);
        assert!(
            found.starts_with(&format!("# {}\n", page.title)),
            "{}: expected another title",
            path.display()
        );
        outdated.extend(hold(&path, &with_generated(&found, "known violations", &text)));
    }
    assert!(outdated.is_empty(), "{}", outdated.join("\n"));
}

#[test]
fn the_index_counts_the_violations_of_each_page() {
    let baselines = baselines();
    let mut text = "| library | rules that fail a run | rules that warn |\n|---|---|---|\n".to_owned();
    for page in pages() {
        let rules: BTreeSet<Rule> = baselines
            .iter()
            .flat_map(|(baseline, _)| baseline.iter())
            .filter(|known| {
                known.implementation.as_ref().is_some_and(|name| page.implementations.contains(name))
            })
            .map(|known| known.rule)
            .collect();
        let fails = rules.iter().filter(|rule| rule.level().fails(false)).count();
        let warns =
            rules.iter().filter(|rule| matches!(rule.level(), Level::Should | Level::Lenient)).count();
        let _ = writeln!(text, "| [{}]({}.md) | {fails} | {warns} |", page.title, page.file);
    }
    let path = docs("findings/index.md");
    let outdated = hold(&path, &with_generated(&read(&path), "index", &text));
    assert!(outdated.is_none(), "{outdated:?}");
}

#[test]
fn every_implementation_is_on_one_page() {
    let mut pages_of: BTreeMap<String, usize> = BTreeMap::new();
    for implementation in pages().into_iter().flat_map(|page| page.implementations) {
        *pages_of.entry(implementation).or_default() += 1;
    }
    let repeated: Vec<_> = pages_of.iter().filter(|(_, count)| **count > 1).collect();
    assert!(repeated.is_empty(), "docs/findings/pages.toml: {repeated:?} are on several pages; keep one");
    for (baseline, path) in &baselines() {
        for known in baseline.iter() {
            let name = known.implementation.as_deref().expect("an entry names its implementation");
            assert!(
                pages_of.contains_key(name),
                "{path}: {name} is on no page; add it to docs/findings/pages.toml"
            );
        }
    }
}
