//! `wsclose matrix`: runs every script against every subject, and reports the rules that each violates, the subjects
//! that behave alike, their differences, and the reaction to every close code.

mod codes_svg;
pub mod corpus;
mod disagreements;
mod json;
mod live;
mod live_baseline;
mod markdown;
mod new_baseline;
mod results;
mod scheduler;
mod terminal;

use std::sync::Arc;
use std::time::Duration;

use wsclose::analysis::matrix::{MatrixPlan, Scope};
use wsclose::generate::vectors::TestVector;
use wsclose::scenario::Strength;

use crate::args;
use crate::libraries::Libraries;
use crate::support::baseline_file::BaselineFile;
use crate::support::error::{CliError, ExitStatus};
use crate::support::output::Stdout;
use crate::support::report_dir::ReportWriter;
use crate::support::subjects::{self, SubjectSet};
use results::Results;
use scheduler::{Job, Scheduler};

/// The files that `--out` writes.
const FILES: [&str; 4] = ["matrix.md", "disagreements.md", "codes.svg", "matrix.json"];

/// How long a subject has to return after its time limit.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// Runs everything and reports it.
pub fn run(
    args: &args::Matrix,
    libraries: &'static dyn Libraries,
    out: &mut Stdout,
) -> Result<ExitStatus, CliError> {
    if let Some(folder) = &args.live {
        return live::run(args, folder, out);
    }
    let profile = args.subject_args.profile;
    // Each job makes its own subject in its thread. This one reports the names that do not exist.
    let subject_set = SubjectSet::new(libraries, &args.subject_args.subjects, profile, |_| true)?;
    let written = args.write_baseline.as_deref().map(BaselineFile::open).transpose()?;
    let path = args.write_baseline.as_deref().filter(|path| path.exists());
    let path = path.or(args.subject_args.baseline.as_deref());
    let baseline = subjects::load_baseline(libraries, path)?;
    let folder = args.out.as_deref().map(|path| ReportWriter::in_folder(path, &FILES)).transpose()?;
    let curated = match &args.corpus {
        Some(folder) => corpus::from_folder(folder)?,
        None => TestVector::curated_corpus(),
    };
    let plan = MatrixPlan::new(curated);
    let plan = Arc::new(match strength(args) {
        Some(strength) => plan.with_scenarios(strength),
        None => plan,
    });
    let mut names: Vec<String> = vec![subjects::MODEL.to_owned()];
    match args.subject_args.subjects.as_slice() {
        [] => names.extend(subject_set.subjects.iter().map(|subject| subject.name().to_owned())),
        requested => names.extend_from_slice(requested),
    }
    let mut jobs: Vec<Job> = Vec::new();
    for name in names {
        if jobs.iter().all(|job| job.name != name) {
            jobs.push(Job { scope: scope(args, libraries, &name), name });
        }
    }
    let threads = match args.jobs {
        Some(jobs) => usize::from(jobs),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let timeout = Duration::from_secs(args.timeout);
    let scheduler = Scheduler {
        plan: plan.clone(),
        profile,
        threads,
        timeout,
        shutdown_grace: SHUTDOWN_GRACE,
        factory: scheduler::factory(libraries),
    };
    let done = scheduler.run(jobs)?;
    let results = Results::of(&plan, done, subject_set.unavailable, &baseline, profile);
    terminal::print(&results, out)?;
    if let Some(folder) = folder {
        let texts = [
            markdown::page(&results, libraries),
            disagreements::page(&results),
            codes_svg::sheet(&results),
            json::text(&results, libraries),
        ];
        folder.write(texts, out)?;
    }
    let status = match written {
        Some(file) => {
            let is_whole = args.corpus.is_none()
                && args.codes == args::MatrixCodes::All
                && args.scenarios == args::MatrixScenarios::Triples;
            file.write(&new_baseline::update(&results, file.known(), is_whole), results.status_of_run(), out)?
        }
        None => results.status_of_run(),
    };
    Ok(status.into())
}

/// The scenarios of the run.
fn strength(args: &args::Matrix) -> Option<Strength> {
    let chosen = match args.scenarios {
        args::MatrixScenarios::None => None,
        args::MatrixScenarios::Pairs => Some(Strength::Pairs),
        args::MatrixScenarios::Triples => Some(Strength::Triples),
    };
    chosen.filter(|_| args.codes != args::MatrixCodes::Only)
}

/// The scripts for a subject. A script over TCP takes milliseconds, so a library that needs sockets runs no sweeps.
fn scope(args: &args::Matrix, libraries: &dyn Libraries, name: &str) -> Scope {
    let sockets = libraries.list().iter().any(|library| library.name == name && !library.in_process);
    let scripts = args.codes != args::MatrixCodes::Only;
    Scope {
        curated: scripts,
        systematic: scripts && !sockets,
        codes: args.codes != args::MatrixCodes::None && !sockets,
    }
}
