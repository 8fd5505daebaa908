//! Plays random scenarios to the model, in which the judge must find no violation.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use clap::Parser;
use wsclose::model::endpoint::Model;
use wsclose::protocol::code::Profile;
use wsclose_power::conform::{self, Plan};

/// Play random scenarios to the model and report each violation that the judge finds: an error of the model or the judge.
///
/// The seed determines the scenarios. Exits with 1 if there is a violation. Ctrl-C ends the run, and the report counts the
/// scenarios that were played.
#[derive(Debug, Parser)]
#[command(name = "conform")]
struct Args {
    /// Number of scenarios.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    scenarios: u64,
    /// Seed, which determines the scenarios.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Number of threads [default: all cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let threads =
        args.jobs.map_or_else(|| thread::available_parallelism().map_or(1, usize::from), usize::from);
    let stop = Arc::new(AtomicBool::new(false));
    let on_signal = Arc::clone(&stop);
    if let Err(error) = ctrlc::set_handler(move || on_signal.store(true, Ordering::Relaxed)) {
        eprintln!("conform: cannot handle Ctrl-C: {error}");
        return ExitCode::FAILURE;
    }
    let shows_progress = std::io::stderr().is_terminal();
    let progress = |played: u64| {
        if shows_progress {
            // Without progress the run goes on, so a closed terminal is no error.
            let _ = write!(std::io::stderr(), "\r{played} of {} scenarios", args.scenarios);
        }
    };
    let began = Instant::now();
    let plan = Plan { scenarios: args.scenarios, seed: args.seed, threads };
    let outcome = conform::run(plan, &stop, || Model::new(Profile::default()), progress);
    if shows_progress {
        eprintln!();
    }
    for violation in &outcome.violations {
        println!("{violation}\n");
    }
    let conform::Outcome { played, flawed, truncated, violating, .. } = outcome;
    println!("seed {}: {played} of {} scenarios, {flawed} of them with a flaw", args.seed, args.scenarios);
    println!("{violating} with a violation, {truncated} truncated");
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{seconds:.0} s, {:.0} scenarios a second, {threads} threads",
        played as f64 / seconds.max(0.001)
    );
    if violating == 0 && played == args.scenarios { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
