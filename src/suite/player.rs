//! Plays single scripts to the subject of a suite, with its usual replies in mind.

use super::report::Violation;
use crate::analysis::matrix::{Cell, Example};
use crate::analysis::status::FindingStatus;
use crate::generate::minimize::Minimizer;
use crate::harness::{Limits, Subject};
use crate::judge::{self, Finding};
use crate::playback::{Harness, Playback};
use crate::protocol::code::Profile;
use crate::protocol::role::Role;
use crate::rules::{Level, Rule};
use crate::script::{Script, ScriptBuf};

/// The most scripts that the minimizer tries for a violation.
const MAX_ATTEMPTS: usize = 500;

/// Plays scripts to one subject.
pub(super) struct Player {
    harness: Harness,
    subject: Box<dyn Subject>,
    habits: LearnedHabits,
}

/// Whether the harness compares with the usual replies of the subject.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LearnedHabits {
    /// It never does.
    Unused,
    /// It does not know them yet.
    Unknown,
    /// It compares with those in this role.
    Of(Role),
}

impl Player {
    /// A player for this subject, which compares with its usual replies.
    pub fn new(profile: Profile, subject: Box<dyn Subject>) -> Player {
        Player { harness: Harness::new(profile), subject, habits: LearnedHabits::Unknown }
    }

    /// A player for a fuzz target, which limits the length of scripts and judges each alone.
    pub fn for_fuzzing(profile: Profile, subject: Box<dyn Subject>) -> Player {
        let harness = Harness::new(profile).with_limits(Limits::FUZZING);
        Player { harness, subject, habits: LearnedHabits::Unused }
    }

    /// The name of the subject.
    pub fn subject_name(&self) -> &str {
        self.subject.name()
    }

    /// The profile by which the judge reads close codes.
    pub const fn profile(&self) -> Profile {
        self.harness.profile()
    }

    /// Plays a script.
    pub fn play(&mut self, script: Script<'_>) -> Playback<'_> {
        let of_role = LearnedHabits::Of(script.role());
        if self.habits != LearnedHabits::Unused && self.habits != of_role {
            let habits = self.harness.learn_habits(script.role(), self.subject.as_mut());
            self.harness.set_habits(Some(habits));
            self.habits = of_role;
        }
        self.harness.play(script, self.subject.as_mut())
    }

    /// Minimizes the example of the violations of a rule. `None` without an example.
    pub fn violation(
        &mut self,
        cell: Cell,
        status: FindingStatus,
        reason: Option<String>,
    ) -> Option<Violation> {
        let Cell { rule, violated: scripts, example, .. } = cell;
        // The timeline is that of the script before it is minimized.
        let Example { name: origin, role, text, actual, timeline: _ } = example?;
        let script = ScriptBuf::read(text.as_bytes()).expect("the text of a script is a script");
        let script = self.minimized(script, rule);
        let playback = self.play(script.as_script());
        let finding = playback.findings.iter().find(|finding| finding.rule == rule).copied();
        Some(Violation {
            rule,
            status,
            role,
            origin,
            scripts,
            expected: finding.map(|finding| finding.expected),
            actual: finding.map_or(actual, |finding| finding.actual.to_string()),
            timeline: timeline(&playback, finding.as_ref()),
            script,
            reason,
        })
    }

    /// The smallest script found in which the subject violates the rule. A script that does not show it is returned as
    /// it is.
    fn minimized(&mut self, script: ScriptBuf, rule: Rule) -> ScriptBuf {
        let mut violates =
            |script: Script<'_>| self.play(script).findings.iter().any(|finding| finding.rule == rule);
        if violates(script.as_script()) {
            Minimizer::new(script, MAX_ATTEMPTS, violates).run()
        } else {
            script
        }
    }

    /// Plays a script, and describes it if it shows a finding that fails.
    pub fn failing(&mut self, script: Script<'_>, fails: impl Fn(Rule, Level) -> bool) -> Option<String> {
        let name = self.subject.name().to_owned();
        let playback = self.play(script);
        let failing = playback.findings.iter().find(|finding| fails(finding.rule, finding.level))?;
        Some(format!("{name} violates {}\n{script}{playback}", failing.rule))
    }
}

/// The timeline, marked at this finding, and what may explain it.
fn timeline(playback: &Playback<'_>, finding: Option<&Finding>) -> String {
    let mut text = playback.trace.timeline(finding).without_states().to_string();
    for hint in finding.map(|finding| judge::hints(playback.trace, finding)).unwrap_or_default() {
        text.push_str(&format!("hint, {hint}\n"));
    }
    text
}
