//! `wsclose matrix --live`. In comes a folder with a manifest of live peers, out come a row for each server
//! and client, and the rules that each breaks.

use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use wsclose::analysis::report::FindingStatus;
use wsclose::rules::Level;

use crate::args;
use crate::support::error::{CliError, ExitStatus};
use crate::support::files::{self, FileError};
use crate::support::output::{Stdout, table, write_table};
use crate::support::progress::Progress;
use crate::support::selection;
use wsclose_live::implementations::{self, ImplementationOutcome, Manifest};
use wsclose_live::report::matrix as report;
use wsclose_live::run::results::{Confirmation, RunReport};

use super::live_baseline;
use super::report_dir::{GENERATED_BY, ReportDir};

/// What is written with `--out`.
const FILES: [&str; 2] = ["live.html", "live.json"];

/// Checks every peer that is installed, and shows what each breaks.
pub fn run(args: &args::Matrix, folder: &Path, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let path = folder.join("implementations.toml");
    let manifest = Manifest::read(&files::read_config(&path)?)
        .map_err(|error| FileError::Manifest { path: files::display_path(&path), error })?;
    let peers = manifest.implementations(&args.subject_args.subjects).map_err(CliError::Usage)?;
    // Commands of the manifest run in its folder, wherever this one was started.
    let folder = folder.canonicalize()?;
    let baseline = live_baseline::read(&folder)?;
    let files = args.out.as_deref().map(|path| ReportDir::open(path, FILES)).transpose()?;
    let stop = selection::interrupt_flag();
    let progress = Mutex::new(Progress::new(peers.len()));
    let mut rows = implementations::run(&peers, &folder, args.subject_args.profile, stop, &|| {
        if let Ok(mut progress) = progress.lock() {
            progress.advance();
        }
    });
    drop(progress);
    live_baseline::apply_baseline(&mut rows, &baseline);
    let mut shown = table(&["peer", "library", "version", "cases", "fails", "warns", "flaky"]);
    let (mut failed, mut untested) = (false, stop.load(Ordering::Relaxed));
    for row in &rows {
        let name = row.implementation.name.as_str();
        let library = format!("{} ({})", row.implementation.library, row.implementation.language);
        match &row.outcome {
            ImplementationOutcome::Run(run) => {
                failed |= run.fails();
                untested |= !run.is_complete();
                let numbers = [FindingStatus::Fail, FindingStatus::Warn]
                    .map(|standing| count(run, standing).to_string());
                let flaky = run
                    .rules
                    .iter()
                    .filter(|told| told.violated > 0 && told.confirmation == Confirmation::Flaky)
                    .count();
                let [fails, warns] = numbers;
                shown.add_row([
                    name,
                    &library,
                    &row.version,
                    &run.cases.len().to_string(),
                    &fails,
                    &warns,
                    &flaky.to_string(),
                ]);
            }
            ImplementationOutcome::NotInstalled(_) => {
                shown.add_row([name, &library, &row.unavailable_reason().unwrap_or_default()]);
            }
            ImplementationOutcome::Failed(why) => {
                untested = true;
                shown.add_row([name, &library, &row.version, why]);
            }
        }
    }
    write_table(out, &shown)?;
    for row in &rows {
        if let ImplementationOutcome::Run(run) = &row.outcome {
            print_violations(&row.implementation.name, run, out)?;
        }
    }
    if let Some(files) = files {
        files.write([report::page(&rows, GENERATED_BY), report::data(&rows, GENERATED_BY)], out)?;
    }
    Ok(
        match (
            failed,
            untested || rows.iter().all(|row| !matches!(row.outcome, ImplementationOutcome::Run(_))),
        ) {
            (true, _) => ExitStatus::Violation,
            (false, true) => ExitStatus::NotTested,
            (false, false) => ExitStatus::Conforms,
        },
    )
}

fn count(run: &RunReport, status: FindingStatus) -> usize {
    run.rules.iter().filter(|told| told.finding_status == Some(status)).count()
}

/// The rules that a peer breaks, each with the smallest case that shows it.
fn print_violations(name: &str, run: &RunReport, out: &mut Stdout) -> Result<(), CliError> {
    let counts = |told: &&wsclose_live::run::results::RuleResult| {
        told.violated > 0 && told.rule.level() != Level::Info
    };
    if run.rules.iter().any(|told| counts(&told)) || !run.notes.is_empty() || !run.stale.is_empty() {
        writeln!(out, "\n{name}")?;
    }
    for told in run.rules.iter().filter(counts) {
        let case = told.example.map_or("", |at| run.cases[at].name.as_str());
        let actual =
            told.example.and_then(|at| run.cases[at].violations.iter().find(|found| found.rule == told.rule));
        writeln!(
            out,
            "  {:<8} {:<36}{:<9}{} in {case}: {}",
            told.finding_status.map_or("", FindingStatus::name),
            told.rule,
            told.confirmation.name(),
            told.violated,
            actual.map_or("", |found| found.actual.as_str())
        )?;
    }
    for rule in &run.stale {
        writeln!(out, "  stale    {rule}: baseline.toml lists it, and it is kept now")?;
    }
    run.notes.iter().try_for_each(|note| writeln!(out, "  note: {note}"))?;
    Ok(())
}
