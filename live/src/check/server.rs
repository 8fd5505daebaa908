//! Checks a server, which runs already or is started for the check.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use wsclose::protocol::role::Role;

use crate::check::builder::{Check, Plan};
use crate::check::error::RunError;
use crate::check::reproduce::{ReproCommands, flags};
use crate::check::selection::Selection;
use crate::doctor::{self, Depth, Diagnosis, Examined};
use crate::endpoint::features::EndpointFeatures;
use crate::endpoint::output_log::OutputLog;
use crate::endpoint::process;
use crate::endpoint::server_process::ServerProcess;
use crate::endpoint::server_reports::ServerReports;
use crate::endpoint::under_test::{ConnectMode, EndpointUnderTest};
use crate::run::config::Jobs;
use crate::run::engine;
use crate::run::results::RunReport;
use crate::shell;
use crate::sync::lock;
use crate::transport::redact::{REDACTED, redacted_url};
use crate::transport::server_target::ServerTarget;
use crate::transport::target_options::TargetOptions;

/// How long a server may take to listen after its start.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// The default time limits of a run.
const TIMEOUT: Duration = Duration::from_secs(120);
const TIMEOUT_ALL_CODES: Duration = Duration::from_secs(600);

/// The default number of connections at a time. The backlog of some servers is short, and each connection of a server that
/// floods its peer holds memory.
const DEFAULT_JOBS: Jobs = Jobs { usual: 32, most: 128 };

/// A server as an endpoint under test: see [`check`](crate::check).
#[derive(Clone, Debug)]
pub struct Server {
    url: String,
    name: Option<String>,
    exec: Option<String>,
    reports_close: bool,
    jobs: Jobs,
    options: TargetOptions,
}

/// A check of a server: see [`check`](crate::check).
pub type ServerCheck = Check<Server>;

impl ServerCheck {
    /// A check of the server at `url`.
    pub(crate) fn of_url(url: impl Into<String>) -> ServerCheck {
        Check::new(Server {
            url: url.into(),
            name: None,
            exec: None,
            reports_close: false,
            jobs: DEFAULT_JOBS,
            options: TargetOptions::default(),
        })
    }

    /// Starts the server with a command of the system's shell, and ends it after the run. `{port}` in the command and in
    /// the URL stands for a free port.
    pub fn exec(mut self, command: impl Into<String>) -> Self {
        self.endpoint.exec = Some(command.into());
        self
    }

    /// Sets whether the server, which [`exec`](ServerCheck::exec) starts, prints `closed CODE "REASON" clean|unclean|unknown ID`
    /// on its standard output after each connection [default: false]. The close status is then judged too.
    ///
    /// `none` stands for a code or reason that the library does not report. ID is the id of the connection, which the
    /// harness puts into the URL: in place of `{id}`, or else as the parameter `wsclose` of the query. It may be the whole
    /// path with its query too, as in `closed 1000 "bye" clean /?wsclose=7`.
    pub fn reports_close(mut self, reports_close: bool) -> Self {
        self.endpoint.reports_close = reports_close;
        self
    }

    /// Sets the name of the server in reports [default: the URL as it was given, so that reports of two runs can be compared].
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.endpoint.name = Some(name.into());
        self
    }

    /// Sets the number of connections at a time [default: 32, and more for a server that reacts slowly].
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.endpoint.jobs = Jobs::fixed(jobs);
        self
    }

    /// Generates and runs scripts for `time` after the cases [default: off]. Violations that no case shows are minimized
    /// and reported as further cases.
    pub fn fuzz(mut self, time: Duration) -> Self {
        self.options.fuzz = Some(time);
        self
    }

    /// Adds a header field to the opening handshake. Reports show its name and redact its value.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.endpoint.options.headers.push((name.into(), value.into()));
        self
    }

    /// Offers a subprotocol. Further calls add others.
    pub fn subprotocol(mut self, name: impl Into<String>) -> Self {
        self.endpoint.options.subprotocols.push(name.into());
        self
    }

    /// Trusts the certificates of a PEM file, instead of the usual certificate authorities. Each is trusted as an authority,
    /// and as the certificate of the server itself, for the names and the time that it states.
    pub fn ca(mut self, path: impl Into<PathBuf>) -> Self {
        self.endpoint.options.ca = Some(path.into());
        self
    }

    /// Sets whether every certificate is trusted [default: false].
    pub fn insecure(mut self, insecure: bool) -> Self {
        self.endpoint.options.insecure = insecure;
        self
    }

    /// The rules and cases that [`ServerCheck::run`] would run. Needs no server.
    ///
    /// # Errors
    /// Returns an error if a pattern is malformed or matches nothing.
    pub fn plan(&self) -> Result<Plan, RunError> {
        self.plan_for(self.features(), self.endpoint.reports_close)
    }

    /// Runs the check.
    ///
    /// # Errors
    /// Returns an error if the configuration is wrong or the server cannot be started. A server that does not respond
    /// makes a report with [`RunVerdict::Error`](crate::RunVerdict::Error) instead.
    pub fn run(self) -> Result<RunReport, RunError> {
        let selection = Selection::new(&self.options, self.features(), self.endpoint.reports_close)?;
        let reports = self.endpoint.reports_close.then(Arc::<ServerReports>::default);
        let log = self.options.create_log(self.endpoint.exec.is_some())?;
        let (target, process) = self.start(reports.as_ref(), log.as_ref())?;
        let under_test = EndpointUnderTest {
            mode: ConnectMode::Dial(&target),
            process: process.as_ref(),
            profile: self.options.profile,
            close_command: self.options.close_command,
            reports_close: self.endpoint.reports_close,
            server_reports: reports.as_deref(),
            keep_traces: self.options.keep_traces,
        };
        let timeout = self.options.timeout(TIMEOUT, TIMEOUT_ALL_CODES);
        let commands = self.repro_commands();
        let mut config = self.config(under_test, selection, self.endpoint.jobs, Some(timeout), commands);
        // Not the URL of this run, in which the port may be a random one.
        config.name = Some(self.endpoint.name.clone().unwrap_or_else(|| redacted_url(&self.endpoint.url)));
        let mut report = engine::run(&config);
        if !report.is_tested()
            && let Some(process) = &process
        {
            report.notes.push(format!("the server was started{}", lock(process).last_words()));
        }
        drop(process);
        log.into_iter().for_each(OutputLog::wait);
        Ok(report)
    }

    /// Examines the server in place of a check: whether its program does what cases need, such as to echo messages. It
    /// takes a few seconds, most of which an idle connection waits.
    ///
    /// # Errors
    /// Returns an error if the configuration is wrong or the server cannot be started. A server that does not respond makes
    /// a diagnosis with an error instead.
    pub fn diagnose(self) -> Result<Diagnosis, RunError> {
        let log = self.options.create_log(self.endpoint.exec.is_some())?;
        let (target, process) = self.start(None, log.as_ref())?;
        let exit = || process.as_ref().and_then(|process| lock(process).exit());
        let diagnosis = doctor::examine(&Examined {
            target: &target,
            close_command: self.options.close_command,
            depth: Depth::Whole,
            exit: &exit,
        });
        drop(process);
        log.into_iter().for_each(OutputLog::wait);
        // Not the URL of this examination, in which the port may be a random one.
        let endpoint = self.endpoint.name.unwrap_or_else(|| redacted_url(&self.endpoint.url));
        Ok(Diagnosis { endpoint, ..diagnosis })
    }

    fn features(&self) -> EndpointFeatures {
        EndpointFeatures { role: Role::Server, close_command: self.options.close_command, reconnects: true }
    }

    /// The server as the URL names it, and its process if the check has a command that starts it.
    fn start(
        &self,
        reports: Option<&Arc<ServerReports>>,
        log: Option<&OutputLog>,
    ) -> Result<(ServerTarget, Option<Mutex<ServerProcess>>), RunError> {
        let url = &self.endpoint.url;
        let options =
            TargetOptions { allow_remote: self.options.allow_remote, ..self.endpoint.options.clone() };
        let Some(command) = &self.endpoint.exec else {
            return if reports.is_some() {
                Err(RunError::ReportsWithoutCommand)
            } else if url.contains("{port}") {
                Err(RunError::PortWithoutCommand)
            } else {
                Ok((ServerTarget::new(url, &options)?, None))
            };
        };
        if !url.contains("{port}") {
            return Err(RunError::MissingPort(redacted_url(url)));
        }
        let port = process::free_port().map_err(RunError::NoPort)?;
        // A wrong URL is an error before the server starts.
        let target = ServerTarget::new(&url.replace("{port}", &port.to_string()), &options)?;
        let command = process::substitute(command, "port", &port.to_string())?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let process = ServerProcess::start(command, reports.cloned(), log.cloned(), address, START_TIMEOUT)?;
        Ok((target, Some(Mutex::new(process))))
    }

    fn repro_commands(&self) -> ReproCommands {
        let Server { url, name, exec, reports_close, options, jobs: _ } = &self.endpoint;
        let mut words = vec!["wsclose check".to_owned(), shell::quote(&redacted_url(url))];
        words.extend(exec.iter().map(|exec| shell::option("exec", exec)));
        words.extend(name.iter().map(|name| shell::option("name", name)));
        words.extend(options.ca.iter().map(|ca| shell::option("ca", &ca.display().to_string())));
        let header = |name: &str| shell::option("header", &format!("{name}: {REDACTED}"));
        words.extend(options.headers.iter().map(|(name, _)| header(name)));
        words.extend(options.subprotocols.iter().map(|name| shell::option("subprotocol", name)));
        words.extend(flags(&[
            ("server-reports-close", *reports_close),
            ("insecure", options.insecure),
            ("allow-remote", self.options.allow_remote),
        ]));
        ReproCommands::new(words, &self.options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reproduce_command_redacts_secrets() {
        let check = ServerCheck::of_url("ws://user:secret@127.0.0.1:1/")
            .header("Authorization", "Bearer secret")
            .strict(true)
            .fuzz(Duration::from_secs(5));
        let commands = check.repro_commands();
        let base = "wsclose check ws://REDACTED@127.0.0.1:1/ --header 'Authorization: REDACTED' --strict";
        assert_eq!(commands.base, base);
        assert_eq!(commands.run, format!("{base} --fuzz 5s"));
    }
}
