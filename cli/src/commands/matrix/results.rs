//! What a run of `wsclose matrix` found out, in the form that every output is made from. In come rows and
//! known deviations, out come standings, clusters and distances.

use std::collections::BTreeMap;

use wsclose::analysis::baseline::Baseline;
use wsclose::analysis::compare::{self, Distance, ScriptTopics, Topic};
use wsclose::analysis::matrix::{Cell, Example, MatrixPlan, SubjectResult};
use wsclose::analysis::report::FindingStatus;
use wsclose::protocol::code::Profile;
use wsclose::rules::Rule;

use super::scheduler::JobResult;
use crate::support::error::ExitStatus;
use crate::support::subjects;

/// Everything that was found out.
pub struct Results<'a> {
    /// The scripts.
    pub plan: &'a MatrixPlan,
    /// How codes were read.
    pub profile: Profile,
    /// The rows, the model first.
    pub rows: Vec<SubjectResult>,
    /// Whether scripts were played to any of them.
    pub with_scripts: bool,
    /// Whether codes were.
    pub with_codes: bool,
    /// What was left out of each row, and why.
    pub notes: Vec<Vec<&'static str>>,
    /// Subjects without a row, and why.
    pub untested: Vec<(String, String)>,
    /// Subjects that are not built, and what to do about it.
    pub unavailable: Vec<(&'static str, &'static str)>,
    /// For every row its nearest other one, and how far away that is.
    pub nearest: Vec<Option<(usize, Distance)>>,
    /// The rows that nothing tells apart.
    pub clusters: Vec<Vec<usize>>,
    /// Where rows differ.
    pub topics: Vec<Topic>,
    baseline: &'a Baseline,
}

impl<'a> Results<'a> {
    /// Puts together what the work brought.
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
                            true => "sockets: curated scripts only, no sweeps",
                            false => "sockets: no sweeps, so that nothing was played",
                        });
                    }
                    if row.roles.iter().any(|part| part.timed_out) {
                        about.push("TIMED OUT");
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

    /// How a broken rule counts for a row; `None` where it was not broken.
    pub fn status(&self, row: &SubjectResult, rule: Rule, cell: &Cell) -> Option<FindingStatus> {
        let known = subjects::is_known(self.baseline, &row.name, rule);
        (cell.violated > 0).then(|| FindingStatus::of(rule.level(), known, false))
    }

    /// How many rules have this standing in a row.
    pub fn count(&self, row: &SubjectResult, status: FindingStatus) -> usize {
        let has = |rule: &Rule| self.status(row, *rule, &row.cell(*rule)) == Some(status);
        Rule::ALL.into_iter().filter(has).count()
    }

    /// The scripts that show breaches of these standings, by what they are called: each once.
    pub fn scripts(&self, statuses: &[FindingStatus]) -> BTreeMap<String, String> {
        let cells = self.rows.iter().flat_map(|row| Rule::ALL.map(|rule| (row, rule, row.cell(rule))));
        let shown = cells.filter_map(|(row, rule, cell)| {
            let standing = self.status(row, rule, &cell)?;
            cell.example.filter(|_| statuses.contains(&standing))
        });
        shown.map(|shown| (title(&shown), shown.text)).collect()
    }

    /// How the run ends: a breach outweighs what could not be tested.
    pub fn exit(&self) -> ExitStatus {
        let cut = self.rows.iter().any(|row| row.roles.iter().any(|part| part.timed_out));
        if self.rows.iter().any(|row| self.count(row, FindingStatus::Fail) > 0) {
            ExitStatus::Violation
        } else if cut || !self.untested.is_empty() {
            ExitStatus::NotTested
        } else {
            ExitStatus::Conforms
        }
    }

    /// The names of rows.
    pub fn names(&self, rows: &[usize]) -> String {
        rows.iter().map(|row| self.rows[*row].name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// What a script that shows a breach is called: its name, and the role that the subject had.
pub fn title(shown: &Example) -> String {
    format!("{}, {}", shown.name, shown.role)
}

/// The row that is least far away; of equals, the first.
fn nearest_to(about: &ScriptTopics<'_>, rows: &[SubjectResult], at: usize) -> Option<(usize, Distance)> {
    let others = (0..rows.len()).filter(|other| *other != at);
    others
        .map(|other| (other, Distance::between(about, &rows[at], &rows[other])))
        // A row with which little can be compared is nobody's neighbour.
        .filter(|(_, distance)| distance.is_significant())
        .min_by_key(|(other, distance)| (distance.per_mille(), distance.codes, *other))
}
