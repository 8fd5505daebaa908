//! `wsclose matrix`. In come the names of peers, out come tables and, if asked for, a folder with the report:
//! which peer breaks which rule, who behaves alike, where they differ, and what each makes of every code.

mod codes_svg;
pub mod curated;
mod disagreements;
mod folder;
mod json;
mod listed;
mod live;
mod markdown;
mod results;
mod terminal;
mod work;

use std::sync::Arc;
use std::time::Duration;

use wsclose::matrix::{MatrixPlan, Scope};

use crate::args;
use crate::failure::{Exit, Failure};
use crate::out::Out;
use crate::subjects::{self, Cast};
use results::Results;
use work::{Job, Work};

/// What is written with `--out`.
const FILES: [&str; 4] = ["matrix.md", "disagreements.md", "codes.svg", "matrix.json"];

/// How long a subject that is out of time has to notice.
const GRACE: Duration = Duration::from_secs(5);

/// Plays everything, and reports.
pub fn run(args: &args::Matrix, out: &mut Out) -> Result<Exit, Failure> {
    if let Some(folder) = &args.live {
        return live::run(args, folder, out);
    }
    let profile = args.trial.profile;
    // Each job makes its subject anew, in its thread; this finds out whether it can.
    let cast = Cast::new(&args.trial.subjects, profile, wsclose_peers::all)?;
    let known = subjects::known(args.trial.known.as_deref())?;
    let folder = args.out.as_deref().map(|path| folder::Folder::open(path, FILES, args.force)).transpose()?;
    let curated = match &args.corpus {
        Some(folder) => curated::from(folder)?,
        None => curated::built_in(),
    };
    let plan = Arc::new(MatrixPlan::new(curated));
    let mut names: Vec<String> = vec![subjects::MODEL.to_owned()];
    match args.trial.subjects.as_slice() {
        [] => names.extend(cast.subjects.iter().map(|subject| subject.name().to_owned())),
        asked => names.extend_from_slice(asked),
    }
    let mut jobs: Vec<Job> = Vec::new();
    for name in names {
        if jobs.iter().all(|job| job.name != name) {
            jobs.push(Job { scope: scope(args, &name), name });
        }
    }
    let threads = match args.jobs {
        Some(jobs) => usize::from(jobs),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let patience = Duration::from_secs(args.patience);
    let work = Work { plan: plan.clone(), profile, threads, patience, grace: GRACE, make: work::make };
    let done = work.run(jobs)?;
    let results = Results::of(&plan, done, cast.not_built, &known, profile);
    terminal::print(&results, out)?;
    if let Some(folder) = folder {
        let texts = [
            markdown::page(&results),
            disagreements::page(&results),
            codes_svg::sheet(&results),
            json::text(&results),
        ];
        folder.write(texts, out)?;
    }
    Ok(results.exit())
}

/// A case over TCP costs milliseconds: a peer that needs sockets is spared the sweeps.
fn scope(args: &args::Matrix, name: &str) -> Scope {
    let sockets = wsclose_peers::IMPLEMENTATIONS.iter().any(|peer| peer.name == name && !peer.in_process);
    let scripts = !args.only_codes;
    Scope { curated: scripts, systematic: scripts && !sockets, codes: !args.no_codes && !sockets }
}
