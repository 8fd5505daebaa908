//! `wsclose check`: tests a server.

use std::time::Duration;

use wsclose::protocol::role::Role;

use crate::args;
use crate::support::error::{CliError, ExitStatus};
use crate::support::live_run;
use crate::support::output::Stdout;
use crate::support::report_files::Streams;

/// Runs the command.
pub fn run(args: &args::Check, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let run_args = &args.run_args;
    let url = args.url.clone().unwrap_or_default();
    let mut check = live_run::configure(wsclose_live::check(url), run_args, Role::Server)?;
    check = check.reports_close(args.server_reports_close).keep_traces(args.reports.pcap.is_some());
    let reports = live_run::open_reports(&args.reports, run_args, args.server_log.as_deref())?;
    let mut streams = Streams::new(out, &reports);
    let only_plans = live_run::preview(&check.plan()?, run_args, streams.text())?;
    if only_plans || args.url.is_none() {
        return Ok(ExitStatus::Conforms);
    }
    check = check.source_file(live_run::source_file(&args.reports, run_args, args.exec.as_deref()));
    check = live_run::connect(check, &args.connect_args);
    if let Some(jobs) = args.jobs {
        check = check.jobs(usize::from(jobs));
    }
    if let Some(command) = &args.exec {
        check = check.exec(command);
    }
    if let Some(path) = &args.server_log {
        check = check.log(path);
    }
    if let Some(name) = &args.name {
        check = check.name(name);
    }
    if let Some(seconds) = args.timeout {
        check = check.timeout(Duration::from_secs(seconds));
    }
    if let Some(time) = run_args.fuzz {
        check = check.fuzz(time);
    }
    let report = check.run()?;
    live_run::save_generated(&report, run_args, streams.text())?;
    live_run::finish(&report, &args.output, &reports, &mut streams)
}
