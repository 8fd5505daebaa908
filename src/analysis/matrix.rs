//! Plays the scripts of a [`MatrixPlan`] to a subject and collects a [`SubjectResult`]: a [`Cell`] for every rule, the
//! outcome of every script and the reaction to every close code.
//!
//! [`play`] covers one role at a time, so a caller with threads can share the work. The same plan and subject give
//! the same result. `compare` reports which subjects behave alike and where they differ.

use std::cmp::Ordering;

use super::aggregate::{Aggregates, RuleAggregate};
use super::code_map::{CodeMap, CodeReaction};
use super::outcome::NormalizedOutcome;
use crate::generate::vectors::{self, CodeOrigin, CodeScript, TestVector};
use crate::harness::Subject;
use crate::judge::{Habits, Verdict};
use crate::playback::Harness;
use crate::protocol::code::{CloseCode, Profile};
use crate::protocol::role::Role;
use crate::rules::{Capabilities, Rule, RuleSet};
use crate::scenario::parameters::Parameter;
use crate::scenario::{Scenario, Space, Strength, covering};
use crate::script::{Script, ScriptBuf};

/// The number of scripts between two calls of `should_continue`.
const DEADLINE_CHECK_INTERVAL: usize = 256;

/// The scripts of a matrix run.
#[derive(Clone, Debug)]
pub struct MatrixPlan {
    scripts: Vec<TestVector>,
    curated: usize,
    segmentations: Vec<TestVector>,
    scenarios: Vec<TestVector>,
}

impl MatrixPlan {
    /// A plan with these curated scripts, every segmentation of them, and the systematic scripts.
    pub fn new(curated: Vec<TestVector>) -> MatrixPlan {
        let segmentations = curated.iter().flat_map(vectors::segmentations).collect();
        MatrixPlan { segmentations, ..MatrixPlan::unsegmented(curated) }
    }

    /// The same plan without the segmentations, which take most of the time.
    pub fn unsegmented(curated: Vec<TestVector>) -> MatrixPlan {
        let count = curated.len();
        let mut scripts = curated;
        scripts.extend(vectors::local_closes());
        scripts.extend(vectors::reasons());
        scripts.extend(vectors::bursts());
        MatrixPlan { scripts, curated: count, segmentations: Vec::new(), scenarios: Vec::new() }
    }

    /// The plan, and the scenarios in which all tuples of so many values occur, for each role.
    ///
    /// [`covering`] makes them. It takes much longer than the rest of the plan.
    #[must_use]
    pub fn with_scenarios(self, strength: Strength) -> MatrixPlan {
        self.with_scenarios_of(|role| covering(Space::all(role), strength))
    }

    /// The plan, and a scenario for each value of each parameter, for each role.
    #[must_use]
    pub fn with_values(self) -> MatrixPlan {
        self.with_scenarios_of(|role| {
            let values = |parameter: Parameter| (0..parameter.levels()).map(move |level| (parameter, level));
            let scenario = |(parameter, level)| Scenario::with_value(role, parameter, level);
            Parameter::ALL.into_iter().flat_map(values).filter_map(scenario).collect()
        })
    }

    fn with_scenarios_of(self, of_role: impl Fn(Role) -> Vec<Scenario>) -> MatrixPlan {
        let vector = |scenario: Scenario| TestVector {
            name: format!("scenario/{scenario}"),
            note: String::new(),
            script: scenario.script(),
        };
        let scenarios = Role::ALL.into_iter().flat_map(of_role).map(vector);
        MatrixPlan { scenarios: scenarios.collect(), ..self }
    }

    /// The scripts whose outcomes are compared; the curated ones come first.
    pub fn scripts(&self) -> &[TestVector] {
        &self.scripts
    }

    /// The number of curated scripts.
    pub fn curated(&self) -> usize {
        self.curated
    }

    /// The scripts that repeat a curated one with other segments.
    pub fn segmentations(&self) -> &[TestVector] {
        &self.segmentations
    }

    /// The scenarios. Each is played in its own role only.
    pub fn scenarios(&self) -> &[TestVector] {
        &self.scenarios
    }
}

/// The parts of a plan that are played to a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The curated scripts.
    pub curated: bool,
    /// The systematic scripts, the segmentations and the scenarios.
    pub systematic: bool,
    /// Every close code from every [`CodeOrigin`].
    pub codes: bool,
}

impl Scope {
    /// All parts.
    pub const ALL: Scope = Scope { curated: true, systematic: true, codes: true };
}

/// A script that shows a violation. Examples are ordered by the length of their text, so the least one is shortest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The name of the script.
    pub name: String,
    /// The role of the subject.
    pub role: Role,
    /// The script, in its text form.
    pub text: String,
    /// What the subject did.
    pub actual: String,
    /// The timeline, with a mark on each line that violates the rule; at most [`LONGEST_TIMELINE`] octets. It is empty
    /// until the run of the subject in this role has ended, and stays so if that ended early.
    pub timeline: String,
}

/// The longest timeline of an [`Example`], in octets. Longer ones are truncated at the end of a line.
pub const LONGEST_TIMELINE: usize = 1 << 13;

impl Example {
    /// Shorter text first, then by name.
    fn key(&self) -> (usize, &str, &str, Role, &str) {
        (self.text.len(), &self.name, &self.text, self.role, &self.actual)
    }
}

impl Ord for Example {
    fn cmp(&self, other: &Example) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Example {
    fn partial_cmp(&self, other: &Example) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The verdicts of a subject on one rule, and the shortest script that shows a violation.
pub type Cell = RuleAggregate<Example>;

/// The result of one script on one subject in one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptResult {
    /// The normalized outcome.
    pub outcome: NormalizedOutcome,
    /// The rules to which the subject conformed.
    pub conformed: RuleSet,
    /// The rules that the subject violated.
    pub violated: RuleSet,
}

/// The results of one subject in one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleResult {
    /// The role.
    pub role: Role,
    /// What the subject does itself in this role.
    pub capabilities: Capabilities,
    /// The results of the scripts of the plan, in the order of the plan; shorter if the run ended early.
    pub scripts_played: Vec<ScriptResult>,
    /// The reactions to every close code, by [`CodeOrigin`]; empty if the scope leaves out the codes.
    pub codes: Vec<CodeMap>,
    /// The number of scripts played, with codes and segmentations.
    pub scripts: usize,
    /// Whether the caller ended the run early.
    pub timed_out: bool,
    cells: Aggregates<Example>,
}

impl RoleResult {
    /// The verdicts on a rule.
    pub fn cell(&self, rule: Rule) -> &Cell {
        self.cells.rule(rule)
    }
}

/// The results of one subject in both roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectResult {
    /// The name of the subject.
    pub name: String,
    /// One result for each role, client first.
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

    /// The verdicts on a rule, in both roles.
    pub fn cell(&self, rule: Rule) -> Cell {
        let mut cell = Cell::new(rule);
        self.roles.iter().for_each(|result| cell.merge(result.cell(rule).clone()));
        cell
    }

    /// Whether the rule applies to this subject in any role.
    pub fn covers(&self, rule: Rule) -> bool {
        self.roles.iter().any(|result| result.capabilities.covers(rule))
    }

    /// The number of scripts played, in both roles.
    pub fn scripts(&self) -> usize {
        self.roles.iter().map(|result| result.scripts).sum()
    }
}

/// Plays a plan to a subject in one role. Ends early when `should_continue` returns false; it is called once in
/// many scripts.
pub fn play(
    plan: &MatrixPlan,
    scope: Scope,
    role: Role,
    profile: Profile,
    subject: &mut dyn Subject,
    should_continue: &mut dyn FnMut() -> bool,
) -> RoleResult {
    let result = RoleResult {
        role,
        capabilities: subject.capabilities(role),
        scripts_played: Vec::new(),
        codes: Vec::new(),
        scripts: 0,
        timed_out: false,
        cells: Aggregates::default(),
    };
    let harness = Harness::new(profile);
    let mut runner = MatrixRunner { result, harness, subject, should_continue };
    let played = match (scope.curated, scope.systematic) {
        (true, true) => 0..plan.scripts.len(),
        (true, false) => 0..plan.curated,
        // Outcomes are compared by the index of their script, so the first scripts cannot be left out.
        (false, _) => 0..0,
    };
    runner.scripts(&plan.scripts[played]);
    if scope.systematic {
        runner.uncompared(&plan.segmentations);
        let of_role = |vector: &&TestVector| vector.script.as_script().role() == role;
        runner.uncompared(plan.scenarios.iter().filter(of_role));
    }
    if scope.codes {
        CodeOrigin::ALL.into_iter().for_each(|origin| runner.codes(origin));
    }
    runner.add_timelines();
    runner.result
}

struct MatrixRunner<'a> {
    result: RoleResult,
    harness: Harness,
    subject: &'a mut dyn Subject,
    should_continue: &'a mut dyn FnMut() -> bool,
}

impl MatrixRunner<'_> {
    /// Whether there is time for one more script; counts it if so.
    fn has_time(&mut self) -> bool {
        if self.result.scripts.is_multiple_of(DEADLINE_CHECK_INTERVAL) && !(self.should_continue)() {
            self.result.timed_out = true;
        }
        self.result.scripts += usize::from(!self.result.timed_out);
        !self.result.timed_out
    }

    /// Plays the scripts whose outcomes are compared, and learns the habits of the subject from some of them.
    fn scripts(&mut self, vectors: &[TestVector]) {
        let (role, mut habits) = (self.result.role, Habits::new(self.result.role));
        let mut open = Vec::new();
        for (index, TestVector { name, script, note: _ }) in vectors.iter().enumerate() {
            if !self.has_time() {
                break;
            }
            let script = script.as_script().for_role(role);
            let verdicts = *self.harness.play(script, self.subject).verdicts;
            let is_open = verdicts.open_to_comparison();
            if !is_open.is_empty() {
                open.push((index, is_open));
            }
            let verdicts = verdicts.without(is_open);
            self.result.cells.record(&verdicts);
            let (conformed, violated) = (verdicts.with(Verdict::Conforms), verdicts.with(Verdict::Violates));
            self.offer(violated, script, name);
            let trace = self.harness.last().trace;
            if let Some(case) = Habits::case(name) {
                habits.learn(case, trace, self.harness.profile());
            }
            let outcome = NormalizedOutcome::of(trace);
            self.result.scripts_played.push(ScriptResult { outcome, conformed, violated });
        }
        self.harness.set_habits(Some(habits));
        self.compare(vectors, &open);
    }

    /// Plays the scripts again that left rules open, and counts the verdicts on these rules by the habits.
    fn compare(&mut self, vectors: &[TestVector], open: &[(usize, RuleSet)]) {
        for (index, rules) in open {
            let TestVector { name, script, note: _ } = &vectors[*index];
            let script = script.as_script().for_role(self.result.role);
            let verdicts = self.harness.play(script, self.subject).verdicts.only(*rules);
            self.result.cells.record(&verdicts);
            let (conformed, violated) = (verdicts.with(Verdict::Conforms), verdicts.with(Verdict::Violates));
            self.offer(violated, script, name);
            let played = &mut self.result.scripts_played[*index];
            played.conformed = played.conformed.union(conformed);
            played.violated = played.violated.union(violated);
        }
    }

    /// Plays scripts whose outcomes are not compared.
    fn uncompared<'a>(&mut self, vectors: impl IntoIterator<Item = &'a TestVector>) {
        for TestVector { name, script, note: _ } in vectors {
            if !self.has_time() {
                return;
            }
            let script = script.as_script().for_role(self.result.role);
            let (_, violated) = self.script(script);
            self.offer(violated, script, name);
        }
    }

    fn codes(&mut self, origin: CodeOrigin) {
        let mut scripts = CodeScript::new(origin);
        // The text of a lower code is at most as long, so only the first violation of a rule can be the example.
        let mut with_example = RuleSet::EMPTY;
        let role = self.result.role;
        let reactions = CodeMap::from_fn(|code: CloseCode| {
            if !self.has_time() {
                return CodeReaction::Nothing;
            }
            let script = scripts.with(code).for_role(role);
            let (_, violated) = self.script(script);
            let reaction = CodeReaction::of(self.harness.last().trace, origin, code);
            let new = violated.without(with_example);
            if !new.is_empty() {
                with_example = with_example.union(new);
                self.offer(new, script, &format!("code-{origin}/{code}"));
            }
            reaction
        });
        if !self.result.timed_out {
            self.result.codes.push(reactions);
        }
    }

    /// Plays a script and counts its verdicts; returns the rules with `Conforms` and with `Violates`.
    fn script(&mut self, script: Script<'_>) -> (RuleSet, RuleSet) {
        let verdicts = self.harness.play(script, self.subject).verdicts;
        self.result.cells.record(verdicts);
        (verdicts.with(Verdict::Conforms), verdicts.with(Verdict::Violates))
    }

    /// Offers the last script as the example of the rules that it violates.
    fn offer(&mut self, violated: RuleSet, script: Script<'_>, name: &str) {
        if violated.is_empty() {
            return;
        }
        let text = script.to_string();
        let findings = self.harness.last().findings;
        for rule in violated.iter() {
            let finding = findings.iter().find(|finding| finding.rule == rule);
            let actual = finding.map(|finding| finding.actual.to_string()).unwrap_or_default();
            let (name, text) = (name.to_owned(), text.clone());
            let example = Example { name, role: self.result.role, text, actual, timeline: String::new() };
            self.result.cells.offer(rule, example);
        }
    }

    /// Plays every example once more for its timeline. A timeline of each violation would cost more than the run.
    fn add_timelines(&mut self) {
        if self.result.timed_out {
            return;
        }
        for rule in Rule::ALL {
            let Some(example) = self.result.cells.example_mut(rule) else { continue };
            let script = ScriptBuf::read(example.text.as_bytes()).expect("the text of a script is a script");
            let played = self.harness.play(script.as_script(), self.subject);
            let own = played.findings.iter().filter(|finding| finding.rule == rule);
            example.timeline = truncated(played.trace.timeline(own).without_states().to_string());
        }
    }
}

/// The first lines of a text, at most [`LONGEST_TIMELINE`] octets of them.
fn truncated(text: String) -> String {
    if text.len() <= LONGEST_TIMELINE {
        return text;
    }
    let mut short = String::new();
    for line in text.lines() {
        if short.len() + line.len() >= LONGEST_TIMELINE {
            break;
        }
        short.push_str(line);
        short.push('\n');
    }
    short + "… (truncated)\n"
}
