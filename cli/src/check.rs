//! `wsclose check`. In comes where a server is, out come a line per rule and, for every breach, what was
//! expected, what came, the timeline, and the command that repeats it.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use glob::Pattern;
use wsclose::role::Role;
use wsclose::rule::{Rule, RuleSet};

use crate::args;
use crate::failure::{Exit, Failure};
use crate::files::{self, FileError};
use crate::live::baseline;
use crate::live::cases::{Able, Case};
use crate::live::check::{self, Codes, Plan};
use crate::live::exec::{self, Process};
use crate::live::report::{Format, Reports};
use crate::live::run::{Run, quoted};
use crate::live::target::{Options, Target};
use crate::live::terminal;
use crate::out::Out;
use crate::progress::Progress;

/// How long a server that is started for the run has until it listens.
const STARTING: Duration = Duration::from_secs(60);

/// Somebody asked the run to end.
static STOP: AtomicBool = AtomicBool::new(false);

/// Makes the run, and shows it.
pub fn run(args: &args::Check, out: &mut Out) -> Result<Exit, Failure> {
    let rules = rules(&args.choice)?;
    let cases = cases(&args.choice)?;
    if args.choice.list {
        return list(rules, &cases, out);
    }
    let known = args.choice.as_known.as_deref().map_or(Ok(BTreeMap::new()), known)?;
    let reports = reports(&args.reports)?;
    let (url, process) = start(args)?;
    let target = Target::new(&url, &options(&args.reach))?;
    let all = args.choice.codes == args::CodeSweep::All;
    let timeout = args.timeout.unwrap_or(if all { 600 } else { 120 });
    let count = cases.len();
    let plan = Plan {
        server: check::server(&target, args.choice.profile, args.choice.command_close),
        cases,
        rules,
        strict: args.choice.strict,
        jobs: usize::from(args.jobs),
        deadline: Duration::from_secs(timeout),
        seed: args.choice.seed,
        known,
        command: command(args),
    };
    // Whoever has no signals to catch can still end the run the hard way.
    let _ = ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed));
    let progress = Mutex::new(Progress::new(count));
    let run = check::run(&plan, &STOP, &|| {
        if let Ok(mut progress) = progress.lock() {
            progress.step();
        }
    });
    drop(progress);
    drop(process);
    if let Some(trouble) = check::untested(&run) {
        // A report of an earlier run must not be taken for one of this.
        reports.write(&run, out)?;
        return Err(Failure::Untested { endpoint: url, why: trouble.to_string() });
    }
    terminal::write(&run, out)?;
    reports.write(&run, out)?;
    Ok(exit(&run))
}

/// How a run ends.
fn exit(run: &Run) -> Exit {
    if run.fails() {
        Exit::Breach
    } else if run.interrupted || run.cases.iter().any(|case| case.trouble.is_some()) {
        Exit::Untestable
    } else if run.stale.is_empty() {
        Exit::Conforms
    } else {
        Exit::Stale
    }
}

/// The rules that a baseline lists, and why.
fn known(path: &Path) -> Result<BTreeMap<Rule, String>, FileError> {
    let octets = files::read(path)?;
    baseline::read(&String::from_utf8_lossy(&octets))
        .map_err(|error| FileError::Baseline { path: files::shown(path), error })
}

fn reports(args: &args::Reports) -> Result<Reports, Failure> {
    let asked = [
        (Format::Json, &args.json),
        (Format::Junit, &args.junit),
        (Format::Markdown, &args.markdown),
        (Format::Html, &args.html),
        (Format::Sarif, &args.sarif),
    ];
    let wanted = asked.into_iter().filter_map(|(format, path)| Some((format, path.clone()?))).collect();
    Reports::open(wanted, args.autobahn_index.as_deref())
}

/// Starts the server, if it is for us to start.
fn start(args: &args::Check) -> Result<(String, Option<Process>), Failure> {
    let Some(command) = &args.exec else { return Ok((args.url.clone(), None)) };
    let port = exec::free_port()?;
    let mut process = Process::start(command, "port", &port.to_string())?;
    process.wait_for(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), STARTING)?;
    Ok((args.url.replace("{port}", &port.to_string()), Some(process)))
}

fn options(reach: &args::Reach) -> Options {
    Options {
        headers: reach.headers.clone(),
        subprotocols: reach.subprotocols.clone(),
        ca: reach.ca.clone(),
        insecure: reach.insecure,
        any_host: reach.i_may_test_this_host,
    }
}

fn patterns(words: &[String]) -> Result<Vec<Pattern>, Failure> {
    let read = |word: &String| {
        Pattern::new(word).map_err(|why| {
            Failure::Usage(format!("expected a name with `*` or `?` in it, found `{word}`: {why}"))
        })
    };
    words.iter().map(read).collect()
}

/// The rules that were asked for, of those that show on a socket.
fn rules(choice: &args::Choice) -> Result<RuleSet, Failure> {
    let (only, skip) = (patterns(&choice.only)?, patterns(&choice.skip)?);
    let matches = |patterns: &[Pattern], rule: Rule| {
        let sections = rule.sections().split([',', ';']).map(str::trim);
        let mut names = sections.chain([rule.id()]);
        names.any(|name| patterns.iter().any(|pattern| pattern.matches(name)))
    };
    let chosen: RuleSet = check::rules(choice.command_close)
        .iter()
        .filter(|rule| (only.is_empty() || matches(&only, *rule)) && !matches(&skip, *rule))
        .collect();
    if chosen.is_empty() {
        return Err(Failure::Usage(format!(
            "expected --only and --skip to leave a rule that shows on a socket, found none (of {}; `wsclose rules` lists them)",
            check::rules(choice.command_close).len()
        )));
    }
    Ok(chosen)
}

fn cases(choice: &args::Choice) -> Result<Vec<Case>, Failure> {
    let able = Able { role: Role::Server, commands: choice.command_close, reconnects: true };
    let codes = match choice.codes {
        args::CodeSweep::Some => Codes::Some,
        args::CodeSweep::All => Codes::All,
    };
    let mut cases = check::cases(able, codes);
    let wanted = patterns(&choice.cases)?;
    if !wanted.is_empty() {
        cases.retain(|case| wanted.iter().any(|pattern| pattern.matches(&case.name)));
    }
    if cases.is_empty() {
        return Err(Failure::Usage(
            "expected --case to match a case, found none (--list shows them)".to_owned(),
        ));
    }
    Ok(cases)
}

fn list(rules: RuleSet, cases: &[Case], out: &mut Out) -> Result<Exit, Failure> {
    writeln!(out, "{} rules", rules.len())?;
    rules.iter().try_for_each(|rule| writeln!(out, "  {rule}"))?;
    writeln!(out, "{} cases", cases.len())?;
    cases.iter().try_for_each(|case| writeln!(out, "  {}", case.name))?;
    Ok(Exit::Conforms)
}

/// The command that makes the same run.
fn command(args: &args::Check) -> String {
    let mut words = vec!["wsclose check".to_owned(), quoted(&args.url)];
    let choice = &args.choice;
    let mut option = |name: &str, value: &str| words.push(format!("--{name} {}", quoted(value)));
    if let Some(exec) = &args.exec {
        option("exec", exec);
    }
    if let Some(ca) = &args.reach.ca {
        option("ca", &ca.display().to_string());
    }
    args.reach.headers.iter().for_each(|(name, value)| option("header", &format!("{name}: {value}")));
    args.reach.subprotocols.iter().for_each(|name| option("subprotocol", name));
    if choice.profile != wsclose::code::Profile::default() {
        option("profile", &choice.profile.to_string());
    }
    if choice.codes == args::CodeSweep::All {
        option("codes", "all");
    }
    choice.only.iter().for_each(|pattern| option("only", pattern));
    choice.skip.iter().for_each(|pattern| option("skip", pattern));
    if let Some(known) = &choice.as_known {
        option("as-known", &known.display().to_string());
    }
    if choice.seed != 1 {
        option("seed", &choice.seed.to_string());
    }
    let flags = [
        ("insecure", args.reach.insecure),
        ("i-may-test-this-host", args.reach.i_may_test_this_host),
        ("command-close", choice.command_close),
        ("strict", choice.strict),
    ];
    words.extend(flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| format!("--{name}")));
    words.join(" ")
}
