//! Measures how soon each way to generate scripts finds the known bugs.
//!
//! A trial plays the scripts of one generator with one seed to the affected version, until each rule of the bug shows in a
//! script in which the fixed version conforms to it. The planted faults are measured in the same way, by `wsclose-power`.

use std::fmt::Write;
use std::io;
use std::time::Duration;

use wsclose::generate::random::Random;
use wsclose::rules::Rule;
use wsclose_power::mutation::Mutations;
use wsclose_power::random::{covering_arrays, plain_scripts, scenarios};
use wsclose_power::stats::Times;

use crate::manifest::Bug;
use crate::process::Worker;
use crate::scripts::Scripts;

/// A source of scripts. The names are those of the strategies of `docs/power.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generator {
    /// bolero's random engine over the type that plain libFuzzer has.
    BoleroRandom,
    /// The mutator of the project, from an empty corpus, guided by the rules that a script exercises.
    NoCorpusNoFuzzer,
    /// bolero's random engine over `Scenario`.
    ScenarioRandom,
    /// The scenarios in which every pair of parameter values occurs, then those for triples.
    CoveringArrays,
    /// The curated scripts, then mutations of them.
    Corpus,
}

impl Generator {
    /// All of them, in the order of the columns.
    pub const ALL: [Generator; 5] = [
        Generator::BoleroRandom,
        Generator::NoCorpusNoFuzzer,
        Generator::ScenarioRandom,
        Generator::CoveringArrays,
        Generator::Corpus,
    ];

    /// The name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Generator::BoleroRandom => "bolero-random",
            Generator::NoCorpusNoFuzzer => "no-corpus-no-fuzzer",
            Generator::ScenarioRandom => "scenario-random",
            Generator::CoveringArrays => "covering-arrays",
            Generator::Corpus => "corpus",
        }
    }

    /// The scripts of a trial. A generator makes no script of some random numbers; such an execution counts too.
    fn scripts(self, seed: u64, corpus: &Scripts) -> Box<dyn Iterator<Item = Option<Vec<u8>>>> {
        match self {
            Generator::BoleroRandom => Box::new(plain_scripts(seed)),
            Generator::NoCorpusNoFuzzer => Box::new(Mutations::new(seed, Vec::new()).map(Some)),
            Generator::ScenarioRandom => Box::new(scenarios(seed)),
            Generator::CoveringArrays => Box::new(covering_arrays(seed).map(Some)),
            Generator::Corpus => {
                let mut curated = corpus.curated();
                let mut random = Random::new(seed);
                for index in 1..curated.len() {
                    curated.swap(index, random.below(index + 1));
                }
                Box::new(Mutations::new(seed, curated).map(Some))
            }
        }
    }
}

/// The hangs of the affected version that end a trial: each costs [`SCRIPT_TIMEOUT`], and a person would stop here too.
const MAX_HANGS: usize = 3;

/// How long a version may take for a script. One that does not hang takes a few milliseconds.
pub const SCRIPT_TIMEOUT: Duration = Duration::from_secs(3);

/// The limits of a measurement.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The trials of each generator, with the seeds from 1.
    pub trials: u64,
    /// The maximum number of scripts in a trial.
    pub scripts: u64,
}

/// The scripts until one rule of a bug is found, by generator.
#[derive(Clone, Debug)]
pub struct RuleTimes {
    /// The versions of the bug, as in the table.
    pub versions: String,
    /// The rule that shows it.
    pub rule: Rule,
    /// The times of each generator, in the order of [`Generator::ALL`].
    pub times: Vec<Times>,
}

/// Measures a bug. An unlisted one has no rules and gives no rows.
///
/// # Errors
/// If a worker cannot be run.
pub fn measure(
    bug: &Bug,
    affected: &mut Worker,
    fixed: &mut Worker,
    corpus: &Scripts,
    bounds: Bounds,
) -> io::Result<Vec<RuleTimes>> {
    let rules: Vec<Rule> = bug.rules().collect();
    let mut times: Vec<Vec<Times>> = vec![Vec::new(); rules.len()];
    for generator in Generator::ALL {
        let mut of_generator: Vec<Vec<Option<u64>>> = vec![Vec::new(); rules.len()];
        for seed in 1..=bounds.trials {
            let trial = trial(&rules, affected, fixed, generator.scripts(seed, corpus), bounds.scripts)?;
            for (all, found) in of_generator.iter_mut().zip(trial) {
                all.push(found);
            }
        }
        for (all, found) in times.iter_mut().zip(of_generator) {
            all.push(Times::new(bounds.scripts, found));
        }
    }
    let versions = format!("{} {} -> {}", bug.package, bug.affected, bug.fixed);
    let row = |(rule, times)| RuleTimes { versions: versions.clone(), rule, times };
    Ok(rules.into_iter().zip(times).map(row).collect())
}

/// The number of the script that shows each rule, within the limits.
fn trial(
    rules: &[Rule],
    affected: &mut Worker,
    fixed: &mut Worker,
    scripts: impl Iterator<Item = Option<Vec<u8>>>,
    limit: u64,
) -> io::Result<Vec<Option<u64>>> {
    let mut found: Vec<Option<u64>> = vec![None; rules.len()];
    let mut hangs = 0;
    for (number, script) in (1..=limit).zip(scripts) {
        let Some(script) = script else { continue };
        let findings = affected.play(&script)?;
        hangs += usize::from(findings.iter().any(|finding| finding.rule == Rule::NoHang));
        let missing = |(at, rule): &(usize, &Rule)| {
            found[*at].is_none() && findings.iter().any(|finding| finding.rule == **rule)
        };
        let shown: Vec<usize> = rules.iter().enumerate().filter(missing).map(|(at, _)| at).collect();
        if !shown.is_empty() {
            let of_fixed = fixed.play(&script)?;
            for at in shown {
                if of_fixed.iter().all(|finding| finding.rule != rules[at]) {
                    found[at] = Some(number);
                }
            }
        }
        if hangs == MAX_HANGS || found.iter().all(Option::is_some) {
            break;
        }
    }
    Ok(found)
}

/// The table: for each rule of each bug the median number of scripts, with the trials that found it if not all did. The last
/// rows sum up.
pub fn markdown(rows: &[RuleTimes]) -> String {
    let names = Generator::ALL.map(|generator| format!("`{}`", generator.name()));
    let mut text =
        format!("| versions | rule | {} |\n|---|---|{}\n", names.join(" | "), "---:|".repeat(names.len()));
    let mut line = |first: &str, second: &str, cells: Vec<String>| {
        writeln!(text, "| {first} | {second} | {} |", cells.join(" | "))
            .expect("writing to a String never fails");
    };
    for row in rows {
        line(&row.versions, row.rule.id(), row.times.iter().map(cell).collect());
    }
    let of_column = |at: usize| rows.iter().map(move |row| &row.times[at]);
    let columns = 0..Generator::ALL.len();
    let found_always = |at| of_column(at).filter(|times| times.found() == times.trials()).count().to_string();
    line("found in every trial", "", columns.clone().map(found_always).collect());
    let mean = |at| {
        let count = rows.len().max(1) as f64;
        format!("{:.0}", of_column(at).map(|times| times.restricted_mean().value).sum::<f64>() / count)
    };
    line("mean, with the bound where not found", "", columns.clone().map(mean).collect());
    let sooner = |at: usize| {
        let than_first = |row: &&RuleTimes| row.times[at].compare(&row.times[0]).a12 >= 0.9;
        rows.iter().filter(than_first).count().to_string()
    };
    line("A12 ≥ 0.9 against the first", "", columns.map(sooner).collect());
    text
}

fn cell(times: &Times) -> String {
    let median = times.percentile(50).map_or_else(|| "–".to_owned(), |median| median.to_string());
    match times.found() {
        all if all == times.trials() => median,
        found => format!("{median} ({found} of {})", times.trials()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_has_a_row_per_rule_and_three_that_sum_up() {
        let times = |found: &[Option<u64>]| Times::new(100, found.iter().copied());
        let late = times(&[None, Some(90), None]);
        let soon = times(&[Some(3), Some(1), Some(2)]);
        let row = |first: &Times| RuleTimes {
            versions: "x 1.0.0 -> 1.0.1".to_owned(),
            rule: Rule::OneClose,
            times: [vec![first.clone()], vec![soon.clone(); Generator::ALL.len() - 1]].concat(),
        };
        let table = markdown(&[row(&late), row(&soon)]);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 7, "{table}");
        assert_eq!(lines[2], "| x 1.0.0 -> 1.0.1 | one-close | – (1 of 3) | 2 | 2 | 2 | 2 |");
        assert_eq!(lines[4], "| found in every trial |  | 1 | 2 | 2 | 2 | 2 |");
        assert_eq!(lines[5], "| mean, with the bound where not found |  | 49 | 2 | 2 | 2 | 2 |");
        assert_eq!(lines[6], "| A12 ≥ 0.9 against the first |  | 0 | 1 | 1 | 1 | 1 |");
    }
}
