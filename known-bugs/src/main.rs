//! The command `wsclose-known-bugs`: reports which of the known bugs wsclose finds.
//!
//! Exit status: 0 if it finds every bug and no fixed version violates the same rule; 1 otherwise; 2 for a usage error; 3 if a
//! worker cannot be built or run.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "a command does I/O")]

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use wsclose_known_bugs::crates::{self, PACKAGE_DIR};
use wsclose_known_bugs::manifest::{Bug, Manifest};
use wsclose_known_bugs::power::{self, Bounds, RuleTimes};
use wsclose_known_bugs::process::{SCRIPT_TIMEOUT, Worker};
use wsclose_known_bugs::score::{Budget, FirstScripts, Score, markdown, plain};
use wsclose_known_bugs::scripts::Scripts;

const USAGE: &str = "wsclose-known-bugs [--markdown | --power TRIALS] [--show] [--scripts N] [--seconds N] [--seed N] [CRATE [AFFECTED FIXED]]";

/// The command-line arguments.
struct Args {
    markdown: bool,
    show: bool,
    /// The trials of each generator, to measure in place of one comparison.
    power: Option<u64>,
    budget: Budget,
    seed: u64,
    selection: Vec<String>,
}

impl Args {
    fn parse(mut args_left: impl Iterator<Item = String>) -> Result<Args, String> {
        let budget = Budget { scripts: 60_000, time: Duration::from_secs(120) };
        let mut args =
            Args { markdown: false, show: false, power: None, budget, seed: 1, selection: Vec::new() };
        while let Some(arg) = args_left.next() {
            let mut number = || {
                let number = args_left.next().unwrap_or_default();
                number.parse::<u64>().map_err(|_| format!("{arg}: expected a number, found {number:?}"))
            };
            match arg.as_str() {
                "--markdown" => args.markdown = true,
                "--show" => args.show = true,
                "--power" => args.power = Some(number()?.max(1)),
                "--scripts" => args.budget.scripts = number()? as usize,
                "--seconds" => args.budget.time = Duration::from_secs(number()?),
                "--seed" => args.seed = number()?,
                option if option.starts_with('-') => return Err(format!("unknown option {option}")),
                _ => args.selection.push(arg),
            }
        }
        Ok(args)
    }
}

fn main() -> ExitCode {
    let args = match Args::parse(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(error) => {
            eprintln!("{error}\nusage: {USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(3)
        }
    }
}

/// Runs the command. Returns whether every bug was found.
fn run(args: &Args) -> Result<bool, Box<dyn std::error::Error>> {
    let here = Path::new(PACKAGE_DIR);
    let manifest = Manifest::load(&std::fs::read_to_string(here.join("bugs.toml"))?)?;
    let bugs: Vec<Bug> = match args.selection.as_slice() {
        [] => manifest.bugs.clone(),
        [package, versions @ ..] => {
            let known = manifest.bugs.iter().filter(|bug| bug.package == *package);
            match versions {
                [] => known.cloned().collect(),
                [affected, fixed] => {
                    let (affected, fixed) = (affected.parse()?, fixed.parse()?);
                    let known = known.filter(|bug| bug.affected == affected && bug.fixed == fixed);
                    let found: Vec<_> = known.cloned().collect();
                    if found.is_empty() {
                        vec![Bug::unlisted(package.clone(), affected, fixed)]
                    } else {
                        found
                    }
                }
                _ => return Err(format!("usage: {USAGE}").into()),
            }
        }
    };
    if bugs.is_empty() {
        return Err(format!(
            "{}: bugs.toml lists no bug of it; name two versions to compare",
            args.selection[0]
        )
        .into());
    }
    let corpus = here.join("../corpus");
    let folders = [corpus.join("closing_handshake"), corpus.join("implementations")];
    let scripts = Scripts::read(&folders.each_ref().map(|folder| folder.as_path()), args.seed)?;
    if let Some(trials) = args.power {
        return measure_power(
            &manifest,
            &bugs,
            &scripts,
            Bounds { trials, scripts: args.budget.scripts as u64 },
        );
    }
    println!(
        "seed {}; {} curated scripts, {} scenarios, then generated scripts, {} at most; time limit {} seconds for each bug",
        args.seed,
        scripts.curated_count(),
        scripts.scenario_count(),
        args.budget.scripts,
        args.budget.time.as_secs()
    );
    let (mut scores, mut failed) = (Vec::new(), 0);
    for bug in &bugs {
        let Bug { package, affected, fixed, .. } = bug;
        match score(&manifest, bug, scripts.clone(), args.budget) {
            Ok(score) => {
                let outcome = if score.found() { "found" } else { "NOT FOUND" };
                eprintln!("{package} {affected} -> {fixed}: {outcome}");
                if args.show {
                    println!("{}", FirstScripts(&score));
                }
                scores.push(score);
            }
            Err(error) => {
                eprintln!("{package} {affected} -> {fixed}: {error}");
                failed += 1;
            }
        }
    }
    print!("{}", if args.markdown { markdown(&scores) } else { plain(&scores) });
    let found = scores.iter().filter(|score| score.found()).count();
    println!(
        "\n{found} of {} bugs found, with no violation of the same rule in the fixed version",
        bugs.len()
    );
    if failed > 0 {
        return Err(format!("{failed} bugs: building or running a worker failed; see above").into());
    }
    Ok(found == bugs.len())
}

/// Prints how soon each generator finds these bugs. Returns whether the last one finds all of them in every trial.
fn measure_power(
    manifest: &Manifest,
    bugs: &[Bug],
    scripts: &Scripts,
    bounds: Bounds,
) -> Result<bool, Box<dyn std::error::Error>> {
    println!("seeds 1 to {}; {} scripts at most in each trial\n", bounds.trials, bounds.scripts);
    let mut rows: Vec<RuleTimes> = Vec::new();
    for bug in bugs {
        let (mut affected, mut fixed) = workers(manifest, bug, power::SCRIPT_TIMEOUT)?;
        rows.extend(power::measure(bug, &mut affected, &mut fixed, scripts, bounds)?);
        eprintln!("{} {} -> {}: measured", bug.package, bug.affected, bug.fixed);
    }
    print!("{}", power::markdown(&rows));
    Ok(rows.iter().all(|row| row.times.last().is_some_and(|times| times.found() == times.trials())))
}

/// Builds both versions of a bug.
fn workers(
    manifest: &Manifest,
    bug: &Bug,
    script_timeout: Duration,
) -> Result<(Worker, Worker), Box<dyn std::error::Error>> {
    let worker = |version| -> Result<Worker, Box<dyn std::error::Error>> {
        let adapter = manifest.adapter(&bug.package, version)?;
        let program = crates::build(adapter, version, manifest.lists(&bug.package, version))?;
        Ok(Worker::new(&program, script_timeout))
    };
    Ok((worker(&bug.affected)?, worker(&bug.fixed)?))
}

/// Builds both versions and drives the scripts on them.
fn score(
    manifest: &Manifest,
    bug: &Bug,
    scripts: Scripts,
    budget: Budget,
) -> Result<Score, Box<dyn std::error::Error>> {
    let (mut affected, mut fixed) = workers(manifest, bug, SCRIPT_TIMEOUT)?;
    Ok(Score::measure(bug, &mut affected, &mut fixed, scripts, budget)?)
}
