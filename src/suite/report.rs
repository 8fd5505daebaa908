//! The result of a suite, and its text: each violation with the shortest script that shows it.

use std::fmt;

#[cfg(feature = "baseline")]
use crate::analysis::baseline::REASON_TO_FILL_IN;
use crate::analysis::status::{FindingStatus, RunStatus};
use crate::protocol::role::Role;
use crate::rules::{Rule, RuleSet};
use crate::script::ScriptBuf;

/// What a suite found.
///
/// Its `Display` is the message of [`Suite::assert`](super::Suite::assert).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuiteReport {
    /// The name of the subject.
    pub subject: String,
    /// The roles in which it was tested.
    pub roles: Vec<Role>,
    /// The number of scripts played, in all roles.
    pub scripts: usize,
    /// Whether the subject sent a Close in any script.
    pub sent_a_close: bool,
    /// The judged rules to which the subject conformed, or which it violated.
    pub exercised: RuleSet,
    /// The violated rules, those that fail first.
    pub violations: Vec<Violation>,
    /// The accepted violations that did not occur.
    pub stale: Vec<StaleEntry>,
}

/// A violated rule, and the shortest script that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// What the violation does to the suite.
    pub status: FindingStatus,
    /// The role of the subject in the script.
    pub role: Role,
    /// The name of the script in which the violation was found.
    pub origin: String,
    /// The number of scripts in which it was found.
    pub scripts: usize,
    /// The shortest script that shows it.
    pub script: ScriptBuf,
    /// What a conforming endpoint does. `None` if the violation did not recur in a second run of the script.
    pub expected: Option<&'static str>,
    /// What the subject did.
    pub actual: String,
    /// The timeline of the script, with a mark at the violation, and hints on its cause.
    pub timeline: String,
    /// Why the violation is accepted, if it is.
    pub reason: Option<String>,
}

/// An accepted violation that did not occur.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleEntry {
    /// The rule.
    pub rule: Rule,
    /// Why the violation was accepted.
    pub reason: String,
    /// The line of the entry in the baseline, counted from 1. `None` if it is from
    /// [`Suite::allow`](super::Suite::allow).
    pub line: Option<usize>,
}

impl SuiteReport {
    /// How the suite ended.
    pub fn status(&self) -> RunStatus {
        let findings = RunStatus::of(self.violations.iter().map(|violation| violation.status));
        findings.and(RunStatus::Stale.when(!self.stale.is_empty()))
    }

    /// Whether no violation fails the suite and no accepted violation is stale.
    pub fn passes(&self) -> bool {
        self.status() == RunStatus::Pass
    }

    /// The violations that fail the suite.
    pub fn failures(&self) -> impl Iterator<Item = &Violation> {
        self.violations.iter().filter(|violation| violation.status == FindingStatus::Fail)
    }

    /// The violations that fail the suite as entries of a baseline, in TOML. Each reason is to be filled in.
    #[cfg(feature = "baseline")]
    pub fn new_baseline(&self) -> String {
        let entry = |violation: &Violation| {
            let Violation { rule, origin, .. } = violation;
            format!("# Shown by {origin}.\n[[known]]\nrule = \"{rule}\"\nreason = \"{REASON_TO_FILL_IN}\"\n")
        };
        self.failures().map(entry).collect::<Vec<_>>().join("\n")
    }

    /// What is wrong with one rule: a violation that fails, or a stale entry.
    pub fn failure_of(&self, rule: Rule) -> Option<String> {
        let violation = self.failures().find(|violation| violation.rule == rule).map(Violation::to_string);
        let stale = || self.stale.iter().find(|entry| entry.rule == rule).map(StaleEntry::to_string);
        violation.or_else(stale)
    }
}

impl fmt::Display for SuiteReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failing = self.failures().count();
        let roles: Vec<&str> = self.roles.iter().map(|role| role.name()).collect();
        let as_role = roles.join(" and as ");
        let headline = match (failing, self.stale.len()) {
            (0, 0) => "violates no rule that fails".to_owned(),
            (0, 1) => "has 1 stale entry, an accepted violation that does not occur".to_owned(),
            (0, stale) => format!("has {stale} stale entries, accepted violations that do not occur"),
            (1, _) => "violates 1 rule".to_owned(),
            (rules, _) => format!("violates {rules} rules"),
        };
        writeln!(f, "{} {headline}; {} scripts were played as {as_role}", self.subject, self.scripts)?;
        if !self.sent_a_close {
            writeln!(
                f,
                "note: it sent no Close in any script; check first that the adapter polls the endpoint after a Close, and \
                 writes what the endpoint sends"
            )?;
        }
        self.failures().try_for_each(|violation| write!(f, "\n{violation}"))?;
        self.stale.iter().try_for_each(|entry| write!(f, "\n{entry}\n"))?;
        let others = [FindingStatus::Known, FindingStatus::Warn, FindingStatus::Info].map(|status| {
            let rules = self.violations.iter().filter(|violation| violation.status == status);
            (status, rules.map(|violation| violation.rule.id()).collect::<Vec<_>>())
        });
        for (status, rules) in others.iter().filter(|(_, rules)| !rules.is_empty()) {
            write!(f, "\n{} (does not fail): {}", status.name(), rules.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violation { rule, role, scripts, origin, timeline, .. } = self;
        writeln!(f, "{} {rule} ({}, {})", self.status.name(), rule.level(), rule.reference())?;
        writeln!(f, "  rule:     {}", rule.summary())?;
        if let Some(expected) = self.expected {
            writeln!(f, "  expected: {expected}")?;
        }
        writeln!(f, "  found:    {}", self.actual)?;
        writeln!(f, "  fix:      {}", rule.advice().in_library)?;
        let noun = if *scripts == 1 { "script" } else { "scripts" };
        writeln!(f, "  found in {scripts} {noun}; the shortest, from {origin}:")?;
        let text = self.script.as_script().to_string();
        indented(f, &text)?;
        writeln!(f, "  what happened as {role} (time in ticks, > to the endpoint, < from it, | note):")?;
        indented(f, timeline)?;
        if self.expected.is_none() {
            writeln!(
                f,
                "  note: it did not recur in a second run; the endpoint does not react alike each time"
            )?;
        }
        writeln!(f, "  replay:   suite.assert_script({text:?});")
    }
}

/// Writes the lines of a text, indented.
fn indented(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    text.lines().try_for_each(|line| writeln!(f, "    {line}"))
}

impl fmt::Display for StaleEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StaleEntry { rule, reason, line } = self;
        let place = match line {
            Some(line) => format!("line {line} of the baseline"),
            None => "`allow`".to_owned(),
        };
        write!(
            f,
            "stale: {place} accepts {rule} ({reason}), and no script shows the violation; remove the entry"
        )
    }
}
