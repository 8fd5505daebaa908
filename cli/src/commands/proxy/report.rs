//! The reports of the proxy. Connections are written as they end, so that memory does not grow with their number.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::SystemTime;

use serde::ser::{Error, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use wsclose::analysis::status::RunStatus;
use wsclose::protocol::code::Profile;
use wsclose_capture::judgement::Settings;
use wsclose_capture::pcap::PcapngWriter;
use wsclose_capture::proxied::ProxiedConnection;
use wsclose_capture::report::{ConnectionReport, ReportSettings};
use wsclose_capture::side::Place;
use wsclose_capture::tls::Encrypted;

use crate::args::{self, ServerAddress};
use crate::support::atomic_write::PendingFile;
use crate::support::error::CliError;
use crate::support::files::display_path;
use crate::support::judged::{self, JsonReport, JudgedFile, Tally, connections};
use crate::support::output::{Stdout, eprint_error};
use crate::support::report_dir::ReportWriter;

/// Judges the connections, and prints and writes what was found.
pub struct ProxyReport {
    settings: ReportSettings,
    profile: Profile,
    verbose: bool,
    name: String,
    tally: Tally,
    /// Connections that open no WebSocket.
    others: u64,
    /// Those of them that are encrypted.
    encrypted: u64,
    unreachable: u64,
    json: Option<(PathBuf, Entries)>,
    pcap: Option<PcapFile>,
}

impl ProxyReport {
    /// No connection yet. Checks that the files can be written.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn new(args: &args::Proxy) -> Result<ProxyReport, CliError> {
        ReportWriter::new(args.json.iter().chain(&args.pcap).cloned().collect())?;
        let json = args.json.clone().map(|path| Ok::<_, io::Error>((path, Entries::new()?))).transpose()?;
        Ok(ProxyReport {
            settings: ReportSettings {
                judging: Settings { profile: args.profile, place: Place::Between },
                redact: args.redact,
            },
            profile: args.profile,
            verbose: args.verbose,
            name: String::new(),
            tally: Tally::new(args.strict),
            others: 0,
            encrypted: 0,
            unreachable: 0,
            json,
            pcap: args.pcap.clone().map(PcapFile::new).transpose()?,
        })
    }

    /// Names the proxy in the reports.
    pub fn name(&mut self, listen: SocketAddr, to: &ServerAddress) {
        self.name = if self.settings.redact {
            "proxy".to_owned()
        } else {
            format!("proxy on ws://{listen}/ in front of {to}")
        };
    }

    /// Judges and prints a connection.
    ///
    /// # Errors
    /// If the output or a file fails.
    pub fn add(
        &mut self,
        number: usize,
        connection: &ProxiedConnection,
        out: &mut Stdout,
    ) -> Result<(), CliError> {
        if let Some(pcap) = &mut self.pcap {
            pcap.writer.write(&connection.recording())?;
        }
        let Some(report) = connection.report(number, self.settings) else {
            self.others += 1;
            self.encrypted += u64::from(Encrypted::of(&connection.recording()).is_some());
            return Ok(());
        };
        self.tally.add(&report);
        judged::print(&report, self.verbose, out)?;
        if let Some((_, entries)) = &mut self.json {
            entries.add(&report)?;
        }
        Ok(())
    }

    /// Counts a client for which the server could not be reached.
    pub fn unreachable(&mut self) {
        self.unreachable += 1;
    }

    /// Prints the verdict and writes the reports.
    ///
    /// # Errors
    /// If the output or a file fails.
    pub fn finish(self, out: &mut Stdout) -> Result<RunStatus, CliError> {
        let notes = self.notes();
        for note in &notes {
            eprint_error(note);
        }
        let is_incomplete = self.tally.connections() == 0 || self.unreachable > 0;
        let status = self.tally.status().and(RunStatus::Incomplete.when(is_incomplete));
        self.tally.print_verdict(status, out)?;
        if let Some((path, entries)) = self.json {
            let (others, connections) = (self.others, entries);
            let files = [JudgedFile { file: self.name, error: None, notes, others, connections }];
            let mut file = PendingFile::new(&path)?;
            let mut output = BufWriter::new(&mut file);
            serde_json::to_writer_pretty(&mut output, &JsonReport::new(&files, status, self.profile))
                .map_err(io::Error::from)?;
            output.write_all(b"\n").and_then(|()| output.flush())?;
            drop(output);
            file.persist()?;
            writeln!(out, "wrote {}", display_path(&path))?;
        }
        if let Some(PcapFile { path, writer }) = self.pcap {
            writer.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?.persist()?;
            writeln!(out, "wrote {}", display_path(&path))?;
        }
        Ok(status)
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.encrypted > 0 {
            notes.push(format!(
                "{} passed unjudged, encrypted by TLS; let a TLS terminator stand in front of the proxy",
                connections(self.encrypted)
            ));
        }
        if self.others > self.encrypted {
            notes.push(format!(
                "{} passed unjudged, without a request for WebSocket",
                connections(self.others - self.encrypted)
            ));
        }
        if self.unreachable > 0 {
            notes.push(format!(
                "{} did not reach the server; start the server before its clients",
                connections(self.unreachable)
            ));
        }
        if self.tally.connections() == 0 && self.others == 0 && self.unreachable == 0 {
            notes.push("expected a client to connect, found none".to_owned());
        }
        notes
    }
}

/// The recording of all connections.
struct PcapFile {
    path: PathBuf,
    writer: PcapngWriter<BufWriter<PendingFile>>,
}

impl PcapFile {
    /// A recording that begins now.
    fn new(path: PathBuf) -> Result<PcapFile, CliError> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let writer = PcapngWriter::new(BufWriter::new(PendingFile::new(&path)?), now)?;
        Ok(PcapFile { path, writer })
    }
}

/// The entries of the JSON report, a line each in a temporary file that has no name.
struct Entries(RefCell<BufWriter<File>>);

impl Entries {
    fn new() -> io::Result<Entries> {
        Ok(Entries(RefCell::new(BufWriter::new(tempfile::tempfile()?))))
    }

    fn add(&mut self, report: &ConnectionReport) -> io::Result<()> {
        let file = self.0.get_mut();
        serde_json::to_writer(&mut *file, report)?;
        file.write_all(b"\n")
    }
}

impl Serialize for Entries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut file = self.0.borrow_mut();
        file.rewind().map_err(S::Error::custom)?;
        let mut entries = serializer.serialize_seq(None)?;
        for line in BufReader::new(file.get_ref()).lines() {
            let entry = line.map_err(S::Error::custom)?;
            entries.serialize_element(&RawValue::from_string(entry).map_err(S::Error::custom)?)?;
        }
        entries.end()
    }
}
