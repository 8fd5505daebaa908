//! Writes `docs/power.md` and `docs/power.csv` from the results of the trials.

use std::fmt::Write as _;

use crate::stats::{Comparison, Mean, Times};
use crate::strategy::{PARTS, Part};
use crate::table::{Row, RowComparison, Table};

/// The executions at which the summary counts the faults that were found.
const MARKS: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// The columns that the conclusion names, next to the first one.
const CONCLUDED: [&str; 5] = ["ours", "some-corpus", "no-corpus", "scenario", "covering-arrays"];

/// The columns from an empty corpus that have goals.
const EMPTY_CORPUS: [&str; 2] = ["no-corpus", "scenario"];

/// How the results were made.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The command that makes them.
    pub command: String,
    /// The processor and the versions of the tools, a line for each.
    pub machine: Vec<String>,
}

/// Writes the page and the numbers of a table.
pub struct Report<'t> {
    table: &'t Table,
    setup: Setup,
}

impl<'t> Report<'t> {
    /// A report on this table.
    pub fn new(table: &'t Table, setup: Setup) -> Report<'t> {
        Report { table, setup }
    }

    /// The page.
    pub fn markdown(&self) -> String {
        let mut page = String::from(HEAD);
        self.write_summary(&mut page);
        self.write_conclusion(&mut page);
        self.write_goals(&mut page);
        self.write_parts(&mut page);
        self.write_misses(&mut page);
        self.write_method(&mut page);
        self.write_faults(&mut page);
        page
    }

    fn write_summary(&self, page: &mut String) {
        let Table { limit, faults, rows, .. } = self.table;
        let marks: Vec<u64> = MARKS.into_iter().filter(|mark| mark <= limit).collect();
        page.push_str("| strategy | trials |");
        marks.iter().for_each(|mark| *page += &format!(" found by {} |", thousands(*mark)));
        page.push_str(" mean executions (95 %) | A12 ≥ 0.9 | A12 ≤ 0.1 | p |\n|---|---:|");
        page.push_str(&"---:|".repeat(marks.len() + 4));
        page.push('\n');
        for (index, row) in rows.iter().enumerate() {
            let _ = write!(page, "| `{}` | {} |", row.column.name, row.overall.trials());
            marks.iter().for_each(|mark| *page += &format!(" {} |", row.found_by(*mark)));
            let _ = write!(page, " {} |", interval(row.overall.restricted_mean()));
            let RowComparison { sooner, later, overall } = row.compare(&rows[0]);
            let _ = match index {
                0 => writeln!(page, " – | – | – |"),
                _ => writeln!(page, " {sooner} | {later} | {} |", p_value(overall.p)),
            };
        }
        let _ = writeln!(
            page,
            "\nThe table has {} planted faults, those of the commit that is named below. Later faults are \
             missing. *Found by* counts those that at least half of the trials find within so many \
             executions. *Mean executions* is the mean over all faults of the executions to the first \
             detection. A fault that a trial does not find counts with the bound, {}. *A12 ≥ 0.9* counts the \
             faults that the strategy finds sooner than `{}` in at least 90 % of all pairs of trials, *A12 ≤ \
             0.1* those that it finds later. *p* compares the means of the trials.\n",
            faults.len(),
            thousands(*limit),
            rows[0].column.name
        );
        for row in rows {
            let _ = writeln!(page, "- `{}`: {}", row.column.name, row.column.summary);
        }
    }

    fn write_conclusion(&self, page: &mut String) {
        let Table { faults, rows, .. } = self.table;
        page.push_str("\n## What to conclude\n\n");
        let named = CONCLUDED.iter().filter_map(|name| self.table.row(name));
        for row in rows.iter().take(1).chain(named) {
            let always = row.times.iter().filter(|times| times.found() == times.trials()).count();
            let half = row.executions_for_half().map(thousands);
            let _ = write!(
                page,
                "- `{}` finds {always} of {} faults in every trial, and {}",
                row.column.name,
                faults.len(),
                half.map_or("less than half of them in most".to_owned(), |half| format!(
                    "half of them within {half} executions"
                ))
            );
            let sooner = row.compare(&rows[0]).sooner;
            let _ = match row.column.name == rows[0].column.name {
                true => writeln!(page, "."),
                false => writeln!(page, ". It finds {sooner} sooner than `{}`.", rows[0].column.name),
            };
        }
        for result in [EARNS, NO_DIFFERENCE, DELAYS] {
            let parts = self.parts().filter(|(_, _, _, found)| *found == result);
            let names: Vec<&str> = parts.map(|(part, ..)| part.name).collect();
            if !names.is_empty() {
                let _ =
                    writeln!(page, "- {}{}: {}.", result[..1].to_uppercase(), &result[1..], names.join("; "));
            }
        }
        page.push_str(
            "- The curated corpus was made to show these faults. `some-corpus` and `no-corpus` stand for faults that no seed \
             shows.\n",
        );
    }

    fn write_goals(&self, page: &mut String) {
        page.push_str("\n## Goals\n\n| goal | strategy | result | met |\n|---|---|---|---|\n");
        let Table { limit, faults, rows, .. } = self.table;
        let mut line = |goal: &str, row: &Row, result: String, is_met: Option<bool>| {
            let met = is_met.map_or("open", |is_met| if is_met { "yes" } else { "no" });
            let _ = writeln!(page, "| {goal} | `{}` | {result} | {met} |", row.column.name);
        };
        let worst = |row: &Row, goal: u64| {
            let late = self
                .table
                .faults_with(row, |times| times.percentile(100).is_none_or(|executions| executions > goal));
            // A trial that ends before the goal leaves it open.
            let is_met = if late.is_empty() { Some(true) } else { (*limit >= goal).then_some(false) };
            let result = match (late.len(), row.times.iter().filter_map(|times| times.percentile(100)).max())
            {
                (0, Some(last)) => format!("the last within {} executions", thousands(last)),
                (count, _) => {
                    format!("{count} not in every trial, within {} executions", thousands(*limit.min(&goal)))
                }
            };
            (result, is_met)
        };
        for row in EMPTY_CORPUS.iter().filter_map(|name| self.table.row(name)) {
            let half = row.executions_for_half();
            line(
                "from an empty corpus, half of the faults within 5,000 executions",
                row,
                half.map_or("not within the bound".to_owned(), |half| format!("within {}", thousands(half))),
                Some(half.is_some_and(|half| half <= 5_000)),
            );
            let (result, is_met) = worst(row, 1_000_000);
            line("from an empty corpus, every fault within 1,000,000 executions", row, result, is_met);
        }
        if let Some(row) = self.table.row("ours") {
            let (result, is_met) = worst(row, 200_000);
            line("from the curated corpus, every fault within 200,000 executions", row, result, is_met);
        }
        for row in CONCLUDED.iter().filter_map(|name| self.table.row(name)) {
            let sooner = row.compare(&rows[0]).sooner;
            line(
                "A12 ≥ 0.9 against plain libFuzzer on 90 % of the faults",
                row,
                format!("{sooner} of {}, {} %", faults.len(), 100 * sooner / faults.len()),
                Some(10 * sooner >= 9 * faults.len()),
            );
        }
    }

    /// The parts with their columns, and what the comparison says.
    fn parts(&self) -> impl Iterator<Item = (&'static Part, &'t Row, &'t Row, &'static str)> {
        PARTS.iter().filter_map(|part| {
            let (with, without) = (self.table.row(part.with)?, self.table.row(part.without)?);
            Some((part, with, without, result(with.overall.compare(&without.overall))))
        })
    }

    fn write_parts(&self, page: &mut String) {
        page.push_str(
            "\n## What each part adds\n\nA part earns its place if the mean without it is higher, with p < 0.05.\n\n\
             | part | mean with it | mean without it | faults sooner with it | faults later with it | p | result |\n\
             |---|---:|---:|---:|---:|---:|---|\n",
        );
        for (part, with, without, result) in self.parts() {
            let RowComparison { sooner, later, overall } = with.compare(without);
            let _ = writeln!(
                page,
                "| {} | {} | {} | {sooner} | {later} | {} | {result} |",
                part.name,
                interval(with.overall.restricted_mean()),
                interval(without.overall.restricted_mean()),
                p_value(overall.p),
            );
        }
    }

    fn write_misses(&self, page: &mut String) {
        page.push_str("\n## Faults that are found late or not at all\n\n");
        for row in &self.table.rows {
            let missed = self.table.faults_with(row, |times| times.found() == 0);
            let sometimes = self.table.faults_with(row, |times| (1..times.trials()).contains(&times.found()));
            let _ = writeln!(
                page,
                "- `{}`: {} faults in no trial, {} in some trials{}",
                row.column.name,
                missed.len(),
                sometimes.len(),
                listed(&missed, &sometimes)
            );
        }
    }

    fn write_method(&self, page: &mut String) {
        let _ = writeln!(
            page,
            "\n## How it is measured\n\n```sh\n{}\n```\n\n{METHOD}\n- Seeds: trial *n* has seed *n*. Each trial has {} \
             executions.\n- Commit: {}.\n- False findings on the conforming model in all trials: {}.",
            self.setup.command,
            thousands(self.table.limit),
            self.table.commits.join(", "),
            self.table.false_findings
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
        self.table.rows.iter().for_each(|row| *page += &format!(" {} |", row.column.name));
        let _ = write!(page, "\n|---|{}\n", "---:|".repeat(self.table.rows.len()));
        for (index, fault) in self.table.faults.iter().enumerate() {
            let _ = write!(page, "| `{}` |", fault.slug());
            for row in &self.table.rows {
                let _ = write!(page, " {} |", cell(&row.times[index]));
            }
            page.push('\n');
        }
    }

    /// The numbers of every cell, a line for each fault and column.
    pub fn csv(&self) -> String {
        let mut csv = String::from("fault,column,found,trials,mean,low,high,median,p95,a12,p\n");
        let number = |time: Option<u64>| time.map_or(String::new(), |time| time.to_string());
        for (index, fault) in self.table.faults.iter().enumerate() {
            for row in &self.table.rows {
                let times = &row.times[index];
                let Mean { value, low, high } = times.restricted_mean();
                let Comparison { a12, p } = times.compare(&self.table.rows[0].times[index]);
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

/// The results of a part. Each begins a sentence of the page.
const EARNS: &str = "earns its place";
const NO_DIFFERENCE: &str = "no difference shown";
const DELAYS: &str = "delays detection";

/// What the comparison of a strategy with the same without a part says of the part.
fn result(with_and_without: Comparison) -> &'static str {
    match with_and_without {
        Comparison { p, .. } if p >= 0.05 => NO_DIFFERENCE,
        Comparison { a12, .. } if a12 > 0.5 => EARNS,
        Comparison { .. } => DELAYS,
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

To measure a tool over a socket, `wsclose echo --fault NAME` serves the same faults. [Known bugs](known-bugs.md)
says which bugs of old library versions are found, and by how many scripts.
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::Detection;
    use crate::result::TrialResult;
    use wsclose::model::faults::Fault;

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
        Setup { command: "power".to_owned(), machine: vec!["8 cores".to_owned()] }
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
        let table = Table::new(20_000, &results()).expect("a table");
        let page = Report::new(&table, setup()).markdown();
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
            line("- `ours`: 0 faults")
                .ends_with(&format!("0 faults in no trial, 1 in some trials: `{first}`."))
        );
        assert!(line(&format!("| `{first}` |")).starts_with(&format!("| `{first}` | – | 12k (4/10) |")));
        assert!(line("- `plain` finds").contains(&format!("finds {others} of")));
        assert!(line("- `ours` finds").contains(&format!("within 15 executions. It finds {others} sooner")));
        let goal = line("| from the curated corpus, every fault within 200,000");
        assert!(goal.ends_with("| 1 not in every trial, within 20,000 executions | open |"), "{goal}");
        assert!(line("| A12 ≥ 0.9").ends_with("| yes |"));
        assert!(line("| judge, compared").ends_with("| earns its place |"));
        assert!(!page.contains("bolero-random` |"), "a column without results");
    }

    #[test]
    fn the_numbers_of_each_cell_are_in_the_csv() {
        let table = Table::new(20_000, &results()).expect("a table");
        let csv = Report::new(&table, setup()).csv();
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
        let error = Table::new(20_000, &ours).err().expect("an error");
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
