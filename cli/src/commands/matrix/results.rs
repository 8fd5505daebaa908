//! The results of `wsclose matrix` from which every output is made: statuses, clusters, distances and differences.

use std::collections::BTreeMap;

use wsclose::analysis::baseline::{Baseline, KnownViolation};
use wsclose::analysis::compare::{self, Distance, ScriptTopics, Topic};
use wsclose::analysis::matrix::{Cell, Example, MatrixPlan, SubjectResult};
use wsclose::analysis::status::{FindingStatus, RunStatus};
use wsclose::protocol::code::Profile;
use wsclose::rules::Rule;

use super::scheduler::JobResult;
use crate::support::subjects;

/// The note at the beginning of every file of a report.
pub const GENERATED_BY: &str = "written by wsclose matrix";

/// The results of a run.
pub struct Results<'a> {
    /// The scripts.
    pub plan: &'a MatrixPlan,
    /// The profile by which codes were classified.
    pub profile: Profile,
    /// The rows, the model first.
    pub rows: Vec<SubjectResult>,
    /// Whether any subject ran scripts.
    pub with_scripts: bool,
    /// Whether any subject ran the sweeps of codes.
    pub with_codes: bool,
    /// For every row, the parts that were not run, and why.
    pub notes: Vec<Vec<&'static str>>,
    /// Subjects without a row, with the reason.
    pub untested: Vec<(String, String)>,
    /// Subjects that are not part of this build, and what to do to have them.
    pub unavailable: Vec<(&'static str, &'static str)>,
    /// For every row, the nearest other row and its distance.
    pub nearest: Vec<Option<(usize, Distance)>>,
    /// The groups of rows that behave the same.
    pub clusters: Vec<Vec<usize>>,
    /// The rules by which rows differ.
    pub topics: Vec<Topic>,
    baseline: &'a Baseline,
}

impl<'a> Results<'a> {
    /// Evaluates the results of all jobs.
    pub fn of(
        plan: &'a MatrixPlan,
        done: Vec<JobResult>,
        unavailable: Vec<(&'static str, &'static str)>,
        baseline: &'a Baseline,
        profile: Profile,
    ) -> Results<'a> {
        let with_scripts = done.iter().any(|done| done.job.scope.curated);
        let with_codes = done.iter().any(|done| done.job.scope.codes);
        let (mut rows, mut notes, mut untested) = (Vec::new(), Vec::new(), Vec::new());
        for JobResult { job, result: row } in done {
            match row {
                Ok(row) => {
                    let mut about = Vec::new();
                    if !job.scope.systematic && !job.scope.codes {
                        about.push(match job.scope.curated {
                            true => subjects::SOCKETS_CURATED,
                            false => subjects::SOCKETS_NOTHING,
                        });
                    }
                    if row.roles.iter().any(|part| part.timed_out) {
                        about.push(subjects::TIMED_OUT);
                    }
                    rows.push(row);
                    notes.push(about);
                }
                Err(why) => untested.push((job.name, why)),
            }
        }
        let (mut nearest, mut clusters, mut topics) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(reference) = rows.first() {
            let about = ScriptTopics::of(plan, reference);
            nearest = (0..rows.len()).map(|at| nearest_to(&about, &rows, at)).collect();
            clusters = compare::clusters(&about, &rows);
            topics = compare::disagreements(&about, &rows);
        }
        Results {
            plan,
            profile,
            rows,
            with_scripts,
            with_codes,
            notes,
            untested,
            unavailable,
            nearest,
            clusters,
            topics,
            baseline,
        }
    }

    /// The status of a violation in a row; `None` without a violation.
    pub fn status(&self, row: &SubjectResult, rule: Rule, cell: &Cell) -> Option<FindingStatus> {
        let known = subjects::is_known(self.baseline, &row.name, rule);
        (cell.violated > 0).then(|| FindingStatus::of(rule.level(), known, false))
    }

    /// The number of rules with this status in a row.
    pub fn count(&self, row: &SubjectResult, status: FindingStatus) -> usize {
        let has = |rule: &Rule| self.status(row, *rule, &row.cell(*rule)) == Some(status);
        Rule::ALL.into_iter().filter(has).count()
    }

    /// The scripts that show violations of these statuses, by title, each once.
    pub fn scripts(&self, statuses: &[FindingStatus]) -> BTreeMap<String, String> {
        let cells = self.rows.iter().flat_map(|row| Rule::ALL.map(|rule| (row, rule, row.cell(rule))));
        let shown = cells.filter_map(|(row, rule, cell)| {
            let status = self.status(row, rule, &cell)?;
            cell.example.filter(|_| statuses.contains(&status))
        });
        shown.map(|shown| (title(&shown), shown.text)).collect()
    }

    /// The entry of the baseline for a rule in a row.
    pub fn known(&self, row: &SubjectResult, rule: Rule) -> Option<&KnownViolation> {
        self.baseline.get(&row.name, rule)
    }

    /// The status of the run.
    pub fn status_of_run(&self) -> RunStatus {
        let cut = self.rows.iter().any(|row| row.roles.iter().any(|part| part.timed_out));
        let violated = self.rows.iter().any(|row| self.count(row, FindingStatus::Fail) > 0);
        RunStatus::Fail.when(violated).and(RunStatus::Incomplete.when(cut || !self.untested.is_empty()))
    }

    /// The names of these rows.
    pub fn names(&self, rows: &[usize]) -> String {
        rows.iter().map(|row| self.rows[*row].name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// The title of a script that shows a violation: its name and the role of the subject.
pub fn title(shown: &Example) -> String {
    format!("{}, {}", shown.name, shown.role)
}

/// The nearest other row; the first of several.
fn nearest_to(about: &ScriptTopics<'_>, rows: &[SubjectResult], at: usize) -> Option<(usize, Distance)> {
    let others = (0..rows.len()).filter(|other| *other != at);
    others
        .map(|other| (other, Distance::between(about, &rows[at], &rows[other])))
        // Rows with few comparable scripts have no meaningful distance.
        .filter(|(_, distance)| distance.is_significant())
        .min_by_key(|(other, distance)| (distance.per_mille(), distance.codes, *other))
}
