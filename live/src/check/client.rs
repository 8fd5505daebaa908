//! Checks a client that the harness starts.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use wsclose::protocol::role::Role;

use crate::check::builder::{Check, Plan};
use crate::check::error::RunError;
use crate::check::reproduce::{ReproCommands, flags};
use crate::check::selection::Selection;
use crate::endpoint::client_pool::{ClientCommand, ClientPool};
use crate::endpoint::features::EndpointFeatures;
use crate::endpoint::output_log::OutputLog;
use crate::endpoint::process;
use crate::endpoint::under_test::{ConnectMode, EndpointUnderTest};
use crate::run::config::Jobs;
use crate::run::engine;
use crate::run::results::RunReport;
use crate::shell::option;
use crate::transport::target_options::TargetError;

/// The default time limits of a run.
pub const TIMEOUT: Duration = Duration::from_secs(600);
pub const TIMEOUT_ALL_CODES: Duration = Duration::from_secs(3600);

/// The default number of clients at a time. Each is a process.
const DEFAULT_JOBS: Jobs = Jobs { usual: 4, most: 16 };

/// A client as an endpoint under test: see [`check_client`](crate::check_client).
#[derive(Clone, Debug)]
pub struct Client {
    command: ClientCommand,
    listen: Option<SocketAddr>,
    name: Option<String>,
    reports_close: bool,
    jobs: Jobs,
}

/// A check of a client: see [`check_client`](crate::check_client).
pub type ClientCheck = Check<Client>;

impl ClientCheck {
    /// A check of the client that this command starts.
    pub(crate) fn of_command(command: impl Into<ClientCommand>) -> ClientCheck {
        Check::new(Client {
            command: command.into(),
            listen: None,
            name: None,
            reports_close: false,
            jobs: DEFAULT_JOBS,
        })
    }

    /// Sets whether the client prints `closed CODE "REASON" clean|unclean|unknown` after each connection, with `none` for
    /// a code or reason that the library does not report [default: false]. The close status is then judged too.
    pub fn reports_close(mut self, reports_close: bool) -> Self {
        self.endpoint.reports_close = reports_close;
        self
    }

    /// Sets the name of the client in reports [default: the command].
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.endpoint.name = Some(name.into());
        self
    }

    /// Sets the address to which clients connect [default: a free port of 127.0.0.1 for each client]. A fixed port serves
    /// one client at a time.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.endpoint.listen = Some(address);
        self
    }

    /// Sets the number of clients at a time [default: 4, and more for a client that reacts slowly].
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

    /// The rules and cases that [`ClientCheck::run`] would run. Starts no client.
    ///
    /// # Errors
    /// Returns an error if a pattern is malformed or matches nothing.
    pub fn plan(&self) -> Result<Plan, RunError> {
        self.plan_for(self.features(), self.endpoint.reports_close)
    }

    /// Runs the check.
    ///
    /// # Errors
    /// Returns an error if the configuration is wrong or the address cannot be used. A client that does not connect makes
    /// a report with [`RunVerdict::Error`](crate::RunVerdict::Error) instead.
    pub fn run(self) -> Result<RunReport, RunError> {
        let selection = Selection::new(&self.options, self.features(), self.endpoint.reports_close)?;
        let Client { command, listen, name, reports_close, jobs } = &self.endpoint;
        match command {
            // Checked before a case, in which it would be an error of the client.
            ClientCommand::PerConnection(command) => process::substitute(command, "url", "").map(drop)?,
            ClientCommand::UrlsOnStdin(_) => {}
        }
        let address = listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        if !address.ip().is_loopback() && !self.options.allow_remote {
            return Err(TargetError::PublicListener(address).into());
        }
        let name = name.clone().unwrap_or_else(|| command.command().to_owned());
        let log = self.options.create_log(true)?;
        let pool = ClientPool::new(name, command.clone(), address, log.clone())
            .map_err(|source| RunError::Listen { address, source })?;
        let under_test = EndpointUnderTest {
            mode: ConnectMode::Spawn(&pool),
            process: None,
            profile: self.options.profile,
            close_command: self.options.close_command,
            reports_close: *reports_close,
            server_reports: None,
            keep_traces: self.options.keep_traces,
        };
        let jobs = if address.port() == 0 { *jobs } else { Jobs::fixed(1) };
        let timeout = self.options.timeout(TIMEOUT, TIMEOUT_ALL_CODES);
        let commands = self.repro_commands();
        let report = engine::run(&self.config(under_test, selection, jobs, Some(timeout), commands));
        drop(pool);
        log.into_iter().for_each(OutputLog::wait);
        Ok(report)
    }

    fn features(&self) -> EndpointFeatures {
        EndpointFeatures { role: Role::Client, close_command: self.options.close_command, reconnects: true }
    }

    fn repro_commands(&self) -> ReproCommands {
        let Client { command, listen, name, reports_close, jobs: _ } = &self.endpoint;
        let mut words = vec!["wsclose serve".to_owned()];
        words.extend(listen.iter().map(|address| option("listen", &address.to_string())));
        words.push(match command {
            ClientCommand::PerConnection(command) => option("exec", command),
            ClientCommand::UrlsOnStdin(command) => option("exec-stdin", command),
        });
        words.extend(name.iter().map(|name| option("agent", name)));
        words.extend(flags(&[
            ("client-reports-close", *reports_close),
            ("allow-remote", self.options.allow_remote),
        ]));
        ReproCommands::new(words, &self.options)
    }
}
