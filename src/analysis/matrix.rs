//! Peers × rules: in come subjects and the scripts of a [`Plan`], out come [`Row`]s, one a subject, with a
//! [`Cell`] for every rule, what every script came to, and a mark for every close code; `compare` says who
//! behaves alike and where they differ.
//!
//! A subject is put through a plan one role at a time ([`play`]), so that a caller with threads can share the
//! work; the same plan and subject make the same row.

use super::code_map::{CodeMap, CodeReaction};
use super::outcome::Outcome;
use crate::generate::vectors::{self, CodeOrigin, CodeScript, TestVector};
use crate::harness::subject::Subject;
use crate::judge::{Finding, Verdict};
use crate::playback::Harness;
use crate::protocol::code::{CloseCode, Profile};
use crate::protocol::role::Role;
use crate::rules::{Capabilities, Rule, RuleSet};
use crate::script::Script;

/// How many rules there are.
const RULES: usize = Rule::ALL.len();

/// After so many scripts the caller is asked whether to go on.
const DEADLINE_CHECK_INTERVAL: usize = 256;

/// The scripts that subjects are put through.
#[derive(Clone, Debug)]
pub struct MatrixPlan {
    scripts: Vec<TestVector>,
    curated: usize,
    segmentations: Vec<TestVector>,
}

impl MatrixPlan {
    /// The curated scripts, the systematic ones, and every cut of the curated ones.
    pub fn new(curated: Vec<TestVector>) -> MatrixPlan {
        let segmentations = curated.iter().flat_map(vectors::segmentations).collect();
        let count = curated.len();
        let mut scripts = curated;
        scripts.extend(vectors::local_closes());
        scripts.extend(vectors::reasons());
        MatrixPlan { scripts, curated: count, segmentations }
    }

    /// The scripts whose outcomes are compared: the curated ones first.
    pub fn scripts(&self) -> &[TestVector] {
        &self.scripts
    }

    /// How many of them are curated.
    pub fn curated(&self) -> usize {
        self.curated
    }

    /// The scripts that only repeat a curated one, cut elsewhere.
    pub fn segmentations(&self) -> &[TestVector] {
        &self.segmentations
    }
}

/// How much of a plan a subject is put through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The curated scripts.
    pub curated: bool,
    /// The systematic ones and the segmentations.
    pub systematic: bool,
    /// Every code in every way.
    pub codes: bool,
}

impl Scope {
    /// Everything.
    pub const ALL: Scope = Scope { curated: true, systematic: true, codes: true };
}

/// A breach, by the shortest script of those played that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The script's name.
    pub name: String,
    /// The role that the subject had.
    pub role: Role,
    /// The script, in its text form.
    pub text: String,
    /// What the subject did.
    pub actual: String,
}

impl Example {
    /// Shorter text first; then the name, then the role.
    fn is_shorter_than(&self, other: &Example) -> bool {
        let key = |example: &Example| (example.text.len(), example.name.clone(), example.text.clone());
        key(self) < key(other)
    }
}

/// What became of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Cell {
    /// Scripts in which it was conformed.
    pub conformed: usize,
    /// Scripts in which it was violated.
    pub violated: usize,
    /// Scripts that touch it, and do not tell.
    pub inconclusive: usize,
    /// The shortest script of those played in which it was violated.
    pub example: Option<Example>,
}

impl Cell {
    /// Scripts in which it was conformed or violated.
    pub const fn exercised(&self) -> usize {
        self.conformed + self.violated
    }

    fn merge(&mut self, other: &Cell) {
        self.conformed += other.conformed;
        self.violated += other.violated;
        self.inconclusive += other.inconclusive;
        self.offer_example(other.example.as_ref());
    }

    fn offer_example(&mut self, example: Option<&Example>) {
        if let Some(example) = example
            && self.example.as_ref().is_none_or(|shortest| example.is_shorter_than(shortest))
        {
            self.example = Some(example.clone());
        }
    }
}

/// What one script came to, on one subject in one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptResult {
    /// What it came to.
    pub outcome: Outcome,
    /// The rules that were exercised and conformed.
    pub conformed: RuleSet,
    /// The rules that were violated.
    pub violated: RuleSet,
}

/// What one subject did in one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleResult {
    /// The role.
    pub role: Role,
    /// What it does itself in this role.
    pub capabilities: Capabilities,
    /// What every script of the plan came to, as far as it was played.
    pub scripts_played: Vec<ScriptResult>,
    /// The marks of every code, by [`Way`]; empty where they were not asked for.
    pub codes: Vec<CodeMap>,
    /// How many scripts were played, codes and segmentations included.
    pub scripts: usize,
    /// Whether the caller ended it before it was through.
    pub timed_out: bool,
    cells: Vec<Cell>,
}

/// What one subject did in both roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectResult {
    /// The subject.
    pub name: String,
    /// One result a role, client first.
    pub roles: [RoleResult; 2],
}

impl SubjectResult {
    /// The result of a role.
    pub fn role_result(&self, role: Role) -> &RoleResult {
        match role {
            Role::Client => &self.roles[0],
            Role::Server => &self.roles[1],
        }
    }

    /// What became of a rule, in both roles.
    pub fn cell(&self, rule: Rule) -> Cell {
        let mut cell = Cell::default();
        self.roles.iter().for_each(|result| cell.merge(&result.cells[rule as usize]));
        cell
    }

    /// Whether the rule is asked of this subject in any role.
    pub fn covers(&self, rule: Rule) -> bool {
        self.roles.iter().any(|result| result.capabilities.covers(rule))
    }

    /// How many scripts it was put through.
    pub fn scripts(&self) -> usize {
        self.roles.iter().map(|result| result.scripts).sum()
    }
}

/// Puts a subject through a plan in one role. Every so often `go_on` is asked whether to.
pub fn play(
    plan: &MatrixPlan,
    scope: Scope,
    role: Role,
    profile: Profile,
    subject: &mut dyn Subject,
    go_on: &mut dyn FnMut() -> bool,
) -> RoleResult {
    let result = RoleResult {
        role,
        capabilities: subject.capabilities(role),
        scripts_played: Vec::new(),
        codes: Vec::new(),
        scripts: 0,
        timed_out: false,
        cells: vec![Cell::default(); RULES],
    };
    let mut runner = MatrixRunner { result, harness: Harness::new(profile), subject, should_continue: go_on };
    let played = match (scope.curated, scope.systematic) {
        (true, true) => 0..plan.scripts.len(),
        (true, false) => 0..plan.curated,
        // Outcomes are told apart by the place of their script, so that the first ones cannot be left out.
        (false, _) => 0..0,
    };
    runner.scripts(&plan.scripts[played]);
    if scope.systematic {
        runner.segmentations(&plan.segmentations);
    }
    if scope.codes {
        CodeOrigin::ALL.into_iter().for_each(|way| runner.codes(way));
    }
    runner.result
}

struct MatrixRunner<'a> {
    result: RoleResult,
    harness: Harness,
    subject: &'a mut dyn Subject,
    should_continue: &'a mut dyn FnMut() -> bool,
}

impl MatrixRunner<'_> {
    /// Whether there is time for one more script.
    fn has_time(&mut self) -> bool {
        if self.result.scripts.is_multiple_of(DEADLINE_CHECK_INTERVAL) && !(self.should_continue)() {
            self.result.timed_out = true;
        }
        self.result.scripts += usize::from(!self.result.timed_out);
        !self.result.timed_out
    }

    fn scripts(&mut self, vectors: &[TestVector]) {
        for TestVector { name, script, note: _ } in vectors {
            if !self.has_time() {
                return;
            }
            let script = script.as_script().for_role(self.result.role);
            let (conformed, violated) = self.script(script);
            self.show(violated, script, || name.clone());
            let outcome = Outcome::of(self.harness.last().trace);
            self.result.scripts_played.push(ScriptResult { outcome, conformed, violated });
        }
    }

    fn segmentations(&mut self, vectors: &[TestVector]) {
        for TestVector { name, script, note: _ } in vectors {
            if !self.has_time() {
                return;
            }
            let script = script.as_script().for_role(self.result.role);
            let (_, violated) = self.script(script);
            self.show(violated, script, || name.clone());
        }
    }

    fn codes(&mut self, way: CodeOrigin) {
        let mut scripts = CodeScript::new(way);
        // Lower codes make shorter texts, or equal ones that come first: only the first breach can be shortest.
        let mut example = RuleSet::EMPTY;
        let role = self.result.role;
        let marks = CodeMap::from_fn(|code: CloseCode| {
            if !self.has_time() {
                return CodeReaction::Nothing;
            }
            let script = scripts.with(code).for_role(role);
            let (_, violated) = self.script(script);
            let mark = CodeReaction::of(self.harness.last().trace, way, code);
            let news = violated.without(example);
            if !news.is_empty() {
                example = example.union(news);
                let name = format!("code-{way}/{code}");
                self.show(news, script, || name.clone());
            }
            mark
        });
        if !self.result.timed_out {
            self.result.codes.push(marks);
        }
    }

    /// Plays a script and counts; gives the rules that were conformed and violated.
    fn script(&mut self, script: Script<'_>) -> (RuleSet, RuleSet) {
        let verdicts = self.harness.play(script, self.subject).verdicts;
        let (conformed, violated) = (verdicts.with(Verdict::Conforms), verdicts.with(Verdict::Violates));
        conformed.iter().for_each(|rule| self.result.cells[rule as usize].conformed += 1);
        violated.iter().for_each(|rule| self.result.cells[rule as usize].violated += 1);
        let inconclusive = verdicts.with(Verdict::Inconclusive);
        inconclusive.iter().for_each(|rule| self.result.cells[rule as usize].inconclusive += 1);
        (conformed, violated)
    }

    /// Keeps the script played last for the rules that it is the shortest one for.
    fn show(&mut self, violated: RuleSet, script: Script<'_>, name: impl Fn() -> String) {
        if violated.is_empty() {
            return;
        }
        let text = script.to_string();
        for rule in violated.iter() {
            let finding = self.harness.last().findings.iter().find(|finding| finding.rule == rule);
            let actual = finding.map(|Finding { actual, .. }| actual.to_string()).unwrap_or_default();
            let example = Example { name: name(), role: self.result.role, text: text.clone(), actual };
            self.result.cells[rule as usize].offer_example(Some(&example));
        }
    }
}
