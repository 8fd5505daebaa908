//! `disagreements.md`: where at least two peers differ. In come results, out comes a page with what the rule
//! says, the shortest script that was played of each kind of disagreement, and who did what.

use std::fmt::Write as _;

use wsclose::analysis::compare::{Disagreement, Topic, code_disagreements};
use wsclose::generate::vectors::CodeOrigin;
use wsclose::protocol::role::Role;
use wsclose::rules::Level;

use super::markdown::escape_cell;
use super::report_dir::GENERATED_BY;
use super::results::Results;

/// The page.
pub fn page(results: &Results<'_>) -> String {
    let mut page = format!("<!-- {GENERATED_BY} -->\n# Where peers differ\n\n");
    page += "Each section is a rule, with the scripts that are most about it: of the rules that the model meets in \
             a script, the one that fewest scripts meet. Only what a peer does itself is compared; what it leaves \
             to its program is left out. To differ is no breach: a rule's level says what the RFC wants. Each \
             script is the shortest that was played, as a file that `wsclose replay` takes.\n\n";
    for topic in &results.topics {
        write_section(results, topic, &mut page);
    }
    for way in CodeOrigin::ALL {
        for role in [Role::Server, Role::Client] {
            write_codes(results, role, way, &mut page);
        }
    }
    page
}

/// What the RFC says, by the level of a rule.
fn level_meaning(level: Level) -> &'static str {
    match level {
        Level::Must => "a MUST or a definition of the RFC",
        Level::Interop => "no sentence demands it; without it, conforming peers are cut off",
        Level::Robust => "no sentence demands it, and every user does",
        Level::Should => "a SHOULD, or what the RFC or the registry implies",
        Level::Lenient => {
            "no conforming peer sends it; what a receiver does is left open, but §10.7 has it validate"
        }
        Level::Info => "the RFC leaves it open",
    }
}

fn write_section(results: &Results<'_>, topic: &Topic, page: &mut String) {
    let rule = topic.rule;
    let differing: usize = topic.disagreements.iter().map(|kind| kind.scripts).sum();
    let sections = match rule.sections() {
        "–" => String::new(),
        sections => format!("§{sections}, "),
    };
    writeln!(
        page,
        "## {rule}\n\n> {} ({sections}{}: {})\n\nPeers differ in {differing} of {} scripts about it.\n",
        rule.summary(),
        rule.level(),
        level_meaning(rule.level()),
        topic.scripts
    )
    .expect("a string grows");
    topic.disagreements.iter().take(MAX_KINDS).for_each(|kind| self::write_kind(results, kind, page));
    let left = topic.disagreements.len().saturating_sub(MAX_KINDS);
    if left > 0 {
        writeln!(page, "Rarer kinds are left out here: {left}. matrix.json has what every script came to.\n")
            .expect("a string grows");
    }
}

/// The most kinds of disagreement that are written out for one rule, the commonest first.
const MAX_KINDS: usize = 8;

fn write_kind(results: &Results<'_>, kind: &Disagreement, page: &mut String) {
    let Disagreement { name, note, text, scripts, groups: camps } = kind;
    let more = match scripts {
        1 => String::new(),
        scripts => format!(" and {} more", scripts - 1),
    };
    let note = if note.is_empty() { String::new() } else { format!(": {note}") };
    writeln!(page, "**{name}**{more}{note}\n\n```text\n{text}```\n\n| who | what |\n|---|---|")
        .expect("a string grows");
    for camp in camps {
        let did = camp.behavior.as_deref().unwrap_or("*left to its program*");
        writeln!(page, "| {} | {} |", results.names(&camp.rows), escape_cell(did)).expect("a string grows");
    }
    page.push('\n');
}

/// The most runs of codes that are written out.
const MAX_RANGES: usize = 8;

fn write_codes(results: &Results<'_>, role: Role, origin: CodeOrigin, page: &mut String) {
    let kinds = code_disagreements(&results.rows, role, origin);
    if kinds.is_empty() {
        return;
    }
    writeln!(
        page,
        "## Codes to a {role}: {}\n\n| codes | how many | who does what |\n|---|--:|---|",
        origin.description()
    )
    .expect("a string grows");
    for kind in kinds {
        let runs = kind.codes.iter().take(MAX_RANGES).map(|(first, last)| match first == last {
            true => first.to_string(),
            false => format!("{first}–{last}"),
        });
        let mut runs = runs.collect::<Vec<_>>().join(", ");
        if kind.codes.len() > MAX_RANGES {
            runs += &format!(", and {} more runs", kind.codes.len() - MAX_RANGES);
        }
        let camps =
            kind.groups.iter().map(|(mark, rows)| format!("{}: {}", mark.description(), results.names(rows)));
        let camps = camps.collect::<Vec<_>>().join("<br>");
        writeln!(page, "| {runs} | {} | {camps} |", kind.count).expect("a string grows");
    }
    page.push('\n');
}
