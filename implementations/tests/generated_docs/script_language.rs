//! The reference in `docs/script-language.md` is the documentation of the module `script::text`.

use super::{docs, hold, read, with_generated};

#[test]
fn the_reference_is_the_documentation_of_the_module() {
    let source = include_str!("../../../src/script/text.rs");
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    let lines: Vec<&str> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let text = lines.join("\n") + "\n";
    let (_, reference) = text.split_once("# Example\n\n").expect("an example");
    // A line with `#` in a block of code is a note of a script, and no heading.
    let parts = reference.split("\n```");
    let with_headings = |(at, part): (usize, &str)| match at % 2 {
        0 => part.replace("\n# ", "\n### "),
        _ => part.to_owned(),
    };
    // The reference begins with a block, so the first part is within it.
    let parts: Vec<String> = parts.enumerate().map(|(at, part)| with_headings((at + 1, part))).collect();
    let reference = parts.join("\n```");
    let path = docs("script-language.md");
    let outdated = hold(&path, &with_generated(&read(&path), "language", &reference));
    assert!(outdated.is_none(), "{outdated:?}");
}
