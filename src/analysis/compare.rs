//! Who behaves alike, and where they differ: in come rows, the reference first, out come clusters, distances
//! and disagreements, the latter by the rule that a script is most about.

use std::collections::BTreeMap;

use super::matrix::{MatrixPlan, SubjectResult};
use super::outcome::{Aspect, Aspects};
use crate::analysis::code_map::CodeReaction;
use crate::generate::vectors::{CodeOrigin, TestVector};
use crate::protocol::code::CloseCode;
use crate::protocol::role::Role;
use crate::rules::{Capabilities, Capability, Party, Rule, RuleSet};
use crate::script::Script;

/// What every frame that an endpoint writes is held against, whatever the script is about.
const FRAMING: Capabilities =
    Capabilities::of(&[Capability::Framing, Capability::MasksFrames, Capability::ReportsMemory]);

/// What a plan's scripts are about: the rules that the reference endpoint, which has every duty, exercises in
/// each.
#[derive(Clone, Debug)]
pub struct ScriptTopics<'a> {
    plan: &'a MatrixPlan,
    rules: [Vec<RuleSet>; 2],
    /// In how many scripts each rule is exercised.
    frequency: Vec<usize>,
}

impl<'a> ScriptTopics<'a> {
    /// By what the reference did.
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

    /// The rule that a script is most about: of those that it exercises, the one that fewest others do.
    fn topic(&self, role: Role, at: usize) -> Option<Rule> {
        let rules = self.rules(role, at);
        let tells = |rule: &Rule| !(rule.party() == Party::Sender && FRAMING.has(rule.capability()));
        let rarest =
            |rules: &mut dyn Iterator<Item = Rule>| rules.min_by_key(|rule| self.frequency[*rule as usize]);
        rarest(&mut rules.iter().filter(tells)).or_else(|| rarest(&mut rules.iter()))
    }

    fn script(&self, role: Role, at: usize) -> Script<'_> {
        self.plan.scripts()[at].script.as_script().for_role(role)
    }

    /// What a script came to on a row, as far as that was its own doing; `None` where nothing was.
    pub fn describe(&self, row: &SubjectResult, role: Role, at: usize) -> Option<String> {
        let played = row.role_result(role).scripts_played.get(at)?;
        let said = played.outcome.describe(self.aspects(row, role, at));
        (!said.is_empty()).then_some(said)
    }

    fn aspects(&self, row: &SubjectResult, role: Role, at: usize) -> Aspects {
        Aspects::of(self.rules(role, at), self.script(role, at), row.role_result(role).capabilities)
    }
}

/// How far two rows are apart, in what is the own doing of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Distance {
    /// Scripts that came to something else.
    pub scripts: usize,
    /// Of so many in which what both did was their own doing.
    pub of_scripts: usize,
    /// Those that both played, and that one or the other left to its program.
    pub not_comparable: usize,
    /// Codes with another mark.
    pub codes: usize,
    /// Of so many that both have one for.
    pub of_codes: usize,
}

impl Distance {
    /// Between two rows.
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
            for (way, (marks, others)) in CodeOrigin::ALL.into_iter().zip(one.codes.iter().zip(&other.codes))
            {
                if [one, other].into_iter().all(|part| comparable_codes(part.capabilities, way)) {
                    distance.of_codes += usize::from(u16::MAX) + 1;
                    distance.codes += marks.differing(others);
                }
            }
        }
        distance
    }

    /// Whether nothing tells the two apart.
    pub const fn is_none(&self) -> bool {
        self.scripts == 0 && self.codes == 0
    }

    /// Whether there is enough in common for it to mean anything.
    pub const fn is_significant(&self) -> bool {
        self.of_scripts + self.of_codes > 0 && self.of_scripts >= self.not_comparable
    }

    /// The share of scripts that differ, in parts of a thousand; of codes where there are no scripts.
    pub const fn per_mille(&self) -> usize {
        match (self.of_scripts, self.of_codes) {
            (0, 0) => 0,
            (0, codes) => (1000 * self.codes).div_ceil(codes),
            (scripts, _) => (1000 * self.scripts).div_ceil(scripts),
        }
    }
}

/// Whether what an endpoint makes of a code is its own doing, and not its program's.
pub const fn comparable_codes(duties: Capabilities, way: CodeOrigin) -> bool {
    match way {
        CodeOrigin::Received => {
            duties.has(Capability::ParsesCloseBody) && duties.has(Capability::RepliesToClose)
        }
        CodeOrigin::Reply => {
            duties.has(Capability::ParsesCloseBody) && duties.has(Capability::ReportsCloseStatus)
        }
        CodeOrigin::Requested => duties.has(Capability::ExposesCloseApi),
    }
}

/// The rows that nothing tells apart, and that were all asked the same, as lists of their places.
pub fn clusters(about: &ScriptTopics<'_>, rows: &[SubjectResult]) -> Vec<Vec<usize>> {
    let alike = |a: &SubjectResult, b: &SubjectResult| {
        let duties = |row: &SubjectResult| row.roles.each_ref().map(|part| part.capabilities);
        let much = |row: &SubjectResult| {
            row.roles.each_ref().map(|part| (part.scripts_played.len(), part.codes.len()))
        };
        duties(a) == duties(b) && much(a) == much(b) && Distance::between(about, a, b).is_none()
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

/// Rows that did the same, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The places of the rows.
    pub rows: Vec<usize>,
    /// What they did, as far as it was their own doing; `None` where nothing was.
    pub behavior: Option<String>,
}

/// Scripts over which the same rows differ in the same way from the same others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The shortest of these scripts, by its text and then its name.
    pub name: String,
    /// What its author noted in it.
    pub note: String,
    /// Its text.
    pub text: String,
    /// How many there are.
    pub scripts: usize,
    /// Who did what in it.
    pub groups: Vec<Group>,
}

/// The scripts that are most about one rule, as far as any two rows differ in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The rule.
    pub rule: Rule,
    /// How many scripts are about it.
    pub scripts: usize,
    /// The kinds of disagreement, the commonest first.
    pub disagreements: Vec<Disagreement>,
}

/// Where at least two rows differ in what is their own doing, by topic.
pub fn disagreements(about: &ScriptTopics<'_>, rows: &[SubjectResult]) -> Vec<Topic> {
    // By topic: how many scripts are about it, and the disagreements by who stands with whom.
    type Kinds = BTreeMap<Vec<Vec<usize>>, Disagreement>;
    let mut topics: BTreeMap<Rule, (usize, Kinds)> = BTreeMap::new();
    for role in Role::ALL {
        for at in 0..about.plan.scripts().len() {
            let Some(rule) = about.topic(role, at) else { continue };
            let (scripts, kinds) = topics.entry(rule).or_default();
            *scripts += 1;
            let Some(camps) = groups(about, rows, role, at) else { continue };
            let TestVector { name, note, .. } = about.plan.scripts()[at].clone();
            let text = about.script(role, at).to_string();
            let kind: Vec<Vec<usize>> = camps.iter().map(|camp| camp.rows.clone()).collect();
            let new = Disagreement { name, note, text, scripts: 0, groups: camps };
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

/// Who did what in a script; `None` where no two rows differ in what is the own doing of both.
fn groups(about: &ScriptTopics<'_>, rows: &[SubjectResult], role: Role, at: usize) -> Option<Vec<Group>> {
    let there: Vec<(usize, Aspects)> = (0..rows.len())
        .filter(|row| rows[*row].role_result(role).scripts_played.len() > at)
        .map(|row| (row, about.aspects(&rows[row], role, at)))
        .collect();
    let outcome = |row: usize| &rows[row].role_result(role).scripts_played[at].outcome;
    let differ = there.iter().enumerate().any(|(index, (a, own))| {
        there[index + 1..].iter().any(|(b, other)| outcome(*a).differs(outcome(*b), own.intersection(*other)))
    });
    if !differ {
        return None;
    }
    let mut camps: Vec<Group> = Vec::new();
    for (row, aspects) in there {
        let did = outcome(row).describe(aspects);
        let did = (!did.is_empty()).then_some(did);
        match camps.iter_mut().find(|camp| camp.behavior == did) {
            Some(camp) => camp.rows.push(row),
            None => camps.push(Group { rows: vec![row], behavior: did }),
        }
    }
    Some(camps)
}

/// Codes on which the same rows agree, and disagree with the same others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeDisagreement {
    /// The codes, in runs.
    pub codes: Vec<(CloseCode, CloseCode)>,
    /// How many they are.
    pub count: usize,
    /// Who did what, as a mark and the places of the rows.
    pub groups: Vec<(CodeReaction, Vec<usize>)>,
}

/// The codes over which rows differ, when they come in this way to this role.
pub fn code_disagreements(rows: &[SubjectResult], role: Role, way: CodeOrigin) -> Vec<CodeDisagreement> {
    let own: Vec<usize> = (0..rows.len())
        .filter(|row| {
            let part = rows[*row].role_result(role);
            part.codes.len() > way as usize && comparable_codes(part.capabilities, way)
        })
        .collect();
    let mut kinds: BTreeMap<Vec<CodeReaction>, CodeDisagreement> = BTreeMap::new();
    for code in CloseCode::all() {
        let marks: Vec<CodeReaction> =
            own.iter().map(|row| rows[*row].role_result(role).codes[way as usize].get(code)).collect();
        if marks.windows(2).all(|pair| pair[0] == pair[1]) {
            continue;
        }
        let kind = kinds.entry(marks).or_insert_with_key(|marks| {
            let mut camps: BTreeMap<CodeReaction, Vec<usize>> = BTreeMap::new();
            own.iter().zip(marks).for_each(|(row, mark)| camps.entry(*mark).or_default().push(*row));
            CodeDisagreement { codes: Vec::new(), count: 0, groups: camps.into_iter().collect() }
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
