//! Compares the results of subjects: clusters of subjects that behave alike, distances and disagreements.
//!
//! Disagreements are grouped by topic: the rule that a script exercises and the fewest other scripts exercise.

use std::collections::BTreeMap;

use super::matrix::{MatrixPlan, SubjectResult};
use super::outcome::{Aspect, Aspects};
use crate::analysis::code_map::CodeReaction;
use crate::generate::vectors::{CodeOrigin, TestVector};
use crate::protocol::code::CloseCode;
use crate::protocol::role::Role;
use crate::rules::{Capabilities, Capability, Focus, Rule, RuleSet};
use crate::script::Script;

/// The topics of the scripts of a plan: the rules that each script exercises on the reference endpoint, which has every
/// capability.
#[derive(Clone, Debug)]
pub struct ScriptTopics<'a> {
    plan: &'a MatrixPlan,
    rules: [Vec<RuleSet>; 2],
    /// The number of scripts that exercise each rule.
    frequency: Vec<usize>,
}

impl<'a> ScriptTopics<'a> {
    /// The topics according to the results of the reference endpoint.
    pub fn of(plan: &'a MatrixPlan, reference: &SubjectResult) -> ScriptTopics<'a> {
        let rules = Role::ALL.map(|role| {
            reference
                .role_result(role)
                .scripts_played
                .iter()
                .map(|played| played.conformed.union(played.violated))
                .collect()
        });
        let all: Vec<RuleSet> = rules.iter().flat_map(|rules: &Vec<RuleSet>| rules.iter().copied()).collect();
        let frequency =
            Rule::ALL.map(|rule| all.iter().filter(|rules| rules.contains(rule)).count()).to_vec();
        ScriptTopics { plan, rules, frequency }
    }

    fn rules(&self, role: Role, at: usize) -> RuleSet {
        self.rules[role as usize].get(at).copied().unwrap_or_default()
    }

    /// The topic of a script: the rule that it exercises and the fewest other scripts exercise.
    fn topic(&self, role: Role, at: usize) -> Option<Rule> {
        let rules = self.rules(role, at);
        let is_specific = |rule: &Rule| rule.focus() != Focus::OwnFrames;
        let rarest =
            |rules: &mut dyn Iterator<Item = Rule>| rules.min_by_key(|rule| self.frequency[*rule as usize]);
        rarest(&mut rules.iter().filter(is_specific)).or_else(|| rarest(&mut rules.iter()))
    }

    fn script(&self, role: Role, at: usize) -> Script<'_> {
        self.plan.scripts()[at].script.as_script().for_role(role)
    }

    /// The outcome of a script on a subject, as far as the subject determines it; `None` if it determines nothing.
    pub fn describe(&self, row: &SubjectResult, role: Role, at: usize) -> Option<String> {
        let played = row.role_result(role).scripts_played.get(at)?;
        let text = played.outcome.describe(self.aspects(row, role, at));
        (!text.is_empty()).then_some(text)
    }

    fn aspects(&self, row: &SubjectResult, role: Role, at: usize) -> Aspects {
        Aspects::of(self.rules(role, at), self.script(role, at), row.role_result(role).capabilities)
    }
}

/// The distance between two subjects, in what both determine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Distance {
    /// The number of compared scripts with different outcomes.
    pub scripts: usize,
    /// The number of compared scripts: those whose outcome both subjects determine.
    pub of_scripts: usize,
    /// The number of scripts whose outcome one of the subjects leaves to its program.
    pub not_comparable: usize,
    /// The number of compared codes with different reactions.
    pub codes: usize,
    /// The number of compared codes.
    pub of_codes: usize,
}

impl Distance {
    /// The distance between two subjects.
    pub fn between(about: &ScriptTopics<'_>, a: &SubjectResult, b: &SubjectResult) -> Distance {
        let mut distance = Distance::default();
        for role in Role::ALL {
            let (one, other) = (a.role_result(role), b.role_result(role));
            for (at, (one, other)) in one.scripts_played.iter().zip(&other.scripts_played).enumerate() {
                let aspects = about.aspects(a, role, at).intersection(about.aspects(b, role, at));
                if !aspects.has(Aspect::Frames)
                    && !aspects.has(Aspect::Tcp)
                    && !aspects.has(Aspect::AppStatus)
                {
                    distance.not_comparable += 1;
                    continue;
                }
                distance.of_scripts += 1;
                distance.scripts += usize::from(one.outcome.differs(&other.outcome, aspects));
            }
            let maps = one.codes.iter().zip(&other.codes);
            for (origin, (map, other_map)) in CodeOrigin::ALL.into_iter().zip(maps) {
                if [one, other].into_iter().all(|part| comparable_codes(part.capabilities, origin)) {
                    distance.of_codes += usize::from(u16::MAX) + 1;
                    distance.codes += map.differing(other_map);
                }
            }
        }
        distance
    }

    /// Whether the two subjects do not differ.
    pub const fn is_none(&self) -> bool {
        self.scripts == 0 && self.codes == 0
    }

    /// Whether enough could be compared: at least as many scripts as could not.
    pub const fn is_significant(&self) -> bool {
        self.of_scripts + self.of_codes > 0 && self.of_scripts >= self.not_comparable
    }

    /// The share of scripts that differ, in parts of a thousand, rounded up; the share of codes if there are no scripts.
    pub const fn per_mille(&self) -> usize {
        match (self.of_scripts, self.of_codes) {
            (0, 0) => 0,
            (0, codes) => (1000 * self.codes).div_ceil(codes),
            (scripts, _) => (1000 * self.scripts).div_ceil(scripts),
        }
    }
}

/// Whether an endpoint with these capabilities determines the reaction to a code, as opposed to the program around it.
pub const fn comparable_codes(capabilities: Capabilities, origin: CodeOrigin) -> bool {
    match origin {
        CodeOrigin::Received => {
            capabilities.has(Capability::ParsesCloseBody) && capabilities.has(Capability::RepliesToClose)
        }
        CodeOrigin::Reply => {
            capabilities.has(Capability::ParsesCloseBody) && capabilities.has(Capability::ReportsCloseStatus)
        }
        CodeOrigin::Requested => capabilities.has(Capability::ExposesCloseApi),
    }
}

/// The clusters of subjects that do not differ, with the same capabilities and the same scripts, as lists of indices.
pub fn clusters(about: &ScriptTopics<'_>, rows: &[SubjectResult]) -> Vec<Vec<usize>> {
    let alike = |a: &SubjectResult, b: &SubjectResult| {
        let capabilities = |row: &SubjectResult| row.roles.each_ref().map(|part| part.capabilities);
        let extent = |row: &SubjectResult| {
            row.roles.each_ref().map(|part| (part.scripts_played.len(), part.codes.len()))
        };
        capabilities(a) == capabilities(b)
            && extent(a) == extent(b)
            && Distance::between(about, a, b).is_none()
    };
    let mut clusters: Vec<Vec<usize>> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        match clusters.iter_mut().find(|cluster| alike(&rows[cluster[0]], row)) {
            Some(cluster) => cluster.push(at),
            None => clusters.push(vec![at]),
        }
    }
    clusters
}

/// Subjects that did the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The indices of the subjects.
    pub rows: Vec<usize>,
    /// What they did, as far as they determine it; `None` if they determine nothing.
    pub behavior: Option<String>,
}

/// Scripts that split the subjects into the same groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The name of the shortest of these scripts.
    pub name: String,
    /// The note in that script.
    pub note: String,
    /// The text of that script.
    pub text: String,
    /// The number of scripts.
    pub scripts: usize,
    /// The groups of subjects in that script.
    pub groups: Vec<Group>,
}

/// The disagreements in the scripts with one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The rule.
    pub rule: Rule,
    /// The number of scripts with this topic.
    pub scripts: usize,
    /// The disagreements, the most frequent first.
    pub disagreements: Vec<Disagreement>,
}

/// The disagreements of the subjects in what they determine, by topic.
pub fn disagreements(about: &ScriptTopics<'_>, rows: &[SubjectResult]) -> Vec<Topic> {
    // For each topic: the number of scripts, and the disagreements by their groups.
    type Kinds = BTreeMap<Vec<Vec<usize>>, Disagreement>;
    let mut topics: BTreeMap<Rule, (usize, Kinds)> = BTreeMap::new();
    for role in Role::ALL {
        for at in 0..about.plan.scripts().len() {
            let Some(rule) = about.topic(role, at) else { continue };
            let (scripts, kinds) = topics.entry(rule).or_default();
            *scripts += 1;
            let Some(groups) = groups(about, rows, role, at) else { continue };
            let TestVector { name, note, .. } = about.plan.scripts()[at].clone();
            let text = about.script(role, at).to_string();
            let kind: Vec<Vec<usize>> = groups.iter().map(|group| group.rows.clone()).collect();
            let new = Disagreement { name, note, text, scripts: 0, groups };
            let known = kinds.entry(kind).or_insert_with(|| new.clone());
            let key = |kind: &Disagreement| (kind.text.len(), kind.name.clone(), kind.text.clone());
            if key(&new) < key(known) {
                *known = Disagreement { scripts: known.scripts, ..new };
            }
            known.scripts += 1;
        }
    }
    topics
        .into_iter()
        .map(|(rule, (scripts, kinds))| {
            let mut disagreements: Vec<Disagreement> = kinds.into_values().collect();
            disagreements.sort_by_key(|kind| (usize::MAX - kind.scripts, kind.text.len(), kind.name.clone()));
            Topic { rule, scripts, disagreements }
        })
        .filter(|topic| !topic.disagreements.is_empty())
        .collect()
}

/// The groups of subjects in a script; `None` if no two subjects differ in what both determine.
fn groups(about: &ScriptTopics<'_>, rows: &[SubjectResult], role: Role, at: usize) -> Option<Vec<Group>> {
    let tested: Vec<(usize, Aspects)> = (0..rows.len())
        .filter(|row| rows[*row].role_result(role).scripts_played.len() > at)
        .map(|row| (row, about.aspects(&rows[row], role, at)))
        .collect();
    let outcome = |row: usize| &rows[row].role_result(role).scripts_played[at].outcome;
    let differ = tested.iter().enumerate().any(|(index, (a, own))| {
        tested[index + 1..]
            .iter()
            .any(|(b, other)| outcome(*a).differs(outcome(*b), own.intersection(*other)))
    });
    if !differ {
        return None;
    }
    let mut groups: Vec<Group> = Vec::new();
    for (row, aspects) in tested {
        let text = outcome(row).describe(aspects);
        let behavior = (!text.is_empty()).then_some(text);
        match groups.iter_mut().find(|group| group.behavior == behavior) {
            Some(group) => group.rows.push(row),
            None => groups.push(Group { rows: vec![row], behavior }),
        }
    }
    Some(groups)
}

/// Codes that split the subjects into the same groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeDisagreement {
    /// The codes, as ranges: first and last code.
    pub codes: Vec<(CloseCode, CloseCode)>,
    /// The number of codes.
    pub count: usize,
    /// The groups of subjects: a reaction and the indices of the subjects.
    pub groups: Vec<(CodeReaction, Vec<usize>)>,
}

/// The disagreements of subjects in this role about codes of this origin.
pub fn code_disagreements(rows: &[SubjectResult], role: Role, origin: CodeOrigin) -> Vec<CodeDisagreement> {
    let comparable: Vec<usize> = (0..rows.len())
        .filter(|row| {
            let part = rows[*row].role_result(role);
            part.codes.len() > origin as usize && comparable_codes(part.capabilities, origin)
        })
        .collect();
    let mut kinds: BTreeMap<Vec<CodeReaction>, CodeDisagreement> = BTreeMap::new();
    for code in CloseCode::all() {
        let reactions: Vec<CodeReaction> = comparable
            .iter()
            .map(|row| rows[*row].role_result(role).codes[origin as usize].get(code))
            .collect();
        if reactions.windows(2).all(|pair| pair[0] == pair[1]) {
            continue;
        }
        let kind = kinds.entry(reactions).or_insert_with_key(|reactions| {
            let mut groups: BTreeMap<CodeReaction, Vec<usize>> = BTreeMap::new();
            for (row, reaction) in comparable.iter().zip(reactions) {
                groups.entry(*reaction).or_default().push(*row);
            }
            CodeDisagreement { codes: Vec::new(), count: 0, groups: groups.into_iter().collect() }
        });
        kind.count += 1;
        match kind.codes.last_mut() {
            Some((_, last)) if last.0.checked_add(1) == Some(code.0) => *last = code,
            Some(_) | None => kind.codes.push((code, code)),
        }
    }
    let mut all: Vec<CodeDisagreement> = kinds.into_values().collect();
    all.sort_by_key(|kind| kind.codes[0]);
    all
}
