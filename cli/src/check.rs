//! `wsclose check`. In comes where a server is, out come a line per rule and, for every breach, what was
//! expected, what came, the timeline, and the command that repeats it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use wsclose::role::Role;

use crate::args;
use crate::choice::{self, option};
use crate::failure::{Exit, Failure};
use crate::live::cases::Able;
use crate::live::check::Plan;
use crate::live::exec::{self, Process};
use crate::live::run::quoted;
use crate::live::target::{Options, Target};
use crate::live::tested::{Tested, Way};
use crate::out::Out;

/// How long a server that is started for the run has until it listens.
const STARTING: Duration = Duration::from_secs(60);

/// Makes the run, and shows it.
pub fn run(args: &args::Check, out: &mut Out) -> Result<Exit, Failure> {
    let commands = args.choice.command_close;
    let able = Able { role: Role::Server, commands, reconnects: true };
    let chosen = choice::read(&args.choice, able, false)?;
    if args.choice.list {
        return choice::list(&chosen, out);
    }
    let reports = choice::reports(&args.reports)?;
    let (url, mut process) = start(args)?;
    let target = Target::new(&url, &options(&args.reach))?;
    let all = args.choice.codes == args::CodeSweep::All;
    let timeout = args.timeout.unwrap_or(if all { 600 } else { 120 });
    let profile = args.choice.profile;
    let (command, again) = choice::commands(words(args), &args.choice);
    let plan = Plan {
        tested: Tested { way: Way::Dial(&target), profile, commands, tells: false },
        cases: chosen.cases,
        some_cases: !args.choice.cases.is_empty(),
        rules: chosen.rules,
        strict: args.choice.strict,
        jobs: usize::from(args.jobs),
        deadline: Duration::from_secs(timeout) + args.choice.fuzz.unwrap_or_default(),
        seed: args.choice.seed,
        fuzz: args.choice.fuzz,
        known: chosen.known,
        command,
        again,
    };
    let mut run = choice::make(&plan);
    if let Some(status) = process.as_mut().and_then(Process::ended) {
        run.notes.push(format!("the server had ended by then: {status}"));
        run.interrupted = true;
    }
    drop(process);
    choice::finish(&run, &reports, out)
}

/// Starts the server, if it is for us to start.
fn start(args: &args::Check) -> Result<(String, Option<Process>), Failure> {
    let Some(command) = &args.exec else { return Ok((args.url.clone(), None)) };
    if !args.url.contains("{port}") {
        let why = format!("expected `{{port}}` in the URL, as --exec picks a port, found {}", args.url);
        return Err(Failure::Usage(why));
    }
    let port = exec::free_port()?;
    let mut process = Process::start(exec::filled(command, "port", &port.to_string())?)?;
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

/// The command, and the options that are its own.
fn words(args: &args::Check) -> Vec<String> {
    let mut words = vec!["wsclose check".to_owned(), quoted(&args.url)];
    let reach = &args.reach;
    words.extend(args.exec.iter().map(|exec| option("exec", exec)));
    words.extend(reach.ca.iter().map(|ca| option("ca", &ca.display().to_string())));
    words.extend(reach.headers.iter().map(|(name, value)| option("header", &format!("{name}: {value}"))));
    words.extend(reach.subprotocols.iter().map(|name| option("subprotocol", name)));
    let flags = [("insecure", reach.insecure), ("i-may-test-this-host", reach.i_may_test_this_host)];
    words.extend(flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| format!("--{name}")));
    words
}
