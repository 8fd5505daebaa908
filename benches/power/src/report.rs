//! Writes `docs/power.md` and `docs/power.csv` from the results of the trials.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use wsclose::model::faults::Fault;

use crate::detector::Detection;
use crate::result::TrialResult;
use crate::stats::{Comparison, Mean, Times};
use crate::strategy::{Column, Oracle, PARTS, Part, STRATEGIES, columns};

/// An A12 of at least this, or of at most 1 minus this, is a large difference.
const LARGE: f64 = 0.9;

/// The executions at which the summary counts the faults that were found.
const MARKS: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// How the results were made.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The command that makes them.
    pub command: String,
    /// The bound on executions of each trial.
    pub limit: u64,
    /// The processor and the versions of the tools, a line for each.
    pub machine: Vec<String>,
}

/// The results of all trials, arranged by column and fault.
pub struct Table {
    setup: Setup,
    commits: Vec<String>,
    false_findings: u64,
    rows: Vec<Row>,
    faults: Vec<Fault>,
}

/// A column with the times of every fault, in the order of [`Table::faults`].
struct Row {
    column: Column,
    times: Vec<Times>,
    /// The mean over all faults, a time for each trial.
    overall: Times,
}

impl Table {
    /// Arranges the results. Columns without a result are left out.
    ///
    /// # Errors
    /// If the column that the others are compared with has no result.
    pub fn new(setup: Setup, results: &[TrialResult]) -> Result<Table, String> {
        let faults = Fault::ALL.to_vec();
        let mut by_strategy: BTreeMap<&str, Vec<&TrialResult>> = BTreeMap::new();
        for result in results {
            by_strategy.entry(&result.strategy).or_default().push(result);
        }
        let mut rows = Vec::new();
        for column in columns() {
            if let Some(trials) = by_strategy.get(column.strategy) {
                rows.push(Row::new(column, trials, setup.limit, faults.len()));
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
        Ok(Table { setup, commits, false_findings, rows, faults })
    }

    fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.column.name == name)
    }

    /// The page.
    pub fn markdown(&self) -> String {
        let mut page = String::from(HEAD);
        self.write_summary(&mut page);
        self.write_parts(&mut page);
        self.write_goals(&mut page);
        self.write_method(&mut page);
        self.write_faults(&mut page);
        page
    }

    fn write_summary(&self, page: &mut String) {
        let marks: Vec<u64> = MARKS.into_iter().filter(|mark| *mark <= self.setup.limit).collect();
        page.push_str("| strategy | trials |");
        marks.iter().for_each(|mark| *page += &format!(" found by {} |", thousands(*mark)));
        page.push_str(" mean executions (95 %) | A12 ≥ 0.9 | A12 ≤ 0.1 | p |\n|---|---:|");
        page.push_str(&"---:|".repeat(marks.len() + 4));
        page.push('\n');
        for row in &self.rows {
            let _ = write!(page, "| `{}` | {} |", row.column.name, row.overall.trials());
            for mark in &marks {
                let _ = write!(page, " {} |", row.found_by(*mark));
            }
            let _ = write!(page, " {} |", interval(row.overall.restricted_mean()));
            if std::ptr::eq(row, &raw const self.rows[0]) {
                page.push_str(" – | – | – |\n");
                continue;
            }
            let comparisons = row.compare(&self.rows[0]);
            let overall = row.overall.compare(&self.rows[0].overall);
            let _ = writeln!(
                page,
                " {} | {} | {} |",
                count(&comparisons, |comparison| comparison.a12 >= LARGE),
                count(&comparisons, |comparison| comparison.a12 <= 1.0 - LARGE),
                p_value(overall.p)
            );
        }
        let _ = writeln!(
            page,
            "\nOf {} planted faults, *found by* counts those that at least half of the trials find within so many \
             executions. *Mean executions* is the mean over all faults of the executions to the first detection; a fault \
             that a trial does not find counts with the bound, {}. *A12 ≥ 0.9* counts the faults that the strategy \
             finds sooner than `{}` in at least 90 % of all pairs of trials, *A12 ≤ 0.1* those that it finds later. *p* \
             compares the means of the trials.\n",
            self.faults.len(),
            thousands(self.setup.limit),
            self.rows[0].column.name
        );
        for row in &self.rows {
            let _ = writeln!(page, "- `{}`: {}", row.column.name, row.column.summary);
        }
    }

    fn write_parts(&self, page: &mut String) {
        page.push_str(
            "\n## What each part adds\n\nA part earns its place if the mean without it is higher, with p < 0.05.\n\n\
             | part | mean with it | mean without it | faults sooner with it | faults later with it | p | result |\n\
             |---|---:|---:|---:|---:|---:|---|\n",
        );
        for Part { name, with, without } in PARTS {
            let (Some(with), Some(without)) = (self.row(with), self.row(without)) else { continue };
            let comparisons = with.compare(without);
            let overall = with.overall.compare(&without.overall);
            let _ = writeln!(
                page,
                "| {name} | {} | {} | {} | {} | {} | {} |",
                interval(with.overall.restricted_mean()),
                interval(without.overall.restricted_mean()),
                count(&comparisons, |comparison| comparison.a12 >= LARGE),
                count(&comparisons, |comparison| comparison.a12 <= 1.0 - LARGE),
                p_value(overall.p),
                result(overall)
            );
        }
    }

    fn write_goals(&self, page: &mut String) {
        page.push_str("\n## Faults that are found late or not at all\n\n");
        for row in &self.rows {
            let missed = self.faults_with(row, |times| times.found() == 0);
            let sometimes = self.faults_with(row, |times| (1..times.trials()).contains(&times.found()));
            let _ = writeln!(
                page,
                "- `{}`: half of the faults within {} executions; {} faults in no trial, {} in some trials{}",
                row.column.name,
                row.executions_for_half().map_or("more than the bound of".to_owned(), thousands),
                missed.len(),
                sometimes.len(),
                listed(&missed, &sometimes)
            );
        }
    }

    fn faults_with(&self, row: &Row, is_listed: impl Fn(&Times) -> bool) -> Vec<&'static str> {
        let rows = self.faults.iter().zip(&row.times);
        rows.filter(|(_, times)| is_listed(times)).map(|(fault, _)| fault.slug()).collect()
    }

    fn write_method(&self, page: &mut String) {
        let _ = writeln!(
            page,
            "\n## How it is measured\n\n```sh\n{}\n```\n\n{METHOD}\n- Seeds: trial *n* has seed *n*. Each trial has {} \
             executions.\n- Commit: {}.\n- False findings on the conforming model in all trials: {}.",
            self.setup.command,
            thousands(self.setup.limit),
            self.commits.join(", "),
            self.false_findings
        );
        for line in &self.setup.machine {
            let _ = writeln!(page, "- {line}");
        }
    }

    fn write_faults(&self, page: &mut String) {
        page.push_str(
            "\n## By fault\n\nA cell is the mean of the executions to the first detection. A second number is the share of \
             trials that found the fault, if some did not; `–` stands for none. `power.csv` has the intervals, medians, \
             95th percentiles, A12 and p of every cell.\n\n| fault |",
        );
        self.rows.iter().for_each(|row| *page += &format!(" {} |", row.column.name));
        let _ = write!(page, "\n|---|{}\n", "---:|".repeat(self.rows.len()));
        for (index, fault) in self.faults.iter().enumerate() {
            let _ = write!(page, "| `{}` |", fault.slug());
            for row in &self.rows {
                let _ = write!(page, " {} |", cell(&row.times[index]));
            }
            page.push('\n');
        }
    }

    /// The numbers of every cell, a line for each fault and column.
    pub fn csv(&self) -> String {
        let mut csv = String::from("fault,column,found,trials,mean,low,high,median,p95,a12,p\n");
        let number = |time: Option<u64>| time.map_or(String::new(), |time| time.to_string());
        for (index, fault) in self.faults.iter().enumerate() {
            for row in &self.rows {
                let times = &row.times[index];
                let Mean { value, low, high } = times.restricted_mean();
                let Comparison { a12, p } = times.compare(&self.rows[0].times[index]);
                let _ = writeln!(
                    csv,
                    "{},{},{},{},{value:.1},{low:.1},{high:.1},{},{},{a12:.3},{p:.2e}",
                    fault.slug(),
                    row.column.name,
                    times.found(),
                    times.trials(),
                    number(times.percentile(50)),
                    number(times.percentile(95)),
                );
            }
        }
        csv
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
    fn found_by(&self, executions: u64) -> usize {
        self.times
            .iter()
            .filter(|times| times.percentile(50).is_some_and(|median| median <= executions))
            .count()
    }

    /// The median, over the faults, of the executions by which at least half of the trials find a fault.
    fn executions_for_half(&self) -> Option<u64> {
        let mut medians: Vec<u64> = self.times.iter().filter_map(|times| times.percentile(50)).collect();
        medians.sort_unstable();
        medians.get(self.times.len().div_ceil(2) - 1).copied()
    }

    fn compare(&self, other: &Row) -> Vec<Comparison> {
        self.times.iter().zip(&other.times).map(|(own, other)| own.compare(other)).collect()
    }
}

fn count(comparisons: &[Comparison], is_counted: impl Fn(&Comparison) -> bool) -> usize {
    comparisons.iter().filter(|comparison| is_counted(comparison)).count()
}

/// What the comparison of a strategy with the same without a part says of the part.
fn result(with_and_without: Comparison) -> &'static str {
    match with_and_without {
        Comparison { p, .. } if p >= 0.05 => "no difference shown",
        Comparison { a12, .. } if a12 > 0.5 => "earns its place",
        Comparison { .. } => "delays detection",
    }
}

fn listed(missed: &[&str], sometimes: &[&str]) -> String {
    /// A longer list is in the table by fault.
    const MOST: usize = 12;
    if missed.len() + sometimes.len() > MOST || missed.len() + sometimes.len() == 0 {
        return ".".to_owned();
    }
    let names: Vec<String> = missed.iter().chain(sometimes).map(|slug| format!("`{slug}`")).collect();
    format!(": {}.", names.join(", "))
}

fn cell(times: &Times) -> String {
    match times.found() {
        0 => "–".to_owned(),
        found if found == times.trials() => short(times.restricted_mean().value),
        found => format!("{} ({found}/{})", short(times.restricted_mean().value), times.trials()),
    }
}

fn interval(mean: Mean) -> String {
    format!("{} ({}–{})", short(mean.value), short(mean.low), short(mean.high))
}

fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}

/// A number in at most four characters: `7`, `830`, `2.5k`, `48k`.
fn short(number: f64) -> String {
    match number.round() {
        ..1_000.0 => format!("{number:.0}"),
        ..9_950.0 => format!("{:.1}k", number / 1e3),
        ..999_500.0 => format!("{:.0}k", number / 1e3),
        _ => format!("{:.1}M", number / 1e6),
    }
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

const HEAD: &str = "<!-- Generated by `cargo run --release -p wsclose-power`; do not edit. -->\n\n# How soon planted faults are found\n\n";

const METHOD: &str = "\
Each fault is the model with one decision changed; `src/model/faults/table.rs` lists them. A trial runs the fuzzer as a user
runs it. Its target writes every input to a pipe, and a detector plays the input to the model with every fault that the
trial has not yet detected. A fault is detected when the judge reports the rule that the fault violates. One trial
therefore measures all faults, as Magma's canaries do.

The fuzzer's feedback is the coverage of the shipped target: the conforming model, and for one script in sixteen a faulty
model. `plain` has the same feedback. `bolero-random` has none. Executions count the seeds too. Seconds are left out,
because a trial plays each input to many faulty models. `benches/ratios` measures executions per second.

Faults that a trial does not find are censored at the bound. Intervals are bootstrap intervals over the trials, and p is
that of the two-sided Mann-Whitney U test.

To measure a tool over a socket, `wsclose echo --fault NAME` serves the same faults.
";

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(strategy: &str, seed: u64, time: impl Fn(usize) -> Option<u64>) -> TrialResult {
        let faults = Fault::ALL.iter().enumerate().map(|(index, fault)| {
            let time = time(index);
            (fault.slug().to_owned(), Detection { own_rule: time, any_rule: time, crash: None })
        });
        TrialResult {
            strategy: strategy.to_owned(),
            seed,
            limit: 20_000,
            commit: "abc".to_owned(),
            false_findings: 0,
            faults: faults.collect(),
        }
    }

    fn setup() -> Setup {
        Setup { command: "power".to_owned(), limit: 20_000, machine: vec!["8 cores".to_owned()] }
    }

    fn results() -> Vec<TrialResult> {
        (1..=10)
            .flat_map(|seed| {
                let plain = trial("plain", seed, move |index| (index > 0).then_some(5_000 + seed));
                let ours = trial("ours", seed, move |index| (index > 0 || seed < 5).then_some(10 + seed));
                [plain, ours]
            })
            .collect()
    }

    #[test]
    fn the_summary_counts_and_compares() {
        let table = Table::new(setup(), &results()).expect("a table");
        let page = table.markdown();
        let others = Fault::ALL.len() - 1;
        let line = |start: &str| {
            let line = page.lines().find(|line| line.starts_with(start));
            line.unwrap_or_else(|| panic!("no line {start} in\n{page}")).to_owned()
        };
        assert!(line("| `plain` |").starts_with(&format!("| `plain` | 10 | 0 | {others} |")), "{page}");
        let ours = line("| `ours` |");
        assert!(ours.starts_with(&format!("| `ours` | 10 | {others} | {others} |")), "{ours}");
        assert!(ours.ends_with(&format!("| {others} | 0 | < 0.001 |")), "{ours}");
        let first = Fault::ALL[0].slug();
        assert!(
            line("- `ours`: half").ends_with(&format!("0 faults in no trial, 1 in some trials: `{first}`."))
        );
        assert!(line(&format!("| `{first}` |")).starts_with(&format!("| `{first}` | – | 12k (4/10) |")));
        assert!(line("| judge, compared").ends_with("| earns its place |"));
        assert!(!page.contains("bolero-random` |"), "a column without results");
    }

    #[test]
    fn the_numbers_of_each_cell_are_in_the_csv() {
        let csv = Table::new(setup(), &results()).expect("a table").csv();
        let second = Fault::ALL[1].slug();
        let plain = format!("{second},plain,10,10,5005.5,");
        assert!(csv.lines().any(|line| line.starts_with(&plain)), "{csv}");
        let ours = csv.lines().find(|line| line.starts_with(&format!("{second},ours,"))).expect("a line");
        assert!(ours.contains(",15,20,1.000,"), "{ours}");
        let censored = format!("{},plain,0,10,20000.0,20000.0,20000.0,,,0.500,1.00e0", Fault::ALL[0].slug());
        assert!(csv.contains(&censored), "{csv}");
    }

    #[test]
    fn the_first_column_is_required() {
        let ours: Vec<_> = results().into_iter().filter(|result| result.strategy == "ours").collect();
        let error = Table::new(setup(), &ours).err().expect("an error");
        assert!(error.contains("no result of plain"), "{error}");
    }

    #[test]
    fn numbers_are_short() {
        let cases =
            [(7.2, "7"), (999.6, "1.0k"), (2_540.0, "2.5k"), (48_400.0, "48k"), (1_250_000.0, "1.2M")];
        for (number, text) in cases {
            assert_eq!(short(number), text);
        }
        assert_eq!([7, 1_000, 1_234_567].map(thousands), ["7", "1,000", "1,234,567"]);
    }
}
