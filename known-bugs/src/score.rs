//! Scores a bug: drives the same scripts on the affected and the fixed version, and compares the violations.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::io;
use std::time::{Duration, Instant};

use wsclose::rules::Rule;
use wsclose::script::Script;

use crate::manifest::Bug;
use crate::process::{Worker, WorkerFinding};
use crate::scripts::{ScriptSource, Scripts};

/// The limits of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// The maximum number of scripts.
    pub scripts: usize,
    /// The maximum time, for both versions together.
    pub time: Duration,
}

/// The first detection of a violation.
#[derive(Clone, Debug)]
pub struct FirstDetection {
    /// The number of scripts up to and including the one that shows it.
    pub scripts: usize,
    /// The time that the version needed for these scripts.
    pub time: Duration,
    /// The script that shows it.
    pub script: ScriptSource,
    /// The observed behavior.
    pub actual: String,
}

/// The violations of one version, each with its first detection.
pub type Violations = BTreeMap<Rule, FirstDetection>;

/// The result for one bug.
#[derive(Clone, Debug)]
pub struct Score {
    /// The bug.
    pub bug: Bug,
    /// The violations of the affected version.
    pub affected: Violations,
    /// The violations of the fixed version.
    pub fixed: Violations,
    /// The violations of the affected version in scripts in which the fixed version does not violate the same rule.
    pub distinguishing: Violations,
    /// The number of scripts that both versions ran.
    pub scripts_run: usize,
}

/// Whether a rule detects a bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetectionStatus {
    /// The affected version violates the rule, and the fixed version does not.
    Found,
    /// The affected version does not violate the rule.
    Missed,
    /// A script shows the violation only in the affected version, but the fixed version violates the rule in another
    /// script.
    FixedViolatesElsewhere,
    /// The fixed version violates the rule in every script in which the affected version does.
    FixedViolates,
}

impl DetectionStatus {
    /// The text in tables.
    pub const fn name(self) -> &'static str {
        match self {
            DetectionStatus::Found => "found",
            DetectionStatus::Missed => "MISSED",
            DetectionStatus::FixedViolatesElsewhere => {
                "found; the fixed version violates the rule in another script"
            }
            DetectionStatus::FixedViolates => "NOT DISTINGUISHED: the fixed version violates the rule too",
        }
    }
}

/// The result for one rule of a bug.
#[derive(Clone, Copy, Debug)]
pub struct RuleDetection<'a> {
    /// The rule. `None` for an unlisted bug if no rule distinguishes the versions.
    pub rule: Option<Rule>,
    /// The first detection in the affected version, preferably by a script that distinguishes the versions.
    pub first: Option<&'a FirstDetection>,
    /// Whether the rule detects the bug.
    pub status: DetectionStatus,
}

impl Score {
    /// Drives the same scripts on both versions, within the budget.
    ///
    /// # Errors
    /// If a worker cannot be run.
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
            scripts_run: 0,
        };
        let start = Instant::now();
        let mut spent = [Duration::ZERO; 2];
        for script in scripts.take(budget.scripts) {
            if start.elapsed() > budget.time {
                break;
            }
            score.scripts_run += 1;
            let run = |worker: &mut Worker, spent: &mut Duration| {
                let start = Instant::now();
                let findings = worker.play(&script.octets);
                *spent += start.elapsed();
                findings
            };
            let [of_affected, of_fixed] = &mut spent;
            let affected_findings = run(affected, of_affected)?;
            let fixed_findings = run(fixed, of_fixed)?;
            let first = |finding: &WorkerFinding, time: &Duration| FirstDetection {
                scripts: score.scripts_run,
                time: *time,
                script: script.clone(),
                actual: finding.actual.clone(),
            };
            for finding in &fixed_findings {
                score.fixed.entry(finding.rule).or_insert_with(|| first(finding, of_fixed));
            }
            for finding in &affected_findings {
                score.affected.entry(finding.rule).or_insert_with(|| first(finding, of_affected));
                if fixed_findings.iter().all(|fixed| fixed.rule != finding.rule) {
                    score.distinguishing.entry(finding.rule).or_insert_with(|| first(finding, of_affected));
                }
            }
        }
        Ok(score)
    }

    /// The rules that only the affected version violates, sorted by the number of scripts to the first detection.
    pub fn distinguishing_rules(&self) -> Vec<Rule> {
        let mut distinguishing: Vec<_> =
            self.affected.iter().filter(|(rule, _)| !self.fixed.contains_key(rule)).collect();
        distinguishing.sort_by_key(|(_, first)| first.scripts);
        distinguishing.into_iter().map(|(rule, _)| *rule).collect()
    }

    /// The result for each rule of the bug. For an unlisted bug: for the first distinguishing rule.
    pub fn detections(&self) -> Vec<RuleDetection<'_>> {
        let mut rules: Vec<_> = self.bug.rules().map(Some).collect();
        if rules.is_empty() {
            rules.push(self.distinguishing_rules().first().copied());
        }
        let detection = |rule: Option<Rule>| {
            let is_in = |violations: &Violations| rule.is_some_and(|rule| violations.contains_key(&rule));
            let status = match (is_in(&self.affected), is_in(&self.distinguishing), is_in(&self.fixed)) {
                (false, _, _) => DetectionStatus::Missed,
                (true, _, false) => DetectionStatus::Found,
                (true, true, true) => DetectionStatus::FixedViolatesElsewhere,
                (true, false, true) => DetectionStatus::FixedViolates,
            };
            let first = rule.and_then(|rule| self.distinguishing.get(&rule).or(self.affected.get(&rule)));
            RuleDetection { rule, first, status }
        };
        rules.into_iter().map(detection).collect()
    }

    /// Whether every rule of the bug detects it.
    pub fn found(&self) -> bool {
        self.detections().iter().all(|detection| detection.status == DetectionStatus::Found)
    }

    fn rows(&self) -> Vec<[String; 8]> {
        let Bug { package, affected, fixed, what, .. } = &self.bug;
        let detections = self.detections();
        let scored: Vec<_> = detections.iter().filter_map(|detection| detection.rule).collect();
        let also =
            self.distinguishing_rules().into_iter().filter(|rule| !scored.contains(rule)).map(Rule::id);
        let also = also.collect::<Vec<_>>().join(", ");
        let row = |RuleDetection { rule, first, status }: &RuleDetection<'_>| {
            let [scripts, seconds] = match first {
                Some(first) => [first.scripts.to_string(), format!("{:.3}", first.time.as_secs_f64())],
                None => [format!("> {}", self.scripts_run), "-".to_owned()],
            };
            let clean = match rule.map(|rule| self.fixed.get(&rule)) {
                Some(Some(first)) => format!("no: {}", first.script.name),
                Some(None) => format!("yes, {} scripts", self.scripts_run),
                None => "-".to_owned(),
            };
            [
                format!("{package} {affected} -> {fixed}"),
                what.clone(),
                status.name().to_owned(),
                rule.map_or("-".to_owned(), |rule| format!("{} ({})", rule.id(), rule.level())),
                scripts,
                seconds,
                clean,
                also.clone(),
            ]
        };
        detections.iter().map(row).collect()
    }
}

const COLUMNS: [&str; 8] = [
    "versions",
    "bug",
    "result",
    "rule",
    "scripts",
    "seconds",
    "fixed version conforms",
    "other distinguishing rules",
];

/// Formats scores as a Markdown table.
pub fn markdown(scores: &[Score]) -> String {
    let mut text = format!("| {} |\n|{}\n", COLUMNS.join(" | "), "---|".repeat(COLUMNS.len()));
    for score in scores {
        for row in score.rows() {
            let cells = row.map(|cell| cell.replace('|', "\\|"));
            writeln!(text, "| {} |", cells.join(" | ")).expect("writing to a String never fails");
        }
    }
    text
}

/// Formats scores as a plain-text table.
pub fn plain(scores: &[Score]) -> String {
    let rows: Vec<_> =
        std::iter::once(COLUMNS.map(str::to_owned)).chain(scores.iter().flat_map(Score::rows)).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
            write!(line, "{cell:<width$}  ").expect("writing to a String never fails");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Prints the first script for each violated rule of each version, to be replayed.
pub struct FirstScripts<'a>(pub &'a Score);

impl fmt::Display for FirstScripts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bug { package, affected, fixed, .. } = &self.0.bug;
        for (version, violations) in [(affected, &self.0.affected), (fixed, &self.0.fixed)] {
            for (rule, FirstDetection { script, actual, .. }) in violations {
                writeln!(f, "# {package} {version}, {rule}: {actual}\n# {}", script.name)?;
                let script = Script::decode(&script.octets).expect("a script that ran is valid");
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
        let manifest = crate::manifest::Manifest::load(&text).expect("a valid manifest");
        let bug = manifest.bugs.into_iter().next().expect("one bug");
        // A violation distinguishes the versions if its first detection needed another number of scripts.
        let (affected, fixed) = (violations(affected), violations(fixed));
        let distinguishing = affected
            .clone()
            .into_iter()
            .filter(|(rule, first)| fixed.get(rule).is_none_or(|fixed| fixed.scripts != first.scripts));
        Score { bug, distinguishing: distinguishing.collect(), affected, fixed, scripts_run: 9 }
    }

    #[test]
    fn bug_is_found_if_each_rule_distinguishes_the_versions() {
        let (one, two) = (Rule::OneClose, Rule::NoPanic);
        let both = "'one-close', 'no-panic'";
        assert!(score(both, &[(one, 1), (two, 2)], &[]).found());
        let missed = score(both, &[(one, 1)], &[]);
        let statuses: Vec<_> = missed.detections().iter().map(|detection| detection.status).collect();
        assert_eq!(statuses, [DetectionStatus::Found, DetectionStatus::Missed]);
        assert!(!missed.found());
        let elsewhere = score("'one-close'", &[(one, 1)], &[(one, 3)]);
        assert_eq!(elsewhere.detections()[0].status, DetectionStatus::FixedViolatesElsewhere);
        assert!(!elsewhere.found());
        let both_violate = score("'one-close'", &[(one, 1), (two, 2)], &[(one, 1)]);
        assert_eq!(both_violate.detections()[0].status, DetectionStatus::FixedViolates);
        assert!(plain(&[both_violate]).contains("no-panic"));
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
