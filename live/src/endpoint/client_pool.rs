//! A client that is started by us. In comes a [`Program`], out come connections behind their opening handshake, and
//! what the program printed and how it ended.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::endpoint::close_line::CloseStatus;
use crate::endpoint::connection::{self, CaseError, Connection};
use crate::endpoint::process::{self, Process, ProcessError};
use crate::transport::socket::Socket;

/// How long is slept between two looks for a client, or for the end of one.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// How long the last words of a program that has ended are waited for.
const OUTPUT_EOF_TIMEOUT: Duration = Duration::from_millis(200);

/// Signals that a program does not get unless something went wrong in it: SIGILL, SIGABRT, SIGBUS, SIGFPE and
/// SIGSEGV.
const CRASH_SIGNALS: [i32; 5] = [4, 6, 7, 8, 11];

/// What a shell adds to a signal to say so.
const SHELL_SIGNAL_BASE: i32 = 128;

/// How long a client that is to be fed again has, once its connection is gone, to say that it has seen that.
const CLOSE_LINE_TIMEOUT: Duration = Duration::from_millis(500);

/// The command of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientCommand {
    /// With `{url}` in it: started for every connection.
    PerConnection(String),
    /// Started, and then fed: on every line of its standard input is a URL to connect to, and a line of what it prints
    /// says how that connection closed ([`Told`]), before it is given another.
    UrlsOnStdin(String),
}

/// How to start a client.
#[derive(Debug)]
pub struct ClientPool {
    /// What it is called in reports.
    pub name: String,
    command: ClientCommand,
    address: SocketAddr,
    /// The one listener, where the port was chosen by somebody.
    listener: Option<TcpListener>,
    /// How many connections were asked for.
    connection_count: AtomicU64,
    /// Those that wait to be fed.
    idle: Mutex<Vec<Process>>,
}

impl ClientPool {
    /// Starts clients. They are listened for at `address`; with port 0, each player has a port of its own.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(name: String, command: ClientCommand, address: SocketAddr) -> io::Result<ClientPool> {
        let listener = if address.port() == 0 { None } else { Some(TcpListener::bind(address)?) };
        let (asked, hungry) = (AtomicU64::new(0), Mutex::new(Vec::new()));
        Ok(ClientPool { name, command, address, listener, connection_count: asked, idle: hungry })
    }

    /// A client that connects to this URL: a new one, or one that has waited for it.
    fn acquire(&self, url: &str) -> Result<Process, ProcessError> {
        match &self.command {
            ClientCommand::PerConnection(command) => {
                process::substitute(command, "url", url).and_then(Process::spawn_captured)
            }
            ClientCommand::UrlsOnStdin(command) => {
                let mut process = match self.idle() {
                    Some(process) => process,
                    None => Process::spawn_interactive(command.clone())?,
                };
                process.write_line(url);
                Ok(process)
            }
        }
    }

    fn idle(&self) -> Option<Process> {
        loop {
            let mut process = self.idle.lock().ok()?.pop()?;
            if process.exit_status().is_none() {
                return Some(process);
            }
        }
    }

    /// What is done with a client whose connection is over.
    fn release(&self, mut process: Process) {
        match &self.command {
            ClientCommand::PerConnection(_) => {}
            ClientCommand::UrlsOnStdin(_) => {
                if let Some(ClientReport::Closed(_)) =
                    client_report(&mut process, &self.command, CLOSE_LINE_TIMEOUT)
                    && let Ok(mut hungry) = self.idle.lock()
                {
                    hungry.push(process);
                }
            }
        }
    }

    fn listener(&self) -> io::Result<TcpListener> {
        let listener = match &self.listener {
            Some(listener) => listener.try_clone()?,
            None => TcpListener::bind(self.address)?,
        };
        listener.set_nonblocking(true)?;
        Ok(listener)
    }
}

/// What is known of a client's program beside its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientReport {
    /// It printed how its connection closed.
    Closed(CloseStatus),
    /// It ended without that, and how.
    Exited(String),
    /// It crashed, and how.
    Crashed(String),
}

/// Clients, one after another.
#[derive(Debug)]
pub struct PooledClient<'a> {
    pool: &'a ClientPool,
    listener: Option<TcpListener>,
    process: Option<Process>,
}

impl<'a> PooledClient<'a> {
    /// None has been started yet.
    pub fn new(pool: &'a ClientPool) -> PooledClient<'a> {
        PooledClient { pool, listener: None, process: None }
    }

    /// Lets go of the client before, and waits for the next.
    ///
    /// # Errors
    /// Why there is no connection.
    pub fn open(&mut self, timeout: Duration, deflate: bool) -> Result<Connection, CaseError> {
        self.end();
        let no = |error: io::Error| CaseError::Connect(error.to_string());
        let listener = match self.listener.take() {
            Some(listener) => listener,
            None => self.pool.listener().map_err(no)?,
        };
        let listener = self.listener.insert(listener);
        // Whoever comes for another path was sent for another connection.
        let path = format!("/{}", self.pool.connection_count.fetch_add(1, Ordering::Relaxed) + 1);
        let url = format!("ws://{}{path}", listener.local_addr().map_err(no)?);
        let process = self.pool.acquire(&url).map_err(|error| CaseError::NoClient(error.to_string()))?;
        let process = self.process.insert(process);
        let begun = Instant::now();
        loop {
            let ended = process.exit_status();
            match listener.accept() {
                Ok((tcp, _)) => {
                    let mut wire = Socket::from_tcp(tcp).map_err(no)?;
                    let (request, early) = connection::read_request(&mut wire, timeout)?;
                    if request.path == path {
                        wire.send(&request.accept_response(deflate), timeout);
                        return Ok(Connection { socket: wire, leftover: early });
                    }
                    connection::reject(
                        wire,
                        timeout,
                        "404 Not Found",
                        "this path was for another connection",
                    );
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if let Some(status) = ended {
                        let last = final_output(process);
                        return Err(CaseError::NoClient(format!("it ended: {status}{last}")));
                    }
                    if begun.elapsed() > timeout {
                        let last = last_output(process);
                        return Err(CaseError::NoClient(format!("nobody there within {timeout:?}{last}")));
                    }
                    std::thread::sleep(POLL_INTERVAL);
                }
                Err(error) => return Err(no(error)),
            }
        }
    }

    /// What is known beside the connection, after waiting for it no longer than `wait`.
    pub fn client_report(&mut self, wait: Duration) -> Option<ClientReport> {
        client_report(self.process.as_mut()?, &self.pool.command, wait)
    }

    /// Ends the client, if it is still there, or keeps it to be fed again.
    pub fn end(&mut self) {
        if let Some(process) = self.process.take() {
            self.pool.release(process);
        }
    }
}

/// What is known of a client beside its connection, after waiting for it no longer than `wait`.
fn client_report(process: &mut Process, command: &ClientCommand, wait: Duration) -> Option<ClientReport> {
    // One that is fed reads on, whatever becomes of a connection.
    let crashed = |status: ExitStatus| match command {
        ClientCommand::PerConnection(_) => is_crash(status),
        ClientCommand::UrlsOnStdin(_) => !status.success(),
    };
    let begun = Instant::now();
    loop {
        let ended = process.exit_status();
        // Asked after that: what a program that has ended printed has all been written.
        let said = process.output();
        match (said.close_status, ended) {
            (_, Some(status)) if crashed(status) => {
                return Some(ClientReport::Crashed(format!("{status}{}", final_output(process))));
            }
            (Some(told), _) => return Some(ClientReport::Closed(told)),
            (None, Some(status)) if said.eof => {
                return Some(ClientReport::Exited(format!(
                    "the program ended: {status}{}",
                    final_output(process)
                )));
            }
            (None, _) if begun.elapsed() >= wait => return None,
            (None, _) => std::thread::sleep(POLL_INTERVAL),
        }
    }
}

/// Whether something went wrong in it: a program that leaves with an error of its own has not crashed.
fn is_crash(status: ExitStatus) -> bool {
    let by_shell = status.code().and_then(|code| code.checked_sub(SHELL_SIGNAL_BASE));
    status.signal().or(by_shell).is_some_and(|signal| CRASH_SIGNALS.contains(&signal))
}

/// What a program that has ended printed last. It is on its way to us, unless something that it started holds the
/// pipe.
fn final_output(process: &Process) -> String {
    let begun = Instant::now();
    while !process.output().eof && begun.elapsed() < OUTPUT_EOF_TIMEOUT {
        std::thread::sleep(POLL_INTERVAL);
    }
    last_output(process)
}

/// What it printed last, or, better, the last that names an error.
fn last_output(process: &Process) -> String {
    let said = process.output();
    let words = said.last_error.unwrap_or(said.last_line);
    if words.is_empty() { String::new() } else { format!(", last words: {words}") }
}
