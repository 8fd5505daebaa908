//! `wsclose serve`: tests a client, which the command starts or which connects on its own.

use std::io::Write;
use std::time::Duration;

use wsclose::protocol::role::Role;
use wsclose_live::{ClientCommand, RunningCaseServer};

use crate::args;
use crate::support::error::{CliError, ExitStatus};
use crate::support::live_run;
use crate::support::output::Stdout;
use crate::support::report_files::{ReportFiles, Streams};

/// Runs the command.
pub fn run(args: &args::Serve, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    match (&args.exec, &args.exec_stdin) {
        (Some(command), _) => run_spawned(args, ClientCommand::PerConnection(command.clone()), out),
        (None, Some(command)) => run_spawned(args, ClientCommand::UrlsOnStdin(command.clone()), out),
        (None, None) => run_loop(args, out),
    }
}

/// Tests a client that is started for the test.
fn run_spawned(args: &args::Serve, command: ClientCommand, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let source_file = live_run::source_file(&args.reports, &args.run_args, Some(command.command()));
    let mut check = live_run::configure(wsclose_live::check_client(command), &args.run_args, Role::Client)?
        .source_file(source_file)
        .reports_close(args.client_reports_close)
        .keep_traces(args.reports.pcap.is_some())
        .allow_remote(args.allow_remote);
    let reports = live_run::open_reports(&args.reports, &args.run_args, args.client_log.as_deref())?;
    let mut streams = Streams::new(out, &reports);
    if live_run::preview(&check.plan()?, &args.run_args, streams.text())? {
        return Ok(ExitStatus::Conforms);
    }
    if let Some(jobs) = args.jobs {
        check = check.jobs(usize::from(jobs));
    }
    if let Some(path) = &args.client_log {
        check = check.log(path);
    }
    if let Some(address) = args.listen {
        check = check.listen(address);
    }
    if let Some(agent) = &args.agent {
        check = check.name(agent);
    }
    if let Some(seconds) = args.timeout {
        check = check.timeout(Duration::from_secs(seconds));
    }
    if let Some(time) = args.run_args.fuzz {
        check = check.fuzz(time);
    }
    let report = check.run()?;
    live_run::save_generated(&report, &args.run_args, streams.text())?;
    live_run::finish(&report, &args.output, &reports, &mut streams)
}

/// Tests a client that connects on its own.
fn run_loop(args: &args::Serve, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let source_file = live_run::source_file(&args.reports, &args.run_args, args.exec_loop.as_deref());
    let mut check = live_run::configure(wsclose_live::check_client_loop(), &args.run_args, Role::Client)?
        .source_file(source_file)
        .keep_running(args.keep_running)
        .keep_traces(args.reports.pcap.is_some())
        .allow_remote(args.allow_remote);
    let reports = live_run::open_reports(&args.reports, &args.run_args, args.client_log.as_deref())?;
    let mut streams = Streams::new(out, &reports);
    if live_run::preview(&check.plan()?, &args.run_args, streams.text())? {
        return Ok(ExitStatus::Conforms);
    }
    if args.run_args.fuzz.is_some() {
        let why = "expected --fuzz together with --exec or --exec-stdin, found it alone: a client that connects on its \
                   own counts the cases once";
        return Err(CliError::Usage(why.to_owned()));
    }
    if let Some(path) = &args.client_log {
        check = check.log(path);
    }
    if let Some(address) = args.listen {
        check = check.listen(address);
    }
    if let Some(command) = &args.exec_loop {
        check = check.exec(command);
    }
    if let Some(agent) = &args.agent {
        check = check.agent(agent);
    }
    if let Some(seconds) = args.timeout {
        check = check.timeout(Duration::from_secs(seconds));
    }
    let mut server = check.start()?;
    writeln!(
        streams.text(),
        "listening on {}, {} cases: /getCaseCount, /runCase?case=N&agent=NAME, /updateReports?agent=NAME",
        server.url(),
        server.case_count()
    )?;
    streams.flush()?;
    let mut status = write_next_report(&mut server, &args.output, &reports, &mut streams)?;
    while args.keep_running
        && let Some(next) = write_next_report(&mut server, &args.output, &reports, &mut streams)?
    {
        status = Some(next);
    }
    Ok(status.unwrap_or(ExitStatus::NotTested))
}

/// Waits for the next report and writes it, before the client is released. `None` if no further report follows.
fn write_next_report(
    server: &mut RunningCaseServer,
    output: &args::OutputArgs,
    reports: &ReportFiles,
    streams: &mut Streams<'_>,
) -> Result<Option<ExitStatus>, CliError> {
    let Some(report) = server.next_report()? else { return Ok(None) };
    let status = live_run::finish(&report, output, reports, streams);
    streams.flush()?;
    server.release_client();
    status.map(Some)
}
