//! The results of all trials, arranged by column and fault.

use std::collections::BTreeMap;

use wsclose::model::faults::Fault;

use crate::detector::Detection;
use crate::result::TrialResult;
use crate::stats::{Comparison, Times};
use crate::strategy::{Column, Oracle, STRATEGIES, columns};

/// An A12 of at least this, or of at most 1 minus this, is a large difference.
const LARGE: f64 = 0.9;

/// The results of all trials.
pub struct Table {
    /// The bound on executions of each trial.
    pub limit: u64,
    /// The commits from which the trials were built.
    pub commits: Vec<String>,
    /// The scripts of all trials in which the judge reported a violation of the conforming model.
    pub false_findings: u64,
    /// The faults that the trials measured.
    pub faults: Vec<Fault>,
    /// The columns. The first one is the one that the others are compared with.
    pub rows: Vec<Row>,
}

/// A column with the times of every fault.
pub struct Row {
    /// The column.
    pub column: Column,
    /// The times, in the order of [`Table::faults`].
    pub times: Vec<Times>,
    /// The mean over all faults, a time for each trial.
    pub overall: Times,
}

/// A column compared with another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowComparison {
    /// The faults that the first finds sooner, by a large difference.
    pub sooner: usize,
    /// The faults that the first finds later, by a large difference.
    pub later: usize,
    /// The means of the trials.
    pub overall: Comparison,
}

impl Table {
    /// Arranges the results. Columns without a result are left out.
    ///
    /// # Errors
    /// If the column that the others are compared with has no result.
    pub fn new(limit: u64, results: &[TrialResult]) -> Result<Table, String> {
        let faults = Fault::ALL.to_vec();
        let mut by_strategy: BTreeMap<&str, Vec<&TrialResult>> = BTreeMap::new();
        for result in results {
            by_strategy.entry(&result.strategy).or_default().push(result);
        }
        let mut rows = Vec::new();
        for column in columns() {
            if let Some(trials) = by_strategy.get(column.strategy) {
                rows.push(Row::new(column, trials, limit, faults.len()));
            }
        }
        let first = STRATEGIES[0].name;
        if rows.first().is_none_or(|row| row.column.name != first) {
            return Err(format!("there is no result of {first}, which the others are compared with"));
        }
        let mut commits: Vec<String> = results.iter().map(|result| result.commit.clone()).collect();
        commits.sort();
        commits.dedup();
        let false_findings = results.iter().map(|result| result.false_findings).sum();
        Ok(Table { limit, commits, false_findings, faults, rows })
    }

    /// The column with this name, if it has a result.
    pub fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.column.name == name)
    }

    /// The slugs of the faults whose times in this column are listed.
    pub fn faults_with(&self, row: &Row, is_listed: impl Fn(&Times) -> bool) -> Vec<&'static str> {
        let rows = self.faults.iter().zip(&row.times);
        rows.filter(|(_, times)| is_listed(times)).map(|(fault, _)| fault.slug()).collect()
    }
}

impl Row {
    fn new(column: Column, trials: &[&TrialResult], limit: u64, faults: usize) -> Row {
        let time = |detection: &Detection| match column.oracle {
            Oracle::OwnRule => detection.own_rule,
            Oracle::AnyRule => detection.any_rule,
            Oracle::Crash => detection.crash,
        };
        let times = (0..faults)
            .map(|index| Times::new(limit, trials.iter().map(|trial| time(&trial.faults[index].1))))
            .collect();
        let overall = trials.iter().map(|trial| {
            let sum: u64 = trial.faults.iter().map(|(_, detection)| time(detection).unwrap_or(limit)).sum();
            Some(sum / faults as u64)
        });
        Row { column, times, overall: Times::new(limit, overall) }
    }

    /// The number of faults that at least half of the trials find within so many executions.
    pub fn found_by(&self, executions: u64) -> usize {
        self.times
            .iter()
            .filter(|times| times.percentile(50).is_some_and(|median| median <= executions))
            .count()
    }

    /// The median, over the faults, of the executions by which at least half of the trials find a fault.
    pub fn executions_for_half(&self) -> Option<u64> {
        let mut medians: Vec<u64> = self.times.iter().filter_map(|times| times.percentile(50)).collect();
        medians.sort_unstable();
        medians.get(self.times.len().div_ceil(2) - 1).copied()
    }

    /// Compares this column with another one, fault by fault.
    pub fn compare(&self, other: &Row) -> RowComparison {
        let a12: Vec<f64> =
            self.times.iter().zip(&other.times).map(|(own, other)| own.compare(other).a12).collect();
        RowComparison {
            sooner: a12.iter().filter(|a12| **a12 >= LARGE).count(),
            later: a12.iter().filter(|a12| **a12 <= 1.0 - LARGE).count(),
            overall: self.overall.compare(&other.overall),
        }
    }
}
