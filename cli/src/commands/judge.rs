//! `wsclose judge`: tells from a recording how each connection ended, and which side violated what.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use wsclose::analysis::status::RunStatus;
use wsclose::protocol::role::Role;
use wsclose_capture::judgement::{self, Settings};
use wsclose_capture::opening::{self, Opening};
use wsclose_capture::read::{self, ReadError, Summary};
use wsclose_capture::recording::RecordedConnection;
use wsclose_capture::report::{ConnectionReport, ReportSettings};
use wsclose_capture::script;
use wsclose_capture::session::Session;
use wsclose_capture::side::Place;
use wsclose_capture::tls::Encrypted;

use crate::args::{self, RecordedAt};
use crate::support::error::{CliError, ExitStatus};
use crate::support::files::display_path;
use crate::support::judged::{self, JsonReport, JudgedFile, Tally, connections};
use crate::support::output::{Stdout, eprint_error};
use crate::support::progress::Progress;
use crate::support::report_dir::ReportWriter;
use crate::support::tshark;

/// Judges the files.
pub fn run(args: &args::Judge, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let paths: Vec<PathBuf> = [&args.json, &args.html].into_iter().flatten().cloned().collect();
    let writer = ReportWriter::new(paths)?;
    let place = match args.recorded_at {
        RecordedAt::Client => Place::At(Role::Client),
        RecordedAt::Server => Place::At(Role::Server),
        RecordedAt::Between => Place::Between,
    };
    let settings = ReportSettings { judging: Settings { profile: args.profile, place }, redact: args.redact };
    if let Some(number) = args.to_script {
        return to_script(args, settings, number, out);
    }
    let (mut files, mut tally, mut is_unread) = (Vec::new(), Tally::new(args.strict), false);
    for path in &args.files {
        let before = tally.connections();
        let file = judge_file(args, settings, path, &mut tally, out)?;
        is_unread |= file.error.is_some() || tally.connections() == before;
        files.push(file);
    }
    let status = tally.status().and(RunStatus::Incomplete.when(is_unread));
    tally.print_verdict(status, out)?;
    let json = || {
        serde_json::to_string_pretty(&JsonReport::new(&files, status, args.profile)).unwrap_or_default()
            + "\n"
    };
    let html = || judged::html(&files, status, &tally);
    writer.write(args.json.iter().map(|_| json()).chain(args.html.iter().map(|_| html())), out)?;
    Ok(status.into())
}

/// Prints connection `number` of the file as a script.
fn to_script(
    args: &args::Judge,
    settings: ReportSettings,
    number: usize,
    out: &mut Stdout,
) -> Result<ExitStatus, CliError> {
    let [path] = args.files.as_slice() else {
        return Err(CliError::Usage("expected one file with --to-script, found more".to_owned()));
    };
    let (mut count, mut found) = (0, None);
    let mut on_connection = |connection: RecordedConnection| {
        count += 1;
        if count == number {
            found = Some(connection);
        }
    };
    let file = display_path(path);
    open(path)
        .map_err(ReadError::from)
        .and_then(|input| read::read(input, args.port, &mut on_connection))
        .map_err(|error| not_tested(&file, error.to_string()))?;
    let connection = found.ok_or_else(|| {
        CliError::Usage(format!("expected a connection from 1 to {count}, found {number} (--to-script)"))
    })?;
    let session = Session::of(&connection)
        .ok_or_else(|| not_tested(&file, format!("connection {number} opens no WebSocket")))?;
    let judgement = judgement::judge(&session, settings.judging);
    let violates = |role: &Role| !judgement.side(*role).violations.is_empty();
    let default =
        if violates(&Role::Client) && !violates(&Role::Server) { Role::Client } else { Role::Server };
    let script = script::script(&session, args.role.unwrap_or(default))
        .map_err(|error| not_tested(&file, format!("connection {number} makes no script: {error}")))?;
    write!(out, "{}", script.as_script())?;
    Ok(ExitStatus::from(RunStatus::Pass))
}

fn not_tested(file: &str, why: String) -> CliError {
    CliError::NotTested { endpoint: file.to_owned(), why }
}

fn judge_file(
    args: &args::Judge,
    settings: ReportSettings,
    path: &Path,
    tally: &mut Tally,
    out: &mut Stdout,
) -> Result<JudgedFile<Vec<ConnectionReport>>, CliError> {
    let file = JudgedFile {
        file: display_path(path),
        error: None,
        notes: Vec::new(),
        others: 0,
        connections: Vec::new(),
    };
    if args.files.len() > 1 {
        writeln!(out, "file: {}", file.file)?;
    }
    let mut judging = Judging {
        args,
        settings,
        out,
        file,
        before: tally.connections(),
        tally,
        number: 0,
        printed: Ok(()),
        encrypted: Vec::new(),
    };
    let read = open(path)
        .map_err(ReadError::from)
        .and_then(|input| read::read(input, args.port, &mut |connection| judging.take(&connection)));
    match &read {
        Ok(summary) => judging.file.notes.extend(notes(summary)),
        Err(error) => judging.file.error = Some(error.to_string()),
    }
    let has_keys =
        args.keylog.is_some() || matches!(&read, Ok(Summary::Capture(capture)) if capture.has_tls_secrets);
    judging.decrypt(path, has_keys);
    let Judging { file, printed, .. } = judging;
    printed?;
    for message in file.error.iter().chain(&file.notes) {
        eprint_error(format_args!("{}: {message}", file.file));
    }
    Ok(file)
}

/// A file whose connections are being judged.
struct Judging<'a> {
    args: &'a args::Judge,
    settings: ReportSettings,
    out: &'a mut Stdout,
    file: JudgedFile<Vec<ConnectionReport>>,
    tally: &'a mut Tally,
    /// The judged connections of the files before.
    before: u64,
    /// The connections so far.
    number: usize,
    printed: io::Result<()>,
    encrypted: Vec<Encrypted>,
}

impl Judging<'_> {
    fn take(&mut self, connection: &RecordedConnection) {
        self.number += 1;
        if !is_selected(connection, self.args.port, self.args.host.as_deref()) {
            return;
        }
        match ConnectionReport::of(connection, self.number, self.settings) {
            Some(report) => {
                if self.printed.is_ok() {
                    self.printed = judged::print(&report, self.args.verbose, self.out);
                }
                self.tally.add(&report);
                // Thousands of reports are kept only for those who want them.
                if self.args.json.is_some() || self.args.html.is_some() {
                    self.file.connections.push(report);
                }
            }
            None => {
                self.file.others += 1;
                self.encrypted.extend(Encrypted::of(connection));
            }
        }
    }

    /// Judges the encrypted connections, if there are keys for them, and says what is missing.
    fn decrypt(&mut self, path: &Path, has_keys: bool) {
        let encrypted = std::mem::take(&mut self.encrypted);
        let count = encrypted.len() as u64;
        if count > 0 && has_keys {
            match tshark::decrypt(path, self.args.keylog.as_deref(), &encrypted) {
                Ok(decrypted) => {
                    self.file.others -= (decrypted.len() as u64).min(self.file.others);
                    let left = count.saturating_sub(decrypted.len() as u64);
                    decrypted.iter().for_each(|connection| self.take(connection));
                    if left > 0 {
                        self.file.notes.push(format!("the keys of {} are missing", connections(left)));
                    }
                }
                Err(error) => self.file.error = Some(error.to_string()),
            }
        } else if count > 0 {
            self.file
                .notes
                .push(format!("{} encrypted; --keylog FILE decrypts with tshark", connections(count)));
        }
        if self.file.error.is_none() && self.tally.connections() == self.before {
            let found = match self.file.others {
                0 => "no connection".to_owned(),
                others => format!("{} and no WebSocket in it", connections(others)),
            };
            self.file.notes.push(format!("expected a WebSocket connection, found {found}"));
        }
    }
}

fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    Ok(Box::new(io::BufReader::new(ShowsProgress {
        file,
        progress: Progress::new(mebibytes(size)),
        read: 0,
    })))
}

/// A file that shows how many mebibytes of it have been read.
struct ShowsProgress {
    file: File,
    progress: Progress,
    read: u64,
}

impl Read for ShowsProgress {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.file.read(buffer)?;
        let before = mebibytes(self.read);
        self.read += size as u64;
        (before..mebibytes(self.read)).for_each(|_| self.progress.advance());
        Ok(size)
    }
}

/// The whole mebibytes in so many octets.
fn mebibytes(octets: u64) -> usize {
    usize::try_from(octets >> 20).unwrap_or(usize::MAX)
}

/// Whether the options select the connection.
fn is_selected(connection: &RecordedConnection, port: Option<u16>, host: Option<&str>) -> bool {
    let has_port = |port: u16| {
        connection.server.is_empty()
            || connection.server.rsplit(':').next() == Some(port.to_string().as_str())
    };
    let has_host = |host: &str| {
        let field = match opening::split(connection) {
            Some((Opening::Accepted(accepted), _)) => {
                opening::field(&accepted.request.fields, "Host").map(str::to_owned)
            }
            Some((Opening::Refused { request, .. } | Opening::Unanswered(request), _)) => {
                opening::field(&request.fields, "Host").map(str::to_owned)
            }
            Some((Opening::Unseen, _)) | None => None,
        };
        let without_port =
            |address: &str| address.rsplit_once(':').map_or(address, |(host, _)| host).to_owned();
        let names = [Some(connection.server.clone()), field];
        names.into_iter().flatten().any(|name| name == host || without_port(&name) == host)
    };
    port.is_none_or(has_port) && host.is_none_or(has_host)
}

/// What the reader noticed about the file.
fn notes(summary: &Summary) -> Vec<String> {
    let mut notes = Vec::new();
    match summary {
        Summary::Capture(capture) => {
            let counts = [
                (capture.broken, "packets are broken or cut off in their headers, and were not read"),
                (capture.fragments, "IP fragments were not read"),
            ];
            notes.extend(
                counts
                    .into_iter()
                    .filter(|(count, _)| *count > 0)
                    .map(|(count, what)| format!("{count} {what}")),
            );
            for (number, count) in &capture.unknown_link_types {
                notes.push(format!(
                    "{count} packets have link type {number}, which is not supported; supported are Ethernet, Linux cooked, \
                     BSD loopback and raw IP"
                ));
            }
        }
        Summary::NetLog(log) => {
            if log.without_octets > 0 {
                notes.push(format!(
                    "{} without octets; record with \"Include raw bytes\" to judge their frames",
                    connections(log.without_octets)
                ));
            }
            if log.over_http2 > 0 {
                notes.push(format!("{} over HTTP/2, which shows no end of TCP", connections(log.over_http2)));
            }
            notes.extend(log.stopped.iter().map(|why| format!("the log ends early: {why}")));
        }
        Summary::Text(_) => {}
    }
    notes
}
