//! An endpoint that is started for a run or a connection and ended after it. In comes a command, mostly with `{port}`
//! or `{url}` in it, out comes a process group that is gone when the value is dropped.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::endpoint::process_output::{self, ProcessOutput};

/// How long a process has to end after it has been asked to.
const EXIT_TIMEOUT: Duration = Duration::from_secs(2);

/// Why an endpoint could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The command has no place for the port.
    #[error("expected `{{{place}}}` in the command `{command}`, found none")]
    MissingPlaceholder {
        /// `port` or `url`.
        place: &'static str,
        /// The command.
        command: String,
    },
    /// The system.
    #[error("cannot run `{command}`: {why}")]
    Spawn {
        /// The command.
        command: String,
        /// What the system says.
        why: io::Error,
    },
    /// It ended before it listened.
    #[error("expected `{command}` to listen on port {port}, found that it ended: {status}")]
    ExitedEarly {
        /// The command.
        command: String,
        /// The port.
        port: u16,
        /// How it ended.
        status: ExitStatus,
    },
    /// It did not listen in time.
    #[error("expected `{command}` to listen on port {port} within {seconds} s, found nobody there")]
    ListenTimeout {
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
pub fn substitute(command: &str, place: &'static str, value: &str) -> Result<String, ProcessError> {
    let written = format!("{{{place}}}");
    if !command.contains(&written) {
        return Err(ProcessError::MissingPlaceholder { place, command: command.to_owned() });
    }
    Ok(command.replace(&written, value))
}

/// A running command, with everything that it started.
#[derive(Debug)]
pub struct Process {
    child: Child,
    command: String,
    output: Arc<Mutex<ProcessOutput>>,
}

impl Process {
    /// Starts `command`, by the shell, in a process group of its own. What it prints is dropped, and what it
    /// complains of is shown.
    ///
    /// # Errors
    /// What the system says.
    pub fn spawn(command: String) -> Result<Process, ProcessError> {
        Process::spawn_with_stdio(command, Stdio::null(), false)
    }

    /// The same, but what it prints and complains of is kept to be asked for: see [`Process::said`].
    ///
    /// # Errors
    /// What the system says.
    pub fn spawn_captured(command: String) -> Result<Process, ProcessError> {
        Process::spawn_with_stdio(command, Stdio::null(), true)
    }

    /// The same, and it can be spoken to: see [`Process::tell`].
    ///
    /// # Errors
    /// What the system says.
    pub fn spawn_interactive(command: String) -> Result<Process, ProcessError> {
        Process::spawn_with_stdio(command, Stdio::piped(), true)
    }

    fn spawn_with_stdio(command: String, stdin: Stdio, capture: bool) -> Result<Process, ProcessError> {
        let cannot = |why: io::Error| ProcessError::Spawn { command: command.clone(), why };
        let mut shell = Command::new("sh");
        shell.args(["-c", &command]).stdin(stdin).stdout(Stdio::null()).process_group(0);
        let mut pipe = None;
        if capture {
            let (reader, writer) = io::pipe().map_err(cannot)?;
            shell.stdout(writer.try_clone().map_err(cannot)?).stderr(writer);
            pipe = Some(reader);
        }
        let child = shell.spawn().map_err(cannot)?;
        let said = pipe.map(process_output::capture).unwrap_or_default();
        Ok(Process { child, command, output: said })
    }

    /// How it ended, if it has.
    pub fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Writes a line to its standard input, and forgets what it told of a connection before. One that has ended does
    /// not hear it: see [`Process::ended`].
    pub fn write_line(&mut self, line: &str) {
        if let Ok(mut said) = self.output.lock() {
            said.close_status = None;
        }
        if let Some(stdin) = &mut self.child.stdin {
            let _ = writeln!(stdin, "{line}").and_then(|()| stdin.flush());
        }
    }

    /// What it has printed so far, if that is kept.
    pub fn output(&self) -> ProcessOutput {
        self.output.lock().map(|said| said.clone()).unwrap_or_default()
    }

    /// Waits until somebody listens at `address`.
    ///
    /// # Errors
    /// If the command ends first, or `patience` does.
    pub fn wait_until_listening(
        &mut self,
        address: SocketAddr,
        timeout: Duration,
    ) -> Result<(), ProcessError> {
        let begun = Instant::now();
        let port = address.port();
        loop {
            if TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(ProcessError::ExitedEarly { command: self.command.clone(), port, status });
            }
            if begun.elapsed() > timeout {
                let seconds = timeout.as_secs();
                return Err(ProcessError::ListenTimeout { command: self.command.clone(), port, seconds });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until it ends by itself, at most for `patience`; whether it did.
    pub fn wait(&mut self, timeout: Duration) -> bool {
        let begun = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(None) if begun.elapsed() < timeout => std::thread::sleep(Duration::from_millis(5)),
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
        if !self.wait(EXIT_TIMEOUT) {
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
