//! `wsclose explain RULE`: prints the page of a rule, the same as in `docs/rules/`.

use std::io::Write;

use wsclose::analysis::baseline::Baseline;
use wsclose::analysis::rule_page::{self, Block};
use wsclose::rules::Rule;

use crate::libraries::Libraries;
use crate::support::error::{CliError, ExitStatus};
use crate::support::output::{Stdout, width};

/// Prints the page of a rule, with the libraries of this build that violate it.
pub fn run(rule: Rule, libraries: &dyn Libraries, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let baseline = Baseline::parse(libraries.baseline()).expect("a valid baseline");
    let sections: Vec<String> = rule_page::sections(rule).into_iter().map(|(name, _)| name).collect();
    writeln!(out, "{}", rule.id())?;
    let effect = rule_page::level_effect(rule.level());
    for (name, text) in [
        ("summary", rule.summary().to_owned()),
        ("section", sections.join(", ")),
        ("party", rule.party().name().to_owned()),
        ("level", format!("{}: {effect}", rule.level())),
        ("applies", format!("to {}", rule_page::applies_to(rule))),
    ] {
        write_filled(out, &format!("  {name:<11}"), "             ", &text)?;
    }
    for block in rule_page::blocks(rule, baseline.iter()) {
        match block {
            Block::Heading(heading) => writeln!(out, "\n{heading}")?,
            Block::Paragraph(text) => write_filled(out, "  ", "  ", &text)?,
            Block::Item(text) => write_filled(out, "  - ", "    ", &text)?,
            Block::Code(code) => code.lines().try_for_each(|line| writeln!(out, "    {line}"))?,
            Block::Command(command) => writeln!(out, "  $ {command}")?,
        }
    }
    writeln!(out, "\nOn the web, with the implementations that violate it: {}", rule.page())?;
    Ok(ExitStatus::Conforms)
}

/// Writes a paragraph in lines of at most [`width`] columns.
fn write_filled(out: &mut Stdout, first: &str, next: &str, text: &str) -> Result<(), CliError> {
    let options = textwrap::Options::new(width()).initial_indent(first).subsequent_indent(next);
    let options = options.word_splitter(textwrap::WordSplitter::NoHyphenation);
    Ok(writeln!(out, "{}", textwrap::fill(text, options.break_words(false)))?)
}
