//! What `check` and `serve` share: their options, their reports, and how they exit.

use std::io::Write;
use std::path::Path;

use wsclose::protocol::role::Role;
use wsclose_live::report::Format;
use wsclose_live::{Baseline, Check, Codes, Plan, RunReport, ServerCheck};

use crate::args;
use crate::support::baseline_file::BaselineFile;
use crate::support::error::{CliError, ExitStatus};
use crate::support::files::{self, FileError};
use crate::support::interrupt;
use crate::support::output::Stdout;
use crate::support::progress;
use crate::support::report_files::{Content, ReportFiles, Streams};
use crate::support::tips;
use crate::support::user_scripts;

/// Applies the options that both commands have to a check of an endpoint of this role. Signals end the run early, and standard error shows its progress.
pub fn configure<E>(mut check: Check<E>, run_args: &args::RunArgs, role: Role) -> Result<Check<E>, CliError> {
    check = user_scripts::add(check, &run_args.scripts, role)?;
    for pattern in &run_args.only {
        check = check.only(pattern);
    }
    for pattern in &run_args.skip {
        check = check.skip(pattern);
    }
    for pattern in &run_args.cases {
        check = check.case(pattern);
    }
    for pattern in &run_args.show {
        check = check.show(pattern);
    }
    let written = run_args.write_baseline.as_ref().filter(|path| path.exists());
    if let Some(path) = run_args.baseline.as_ref().or(written) {
        check = check.baseline(read_baseline(path)?);
    }
    if let Some(tick) = run_args.tick {
        check = check.tick(tick);
    }
    let codes = match run_args.codes {
        args::CodeSweep::Some => Codes::Some,
        args::CodeSweep::All => Codes::All,
    };
    Ok(check
        .codes(codes)
        .thorough(run_args.thorough)
        .close_command(run_args.close_command)
        .strict(run_args.strict)
        .profile(run_args.profile)
        .seed(run_args.seed)
        .interrupt(interrupt::on_signal())
        .on_event(progress::listener()))
}

/// Applies the options that say how to connect to a server.
pub fn connect(mut check: ServerCheck, args: &args::ConnectArgs) -> ServerCheck {
    check = check.insecure(args.insecure).allow_remote(args.allow_remote);
    for (name, value) in &args.headers {
        check = check.header(name, value);
    }
    for name in &args.subprotocols {
        check = check.subprotocol(name);
    }
    match &args.ca {
        Some(path) => check.ca(path),
        None => check,
    }
}

/// The file of the repository to which code scanning attaches findings. GitHub requires one, and an endpoint is none. So
/// it is the program that the command starts, as far as the command names a file, or else the baseline.
pub fn source_file(reports: &args::ReportArgs, run_args: &args::RunArgs, command: Option<&str>) -> String {
    let is_in_repository = |word: &&str| {
        let path = Path::new(word);
        path.is_relative() && !word.starts_with("..") && path.is_file()
    };
    let program = command.and_then(|command| command.split_whitespace().find(is_in_repository));
    let baseline = run_args.baseline.as_deref().and_then(Path::to_str).filter(is_in_repository);
    let file = reports.sarif_file.as_deref().or(program).or(baseline).unwrap_or("README.md");
    file.strip_prefix("./").unwrap_or(file).replace('\\', "/")
}

/// Reads the baseline of an endpoint.
fn read_baseline(path: &Path) -> Result<Baseline, FileError> {
    let baseline = Baseline::parse(&files::read_config(path)?)
        .map_err(|error| FileError::Baseline { path: files::display_path(path), error })?;
    Ok(baseline.with_path(path))
}

/// Checks the paths of the reports and of the baseline, and that none of these and of the log are the same.
pub fn open_reports(
    args: &args::ReportArgs,
    run_args: &args::RunArgs,
    log: Option<&Path>,
) -> Result<ReportFiles, CliError> {
    let baseline = run_args.write_baseline.as_deref().map(BaselineFile::open).transpose()?;
    if let (Some(baseline), Some(log)) = (&baseline, log) {
        baseline.refuse(log)?;
    }
    let report_options = [
        (Content::Text(Format::Json), &args.json),
        (Content::Text(Format::Junit), &args.junit),
        (Content::Text(Format::Markdown), &args.markdown),
        (Content::Text(Format::Html), &args.html),
        (Content::Text(Format::Sarif), &args.sarif),
        (Content::Pcap, &args.pcap),
    ];
    let requested =
        report_options.into_iter().filter_map(|(content, path)| Some((content, path.clone()?))).collect();
    let others: Vec<&Path> = run_args.write_baseline.as_deref().into_iter().chain(log).collect();
    ReportFiles::open(requested, args.autobahn_index.as_deref(), &others, baseline)
}

/// Writes and prints the rules and cases of a run, as far as the options request it. Returns whether that was all.
pub fn preview(plan: &Plan, run_args: &args::RunArgs, out: &mut Stdout) -> Result<bool, CliError> {
    if let Some(folder) = &run_args.save_cases {
        user_scripts::save(&plan.cases, folder, out)?;
    }
    if run_args.list {
        list(plan, out)?;
    }
    Ok(run_args.list)
}

/// Writes the cases that the run generated and minimized, next to those that were written before it.
pub fn save_generated(
    report: &RunReport,
    run_args: &args::RunArgs,
    out: &mut Stdout,
) -> Result<(), CliError> {
    let (Some(folder), Some(_)) = (&run_args.save_cases, run_args.fuzz) else { return Ok(()) };
    user_scripts::save_generated(&report.cases, folder, out)
}

/// Prints the rules and cases of a run.
fn list(plan: &Plan, out: &mut Stdout) -> Result<(), CliError> {
    writeln!(out, "{} rules", plan.rules.len())?;
    plan.rules.iter().try_for_each(|rule| writeln!(out, "  {rule}"))?;
    writeln!(out, "{} cases", plan.cases.len())?;
    plan.cases.iter().try_for_each(|case| writeln!(out, "  {}", case.name))?;
    plan.notes.iter().try_for_each(|note| writeln!(out, "{note}"))?;
    Ok(())
}

/// Prints a report, and writes it to the files.
pub fn finish(
    report: &RunReport,
    output: &args::OutputArgs,
    files: &ReportFiles,
    streams: &mut Streams<'_>,
) -> Result<ExitStatus, CliError> {
    if let Some(error) = report.fatal_error() {
        // The files are written all the same: those of an earlier run would pass for the result of this one.
        files.write(report, streams)?;
        let notes = report.notes.iter().map(|note| format!("\nnote: {note}"));
        let step = tips::next_step(error).map_or(String::new(), |step| format!("\nnext: {step}"));
        let why = format!("{error}{}{step}", notes.collect::<String>());
        return Err(CliError::NotTested { endpoint: report.endpoint.clone(), why });
    }
    let is_colored = match output.color {
        args::Color::Auto => streams.shows_colors(),
        args::Color::Always => true,
        args::Color::Never => false,
    };
    let text = report.text().verbose(output.verbose).colored(is_colored);
    if output.quiet {
        writeln!(streams.text(), "{}", text.verdict())?;
    } else {
        write!(streams.text(), "{text}")?;
    }
    files.write(report, streams)?;
    let status = files.write_baseline(report, streams)?;
    streams.flush()?;
    Ok(status.into())
}
