//! `disagreements.md`: for every rule in which subjects differ, its summary, the shortest script of each kind of
//! difference, and what each subject did.

use std::fmt::Write as _;

use wsclose::analysis::compare::{Disagreement, Topic, code_disagreements};
use wsclose::generate::vectors::CodeOrigin;
use wsclose::protocol::role::Role;

use super::markdown::escape_cell;
use super::results::{GENERATED_BY, Results};

/// The page.
pub fn page(results: &Results<'_>) -> String {
    let mut page = format!("<!-- {GENERATED_BY} -->\n# Differences between WebSocket libraries\n\n");
    page += "Each section is about one rule. A script belongs to the rule that the fewest scripts exercise, of those \
             that it exercises in the model. Only behavior of the library itself is compared. A difference is not \
             a violation: the level of the rule states what the RFC requires. Each script is the shortest of its \
             kind, as a file that `wsclose replay` accepts.\n\n";
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

fn write_section(results: &Results<'_>, topic: &Topic, page: &mut String) {
    let rule = topic.rule;
    let differing: usize = topic.disagreements.iter().map(|kind| kind.scripts).sum();
    let sections = match rule.sections() {
        "–" => String::new(),
        sections => format!("§{sections}, "),
    };
    writeln!(
        page,
        "## {rule}\n\n> {} ({sections}{}: {})\n\nSubjects differ in {differing} of {} scripts.\n",
        rule.summary(),
        rule.level(),
        rule.level().meaning(),
        topic.scripts
    )
    .expect("a string grows");
    topic.disagreements.iter().take(MAX_KINDS).for_each(|kind| self::write_kind(results, kind, page));
    let left = topic.disagreements.len().saturating_sub(MAX_KINDS);
    if left > 0 {
        writeln!(page, "{left} rarer kinds are omitted; matrix.json has the outcome of every script.\n")
            .expect("a string grows");
    }
}

/// The most kinds of difference that are printed for one rule, the most frequent first.
const MAX_KINDS: usize = 8;

fn write_kind(results: &Results<'_>, kind: &Disagreement, page: &mut String) {
    let Disagreement { name, note, text, scripts, groups } = kind;
    let more = match scripts {
        1 => String::new(),
        scripts => format!(" and {} more", scripts - 1),
    };
    let note = if note.is_empty() { String::new() } else { format!(": {note}") };
    writeln!(page, "**{name}**{more}{note}\n\n```text\n{text}```\n\n| subjects | behavior |\n|---|---|")
        .expect("a string grows");
    for group in groups {
        let did = group.behavior.as_deref().unwrap_or("*left to its program*");
        writeln!(page, "| {} | {} |", results.names(&group.rows), escape_cell(did)).expect("a string grows");
    }
    page.push('\n');
}

/// The most ranges of codes that are printed.
const MAX_RANGES: usize = 8;

fn write_codes(results: &Results<'_>, role: Role, origin: CodeOrigin, page: &mut String) {
    let kinds = code_disagreements(&results.rows, role, origin);
    if kinds.is_empty() {
        return;
    }
    writeln!(
        page,
        "## Codes to a {role}: {}\n\n| codes | number | behavior |\n|---|--:|---|",
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
            runs += &format!(", and {} more ranges", kind.codes.len() - MAX_RANGES);
        }
        let groups =
            kind.groups.iter().map(|(mark, rows)| format!("{}: {}", mark.description(), results.names(rows)));
        let groups = groups.collect::<Vec<_>>().join("<br>");
        writeln!(page, "| {runs} | {} | {groups} |", kind.count).expect("a string grows");
    }
    page.push('\n');
}
