//! `wsclose matrix`. In come the names of peers, out come tables and, if asked for, a folder with the report:
//! which peer breaks which rule, who behaves alike, where they differ, and what each makes of every code.

mod codes_svg;
pub mod corpus;
mod disagreements;
mod json;
mod live;
mod live_baseline;
mod markdown;
mod report_dir;
mod results;
mod scheduler;
mod terminal;

use std::sync::Arc;
use std::time::Duration;

use wsclose::analysis::matrix::{MatrixPlan, Scope};
use wsclose::generate::vectors::TestVector;

use crate::args;
use crate::libraries::Libraries;
use crate::support::error::{CliError, ExitStatus};
use crate::support::output::Stdout;
use crate::support::subjects::{self, SubjectSet};
use results::Results;
use scheduler::{Job, Scheduler};

/// What is written with `--out`.
const FILES: [&str; 4] = ["matrix.md", "disagreements.md", "codes.svg", "matrix.json"];

/// How long a subject that is out of time has to notice.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// Plays everything, and reports.
pub fn run(
    args: &args::Matrix,
    libraries: &'static dyn Libraries,
    out: &mut Stdout,
) -> Result<ExitStatus, CliError> {
    if let Some(folder) = &args.live {
        return live::run(args, folder, out);
    }
    let profile = args.subject_args.profile;
    // Each job makes its subject anew, in its thread; this finds out whether it can.
    let cast = SubjectSet::new(libraries, &args.subject_args.subjects, profile, |_| true)?;
    let known = subjects::load_baseline(libraries, args.subject_args.baseline.as_deref())?;
    let folder = args.out.as_deref().map(|path| report_dir::ReportDir::open(path, FILES)).transpose()?;
    let curated = match &args.corpus {
        Some(folder) => corpus::from_folder(folder)?,
        None => TestVector::curated_corpus(),
    };
    let plan = Arc::new(MatrixPlan::new(curated));
    let mut names: Vec<String> = vec![subjects::MODEL.to_owned()];
    match args.subject_args.subjects.as_slice() {
        [] => names.extend(cast.subjects.iter().map(|subject| subject.name().to_owned())),
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
    let work = Scheduler {
        plan: plan.clone(),
        profile,
        threads,
        timeout,
        shutdown_grace: SHUTDOWN_GRACE,
        factory: scheduler::factory(libraries),
    };
    let done = work.run(jobs)?;
    let results = Results::of(&plan, done, cast.unavailable, &known, profile);
    terminal::print(&results, out)?;
    if let Some(folder) = folder {
        let texts = [
            markdown::page(&results, libraries),
            disagreements::page(&results),
            codes_svg::sheet(&results),
            json::text(&results),
        ];
        folder.write(texts, out)?;
    }
    Ok(results.exit())
}

/// A case over TCP costs milliseconds: a peer that needs sockets is spared the sweeps.
fn scope(args: &args::Matrix, libraries: &dyn Libraries, name: &str) -> Scope {
    let sockets = libraries.list().iter().any(|library| library.name == name && !library.in_process);
    let scripts = args.codes != args::MatrixCodes::Only;
    Scope {
        curated: scripts,
        systematic: scripts && !sockets,
        codes: args.codes != args::MatrixCodes::None && !sockets,
    }
}
