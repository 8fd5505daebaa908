//! What `check` and `serve` have in common. In come the options of a run, out come its rules, cases, baseline and
//! reports, the words that repeat it, and how it ends.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use glob::Pattern;
use wsclose::rules::{Rule, RuleSet};

use crate::args;
use crate::support::error::{CliError, ExitStatus};
use crate::support::files::{self, FileError};
use crate::support::output::Stdout;
use crate::support::progress::Progress;
use crate::support::report_files::ReportFiles;
use crate::support::terminal;
use wsclose_live::baseline;
use wsclose_live::endpoint::features::EndpointFeatures;
use wsclose_live::endpoint::under_test;
use wsclose_live::report::Format;
use wsclose_live::run::cases::Case;
use wsclose_live::run::config::{Codes, RunConfig};
use wsclose_live::run::engine;
use wsclose_live::run::generate::CaseGenerator;
use wsclose_live::run::results::{RunReport, shell_quote};

/// What a run is to do.
pub struct Selection {
    /// The rules that are looked at.
    pub rules: RuleSet,
    /// The cases that are played.
    pub cases: Vec<Case>,
    /// The rules that are known to be broken, and why.
    pub baseline: BTreeMap<Rule, String>,
}

/// Reads the options that say what is tested, on an endpoint that is able to do so much, and whose program may tell
/// how it closed.
pub fn read(
    run_args: &args::RunArgs,
    features: EndpointFeatures,
    reports_close: bool,
) -> Result<Selection, CliError> {
    let rules =
        select_rules(run_args, under_test::capabilities(features.close_command, reports_close).rules())?;
    let baseline = run_args.baseline.as_deref().map_or(Ok(BTreeMap::new()), load_baseline)?;
    Ok(Selection { rules, cases: select_cases(run_args, features)?, baseline })
}

/// Somebody asked the run to end.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on a signal to end sets the value that is returned: what has been found is kept.
pub fn interrupt_flag() -> &'static AtomicBool {
    // Whoever has no signals to catch can still end the run the hard way.
    let _ = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed));
    &INTERRUPTED
}

/// Makes a run, and says meanwhile how far it is.
pub fn execute(plan: &RunConfig<'_>) -> RunReport {
    let progress = Mutex::new(Progress::new(plan.cases.len()));
    engine::run(plan, interrupt_flag(), &|| {
        if let Ok(mut progress) = progress.lock() {
            progress.advance();
        }
    })
}

/// Shows a run and writes its reports.
pub fn finish(run: &RunReport, reports: &ReportFiles, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    if let Some(trouble) = engine::first_error(run) {
        // A report of an earlier run must not be taken for one of this.
        reports.write(run, out)?;
        return Err(CliError::NotTested { endpoint: run.endpoint.clone(), why: trouble.to_string() });
    }
    terminal::write(run, out)?;
    reports.write(run, out)?;
    Ok(exit_status(run))
}

/// How a run ends.
fn exit_status(run: &RunReport) -> ExitStatus {
    if run.fails() {
        ExitStatus::Violation
    } else if !run.is_complete() {
        ExitStatus::NotTested
    } else if run.stale.is_empty() {
        ExitStatus::Conforms
    } else {
        ExitStatus::Stale
    }
}

/// The rules that a baseline lists, and why.
fn load_baseline(path: &Path) -> Result<BTreeMap<Rule, String>, FileError> {
    baseline::read(&files::read_config(path)?)
        .map_err(|error| FileError::Baseline { path: files::display_path(path), error })
}

/// Finds out where reports go.
pub fn open_reports(args: &args::ReportArgs) -> Result<ReportFiles, CliError> {
    let report_options = [
        (Format::Json, &args.json),
        (Format::Junit, &args.junit),
        (Format::Markdown, &args.markdown),
        (Format::Html, &args.html),
        (Format::Sarif, &args.sarif),
    ];
    let requested =
        report_options.into_iter().filter_map(|(format, path)| Some((format, path.clone()?))).collect();
    ReportFiles::open(requested, args.autobahn_index.as_deref())
}

fn parse_patterns(words: &[String]) -> Result<Vec<Pattern>, CliError> {
    let read = |word: &String| {
        Pattern::new(word).map_err(|why| {
            CliError::Usage(format!("expected a name with `*` or `?` in it, found `{word}`: {why}"))
        })
    };
    words.iter().map(read).collect()
}

/// The rules that were asked for, of those that show on a socket.
fn select_rules(run_args: &args::RunArgs, all: RuleSet) -> Result<RuleSet, CliError> {
    let (only, skip) = (parse_patterns(&run_args.only)?, parse_patterns(&run_args.skip)?);
    let matches = |patterns: &[Pattern], rule: Rule| {
        let sections = rule.sections().split([',', ';']).map(str::trim);
        let mut names = sections.chain([rule.id()]);
        names.any(|name| patterns.iter().any(|pattern| pattern.matches(name)))
    };
    let chosen: RuleSet = all
        .iter()
        .filter(|rule| (only.is_empty() || matches(&only, *rule)) && !matches(&skip, *rule))
        .collect();
    if chosen.is_empty() {
        return Err(CliError::Usage(format!(
            "expected --only and --skip to leave a rule that shows on a socket, found none (of {}; `wsclose rules` lists them, and `*` stands for anything, as in `7.4*`)",
            all.len()
        )));
    }
    Ok(chosen)
}

fn select_cases(run_args: &args::RunArgs, features: EndpointFeatures) -> Result<Vec<Case>, CliError> {
    let codes = match run_args.codes {
        args::CodeSweep::Some => Codes::Some,
        args::CodeSweep::All => Codes::All,
    };
    let mut cases = engine::cases(features, codes);
    let case_patterns = parse_patterns(&run_args.cases)?;
    if !case_patterns.is_empty() {
        cases.retain(|case| case_patterns.iter().any(|pattern| pattern.matches(&case.name)));
        let breeder = CaseGenerator::new(features);
        cases.extend(run_args.cases.iter().filter_map(|name| breeder.by_name(name)));
    }
    // Whether it answers at all is asked in every run.
    let liveness = features.liveness().name;
    if cases.is_empty() && !case_patterns.iter().any(|pattern| pattern.matches(&liveness)) {
        return Err(CliError::Usage(
            "expected --case to match a case, found none (--list shows them)".to_owned(),
        ));
    }
    Ok(cases)
}

/// Shows what would be tested.
pub fn list(chosen: &Selection, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    writeln!(out, "{} rules", chosen.rules.len())?;
    chosen.rules.iter().try_for_each(|rule| writeln!(out, "  {rule}"))?;
    writeln!(out, "{} cases", chosen.cases.len())?;
    chosen.cases.iter().try_for_each(|case| writeln!(out, "  {}", case.name))?;
    Ok(ExitStatus::Conforms)
}

/// An option as a word of a command.
pub fn option(name: &str, value: &str) -> String {
    format!("--{name} {}", shell_quote(value))
}

/// The words of a command with those of the options that it shares with others: what makes the same run, and, without
/// making new scripts, what a case of it is played again with.
pub fn repro_commands(mut own: Vec<String>, run_args: &args::RunArgs) -> (String, String) {
    own.extend(repro_options(run_args));
    let again = own.join(" ");
    let fuzz = run_args.fuzz.map(|time| format!(" --fuzz {}s", time.as_secs()));
    (again.clone() + &fuzz.unwrap_or_default(), again)
}

/// The options that differ from their defaults, but for the names of reports.
fn repro_options(run_args: &args::RunArgs) -> Vec<String> {
    let mut words = Vec::new();
    if run_args.profile != wsclose::protocol::code::Profile::default() {
        words.push(option("profile", &run_args.profile.to_string()));
    }
    if run_args.codes == args::CodeSweep::All {
        words.push(option("codes", "all"));
    }
    words.extend(run_args.only.iter().map(|pattern| option("only", pattern)));
    words.extend(run_args.skip.iter().map(|pattern| option("skip", pattern)));
    if let Some(known) = &run_args.baseline {
        words.push(option("baseline", &known.display().to_string()));
    }
    if run_args.seed != 1 {
        words.push(option("seed", &run_args.seed.to_string()));
    }
    let flags = [("close-command", run_args.close_command), ("strict", run_args.strict)];
    words.extend(flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| format!("--{name}")));
    words
}
