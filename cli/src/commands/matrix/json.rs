//! `matrix.json`: all results as data. The order of the fields and entries never changes.

use std::collections::BTreeMap;

use serde::Serialize;
use wsclose::analysis::compare::{Disagreement, Group, ScriptTopics, Topic, comparable_codes};
use wsclose::analysis::matrix::SubjectResult;
use wsclose::generate::vectors::CodeOrigin;
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;

use super::results::{GENERATED_BY, Results};
use crate::libraries::Libraries;
use crate::support::subjects::MODEL;

/// The version of the format. It changes when a field changes its meaning or is removed.
const SCHEMA: &str = "wsclose-matrix/1";

#[derive(Serialize)]
struct Document<'a> {
    about: &'static str,
    schema: &'static str,
    wsclose: &'static str,
    profile: &'static str,
    scripts: Counts,
    rules: Vec<RuleEntry>,
    subjects: Vec<SubjectEntry<'a>>,
    untested: Vec<Missing<'a>>,
    unavailable: Vec<Missing<'a>>,
    clusters: Vec<Vec<&'a str>>,
    disagreements: Vec<TopicEntry<'a>>,
    /// The outcomes of scripts, by the index that `played` refers to.
    outcomes: Vec<String>,
    played: Vec<PlayedEntry<'a>>,
}

#[derive(Serialize)]
struct Counts {
    curated: usize,
    systematic: usize,
    segmentations: usize,
    scenarios: usize,
}

#[derive(Serialize)]
struct RuleEntry {
    id: &'static str,
    level: &'static str,
    sections: &'static str,
    summary: &'static str,
}

#[derive(Serialize)]
struct SubjectEntry<'a> {
    name: &'a str,
    /// The version of the library; none of the model and of faulty models.
    version: Option<String>,
    scripts: usize,
    notes: &'a [&'static str],
    cells: Vec<CellEntry<'a>>,
    codes: Vec<CodesEntry>,
    nearest: Option<NearestEntry<'a>>,
}

#[derive(Serialize)]
struct CellEntry<'a> {
    rule: &'static str,
    applicable: bool,
    conformed: usize,
    violated: usize,
    inconclusive: usize,
    status: Option<&'static str>,
    /// What the baseline documents about the violation.
    known: Option<KnownEntry<'a>>,
    shortest: Option<ShortestEntry>,
}

#[derive(Serialize)]
struct KnownEntry<'a> {
    reason: &'a str,
    version: Option<&'a str>,
    source: Option<&'a str>,
}

#[derive(Serialize)]
struct ShortestEntry {
    name: String,
    role: &'static str,
    script: String,
    actual: String,
    /// The timeline, with a mark on each line that violates the rule.
    timeline: String,
}

/// The disagreements in the scripts about one rule.
#[derive(Serialize)]
struct TopicEntry<'a> {
    rule: &'static str,
    scripts: usize,
    kinds: Vec<KindEntry<'a>>,
}

/// Scripts that split the subjects into the same groups, with the shortest of them.
#[derive(Serialize)]
struct KindEntry<'a> {
    name: &'a str,
    note: &'a str,
    script: &'a str,
    scripts: usize,
    groups: Vec<GroupEntry<'a>>,
}

#[derive(Serialize)]
struct GroupEntry<'a> {
    subjects: Vec<&'a str>,
    /// What they did; none if they leave it to their program.
    behavior: Option<&'a str>,
}

#[derive(Serialize)]
struct CodesEntry {
    role: &'static str,
    origin: &'static str,
    /// Whether the library itself does it, and not its program.
    own: bool,
    /// First code, last code, reaction.
    ranges: Vec<(u16, u16, &'static str)>,
}

#[derive(Serialize)]
struct NearestEntry<'a> {
    name: &'a str,
    scripts: usize,
    of_scripts: usize,
    codes: usize,
    of_codes: usize,
}

#[derive(Serialize)]
struct Missing<'a> {
    name: &'a str,
    why: &'a str,
}

#[derive(Serialize)]
struct PlayedEntry<'a> {
    name: &'a str,
    role: &'static str,
    /// One outcome per subject; none if the library leaves the behavior to its program, or did not run the script.
    outcomes: Vec<Option<usize>>,
}

/// The text of the file.
pub fn text(results: &Results<'_>, libraries: &dyn Libraries) -> String {
    let (outcomes, played) = played(results);
    let plan = results.plan;
    let document = Document {
        about: GENERATED_BY,
        schema: SCHEMA,
        wsclose: env!("CARGO_PKG_VERSION"),
        profile: results.profile.name(),
        scripts: Counts {
            curated: plan.curated(),
            systematic: plan.scripts().len() - plan.curated(),
            segmentations: plan.segmentations().len(),
            scenarios: plan.scenarios().len(),
        },
        rules: Rule::ALL
            .into_iter()
            .map(|rule| RuleEntry {
                id: rule.id(),
                level: rule.level().name(),
                sections: rule.sections(),
                summary: rule.summary(),
            })
            .collect(),
        subjects: (0..results.rows.len()).map(|at| subject(results, libraries, at)).collect(),
        untested: results.untested.iter().map(|(name, why)| Missing { name, why }).collect(),
        unavailable: results.unavailable.iter().map(|(name, why)| Missing { name, why }).collect(),
        clusters: results.clusters.iter().map(|cluster| names(results, cluster)).collect(),
        disagreements: results.topics.iter().map(|topic| self::topic(results, topic)).collect(),
        outcomes,
        played,
    };
    let mut text = serde_json::to_string_pretty(&document).expect("the document is text and numbers");
    text.push('\n');
    text
}

fn names<'a>(results: &'a Results<'_>, rows: &[usize]) -> Vec<&'a str> {
    rows.iter().map(|row| results.rows[*row].name.as_str()).collect()
}

fn topic<'a>(results: &'a Results<'_>, topic: &'a Topic) -> TopicEntry<'a> {
    let group = |group: &'a Group| GroupEntry {
        subjects: names(results, &group.rows),
        behavior: group.behavior.as_deref(),
    };
    let kind = |kind: &'a Disagreement| KindEntry {
        name: &kind.name,
        note: &kind.note,
        script: &kind.text,
        scripts: kind.scripts,
        groups: kind.groups.iter().map(group).collect(),
    };
    TopicEntry {
        rule: topic.rule.id(),
        scripts: topic.scripts,
        kinds: topic.disagreements.iter().map(kind).collect(),
    }
}

fn subject<'a>(results: &'a Results<'_>, libraries: &dyn Libraries, at: usize) -> SubjectEntry<'a> {
    let row = &results.rows[at];
    SubjectEntry {
        name: &row.name,
        version: libraries.version(&row.name),
        scripts: row.scripts(),
        notes: &results.notes[at],
        cells: Rule::ALL.into_iter().map(|rule| cell(results, row, rule)).collect(),
        codes: Role::ALL.into_iter().flat_map(|role| codes(row, role)).collect(),
        nearest: results.nearest[at].map(|(other, distance)| NearestEntry {
            name: &results.rows[other].name,
            scripts: distance.scripts,
            of_scripts: distance.of_scripts,
            codes: distance.codes,
            of_codes: distance.of_codes,
        }),
    }
}

fn cell<'a>(results: &'a Results<'_>, row: &SubjectResult, rule: Rule) -> CellEntry<'a> {
    let cell = row.cell(rule);
    let status = results.status(row, rule, &cell);
    // No baseline lists the model.
    let is_listed = status.is_some() && row.name != MODEL;
    CellEntry {
        rule: rule.id(),
        applicable: row.covers(rule),
        conformed: cell.conformed,
        violated: cell.violated,
        inconclusive: cell.inconclusive,
        status: status.map(|status| status.name()),
        known: results.known(row, rule).filter(|_| is_listed).map(|known| KnownEntry {
            reason: &known.reason,
            version: known.version.as_deref(),
            source: known.source.as_deref(),
        }),
        shortest: cell.example.map(|shown| ShortestEntry {
            name: shown.name,
            role: shown.role.name(),
            script: shown.text,
            actual: shown.actual,
            timeline: shown.timeline,
        }),
    }
}

fn codes(row: &SubjectResult, role: Role) -> Vec<CodesEntry> {
    let part = row.role_result(role);
    let entry = |(way, marks): (CodeOrigin, &wsclose::analysis::code_map::CodeMap)| CodesEntry {
        role: role.name(),
        origin: way.name(),
        own: comparable_codes(part.capabilities, way),
        ranges: marks
            .ranges()
            .into_iter()
            .map(|(first, last, mark)| (first.0, last.0, mark.name()))
            .collect(),
    };
    CodeOrigin::ALL.into_iter().zip(&part.codes).map(entry).collect()
}

fn played<'a>(results: &'a Results<'_>) -> (Vec<String>, Vec<PlayedEntry<'a>>) {
    let Some(reference) = results.rows.first() else { return (Vec::new(), Vec::new()) };
    let about = ScriptTopics::of(results.plan, reference);
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut outcomes: Vec<String> = Vec::new();
    let mut entries = Vec::new();
    for (at, vector) in results.plan.scripts().iter().enumerate() {
        for role in Role::ALL {
            let of = |row: &SubjectResult| {
                let outcome = about.describe(row, role, at)?;
                let next = outcomes.len();
                let number = *numbers.entry(outcome.clone()).or_insert(next);
                if number == next {
                    outcomes.push(outcome);
                }
                Some(number)
            };
            let of_rows: Vec<Option<usize>> = results.rows.iter().map(of).collect();
            if of_rows.iter().any(Option::is_some) {
                entries.push(PlayedEntry { name: &vector.name, role: role.name(), outcomes: of_rows });
            }
        }
    }
    (outcomes, entries)
}
