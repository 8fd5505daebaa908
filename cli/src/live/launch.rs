//! A client that is started by us. In comes a [`Program`], out come connections behind their opening handshake, and
//! what the program printed and how it ended.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::exec::{self, ExecError, Process};
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

/// How long a client that is to be fed again has, once its connection is gone, to say that it has seen that.
const SEEING: Duration = Duration::from_millis(500);

/// The command of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// With `{url}` in it: started for every connection.
    Anew(String),
    /// Started, and then fed: on every line of its standard input is a URL to connect to, and a line of what it prints
    /// says how that connection closed ([`Told`]), before it is given another.
    Fed(String),
}

/// How to start a client.
#[derive(Debug)]
pub struct Launcher {
    /// What it is called in reports.
    pub name: String,
    program: Program,
    address: SocketAddr,
    /// The one listener, where the port was chosen by somebody.
    listener: Option<TcpListener>,
    /// How many connections were asked for.
    asked: AtomicU64,
    /// Those that wait to be fed.
    hungry: Mutex<Vec<Process>>,
}

impl Launcher {
    /// Starts clients. They are listened for at `address`; with port 0, each player has a port of its own.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(name: String, program: Program, address: SocketAddr) -> io::Result<Launcher> {
        let listener = if address.port() == 0 { None } else { Some(TcpListener::bind(address)?) };
        let (asked, hungry) = (AtomicU64::new(0), Mutex::new(Vec::new()));
        Ok(Launcher { name, program, address, listener, asked, hungry })
    }

    /// A client that connects to this URL: a new one, or one that has waited for it.
    fn client(&self, url: &str) -> Result<Process, ExecError> {
        match &self.program {
            Program::Anew(command) => exec::filled(command, "url", url).and_then(Process::start_heard),
            Program::Fed(command) => {
                let mut process = match self.hungry() {
                    Some(process) => process,
                    None => Process::start_fed(command.clone())?,
                };
                process.tell(url);
                Ok(process)
            }
        }
    }

    fn hungry(&self) -> Option<Process> {
        loop {
            let mut process = self.hungry.lock().ok()?.pop()?;
            if process.ended().is_none() {
                return Some(process);
            }
        }
    }

    /// What is done with a client whose connection is over.
    fn release(&self, mut process: Process) {
        match &self.program {
            Program::Anew(_) => {}
            Program::Fed(_) => {
                if let Some(Aside::Told(_)) = aside(&mut process, &self.program, SEEING)
                    && let Ok(mut hungry) = self.hungry.lock()
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

    /// Lets go of the client before, and waits for the next.
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
        // Whoever comes for another path was sent for another connection.
        let path = format!("/{}", self.launcher.asked.fetch_add(1, Ordering::Relaxed) + 1);
        let url = format!("ws://{}{path}", listener.local_addr().map_err(no)?);
        let process = self.launcher.client(&url).map_err(|error| Trouble::NoClient(error.to_string()))?;
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
                        let last = said(process);
                        return Err(Trouble::NoClient(format!("nobody there within {patience:?}{last}")));
                    }
                    std::thread::sleep(PAUSE);
                }
                Err(error) => return Err(no(error)),
            }
        }
    }

    /// What is known beside the connection, after waiting for it no longer than `wait`.
    pub fn aside(&mut self, wait: Duration) -> Option<Aside> {
        aside(self.process.as_mut()?, &self.launcher.program, wait)
    }

    /// Ends the client, if it is still there, or keeps it to be fed again.
    pub fn end(&mut self) {
        if let Some(process) = self.process.take() {
            self.launcher.release(process);
        }
    }
}

/// What is known of a client beside its connection, after waiting for it no longer than `wait`.
fn aside(process: &mut Process, program: &Program, wait: Duration) -> Option<Aside> {
    // One that is fed reads on, whatever becomes of a connection.
    let crashed = |status: ExitStatus| match program {
        Program::Anew(_) => crashed(status),
        Program::Fed(_) => !status.success(),
    };
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
    said(process)
}

/// What it printed last, or, better, the last that names an error.
fn said(process: &Process) -> String {
    let said = process.said();
    let words = said.complaint.unwrap_or(said.last);
    if words.is_empty() { String::new() } else { format!(", last words: {words}") }
}
