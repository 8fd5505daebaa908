//! The results of the site: one entry for each implementation, whatever file it comes from.

use std::collections::{BTreeMap, BTreeSet};

use wsclose::analysis::code_map::CodeReaction;
use wsclose::generate::vectors::CodeOrigin;
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::{Family, Rule};

use super::input::{self, Input, Known, Nearest, Topic};
use super::prose::thousands;
use super::standing::Standing;
use crate::support::subjects::{MODEL, SOCKETS_CURATED, SOCKETS_NOTHING, TIMED_OUT};

/// How an implementation was tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tested {
    /// In-process, by an adapter.
    InProcess,
    /// As a program, over a socket.
    Live(Role),
}

impl Tested {
    /// Every way, in the order of the site.
    pub const ALL: [Tested; 3] = [Tested::InProcess, Tested::Live(Role::Server), Tested::Live(Role::Client)];

    /// The heading of the implementations that were tested in this way.
    pub const fn heading(self) -> &'static str {
        match self {
            Tested::InProcess => "Libraries, driven in-process",
            Tested::Live(Role::Server) => "Servers, over a socket",
            Tested::Live(Role::Client) => "Clients, over a socket",
        }
    }

    /// The same as an id.
    pub const fn id(self) -> &'static str {
        match self {
            Tested::InProcess => "libraries",
            Tested::Live(Role::Server) => "servers",
            Tested::Live(Role::Client) => "clients",
        }
    }

    /// The way as a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Tested::InProcess => {
                "An adapter drives the library in-process, in both roles, and no other program takes part."
            }
            Tested::Live(Role::Server) => {
                "An echo server that uses the library runs as a program, and is tested over TCP."
            }
            Tested::Live(Role::Client) => {
                "A client that uses the library runs as a program, and is tested over TCP."
            }
        }
    }
}

/// The results of one implementation.
#[derive(Debug)]
pub struct Implementation {
    /// The name, which no other has.
    pub name: String,
    /// The name in URLs.
    pub slug: String,
    /// How it was tested.
    pub tested: Tested,
    /// The library; the name if no other is known.
    pub tested_library: String,
    /// The programming language; empty if it is not known.
    pub language: String,
    /// The version; empty if it is not known.
    pub version: String,
    /// The version of wsclose and the profile.
    pub harness: String,
    /// The option that selects the profile, after a space; empty for the default profile.
    pub profile_option: String,
    /// How much was tried.
    pub extent: String,
    /// Whether the run came to its end.
    pub is_complete: bool,
    /// Remarks on the run.
    pub notes: Vec<String>,
    /// How it stands on every rule.
    pub outcomes: BTreeMap<Rule, Outcome>,
    /// The reactions to close codes, for each role or for both.
    pub codes: Vec<CodeRow>,
    /// The implementation that behaves most like it.
    pub nearest: Option<Nearest>,
}

/// How an implementation stands on one rule.
#[derive(Debug)]
pub struct Outcome {
    /// The standing.
    pub standing: Standing,
    /// The number of scripts that conformed, that violated the rule, and that are inconclusive.
    pub counts: [usize; 3],
    /// Why scripts are inconclusive: the most common reason.
    pub inconclusive_reason: Option<String>,
    /// The evidence of what is no conformance.
    pub finding: Option<Finding>,
}

/// What shows that an implementation does not conform.
#[derive(Debug)]
pub struct Finding {
    /// What it did.
    pub actual: String,
    /// What a conforming endpoint does.
    pub expected: Option<String>,
    /// Its role in the script.
    pub role: Option<Role>,
    /// The name of the script.
    pub script_name: String,
    /// The script.
    pub script: String,
    /// The timeline, with a mark on each line that violates the rule.
    pub timeline: String,
    /// How it may have come to do it, and what the violating scripts have in common.
    pub hints: Vec<String>,
    /// Whether the violation recurs, for a program over a socket.
    pub confirmation: Option<String>,
    /// What the baseline documents.
    pub known: Option<Known>,
}

/// The reactions to close codes in one role, or in both if they are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRow {
    /// The role or roles.
    pub roles: &'static str,
    /// The reactions by [`CodeOrigin`]; `None` if no code was tried.
    pub origins: [Option<Reactions>; 3],
}

/// The reactions to the codes of one origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reactions {
    /// First code, last code, reaction. The ranges are in order.
    pub ranges: Vec<(u16, u16, CodeReaction)>,
    /// Whether the library does this itself, and not the program around it.
    pub own: bool,
    /// Whether every code was tried.
    pub is_complete: bool,
}

impl Implementation {
    /// How it stands on a rule.
    pub fn standing(&self, rule: Rule) -> Standing {
        self.outcomes.get(&rule).map_or(Standing::NotExercised, |outcome| outcome.standing)
    }

    /// The number of rules with this standing.
    pub fn count(&self, standing: Standing) -> usize {
        self.outcomes.values().filter(|outcome| outcome.standing == standing).count()
    }

    /// The number of rules of a family with this standing.
    pub fn count_in(&self, family: Family, standing: Standing) -> usize {
        let has =
            |(rule, outcome): &(&Rule, &Outcome)| rule.family() == family && outcome.standing == standing;
        self.outcomes.iter().filter(has).count()
    }

    /// Whether it is the reference endpoint of wsclose.
    pub fn is_model(&self) -> bool {
        self.tested == Tested::InProcess && self.name == MODEL
    }
}

/// An implementation without results.
#[derive(Debug)]
pub struct Absent {
    /// The name.
    pub name: String,
    /// Why there are none.
    pub why: String,
}

/// The results of all files.
#[derive(Debug, Default)]
pub struct Results {
    /// The implementations, by how they were tested and by name; the model first.
    pub implementations: Vec<Implementation>,
    /// Those without results, by name.
    pub absent: Vec<Absent>,
    /// Where libraries differ, by rule.
    pub topics: Vec<Topic>,
}

/// Two implementations would have the same page.
#[derive(Debug, thiserror::Error)]
#[error(
    "two implementations have the page implementations/{0}.html; give each result once, with names of their own"
)]
pub struct SamePage(String);

impl Results {
    /// The results of these files.
    ///
    /// # Errors
    /// If two implementations have the same name in URLs.
    pub fn of(inputs: Vec<Input>) -> Result<Results, SamePage> {
        let mut results = Results::default();
        for input in inputs {
            match input {
                Input::Matrix(matrix) => results.add_matrix(matrix),
                Input::Live(live) => {
                    live.implementations.into_iter().for_each(|entry| results.add_live(entry))
                }
            }
        }
        let order = |one: &Implementation| {
            let tested = Tested::ALL.iter().position(|tested| *tested == one.tested);
            (tested, !one.is_model(), one.name.clone())
        };
        results.implementations.sort_by_key(order);
        results.absent.sort_by(|a, b| (&a.name, &a.why).cmp(&(&b.name, &b.why)));
        results.topics.sort_by_key(|topic| topic.rule);
        let mut slugs = BTreeSet::new();
        match results.implementations.iter().find(|one| !slugs.insert(one.slug.clone())) {
            Some(second) => Err(SamePage(second.slug.clone())),
            None => Ok(results),
        }
    }

    /// The implementations that count. The model is the reference and does not.
    pub fn compared(&self) -> impl Iterator<Item = &Implementation> {
        self.implementations.iter().filter(|one| !one.is_model())
    }

    /// Whether there are results of the model.
    pub fn has_model(&self) -> bool {
        self.implementations.iter().any(Implementation::is_model)
    }

    /// The implementations that were tested in this way.
    pub fn tested(&self, tested: Tested) -> impl Iterator<Item = &Implementation> {
        self.implementations.iter().filter(move |one| one.tested == tested)
    }

    fn add_matrix(&mut self, matrix: input::Matrix) {
        let harness = format!("wsclose {}, profile {}", matrix.wsclose, matrix.profile);
        let option = profile_option(&matrix.profile);
        let missing = matrix.untested.into_iter().chain(matrix.unavailable);
        self.absent.extend(missing.map(|missing| Absent { name: missing.name, why: missing.why }));
        self.topics.extend(matrix.disagreements);
        self.implementations
            .extend(matrix.subjects.into_iter().map(|subject| in_process(subject, &harness, &option)));
    }

    fn add_live(&mut self, entry: input::LiveEntry) {
        let input::LiveEntry { name, library: tested_library, language, version, run, known, absent } = entry;
        match run {
            Some(run) => {
                let known = known.into_iter().map(|known| (known.rule, known.known)).collect();
                let slug = slug(&name);
                let tested = live(run, known);
                self.implementations.push(Implementation {
                    slug,
                    name,
                    tested_library,
                    language,
                    version,
                    ..tested
                });
            }
            None => {
                let why = absent.unwrap_or_else(|| "it has no results".to_owned());
                self.absent.push(Absent { name, why });
            }
        }
    }
}

/// A name in URLs: lower-case letters, digits, `.`, `_` and `-`.
pub fn slug(name: &str) -> String {
    let is_kept = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let kept = name.chars().map(|c| if is_kept(c) { c.to_ascii_lowercase() } else { '-' });
    // A name that begins with a dot would be hidden.
    match kept.collect::<String>().trim_start_matches('.') {
        "" => "unnamed".to_owned(),
        slug => slug.to_owned(),
    }
}

fn in_process(subject: input::Subject, harness: &str, profile_option: &str) -> Implementation {
    let is_complete = !subject.notes.iter().any(|note| note.starts_with(TIMED_OUT));
    Implementation {
        slug: slug(&subject.name),
        tested: Tested::InProcess,
        tested_library: subject.name.clone(),
        language: String::new(),
        version: subject.version.unwrap_or_default(),
        harness: harness.to_owned(),
        profile_option: profile_option.to_owned(),
        extent: format!("{} scripts", thousands(subject.scripts as u64)),
        is_complete,
        notes: subject.notes.into_iter().map(sentence).collect(),
        outcomes: subject.cells.into_iter().map(|cell| (cell.rule, outcome(cell))).collect(),
        codes: code_rows(&subject.codes),
        nearest: subject.nearest,
        name: subject.name,
    }
}

/// A note of `matrix` on a subject, as a sentence.
fn sentence(note: String) -> String {
    match note.as_str() {
        SOCKETS_CURATED => {
            "The adapter connects it over sockets on loopback, in the same process. That takes longer, so it plays the \
             curated scripts and none of the generated ones."
        }
        SOCKETS_NOTHING => {
            "The adapter connects it over sockets on loopback, in the same process. That takes longer, so it plays the \
             curated scripts alone, and this run left them out."
        }
        TIMED_OUT => "The run reached its time limit, so some scripts are missing.",
        _ => return note,
    }
    .to_owned()
}

fn profile_option(profile: &str) -> String {
    if profile == Profile::default().name() { String::new() } else { format!(" --profile {profile}") }
}

fn outcome(cell: input::Cell) -> Outcome {
    let input::Cell { rule, applicable, conformed, violated, inconclusive, status, known, shortest } = cell;
    let standing = match status {
        Some(status) => Standing::of(status, rule.level(), known.as_ref()),
        None if !applicable => Standing::LeftToProgram,
        None if conformed > 0 => Standing::Conforms,
        None if inconclusive > 0 => Standing::Inconclusive,
        None => Standing::NotExercised,
    };
    let finding = shortest.map(|shortest| Finding {
        actual: shortest.actual,
        expected: None,
        role: shortest.role,
        script_name: shortest.name,
        script: shortest.script,
        timeline: shortest.timeline,
        hints: Vec::new(),
        confirmation: None,
        known,
    });
    Outcome { standing, counts: [conformed, violated, inconclusive], inconclusive_reason: None, finding }
}

/// The rows of both roles as one if they are the same.
fn code_rows(codes: &[input::Codes]) -> Vec<CodeRow> {
    let row = |role: Role, roles| CodeRow {
        roles,
        origins: CodeOrigin::ALL.map(|origin| {
            let found = codes.iter().find(|codes| codes.role == role && codes.origin == origin)?;
            let ranges = found.ranges.iter().map(|range| (range.0, range.1, range.2)).collect();
            Some(Reactions { ranges, own: found.own, is_complete: true })
        }),
    };
    let [client, server] = [row(Role::Client, "client"), row(Role::Server, "server")];
    let is_tried = |row: &CodeRow| row.origins.iter().any(Option::is_some);
    if client.origins == server.origins {
        let both = CodeRow { roles: "both roles", ..server };
        return Some(both).filter(is_tried).into_iter().collect();
    }
    [server, client].into_iter().filter(is_tried).collect()
}

fn live(run: input::Run, known: BTreeMap<Rule, Known>) -> Implementation {
    let mut findings: BTreeMap<Rule, input::LiveFinding> =
        run.findings.into_iter().map(|finding| (finding.rule, finding)).collect();
    let outcome = |rule: input::LiveRule| {
        let found = findings.remove(&rule.id).map(|finding| {
            // The reason is in every finding; the baseline adds the place in the source.
            let reason = finding.reason.clone().map(|reason| Known { reason, version: None, source: None });
            let known = reason.map(|reason| known.get(&rule.id).cloned().unwrap_or(reason));
            live_finding(finding, known, run.role)
        });
        let listed = found.as_ref().and_then(|finding| finding.known.as_ref());
        let outcome = Outcome {
            standing: Standing::of(rule.status, rule.id.level(), listed),
            counts: [rule.conformed, rule.violated, rule.inconclusive],
            inconclusive_reason: rule.inconclusive_reason,
            finding: found,
        };
        (rule.id, outcome)
    };
    let outcomes = run.rules.into_iter().map(outcome).collect();
    let untested = run.untested.into_iter().map(|case| format!("{} has no result: {}", case.case, case.why));
    Implementation {
        name: String::new(),
        slug: String::new(),
        tested: Tested::Live(run.role),
        tested_library: String::new(),
        language: String::new(),
        version: String::new(),
        harness: format!("wsclose {}, profile {}", run.wsclose, run.profile),
        profile_option: profile_option(&run.profile),
        extent: format!("{} cases", thousands(run.cases as u64)),
        is_complete: !["INCOMPLETE", "ERROR"].contains(&run.verdict.as_str()),
        notes: run.notes.into_iter().chain(untested).collect(),
        outcomes,
        codes: sampled(run.role, &run.codes),
        nearest: None,
    }
}

fn live_finding(finding: input::LiveFinding, known: Option<Known>, role: Role) -> Finding {
    let pattern = finding.pattern.map(|pattern| format!("in scenarios: {pattern}"));
    Finding {
        actual: finding.actual,
        expected: Some(finding.expected).filter(|expected| !expected.is_empty()),
        role: Some(role),
        script_name: finding.case,
        script: finding.script,
        timeline: finding.timeline.iter().map(|line| format!("{line}\n")).collect(),
        hints: finding.hints.into_iter().chain(pattern).collect(),
        confirmation: Some(finding.confirmation),
        known,
    }
}

/// The codes that cases tried, as a row.
fn sampled(role: Role, samples: &[input::Sample]) -> Vec<CodeRow> {
    let origins = CodeOrigin::ALL.map(|origin| {
        let mut ranges: Vec<(u16, u16, CodeReaction)> = samples
            .iter()
            .filter(|sample| sample.origin == origin)
            .map(|sample| (sample.code, sample.code, sample.reaction))
            .collect();
        ranges.sort_unstable();
        ranges.dedup_by_key(|(code, _, _)| *code);
        (!ranges.is_empty()).then_some(Reactions { ranges, own: true, is_complete: false })
    });
    let row = CodeRow { roles: role.name(), origins };
    Some(row).filter(|row| row.origins.iter().any(Option::is_some)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn slugs_are_safe_in_urls_and_file_names() {
        assert_eq!(slug("tungstenite"), "tungstenite");
        assert_eq!(slug("fault:close-of-126"), "fault-close-of-126");
        assert_eq!(slug("../Chromium's WebSocket"), "-chromium-s-websocket");
        assert_eq!(slug("ratchet_core 1.2"), "ratchet_core-1.2");
        assert_eq!(slug(".."), "unnamed");
    }
}
