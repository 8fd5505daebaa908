//! Tests an endpoint with every built-in script: the entry point for a library's own tests.
//!
//! A [`Suite`] plays the scripts to a [`Subject`], and reports each violated rule with the shortest script that shows it.
//! [`Suite::assert`] is a whole test:
//!
//! ```
//! use wsclose::model::endpoint::Model;
//! use wsclose::protocol::code::Profile;
//! use wsclose::protocol::role::Role;
//! use wsclose::suite::Suite;
//!
//! // The model stands for an endpoint of your own.
//! Suite::new(|| Model::new(Profile::default())).role(Role::Server).assert();
//! ```
//!
//! The crate [`wsclose-adapter`](https://docs.rs/wsclose-adapter) makes a subject of a program that uses a library. It
//! also makes a test for each rule and a fuzz target of a suite.

mod accepted;
mod error;
mod fuzzer;
mod player;
mod report;

use std::fmt;
use std::sync::Arc;

use crate::analysis::matrix::{self, Cell, MatrixPlan, RoleResult, Scope};
use crate::analysis::status::FindingStatus;
use crate::generate::vectors::TestVector;
use crate::harness::Subject;
use crate::protocol::code::Profile;
use crate::protocol::role::Role;
use crate::rules::{Level, Rule, RuleSet};
use crate::scenario::Strength;
use crate::script::ScriptBuf;

use accepted::{Accepted, Entry};
use player::Player;

pub use error::SuiteError;
pub use fuzzer::SuiteFuzzer;
pub use report::{StaleEntry, SuiteReport, Violation};

/// Makes a new subject.
type NewSubject = Arc<dyn Fn() -> Box<dyn Subject> + Send + Sync>;

/// A test of an endpoint, which its methods configure.
///
/// Mistakes in what it is given, such as a baseline that names an unknown rule, are errors of [`Suite::run`], and panics
/// of [`Suite::assert`].
#[derive(Clone)]
pub struct Suite {
    new_subject: NewSubject,
    roles: Vec<Role>,
    profile: Profile,
    strict: bool,
    thorough: bool,
    rules: RuleSet,
    allowed: Vec<(Rule, String)>,
    #[cfg(feature = "baseline")]
    baseline: String,
    scripts: Vec<(String, Vec<u8>)>,
}

impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite").field("roles", &self.roles).finish_non_exhaustive()
    }
}

impl Suite {
    /// A suite for the subject that `new_subject` makes, in both roles.
    pub fn new<S: Subject + 'static>(new_subject: impl Fn() -> S + Send + Sync + 'static) -> Suite {
        Suite {
            new_subject: Arc::new(move || Box::new(new_subject())),
            roles: Role::ALL.to_vec(),
            profile: Profile::default(),
            strict: false,
            thorough: false,
            rules: RuleSet::ALL,
            allowed: Vec::new(),
            #[cfg(feature = "baseline")]
            baseline: String::new(),
            scripts: Vec::new(),
        }
    }

    /// Tests the endpoint in this role only.
    pub fn role(mut self, role: Role) -> Suite {
        self.roles = vec![role];
        self
    }

    /// Sets the profile that decides which close codes are valid [default: the registered codes of IANA].
    pub fn profile(mut self, profile: Profile) -> Suite {
        self.profile = profile;
        self
    }

    /// Sets whether violations of levels `should` and `lenient` fail too [default: false].
    pub fn strict(mut self, strict: bool) -> Suite {
        self.strict = strict;
        self
    }

    /// Sets whether the suite also plays each script in other segments, and the scenarios in which all pairs of values
    /// of parameters occur [default: false]. That takes seconds in an optimized build, and a minute in others.
    pub fn thorough(mut self, thorough: bool) -> Suite {
        self.thorough = thorough;
        self
    }

    /// Judges these rules only.
    pub fn only(mut self, rules: impl IntoIterator<Item = Rule>) -> Suite {
        self.rules = rules.into_iter().collect();
        self
    }

    /// Accepts violations of a rule, for this reason. An entry that no longer occurs fails.
    pub fn allow(mut self, rule: Rule, reason: impl Into<String>) -> Suite {
        self.allowed.push((rule, reason.into()));
        self
    }

    /// Accepts the violations that the text of a baseline lists. The format is that of
    /// [`baseline`](crate::analysis::baseline), which `wsclose check --baseline` reads too. Entries that name another
    /// implementation than the subject are ignored. An entry that no longer occurs fails.
    #[cfg(feature = "baseline")]
    pub fn baseline_toml(mut self, text: impl Into<String>) -> Suite {
        self.baseline = text.into();
        self
    }

    /// Plays a further script, in its text or binary form, such as an artifact of a fuzzer.
    pub fn script(mut self, name: impl Into<String>, script: impl AsRef<[u8]>) -> Suite {
        self.scripts.push((name.into(), script.as_ref().to_vec()));
        self
    }

    /// The rules that can fail this suite: those that apply to the subject and are strict enough, and those that it
    /// accepts.
    ///
    /// # Errors
    /// If the suite is not valid: see [`SuiteError`].
    pub fn rules(&self) -> Result<RuleSet, SuiteError> {
        let accepted: RuleSet = self.accepted()?.rules().collect();
        let fails: RuleSet = Rule::ALL.into_iter().filter(|rule| rule.level().fails(self.strict)).collect();
        Ok(self.judged()?.intersection(fails).union(accepted))
    }

    /// Plays every script, and minimizes the shortest script of each violation.
    ///
    /// # Errors
    /// If the suite is not valid: see [`SuiteError`].
    pub fn run(&self) -> Result<SuiteReport, SuiteError> {
        let (accepted, judged, plan) = (self.accepted()?, self.judged()?, self.plan()?);
        let mut subject = (self.new_subject)();
        let scope = Scope { codes: false, ..Scope::ALL };
        let mut play = |role| matrix::play(&plan, scope, role, self.profile, subject.as_mut(), &mut || true);
        let results: Vec<RoleResult> = self.roles.iter().map(|role| play(*role)).collect();
        let cell = |rule: Rule| {
            let mut cell = Cell::new(rule);
            results.iter().for_each(|result| cell.merge(result.cell(rule).clone()));
            cell
        };
        let scripts = results.iter().map(|result| result.scripts).sum();
        let exercised: RuleSet = judged.iter().filter(|rule| cell(*rule).exercised() > 0).collect();
        if exercised.is_empty() {
            return Err(SuiteError::NothingExercised { subject: self.subject_name(), scripts });
        }
        let mut player = Player::new(self.profile, subject);
        let mut violations: Vec<Violation> = Vec::new();
        for cell in judged.iter().map(cell) {
            let reason = accepted.reason(cell.rule).map(str::to_owned);
            let Some(status) = cell.status(reason.is_some(), self.strict) else { continue };
            violations.extend(player.violation(cell, status, reason));
        }
        violations.sort_by_key(|violation| (violation.status, violation.rule.level()));
        let is_violated = |rule| violations.iter().any(|violation| violation.rule == rule);
        let stale = accepted.entries().filter(|(rule, _)| !is_violated(*rule));
        let stale = stale.map(|(rule, Entry { reason, line })| StaleEntry { rule, reason, line }).collect();
        Ok(SuiteReport {
            subject: self.subject_name(),
            roles: self.roles.clone(),
            scripts,
            sent_a_close: cell(Rule::CloseFin).exercised() > 0,
            exercised,
            violations,
            stale,
        })
    }

    /// Plays every script, and panics if the subject violates a rule that is not accepted, if an accepted violation does
    /// not occur, or if the suite is not valid. The message has the shortest script of each violation.
    ///
    /// # Panics
    /// As described.
    #[track_caller]
    pub fn assert(&self) {
        match self.run() {
            Ok(report) if report.passes() => {}
            Ok(report) => panic!("{report}"),
            Err(error) => panic!("{error}"),
        }
    }

    /// Plays one script, in its text or binary form and in the role that it names, and panics if the subject violates a
    /// rule that is not accepted. A line with it repeats a violation, and keeps it as a test.
    ///
    /// # Panics
    /// As described, and if the script or the suite is not valid. The message has the timeline.
    #[track_caller]
    pub fn assert_script(&self, script: impl AsRef<[u8]>) {
        let played = self.read("assert_script", script.as_ref()).and_then(|script| {
            let (accepted, judged) = (self.accepted()?, self.judged()?);
            let mut player = Player::new(self.profile, (self.new_subject)());
            let fails = |rule: Rule, level: Level| {
                let status = FindingStatus::of(level, accepted.reason(rule).is_some(), self.strict);
                judged.contains(rule) && status == FindingStatus::Fail
            };
            Ok(player.failing(script.as_script(), fails))
        });
        match played {
            Ok(None) => {}
            Ok(Some(text)) => panic!("{text}"),
            Err(error) => panic!("{error}"),
        }
    }

    /// Creates the body of a fuzz target, which keeps its subject from input to input.
    ///
    /// # Errors
    /// If the suite is not valid: see [`SuiteError`].
    pub fn fuzzer(&self) -> Result<SuiteFuzzer, SuiteError> {
        let accepted: RuleSet = self.accepted()?.rules().collect();
        let failing = self.rules()?.without(accepted);
        let player = Player::for_fuzzing(self.profile, (self.new_subject)());
        Ok(SuiteFuzzer::new(player, self.roles.clone(), failing))
    }

    /// The name of the subject.
    pub fn subject_name(&self) -> String {
        (self.new_subject)().name().to_owned()
    }

    /// The rules that are selected and apply to the subject in one of the roles.
    fn judged(&self) -> Result<RuleSet, SuiteError> {
        let subject = (self.new_subject)();
        let of_role = |role: &Role| {
            let rules = subject.capabilities(*role).rules();
            rules.iter().filter(|rule| rule.role().is_none_or(|only| only == *role)).collect()
        };
        let applicable = self.roles.iter().map(of_role).fold(RuleSet::EMPTY, RuleSet::union);
        let judged = applicable.intersection(self.rules);
        let subject = subject.name().to_owned();
        match (applicable.is_empty(), judged.is_empty()) {
            (true, _) => Err(SuiteError::NoCapabilities { subject }),
            (false, true) => Err(SuiteError::NoRules { subject }),
            (false, false) => Ok(judged),
        }
    }

    /// The accepted violations, as far as they concern the subject and the selected rules.
    fn accepted(&self) -> Result<Accepted, SuiteError> {
        let subject = self.subject_name();
        let mut accepted = Accepted::default();
        for (rule, reason) in &self.allowed {
            accepted.add(&subject, *rule, Entry { reason: reason.clone(), line: None })?;
        }
        #[cfg(feature = "baseline")]
        accepted.add_baseline(&subject, &self.baseline)?;
        Ok(accepted.only(self.rules))
    }

    fn plan(&self) -> Result<MatrixPlan, SuiteError> {
        let mut curated = TestVector::curated_corpus();
        for (name, octets) in &self.scripts {
            let script = self.read(name, octets)?;
            curated.push(TestVector::curated(name.clone(), script.as_script()));
        }
        Ok(if self.thorough {
            MatrixPlan::new(curated).with_scenarios(Strength::Pairs)
        } else {
            MatrixPlan::unsegmented(curated).with_values()
        })
    }

    fn read(&self, name: &str, octets: &[u8]) -> Result<ScriptBuf, SuiteError> {
        let error =
            |source| SuiteError::Script { subject: self.subject_name(), name: name.to_owned(), source };
        ScriptBuf::read(octets).map_err(error)
    }
}
