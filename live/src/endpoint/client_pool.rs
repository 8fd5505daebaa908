//! Starts clients by a command, and accepts the connection that each of them opens.

use std::io;
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use wsclose::harness::Opening;

use crate::endpoint::close_line::ReportLine;
use crate::endpoint::connection::{self, CaseError, Connection};
use crate::endpoint::output_log::OutputLog;
use crate::endpoint::process::{self, Process, ProcessError};
use crate::sync::lock;
use crate::transport::acceptor::Acceptor;
use crate::transport::socket::Socket;

/// How often a client is checked for its exit while the harness waits for something else.
const EXIT_CHECK_INTERVAL: Duration = Duration::from_millis(5);

/// How long the connection of a client that has exited may take to be accepted.
const LATE_CONNECTION_TIMEOUT: Duration = Duration::from_millis(100);

/// How long a client that reads URLs may take to print its `closed` line after its connection has ended.
const CLOSE_LINE_TIMEOUT: Duration = Duration::from_millis(500);

/// The command of a client under test, and how the client gets the URL to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientCommand {
    /// A command with `{url}` in it, which is started for every connection.
    PerConnection(String),
    /// A command that is started once and reads URLs from its standard input, one a line.
    ///
    /// After each connection it prints a line `closed CODE "REASON" clean|unclean|unknown`, with `none` for a code or
    /// reason that the library does not report. The harness then writes the next URL.
    UrlsOnStdin(String),
}

impl ClientCommand {
    /// The command line.
    pub fn command(&self) -> &str {
        match self {
            ClientCommand::PerConnection(command) | ClientCommand::UrlsOnStdin(command) => command,
        }
    }
}

impl From<&str> for ClientCommand {
    /// A command that is started for every connection.
    fn from(command: &str) -> ClientCommand {
        ClientCommand::PerConnection(command.to_owned())
    }
}

impl From<String> for ClientCommand {
    /// A command that is started for every connection.
    fn from(command: String) -> ClientCommand {
        ClientCommand::PerConnection(command)
    }
}

/// A pool of client processes.
#[derive(Debug)]
pub struct ClientPool {
    /// The name of the client in reports.
    pub name: String,
    command: ClientCommand,
    address: SocketAddr,
    /// The listener that all clients share, if the port is fixed.
    shared: Option<Arc<Acceptor>>,
    connection_count: AtomicU64,
    /// Keeps what the clients print.
    log: Option<OutputLog>,
    /// Clients that wait for a URL.
    idle: Mutex<Vec<Process>>,
    /// The first line of a client that begins like a report and is none.
    malformed: Mutex<Option<String>>,
    /// Reports are not waited for.
    given_up: AtomicBool,
}

impl ClientPool {
    /// A pool whose clients connect to `address`. With port 0, each [`PooledClient`] listens on a port of its own.
    ///
    /// # Errors
    /// Returns the error of the system if it cannot listen at `address`.
    pub fn new(
        name: String,
        command: ClientCommand,
        address: SocketAddr,
        log: Option<OutputLog>,
    ) -> io::Result<ClientPool> {
        let shared = if address.port() == 0 { None } else { Some(Arc::new(Acceptor::bind(address)?)) };
        let (connection_count, idle) = (AtomicU64::new(0), Mutex::new(Vec::new()));
        let (malformed, given_up) = (Mutex::new(None), AtomicBool::new(false));
        Ok(ClientPool { name, command, address, shared, connection_count, log, idle, malformed, given_up })
    }

    /// A client that connects to `url`: a new one, or one that waits for a URL.
    fn acquire(&self, url: &str) -> Result<Process, ProcessError> {
        match &self.command {
            ClientCommand::PerConnection(command) => {
                let command = process::substitute(command, "url", url)?;
                Process::spawn_captured(command, self.log.as_ref())
            }
            ClientCommand::UrlsOnStdin(command) => {
                let mut process = match self.idle() {
                    Some(process) => process,
                    None => Process::spawn_interactive(command.clone(), self.log.as_ref())?,
                };
                process.write_line(url);
                Ok(process)
            }
        }
    }

    fn idle(&self) -> Option<Process> {
        loop {
            let mut process = lock(&self.idle).pop()?;
            if process.exit_status().is_none() {
                return Some(process);
            }
        }
    }

    /// Ends a client whose connection is over, or keeps it for the next URL.
    fn release(&self, mut process: Process) {
        match &self.command {
            ClientCommand::PerConnection(_) => {}
            ClientCommand::UrlsOnStdin(_) => {
                let mut taken = 0;
                while let Some(ClientReport::Line(line)) =
                    client_report(&mut process, &self.command, CLOSE_LINE_TIMEOUT, taken)
                {
                    match line {
                        ReportLine::Closed(_) => return lock(&self.idle).push(process),
                        ReportLine::Failed(_) => taken += 1,
                    }
                }
            }
        }
    }

    /// Waits for no further report.
    pub fn give_up_reports(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }

    /// The first line of a client that begins like a report and is none.
    pub fn malformed_report(&self) -> Option<String> {
        lock(&self.malformed).clone()
    }

    fn acceptor(&self) -> io::Result<Arc<Acceptor>> {
        match &self.shared {
            Some(acceptor) => Ok(Arc::clone(acceptor)),
            None => Acceptor::bind(self.address).map(Arc::new),
        }
    }
}

/// What the process of a client reported next to its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientReport {
    /// The process printed this about its connection.
    Line(ReportLine),
    /// The process exited without a further line; how it exited.
    Exited(String),
    /// The process crashed; how it crashed.
    Crashed(String),
}

/// One client of a pool at a time.
#[derive(Debug)]
pub struct PooledClient<'a> {
    pool: &'a ClientPool,
    acceptor: Option<Arc<Acceptor>>,
    process: Option<Process>,
    /// The number of lines about the connection that were returned.
    taken: usize,
}

impl<'a> PooledClient<'a> {
    /// A client that has not been started.
    pub fn new(pool: &'a ClientPool) -> PooledClient<'a> {
        PooledClient { pool, acceptor: None, process: None, taken: 0 }
    }

    /// Releases the previous client, starts or reuses one, and accepts its connection.
    ///
    /// # Errors
    /// Returns why there is no connection.
    pub fn open(&mut self, timeout: Duration, opening: Opening<'_>) -> Result<Connection, CaseError> {
        self.end();
        let failed = |error: io::Error| CaseError::Connect(error.to_string());
        let acceptor = match self.acceptor.take() {
            Some(acceptor) => acceptor,
            None => self.pool.acceptor().map_err(failed)?,
        };
        let acceptor = self.acceptor.insert(acceptor);
        // The path identifies the connection: a request for another path belongs to an earlier one.
        let path = format!("/{}", self.pool.connection_count.fetch_add(1, Ordering::Relaxed) + 1);
        let url = format!("ws://{}{path}", acceptor.address());
        let process = self.pool.acquire(&url).map_err(|error| CaseError::NoClient(error.to_string()))?;
        let process = self.process.insert(process);
        self.taken = 0;
        let begun = Instant::now();
        loop {
            let exited = process.exit_status();
            // A client that has exited may have connected just before.
            let wait = if exited.is_some() { LATE_CONNECTION_TIMEOUT } else { EXIT_CHECK_INTERVAL };
            match acceptor.accept(wait) {
                Some(Ok(tcp)) => {
                    let mut socket = Socket::from_tcp(tcp).map_err(failed)?;
                    let (request, leftover) = connection::read_request(&mut socket, timeout)?;
                    if request.path == path {
                        return Ok(connection::accept(socket, &request, leftover, timeout, opening));
                    }
                    let why = "this path belongs to another connection";
                    connection::reject(socket, timeout, "404 Not Found", why);
                }
                Some(Err(error)) => return Err(failed(error)),
                None => {
                    if let Some(status) = exited {
                        let last = process.last_words();
                        return Err(CaseError::NoClient(format!("it ended: {status}{last}")));
                    }
                    if begun.elapsed() > timeout {
                        let last = process.last_words();
                        return Err(CaseError::NoClient(format!("no connection within {timeout:?}{last}")));
                    }
                }
            }
        }
    }

    /// What the process reported about its connection, after a wait of at most `wait`.
    pub fn client_report(&mut self, wait: Duration) -> Option<ClientReport> {
        let wait = if self.pool.given_up.load(Ordering::Relaxed) { Duration::ZERO } else { wait };
        let process = self.process.as_mut()?;
        let report = client_report(process, &self.pool.command, wait, self.taken);
        self.taken += usize::from(matches!(report, Some(ClientReport::Line(_))));
        if let Some(line) = process.output().malformed_report {
            lock(&self.pool.malformed).get_or_insert(line);
        }
        report
    }

    /// A line about the connection that was not returned, after a wait of at most `wait`.
    pub fn further_line(&mut self, wait: Duration) -> Option<ReportLine> {
        let (process, taken) = (self.process.as_ref()?, self.taken);
        process.wait_for_output(wait, |output| output.reports.len() > taken || output.eof);
        let line = process.output().reports.into_iter().nth(taken)?;
        self.taken += 1;
        Some(line)
    }

    /// Releases the client.
    pub fn end(&mut self) {
        if let Some(process) = self.process.take() {
            self.pool.release(process);
        }
    }
}

/// What a process reported about its connection after the first `taken` lines, after a wait of at most `wait`.
fn client_report(
    process: &mut Process,
    command: &ClientCommand,
    wait: Duration,
    taken: usize,
) -> Option<ClientReport> {
    // A client that reads URLs has no reason to exit, so an exit with an error is a crash.
    let crashed = |status: ExitStatus| match command {
        ClientCommand::PerConnection(_) => process::is_crash(status),
        ClientCommand::UrlsOnStdin(_) => !status.success(),
    };
    let begun = Instant::now();
    loop {
        let exited = process.exit_status();
        // Read after the exit status: everything that a program printed before its exit is in the pipe by then.
        let output = process.output();
        let left = wait.saturating_sub(begun.elapsed());
        match (output.reports.into_iter().nth(taken), exited) {
            (_, Some(status)) if crashed(status) => {
                return Some(ClientReport::Crashed(format!("{status}{}", process.last_words())));
            }
            (Some(line), _) => return Some(ClientReport::Line(line)),
            (None, Some(status)) if output.eof => {
                let last = process.last_words();
                return Some(ClientReport::Exited(format!("the program ended: {status}{last}")));
            }
            (None, _) if left.is_zero() => return None,
            // An exit does not wake the wait, so the wait is short. It mostly follows the end of the output at once.
            (None, _) => {
                let ended = output.eof;
                let interval = if ended { Duration::from_millis(1) } else { EXIT_CHECK_INTERVAL };
                process.wait_for_output(left.min(interval), |output| {
                    output.reports.len() > taken || output.eof != ended
                });
            }
        }
    }
}
