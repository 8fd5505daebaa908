//! The reference in `docs/script-language.md` is the documentation of the module `script::text`.

use super::{docs, hold, read, with_generated};

#[test]
fn the_reference_is_the_documentation_of_the_module() {
    let source = include_str!("../../../src/script/text.rs");
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    let lines: Vec<&str> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let text = lines.join("\n") + "\n";
    let (_, reference) = text.split_once("# Example\n\n").expect("an example");
    let reference = reference.replace("\n# ", "\n### ");
    let path = docs("script-language.md");
    let outdated = hold(&path, &with_generated(&read(&path), "language", &reference));
    assert!(outdated.is_none(), "{outdated:?}");
}
