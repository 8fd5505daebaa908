//! The result of a trial and its file, a line for each fault. A run that was interrupted reads the files and goes on.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::detector::Detection;

/// The first line of a file.
const HEAD: &str = "wsclose-power 1";

/// What a trial found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialResult {
    /// The name of the strategy.
    pub strategy: String,
    /// The seed.
    pub seed: u64,
    /// The bound on executions.
    pub limit: u64,
    /// The commit from which the trial was built.
    pub commit: String,
    /// The scripts in which the judge reported a violation of the conforming model.
    pub false_findings: u64,
    /// The slugs of the faults, and the executions that detect them.
    pub faults: Vec<(String, Detection)>,
}

impl TrialResult {
    /// The file of a trial in a folder of results.
    pub fn path(folder: &Path, strategy: &str, seed: u64) -> PathBuf {
        folder.join(strategy).join(format!("seed-{seed:03}.txt"))
    }

    /// Whether the trial measured these faults with this bound.
    pub fn covers(&self, limit: u64, faults: &[&str]) -> bool {
        self.limit == limit && self.faults.iter().map(|(slug, _)| slug.as_str()).eq(faults.iter().copied())
    }

    /// Writes the file at once or not at all, so that an interrupted run leaves no part of a file.
    ///
    /// # Errors
    /// If the file cannot be written. The message names it.
    pub fn store(&self, folder: &Path) -> Result<(), String> {
        let path = TrialResult::path(folder, &self.strategy, self.seed);
        let part = path.with_extension("part");
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&part, self.to_text()))
            .and_then(|()| fs::rename(&part, &path))
            .map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Reads the file of a trial, if there is one.
    ///
    /// # Errors
    /// If the file cannot be read or is no result. The message names it.
    pub fn load(folder: &Path, strategy: &str, seed: u64) -> Result<Option<TrialResult>, String> {
        let path = TrialResult::path(folder, strategy, seed);
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let result = TrialResult::parse(&text);
        result
            .map(Some)
            .map_err(|error| format!("{}: {error}; delete the file to run the trial again", path.display()))
    }

    fn to_text(&self) -> String {
        let TrialResult { strategy, seed, limit, commit, false_findings, faults } = self;
        let mut text = format!(
            "{HEAD}\nstrategy {strategy}\nseed {seed}\nlimit {limit}\ncommit {commit}\nfalse-findings {false_findings}\n"
        );
        let number = |time: Option<u64>| time.map_or("-".to_owned(), |time| time.to_string());
        for (slug, Detection { own_rule, any_rule, crash }) in faults {
            let _ = writeln!(text, "{slug} {} {} {}", number(*own_rule), number(*any_rule), number(*crash));
        }
        text
    }

    fn parse(text: &str) -> Result<TrialResult, String> {
        let mut lines = text.lines();
        if lines.next() != Some(HEAD) {
            return Err(format!("expected a first line `{HEAD}`"));
        }
        let mut field = |name: &str| {
            let line = lines.next().unwrap_or_default();
            let value = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(' '));
            value.map(str::to_owned).ok_or(format!("expected a line `{name} …`, found `{line}`"))
        };
        let number = |word: String| word.parse().map_err(|_| format!("expected a number, found `{word}`"));
        let strategy = field("strategy")?;
        let seed = number(field("seed")?)?;
        let limit = number(field("limit")?)?;
        let commit = field("commit")?;
        let false_findings = number(field("false-findings")?)?;
        let time = |word: &str| match word {
            "-" => Ok(None),
            word => number(word.to_owned()).map(Some),
        };
        let mut faults = Vec::new();
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            let [slug, own, any, crash] = words[..] else {
                return Err(format!("expected a fault and three executions, found `{line}`"));
            };
            let detection = Detection { own_rule: time(own)?, any_rule: time(any)?, crash: time(crash)? };
            faults.push((slug.to_owned(), detection));
        }
        Ok(TrialResult { strategy, seed, limit, commit, false_findings, faults })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result() -> TrialResult {
        let detection = Detection { own_rule: Some(12), any_rule: Some(3), crash: None };
        TrialResult {
            strategy: "plain".to_owned(),
            seed: 3,
            limit: 1000,
            commit: "ed95467".to_owned(),
            false_findings: 0,
            faults: vec![
                ("never-answers".to_owned(), detection),
                ("close-of-126".to_owned(), Detection::default()),
            ],
        }
    }

    #[test]
    fn a_result_is_read_as_it_was_stored() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(TrialResult::load(folder.path(), "plain", 3), Ok(None));
        result().store(folder.path()).expect("a file");
        assert_eq!(TrialResult::load(folder.path(), "plain", 3), Ok(Some(result())));
        assert_eq!(TrialResult::load(folder.path(), "plain", 4), Ok(None));
    }

    #[test]
    fn a_cut_file_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = TrialResult::path(folder.path(), "plain", 3);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        for cut in ["", "wsclose-power 1\nstrategy plain\n", "wsclose-power 2\n"] {
            fs::write(&path, cut).expect("a file");
            let error = TrialResult::load(folder.path(), "plain", 3).expect_err("no result");
            assert!(error.contains("seed-003.txt: expected"), "{error}");
        }
        let text = result().to_text().replace(" 12 ", " twelve ");
        assert_eq!(TrialResult::parse(&text), Err("expected a number, found `twelve`".to_owned()));
    }

    #[test]
    fn a_result_with_other_faults_or_another_bound_is_stale() {
        assert!(result().covers(1000, &["never-answers", "close-of-126"]));
        assert!(!result().covers(1000, &["never-answers"]));
        assert!(!result().covers(1000, &["never-answers", "close-of-126", "new"]));
        assert!(!result().covers(2000, &["never-answers", "close-of-126"]));
    }
}
