//! `wsclose replay`: runs scripts against subjects. Prints a report for a file and a table for a folder.

use std::io::Write;
use std::path::{Path, PathBuf};

use wsclose::analysis::baseline::Baseline;
use wsclose::analysis::report::{Report, Summary, Tally};
use wsclose::analysis::status::RunStatus;
use wsclose::harness::Limits;
use wsclose::protocol::role::Role;
use wsclose::script::corpus;

use crate::args;
use crate::libraries::Libraries;
use crate::support::error::{CliError, ExitStatus};
use crate::support::files::{self, FileError};
use crate::support::output::{Stdout, eprint_error, table, write_table};
use crate::support::pcap_file::ReplayedPackets;
use crate::support::progress::Progress;
use crate::support::report_dir::ReportWriter;
use crate::support::runner::{PanicInfo, ScriptRunner};
use crate::support::scripts::{self, LoadedScript};
use crate::support::subjects::{self, SubjectSet};

/// Runs every file and folder of the command line.
pub fn run(
    args: &args::Replay,
    libraries: &'static dyn Libraries,
    out: &mut Stdout,
) -> Result<ExitStatus, CliError> {
    let subject_set =
        SubjectSet::new(libraries, &args.subject_args.subjects, args.subject_args.profile, |_| true)?;
    let baseline = subjects::load_baseline(libraries, args.subject_args.baseline.as_deref())?;
    let runner = ScriptRunner::new(args.subject_args.profile);
    let writer = args.pcap.as_ref().map(|path| ReportWriter::new(vec![path.clone()])).transpose()?;
    let pcap = writer.is_some().then(ReplayedPackets::default);
    let mut replay = Replay { args, subject_set, baseline, runner, pcap, has_violation: false, untested: 0 };
    for path in &args.paths {
        match files::is_folder(path, "a file or a folder") {
            Ok(true) => replay.folder(path, out)?,
            Ok(false) => replay.file(path, out)?,
            Err(FileError::Missing { .. }) if scripts::built_in(path).is_some() => replay.file(path, out)?,
            Err(error) => replay.note_untested(&error),
        }
    }
    replay.incomplete(out)?;
    let status = replay.exit();
    if let (Some(writer), Some(pcap)) = (writer, replay.pcap) {
        let (file, left_out) = pcap.finish()?;
        writer.write([file], out)?;
        if left_out > 0 {
            let noun = if left_out == 1 { "connection" } else { "connections" };
            writeln!(out, "left out of it: {left_out} {noun} whose peer or application stopped reading")?;
        }
    }
    Ok(status)
}

struct Replay<'a> {
    args: &'a args::Replay,
    subject_set: SubjectSet,
    baseline: Baseline,
    runner: ScriptRunner,
    /// The packets of every script, if they were requested.
    pcap: Option<ReplayedPackets>,
    has_violation: bool,
    untested: usize,
}

impl Replay<'_> {
    fn note_untested(&mut self, why: &dyn std::error::Error) {
        self.untested += 1;
        eprint_error(why);
    }

    /// Prints the verdict of a run in which something could not be tested.
    fn incomplete(&self, out: &mut Stdout) -> Result<(), CliError> {
        match (self.untested, self.has_violation) {
            (0, _) => {}
            (untested, true) => writeln!(out, "verdict: FAIL, and {untested} could not be tested")?,
            (untested, false) => writeln!(out, "verdict: INCOMPLETE: {untested} could not be tested")?,
        }
        Ok(())
    }

    fn exit(&self) -> ExitStatus {
        RunStatus::Fail.when(self.has_violation).and(RunStatus::Incomplete.when(self.untested > 0)).into()
    }

    fn load(&self, path: &Path) -> Result<LoadedScript, FileError> {
        let case = match scripts::load(path, self.args.raw_bytes) {
            Err(error @ FileError::Missing { .. }) => scripts::built_in(path).ok_or(error)?,
            loaded => loaded?,
        };
        Ok(match self.args.role {
            Some(roles) => LoadedScript { roles: roles.list(), ..case },
            None => case,
        })
    }

    fn file(&mut self, path: &Path, out: &mut Stdout) -> Result<(), CliError> {
        let case = match self.load(path) {
            Ok(case) => case,
            Err(error) => {
                self.note_untested(&error);
                return Ok(());
            }
        };
        if self.args.paths.len() > 1 {
            writeln!(out, "file: {}", files::display_path(path))?;
        }
        for role in &case.roles {
            let mut report = Report::new();
            let untested = self.untested;
            let tallies = self.run_script(path, &case, *role, Some(&mut report));
            for (subject, remedy) in &self.subject_set.unavailable {
                report.add_unavailable(subject, remedy);
            }
            write!(out, "{report}")?;
            // Built-in scripts are wrong on purpose.
            let is_built_in = || corpus::curated().any(|(_, script)| script == case.script);
            for hint in report.received_hints().iter().filter(|_| !is_built_in()) {
                writeln!(out, "hint on the peer's Close, {hint}")?;
            }
            self.verdict(tallies, untested, out)?;
        }
        Ok(())
    }

    /// Prints the verdict on one file. `untested` is the count before the file.
    fn verdict(
        &mut self,
        tallies: Vec<(String, Result<Tally, PanicInfo>)>,
        untested: usize,
        out: &mut Stdout,
    ) -> Result<(), CliError> {
        let mut failed = Vec::new();
        for (subject, tally) in tallies {
            match tally {
                Ok(tally) if tally.passes() => {}
                Ok(_) => failed.push(subject),
                Err(panicked) => self.note_untested(&panicked),
            }
        }
        if !failed.is_empty() {
            self.has_violation = true;
            writeln!(out, "verdict: FAIL: {}", failed.join(", "))?;
        } else if self.untested == untested {
            writeln!(out, "verdict: PASS")?;
        }
        Ok(())
    }

    fn folder(&mut self, folder: &Path, out: &mut Stdout) -> Result<(), CliError> {
        let (paths, errors) = scripts::scripts_in(folder);
        errors.iter().for_each(|error| self.note_untested(error));
        let (summary, no_scripts) = self.summary(folder, &paths);
        if summary.totals().scripts == 0 {
            return Ok(());
        }
        let mut heading = vec!["script"];
        heading.extend(summary.subjects());
        let mut table = table(&heading);
        let mut found_by_fuzzing = 0;
        for (script, cells) in summary.rows() {
            let cells: Vec<Option<Tally>> = cells.collect();
            if scripts::is_named_by_hash(script)
                && cells.iter().flatten().count() == cells.len()
                && cells.iter().flatten().all(Tally::passes)
            {
                found_by_fuzzing += 1;
                continue;
            }
            let cells = cells.iter().map(|cell| cell.map_or("ERROR".to_owned(), |tally| tally.to_string()));
            table.add_row(std::iter::once(script.to_owned()).chain(cells));
        }
        write_table(out, &table)?;
        if found_by_fuzzing > 0 {
            writeln!(
                out,
                "not listed: {found_by_fuzzing} that a fuzzer named by a hash, without a new violation"
            )?;
        }
        if no_scripts > 0 {
            writeln!(out, "not played: {no_scripts} that a fuzzer named by a hash, and that are no script")?;
        }
        for (subject, remedy) in &self.subject_set.unavailable {
            writeln!(out, "not built: {subject} ({remedy})")?;
        }
        writeln!(out, "{}", summary.totals())?;
        self.has_violation |= !summary.passes();
        Ok(())
    }

    /// Plays these files. Returns the results, and the number of inputs of a fuzzer that are no script: a fuzz target takes
    /// any octets.
    fn summary(&mut self, folder: &Path, paths: &[PathBuf]) -> (Summary, usize) {
        let (mut summary, mut no_scripts) = (Summary::new(), 0);
        let mut progress = Progress::new(paths.len());
        for path in paths {
            progress.advance();
            let case = match self.load(path) {
                Ok(case) => case,
                Err(FileError::InvalidScript { path, .. } | FileError::ScriptParse { path, .. })
                    if scripts::is_named_by_hash(&path) =>
                {
                    no_scripts += 1;
                    continue;
                }
                Err(error) => {
                    self.note_untested(&error);
                    continue;
                }
            };
            let name = files::display_path(path.strip_prefix(folder).unwrap_or(path));
            for role in &case.roles {
                for (subject, tally) in self.run_script(path, &case, *role, None) {
                    match tally {
                        Ok(tally) => summary.add(&name, &subject, tally),
                        Err(panicked) => self.note_untested(&panicked),
                    }
                }
            }
        }
        (summary, no_scripts)
    }

    /// Runs a script against every subject.
    fn run_script(
        &mut self,
        path: &Path,
        case: &LoadedScript,
        role: Role,
        mut report: Option<&mut Report>,
    ) -> Vec<(String, Result<Tally, PanicInfo>)> {
        let Replay { args, subject_set, baseline, runner, pcap, .. } = self;
        let file = files::display_path(path);
        let script = case.script.as_script().for_role(role);
        let verdict = |subject: &mut Box<dyn wsclose::harness::Subject>| {
            let name = subject.name().to_owned();
            let result = runner.play(script, subject.as_mut()).map(|(trace, findings)| {
                if let Some(pcap) = pcap {
                    pcap.add(trace, &file, &name);
                }
                let known = |rule| subjects::is_known(baseline, &name, rule);
                if let Some(report) = report.as_deref_mut() {
                    report.add_with_known(&name, trace, findings, known);
                }
                Tally::of(findings, args.strict, known)
            });
            (name, result)
        };
        let verdicts = subject_set.subjects.iter_mut().map(verdict).collect();
        if runner.truncated() {
            self.note_untested(&FileError::Truncated { path: file, limits: Limits::DEFAULT });
        }
        verdicts
    }
}
