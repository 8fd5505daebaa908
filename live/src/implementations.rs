//! Checks implementations in other languages, which a manifest lists: `wsclose matrix --live`.
//!
//! Each implementation is a program that a command starts. A result is a [`RunReport`], or why there is none.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Deserialize;
use wsclose::analysis::baseline::Baseline;
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;

use crate::endpoint::client_pool::{ClientCommand, ClientPool};
use crate::endpoint::features::EndpointFeatures;
use crate::endpoint::process::{self, ProcessError};
use crate::endpoint::server_process::ServerProcess;
use crate::endpoint::server_reports::ServerReports;
use crate::endpoint::under_test::{ConnectMode, EndpointUnderTest};
use crate::interrupt::Interrupt;
use crate::run::cases::Case;
use crate::run::config::{Codes, Jobs, RunConfig};
use crate::run::engine;
use crate::run::event::EventSink;
use crate::run::parallel::{Deadline, run_jobs};
use crate::run::results::RunReport;
use crate::run::scenarios::Extent;
use crate::shell;
use crate::transport::server_target::ServerTarget;
use crate::transport::target_options::{TargetError, TargetOptions};

/// The number of implementations that run at a time. They mostly wait.
const MAX_PARALLEL: usize = 6;

/// The number of connections at a time to one server. The backlog of some servers is short.
const SERVER_JOBS: Jobs = Jobs::fixed(16);

/// The number of clients of one implementation at a time. Each is a process.
const CLIENT_JOBS: Jobs = Jobs::fixed(4);

/// How long a server may take to listen.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The limit on one run. A server that leaves TCP open for a second after each Close takes minutes. Too low a limit leaves
/// out cases, and then the confirmations, without which no violation counts.
const RUN_TIMEOUT: Duration = Duration::from_secs(300);

/// The manifest: a TOML file that lists the implementations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    implementation: Vec<LiveImplementation>,
}

/// An implementation: a program in any language that uses a WebSocket library.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveImplementation {
    /// The name.
    pub name: String,
    /// The programming language.
    #[serde(default)]
    pub language: String,
    /// The library under test.
    #[serde(rename = "library")]
    pub tested_library: String,
    role: ManifestRole,
    #[serde(default)]
    set: String,
    #[serde(default = "no_op_command")]
    version: String,
    #[serde(default = "no_op_command")]
    installed: String,
    #[serde(default)]
    install: Install,
    #[serde(default, rename = "build")]
    _build: Option<String>,
    start: String,
    #[serde(default)]
    reports_close: bool,
    #[serde(default)]
    warm_up: usize,
    #[serde(default)]
    slow: bool,
    #[serde(default, rename = "note")]
    _note: String,
}

/// A command that succeeds and prints nothing.
fn no_op_command() -> String {
    "true".to_owned()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ManifestRole {
    Server,
    Client,
}

/// What the implementation needs. The script `install` installs it; the harness only prints it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Install {
    text: String,
    debian: Vec<String>,
    npm: Vec<String>,
    pypi: Vec<String>,
    crates: Vec<String>,
}

/// The outcome of one implementation.
#[derive(Debug)]
pub enum ImplementationOutcome {
    /// It ran.
    Run(Box<RunReport>),
    /// It is not installed; what to install.
    NotInstalled(String),
    /// It could not run; why.
    Failed(String),
}

/// The result of one implementation.
#[derive(Debug)]
pub struct ImplementationResult {
    /// The implementation.
    pub implementation: LiveImplementation,
    /// The version of the library; empty if the implementation is not installed.
    pub version: String,
    /// The outcome.
    pub outcome: ImplementationOutcome,
}

impl ImplementationResult {
    /// Why there is no report, if there is none.
    pub fn unavailable_reason(&self) -> Option<String> {
        match &self.outcome {
            ImplementationOutcome::Run(_) => None,
            ImplementationOutcome::NotInstalled(remedy) => Some(format!("not installed: {remedy}")),
            ImplementationOutcome::Failed(why) => Some(why.clone()),
        }
    }
}

/// Why an implementation could not run.
#[derive(Debug, thiserror::Error)]
enum ImplementationError {
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("no port is free: {0}")]
    Port(#[from] std::io::Error),
    #[error("could not test: {0}")]
    NotTested(String),
}

impl Manifest {
    /// Parses the text of a manifest.
    ///
    /// # Errors
    /// Returns what is wrong with the text.
    pub fn read(text: &str) -> Result<Manifest, toml::de::Error> {
        toml::from_str(text)
    }

    /// The implementations of these names, or all if there are no names.
    ///
    /// # Errors
    /// Returns an error if a name is unknown, or if the manifest has a name twice.
    pub fn implementations(self, names: &[String]) -> Result<Vec<LiveImplementation>, String> {
        for (at, live) in self.implementation.iter().enumerate() {
            if self.implementation[..at].iter().any(|other| other.name == live.name) {
                return Err(format!(
                    "expected implementations of different names, found two named `{}`",
                    live.name
                ));
            }
        }
        for name in names {
            if self.implementation.iter().all(|live| live.name != *name) {
                let known: Vec<&str> = self.implementation.iter().map(|live| live.name.as_str()).collect();
                return Err(format!("expected a live implementation ({}), found `{name}`", known.join(", ")));
            }
        }
        Ok(self
            .implementation
            .into_iter()
            .filter(|live| names.is_empty() || names.contains(&live.name))
            .collect())
    }
}

/// The cases of each role.
#[derive(Debug)]
struct Cases {
    servers: Vec<Case>,
    clients: Vec<Case>,
}

impl LiveImplementation {
    fn shell(&self, command: &str, folder: &Path) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).current_dir(folder).stdin(Stdio::null()).stderr(Stdio::null());
        shell
    }

    fn is_installed(&self, folder: &Path) -> bool {
        let status = self.shell(&self.installed, folder).stdout(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    }

    fn version(&self, folder: &Path) -> String {
        let output = self.shell(&self.version, folder).output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        text.unwrap_or_default().lines().next().unwrap_or_default().trim().to_owned()
    }

    fn install_hint(&self) -> String {
        if self.set.is_empty() {
            return format!("`{}` fails", self.installed);
        }
        let Install { text, debian, npm, pypi, crates } = &self.install;
        let all = [debian, npm, pypi, crates].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
        let text = if text.is_empty() { String::new() } else { format!("; {text}") };
        format!("implementations/live/install {} ({all}{text})", self.set)
    }

    fn check(
        &self,
        cases: &Cases,
        version: &str,
        setup: &Setup<'_>,
    ) -> Result<RunReport, ImplementationError> {
        let report = match self.role {
            ManifestRole::Server => self.check_server(&cases.servers, version, setup)?,
            ManifestRole::Client => self.check_client(&cases.clients, version, setup)?,
        };
        match report.fatal_error() {
            Some(error) => Err(ImplementationError::NotTested(error.to_string())),
            None => Ok(report),
        }
    }

    /// The configuration of a run.
    fn config<'a>(
        &self,
        under_test: EndpointUnderTest<'a>,
        cases: &[Case],
        jobs: Jobs,
        command: &str,
        version: &str,
        setup: &Setup<'_>,
    ) -> RunConfig<'a> {
        let mut versions = setup.baseline.of(&self.name).filter_map(|known| known.version.as_deref());
        let note = versions.find(|confirmed| *confirmed != version).map(|confirmed| {
            format!(
                "the baseline was confirmed in {confirmed}, this is {version}: check it against the new source"
            )
        });
        let accepted = |rule: Rule| Some((rule, setup.baseline.reason(&self.name, rule)?.to_owned()));
        RunConfig {
            under_test,
            // The port in the URL differs between runs with the same results.
            name: Some(self.name.clone()),
            notes: note.into_iter().collect(),
            cases: cases.to_vec(),
            is_filtered: false,
            rules: under_test.capabilities().rules(),
            strict: false,
            jobs,
            tick: None,
            timeout: Some(RUN_TIMEOUT),
            seed: 1,
            fuzz: None,
            baseline: Rule::ALL.into_iter().filter_map(accepted).collect(),
            source_file: String::new(),
            command: command.to_owned(),
            repro_base: command.to_owned(),
            interrupt: setup.interrupt.clone(),
            events: EventSink::default(),
        }
    }

    /// The command that starts it in its folder.
    fn command(&self, folder: &Path) -> String {
        format!("cd {} && exec {}", shell::quote(&folder.display().to_string()), self.start)
    }

    fn check_server(
        &self,
        cases: &[Case],
        version: &str,
        setup: &Setup<'_>,
    ) -> Result<RunReport, ImplementationError> {
        let port = process::free_port()?;
        let start = self.command(setup.folder);
        let command = process::substitute(&start, "port", &port.to_string())?;
        let reports = Arc::<ServerReports>::default();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let read_reports = self.reports_close.then(|| Arc::clone(&reports));
        let process = ServerProcess::start(command, read_reports, None, address, START_TIMEOUT)?;
        let process = Mutex::new(process);
        let target = ServerTarget::new(&format!("ws://{address}/"), &TargetOptions::default())?;
        let under_test = EndpointUnderTest {
            mode: ConnectMode::Dial(&target),
            process: Some(&process),
            profile: setup.profile,
            close_command: true,
            reports_close: self.reports_close,
            server_reports: self.reports_close.then_some(&*reports),
            keep_traces: false,
        };
        let exec = shell::option("exec", &start);
        let reports_option = if self.reports_close { " --server-reports-close" } else { "" };
        let command =
            format!("wsclose check {exec} 'ws://127.0.0.1:{{port}}/' --close-command{reports_option}");
        let config = |cases| self.config(under_test, cases, SERVER_JOBS, &command, version, setup);
        for _ in 0..self.warm_up {
            engine::run(&config(&[]));
        }
        Ok(engine::run(&config(cases)))
    }

    fn check_client(
        &self,
        cases: &[Case],
        version: &str,
        setup: &Setup<'_>,
    ) -> Result<RunReport, ImplementationError> {
        let start = self.command(setup.folder);
        let exec = shell::option("exec-stdin", &start);
        let command = format!("wsclose serve {exec} --close-command --client-reports-close");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let pool = ClientPool::new(self.name.clone(), ClientCommand::UrlsOnStdin(start), address, None)?;
        let under_test = EndpointUnderTest {
            mode: ConnectMode::Spawn(&pool),
            process: None,
            profile: setup.profile,
            close_command: true,
            reports_close: true,
            server_reports: None,
            keep_traces: false,
        };
        Ok(engine::run(&self.config(under_test, cases, CLIENT_JOBS, &command, version, setup)))
    }

    fn run(&self, cases: &Cases, setup: &Setup<'_>) -> ImplementationResult {
        if !self.is_installed(setup.folder) {
            let outcome = ImplementationOutcome::NotInstalled(self.install_hint());
            return ImplementationResult { implementation: self.clone(), version: String::new(), outcome };
        }
        let version = self.version(setup.folder);
        let outcome = match self.check(cases, &version, setup) {
            Ok(run) => ImplementationOutcome::Run(Box::new(run)),
            Err(error) => ImplementationOutcome::Failed(error.to_string()),
        };
        ImplementationResult { implementation: self.clone(), version, outcome }
    }
}

/// How implementations are checked.
#[derive(Clone, Debug)]
pub struct Setup<'a> {
    /// The folder of the manifest, in which its commands run.
    pub folder: &'a Path,
    /// The profile that decides which codes are valid.
    pub profile: Profile,
    /// The accepted violations of all implementations. If an entry was confirmed in another version than the one that
    /// runs, the report has a note.
    pub baseline: Baseline,
    /// Ends all runs early.
    pub interrupt: Interrupt,
}

/// Starts, checks and ends every implementation, some of them in parallel. Calls `on_result` with each result, in the
/// thread of its run. Returns the results in the order of the manifest; those of implementations that did not start
/// before an interrupt are left out.
pub fn run(
    implementations: &[LiveImplementation],
    setup: &Setup<'_>,
    on_result: impl Fn(&ImplementationResult) + Sync,
) -> Vec<ImplementationResult> {
    let features = |role| EndpointFeatures { role, close_command: true, reconnects: true };
    let cases = Cases {
        servers: engine::cases(features(Role::Server), Codes::Some, Extent::Usual),
        clients: engine::cases(features(Role::Client), Codes::Some, Extent::Usual),
    };
    // Slow ones start first, so that no other has to wait for them at the end.
    let mut order: Vec<usize> = (0..implementations.len()).collect();
    order.sort_by_key(|at| !implementations[*at].slow);
    let deadline = Deadline::after(None, setup.interrupt.clone());
    let results = run_jobs(
        order.len(),
        MAX_PARALLEL,
        &deadline,
        || (),
        |(), job| {
            let result = implementations[order[job]].run(&cases, setup);
            on_result(&result);
            ControlFlow::Continue(result)
        },
    );
    let mut results: Vec<(usize, ImplementationResult)> =
        order.iter().copied().zip(results).filter_map(|(at, result)| Some((at, result?))).collect();
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}
