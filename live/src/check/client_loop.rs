//! Checks a client that connects on its own to a case server, for one case after another.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use wsclose::protocol::role::Role;

use crate::check::builder::{Check, Plan};
use crate::check::client::{TIMEOUT, TIMEOUT_ALL_CODES};
use crate::check::error::RunError;
use crate::check::reproduce::{ReproCommands, flags};
use crate::check::selection::Selection;
use crate::endpoint::features::EndpointFeatures;
use crate::endpoint::output_log::OutputLog;
use crate::endpoint::process::Process;
use crate::run::config::Jobs;
use crate::run::engine;
use crate::run::event::Event;
use crate::run::parallel::Deadline;
use crate::run::results::{RunReport, Timing};
use crate::run::timeouts::FAST;
use crate::serve::case_server::{CaseServer, CaseServerConfig, ServerMessage};
use crate::serve::session::SessionLedger;
use crate::shell::option;
use crate::transport::acceptor::Acceptor;
use crate::transport::target_options::TargetError;

/// How long no client may connect, after one did, before the loop counts as ended.
const NEXT_CLIENT_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a client may take to close after its report was made.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(6);

/// How often the deadline, the interrupt and the client process are checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// The port that most client loops for the Autobahn fuzzing server use.
const DEFAULT_PORT: u16 = 9001;

/// A client that connects on its own: see [`check_client_loop`](crate::check_client_loop).
#[derive(Clone, Debug)]
pub struct ClientLoop {
    listen: Option<SocketAddr>,
    exec: Option<String>,
    agent: Option<String>,
    keep_running: bool,
}

/// A check of a client that connects on its own: see [`check_client_loop`](crate::check_client_loop).
pub type ClientLoopCheck = Check<ClientLoop>;

impl ClientLoopCheck {
    /// A check with default options.
    pub(crate) fn of_loop() -> ClientLoopCheck {
        Check::new(ClientLoop { listen: None, exec: None, agent: None, keep_running: false })
    }

    /// Sets the address of the case server [default: 127.0.0.1:9001]. Port 0 picks a free port.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.endpoint.listen = Some(address);
        self
    }

    /// Starts the client with a command of the system's shell, in which `{url}` stands for `ws://HOST:PORT`. The run ends
    /// when the client exits.
    pub fn exec(mut self, command: impl Into<String>) -> Self {
        self.endpoint.exec = Some(command.into());
        self
    }

    /// Serves only the agent of this name [default: every agent].
    pub fn agent(mut self, name: impl Into<String>) -> Self {
        self.endpoint.agent = Some(name.into());
        self
    }

    /// Sets whether the server goes on after a report [default: false]. It then has no time limit, unless
    /// [`Check::timeout`] sets one.
    pub fn keep_running(mut self, keep_running: bool) -> Self {
        self.endpoint.keep_running = keep_running;
        self
    }

    /// The rules and cases that the server would serve.
    ///
    /// # Errors
    /// Returns an error if a pattern is malformed or matches nothing.
    pub fn plan(&self) -> Result<Plan, RunError> {
        self.plan_for(self.features(), false)
    }

    /// Runs the check until a client requests its report. Returns the report of that client.
    ///
    /// If the client loop ends before that, the report covers the cases that ran, and counts as interrupted.
    ///
    /// # Errors
    /// Returns an error if the configuration is wrong, the address cannot be used, or no client runs a case.
    pub fn run(self) -> Result<RunReport, RunError> {
        let mut server = self.start()?;
        let report = server.next_report()?;
        Ok(report.expect("the first report of a server is a report or an error"))
    }

    /// Starts the case server, so that the caller can read its URL and get more than one report.
    ///
    /// # Errors
    /// Returns an error if the configuration is wrong, the address cannot be used, or the command cannot be started.
    pub fn start(self) -> Result<RunningCaseServer, RunError> {
        let features = self.features();
        let selection = Selection::new(&self.options, features, false)?;
        let address = self.endpoint.listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT)));
        if !address.ip().is_loopback() && !self.options.allow_remote {
            return Err(TargetError::PublicListener(address).into());
        }
        let log = self.options.create_log(self.endpoint.exec.is_some())?;
        let is_endless = self.endpoint.keep_running && self.options.timeout.is_none();
        let timeout = (!is_endless).then(|| self.options.timeout(TIMEOUT, TIMEOUT_ALL_CODES));
        let deadline = Deadline::after(timeout, self.options.interrupt.clone());
        let acceptor = Acceptor::bind(address).map_err(|source| RunError::Listen { address, source })?;
        let ledger = SessionLedger::new(features, selection.cases.clone());
        let case_count = ledger.count();
        let config = CaseServerConfig {
            ledger,
            profile: self.options.profile,
            close_command: self.options.close_command,
            agent: self.endpoint.agent.clone(),
            tick: self.options.tick,
            keep_traces: self.options.keep_traces,
            events: self.event_sink().clone(),
        };
        let server = CaseServer::start(acceptor, config);
        self.event_sink().emit(Event::RunStarted { cases: case_count });
        let url = format!("ws://{}", server.address());
        let command = self.endpoint.exec.as_ref().map(|command| command.replace("{url}", &url));
        Ok(RunningCaseServer {
            process: command.map(|command| Process::spawn_captured(command, log.as_ref())).transpose()?,
            log,
            check: self,
            selection,
            server,
            deadline,
            case_count,
            url,
            waiting_client: None,
            has_reported: false,
            last_rejection: None,
            last_connection_at: None,
        })
    }

    fn features(&self) -> EndpointFeatures {
        EndpointFeatures { role: Role::Client, close_command: self.options.close_command, reconnects: false }
    }

    fn repro_commands(&self) -> ReproCommands {
        let ClientLoop { listen, exec, agent, keep_running: _ } = &self.endpoint;
        let mut words = vec!["wsclose serve".to_owned()];
        words.extend(listen.iter().map(|address| option("listen", &address.to_string())));
        words.extend(exec.iter().map(|command| option("exec-loop", command)));
        words.extend(agent.iter().map(|agent| option("agent", agent)));
        words.extend(flags(&[("allow-remote", self.options.allow_remote)]));
        ReproCommands::new(words, &self.options)
    }
}

/// A case server that waits for clients. It stops when it is dropped.
#[derive(Debug)]
pub struct RunningCaseServer {
    check: ClientLoopCheck,
    selection: Selection,
    server: CaseServer,
    process: Option<Process>,
    /// Keeps what the client prints.
    log: Option<OutputLog>,
    deadline: Deadline,
    case_count: usize,
    url: String,
    /// Releases the client that waits for its report.
    waiting_client: Option<SyncSender<()>>,
    has_reported: bool,
    last_rejection: Option<String>,
    last_connection_at: Option<Instant>,
}

impl RunningCaseServer {
    /// Its URL: `ws://HOST:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The number of cases that a client runs, including those that are reserved for re-runs.
    pub fn case_count(&self) -> usize {
        self.case_count
    }

    /// Waits until a client requests its report, and returns it. The client stays connected until
    /// [`RunningCaseServer::release_client`] or the next call, so that the caller can write the report first.
    ///
    /// If the client loop ends before that, the report covers the cases that ran, and counts as interrupted. Returns
    /// `None` if the loop ended after an earlier report.
    ///
    /// # Errors
    /// Returns an error if no client ran a case.
    pub fn next_report(&mut self) -> Result<Option<RunReport>, RunError> {
        self.release_client();
        let why = loop {
            if let Some(why) = self.end_reason() {
                break why.to_owned();
            }
            let exit = self.process.as_mut().and_then(Process::exit_status);
            match self.server.next_message(CHECK_INTERVAL) {
                Some(ServerMessage::ReportsRequested { agent, release }) => {
                    self.waiting_client = Some(release);
                    return self.report(&agent, None).map(Some);
                }
                Some(message) => self.note(message),
                None => {
                    if let (Some(status), Some(process)) = (exit, &mut self.process) {
                        break format!("the client exited: {status}{}", process.last_words());
                    }
                }
            }
        };
        if self.has_reported {
            return Ok(None);
        }
        let last_agent = self.server.ledger().last_agent().map(str::to_owned);
        match last_agent {
            Some(agent) => self.report(&agent, Some(&why)).map(Some),
            None => {
                let rejection = self.last_rejection.as_ref();
                let rejected = rejection.map_or(String::new(), |why| format!("; last rejection: {why}"));
                Err(RunError::NoClient { url: self.url.clone(), why: format!("{why}{rejected}") })
            }
        }
    }

    /// Closes the connection of the client that waits for its report, and waits a few seconds until it is closed.
    pub fn release_client(&mut self) {
        let Some(release) = self.waiting_client.take() else { return };
        // The client may have disconnected.
        let _ = release.send(());
        let begun = Instant::now();
        while begun.elapsed() < DISCONNECT_TIMEOUT {
            match self.server.next_message(DISCONNECT_TIMEOUT.saturating_sub(begun.elapsed())) {
                Some(ServerMessage::ReportsDelivered) | None => return,
                Some(message) => self.note(message),
            }
        }
    }

    /// Why the server stops waiting for clients, if it does.
    fn end_reason(&self) -> Option<&'static str> {
        if self.deadline.is_interrupted() {
            return Some("the run was interrupted");
        }
        if self.deadline.has_passed() {
            return Some("the run timed out");
        }
        let is_late = self.last_connection_at.is_some_and(|last| last.elapsed() > NEXT_CLIENT_TIMEOUT);
        (is_late && !self.has_reported).then_some("no client connected for a minute")
    }

    fn note(&mut self, message: ServerMessage) {
        match message {
            ServerMessage::Connected => self.last_connection_at = Some(Instant::now()),
            ServerMessage::Rejected(why) => self.last_rejection = Some(why),
            // A second client that requests reports is released without one, as `release` is dropped.
            ServerMessage::ReportsRequested { .. } | ServerMessage::ReportsDelivered => {}
        }
    }

    /// The report of an agent. `end_reason` is why the agent did not request it.
    fn report(&mut self, agent: &str, end_reason: Option<&str>) -> Result<RunReport, RunError> {
        self.has_reported = true;
        let report = {
            let ledger = self.server.ledger();
            let Some((results, started, mut notes)) = ledger.agent_results(agent) else {
                return Err(RunError::NoCaseRun { agent: agent.to_owned() });
            };
            notes.extend(end_reason.map(|why| format!("the client did not request reports: {why}")));
            let (pace, tick) = (ledger.pace(agent), self.check.options.tick);
            let timing = Timing {
                elapsed: started.elapsed(),
                round_trip: Duration::ZERO,
                start_up: pace.start_up,
                reaction: pace.reaction,
                tick: FAST.for_first_run(pace, tick).tick,
            };
            let under_test = self.server.under_test(agent);
            let commands = self.check.repro_commands();
            let config =
                self.check.config(under_test, self.selection.clone(), Jobs::fixed(1), None, commands);
            engine::build_report(&config, results, notes, end_reason.is_some(), timing)
        };
        self.check.event_sink().emit(Event::RunFinished { verdict: report.verdict() });
        Ok(report)
    }
}

impl Drop for RunningCaseServer {
    fn drop(&mut self) {
        self.release_client();
        drop(self.process.take());
        self.log.take().into_iter().for_each(OutputLog::wait);
    }
}
