//! A client that is started for every connection. In comes a command with `{url}` in it, out come connections
//! behind their opening handshake, and what the program printed and how it ended.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::exec::{self, Process};
use super::opener::{self, Conn, Trouble};
use super::told::Told;
use super::wire::Wire;

/// How long is slept between two looks for a client, or for the end of one.
const PAUSE: Duration = Duration::from_millis(1);

/// How long the last words of a program that has ended are waited for.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Signals that a program does not get unless something went wrong in it: SIGILL, SIGABRT, SIGBUS, SIGFPE and
/// SIGSEGV.
const CRASHES: [i32; 5] = [4, 6, 7, 8, 11];

/// What a shell adds to a signal to say so.
const SHELL: i32 = 128;

/// How to start a client.
#[derive(Debug)]
pub struct Launcher {
    /// What it is called in reports.
    pub name: String,
    command: String,
    address: SocketAddr,
    /// The one listener, where the port was chosen by somebody.
    listener: Option<TcpListener>,
    /// How many were started.
    started: AtomicU64,
}

impl Launcher {
    /// Starts clients with `command`. They are listened for at `address`; with port 0, each player has a port of
    /// its own.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(name: String, command: String, address: SocketAddr) -> io::Result<Launcher> {
        let listener = if address.port() == 0 { None } else { Some(TcpListener::bind(address)?) };
        Ok(Launcher { name, command, address, listener, started: AtomicU64::new(0) })
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
pub enum Aside {
    /// It printed how its connection closed.
    Told(Told),
    /// It ended without that, and how.
    Ended(String),
    /// It crashed, and how.
    Crashed(String),
}

/// Clients, one after another.
#[derive(Debug)]
pub struct Launch<'a> {
    launcher: &'a Launcher,
    listener: Option<TcpListener>,
    process: Option<Process>,
}

impl<'a> Launch<'a> {
    /// None has been started yet.
    pub fn new(launcher: &'a Launcher) -> Launch<'a> {
        Launch { launcher, listener: None, process: None }
    }

    /// Ends the client before, starts another, and waits for it.
    ///
    /// # Errors
    /// Why there is no connection.
    pub fn open(&mut self, patience: Duration, deflate: bool) -> Result<Conn, Trouble> {
        self.end();
        let no = |error: io::Error| Trouble::Connect(error.to_string());
        let listener = match self.listener.take() {
            Some(listener) => listener,
            None => self.launcher.listener().map_err(no)?,
        };
        let listener = self.listener.insert(listener);
        // Whoever comes for another path was started for another connection.
        let path = format!("/{}", self.launcher.started.fetch_add(1, Ordering::Relaxed) + 1);
        let url = format!("ws://{}{path}", listener.local_addr().map_err(no)?);
        let process = exec::filled(&self.launcher.command, "url", &url)
            .and_then(Process::start_heard)
            .map_err(|error| Trouble::NoClient(error.to_string()))?;
        let process = self.process.insert(process);
        let begun = Instant::now();
        loop {
            let ended = process.ended();
            match listener.accept() {
                Ok((tcp, _)) => {
                    let mut wire = Wire::of(tcp).map_err(no)?;
                    let (request, early) = opener::request(&mut wire, patience)?;
                    if request.path == path {
                        wire.say(&request.agree(deflate), patience);
                        return Ok(Conn { wire, early });
                    }
                    opener::refuse(wire, patience, "404 Not Found", "this path was for another connection");
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if let Some(status) = ended {
                        let last = last_words(process);
                        return Err(Trouble::NoClient(format!("it ended: {status}{last}")));
                    }
                    if begun.elapsed() > patience {
                        return Err(Trouble::NoClient(format!("nobody there within {patience:?}")));
                    }
                    std::thread::sleep(PAUSE);
                }
                Err(error) => return Err(no(error)),
            }
        }
    }

    /// What is known beside the connection, after waiting for it no longer than `wait`.
    pub fn aside(&mut self, wait: Duration) -> Option<Aside> {
        let process = self.process.as_mut()?;
        let begun = Instant::now();
        loop {
            let ended = process.ended();
            // Asked after that: what a program that has ended printed has all been written.
            let said = process.said();
            match (said.told, ended) {
                (_, Some(status)) if crashed(status) => {
                    return Some(Aside::Crashed(format!("{status}{}", last_words(process))));
                }
                (Some(told), _) => return Some(Aside::Told(told)),
                (None, Some(status)) if said.over => {
                    return Some(Aside::Ended(format!("the program ended: {status}{}", last_words(process))));
                }
                (None, _) if begun.elapsed() >= wait => return None,
                (None, _) => std::thread::sleep(PAUSE),
            }
        }
    }

    /// Ends the client, if it is still there.
    pub fn end(&mut self) {
        self.process = None;
    }
}

/// Whether something went wrong in it: a program that leaves with an error of its own has not crashed.
fn crashed(status: ExitStatus) -> bool {
    let by_shell = status.code().and_then(|code| code.checked_sub(SHELL));
    status.signal().or(by_shell).is_some_and(|signal| CRASHES.contains(&signal))
}

/// What a program that has ended printed last. It is on its way to us, unless something that it started holds the
/// pipe.
fn last_words(process: &Process) -> String {
    let begun = Instant::now();
    while !process.said().over && begun.elapsed() < LAST_WORDS {
        std::thread::sleep(PAUSE);
    }
    let last = process.said().last;
    if last.is_empty() { String::new() } else { format!(", last words: {last}") }
}
