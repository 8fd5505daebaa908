//! Plays a script to a subject and judges what it did: a [`Driver`] and a [`Judge`] in one.
//!
//! The module stands above `harness` and `judge`, because the judge reads the traces that the driver records.

use std::fmt;

use crate::harness::{Driver, Limits, Mark, Subject, Timeline, Trace};
use crate::judge::{self, Finding, Habits, Judge, Verdict, Verdicts};
use crate::protocol::code::Profile;
use crate::protocol::role::Role;
use crate::rules::RuleSet;
use crate::script::{Script, corpus};

/// Plays scripts to subjects and judges each trace.
///
/// A harness reuses its buffers. After the first few scripts it allocates nothing, unless messages are compressed.
#[derive(Debug)]
pub struct Harness {
    driver: Driver,
    judge: Judge,
}

impl Harness {
    /// A harness that accepts the close codes of `profile` and plays scripts up to [`Limits::DEFAULT`].
    pub fn new(profile: Profile) -> Harness {
        Harness { driver: Driver::new(), judge: Judge::new(profile) }
    }

    /// The same harness with other limits on the length of a script.
    pub fn with_limits(self, limits: Limits) -> Harness {
        Harness { driver: Driver::with_limits(limits), ..self }
    }

    /// The profile by which the judge reads close codes.
    pub const fn profile(&self) -> Profile {
        self.judge.profile()
    }

    /// Sets the usual replies of the subject, with which the judge compares what a trace leaves open.
    pub fn set_habits(&mut self, habits: Option<Habits>) {
        self.judge.set_habits(habits);
    }

    /// Judges the last trace again, with the habits that were set in the meantime.
    pub fn judge_again(&mut self) -> Playback<'_> {
        self.judge.judge(self.driver.trace());
        self.last()
    }

    /// Plays the scripts that [`Habits::CASES`] names, and returns what they show of a subject in this role. The
    /// last connection of the subject has failed then.
    pub fn learn_habits(&mut self, role: Role, subject: &mut dyn Subject) -> Habits {
        let mut habits = Habits::new(role);
        for (name, script) in corpus::curated() {
            if let Some(case) = Habits::case(name) {
                let trace = self.driver.drive(script.as_script().for_role(role), subject);
                habits.learn(case, trace, self.judge.profile());
            }
        }
        habits
    }

    /// Plays `script` to `subject` on a fresh connection, and judges the trace.
    pub fn play(&mut self, script: Script<'_>, subject: &mut dyn Subject) -> Playback<'_> {
        self.judge.judge(self.driver.drive(script, subject));
        self.last()
    }

    /// The result of the last script; before the first one, an empty trace without findings.
    pub fn last(&self) -> Playback<'_> {
        Playback {
            trace: self.driver.trace(),
            findings: self.judge.findings(),
            verdicts: self.judge.verdicts(),
            truncated: self.driver.truncated(),
        }
    }
}

/// What one script showed of one subject, borrowed from the [`Harness`] until its next script.
///
/// Its `Display` is the timeline with marks and a line for each finding, ready for the message of an assertion.
#[derive(Clone, Copy, Debug)]
pub struct Playback<'a> {
    /// What happened, in order.
    pub trace: &'a Trace,
    /// The violations, in the order of the trace; each rule at most once a connection.
    pub findings: &'a [Finding],
    /// The verdict on every rule.
    pub verdicts: &'a Verdicts,
    /// Whether the [`Limits`] left out a part of the script.
    pub truncated: bool,
}

impl<'a> Playback<'a> {
    /// The timeline with a mark on each line that shows a finding.
    pub fn timeline(&self) -> Timeline<'a> {
        self.trace.timeline(self.findings)
    }

    /// The rules that the script exercised with a clear verdict.
    pub fn exercised(&self) -> RuleSet {
        self.verdicts.with(Verdict::Conforms).union(self.verdicts.with(Verdict::Violates))
    }
}

impl From<&Finding> for Mark {
    fn from(finding: &Finding) -> Mark {
        Mark { event: finding.at, rule: finding.rule }
    }
}

impl fmt::Display for Playback<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.timeline())?;
        self.findings.iter().try_for_each(|finding| {
            writeln!(f, "  {finding}")?;
            judge::hints(self.trace, finding).iter().try_for_each(|hint| writeln!(f, "    hint, {hint}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::endpoint::Model;
    use crate::model::faults::{Fault, FaultyModel};
    use crate::rules::Rule;
    use crate::script::ScriptBuf;

    fn script() -> ScriptBuf {
        ScriptBuf::read(b"wsclose 1\nrole server\n> close\n> close\n> fin\n").expect("a script")
    }

    #[test]
    fn each_playback_replaces_the_one_before() {
        let mut harness = Harness::new(Profile::default());
        assert!(harness.last().trace.events().is_empty());
        let played = harness.play(script().as_script(), &mut FaultyModel::new(Fault::EchoesNoStatus));
        assert!(played.verdicts.on(Rule::CodeNotLocalOnly) == Verdict::Violates, "{played}");
        assert!(
            played.to_string().contains("03ed  <-- code-not-local-only, close-echoes-code\n"),
            "{played}"
        );
        let played = harness.play(script().as_script(), &mut Model::new(Profile::default()));
        assert!(played.findings.is_empty() && !played.truncated, "{played}");
        assert!(harness.last().findings.is_empty());
    }

    #[test]
    fn limits_truncate_a_script() {
        let limits = Limits { steps: 1, ..Limits::FUZZING };
        let mut harness = Harness::new(Profile::default()).with_limits(limits);
        assert!(harness.play(script().as_script(), &mut Model::new(Profile::default())).truncated);
    }
}
