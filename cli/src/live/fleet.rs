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
use wsclose::code::Profile;
use wsclose::role::Role;

use super::cases::{Able, Case};
use super::check::{self, Codes, Plan};
use super::exec::{self, ExecError, Process};
use super::launch::{Launcher, Program};
use super::run::{Run, quoted};
use super::target::{Options, Target, TargetError};
use super::tested::{Tested, Way};

/// How many peers are run at a time: most of what they do is to be waited for.
const AT_ONCE: usize = 6;

/// How many connections a server is given at a time: some have a short backlog.
const CONNECTIONS: usize = 16;

/// How many clients of a kind are started at a time: each is a process.
const CLIENTS: usize = 4;

/// How long a server has until it listens, and how long the run of a peer may take.
const STARTING: Duration = Duration::from_secs(30);
const RUNNING: Duration = Duration::from_secs(90);

/// The file that lists the live peers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    peer: Vec<Live>,
}

/// One row of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Live {
    /// Its name.
    pub name: String,
    /// The language, for people.
    #[serde(default)]
    pub language: String,
    /// What is under test.
    #[serde(rename = "library")]
    pub tested: String,
    role: Plays,
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
enum Plays {
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
pub enum Came {
    /// A run.
    Run(Box<Run>),
    /// It is not installed; what to do about it.
    NotInstalled(String),
    /// It could not be run, and why.
    Failed(String),
}

/// A row of the fleet.
#[derive(Debug)]
pub struct Row {
    /// The peer.
    pub live: Live,
    /// What its library says that its version is; empty where it was not asked.
    pub version: String,
    /// What came of it.
    pub came: Came,
}

impl Row {
    /// Why there is no run, if there is none.
    pub fn absence(&self) -> Option<String> {
        match &self.came {
            Came::Run(_) => None,
            Came::NotInstalled(remedy) => Some(format!("not installed: {remedy}")),
            Came::Failed(why) => Some(why.clone()),
        }
    }
}

/// Why a live peer could not be run.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Exec(#[from] ExecError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("no port is free: {0}")]
    Port(#[from] std::io::Error),
    #[error("could not test: {0}")]
    Untested(String),
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
    pub fn peers(self, names: &[String]) -> Result<Vec<Live>, String> {
        for (at, live) in self.peer.iter().enumerate() {
            if self.peer[..at].iter().any(|other| other.name == live.name) {
                return Err(format!(
                    "expected live peers of different names, found two that are `{}`",
                    live.name
                ));
            }
        }
        for name in names {
            if self.peer.iter().all(|live| live.name != *name) {
                let known: Vec<&str> = self.peer.iter().map(|live| live.name.as_str()).collect();
                return Err(format!("expected a live peer ({}), found `{name}`", known.join(", ")));
            }
        }
        Ok(self.peer.into_iter().filter(|live| names.is_empty() || names.contains(&live.name)).collect())
    }
}

/// The cases of either role.
#[derive(Debug)]
struct Cases {
    servers: Vec<Case>,
    clients: Vec<Case>,
}

impl Live {
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

    fn remedy(&self) -> String {
        if self.set.is_empty() {
            return format!("`{}` fails", self.installed);
        }
        let Install { text, debian, npm, pypi, crates } = &self.install;
        let all = [debian, npm, pypi, crates].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
        let text = if text.is_empty() { String::new() } else { format!("; {text}") };
        format!("peers/live/install {} ({all}{text})", self.set)
    }

    fn check(
        &self,
        folder: &Path,
        cases: &Cases,
        profile: Profile,
        stop: &AtomicBool,
    ) -> Result<Run, Trouble> {
        let mut run = match self.role {
            Plays::Server => self.check_server(folder, &cases.servers, profile, stop)?,
            Plays::Client => self.check_client(folder, &cases.clients, profile, stop)?,
        };
        // Ports differ from run to run; what was found does not.
        run.endpoint.clone_from(&self.name);
        match check::untested(&run) {
            Some(trouble) => Err(Trouble::Untested(trouble.to_string())),
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
    ) -> Result<Run, Trouble> {
        let port = exec::free_port()?;
        // What a server complains of on the way is not what is asked here.
        let start = self.command(folder) + " 2>/dev/null";
        let mut process = Process::start(exec::filled(&start, "port", &port.to_string())?)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        process.wait_for(address, STARTING)?;
        let target = Target::new(&format!("ws://{address}/"), &Options::default())?;
        let tested = Tested { way: Way::Dial(&target), profile, commands: true, tells: false };
        let command =
            format!("wsclose check --exec {} 'ws://127.0.0.1:{{port}}/' --command-close", quoted(&start));
        for _ in 0..self.warm_up {
            check::run(&plan(tested, &[], RUNNING, CONNECTIONS, command.clone()), stop, &|| {});
        }
        Ok(check::run(&plan(tested, cases, RUNNING, CONNECTIONS, command), stop, &|| {}))
    }

    fn check_client(
        &self,
        folder: &Path,
        cases: &[Case],
        profile: Profile,
        stop: &AtomicBool,
    ) -> Result<Run, Trouble> {
        let start = self.command(folder);
        let command = format!("wsclose serve --feed {} --command-close --says-closed", quoted(&start));
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let launcher = Launcher::new(self.name.clone(), Program::Fed(start), address)?;
        let tested = Tested { way: Way::Launch(&launcher), profile, commands: true, tells: true };
        Ok(check::run(&plan(tested, cases, RUNNING, CLIENTS, command), stop, &|| {}))
    }

    fn row(&self, folder: &Path, cases: &Cases, profile: Profile, stop: &AtomicBool) -> Row {
        if !self.is_installed(folder) {
            let came = Came::NotInstalled(self.remedy());
            return Row { live: self.clone(), version: String::new(), came };
        }
        let came = match self.check(folder, cases, profile, stop) {
            Ok(run) => Came::Run(Box::new(run)),
            Err(trouble) => Came::Failed(trouble.to_string()),
        };
        Row { live: self.clone(), version: self.version(folder), came }
    }
}

fn plan<'a>(
    tested: Tested<'a>,
    cases: &[Case],
    deadline: Duration,
    jobs: usize,
    command: String,
) -> Plan<'a> {
    Plan {
        tested,
        cases: cases.to_vec(),
        some_cases: false,
        rules: tested.duties().rules(),
        strict: false,
        jobs,
        deadline,
        seed: 1,
        fuzz: None,
        known: BTreeMap::new(),
        again: command.clone(),
        command,
    }
}

/// Starts, checks and ends every peer, some at a time, those first that take long. The rows come in the order of the
/// manifest.
pub fn run(
    peers: &[Live],
    folder: &Path,
    profile: Profile,
    stop: &AtomicBool,
    step: &(dyn Fn() + Sync),
) -> Vec<Row> {
    let able = |role| Able { role, commands: true, reconnects: true };
    let cases = Cases {
        servers: check::cases(able(Role::Server), Codes::Some),
        clients: check::cases(able(Role::Client), Codes::Some),
    };
    let mut order: Vec<usize> = (0..peers.len()).collect();
    order.sort_by_key(|at| !peers[*at].slow);
    let next = AtomicUsize::new(0);
    let rows = Mutex::new(Vec::new());
    let folder: PathBuf = folder.to_owned();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(peers.len()) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let Some(&at) = order.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    let row = peers[at].row(&folder, &cases, profile, stop);
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
