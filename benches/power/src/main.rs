//! Runs the trials that are missing and writes `docs/power.md`.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use clap::Parser;
use wsclose::model::faults::Fault;
use wsclose_power::report::{Report, Setup};
use wsclose_power::result::TrialResult;
use wsclose_power::strategy::{STRATEGIES, Strategy};
use wsclose_power::table::Table;
use wsclose_power::trial::{self, Workspace};

/// The exit code of a run that Ctrl-C ended: 128 plus the number of SIGINT.
const INTERRUPTED: u8 = 130;

/// Measure how soon each strategy finds the planted faults.
///
/// Trials that are in the folder of results are not run again. Ctrl-C ends the run, the trials that are done stay, and the
/// next run goes on from there.
#[derive(Debug, Parser)]
struct Args {
    /// Trials of each strategy. Trial n has seed n.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    trials: u64,
    /// Executions of each trial.
    #[arg(long, value_name = "N", default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1..))]
    executions: u64,
    /// Trials that run at the same time. Each needs two cores at most [default: half of the cores].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    jobs: Option<u64>,
    /// Strategies to run [default: all].
    #[arg(long = "strategy", value_name = "NAME", value_parser = strategy)]
    strategies: Vec<&'static Strategy>,
    /// Folder of results [default: target/power in the repository].
    #[arg(long, value_name = "DIR")]
    results: Option<PathBuf>,
    /// Write the page here, and its numbers next to it with the extension `csv`.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Run no trial: write the page from the results that are there.
    #[arg(long)]
    report_only: bool,
}

fn strategy(name: &str) -> Result<&'static Strategy, String> {
    STRATEGIES.iter().find(|strategy| strategy.name == name).ok_or_else(|| {
        let names: Vec<&str> = STRATEGIES.iter().map(|strategy| strategy.name).collect();
        format!("expected one of {}", names.join(", "))
    })
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(code) => code,
        Err(what) => {
            eprintln!("power: {what}");
            ExitCode::FAILURE
        }
    }
}

/// A trial to run.
type Job = (&'static Strategy, u64);

fn run(args: Args) -> Result<ExitCode, String> {
    let workspace = Workspace::find()?;
    let folder = args.results.clone().unwrap_or_else(|| workspace.root().join("target/power"));
    let strategies: Vec<&Strategy> =
        if args.strategies.is_empty() { STRATEGIES.iter().collect() } else { args.strategies.clone() };
    let slugs = Fault::ALL.map(Fault::slug);
    // One trial of every strategy before the second of any, so that an interrupted run compares all of them.
    let mut jobs: VecDeque<Job> = VecDeque::new();
    for seed in 1..=args.trials {
        for strategy in &strategies {
            let stored = TrialResult::load(&folder, strategy.name, seed)?;
            if stored.is_none_or(|result| !result.covers(args.executions, &slugs)) {
                jobs.push_back((strategy, seed));
            }
        }
    }
    let stop = Arc::new(AtomicBool::new(false));
    let mut is_complete = true;
    if !args.report_only && !jobs.is_empty() {
        for strategy in &strategies {
            if jobs.iter().any(|(needed, _)| needed == strategy) {
                workspace.build(strategy)?;
            }
        }
        let on_signal = Arc::clone(&stop);
        ctrlc::set_handler(move || on_signal.store(true, Ordering::Relaxed))
            .map_err(|error| format!("cannot handle Ctrl-C: {error}"))?;
        is_complete = run_jobs(&workspace, &args, &folder, jobs, &stop)?;
    }
    if stop.load(Ordering::Relaxed) {
        eprintln!("power: interrupted; run the same command again to go on");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    write_page(&workspace, &args, &folder, &slugs)?;
    Ok(if is_complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the jobs and stores their results. Returns false if a fuzzer failed; the other trials run nevertheless.
fn run_jobs(
    workspace: &Workspace,
    args: &Args,
    folder: &Path,
    jobs: VecDeque<Job>,
    stop: &AtomicBool,
) -> Result<bool, String> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let workers = args.jobs.map_or((cores / 2).max(1), |jobs| usize::try_from(jobs).unwrap_or(1));
    let total = jobs.len();
    let queue = Mutex::new(jobs);
    let next = || queue.lock().ok().and_then(|mut queue| Some((queue.pop_front()?, total - queue.len())));
    let work = || -> Result<bool, String> {
        let mut is_complete = true;
        while let Some(((strategy, seed), number)) = next() {
            match trial::run(workspace, strategy, seed, args.executions, stop) {
                Ok(None) => break,
                Ok(Some(result)) => {
                    result.store(folder)?;
                    let found = result.faults.iter().filter(|(_, found)| found.own_rule.is_some()).count();
                    eprintln!(
                        "{number}/{total} {}, seed {seed}: {found} of {} faults in {} executions",
                        strategy.name,
                        result.faults.len(),
                        args.executions
                    );
                }
                Err(what) => {
                    eprintln!("power: {}: {what}", strategy.name);
                    is_complete = false;
                }
            }
        }
        Ok(is_complete)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let mut is_complete = true;
        for thread in threads {
            is_complete &= thread.join().map_err(|_| "a trial panicked".to_owned())??;
        }
        Ok(is_complete)
    })
}

/// Writes the page, or prints it if no file is named.
fn write_page(workspace: &Workspace, args: &Args, folder: &Path, slugs: &[&str]) -> Result<(), String> {
    let mut results = Vec::new();
    for strategy in STRATEGIES {
        for seed in 1..=args.trials {
            let stored = TrialResult::load(folder, strategy.name, seed)?;
            results.extend(stored.filter(|result| result.covers(args.executions, slugs)));
        }
    }
    let command = format!(
        "cargo run --release -p wsclose-power -- --trials {} --executions {} --markdown docs/power.md",
        args.trials, args.executions
    );
    let table = Table::new(args.executions, &results)?;
    let report = Report::new(&table, Setup { command, machine: machine(workspace) });
    let Some(path) = &args.markdown else {
        print!("{}", report.markdown());
        return Ok(());
    };
    let write = |path: &Path, text: String| {
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    write(path, report.markdown())?;
    write(&path.with_extension("csv"), report.csv())
}

/// The processor and the versions of the tools.
fn machine(workspace: &Workspace) -> Vec<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(": ")?.1.to_owned())
    });
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let version = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    let processor = format!("{cores} cores, {}", cpu.unwrap_or_else(|| "of an unknown processor".to_owned()));
    let tools = [version("rustc", &["-V"]), version("cargo", &["fuzz", "--version"])];
    let repeats = if workspace.fixes_addresses() {
        "The same build and seed repeat a trial of a generator. \
         libFuzzer's trials may differ a little, although they run without address space layout randomization."
    } else {
        "The same build and seed repeat a trial of a generator. libFuzzer's trials differ a little with the addresses."
    };
    [format!("Machine: {processor}."), repeats.to_owned()]
        .into_iter()
        .chain(std::iter::once(format!(
            "Tools: {}.",
            tools.into_iter().flatten().collect::<Vec<_>>().join(", ")
        )))
        .collect()
}
