//! `wsclose check`. In comes where a server is, out come a line per rule and, for every breach, what was
//! expected, what came, the timeline, and the command that repeats it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use wsclose::protocol::role::Role;

use crate::args;
use crate::support::error::{CliError, ExitStatus};
use crate::support::output::Stdout;
use crate::support::selection::{self, option};
use wsclose_live::endpoint::features::EndpointFeatures;
use wsclose_live::endpoint::process::{self, Process};
use wsclose_live::endpoint::under_test::{ConnectMode, EndpointUnderTest};
use wsclose_live::run::config::RunConfig;
use wsclose_live::run::results::shell_quote;
use wsclose_live::transport::server_target::{ServerTarget, TargetOptions};

/// How long a server that is started for the run has until it listens.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Makes the run, and shows it.
pub fn run(args: &args::Check, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let commands = args.run_args.close_command;
    let features = EndpointFeatures { role: Role::Server, close_command: commands, reconnects: true };
    let chosen = selection::read(&args.run_args, features, false)?;
    if args.run_args.list {
        return selection::list(&chosen, out);
    }
    let reports = selection::open_reports(&args.reports)?;
    let (url, mut process) = start(args)?;
    let target = ServerTarget::new(&url, &options(&args.connect_args))?;
    let all = args.run_args.codes == args::CodeSweep::All;
    let timeout = args.timeout.unwrap_or(if all { 600 } else { 120 });
    let profile = args.run_args.profile;
    let (command, again) = selection::repro_commands(repro_words(args), &args.run_args);
    let plan = RunConfig {
        under_test: EndpointUnderTest {
            mode: ConnectMode::Dial(&target),
            profile,
            close_command: commands,
            reports_close: false,
        },
        cases: chosen.cases,
        is_filtered: !args.run_args.cases.is_empty(),
        rules: chosen.rules,
        strict: args.run_args.strict,
        jobs: usize::from(args.jobs),
        timeout: Duration::from_secs(timeout) + args.run_args.fuzz.unwrap_or_default(),
        seed: args.run_args.seed,
        fuzz: args.run_args.fuzz,
        baseline: chosen.baseline,
        command,
        repro_base: again,
    };
    let mut run = selection::execute(&plan);
    if let Some(status) = process.as_mut().and_then(Process::exit_status) {
        run.notes.push(format!("the server had ended by then: {status}"));
        run.interrupted = true;
    }
    drop(process);
    selection::finish(&run, &reports, out)
}

/// Starts the server, if it is for us to start.
fn start(args: &args::Check) -> Result<(String, Option<Process>), CliError> {
    let Some(command) = &args.exec else { return Ok((args.url.clone(), None)) };
    if !args.url.contains("{port}") {
        let why = format!("expected `{{port}}` in the URL, as --exec picks a port, found {}", args.url);
        return Err(CliError::Usage(why));
    }
    let port = process::free_port()?;
    let mut process = Process::spawn(process::substitute(command, "port", &port.to_string())?)?;
    process.wait_until_listening(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), START_TIMEOUT)?;
    Ok((args.url.replace("{port}", &port.to_string()), Some(process)))
}

fn options(connect_args: &args::ConnectArgs) -> TargetOptions {
    TargetOptions {
        headers: connect_args.headers.clone(),
        subprotocols: connect_args.subprotocols.clone(),
        ca: connect_args.ca.clone(),
        insecure: connect_args.insecure,
        allow_remote: connect_args.allow_remote,
    }
}

/// The command, and the options that are its own.
fn repro_words(args: &args::Check) -> Vec<String> {
    let mut words = vec!["wsclose check".to_owned(), shell_quote(&args.url)];
    let connect_args = &args.connect_args;
    words.extend(args.exec.iter().map(|exec| option("exec", exec)));
    words.extend(connect_args.ca.iter().map(|ca| option("ca", &ca.display().to_string())));
    words.extend(
        connect_args.headers.iter().map(|(name, value)| option("header", &format!("{name}: {value}"))),
    );
    words.extend(connect_args.subprotocols.iter().map(|name| option("subprotocol", name)));
    let flags = [("insecure", connect_args.insecure), ("allow-remote", connect_args.allow_remote)];
    words.extend(flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| format!("--{name}")));
    words
}
