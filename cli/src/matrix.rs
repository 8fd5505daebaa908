//! `wsclose matrix`. In come the names of peers, out come tables and, if asked for, a folder with the report:
//! which peer breaks which rule, who behaves alike, where they differ, and what each makes of every code.

mod codes_svg;
mod curated;
mod disagreements;
mod folder;
mod json;
mod markdown;
mod results;
mod terminal;
mod work;

use std::sync::Arc;
use std::time::Duration;

use wsclose::matrix::{Plan, Scope};

use crate::args;
use crate::failure::{Exit, Failure};
use crate::out::Out;
use crate::subjects::{self, Cast};
use results::Results;
use work::{Job, Work};

/// Plays everything, and reports.
pub fn run(args: &args::Matrix, out: &mut Out) -> Result<Exit, Failure> {
    let profile = args.trial.profile;
    let cast = Cast::new(&args.trial.subjects, profile, wsclose_peers::all)?;
    let known = subjects::known(args.trial.known.as_deref())?;
    let folder = args.out.as_deref().map(|path| folder::Folder::open(path, args.force)).transpose()?;
    let curated = match &args.corpus {
        Some(folder) => curated::from(folder)?,
        None => curated::built_in(),
    };
    let plan = Arc::new(Plan::new(curated));
    let job = |subject: &Box<dyn wsclose::subject::Subject>| {
        let name = subject.name().to_owned();
        Job { scope: scope(args, &name), name }
    };
    let jobs: Vec<Job> = cast.subjects.iter().map(job).collect();
    let threads = match args.jobs {
        Some(jobs) => usize::from(jobs),
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let work = Work { plan: plan.clone(), profile, threads, patience: Duration::from_secs(args.patience) };
    let done = work.run(jobs)?;
    let results = Results::of(&plan, done, cast.not_built, &known, profile);
    terminal::print(&results, out)?;
    if let Some(folder) = folder {
        folder.write(&results, out)?;
    }
    Ok(results.exit())
}

/// A case over TCP costs milliseconds: a peer that needs sockets is spared the sweeps.
fn scope(args: &args::Matrix, name: &str) -> Scope {
    let sockets = wsclose_peers::PEERS.iter().any(|peer| peer.name == name && !peer.in_process);
    let scripts = !args.only_codes;
    Scope { curated: scripts, systematic: scripts && !sockets, codes: !args.no_codes && !sockets }
}
