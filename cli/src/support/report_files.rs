//! The reports of a run of `check` or `serve`, each in the format of its option.

use std::io::Write;
use std::path::{Path, PathBuf};

use wsclose::analysis::status::{FindingStatus, RunStatus};
use wsclose_live::report::{AUTOBAHN_DETAILS, Format};
use wsclose_live::{RuleResult, RuleStatus, RunReport};

use crate::support::baseline_file::{BaselineFile, BaselineUpdate};
use crate::support::error::CliError;
use crate::support::output::Stdout;
use crate::support::pcap_file;
use crate::support::report_dir::{self, ReportWriter};

/// The path that stands for standard output.
const STDOUT: &str = "-";

/// What a report consists of.
#[derive(Clone, Copy, Debug)]
pub enum Content {
    /// A text in this format.
    Text(Format),
    /// The packets of the run.
    Pcap,
}

impl Content {
    fn octets(self, run: &RunReport) -> Result<Vec<u8>, CliError> {
        match self {
            Content::Text(format) => Ok(format.text(run).into_bytes()),
            Content::Pcap => Ok(pcap_file::of_run(run)?),
        }
    }
}

/// The reports of a run.
#[derive(Debug)]
pub struct ReportFiles {
    contents: Vec<Content>,
    writer: ReportWriter,
    /// The report that goes to standard output.
    on_stdout: Option<Content>,
    /// The baseline to write.
    baseline: Option<BaselineFile>,
}

impl ReportFiles {
    /// Checks that every report can be written. The index for scripts written for Autobahn refers to a JSON report,
    /// `check.json` in the same folder. `others` are further files of the run, which no report may replace.
    pub fn open(
        requested: Vec<(Content, PathBuf)>,
        autobahn: Option<&Path>,
        others: &[&Path],
        baseline: Option<BaselineFile>,
    ) -> Result<ReportFiles, CliError> {
        let (on_stdout, mut all): (Vec<_>, Vec<_>) =
            requested.into_iter().partition(|(_, path)| path.as_os_str() == STDOUT);
        if on_stdout.len() > 1 {
            let why = "expected one report on standard output (`-`), found more; name a file for the others";
            return Err(CliError::Usage(why.to_owned()));
        }
        if let Some(folder) = autobahn {
            report_dir::check_folder(folder)?;
            all.push((Content::Text(Format::Json), folder.join(AUTOBAHN_DETAILS)));
            all.push((Content::Text(Format::Autobahn), folder.join("index.json")));
        }
        let (contents, paths) = all.into_iter().unzip();
        let on_stdout = on_stdout.first().map(|(content, _)| *content);
        let writer = ReportWriter::new(paths)?;
        others.iter().try_for_each(|other| writer.refuse(other))?;
        Ok(ReportFiles { contents, writer, on_stdout, baseline })
    }

    /// Writes the baseline, if the run writes one. Returns the status of the run after that.
    pub fn write_baseline(&self, run: &RunReport, streams: &mut Streams<'_>) -> Result<RunStatus, CliError> {
        match &self.baseline {
            Some(baseline) => {
                let mut update = BaselineUpdate::default();
                add_run(&mut update, None, run);
                baseline.write(&update, run.status(), streams.text())
            }
            None => Ok(run.status()),
        }
    }

    /// Writes the reports and prints their paths.
    pub fn write(&self, run: &RunReport, streams: &mut Streams<'_>) -> Result<(), CliError> {
        let reports: Vec<Vec<u8>> =
            self.contents.iter().map(|content| content.octets(run)).collect::<Result<_, _>>()?;
        self.writer.write(reports, streams.text())?;
        if let Some(content) = self.on_stdout {
            streams.stdout.write_all(&content.octets(run)?)?;
        }
        Ok(())
    }
}

/// Adds to `update` what a run showed about the entries of an implementation, or of the only endpoint of a baseline.
pub fn add_run(update: &mut BaselineUpdate, implementation: Option<&str>, run: &RunReport) {
    for finding in run.findings() {
        let RuleResult { rule, reason, .. } = finding.result;
        let status = finding.result.status();
        match status {
            RuleStatus::Finding(FindingStatus::Fail) => {
                let evidence = format!("{}: {}", finding.case.name, finding.violation.actual);
                update.violations.push(BaselineFile::new_entry(implementation, *rule, evidence));
            }
            RuleStatus::Flaky | RuleStatus::Unconfirmed
                if reason.is_none() && rule.level().fails(run.strict) =>
            {
                let endpoint = implementation.map_or(String::new(), |name| format!("{name} "));
                update.left_out.push(format!("{endpoint}{rule} ({})", status.name()));
            }
            RuleStatus::Finding(FindingStatus::Known | FindingStatus::Warn | FindingStatus::Info)
            | RuleStatus::Flaky
            | RuleStatus::Unconfirmed
            | RuleStatus::Conforms
            | RuleStatus::Inconclusive
            | RuleStatus::NotExercised => {}
        }
    }
    update.stale.extend(run.stale.iter().map(|rule| (implementation.map(str::to_owned), *rule)));
}

/// Where a run prints its text: to standard output, or to standard error if a report goes to standard output.
pub struct Streams<'a> {
    stdout: &'a mut Stdout,
    stderr: Option<Stdout>,
}

impl Streams<'_> {
    /// The streams of a run that writes these reports.
    pub fn new<'a>(stdout: &'a mut Stdout, reports: &ReportFiles) -> Streams<'a> {
        let stderr = reports.on_stdout.map(|_| Stdout::with_writer(Box::new(std::io::stderr())));
        Streams { stdout, stderr }
    }

    /// The stream of the text.
    pub fn text(&mut self) -> &mut Stdout {
        self.stderr.as_mut().unwrap_or(self.stdout)
    }

    /// Whether the text goes to a terminal that shows colors, unless NO_COLOR is set.
    pub fn shows_colors(&self) -> bool {
        let choice = match &self.stderr {
            Some(_) => anstream::AutoStream::choice(&std::io::stderr()),
            None => anstream::AutoStream::choice(&std::io::stdout()),
        };
        choice != anstream::ColorChoice::Never
    }

    /// Writes what is buffered.
    pub fn flush(&mut self) -> std::io::Result<()> {
        self.stdout.flush()?;
        self.text().flush()
    }
}
