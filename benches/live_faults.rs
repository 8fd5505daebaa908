//! Checks the model with each fault over sockets, as a server and as a client, and prints which faults are found.
//!
//! ```sh
//! cargo run --release -p wsclose-benches --bin live-faults -- [OPTIONS] FILE [FAULT...]
//! ```
//!
//! FILE gets a line for each run as it finishes. A run that has a line there is not repeated, so the command goes on where
//! it was stopped, by Ctrl-C for example. The table on standard output is of all lines of FILE. Without FAULT, every fault
//! is checked. Progress is on standard error.
//!
//! - `--role server|client`: only in this role.
//! - `--jobs N`: this many runs at a time [default: 2].
//! - `--table`: run nothing, and print the table of FILE.
//!
//! The checks have the options `--strict`, `--close-command` and `--server-reports-close` or `--client-reports-close` of
//! `wsclose check` and `wsclose serve`. The endpoint is this program with the arguments of `wsclose echo`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use wsclose::model::faults::Fault;
use wsclose::protocol::role::Role;
use wsclose::rules::{Level, Rule};
use wsclose_cli::libraries::NoLibraries;
use wsclose_live::{
    ClientCommand, Confirmation, Interrupt, RuleResult, RunReport, check, check_client,
    why_fault_unobservable,
};

/// The number of clients at a time. They mostly wait, so more than the default of `serve` shorten the run.
const CLIENTS: usize = 16;

/// One run: a fault in a role.
type Key = (Fault, Role);

fn main() -> ExitCode {
    // The endpoint under test.
    if std::env::args().nth(1).is_some_and(|word| word == "echo") {
        return wsclose_cli::main(&NoLibraries);
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            eprintln!("live-faults: {what}");
            ExitCode::FAILURE
        }
    }
}

/// The command line.
struct Options {
    file: PathBuf,
    faults: Vec<Fault>,
    roles: Vec<Role>,
    jobs: usize,
    only_table: bool,
}

impl Options {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options {
            file: PathBuf::new(),
            faults: Vec::new(),
            roles: Role::ALL.to_vec(),
            jobs: 2,
            only_table: false,
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("expected a value after `{word}`"));
            match word.as_str() {
                "--role" => {
                    let name = value()?;
                    options.roles.retain(|role| role.name() == name);
                }
                "--jobs" => {
                    let jobs = value()?;
                    let expected = || format!("expected a number of runs from 1 to 64, found `{jobs}`");
                    let count = jobs.parse().ok().filter(|count| (1..=64).contains(count));
                    options.jobs = count.ok_or_else(expected)?;
                }
                "--table" => options.only_table = true,
                _ if word.starts_with('-') => return Err(format!("expected an option, found `{word}`")),
                _ if options.file.as_os_str().is_empty() => options.file = word.into(),
                _ => options.faults.push(fault(&word)?),
            }
        }
        if options.file.as_os_str().is_empty() {
            return Err("expected a file for the results, found none".to_owned());
        }
        if options.roles.is_empty() {
            return Err("expected `server` or `client` after --role".to_owned());
        }
        if options.faults.is_empty() {
            options.faults = Fault::ALL.to_vec();
        }
        Ok(options)
    }
}

fn fault(slug: &str) -> Result<Fault, String> {
    let fault = Fault::ALL.into_iter().find(|fault| fault.slug() == slug);
    fault.ok_or_else(|| format!("expected a fault of `wsclose echo --list-faults`, found `{slug}`"))
}

fn run() -> Result<(), String> {
    let options = Options::parse(std::env::args().skip(1))?;
    let mut results = read(&options.file)?;
    if !options.only_table {
        let selected =
            options.faults.iter().flat_map(|fault| options.roles.iter().map(|role| (*fault, *role)));
        let applies = |(fault, role): &Key| fault.role().is_none_or(|only| only == *role);
        let missing: Vec<Key> = selected.filter(|key| applies(key) && !results.contains_key(key)).collect();
        measure(&missing, options.jobs, &options.file)?;
        results = read(&options.file)?;
    }
    print(&results);
    Ok(())
}

/// Runs the checks of these keys, and appends a line to the file for each.
fn measure(keys: &[Key], jobs: usize, path: &Path) -> Result<(), String> {
    let cannot = |error: std::io::Error| format!("{}: {error}", path.display());
    let file = Mutex::new(OpenOptions::new().append(true).create(true).open(path).map_err(cannot)?);
    let next = AtomicUsize::new(0);
    let interrupt = Interrupt::new();
    let triggered = interrupt.clone();
    ctrlc::set_handler(move || triggered.trigger()).map_err(|error| error.to_string())?;
    let work = || -> Result<(), String> {
        while let Some((fault, role)) = keys.get(next.fetch_add(1, Ordering::Relaxed)) {
            let report = run_check(*fault, *role, &interrupt)?;
            if interrupt.is_triggered() {
                return Err("interrupted; run it again to go on".to_owned());
            }
            let outcome = Outcome::of(&report);
            let line = outcome.line(*fault, *role);
            let mut file = file.lock().map_err(|error| error.to_string())?;
            write_line(&mut file, &line).map_err(cannot)?;
            eprintln!("{line}");
        }
        Ok(())
    };
    eprintln!("{} runs", keys.len());
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|_| Err("a check panicked".to_owned())))
    })
}

/// Writes a line in one call, so that a stopped run leaves no part of it.
fn write_line(file: &mut File, line: &str) -> std::io::Result<()> {
    file.write_all(format!("{line}\n").as_bytes())
}

/// Checks the model with this fault in this role.
fn run_check(fault: Fault, role: Role, interrupt: &Interrupt) -> Result<RunReport, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let echo = format!("exec '{}' echo --fault {}", program.display(), fault.slug());
    let report = match role {
        Role::Server if fault.rule() == Rule::TlsClosedCleanly => {
            // Only a connection over TLS shows it.
            let file = |name| format!("{}/../live/tests/support/{name}", env!("CARGO_MANIFEST_DIR"));
            let (cert, key) = (file("localhost.pem"), file("localhost.key.pem"));
            let echo = format!("{echo} --listen 127.0.0.1:{{port}} --cert '{cert}' --key '{key}'");
            let server = check("wss://localhost:{port}/").ca(cert).exec(echo);
            server.reports_close(true).close_command(true).strict(true).interrupt(interrupt).run()
        }
        Role::Server => {
            let server = check("ws://127.0.0.1:{port}/").exec(format!("{echo} --listen 127.0.0.1:{{port}}"));
            server.reports_close(true).close_command(true).strict(true).interrupt(interrupt).run()
        }
        Role::Client => {
            let client = check_client(ClientCommand::UrlsOnStdin(format!("{echo} --connect -")));
            client
                .reports_close(true)
                .close_command(true)
                .strict(true)
                .interrupt(interrupt)
                .jobs(CLIENTS)
                .run()
        }
    };
    report.map_err(|error| format!("{} as a {role}: {error}", fault.slug()))
}

/// What a check found.
struct Outcome {
    /// The violated rules that a re-run confirmed, and those of level `info`.
    rules: BTreeSet<Rule>,
    /// The violated rules that no re-run confirmed.
    doubtful: BTreeSet<Rule>,
    verdict: String,
    cases: usize,
    seconds: f64,
}

impl Outcome {
    fn of(report: &RunReport) -> Outcome {
        let is_sure = |result: &RuleResult| {
            let is_confirmed = match result.confirmation {
                Confirmation::Confirmed | Confirmation::Late(_) => true,
                Confirmation::Flaky | Confirmation::Unconfirmed => false,
            };
            // Violations of this level are not re-run.
            is_confirmed || result.rule.level() == Level::Info
        };
        let findings = report.findings().into_iter().filter(|finding| is_sure(finding.result));
        let rules: BTreeSet<Rule> = findings.map(|finding| finding.result.rule).collect();
        let violated = report.rules.iter().filter(|result| result.violated > 0).map(|result| result.rule);
        Outcome {
            doubtful: violated.filter(|rule| !rules.contains(rule)).collect(),
            rules,
            verdict: report.verdict().name().to_owned(),
            cases: report.cases.len(),
            seconds: report.timing.elapsed.as_secs_f64(),
        }
    }

    /// The line of the file: fields that tabs separate.
    fn line(&self, fault: Fault, role: Role) -> String {
        let Outcome { rules, doubtful, verdict, cases, seconds } = self;
        let (rules, doubtful) = (names(rules), names(doubtful));
        format!("{}\t{role}\t{verdict}\t{cases}\t{seconds:.1}\t{rules}\t{doubtful}", fault.slug())
    }

    /// The outcome in a line, and what it is of. `None` for a fault that exists no more.
    fn parse(line: &str) -> Result<Option<(Key, Outcome)>, String> {
        let malformed = || format!("expected a line of this program, found `{line}`; remove it");
        let [slug, role, verdict, cases, seconds, rules, doubtful] = line.split('\t').collect::<Vec<_>>()[..]
        else {
            return Err(malformed());
        };
        let Ok(fault) = fault(slug) else { return Ok(None) };
        let role = Role::ALL.into_iter().find(|known| known.name() == role).ok_or_else(malformed)?;
        let outcome = Outcome {
            rules: parse_names(rules),
            doubtful: parse_names(doubtful),
            verdict: verdict.to_owned(),
            cases: cases.parse().map_err(|_| malformed())?,
            seconds: seconds.parse().map_err(|_| malformed())?,
        };
        Ok(Some(((fault, role), outcome)))
    }
}

fn names(rules: &BTreeSet<Rule>) -> String {
    rules.iter().map(|rule| rule.id()).collect::<Vec<_>>().join(" ")
}

/// The rules of these names. A rule that exists no more is left out.
fn parse_names(names: &str) -> BTreeSet<Rule> {
    names.split_whitespace().filter_map(|name| name.parse().ok()).collect()
}

/// The results in the file so far. A file that does not exist has none.
fn read(path: &Path) -> Result<BTreeMap<Key, Outcome>, String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    let lines = text.lines().map(Outcome::parse);
    let results: Result<Vec<Option<(Key, Outcome)>>, String> = lines.collect();
    Ok(results.map_err(|error| format!("{}: {error}", path.display()))?.into_iter().flatten().collect())
}

/// How a fault was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    ByItsRule,
    ByAnotherRule,
    NotShownByASocket,
    No,
}

fn found(fault: Fault, role: Role, outcome: &Outcome) -> Found {
    if outcome.rules.contains(&fault.rule()) {
        Found::ByItsRule
    } else if outcome.rules.iter().any(|rule| rule.level() != Level::Info) {
        Found::ByAnotherRule
    } else if why_fault_unobservable(fault, role).is_some() {
        Found::NotShownByASocket
    } else {
        Found::No
    }
}

fn print(results: &BTreeMap<Key, Outcome>) {
    println!("| fault | role | found | rules | verdict | cases | s |\n|---|---|---|---|---|--:|--:|");
    let mut counts: BTreeMap<(Role, Found), usize> = BTreeMap::new();
    for ((fault, role), outcome) in results {
        let found = found(*fault, *role, outcome);
        *counts.entry((*role, found)).or_default() += 1;
        let what = match found {
            Found::ByItsRule => "its rule".to_owned(),
            Found::ByAnotherRule => "another rule".to_owned(),
            Found::NotShownByASocket => {
                format!("no: {}", why_fault_unobservable(*fault, *role).unwrap_or_default())
            }
            Found::No => "NO".to_owned(),
        };
        let doubtful = names(&outcome.doubtful);
        let doubtful = if doubtful.is_empty() { doubtful } else { format!(" ({doubtful})") };
        let Outcome { verdict, cases, seconds, .. } = outcome;
        let rules = names(&outcome.rules) + &doubtful;
        println!("| {} | {role} | {what} | {rules} | {verdict} | {cases} | {seconds:.1} |", fault.slug());
    }
    println!();
    for role in Role::ALL {
        let count = |found| counts.get(&(role, found)).copied().unwrap_or_default();
        println!(
            "{role}: {} found by their rule, {} by another rule, {} that no socket shows, {} missed",
            count(Found::ByItsRule),
            count(Found::ByAnotherRule),
            count(Found::NotShownByASocket),
            count(Found::No),
        );
    }
}
