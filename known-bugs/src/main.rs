//! `wsclose-known-bugs [--markdown] [--show] [--scripts N] [--seconds N] [--seed N] [CRATE [AFFECTED FIXED]]`: which
//! of the known bugs wsclose finds. Exit codes: 0 all of them, and no fixed version is faulted for its rule;
//! 1 not so; 2 usage; 3 a worker could not be built or run.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "this is a command")]

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use wsclose_known_bugs::crates::{self, PACKAGE_DIR};
use wsclose_known_bugs::manifest::{Bug, Manifest};
use wsclose_known_bugs::process::{SCRIPT_TIMEOUT, Worker};
use wsclose_known_bugs::score::{Budget, FirstScripts, Score, markdown, plain};
use wsclose_known_bugs::scripts::Scripts;

const USAGE: &str = "wsclose-known-bugs [--markdown] [--show] [--scripts N] [--seconds N] [--seed N] [CRATE [AFFECTED FIXED]]";

/// What the command line says.
struct Args {
    markdown: bool,
    show: bool,
    budget: Budget,
    seed: u64,
    selection: Vec<String>,
}

impl Args {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Args, String> {
        let budget = Budget { scripts: 5_000, time: Duration::from_secs(120) };
        let mut args = Args { markdown: false, show: false, budget, seed: 1, selection: Vec::new() };
        while let Some(word) = words.next() {
            let mut number = || {
                let number = words.next().unwrap_or_default();
                number.parse::<u64>().map_err(|_| format!("{word}: expected a number, found {number:?}"))
            };
            match word.as_str() {
                "--markdown" => args.markdown = true,
                "--show" => args.show = true,
                "--scripts" => args.budget.scripts = number()? as usize,
                "--seconds" => args.budget.time = Duration::from_secs(number()?),
                "--seed" => args.seed = number()?,
                option if option.starts_with('-') => return Err(format!("no option is called {option}")),
                _ => args.selection.push(word),
            }
        }
        Ok(args)
    }
}

fn main() -> ExitCode {
    let args = match Args::parse(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(wrong) => {
            eprintln!("{wrong}\nusage: {USAGE}");
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

/// Whether every bug was found.
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
        return Err(format!("no bug of {} is listed; name two versions to compare", args.selection[0]).into());
    }
    let corpus = here.join("../corpus");
    let folders = [corpus.join("closing_handshake"), corpus.join("implementations")];
    let scripts = Scripts::read(&folders.each_ref().map(|folder| folder.as_path()), args.seed)?;
    println!(
        "seed {}; {} curated scripts, then made ones, up to {} in all, for at most {} seconds a bug",
        args.seed,
        scripts.curated_count(),
        args.budget.scripts,
        args.budget.time.as_secs()
    );
    let (mut scores, mut not_built) = (Vec::new(), 0);
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
                not_built += 1;
            }
        }
    }
    print!("{}", if args.markdown { markdown(&scores) } else { plain(&scores) });
    let found = scores.iter().filter(|score| score.found()).count();
    println!("\n{found} of {} found, and the fixed version not faulted for it", bugs.len());
    if not_built > 0 {
        return Err(format!("{not_built} could not be tried").into());
    }
    Ok(found == bugs.len())
}

/// Builds both versions and plays to them.
fn score(
    manifest: &Manifest,
    bug: &Bug,
    scripts: Scripts,
    budget: Budget,
) -> Result<Score, Box<dyn std::error::Error>> {
    let worker = |version| -> Result<Worker, Box<dyn std::error::Error>> {
        let adapter = manifest.adapter(&bug.package, version)?;
        let program = crates::build(adapter, version, manifest.lists(&bug.package, version))?;
        Ok(Worker::new(&program, SCRIPT_TIMEOUT))
    };
    let (mut affected, mut fixed) = (worker(&bug.affected)?, worker(&bug.fixed)?);
    Ok(Score::measure(bug, &mut affected, &mut fixed, scripts, budget)?)
}
