//! Compares an affected version with the fixed one: in come both workers and the scripts, out comes a
//! [`Score`], and tables of scores.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::io;
use std::time::{Duration, Instant};

use wsclose::rules::Rule;
use wsclose::script::Script;

use crate::manifest::Bug;
use crate::process::{Worker, WorkerFinding};
use crate::scripts::{ScriptSource, Scripts};

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
pub struct FirstDetection {
    /// How many scripts it took.
    pub scripts: usize,
    /// How long the version took to play them.
    pub time: Duration,
    /// The script that showed it.
    pub script: ScriptSource,
    /// What was done instead.
    pub actual: String,
}

/// What one version was faulted for.
pub type Violations = BTreeMap<Rule, FirstDetection>;

/// What became of a bug.
#[derive(Clone, Debug)]
pub struct Score {
    /// The bug.
    pub bug: Bug,
    /// What the affected version was faulted for.
    pub affected: Violations,
    /// What the fixed version was faulted for.
    pub fixed: Violations,
    /// What the affected version was faulted for by a script by which the fixed one was not.
    pub distinguishing: Violations,
    /// How many scripts both were played.
    pub scripts_played: usize,
}

/// In one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetectionStatus {
    /// The affected version is faulted by the rule, the fixed one is not.
    Found,
    /// The affected version is not faulted by it.
    Missed,
    /// The affected version is faulted by a script by which the fixed one is not; but another script has the
    /// fixed one faulted by the same rule, for whatever cause.
    FixedViolatesElsewhere,
    /// The fixed version is faulted by every script that the affected one is.
    FixedViolates,
}

impl DetectionStatus {
    /// The word.
    pub const fn name(self) -> &'static str {
        match self {
            DetectionStatus::Found => "found",
            DetectionStatus::Missed => "MISSED",
            DetectionStatus::FixedViolatesElsewhere => "found, FIXED ONE FAULTED ELSEWHERE",
            DetectionStatus::FixedViolates => "FIXED ONE FAULTED",
        }
    }
}

/// What became of a bug by one of its rules.
#[derive(Clone, Copy, Debug)]
pub struct RuleDetection<'a> {
    /// The rule; `None` where nothing is known of the bug and nothing was found.
    pub rule: Option<Rule>,
    /// How it was first seen broken by the affected version, and not by the fixed one if that can be.
    pub first: Option<&'a FirstDetection>,
    /// What became of it.
    pub status: DetectionStatus,
}

impl Score {
    /// Plays the same scripts to both versions, as far as the budget goes.
    ///
    /// # Errors
    /// When a worker cannot be run.
    pub fn measure(
        bug: &Bug,
        affected: &mut Worker,
        fixed: &mut Worker,
        scripts: Scripts,
        budget: Budget,
    ) -> io::Result<Score> {
        let mut score = Score {
            bug: bug.clone(),
            affected: Violations::new(),
            fixed: Violations::new(),
            distinguishing: Violations::new(),
            scripts_played: 0,
        };
        let begin = Instant::now();
        let mut spent = [Duration::ZERO; 2];
        for given in scripts.take(budget.scripts) {
            if begin.elapsed() > budget.time {
                break;
            }
            score.scripts_played += 1;
            let play = |worker: &mut Worker, spent: &mut Duration| {
                let begin = Instant::now();
                let told = worker.play(&given.octets);
                *spent += begin.elapsed();
                told
            };
            let [of_affected, of_fixed] = &mut spent;
            let affected_told = play(affected, of_affected)?;
            let fixed_told = play(fixed, of_fixed)?;
            let first = |told: &WorkerFinding, time: &Duration| FirstDetection {
                scripts: score.scripts_played,
                time: *time,
                script: given.clone(),
                actual: told.actual.clone(),
            };
            for told in &fixed_told {
                score.fixed.entry(told.rule).or_insert_with(|| first(told, of_fixed));
            }
            for told in &affected_told {
                score.affected.entry(told.rule).or_insert_with(|| first(told, of_affected));
                if fixed_told.iter().all(|fixed| fixed.rule != told.rule) {
                    score.distinguishing.entry(told.rule).or_insert_with(|| first(told, of_affected));
                }
            }
        }
        Ok(score)
    }

    /// The rules that tell the versions apart, the one that took the fewest scripts first.
    pub fn distinguishing_rules(&self) -> Vec<Rule> {
        let mut telling: Vec<_> =
            self.affected.iter().filter(|(rule, _)| !self.fixed.contains_key(rule)).collect();
        telling.sort_by_key(|(_, first)| first.scripts);
        telling.into_iter().map(|(rule, _)| *rule).collect()
    }

    /// What became of the bug by each of its rules; of one of which nothing is known, by any rule.
    pub fn detections(&self) -> Vec<RuleDetection<'_>> {
        let mut rules: Vec<_> = self.bug.rules().map(Some).collect();
        if rules.is_empty() {
            rules.push(self.distinguishing_rules().first().copied());
        }
        let verdict = |rule: Option<Rule>| {
            let of = |faulted: &'_ Violations| rule.is_some_and(|rule| faulted.contains_key(&rule));
            let outcome = match (of(&self.affected), of(&self.distinguishing), of(&self.fixed)) {
                (false, _, _) => DetectionStatus::Missed,
                (true, _, false) => DetectionStatus::Found,
                (true, true, true) => DetectionStatus::FixedViolatesElsewhere,
                (true, false, true) => DetectionStatus::FixedViolates,
            };
            let first = rule.and_then(|rule| self.distinguishing.get(&rule).or(self.affected.get(&rule)));
            RuleDetection { rule, first, status: outcome }
        };
        rules.into_iter().map(verdict).collect()
    }

    /// Whether it was found by every rule that it breaks.
    pub fn found(&self) -> bool {
        self.detections().iter().all(|verdict| verdict.status == DetectionStatus::Found)
    }

    fn rows(&self) -> Vec<[String; 8]> {
        let Bug { package, affected, fixed, what, .. } = &self.bug;
        let verdicts = self.detections();
        let scored: Vec<_> = verdicts.iter().filter_map(|verdict| verdict.rule).collect();
        let also =
            self.distinguishing_rules().into_iter().filter(|rule| !scored.contains(rule)).map(Rule::id);
        let also = also.collect::<Vec<_>>().join(", ");
        let row = |RuleDetection { rule, first, status: outcome }: &RuleDetection<'_>| {
            let [scripts, seconds] = match first {
                Some(first) => [first.scripts.to_string(), format!("{:.3}", first.time.as_secs_f64())],
                None => [format!("> {}", self.scripts_played), "-".to_owned()],
            };
            let clean = match rule.map(|rule| self.fixed.get(&rule)) {
                Some(Some(first)) => format!("NO: {}", first.script.name),
                Some(None) => format!("yes, {} scripts", self.scripts_played),
                None => "-".to_owned(),
            };
            [
                format!("{package} {affected} -> {fixed}"),
                what.clone(),
                outcome.name().to_owned(),
                rule.map_or("-".to_owned(), |rule| format!("{} ({})", rule.id(), rule.level())),
                scripts,
                seconds,
                clean,
                also.clone(),
            ]
        };
        verdicts.iter().map(row).collect()
    }
}

const COLUMNS: [&str; 8] = [
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
    let mut text = format!("| {} |\n|{}\n", COLUMNS.join(" | "), "---|".repeat(COLUMNS.len()));
    for score in scores {
        for row in score.rows() {
            let cells = row.map(|cell| cell.replace('|', "\\|"));
            writeln!(text, "| {} |", cells.join(" | ")).expect("a String takes everything");
        }
    }
    text
}

/// Scores as a table in plain text.
pub fn plain(scores: &[Score]) -> String {
    let rows: Vec<_> =
        std::iter::once(COLUMNS.map(str::to_owned)).chain(scores.iter().flat_map(Score::rows)).collect();
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
pub struct FirstScripts<'a>(pub &'a Score);

impl fmt::Display for FirstScripts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bug { package, affected, fixed, .. } = &self.0.bug;
        for (version, faulted) in [(affected, &self.0.affected), (fixed, &self.0.fixed)] {
            for (rule, FirstDetection { script, actual, .. }) in faulted {
                writeln!(f, "# {package} {version}, {rule}: {actual}\n# {}", script.name)?;
                let script = Script::decode(&script.octets).expect("it was played");
                writeln!(f, "{script}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(rules: &[(Rule, usize)]) -> Violations {
        let first = |scripts| FirstDetection {
            scripts,
            time: Duration::ZERO,
            script: ScriptSource { name: "s".to_owned(), octets: Vec::new() },
            actual: "a".to_owned(),
        };
        rules.iter().map(|(rule, scripts)| (*rule, first(*scripts))).collect()
    }

    fn score(rules: &str, affected: &[(Rule, usize)], fixed: &[(Rule, usize)]) -> Score {
        let text = format!(
            "adapter = [{{ file = 'a', crate = 'x', versions = '*' }}]\n[[bug]]\ncrate = 'x'\naffected = '1.0.0'\nfixed = '1.0.1'\nwhat = 'w'\nsource = 's'\nrules = [{rules}]\n"
        );
        let manifest = crate::manifest::Manifest::load(&text).expect("a sound manifest");
        let bug = manifest.bugs.into_iter().next().expect("it has one");
        // Played in turns: what one script told of the affected version, another told of the fixed one.
        let (affected, fixed) = (violations(affected), violations(fixed));
        let apart = affected
            .clone()
            .into_iter()
            .filter(|(rule, first)| fixed.get(rule).is_none_or(|fixed| fixed.scripts != first.scripts));
        Score { bug, distinguishing: apart.collect(), affected, fixed, scripts_played: 9 }
    }

    #[test]
    fn bug_is_found_if_each_rule_distinguishes_the_versions() {
        let (one, two) = (Rule::OneClose, Rule::NoPanic);
        let both = "'one-close', 'no-panic'";
        assert!(score(both, &[(one, 1), (two, 2)], &[]).found());
        let missed = score(both, &[(one, 1)], &[]);
        let outcomes: Vec<_> = missed.detections().iter().map(|verdict| verdict.status).collect();
        assert_eq!(outcomes, [DetectionStatus::Found, DetectionStatus::Missed]);
        assert!(!missed.found());
        let elsewhere = score("'one-close'", &[(one, 1)], &[(one, 3)]);
        assert_eq!(elsewhere.detections()[0].status, DetectionStatus::FixedViolatesElsewhere);
        assert!(!elsewhere.found());
        let alarm = score("'one-close'", &[(one, 1), (two, 2)], &[(one, 1)]);
        assert_eq!(alarm.detections()[0].status, DetectionStatus::FixedViolates);
        assert!(plain(&[alarm]).contains("no-panic"));
    }

    #[test]
    fn unlisted_bug_is_found_by_any_rule() {
        let (one, two) = (Rule::OneClose, Rule::NoPanic);
        let found = score("", &[(one, 5), (two, 2)], &[(Rule::NoHang, 1)]);
        assert!(found.found());
        assert_eq!(found.detections()[0].rule, Some(two));
        assert!(!score("", &[(one, 1)], &[(one, 4)]).found());
    }

    #[test]
    fn table_has_a_row_per_bug_and_rule() {
        let scores = [score("'one-close', 'no-panic'", &[(Rule::OneClose, 1)], &[])];
        assert_eq!(markdown(&scores).lines().count(), 4);
        assert_eq!(plain(&scores).lines().count(), 3);
    }
}
