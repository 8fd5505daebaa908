//! What changed between two runs, rule by rule.

use std::collections::BTreeSet;

use wsclose::analysis::status::{FindingStatus, RunStatus};
use wsclose::rules::Level;
use wsclose_live::RuleStatus;

use super::run_file::{EndpointResult, Kind, RuleState, RunFile};

/// The kind of a change, in the order of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The rule is violated, and was not.
    New,
    /// The violation was flaky or unconfirmed, and is confirmed.
    Confirmed,
    /// The violation has another effect on the run.
    Status,
    /// Other cases violate the rule.
    Cases,
    /// The rule was violated once, without confirmation.
    Flaky,
    /// The rule was violated, and is not.
    Gone,
    /// No case gives a clear verdict any more.
    Inconclusive,
    /// No case exercises the rule any more.
    NotExercised,
    /// The endpoint conforms to a rule that had no clear verdict.
    Exercised,
}

impl Change {
    /// Every kind, in the order of the report.
    pub const ALL: [Change; 9] = [
        Change::New,
        Change::Confirmed,
        Change::Status,
        Change::Cases,
        Change::Flaky,
        Change::Gone,
        Change::Inconclusive,
        Change::NotExercised,
        Change::Exercised,
    ];

    /// The heading of its rules.
    pub const fn heading(self) -> &'static str {
        match self {
            Change::New => "new",
            Change::Confirmed => "now confirmed",
            Change::Status => "other status",
            Change::Cases => "other cases",
            Change::Flaky => "now flaky",
            Change::Gone => "gone",
            Change::Inconclusive => "now inconclusive",
            Change::NotExercised => "no longer exercised",
            Change::Exercised => "now exercised, and ok",
        }
    }

    /// The change of a rule, if it changed.
    fn of(old: &RuleState, new: &RuleState) -> Option<Change> {
        use RuleStatus::{Conforms, Finding, Flaky, Inconclusive, NotExercised, Unconfirmed};
        match (old.status, new.status) {
            (Finding(before), Finding(after)) if before == after => {
                let is_same = old.violated == new.violated && old.violated_by == new.violated_by;
                (!is_same).then_some(Change::Cases)
            }
            (Finding(_), Finding(_)) => Some(Change::Status),
            (Flaky | Unconfirmed, Finding(_)) => Some(Change::Confirmed),
            (Conforms | Inconclusive | NotExercised, Finding(_)) => Some(Change::New),
            (Finding(_) | Conforms | Inconclusive | NotExercised, Flaky | Unconfirmed) => Some(Change::Flaky),
            (Finding(_) | Flaky | Unconfirmed, Conforms) => Some(Change::Gone),
            (Finding(_) | Flaky | Unconfirmed | Conforms, Inconclusive) => Some(Change::Inconclusive),
            (Finding(_) | Flaky | Unconfirmed | Conforms | Inconclusive, NotExercised) => {
                Some(Change::NotExercised)
            }
            (Inconclusive | NotExercised, Conforms) => Some(Change::Exercised),
            (Flaky | Unconfirmed, Flaky | Unconfirmed)
            | (Conforms, Conforms)
            | (Inconclusive | NotExercised, Inconclusive)
            | (NotExercised, NotExercised) => None,
        }
    }
}

/// A rule that changed.
#[derive(Debug)]
pub struct RuleChange {
    /// The endpoint; none if the files have one each.
    pub endpoint: Option<String>,
    /// The id of the rule.
    pub rule: String,
    /// The kind of change.
    pub change: Change,
    /// The result in the old run.
    pub old: RuleState,
    /// The result in the new run.
    pub new: RuleState,
}

impl RuleChange {
    /// Whether the rule fails now, and neither failed nor was accepted before.
    fn is_worse(&self, strict: bool) -> bool {
        let is_severe = |status: RuleStatus, with_warnings: bool| match status {
            RuleStatus::Finding(FindingStatus::Fail) => true,
            RuleStatus::Finding(FindingStatus::Warn) => with_warnings,
            RuleStatus::Finding(FindingStatus::Known | FindingStatus::Info)
            | RuleStatus::Flaky
            | RuleStatus::Unconfirmed
            | RuleStatus::Conforms
            | RuleStatus::Inconclusive
            | RuleStatus::NotExercised => false,
        };
        let was_accepted = self.old.status == RuleStatus::Finding(FindingStatus::Known);
        is_severe(self.new.status, strict) && !is_severe(self.old.status, strict) && !was_accepted
    }

    /// The cases that violate the rule now, and did not.
    pub fn new_cases(&self) -> BTreeSet<&str> {
        self.new.violated_by.difference(&self.old.violated_by).map(String::as_str).collect()
    }

    /// The cases that violated the rule, and do not any more.
    pub fn gone_cases(&self) -> BTreeSet<&str> {
        self.old.violated_by.difference(&self.new.violated_by).map(String::as_str).collect()
    }
}

/// The comparison of two runs.
#[derive(Debug)]
pub struct Comparison {
    /// The rules that changed, by kind of change, level and name.
    pub rules: Vec<RuleChange>,
    /// What the reader has to know, a sentence each.
    pub notes: Vec<String>,
    /// The number of rules that fail now, and neither failed nor were accepted before.
    pub worse: usize,
    /// Whether a part of the new run has no result.
    pub is_incomplete: bool,
}

impl Comparison {
    /// Compares two runs. A strict comparison counts warnings like failures.
    pub fn new(old: &RunFile, new: &RunFile, strict: bool) -> Comparison {
        let mut notes = setting_notes(old, new);
        let mut rules = Vec::new();
        let mut is_incomplete = new.is_incomplete();
        if old.is_incomplete() {
            notes.push("the old run is incomplete: a new violation may be an old one".to_owned());
        }
        if is_incomplete {
            notes.push("the new run is incomplete: a violation that is gone may still be there".to_owned());
        }
        let is_single = |file: &RunFile| file.endpoints.len() == 1 && file.untested.is_empty();
        for (at, endpoint) in new.endpoints.iter().enumerate() {
            // The only endpoint of a run may have another name, such as another port.
            let before = match new.kind {
                Kind::Run => old.endpoints.get(at),
                Kind::Matrix | Kind::Live => old.endpoints.iter().find(|other| other.name == endpoint.name),
            };
            if before.is_none() {
                notes.push(format!(
                    "{} has no result in {}: all of its violations are new",
                    endpoint.name, old.path
                ));
            }
            let name = (!is_single(old) || !is_single(new)).then(|| endpoint.name.clone());
            rules.extend(changes(before, endpoint, name.as_ref()));
        }
        for lost in old.endpoints.iter().filter(|old| !new.endpoints.iter().any(|new| new.name == old.name)) {
            match new.untested.iter().find(|(name, _)| *name == lost.name) {
                Some((name, why)) => {
                    is_incomplete = true;
                    notes.push(format!("{name} has no result in {}: {why}", new.path));
                }
                None if new.kind == Kind::Run => {}
                None => notes.push(format!("{} is not part of {}", lost.name, new.path)),
            }
        }
        rules.sort_by(|one, other| key(one).cmp(&key(other)));
        let worse = rules.iter().filter(|rule| rule.is_worse(strict)).count();
        Comparison { rules, notes, worse, is_incomplete }
    }

    /// The rules with this kind of change.
    pub fn of(&self, change: Change) -> impl Iterator<Item = &RuleChange> {
        self.rules.iter().filter(move |rule| rule.change == change)
    }

    /// The status, from which the exit code follows.
    pub fn status(&self) -> RunStatus {
        RunStatus::Fail.when(self.worse > 0).and(RunStatus::Incomplete.when(self.is_incomplete))
    }

    /// The result in a sentence: `PASS: nothing is worse; 2 gone`.
    pub fn verdict(&self) -> String {
        let worse = match self.worse {
            0 => "nothing is worse".to_owned(),
            1 => "1 rule fails that did not".to_owned(),
            rules => format!("{rules} rules fail that did not"),
        };
        let counted = Change::ALL.into_iter().filter_map(|change| {
            let count = self.of(change).count();
            (count > 0).then(|| format!("{count} {}", change.heading()))
        });
        let parts: Vec<String> = counted.collect();
        let parts = if parts.is_empty() { "no rule changed".to_owned() } else { parts.join("; ") };
        format!("{}: {worse}; {parts}", self.status().name())
    }
}

/// The order of changes in the report.
fn key(rule: &RuleChange) -> (Change, Level, &str, Option<&str>) {
    (rule.change, rule.new.level, &rule.rule, rule.endpoint.as_deref())
}

/// The rules of an endpoint that changed. A rule that a file lacks was not exercised in its run.
fn changes<'a>(
    old: Option<&'a EndpointResult>,
    new: &'a EndpointResult,
    name: Option<&'a String>,
) -> impl Iterator<Item = RuleChange> + 'a {
    let ids: BTreeSet<&String> =
        old.into_iter().flat_map(|old| old.rules.keys()).chain(new.rules.keys()).collect();
    ids.into_iter().filter_map(move |rule| {
        let (before, after) = (old.and_then(|old| old.rules.get(rule)), new.rules.get(rule));
        let level = after.or(before)?.level;
        let absent = RuleState {
            level,
            status: RuleStatus::NotExercised,
            violated: 0,
            judged: 0,
            violated_by: BTreeSet::new(),
            evidence: None,
        };
        let old = before.cloned().unwrap_or_else(|| absent.clone());
        let new = after.cloned().unwrap_or(absent);
        let change = Change::of(&old, &new)?;
        Some(RuleChange { endpoint: name.cloned(), rule: rule.clone(), change, old, new })
    })
}

/// Notes on settings that differ, each of which may be the reason of a change.
fn setting_notes(old: &RunFile, new: &RunFile) -> Vec<String> {
    let mut notes = Vec::new();
    if old.version != new.version {
        notes.push(format!("the runs are by wsclose {} and {}", old.version, new.version));
    }
    if let (Some(old), Some(new)) = (&old.settings.profile, &new.settings.profile)
        && old != new
    {
        notes.push(format!("the runs have the profiles {old} and {new}"));
    }
    if old.settings.strict != new.settings.strict {
        notes.push("one of the runs is strict, the other is not".to_owned());
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(status: RuleStatus) -> RuleState {
        RuleState {
            level: Level::Must,
            status,
            violated: 0,
            judged: 0,
            violated_by: BTreeSet::new(),
            evidence: None,
        }
    }

    #[test]
    fn every_pair_of_statuses_changes_unless_it_is_the_same_in_effect() {
        let fail = RuleStatus::Finding(FindingStatus::Fail);
        for old in RuleStatus::ALL {
            for new in RuleStatus::ALL {
                let change = Change::of(&state(old), &state(new));
                let is_weak = |status| matches!(status, RuleStatus::Flaky | RuleStatus::Unconfirmed);
                let is_same = old == new
                    || is_weak(old) && is_weak(new)
                    || (old, new) == (RuleStatus::NotExercised, RuleStatus::Inconclusive);
                assert_eq!(change.is_none(), is_same, "{old:?} {new:?}");
                let worse = RuleChange {
                    endpoint: None,
                    rule: String::new(),
                    change: Change::New,
                    old: state(old),
                    new: state(new),
                };
                let known = RuleStatus::Finding(FindingStatus::Known);
                assert_eq!(worse.is_worse(false), new == fail && old != fail && old != known);
            }
        }
    }

    #[test]
    fn cases_of_the_same_rule_are_compared() {
        let fail = state(RuleStatus::Finding(FindingStatus::Fail));
        let other = RuleState { violated: 1, ..fail.clone() };
        assert_eq!(Change::of(&fail, &other), Some(Change::Cases));
        let named = |name: &str| RuleState { violated_by: BTreeSet::from([name.to_owned()]), ..fail.clone() };
        assert_eq!(Change::of(&named("a"), &named("b")), Some(Change::Cases));
    }
}
