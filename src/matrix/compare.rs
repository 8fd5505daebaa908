//! Who behaves alike, and where they differ: in come rows, the reference first, out come clusters, distances
//! and disagreements, the latter by the rule that a script is most about.

use std::collections::BTreeMap;

use super::outcome::{Aspect, Aspects};
use super::{Plan, Row};
use crate::code::CloseCode;
use crate::matrix::codes::Mark;
use crate::role::Role;
use crate::rule::{Binds, Duties, Duty, Rule, RuleSet};
use crate::script::Script;
use crate::vectors::{Vector, Way};

/// What every frame that an endpoint writes is held against, whatever the script is about.
const FRAMING: Duties = Duties::of(&[Duty::Frames, Duty::Masks, Duty::ShowsMemory]);

/// What a plan's scripts are about: the rules that the reference endpoint, which has every duty, exercises in
/// each.
#[derive(Clone, Debug)]
pub struct About<'a> {
    plan: &'a Plan,
    rules: [Vec<RuleSet>; 2],
    /// In how many scripts each rule is exercised.
    often: Vec<usize>,
}

impl<'a> About<'a> {
    /// By what the reference did.
    pub fn of(plan: &'a Plan, reference: &Row) -> About<'a> {
        let rules = Role::ALL.map(|role| {
            reference.part(role).played.iter().map(|played| played.kept.union(played.broken)).collect()
        });
        let all: Vec<RuleSet> = rules.iter().flat_map(|rules: &Vec<RuleSet>| rules.iter().copied()).collect();
        let often = Rule::ALL.map(|rule| all.iter().filter(|rules| rules.contains(rule)).count()).to_vec();
        About { plan, rules, often }
    }

    fn rules(&self, role: Role, at: usize) -> RuleSet {
        self.rules[role as usize].get(at).copied().unwrap_or_default()
    }

    /// The rule that a script is most about: of those that it exercises, the one that fewest others do.
    fn topic(&self, role: Role, at: usize) -> Option<Rule> {
        let rules = self.rules(role, at);
        let tells = |rule: &Rule| !(rule.binds() == Binds::Sender && FRAMING.has(rule.duty()));
        let rarest =
            |rules: &mut dyn Iterator<Item = Rule>| rules.min_by_key(|rule| self.often[*rule as usize]);
        rarest(&mut rules.iter().filter(tells)).or_else(|| rarest(&mut rules.iter()))
    }

    fn script(&self, role: Role, at: usize) -> Script<'_> {
        self.plan.scripts()[at].script.as_script().for_role(role)
    }

    /// What a script came to on a row, as far as that was its own doing; `None` where nothing was.
    pub fn says(&self, row: &Row, role: Role, at: usize) -> Option<String> {
        let played = row.part(role).played.get(at)?;
        let said = played.outcome.says(self.aspects(row, role, at));
        (!said.is_empty()).then_some(said)
    }

    fn aspects(&self, row: &Row, role: Role, at: usize) -> Aspects {
        Aspects::of(self.rules(role, at), self.script(role, at), row.part(role).duties)
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
    pub left_out: usize,
    /// Codes with another mark.
    pub codes: usize,
    /// Of so many that both have one for.
    pub of_codes: usize,
}

impl Distance {
    /// Between two rows.
    pub fn between(about: &About<'_>, a: &Row, b: &Row) -> Distance {
        let mut distance = Distance::default();
        for role in Role::ALL {
            let (one, other) = (a.part(role), b.part(role));
            for (at, (one, other)) in one.played.iter().zip(&other.played).enumerate() {
                let aspects = about.aspects(a, role, at).and(about.aspects(b, role, at));
                if !aspects.has(Aspect::Frames) && !aspects.has(Aspect::Tcp) && !aspects.has(Aspect::Told) {
                    distance.left_out += 1;
                    continue;
                }
                distance.of_scripts += 1;
                distance.scripts += usize::from(one.outcome.differs(&other.outcome, aspects));
            }
            for (way, (marks, others)) in Way::ALL.into_iter().zip(one.codes.iter().zip(&other.codes)) {
                if [one, other].into_iter().all(|part| own_marks(part.duties, way)) {
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
    pub const fn means_something(&self) -> bool {
        self.of_scripts + self.of_codes > 0 && self.of_scripts >= self.left_out
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
pub const fn own_marks(duties: Duties, way: Way) -> bool {
    match way {
        Way::Received => duties.has(Duty::ReadsClose) && duties.has(Duty::Answers),
        Way::Answered => duties.has(Duty::ReadsClose) && duties.has(Duty::Reports),
        Way::Asked => duties.has(Duty::OffersApi),
    }
}

/// The rows that nothing tells apart, and that were all asked the same, as lists of their places.
pub fn clusters(about: &About<'_>, rows: &[Row]) -> Vec<Vec<usize>> {
    let alike = |a: &Row, b: &Row| {
        let duties = |row: &Row| row.parts.each_ref().map(|part| part.duties);
        let much = |row: &Row| row.parts.each_ref().map(|part| (part.played.len(), part.codes.len()));
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
pub struct Camp {
    /// The places of the rows.
    pub rows: Vec<usize>,
    /// What they did, as far as it was their own doing; `None` where nothing was.
    pub did: Option<String>,
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
    pub camps: Vec<Camp>,
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
pub fn disagreements(about: &About<'_>, rows: &[Row]) -> Vec<Topic> {
    // By topic: how many scripts are about it, and the disagreements by who stands with whom.
    type Kinds = BTreeMap<Vec<Vec<usize>>, Disagreement>;
    let mut topics: BTreeMap<Rule, (usize, Kinds)> = BTreeMap::new();
    for role in Role::ALL {
        for at in 0..about.plan.scripts().len() {
            let Some(rule) = about.topic(role, at) else { continue };
            let (scripts, kinds) = topics.entry(rule).or_default();
            *scripts += 1;
            let Some(camps) = camps(about, rows, role, at) else { continue };
            let Vector { name, note, .. } = about.plan.scripts()[at].clone();
            let text = about.script(role, at).to_string();
            let kind: Vec<Vec<usize>> = camps.iter().map(|camp| camp.rows.clone()).collect();
            let new = Disagreement { name, note, text, scripts: 0, camps };
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
fn camps(about: &About<'_>, rows: &[Row], role: Role, at: usize) -> Option<Vec<Camp>> {
    let there: Vec<(usize, Aspects)> = (0..rows.len())
        .filter(|row| rows[*row].part(role).played.len() > at)
        .map(|row| (row, about.aspects(&rows[row], role, at)))
        .collect();
    let outcome = |row: usize| &rows[row].part(role).played[at].outcome;
    let differ = there.iter().enumerate().any(|(index, (a, own))| {
        there[index + 1..].iter().any(|(b, other)| outcome(*a).differs(outcome(*b), own.and(*other)))
    });
    if !differ {
        return None;
    }
    let mut camps: Vec<Camp> = Vec::new();
    for (row, aspects) in there {
        let did = outcome(row).says(aspects);
        let did = (!did.is_empty()).then_some(did);
        match camps.iter_mut().find(|camp| camp.did == did) {
            Some(camp) => camp.rows.push(row),
            None => camps.push(Camp { rows: vec![row], did }),
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
    pub camps: Vec<(Mark, Vec<usize>)>,
}

/// The codes over which rows differ, when they come in this way to this role.
pub fn code_disagreements(rows: &[Row], role: Role, way: Way) -> Vec<CodeDisagreement> {
    let own: Vec<usize> = (0..rows.len())
        .filter(|row| {
            let part = rows[*row].part(role);
            part.codes.len() > way as usize && own_marks(part.duties, way)
        })
        .collect();
    let mut kinds: BTreeMap<Vec<Mark>, CodeDisagreement> = BTreeMap::new();
    for code in CloseCode::all() {
        let marks: Vec<Mark> =
            own.iter().map(|row| rows[*row].part(role).codes[way as usize].on(code)).collect();
        if marks.windows(2).all(|pair| pair[0] == pair[1]) {
            continue;
        }
        let kind = kinds.entry(marks).or_insert_with_key(|marks| {
            let mut camps: BTreeMap<Mark, Vec<usize>> = BTreeMap::new();
            own.iter().zip(marks).for_each(|(row, mark)| camps.entry(*mark).or_default().push(*row));
            CodeDisagreement { codes: Vec::new(), count: 0, camps: camps.into_iter().collect() }
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
