//! Peers × rules: in come subjects and the scripts of a [`Plan`], out come [`Row`]s, one a subject, with a
//! [`Cell`] for every rule, what every script came to, and a mark for every close code; `compare` says who
//! behaves alike and where they differ.
//!
//! A subject is put through a plan one role at a time ([`play`]), so that a caller with threads can share the
//! work; the same plan and subject make the same row.

pub mod codes;
pub mod compare;
pub mod outcome;

use crate::code::{CloseCode, Profile};
use crate::drive::Driver;
use crate::judge::{Finding, Judge, Verdict};
use crate::role::Role;
use crate::rule::{Duties, Rule, RuleSet};
use crate::script::Script;
use crate::subject::Subject;
use crate::vectors::{self, CodeScript, Vector, Way};
use codes::{Mark, Marks};
use outcome::Outcome;

/// How many rules there are.
const RULES: usize = Rule::ALL.len();

/// After so many scripts the caller is asked whether to go on.
const BREATH: usize = 256;

/// The scripts that subjects are put through.
#[derive(Clone, Debug)]
pub struct Plan {
    scripts: Vec<Vector>,
    curated: usize,
    cuts: Vec<Vector>,
}

impl Plan {
    /// The curated scripts, the systematic ones, and every cut of the curated ones.
    pub fn new(curated: Vec<Vector>) -> Plan {
        let cuts = curated.iter().flat_map(vectors::cuts).collect();
        let count = curated.len();
        let mut scripts = curated;
        scripts.extend(vectors::local_closes());
        scripts.extend(vectors::reasons());
        Plan { scripts, curated: count, cuts }
    }

    /// The scripts whose outcomes are compared: the curated ones first.
    pub fn scripts(&self) -> &[Vector] {
        &self.scripts
    }

    /// How many of them are curated.
    pub fn curated(&self) -> usize {
        self.curated
    }

    /// The scripts that only repeat a curated one, cut elsewhere.
    pub fn cuts(&self) -> &[Vector] {
        &self.cuts
    }
}

/// How much of a plan a subject is put through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The curated scripts.
    pub curated: bool,
    /// The systematic ones and the cuts.
    pub systematic: bool,
    /// Every code in every way.
    pub codes: bool,
}

impl Scope {
    /// Everything.
    pub const WHOLE: Scope = Scope { curated: true, systematic: true, codes: true };
}

/// A breach, by the shortest script of those played that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The script's name.
    pub name: String,
    /// The role that the subject had.
    pub role: Role,
    /// The script, in its text form.
    pub text: String,
    /// What the subject did.
    pub actual: String,
}

impl Shown {
    /// Shorter text first; then the name, then the role.
    fn before(&self, other: &Shown) -> bool {
        let key = |shown: &Shown| (shown.text.len(), shown.name.clone(), shown.text.clone());
        key(self) < key(other)
    }
}

/// What became of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Cell {
    /// Scripts in which it was kept.
    pub kept: usize,
    /// Scripts in which it was broken.
    pub broken: usize,
    /// Scripts that touch it, and do not tell.
    pub unclear: usize,
    /// The shortest script of those played in which it was broken.
    pub shown: Option<Shown>,
}

impl Cell {
    /// Scripts in which it was kept or broken.
    pub const fn exercised(&self) -> usize {
        self.kept + self.broken
    }

    fn join(&mut self, other: &Cell) {
        self.kept += other.kept;
        self.broken += other.broken;
        self.unclear += other.unclear;
        self.show(other.shown.as_ref());
    }

    fn show(&mut self, shown: Option<&Shown>) {
        if let Some(shown) = shown
            && self.shown.as_ref().is_none_or(|shortest| shown.before(shortest))
        {
            self.shown = Some(shown.clone());
        }
    }
}

/// What one script came to, on one subject in one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// What it came to.
    pub outcome: Outcome,
    /// The rules that were exercised and kept.
    pub kept: RuleSet,
    /// The rules that were broken.
    pub broken: RuleSet,
}

/// What one subject did in one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The role.
    pub role: Role,
    /// What it does itself in this role.
    pub duties: Duties,
    /// What every script of the plan came to, as far as it was played.
    pub played: Vec<Played>,
    /// The marks of every code, by [`Way`]; empty where they were not asked for.
    pub codes: Vec<Marks>,
    /// How many scripts were played, codes and cuts included.
    pub scripts: usize,
    /// Whether the caller ended it before it was through.
    pub cut_short: bool,
    cells: Vec<Cell>,
}

/// What one subject did in both roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The subject.
    pub name: String,
    /// One part a role, client first.
    pub parts: [Part; 2],
}

impl Row {
    /// The part of a role.
    pub fn part(&self, role: Role) -> &Part {
        match role {
            Role::Client => &self.parts[0],
            Role::Server => &self.parts[1],
        }
    }

    /// What became of a rule, in both roles.
    pub fn cell(&self, rule: Rule) -> Cell {
        let mut cell = Cell::default();
        self.parts.iter().for_each(|part| cell.join(&part.cells[rule as usize]));
        cell
    }

    /// Whether the rule is asked of this subject in any role.
    pub fn asks(&self, rule: Rule) -> bool {
        self.parts.iter().any(|part| part.duties.asks(rule))
    }

    /// How many scripts it was put through.
    pub fn scripts(&self) -> usize {
        self.parts.iter().map(|part| part.scripts).sum()
    }
}

/// Puts a subject through a plan in one role. Every so often `go_on` is asked whether to.
pub fn play(
    plan: &Plan,
    scope: Scope,
    role: Role,
    profile: Profile,
    subject: &mut dyn Subject,
    go_on: &mut dyn FnMut() -> bool,
) -> Part {
    let part = Part {
        role,
        duties: subject.duties(role),
        played: Vec::new(),
        codes: Vec::new(),
        scripts: 0,
        cut_short: false,
        cells: vec![Cell::default(); RULES],
    };
    let mut stage = Stage { part, driver: Driver::new(), judge: Judge::new(profile), subject, go_on };
    let played = match (scope.curated, scope.systematic) {
        (true, true) => 0..plan.scripts.len(),
        (true, false) => 0..plan.curated,
        // Outcomes are told apart by the place of their script, so that the first ones cannot be left out.
        (false, _) => 0..0,
    };
    stage.scripts(&plan.scripts[played]);
    if scope.systematic {
        stage.cuts(&plan.cuts);
    }
    if scope.codes {
        Way::ALL.into_iter().for_each(|way| stage.codes(way));
    }
    stage.part
}

struct Stage<'a> {
    part: Part,
    driver: Driver,
    judge: Judge,
    subject: &'a mut dyn Subject,
    go_on: &'a mut dyn FnMut() -> bool,
}

impl Stage<'_> {
    /// Whether there is time for one more script.
    fn has_time(&mut self) -> bool {
        if self.part.scripts.is_multiple_of(BREATH) && !(self.go_on)() {
            self.part.cut_short = true;
        }
        self.part.scripts += usize::from(!self.part.cut_short);
        !self.part.cut_short
    }

    fn scripts(&mut self, vectors: &[Vector]) {
        for Vector { name, script, note: _ } in vectors {
            if !self.has_time() {
                return;
            }
            let script = script.as_script().for_role(self.part.role);
            let (kept, broken) = self.script(script);
            self.show(broken, script, || name.clone());
            let outcome = Outcome::of(self.driver.trace());
            self.part.played.push(Played { outcome, kept, broken });
        }
    }

    fn cuts(&mut self, vectors: &[Vector]) {
        for Vector { name, script, note: _ } in vectors {
            if !self.has_time() {
                return;
            }
            let script = script.as_script().for_role(self.part.role);
            let (_, broken) = self.script(script);
            self.show(broken, script, || name.clone());
        }
    }

    fn codes(&mut self, way: Way) {
        let mut scripts = CodeScript::new(way);
        // Lower codes make shorter texts, or equal ones that come first: only the first breach can be shortest.
        let mut shown = RuleSet::EMPTY;
        let role = self.part.role;
        let marks = Marks::each(|code: CloseCode| {
            if !self.has_time() {
                return Mark::Nothing;
            }
            let script = scripts.with(code).for_role(role);
            let (_, broken) = self.script(script);
            let mark = Mark::of(self.driver.trace(), way, code);
            let news = broken.without(shown);
            if !news.is_empty() {
                shown = shown.union(news);
                let name = format!("code-{way}/{code}");
                self.show(news, script, || name.clone());
            }
            mark
        });
        if !self.part.cut_short {
            self.part.codes.push(marks);
        }
    }

    /// Plays a script and counts; gives the rules that were kept and broken.
    fn script(&mut self, script: Script<'_>) -> (RuleSet, RuleSet) {
        self.judge.judge(self.driver.drive(script, self.subject));
        let verdicts = self.judge.verdicts();
        let (kept, broken) = (verdicts.with(Verdict::Conforms), verdicts.with(Verdict::Breaks));
        kept.iter().for_each(|rule| self.part.cells[rule as usize].kept += 1);
        broken.iter().for_each(|rule| self.part.cells[rule as usize].broken += 1);
        let unclear = verdicts.with(Verdict::Inconclusive);
        unclear.iter().for_each(|rule| self.part.cells[rule as usize].unclear += 1);
        (kept, broken)
    }

    /// Keeps the script played last for the rules that it is the shortest one for.
    fn show(&mut self, broken: RuleSet, script: Script<'_>, name: impl Fn() -> String) {
        if broken.is_empty() {
            return;
        }
        let text = script.to_string();
        for rule in broken.iter() {
            let finding = self.judge.findings().iter().find(|finding| finding.rule == rule);
            let actual = finding.map(|Finding { actual, .. }| actual.to_string()).unwrap_or_default();
            let shown = Shown { name: name(), role: self.part.role, text: text.clone(), actual };
            self.part.cells[rule as usize].show(Some(&shown));
        }
    }
}
