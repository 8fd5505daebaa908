//! What `judge` and `proxy` print and write of judged connections.

use std::io::{self, Write};

use askama::Template;
use serde::Serialize;
use wsclose::analysis::status::{FindingStatus, RunStatus};
use wsclose::protocol::code::Profile;
use wsclose_capture::report::{ConnectionReport, ViolationEntry};

use crate::support::output::Stdout;

/// The version of the JSON report.
const SCHEMA: &str = "wsclose-judge/1";

/// The JSON report. Its parts are files of `judge`, or the connections of `proxy`.
#[derive(Serialize)]
pub struct JsonReport<'a, C> {
    schema: &'static str,
    wsclose: &'static str,
    verdict: &'static str,
    profile: &'static str,
    files: &'a [JudgedFile<C>],
}

impl<'a, C: Serialize> JsonReport<'a, C> {
    /// The report on these files.
    pub fn new(files: &'a [JudgedFile<C>], status: RunStatus, profile: Profile) -> JsonReport<'a, C> {
        JsonReport {
            schema: SCHEMA,
            wsclose: env!("CARGO_PKG_VERSION"),
            verdict: status.name(),
            profile: profile.name(),
            files,
        }
    }
}

/// What a file contains, or what a proxy passed on.
#[derive(Serialize)]
pub struct JudgedFile<C> {
    /// The path, or the URLs of the proxy.
    pub file: String,
    /// Why the file, or the rest of it, could not be read.
    pub error: Option<String>,
    /// What the reader noticed, a sentence each.
    pub notes: Vec<String>,
    /// Connections that are not WebSocket ones.
    pub others: u64,
    /// The reports on the connections.
    pub connections: C,
}

/// The counts of judged connections, for the verdict.
#[derive(Clone, Copy, Debug)]
pub struct Tally {
    strict: bool,
    connections: u64,
    /// The connections in which the client, and those in which the server violated rules.
    violated: [usize; 2],
    has_failure: bool,
}

impl Tally {
    /// No connection yet. `strict` also fails on what would warn.
    pub const fn new(strict: bool) -> Tally {
        Tally { strict, connections: 0, violated: [0; 2], has_failure: false }
    }

    /// Counts a connection.
    pub fn add(&mut self, report: &ConnectionReport) {
        self.connections += 1;
        let statuses: Vec<FindingStatus> = report.statuses(self.strict).collect();
        self.has_failure |= statuses.contains(&FindingStatus::Fail);
        for (count, side) in self.violated.iter_mut().zip(["client", "server"]) {
            let is_of_side = |(violation, status): (&ViolationEntry, &FindingStatus)| {
                violation.side == side && *status != FindingStatus::Info
            };
            *count += usize::from(report.violations.iter().zip(&statuses).any(is_of_side));
        }
    }

    /// How many connections were judged.
    pub const fn connections(&self) -> u64 {
        self.connections
    }

    /// The status of a run in which everything was judged.
    pub const fn status(&self) -> RunStatus {
        RunStatus::Fail.when(self.has_failure)
    }

    /// Prints the last line.
    ///
    /// # Errors
    /// If the output fails.
    pub fn print_verdict(&self, status: RunStatus, out: &mut Stdout) -> io::Result<()> {
        writeln!(out, "verdict: {}: {}", status.name(), self.counts())
    }

    /// `2 connections; the client violated rules in 0, the server in 1`.
    fn counts(&self) -> String {
        let [client, server] = self.violated;
        let count = connections(self.connections);
        format!("{count}; the client violated rules in {client}, the server in {server}")
    }
}

/// The HTML report: one page that loads nothing else. The template escapes what was recorded.
#[derive(Template)]
#[template(path = "judge.html")]
struct Page<'a> {
    verdict: &'static str,
    counts: String,
    files: &'a [JudgedFile<Vec<ConnectionReport>>],
}

/// The HTML report on files.
pub fn html(files: &[JudgedFile<Vec<ConnectionReport>>], status: RunStatus, tally: &Tally) -> String {
    Page { verdict: status.name(), counts: tally.counts(), files }.render().unwrap_or_default()
}

/// Prints a connection: in full if it has a violation or with `verbose`, or else in short.
///
/// # Errors
/// If the output fails.
pub fn print(report: &ConnectionReport, verbose: bool, out: &mut Stdout) -> io::Result<()> {
    if verbose || !report.violations.is_empty() {
        return writeln!(out, "{report}");
    }
    writeln!(out, "{}", report.brief())
}

/// `1 connection`, `2 connections`.
pub fn connections(count: u64) -> String {
    if count == 1 { "1 connection".to_owned() } else { format!("{count} connections") }
}
