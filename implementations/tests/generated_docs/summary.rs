//! `docs/SUMMARY.md`, the contents of the guide as mdBook reads them.

use std::fmt::Write;

use wsclose::rules::Rule;

use super::findings::pages;
use super::{docs, hold, read};

/// The parts of the guide, and the pages of each.
const PARTS: &[(&str, &[&str])] = &[
    (
        "Test",
        &["testing-a-server", "testing-a-client", "testing-your-crate", "closes-with-1006", "ci", "fuzzing"],
    ),
    (
        "Understand",
        &[
            "reading-a-finding",
            "script-language",
            "reports",
            "site",
            "vectors",
            "how-the-judge-decides",
            "coverage-of-the-rfc",
            "glossary",
        ],
    ),
    ("Contribute", &["adding-a-rule", "adding-an-implementation", "prose", "power", "known-bugs"]),
];

/// The title of a page.
fn title(page: &str) -> String {
    let text = read(&docs(&format!("{page}.md")));
    let title = text.lines().find_map(|line| line.strip_prefix("# "));
    title.unwrap_or_else(|| panic!("docs/{page}.md: expected a title")).to_owned()
}

#[test]
fn the_summary_lists_every_page() {
    let mut text = format!("# Summary\n\n[{}](index.md)\n", title("index"));
    for (part, pages) in PARTS {
        let _ = write!(text, "\n# {part}\n\n");
        for page in *pages {
            let _ = writeln!(text, "- [{}]({page}.md)", title(page));
        }
    }
    text += "\n# Reference\n\n- [Rules](rules/index.md)\n";
    for rule in Rule::ALL {
        let _ = writeln!(text, "  - [{rule}](rules/{rule}.md)");
    }
    text += "- [Findings](findings/index.md)\n";
    text += "  - [Findings about several programs](findings/several-programs.md)\n";
    for page in pages() {
        let _ = writeln!(text, "  - [{}](findings/{}.md)", page.title, page.file);
    }
    let outdated = hold(&docs("SUMMARY.md"), &text);
    assert!(outdated.is_none(), "{outdated:?}");
    for file in std::fs::read_dir(docs("")).expect("a readable folder") {
        let name = file.expect("a file").file_name().to_string_lossy().into_owned();
        let is_page = name.ends_with(".md") && name != "SUMMARY.md";
        assert!(!is_page || text.contains(&format!("({name})")), "docs/{name}: add it to PARTS");
    }
}
