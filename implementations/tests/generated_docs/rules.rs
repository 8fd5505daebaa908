//! The pages of `docs/rules/`, one for each rule, and their index.

use std::collections::BTreeMap;
use std::fmt::Write;

use wsclose::analysis::baseline::KnownViolation;
use wsclose::analysis::rule_page;
use wsclose::rules::{Family, Rule};

use super::findings::pages;
use super::{baselines, docs, hold};

#[test]
fn every_rule_has_its_page() {
    let page_of: BTreeMap<String, String> = pages()
        .into_iter()
        .flat_map(|page| {
            let file = page.file;
            page.implementations.into_iter().map(move |name| (name, file.clone()))
        })
        .collect();
    // An item begins with the name of an implementation between backticks.
    let link = |item: &str| {
        let (name, rest) = item.trim_start_matches('`').split_once('`').expect("a name");
        format!("[`{name}`](../findings/{}.md){rest}", page_of[name])
    };
    let baselines = baselines();
    let known: Vec<&KnownViolation> = baselines.iter().flat_map(|(baseline, _)| baseline.iter()).collect();
    let mut outdated = Vec::new();
    for rule in Rule::ALL {
        let blocks = rule_page::blocks(rule, known.iter().copied());
        let page = rule_page::markdown(rule, &blocks, link);
        outdated.extend(hold(&docs(&format!("rules/{rule}.md")), &page));
    }
    assert!(outdated.is_empty(), "{}", outdated.join("\n"));
}

#[test]
fn the_index_lists_every_rule() {
    let mut text = "# Rules\n\nEach page explains one rule: why it exists, how it is judged, an example, and how to fix a \
                    violation.\n`wsclose explain RULE` prints the same in a terminal, and `wsclose rules` lists the rules.\n\
                    The [levels](../reading-a-finding.md#levels) say which violations fail a run.\n"
        .to_owned();
    for family in Family::ALL {
        let _ = write!(text, "\n## {family}\n\n| rule | level | summary |\n|---|---|---|\n");
        for rule in Rule::ALL.into_iter().filter(|rule| rule.family() == family) {
            let _ = writeln!(text, "| [{rule}]({rule}.md) | {} | {} |", rule.level(), rule.summary());
        }
    }
    let outdated = hold(&docs("rules/index.md"), &text);
    assert!(outdated.is_none(), "{outdated:?}");
}

#[test]
fn no_page_is_left_of_a_rule_that_does_not_exist() {
    for file in std::fs::read_dir(docs("rules")).expect("a readable folder") {
        let path = file.expect("a file").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(
            name == "index" || name.parse::<Rule>().is_ok(),
            "{}: no rule has this id; delete the page",
            path.display()
        );
    }
}
