//! What the reports say of a run, in the order in which people read it: what fails first, then what follows from it, then
//! counts of the rest.

use std::collections::BTreeMap;

use wsclose::analysis::status::FindingStatus;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capability, Family, Level, Rule};

use crate::run::results::{ReportedFinding, RuleResult, RuleStatus, RunReport};
use crate::unobservable;

/// A violation, and those that occurred in its cases only.
///
/// One cause often violates several rules. Where every case that violates a rule violates a worse one too, the two are
/// reported together.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// The worst violation.
    pub first: ReportedFinding<'a>,
    /// The others, the worst first. Every case that violates one of them violates the first too.
    pub others: Vec<ReportedFinding<'a>>,
}

/// The violations of a run in groups, the worst first.
pub fn groups(run: &RunReport) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut findings = run.findings();
    // Sorting is stable: within a status, the rules of the most severe level come first.
    findings.sort_by_key(|finding| (rank(finding.result.status()), finding.result.rule.level()));
    for finding in findings {
        let leads = |group: &&mut Group<'_>| is_contained(run, finding, group.first);
        match groups.iter_mut().find(leads) {
            Some(group) => group.others.push(finding),
            None => groups.push(Group { first: finding, others: Vec::new() }),
        }
    }
    groups
}

/// Whether every case that violates the rule of one finding violates that of the other.
fn is_contained(run: &RunReport, one: ReportedFinding<'_>, other: ReportedFinding<'_>) -> bool {
    let mut cases = run.cases.iter().filter(|case| case.violates(one.result.rule));
    cases.all(|case| case.violates(other.result.rule))
}

/// The order of the statuses in reports.
pub const fn rank(status: RuleStatus) -> u8 {
    match status {
        RuleStatus::Finding(FindingStatus::Fail) => 0,
        RuleStatus::Unconfirmed => 1,
        RuleStatus::Finding(FindingStatus::Warn) => 2,
        RuleStatus::Flaky => 3,
        RuleStatus::Finding(FindingStatus::Known) => 4,
        RuleStatus::Finding(FindingStatus::Info) => 5,
        RuleStatus::Inconclusive => 6,
        RuleStatus::Conforms => 7,
        RuleStatus::NotExercised => 8,
    }
}

/// Why a rule was not exercised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotExercised {
    /// It concerns endpoints of the other role.
    OtherRole(Role),
    /// The endpoint cannot be made to close.
    NoCloseCommand,
    /// The program does not print how its connections closed.
    NoReports(Role),
    /// The connection was not encrypted.
    NoTls,
    /// A socket does not show it.
    NotVisible,
    /// None of the cases that ran decides it.
    NoCase,
}

impl NotExercised {
    /// A number of rules with the reason in a few words, which name the option of the command that helps.
    pub fn text(self, rules: usize) -> String {
        let need = |what| format!("{} {what}", count(rules, "needs", "need"));
        match self {
            NotExercised::OtherRole(role) => format!("{rules} for {role}s only"),
            NotExercised::NoCloseCommand => need("--close-command"),
            NotExercised::NoReports(Role::Client) => need("--client-reports-close"),
            NotExercised::NoReports(Role::Server) => need("--server-reports-close"),
            NotExercised::NoTls => need("wss://"),
            NotExercised::NotVisible => format!("{rules} not visible over a socket"),
            NotExercised::NoCase => format!("{rules} not decided by the cases that ran"),
        }
    }

    fn of(run: &RunReport, rule: Rule) -> NotExercised {
        match rule.role() {
            Some(role) if role != run.role => return NotExercised::OtherRole(role),
            Some(_) | None => {}
        }
        let is_report =
            matches!(rule.capability(), Capability::ReportsCloseStatus | Capability::ReportsClean);
        if unobservable::why_unobservable(rule, run.role).is_some() {
            NotExercised::NotVisible
        } else if is_report && !run.scope.reports_close {
            NotExercised::NoReports(run.role)
        } else if rule.family() == Family::OwnClose && !run.scope.close_command {
            NotExercised::NoCloseCommand
        } else if rule == Rule::TlsClosedCleanly && !run.scope.selected {
            NotExercised::NoTls
        } else {
            NotExercised::NoCase
        }
    }
}

/// Whether the run judged every rule that it could.
fn is_every_rule_selected(run: &RunReport) -> bool {
    let is_judged = |rule: Rule| run.rules.iter().any(|result| result.rule == rule);
    let mut left_out = Rule::ALL.into_iter().filter(|rule| !is_judged(*rule));
    left_out.all(|rule| NotExercised::of(run, rule) != NotExercised::NoCase)
}

/// The rules that were not exercised, by the reason. In a run of selected rules, only those count.
pub fn not_exercised(run: &RunReport) -> BTreeMap<NotExercised, Vec<Rule>> {
    let mut rules: BTreeMap<NotExercised, Vec<Rule>> = BTreeMap::new();
    let judged = |rule: Rule| run.rules.iter().find(|result| result.rule == rule);
    let is_every_rule = is_every_rule_selected(run);
    for rule in Rule::ALL {
        let counts = match judged(rule) {
            Some(result) => result.status() == RuleStatus::NotExercised,
            None => is_every_rule,
        };
        if counts {
            rules.entry(NotExercised::of(run, rule)).or_default().push(rule);
        }
    }
    rules
}

/// The number of rules to which the endpoint conformed, by family.
pub fn conforming(run: &RunReport) -> Vec<(Family, usize)> {
    let conforms = |family: Family| {
        let of_family =
            |result: &&RuleResult| result.rule.family() == family && result.status() == RuleStatus::Conforms;
        run.rules.iter().filter(of_family).count()
    };
    Family::ALL.into_iter().map(|family| (family, conforms(family))).filter(|(_, count)| *count > 0).collect()
}

/// The endpoint and the extent of a run: `a server, profile iana, seed 1: 917 cases, 60 of 95 rules`, those that were
/// exercised. The counts of rules in the report add up to the last number.
pub fn scope(run: &RunReport) -> String {
    let cases = count(run.cases.len(), "case", "cases");
    let exercised = run.rules.iter().filter(|result| result.status() != RuleStatus::NotExercised).count();
    let all = if is_every_rule_selected(run) { Rule::ALL.len() } else { run.rules.len() };
    let rules = format!("{exercised} of {}", count(all, "rule", "rules"));
    format!("a {}, profile {}, seed {}: {cases}, {rules}", run.role, run.profile, run.seed)
}

/// A number with a word in the right form.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The verdict with its counts: `FAIL: 3 rules fail (2 must), 1 warns, 1 is flaky`.
pub fn verdict(run: &RunReport) -> String {
    format!("{}: {}", run.verdict(), counts(run))
}

/// How many rules have which status, as far as it counts for the verdict.
pub fn counts(run: &RunReport) -> String {
    let with = |status: RuleStatus| run.rules.iter().filter(move |result| result.status() == status);
    let counted = |status: RuleStatus, one: &str, many: &str| {
        let number = with(status).count();
        if number == 0 {
            return None;
        }
        let must = with(status).filter(|result| result.rule.level() == Level::Must).count();
        let must = if must == 0 { String::new() } else { format!(" ({must} must)") };
        Some(format!("{}{must}", count(number, one, many)))
    };
    let fails = counted(RuleStatus::Finding(FindingStatus::Fail), "rule fails", "rules fail");
    let mut parts = vec![fails.unwrap_or_else(|| "no rule fails".to_owned())];
    parts.extend(counted(RuleStatus::Finding(FindingStatus::Warn), "warns", "warn"));
    parts.extend(counted(RuleStatus::Unconfirmed, "is unconfirmed", "are unconfirmed"));
    parts.extend(counted(RuleStatus::Flaky, "is flaky", "are flaky"));
    parts.extend(counted(RuleStatus::Finding(FindingStatus::Known), "is known", "are known"));
    parts.extend(counted(RuleStatus::Inconclusive, "is inconclusive", "are inconclusive"));
    if run.left_out > 0 {
        parts.push(format!("{} left out", count(run.left_out, "case", "cases")));
    }
    let untested = run.errors().count();
    if untested > 0 {
        parts.push(format!("{} without a result", count(untested, "case", "cases")));
    }
    if run.is_tested() && !run.judged_any() {
        parts.push("no rule was exercised".to_owned());
    }
    if !run.stale.is_empty() {
        let entries = count(run.stale.len(), "entry", "entries");
        parts.push(format!("{entries} of the baseline stale"));
    }
    parts.join(", ")
}
