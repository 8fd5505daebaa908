//! `wsclose matrix --live`: checks the implementations of a manifest, and prints a table and the violations of each.

use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use wsclose::analysis::baseline::Baseline;
use wsclose::analysis::status::{FindingStatus, RunStatus};
use wsclose::rules::Level;
use wsclose_live::implementations::{self, ImplementationOutcome, ImplementationResult, Manifest, Setup};
use wsclose_live::report::matrix as report;
use wsclose_live::{Confirmation, RuleResult, RunReport};

use crate::args;
use crate::support::baseline_file::{BaselineFile, BaselineUpdate};
use crate::support::error::{CliError, ExitStatus};
use crate::support::files::{self, FileError};
use crate::support::interrupt;
use crate::support::output::{Stdout, table, write_table};
use crate::support::progress::Progress;
use crate::support::report_dir::ReportWriter;
use crate::support::report_files;

use super::live_baseline;
use super::results::GENERATED_BY;

/// The files of `--out`.
const FILES: [&str; 2] = ["live.html", "live.json"];

/// Runs the command.
pub fn run(args: &args::Matrix, folder: &Path, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let path = folder.join("implementations.toml");
    let manifest = Manifest::read(&files::read_config(&path)?)
        .map_err(|error| FileError::Manifest { path: files::display_path(&path), error })?;
    let implementations = manifest.implementations(&args.subject_args.subjects).map_err(CliError::Usage)?;
    // The commands of the manifest run in its folder, whatever the current folder is.
    let folder = folder.canonicalize()?;
    let files = args.out.as_deref().map(|path| ReportWriter::in_folder(path, &FILES)).transpose()?;
    let written = args.write_baseline.as_deref().map(BaselineFile::open).transpose()?;
    let setup = Setup {
        folder: &folder,
        profile: args.subject_args.profile,
        baseline: live_baseline::read(&folder, args.write_baseline.as_deref())?,
        interrupt: interrupt::on_signal().clone(),
    };
    let progress = Mutex::new(Progress::new(implementations.len()));
    let results = implementations::run(&implementations, &setup, |_| {
        progress.lock().unwrap_or_else(PoisonError::into_inner).advance();
    });
    drop(progress);
    print_table(&results, out)?;
    for result in &results {
        if let ImplementationOutcome::Run(report) = &result.outcome {
            print_violations(&result.implementation.name, report, out)?;
        }
    }
    if let Some(files) = files {
        let data = report::data(&results, &setup.baseline, GENERATED_BY);
        files.write([report::page(&results, GENERATED_BY), data], out)?;
    }
    let status = status(&results, setup.interrupt.is_triggered());
    let status = match written {
        Some(file) => file.write(&update(&results, &setup.baseline, file.known()), status, out)?,
        None => status,
    };
    Ok(status.into())
}

/// What the results show about the entries of a baseline. Entries of the usual baseline are copied to a new one.
fn update(results: &[ImplementationResult], usual: &Baseline, file: &Baseline) -> BaselineUpdate {
    let mut update = BaselineUpdate::default();
    for result in results {
        let name = result.implementation.name.as_str();
        if let ImplementationOutcome::Run(report) = &result.outcome {
            report_files::add_run(&mut update, Some(name), report);
            let known =
                report.rules.iter().filter(|found| found.finding_status == Some(FindingStatus::Known));
            let copied = known.filter(|found| file.get(name, found.rule).is_none());
            update.violations.extend(copied.filter_map(|found| usual.get(name, found.rule).cloned()));
        }
    }
    // A stale entry of the usual baseline, or of every implementation, is none of the file.
    update
        .stale
        .retain(|(name, rule)| file.of(name.as_deref().unwrap_or_default()).any(|known| known.rule == *rule));
    update
}

/// The status of all runs: a violation outweighs implementations that were not tested. One that is not installed counts only if
/// no other ran.
fn status(results: &[ImplementationResult], interrupted: bool) -> RunStatus {
    let ran = results.iter().any(|result| matches!(result.outcome, ImplementationOutcome::Run(_)));
    let part = |result: &ImplementationResult| match &result.outcome {
        // A stale entry does not fail a matrix: the versions of the programs differ from machine to machine.
        ImplementationOutcome::Run(report) => match report.status() {
            RunStatus::Stale => RunStatus::Pass,
            status @ (RunStatus::Fail | RunStatus::Incomplete | RunStatus::Pass) => status,
        },
        ImplementationOutcome::NotInstalled(_) => RunStatus::Pass,
        ImplementationOutcome::Failed(_) => RunStatus::Incomplete,
    };
    let whole = RunStatus::Incomplete.when(interrupted || !ran);
    results.iter().map(part).fold(whole, RunStatus::and)
}

fn print_table(results: &[ImplementationResult], out: &mut Stdout) -> Result<(), CliError> {
    let mut rows = table(&["implementation", "library", "version", "cases", "fails", "warns", "flaky"]);
    for result in results {
        let name = result.implementation.name.as_str();
        let library =
            format!("{} ({})", result.implementation.tested_library, result.implementation.language);
        match &result.outcome {
            ImplementationOutcome::Run(report) => {
                let flaky = report
                    .rules
                    .iter()
                    .filter(|rule| rule.violated > 0 && rule.confirmation == Confirmation::Flaky)
                    .count();
                rows.add_row([
                    name,
                    &library,
                    &result.version,
                    &report.cases.len().to_string(),
                    &report.count(FindingStatus::Fail).to_string(),
                    &report.count(FindingStatus::Warn).to_string(),
                    &flaky.to_string(),
                ]);
            }
            ImplementationOutcome::NotInstalled(_) => {
                rows.add_row([name, &library, &result.unavailable_reason().unwrap_or_default()]);
            }
            ImplementationOutcome::Failed(why) => {
                rows.add_row([name, &library, &result.version, why]);
            }
        }
    }
    write_table(out, &rows)?;
    Ok(())
}

/// Prints the rules that an implementation violates, each with the case that shows it.
fn print_violations(name: &str, report: &RunReport, out: &mut Stdout) -> Result<(), CliError> {
    let counts = |result: &&RuleResult| result.violated > 0 && result.rule.level() != Level::Info;
    if report.rules.iter().any(|result| counts(&result))
        || !report.notes.is_empty()
        || !report.stale.is_empty()
    {
        writeln!(out, "\n{name}")?;
    }
    for result in report.rules.iter().filter(counts) {
        let case = result.example.map(|at| &report.cases[at]);
        let violation = case.and_then(|case| case.violations.iter().find(|found| found.rule == result.rule));
        writeln!(
            out,
            "  {:<8} {:<36}{:<9}{} in {}: {}",
            result.finding_status.map_or("", FindingStatus::name),
            result.rule,
            result.confirmation.name(),
            result.violated,
            case.map_or("", |case| case.name.as_str()),
            violation.map_or("", |found| found.actual.as_str())
        )?;
    }
    for rule in &report.stale {
        writeln!(out, "  stale    {rule}: baseline.toml lists it, and it conforms now")?;
    }
    report.notes.iter().try_for_each(|note| writeln!(out, "  note: {note}"))?;
    Ok(())
}
