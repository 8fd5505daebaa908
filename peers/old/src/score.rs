//! Compares an affected version with the fixed one: in come both workers and the scripts, out comes a
//! [`Score`], and tables of scores.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::io;
use std::time::{Duration, Instant};

use wsclose::rule::Rule;
use wsclose::script::Script;

use crate::manifest::Bug;
use crate::process::Worker;
use crate::scripts::{Given, Scripts};

/// How long both versions are played to.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// The most scripts.
    pub scripts: usize,
    /// The most time, for both versions together.
    pub time: Duration,
}

/// How a rule was first seen broken.
#[derive(Clone, Debug)]
pub struct First {
    /// How many scripts it took.
    pub scripts: usize,
    /// How long the version took to play them.
    pub time: Duration,
    /// The script that showed it.
    pub script: Given,
    /// What was done instead.
    pub actual: String,
}

/// What one version was faulted for.
pub type Faulted = BTreeMap<Rule, First>;

/// What became of a bug.
#[derive(Clone, Debug)]
pub struct Score {
    /// The bug.
    pub bug: Bug,
    /// What the affected version was faulted for.
    pub affected: Faulted,
    /// What the fixed version was faulted for.
    pub fixed: Faulted,
    /// How many scripts both were played.
    pub played: usize,
}

/// In one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The affected version is faulted by the rule, the fixed one is not.
    Found,
    /// The affected version is not faulted by it.
    Missed,
    /// The fixed version is faulted by it too.
    FixedFaulted,
}

impl Outcome {
    /// The word.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Found => "found",
            Outcome::Missed => "MISSED",
            Outcome::FixedFaulted => "FIXED ONE FAULTED",
        }
    }
}

impl Score {
    /// Plays the same scripts to both versions, as far as the budget goes.
    ///
    /// # Errors
    /// When a worker cannot be run.
    pub fn of(
        bug: &Bug,
        affected: &mut Worker,
        fixed: &mut Worker,
        scripts: Scripts,
        budget: Budget,
    ) -> io::Result<Score> {
        let mut score =
            Score { bug: bug.clone(), affected: Faulted::new(), fixed: Faulted::new(), played: 0 };
        let begin = Instant::now();
        let mut spent = [Duration::ZERO; 2];
        for given in scripts.take(budget.scripts) {
            if begin.elapsed() > budget.time {
                break;
            }
            score.played += 1;
            let versions = [(&mut *affected, &mut score.affected), (&mut *fixed, &mut score.fixed)];
            for ((worker, faulted), spent) in versions.into_iter().zip(&mut spent) {
                let begin = Instant::now();
                let told = worker.play(&given.octets)?;
                *spent += begin.elapsed();
                for told in told {
                    faulted.entry(told.rule).or_insert_with(|| First {
                        scripts: score.played,
                        time: *spent,
                        script: given.clone(),
                        actual: told.actual,
                    });
                }
            }
        }
        Ok(score)
    }

    /// The rules that tell the versions apart, the one that took the fewest scripts first.
    pub fn telling(&self) -> Vec<(Rule, &First)> {
        let mut telling: Vec<_> = self
            .affected
            .iter()
            .filter(|(rule, _)| !self.fixed.contains_key(rule))
            .map(|(rule, first)| (*rule, first))
            .collect();
        telling.sort_by_key(|(_, first)| first.scripts);
        telling
    }

    /// The rule that the bug is scored by, and how that was first seen.
    pub fn by(&self) -> Option<(Rule, &First)> {
        match self.bug.rule() {
            Some(rule) => self.affected.get(&rule).map(|first| (rule, first)),
            None => self.telling().first().copied(),
        }
    }

    /// What became of the bug.
    pub fn outcome(&self) -> Outcome {
        match self.by() {
            None => Outcome::Missed,
            Some((rule, _)) if self.fixed.contains_key(&rule) => Outcome::FixedFaulted,
            Some(_) => Outcome::Found,
        }
    }

    /// The other rules that tell the versions apart.
    fn also(&self) -> Vec<&'static str> {
        let by = self.by().map(|(rule, _)| rule);
        self.telling().into_iter().filter(|(rule, _)| Some(*rule) != by).map(|(rule, _)| rule.id()).collect()
    }

    fn cells(&self) -> [String; 8] {
        let Bug { library, affected, fixed, what, .. } = &self.bug;
        let rule = self.by().map(|(rule, _)| rule).or(self.bug.rule());
        let [scripts, seconds] = match self.by() {
            Some((_, first)) => [first.scripts.to_string(), format!("{:.3}", first.time.as_secs_f64())],
            None => [format!("> {}", self.played), "-".to_owned()],
        };
        let clean = match rule {
            Some(rule) if self.fixed.contains_key(&rule) => "NO".to_owned(),
            Some(_) => format!("yes, {} scripts", self.played),
            None => "-".to_owned(),
        };
        [
            format!("{library} {affected} -> {fixed}"),
            what.clone(),
            self.outcome().name().to_owned(),
            rule.map_or("-".to_owned(), |rule| format!("{} ({})", rule.id(), rule.level())),
            scripts,
            seconds,
            clean,
            self.also().join(", "),
        ]
    }
}

const HEADS: [&str; 8] = [
    "versions",
    "what was wrong",
    "outcome",
    "rule",
    "scripts",
    "seconds",
    "fixed one clean",
    "also told apart by",
];

/// Scores as a table in Markdown.
pub fn markdown(scores: &[Score]) -> String {
    let mut text = format!("| {} |\n|{}\n", HEADS.join(" | "), "---|".repeat(HEADS.len()));
    for score in scores {
        let cells = score.cells().map(|cell| cell.replace('|', "\\|"));
        writeln!(text, "| {} |", cells.join(" | ")).expect("a String takes everything");
    }
    text
}

/// Scores as a table in plain text.
pub fn plain(scores: &[Score]) -> String {
    let rows: Vec<_> =
        std::iter::once(HEADS.map(str::to_owned)).chain(scores.iter().map(Score::cells)).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
            write!(line, "{cell:<width$}  ").expect("a String takes everything");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The first script for each rule that a version was faulted by, for a person to replay.
pub struct Scripted<'a>(pub &'a Score);

impl fmt::Display for Scripted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bug { library, affected, fixed, .. } = &self.0.bug;
        for (version, faulted) in [(affected, &self.0.affected), (fixed, &self.0.fixed)] {
            for (rule, First { script, actual, .. }) in faulted {
                writeln!(f, "# {library} {version}, {rule}: {actual}\n# {}", script.name)?;
                let script = Script::decode(&script.octets).expect("it was played");
                writeln!(f, "{script}")?;
            }
        }
        Ok(())
    }
}
