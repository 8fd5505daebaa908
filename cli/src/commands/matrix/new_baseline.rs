//! The entries that `--write-baseline` adds to a baseline and removes from it.

use wsclose::analysis::baseline::{Baseline, KnownViolation};
use wsclose::analysis::matrix::SubjectResult;
use wsclose::analysis::status::FindingStatus;
use wsclose::rules::Rule;

use super::results::{Results, title};
use crate::support::baseline_file::{BaselineFile, BaselineUpdate};

/// What the results show about the entries in `file`. Only a run of every script and code shows that one is stale.
pub fn update(results: &Results<'_>, file: &Baseline, is_whole: bool) -> BaselineUpdate {
    let mut update = BaselineUpdate::default();
    for row in &results.rows {
        let rules = Rule::ALL.into_iter().filter(|rule| file.get(&row.name, *rule).is_none());
        update.violations.extend(rules.filter_map(|rule| entry(results, row, rule)));
        let is_cut = row.roles.iter().any(|part| part.timed_out);
        if is_whole && !is_cut {
            let conforms = |rule: Rule| {
                let cell = row.cell(rule);
                cell.violated == 0 && cell.conformed > 0
            };
            let stale = file.of(&row.name).map(|known| known.rule).filter(|rule| conforms(*rule));
            update.stale.extend(stale.map(|rule| (Some(row.name.clone()), rule)));
        }
    }
    update
}

/// The entry for a rule that a row violates, unless the violation fails no run.
fn entry(results: &Results<'_>, row: &SubjectResult, rule: Rule) -> Option<KnownViolation> {
    let cell = row.cell(rule);
    let example = cell.example.as_ref();
    match results.status(row, rule, &cell)? {
        FindingStatus::Fail => {
            let shown = example.map_or(String::new(), |shown| format!("{}: {}", title(shown), shown.actual));
            Some(BaselineFile::new_entry(Some(&row.name), rule, shown))
        }
        FindingStatus::Known => results.known(row, rule).cloned(),
        FindingStatus::Warn | FindingStatus::Info => None,
    }
}
