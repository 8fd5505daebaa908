//! The entries of the search, as a script that the pages load.

use serde::Serialize;
use wsclose::rules::Rule;

use super::results::{Implementation, Results};

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    path: String,
    kind: &'static str,
    text: String,
}

/// The text of the script.
pub fn script(results: &Results) -> String {
    let implementations = results.implementations.iter().map(|one| {
        let Implementation { slug, name, tested_library, language, version, .. } = one;
        Entry {
            name,
            path: format!("implementations/{slug}.html"),
            kind: "implementation",
            text: [tested_library.as_str(), version, language].join(" ").trim().to_owned(),
        }
    });
    let rules = Rule::ALL.into_iter().map(|rule| Entry {
        name: rule.id(),
        path: format!("rules/{rule}.html"),
        kind: "rule",
        text: rule.summary().to_owned(),
    });
    let entries: Vec<Entry<'_>> = implementations.chain(rules).collect();
    let json = serde_json::to_string(&entries).expect("the entries are text");
    format!("window.searchEntries = {json};\n")
}
