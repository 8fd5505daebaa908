//! `wsclose matrix --live`. In comes a folder with a manifest of live peers, out come a row for each server
//! and client, and the rules that each breaks.

use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use wsclose::report::FindingStatus;
use wsclose::rule::Level;

use crate::args;
use crate::choice;
use crate::failure::{Exit, Failure};
use crate::files::{self, FileError};
use crate::live::fleet::{self, Came, Manifest};
use crate::live::report::live as report;
use crate::live::run::{Run, Surety};
use crate::out::{Out, table, write_table};
use crate::progress::Progress;

use super::folder::{Folder, MARK};
use super::listed;

/// What is written with `--out`.
const FILES: [&str; 2] = ["live.html", "live.json"];

/// Checks every peer that is installed, and shows what each breaks.
pub fn run(args: &args::Matrix, folder: &Path, out: &mut Out) -> Result<Exit, Failure> {
    let path = folder.join("peers.toml");
    let octets = files::read(&path)?;
    let manifest = Manifest::read(&String::from_utf8_lossy(&octets))
        .map_err(|error| FileError::Manifest { path: files::shown(&path), error })?;
    let peers = manifest.peers(&args.trial.subjects).map_err(Failure::Usage)?;
    // Commands of the manifest run in its folder, wherever this one was started.
    let folder = folder.canonicalize()?;
    let known = listed::read(&folder)?;
    let files = args.out.as_deref().map(|path| Folder::open(path, FILES, args.force)).transpose()?;
    let stop = choice::stopper();
    let progress = Mutex::new(Progress::new(peers.len()));
    let mut rows = fleet::run(&peers, &folder, args.trial.profile, stop, &|| {
        if let Ok(mut progress) = progress.lock() {
            progress.step();
        }
    });
    drop(progress);
    listed::mark(&mut rows, &known);
    let mut shown = table(&["peer", "library", "version", "cases", "fails", "warns", "flaky"]);
    let (mut failed, mut untested) = (false, stop.load(Ordering::Relaxed));
    for row in &rows {
        let name = row.live.name.as_str();
        let library = format!("{} ({})", row.live.tested, row.live.language);
        match &row.came {
            Came::Run(run) => {
                failed |= run.fails();
                untested |= !run.is_whole();
                let numbers = [FindingStatus::Fail, FindingStatus::Warn]
                    .map(|standing| count(run, standing).to_string());
                let flaky =
                    run.rules.iter().filter(|told| told.broken > 0 && told.surety == Surety::Flaky).count();
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
            Came::NotInstalled(_) => {
                shown.add_row([name, &library, &row.absence().unwrap_or_default()]);
            }
            Came::Failed(why) => {
                untested = true;
                shown.add_row([name, &library, &row.version, why]);
            }
        }
    }
    write_table(out, &shown)?;
    for row in &rows {
        if let Came::Run(run) = &row.came {
            broken(&row.live.name, run, out)?;
        }
    }
    if let Some(files) = files {
        files.write([report::page(&rows, MARK), report::data(&rows, MARK)], out)?;
    }
    Ok(match (failed, untested || rows.iter().all(|row| !matches!(row.came, Came::Run(_)))) {
        (true, _) => Exit::Breach,
        (false, true) => Exit::Untestable,
        (false, false) => Exit::Conforms,
    })
}

fn count(run: &Run, standing: FindingStatus) -> usize {
    run.rules.iter().filter(|told| told.standing == Some(standing)).count()
}

/// The rules that a peer breaks, each with the smallest case that shows it.
fn broken(name: &str, run: &Run, out: &mut Out) -> Result<(), Failure> {
    let counts = |told: &&crate::live::run::Told| told.broken > 0 && told.rule.level() != Level::Info;
    if run.rules.iter().any(|told| counts(&told)) || !run.notes.is_empty() || !run.stale.is_empty() {
        writeln!(out, "\n{name}")?;
    }
    for told in run.rules.iter().filter(counts) {
        let case = told.example.map_or("", |at| run.cases[at].name.as_str());
        let actual =
            told.example.and_then(|at| run.cases[at].found.iter().find(|found| found.rule == told.rule));
        writeln!(
            out,
            "  {:<8} {:<36}{:<9}{} in {case}: {}",
            told.standing.map_or("", FindingStatus::name),
            told.rule,
            told.surety.name(),
            told.broken,
            actual.map_or("", |found| found.actual.as_str())
        )?;
    }
    for rule in &run.stale {
        writeln!(out, "  stale    {rule}: known.toml lists it, and it is kept now")?;
    }
    run.notes.iter().try_for_each(|note| writeln!(out, "  note: {note}"))?;
    Ok(())
}
