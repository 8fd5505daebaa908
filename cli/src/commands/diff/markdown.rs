//! The comparison of two runs as Markdown, for a comment on a pull request.

use std::fmt::Write;

use super::changes::{Change, Comparison, RuleChange};
use super::run_file::RunFile;
use super::text::{cases, described, evidence, summary};

/// The text.
pub fn text(old: &RunFile, new: &RunFile, comparison: &Comparison) -> String {
    let mut text = String::new();
    page(old, new, comparison, &mut text).expect("writing to a string does not fail");
    text
}

fn page(old: &RunFile, new: &RunFile, comparison: &Comparison, text: &mut String) -> std::fmt::Result {
    writeln!(text, "<!-- written by wsclose diff -->\n### wsclose: {}\n", comparison.verdict())?;
    for (which, file) in [("old", old), ("new", new)] {
        writeln!(text, "- {which}: {}", code(&summary(file)))?;
    }
    comparison.notes.iter().try_for_each(|note| writeln!(text, "- note: {}", code(note)))?;
    for change in Change::ALL {
        let rules: Vec<&RuleChange> = comparison.of(change).collect();
        if !rules.is_empty() {
            table(change, &rules, text)?;
        }
    }
    Ok(())
}

fn table(change: Change, rules: &[&RuleChange], text: &mut String) -> std::fmt::Result {
    writeln!(text, "\n#### {}\n", change.heading())?;
    let has_names = rules.iter().any(|rule| rule.endpoint.is_some());
    let (name, line) = if has_names { ("| endpoint ", "|---") } else { ("", "") };
    writeln!(text, "{name}| rule | level | old | new | evidence |\n{line}|---|---|---|---|---|")?;
    for rule in rules {
        if let Some(name) = &rule.endpoint {
            write!(text, "| {} ", code(name))?;
        }
        let shown = evidence(rule).map(|(case, actual)| format!("{case}: {actual}"));
        let named = cases(rule).into_iter().map(|(what, names)| format!("{what}: {names}"));
        let shown: Vec<String> = shown.into_iter().chain(named).map(|text| code(&text)).collect();
        let (before, after) = (described(&rule.old), described(&rule.new));
        let (id, level) = (code(&rule.rule), rule.new.level);
        writeln!(text, "| {id} | {level} | {before} | {after} | {} |", shown.join("<br>"))?;
    }
    Ok(())
}

/// A text that comes from a file, as code: no other form is safe from markup. It may stand in a table.
fn code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("`{}`", text.replace('`', "'").replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn text_of_a_file_cannot_end_its_cell_or_contain_markup() {
        assert_eq!(code("a|b`<img>\nc"), "`a\\|b'<img> c`");
    }
}
