//! The comparison of two runs as text.

use std::fmt::Write;

use wsclose_live::RuleStatus;

use super::changes::{Change, Comparison, RuleChange};
use super::run_file::{RuleState, RunFile};

/// The most names of cases in a line.
const MAX_NAMES: usize = 3;

/// The text.
pub fn text(old: &RunFile, new: &RunFile, comparison: &Comparison) -> String {
    let mut text = String::new();
    write_text(old, new, comparison, &mut text).expect("writing to a string does not fail");
    text
}

fn write_text(old: &RunFile, new: &RunFile, comparison: &Comparison, text: &mut String) -> std::fmt::Result {
    writeln!(text, "verdict: {}", comparison.verdict())?;
    for (which, file) in [("old", old), ("new", new)] {
        writeln!(text, "{which}: {}: {}", file.path, summary(file))?;
    }
    comparison.notes.iter().try_for_each(|note| writeln!(text, "note: {note}"))?;
    for change in Change::ALL {
        let mut rules = comparison.of(change).peekable();
        if rules.peek().is_some() {
            writeln!(text, "\n{}", change.heading())?;
        }
        rules.try_for_each(|rule| write_rule(rule, text))?;
    }
    Ok(())
}

fn write_rule(rule: &RuleChange, text: &mut String) -> std::fmt::Result {
    let endpoint = rule.endpoint.as_ref().map_or(String::new(), |name| format!("{name}: "));
    let (before, after) = (described(&rule.old), described(&rule.new));
    writeln!(text, "  {endpoint}{} ({}): {before} -> {after}", rule.rule, rule.new.level)?;
    if let Some((case, actual)) = evidence(rule) {
        writeln!(text, "    {case}: {actual}")?;
    }
    for (what, names) in cases(rule) {
        writeln!(text, "    {what}: {names}")?;
    }
    Ok(())
}

/// The endpoint of a run with the verdict, or how many there are.
pub fn summary(file: &RunFile) -> String {
    match file.endpoints.as_slice() {
        [endpoint] => {
            let role = endpoint.role.map_or(String::new(), |role| format!(" ({role})"));
            let verdict = endpoint.verdict.map_or(String::new(), |verdict| format!(", {verdict}"));
            format!("{}{role}, {} cases{verdict}", endpoint.name, endpoint.cases)
        }
        endpoints => format!("{}, {} with a result", file.kind.description(), endpoints.len()),
    }
}

/// The status of a rule with the number of its cases: `FAIL in 3 of 20 cases`.
pub fn described(state: &RuleState) -> String {
    let status = state.status.name();
    match state.status {
        RuleStatus::Finding(_) | RuleStatus::Flaky | RuleStatus::Unconfirmed => {
            format!("{status} in {} of {} cases", state.violated, state.judged)
        }
        RuleStatus::Conforms => format!("{status} in {} cases", state.judged),
        RuleStatus::Inconclusive | RuleStatus::NotExercised => status.to_owned(),
    }
}

/// The evidence of a violation that the new run has.
pub fn evidence(rule: &RuleChange) -> Option<&(String, String)> {
    match rule.change {
        Change::New | Change::Confirmed | Change::Status | Change::Flaky => rule.new.evidence.as_ref(),
        Change::Cases | Change::Gone | Change::Inconclusive | Change::NotExercised | Change::Exercised => {
            None
        }
    }
}

/// The names of the cases that violate a rule now, and of those that no longer do, for a rule that is violated in both
/// runs.
pub fn cases(rule: &RuleChange) -> Vec<(&'static str, String)> {
    if rule.change != Change::Cases {
        return Vec::new();
    }
    let sets = [("also violated by", rule.new_cases()), ("no longer violated by", rule.gone_cases())];
    let listed = |names: std::collections::BTreeSet<&str>| {
        let more = names.len().saturating_sub(MAX_NAMES);
        let shown: Vec<&str> = names.into_iter().take(MAX_NAMES).collect();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        format!("{}{more}", shown.join(", "))
    };
    let named = sets.into_iter().filter(|(_, names)| !names.is_empty());
    named.map(|(what, names)| (what, listed(names))).collect()
}
