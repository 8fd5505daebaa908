//! An endpoint that is started for a run or a connection and ended after it. In comes a command, mostly with `{port}`
//! or `{url}` in it, out comes a process group that is gone when the value is dropped.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::said::{self, Said};

/// How long a process has to end after it has been asked to.
const GRACE: Duration = Duration::from_secs(2);

/// Why an endpoint could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// The command has no place for the port.
    #[error("expected `{{{place}}}` in the command `{command}`, found none")]
    NoPlace {
        /// `port` or `url`.
        place: &'static str,
        /// The command.
        command: String,
    },
    /// The system.
    #[error("cannot run `{command}`: {why}")]
    Cannot {
        /// The command.
        command: String,
        /// What the system says.
        why: io::Error,
    },
    /// It ended before it listened.
    #[error("expected `{command}` to listen on port {port}, found that it ended: {status}")]
    Ended {
        /// The command.
        command: String,
        /// The port.
        port: u16,
        /// How it ended.
        status: ExitStatus,
    },
    /// It did not listen in time.
    #[error("expected `{command}` to listen on port {port} within {seconds} s, found nobody there")]
    Deaf {
        /// The command.
        command: String,
        /// The port.
        port: u16,
        /// How long was waited.
        seconds: u64,
    },
}

/// The command with `{place}` replaced by `value`.
///
/// # Errors
/// If it has no such place.
pub fn filled(command: &str, place: &'static str, value: &str) -> Result<String, ExecError> {
    let written = format!("{{{place}}}");
    if !command.contains(&written) {
        return Err(ExecError::NoPlace { place, command: command.to_owned() });
    }
    Ok(command.replace(&written, value))
}

/// A running command, with everything that it started.
#[derive(Debug)]
pub struct Process {
    child: Child,
    command: String,
    said: Arc<Mutex<Said>>,
}

impl Process {
    /// Starts `command`, by the shell, in a process group of its own. What it prints is dropped, and what it
    /// complains of is shown.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(command: String) -> Result<Process, ExecError> {
        Process::spawn(command, Stdio::null(), false)
    }

    /// The same, but what it prints and complains of is kept to be asked for: see [`Process::said`].
    ///
    /// # Errors
    /// What the system says.
    pub fn start_heard(command: String) -> Result<Process, ExecError> {
        Process::spawn(command, Stdio::null(), true)
    }

    /// The same, and it can be spoken to: see [`Process::tell`].
    ///
    /// # Errors
    /// What the system says.
    pub fn start_fed(command: String) -> Result<Process, ExecError> {
        Process::spawn(command, Stdio::piped(), true)
    }

    fn spawn(command: String, stdin: Stdio, heard: bool) -> Result<Process, ExecError> {
        let cannot = |why: io::Error| ExecError::Cannot { command: command.clone(), why };
        let mut shell = Command::new("sh");
        shell.args(["-c", &command]).stdin(stdin).stdout(Stdio::null()).process_group(0);
        let mut pipe = None;
        if heard {
            let (reader, writer) = io::pipe().map_err(cannot)?;
            shell.stdout(writer.try_clone().map_err(cannot)?).stderr(writer);
            pipe = Some(reader);
        }
        let child = shell.spawn().map_err(cannot)?;
        let said = pipe.map(said::listen).unwrap_or_default();
        Ok(Process { child, command, said })
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Writes a line to its standard input, and forgets what it told of a connection before. One that has ended does
    /// not hear it: see [`Process::ended`].
    pub fn tell(&mut self, line: &str) {
        if let Ok(mut said) = self.said.lock() {
            said.told = None;
        }
        if let Some(stdin) = &mut self.child.stdin {
            let _ = writeln!(stdin, "{line}").and_then(|()| stdin.flush());
        }
    }

    /// What it has printed so far, if that is kept.
    pub fn said(&self) -> Said {
        self.said.lock().map(|said| said.clone()).unwrap_or_default()
    }

    /// Waits until somebody listens at `address`.
    ///
    /// # Errors
    /// If the command ends first, or `patience` does.
    pub fn wait_for(&mut self, address: SocketAddr, patience: Duration) -> Result<(), ExecError> {
        let begun = Instant::now();
        let port = address.port();
        loop {
            if TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(ExecError::Ended { command: self.command.clone(), port, status });
            }
            if begun.elapsed() > patience {
                let seconds = patience.as_secs();
                return Err(ExecError::Deaf { command: self.command.clone(), port, seconds });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until it ends by itself, at most for `patience`; whether it did.
    pub fn wait(&mut self, patience: Duration) -> bool {
        let begun = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(None) if begun.elapsed() < patience => std::thread::sleep(Duration::from_millis(5)),
                Ok(None) => return false,
                Ok(Some(_)) | Err(_) => return true,
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let group = Pid::from_child(&self.child);
        // Whoever has gone already needs no signal.
        let _ = kill_process_group(group, Signal::TERM);
        if !self.wait(GRACE) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
    }
}

/// A port of this machine on which nobody listens.
///
/// # Errors
/// What the system says.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
