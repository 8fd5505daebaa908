//! The reports of a run of `check` or `serve`, each in the format of its option.

use std::io::Write;
use std::path::{Path, PathBuf};

use wsclose_live::RunReport;
use wsclose_live::report::{AUTOBAHN_DETAILS, Format};

use crate::support::error::CliError;
use crate::support::output::Stdout;
use crate::support::report_dir::{self, ReportWriter};

/// The path that stands for standard output.
const STDOUT: &str = "-";

/// The reports of a run.
#[derive(Debug)]
pub struct ReportFiles {
    formats: Vec<Format>,
    writer: ReportWriter,
    /// The report that goes to standard output.
    on_stdout: Option<Format>,
}

impl ReportFiles {
    /// Checks that every report can be written. The index for scripts written for Autobahn refers to a JSON report,
    /// `check.json` in the same folder. `log` is another file of the run, which no report may replace.
    pub fn open(
        requested: Vec<(Format, PathBuf)>,
        autobahn: Option<&Path>,
        log: Option<&Path>,
    ) -> Result<ReportFiles, CliError> {
        let (on_stdout, mut all): (Vec<_>, Vec<_>) =
            requested.into_iter().partition(|(_, path)| path.as_os_str() == STDOUT);
        if on_stdout.len() > 1 {
            let why = "expected one report on standard output (`-`), found more; name a file for the others";
            return Err(CliError::Usage(why.to_owned()));
        }
        if let Some(folder) = autobahn {
            report_dir::check_folder(folder)?;
            all.push((Format::Json, folder.join(AUTOBAHN_DETAILS)));
            all.push((Format::Autobahn, folder.join("index.json")));
        }
        let (formats, paths) = all.into_iter().unzip();
        let on_stdout = on_stdout.first().map(|(format, _)| *format);
        let writer = ReportWriter::new(paths)?;
        log.map_or(Ok(()), |log| writer.refuse(log))?;
        Ok(ReportFiles { formats, writer, on_stdout })
    }

    /// Writes the reports and prints their paths.
    pub fn write(&self, run: &RunReport, streams: &mut Streams<'_>) -> Result<(), CliError> {
        self.writer.write(self.formats.iter().map(|format| format.text(run)), streams.text())?;
        if let Some(format) = self.on_stdout {
            streams.stdout.write_all(format.text(run).as_bytes())?;
        }
        Ok(())
    }
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
