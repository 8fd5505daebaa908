//! The page of a rule: what it requires, why, how it is judged, an example of each verdict, and how to fix a violation.
//!
//! The guide prints the page as Markdown, and `wsclose explain` prints it in a terminal. Both print the same [`Block`]s.

use std::fmt::Write;

use super::baseline::KnownViolation;
use crate::judge::Verdict;
use crate::model::endpoint::Model;
use crate::model::faults::{Fault, FaultyModel};
use crate::playback::Harness;
use crate::protocol::code::Profile;
use crate::rules::{Capability, Level, Rule};
use crate::script::{ScriptBuf, corpus};

/// A paragraph of the criterion has about this many words at most.
const PARAGRAPH_WORDS: usize = 50;

/// An example is worse by as much as this many characters for each other rule that it violates, ...
const OTHER_RULE: usize = 60;

/// ... if the conforming endpoint does not complete the closing handshake, ...
const NO_HANDSHAKE: usize = 150;

/// ... or if the endpoint is a client.
const CLIENT: usize = 60;

/// A part of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// The name of a section.
    Heading(&'static str),
    /// A paragraph of text.
    Paragraph(String),
    /// An item of a list.
    Item(String),
    /// A script or a timeline, which is printed as it is.
    Code(String),
    /// A command line to run.
    Command(String),
}

/// A script, and the timeline of a model that plays it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleExample {
    /// The name of the script, such as `closing_handshake/close-empty`.
    pub script: &'static str,
    /// The faulty model that violates the rule in this script.
    pub fault: Fault,
    /// The text of the script.
    pub text: String,
    /// The timeline of the conforming model.
    pub conforming: String,
    /// Whether the conforming model exercises the rule. For a rule on a code that the model never sends, it does not.
    pub exercised: bool,
    /// The timeline of the faulty model, with a mark on the line that violates the rule.
    pub violating: String,
}

impl RuleExample {
    /// The shortest example of a rule: a curated script in which the model conforms to it, if there is one, and the
    /// first faulty model of the rule violates it. `None` if no curated script is an example.
    pub fn shortest(rule: Rule) -> Option<RuleExample> {
        Fault::ALL.into_iter().filter(|fault| fault.rule() == rule).find_map(RuleExample::of)
    }

    fn of(fault: Fault) -> Option<RuleExample> {
        let mut harness = Harness::new(Profile::default());
        let examples =
            corpus::curated().filter_map(|(name, script)| example(&mut harness, fault, name, &script));
        examples
            .min_by_key(|(others, example)| {
                let folder = !example.script.starts_with("closing_handshake/");
                let octets = example.violating.len() + example.conforming.len() + example.text.len();
                let completes = example.conforming.contains(", clean");
                let is_client = example.text.contains("\nrole client\n");
                let cost = octets
                    + OTHER_RULE * others
                    + if completes { 0 } else { NO_HANDSHAKE }
                    + if is_client { CLIENT } else { 0 };
                (!example.exercised, folder, cost, example.script)
            })
            .map(|(_, example)| example)
    }
}

/// The example that a script is of a fault, and the number of other rules that the fault violates in it.
fn example(
    harness: &mut Harness,
    fault: Fault,
    name: &'static str,
    script: &ScriptBuf,
) -> Option<(usize, RuleExample)> {
    let rule = fault.rule();
    let played = harness.play(script.as_script(), &mut Model::new(Profile::default()));
    let exercised = played.verdicts.on(rule) == Verdict::Conforms;
    let conforming = played.timeline().without_states().to_string();
    let played = harness.play(script.as_script(), &mut FaultyModel::new(fault));
    let own: Vec<_> = played.findings.iter().filter(|finding| finding.rule == rule).collect();
    if own.is_empty() {
        return None;
    }
    let violating = played.trace.timeline(own).without_states().to_string();
    let others = played.findings.iter().filter(|finding| finding.rule != rule).count();
    let text = script.as_script().to_string();
    Some((others, RuleExample { script: name, fault, text, conforming, exercised, violating }))
}

/// What the level of a rule means for a run.
pub const fn level_effect(level: Level) -> &'static str {
    match level {
        Level::Must | Level::Interop | Level::Robust => "a violation fails the run",
        Level::Should | Level::Lenient => "a violation is a warning, and fails a strict run",
        Level::Info => "a violation is reported and never fails the run",
    }
}

/// The sections of a rule, each with its address if it has one.
pub fn sections(rule: Rule) -> Vec<(String, Option<String>)> {
    let links = |part: &str| match part {
        "–" => ("none".to_owned(), None),
        "WHATWG" => ("WHATWG WebSockets".to_owned(), Some("https://websockets.spec.whatwg.org/".to_owned())),
        "IANA" => (
            "the IANA registry".to_owned(),
            Some("https://www.iana.org/assignments/websocket/websocket.xhtml".to_owned()),
        ),
        part => {
            let (rfc, section) =
                part.strip_prefix("RFC ").and_then(|rest| rest.split_once(" §")).unwrap_or(("6455", part));
            let address = format!("https://www.rfc-editor.org/rfc/rfc{rfc}#section-{section}");
            (format!("RFC {rfc} §{section}"), Some(address))
        }
    };
    rule.sections().split([',', ';']).map(|part| links(part.trim())).collect()
}

/// The criterion of a rule as paragraphs, each on one kind of verdict.
pub fn criterion_paragraphs(rule: Rule) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    for sentence in sentences(rule.criterion()) {
        let begins = ["Inconclusive if", "Not exercised"].iter().any(|start| sentence.starts_with(start));
        match paragraphs.last_mut() {
            Some(last) if !begins && words(last) + words(sentence) <= PARAGRAPH_WORDS => {
                last.push(' ');
                last.push_str(sentence);
            }
            _ => paragraphs.push(sentence.to_owned()),
        }
    }
    paragraphs
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// The sentences of a text. A sentence ends in a full stop before a space and a capital letter.
fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut rest = text;
    let end = |rest: &str| {
        rest.match_indices(". ")
            .map(|(at, _)| at + 1)
            .find(|at| rest[at + 1..].starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit()))
    };
    while let Some(at) = end(rest) {
        sentences.push(&rest[..at]);
        rest = &rest[at + 1..];
    }
    sentences.push(rest);
    sentences
}

/// The page of a rule, without its title and its summary. `known` are the violations of the baselines, by any rule.
pub fn blocks<'a>(rule: Rule, known: impl IntoIterator<Item = &'a KnownViolation>) -> Vec<Block> {
    let advice = rule.advice();
    let mut blocks = vec![
        Block::Heading("Why"),
        Block::Paragraph(advice.why.to_owned()),
        Block::Heading("How to fix a violation"),
        Block::Paragraph(format!("Application: {}", advice.in_application())),
        Block::Paragraph(format!("Library: {}", advice.in_library)),
        Block::Heading("How it is judged"),
    ];
    blocks.extend(criterion_paragraphs(rule).into_iter().map(Block::Paragraph));
    if let Some(example) = RuleExample::shortest(rule) {
        let conforming = if example.exercised {
            "An endpoint that conforms (`>` to the endpoint, `<` from it):"
        } else {
            "An endpoint that does not exercise the rule (`>` to the endpoint, `<` from it):"
        };
        blocks.extend([
            Block::Heading("An example"),
            Block::Paragraph(format!("The script `corpus/{}.ws`:", example.script)),
            Block::Code(example.text),
            Block::Paragraph(conforming.to_owned()),
            Block::Code(example.conforming),
            Block::Paragraph(format!("An endpoint that violates the rule: {}", example.fault.description())),
            Block::Code(example.violating),
            Block::Paragraph("This command plays it:".to_owned()),
            Block::Command(format!(
                "wsclose replay {} --subject fault:{}",
                example.script,
                example.fault.slug()
            )),
        ]);
    }
    let known: Vec<&KnownViolation> = known.into_iter().filter(|known| known.rule == rule).collect();
    if !known.is_empty() {
        blocks.push(Block::Heading("Implementations that violate it"));
        blocks.extend(known.into_iter().map(|known| {
            let name = known.implementation.as_deref().unwrap_or("any endpoint");
            let version = known.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
            Block::Item(format!("`{name}`{version}: {}", known.reason))
        }));
    }
    blocks
}

/// The endpoints to which a rule applies.
pub fn applies_to(rule: Rule) -> String {
    if rule.capability() == Capability::Framing {
        return "every endpoint".to_owned();
    }
    format!("an endpoint that {}", rule.capability().description())
}

/// The page as Markdown. `link` turns an item, which begins with the name of an implementation, into Markdown.
pub fn markdown(rule: Rule, blocks: &[Block], link: impl Fn(&str) -> String) -> String {
    let sections: Vec<String> = sections(rule)
        .into_iter()
        .map(|(name, address)| address.map_or(name.clone(), |address| format!("[{name}]({address})")))
        .collect();
    let mut text = format!("# {}\n\n{}\n\n", rule.id(), rule.summary());
    let _ = writeln!(text, "- Level: `{}`; {}", rule.level(), level_effect(rule.level()));
    let _ = writeln!(text, "- Section: {}", sections.join(", "));
    let _ = writeln!(text, "- Party: {}", rule.party());
    let _ = writeln!(text, "- Applies to: {}", applies_to(rule));
    let mut in_list = false;
    for block in blocks {
        let is_item = matches!(block, Block::Item(_));
        if !(is_item && in_list) {
            text.push('\n');
        }
        in_list = is_item;
        let _ = match block {
            Block::Heading(heading) => writeln!(text, "## {heading}"),
            Block::Paragraph(paragraph) => writeln!(text, "{paragraph}"),
            Block::Item(item) => writeln!(text, "- {}", link(item)),
            Block::Code(code) => writeln!(text, "```text\n{}\n```", code.trim_end()),
            Block::Command(command) => writeln!(text, "```sh\n{command}\n```"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_before_a_capital_letter() {
        assert_eq!(
            sentences("It has e.g. one. Two are 7.4.1. 3 end."),
            ["It has e.g. one.", "Two are 7.4.1.", "3 end."]
        );
    }

    #[test]
    fn criterion_paragraphs_hold_the_whole_criterion() {
        for rule in Rule::ALL {
            let paragraphs = criterion_paragraphs(rule);
            assert_eq!(paragraphs.join(" "), rule.criterion());
            assert!(paragraphs.iter().skip(1).any(|part| part.starts_with("Not exercised")), "{rule}");
        }
    }

    #[test]
    fn sections_have_addresses() {
        let addresses =
            |rule| sections(rule).into_iter().filter_map(|(_, address)| address).collect::<Vec<_>>();
        assert_eq!(
            addresses(Rule::RejectsRsv),
            [
                "https://www.rfc-editor.org/rfc/rfc6455#section-5.2",
                "https://www.rfc-editor.org/rfc/rfc7692#section-6"
            ]
        );
        assert!(addresses(Rule::NoHang).is_empty());
    }

    #[test]
    fn every_rule_has_an_example() {
        let without: Vec<Rule> =
            Rule::ALL.into_iter().filter(|rule| RuleExample::shortest(*rule).is_none()).collect();
        assert!(without.is_empty(), "{without:?}");
    }
}
