//! `wsclose matrix --live`. In comes the manifest of the live peers, out comes a [`Run`] for each server and client
//! that is installed, and a line for each that is not.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde::Deserialize;
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;

use crate::endpoint::client_pool::{ClientCommand, ClientPool};
use crate::endpoint::features::EndpointFeatures;
use crate::endpoint::process::{self, Process, ProcessError};
use crate::endpoint::under_test::{ConnectMode, EndpointUnderTest};
use crate::run::cases::Case;
use crate::run::config::{Codes, RunConfig};
use crate::run::engine;
use crate::run::results::{RunReport, shell_quote};
use crate::transport::server_target::{ServerTarget, TargetError, TargetOptions};

/// How many peers are run at a time: most of what they do is to be waited for.
const MAX_PARALLEL: usize = 6;

/// How many connections a server is given at a time: some have a short backlog.
const SERVER_JOBS: usize = 16;

/// How many clients of a kind are started at a time: each is a process.
const CLIENT_JOBS: usize = 4;

/// How long a server has until it listens, and how long the run of a peer may take.
const START_TIMEOUT: Duration = Duration::from_secs(30);
const RUN_TIMEOUT: Duration = Duration::from_secs(90);

/// The file that lists the live peers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    implementation: Vec<LiveImplementation>,
}

/// One row of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveImplementation {
    /// Its name.
    pub name: String,
    /// The language, for people.
    #[serde(default)]
    pub language: String,
    /// What is under test.
    #[serde(rename = "library")]
    pub library: String,
    role: ManifestRole,
    #[serde(default)]
    set: String,
    #[serde(default = "nothing")]
    version: String,
    #[serde(default = "nothing")]
    installed: String,
    #[serde(default)]
    install: Install,
    #[serde(default, rename = "build")]
    _build: Option<String>,
    start: String,
    #[serde(default)]
    warm_up: usize,
    #[serde(default)]
    slow: bool,
    #[serde(default, rename = "note")]
    _note: String,
}

/// The command that succeeds and prints nothing.
fn nothing() -> String {
    "true".to_owned()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ManifestRole {
    Server,
    Client,
}

/// What it takes to install it: `install` does it, a person reads it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Install {
    text: String,
    debian: Vec<String>,
    npm: Vec<String>,
    pypi: Vec<String>,
    crates: Vec<String>,
}

/// What came of one row.
#[derive(Debug)]
pub enum ImplementationOutcome {
    /// A run.
    Run(Box<RunReport>),
    /// It is not installed; what to do about it.
    NotInstalled(String),
    /// It could not be run, and why.
    Failed(String),
}

/// A row of the fleet.
#[derive(Debug)]
pub struct ImplementationResult {
    /// The peer.
    pub implementation: LiveImplementation,
    /// What its library says that its version is; empty where it was not asked.
    pub version: String,
    /// What came of it.
    pub outcome: ImplementationOutcome,
}

impl ImplementationResult {
    /// Why there is no run, if there is none.
    pub fn unavailable_reason(&self) -> Option<String> {
        match &self.outcome {
            ImplementationOutcome::Run(_) => None,
            ImplementationOutcome::NotInstalled(remedy) => Some(format!("not installed: {remedy}")),
            ImplementationOutcome::Failed(why) => Some(why.clone()),
        }
    }
}

/// Why a live peer could not be run.
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
    /// Reads the manifest.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Manifest, toml::de::Error> {
        toml::from_str(text)
    }

    /// The peers, by the names asked for, or all.
    ///
    /// # Errors
    /// A name that no peer has.
    pub fn implementations(self, names: &[String]) -> Result<Vec<LiveImplementation>, String> {
        for (at, live) in self.implementation.iter().enumerate() {
            if self.implementation[..at].iter().any(|other| other.name == live.name) {
                return Err(format!(
                    "expected live peers of different names, found two that are `{}`",
                    live.name
                ));
            }
        }
        for name in names {
            if self.implementation.iter().all(|live| live.name != *name) {
                let known: Vec<&str> = self.implementation.iter().map(|live| live.name.as_str()).collect();
                return Err(format!("expected a live peer ({}), found `{name}`", known.join(", ")));
            }
        }
        Ok(self
            .implementation
            .into_iter()
            .filter(|live| names.is_empty() || names.contains(&live.name))
            .collect())
    }
}

/// The cases of either role.
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
        folder: &Path,
        cases: &Cases,
        profile: Profile,
        stop: &AtomicBool,
    ) -> Result<RunReport, ImplementationError> {
        let mut run = match self.role {
            ManifestRole::Server => self.check_server(folder, &cases.servers, profile, stop)?,
            ManifestRole::Client => self.check_client(folder, &cases.clients, profile, stop)?,
        };
        // Ports differ from run to run; what was found does not.
        run.endpoint.clone_from(&self.name);
        match engine::first_error(&run) {
            Some(trouble) => Err(ImplementationError::NotTested(trouble.to_string())),
            None => Ok(run),
        }
    }

    /// What is run to start it.
    fn command(&self, folder: &Path) -> String {
        format!("cd '{}' && exec {}", folder.display(), self.start)
    }

    fn check_server(
        &self,
        folder: &Path,
        cases: &[Case],
        profile: Profile,
        stop: &AtomicBool,
    ) -> Result<RunReport, ImplementationError> {
        let port = process::free_port()?;
        // What a server complains of on the way is not what is asked here.
        let start = self.command(folder) + " 2>/dev/null";
        let mut process = Process::spawn(process::substitute(&start, "port", &port.to_string())?)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        process.wait_until_listening(address, START_TIMEOUT)?;
        let target = ServerTarget::new(&format!("ws://{address}/"), &TargetOptions::default())?;
        let tested = EndpointUnderTest {
            mode: ConnectMode::Dial(&target),
            profile,
            close_command: true,
            reports_close: false,
        };
        let command = format!(
            "wsclose check --exec {} 'ws://127.0.0.1:{{port}}/' --close-command",
            shell_quote(&start)
        );
        for _ in 0..self.warm_up {
            engine::run(&run_config(tested, &[], RUN_TIMEOUT, SERVER_JOBS, command.clone()), stop, &|| {});
        }
        Ok(engine::run(&run_config(tested, cases, RUN_TIMEOUT, SERVER_JOBS, command), stop, &|| {}))
    }

    fn check_client(
        &self,
        folder: &Path,
        cases: &[Case],
        profile: Profile,
        stop: &AtomicBool,
    ) -> Result<RunReport, ImplementationError> {
        let start = self.command(folder);
        let command = format!(
            "wsclose serve --exec-stdin {} --close-command --client-reports-close",
            shell_quote(&start)
        );
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let launcher = ClientPool::new(self.name.clone(), ClientCommand::UrlsOnStdin(start), address)?;
        let tested = EndpointUnderTest {
            mode: ConnectMode::Spawn(&launcher),
            profile,
            close_command: true,
            reports_close: true,
        };
        Ok(engine::run(&run_config(tested, cases, RUN_TIMEOUT, CLIENT_JOBS, command), stop, &|| {}))
    }

    fn run(&self, folder: &Path, cases: &Cases, profile: Profile, stop: &AtomicBool) -> ImplementationResult {
        if !self.is_installed(folder) {
            let came = ImplementationOutcome::NotInstalled(self.install_hint());
            return ImplementationResult {
                implementation: self.clone(),
                version: String::new(),
                outcome: came,
            };
        }
        let came = match self.check(folder, cases, profile, stop) {
            Ok(run) => ImplementationOutcome::Run(Box::new(run)),
            Err(trouble) => ImplementationOutcome::Failed(trouble.to_string()),
        };
        ImplementationResult { implementation: self.clone(), version: self.version(folder), outcome: came }
    }
}

fn run_config<'a>(
    tested: EndpointUnderTest<'a>,
    cases: &[Case],
    deadline: Duration,
    jobs: usize,
    command: String,
) -> RunConfig<'a> {
    RunConfig {
        under_test: tested,
        cases: cases.to_vec(),
        is_filtered: false,
        rules: tested.capabilities().rules(),
        strict: false,
        jobs,
        timeout: deadline,
        seed: 1,
        fuzz: None,
        baseline: BTreeMap::new(),
        repro_base: command.clone(),
        command,
    }
}

/// Starts, checks and ends every peer, some at a time, those first that take long. The rows come in the order of the
/// manifest.
pub fn run(
    implementations: &[LiveImplementation],
    folder: &Path,
    profile: Profile,
    stop: &AtomicBool,
    step: &(dyn Fn() + Sync),
) -> Vec<ImplementationResult> {
    let able = |role| EndpointFeatures { role, close_command: true, reconnects: true };
    let cases = Cases {
        servers: engine::cases(able(Role::Server), Codes::Some),
        clients: engine::cases(able(Role::Client), Codes::Some),
    };
    let mut order: Vec<usize> = (0..implementations.len()).collect();
    order.sort_by_key(|at| !implementations[*at].slow);
    let next = AtomicUsize::new(0);
    let rows = Mutex::new(Vec::new());
    let folder: PathBuf = folder.to_owned();
    std::thread::scope(|scope| {
        for _ in 0..MAX_PARALLEL.min(implementations.len()) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let Some(&at) = order.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    let row = implementations[at].run(&folder, &cases, profile, stop);
                    step();
                    rows.lock().expect("nobody panics with it").push((at, row));
                }
            });
        }
    });
    let mut rows = rows.into_inner().expect("nobody panicked with it");
    rows.sort_by_key(|(at, _)| *at);
    rows.into_iter().map(|(_, row)| row).collect()
}
