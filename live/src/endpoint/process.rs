//! Starts a command by the system's shell, and ends it together with everything that it started.
//!
//! On Unix the command runs in a process group of its own, which is ended as a whole. On other systems only the shell
//! itself is killed: a server that the shell started there may survive.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::endpoint::output_log::OutputLog;
use crate::endpoint::process_output::{self, CapturedOutput, ProcessOutput};
use crate::endpoint::server_reports::ServerReports;

/// How long a process may take to exit after the request to exit, before it is killed.
const EXIT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long one attempt to connect to a server that starts may take, and the pause before the next.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(200);
const CONNECT_PAUSE: Duration = Duration::from_millis(20);

/// The number of returned ports that [`free_port`] remembers.
const MAX_RETURNED_PORTS: usize = 1024;

/// How long the end of the output of a program that has exited may take. A process that it started may hold the pipe.
const OUTPUT_EOF_TIMEOUT: Duration = Duration::from_millis(200);

/// How often a process is checked for its exit. The standard library has no wait with a time limit.
const EXIT_CHECK_INTERVAL: Duration = Duration::from_millis(5);

/// Why a command could not be started, or did not do what it was started for.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The command lacks the placeholder that the harness replaces.
    #[error(
        "expected `{{{placeholder}}}` in the command `{command}`, in place of the {placeholder}, found none"
    )]
    MissingPlaceholder {
        /// `port` or `url`.
        placeholder: &'static str,
        /// The command.
        command: String,
    },
    /// The system could not start the command.
    #[error("cannot run `{command}`: {source}")]
    Spawn {
        /// The command.
        command: String,
        /// The error of the system.
        source: io::Error,
    },
    /// The command exited before it listened.
    #[error("expected `{command}` to listen on port {port}, found that it ended: {status}{last_words}")]
    ExitedEarly {
        /// The command.
        command: String,
        /// The port.
        port: u16,
        /// Its exit status.
        status: ExitStatus,
        /// The last lines that it printed, after a comma; empty if there are none.
        last_words: String,
    },
    /// The command did not listen in time.
    #[error(
        "expected `{command}` to listen on port {port} within {seconds} s, found no listener there{last_words}"
    )]
    ListenTimeout {
        /// The command.
        command: String,
        /// The port.
        port: u16,
        /// The time limit, in seconds.
        seconds: u64,
        /// The last lines that it printed, after a comma; empty if there are none.
        last_words: String,
    },
}

/// Replaces `{placeholder}` in a command by `value`.
///
/// # Errors
/// Returns [`ProcessError::MissingPlaceholder`] if the command does not contain it.
pub fn substitute(command: &str, placeholder: &'static str, value: &str) -> Result<String, ProcessError> {
    let written = format!("{{{placeholder}}}");
    if !command.contains(&written) {
        return Err(ProcessError::MissingPlaceholder { placeholder, command: command.to_owned() });
    }
    Ok(command.replace(&written, value))
}

/// Which output of a command is captured. A log keeps standard output too.
#[derive(Clone, Debug)]
enum Capture {
    /// Standard error. Standard output has reports, if they are expected.
    Server(Option<Arc<ServerReports>>),
    /// Standard output and standard error.
    All,
}

/// A running command. Dropping it ends the command and, on Unix, everything that it started.
#[derive(Debug)]
pub struct Process {
    child: Child,
    command: String,
    output: Arc<CapturedOutput>,
}

impl Process {
    /// Starts the command of a server and captures its standard error. Each line of its standard output goes to `reports`;
    /// without `reports`, its standard output is dropped. `log` keeps everything.
    ///
    /// # Errors
    /// Returns [`ProcessError::Spawn`] if the system cannot start it.
    pub fn spawn_server(
        command: String,
        reports: Option<Arc<ServerReports>>,
        log: Option<&OutputLog>,
    ) -> Result<Process, ProcessError> {
        Process::spawn_with_stdio(command, Stdio::null(), Capture::Server(reports), log)
    }

    /// Starts `command` and captures its standard output and standard error: see [`Process::output`].
    ///
    /// # Errors
    /// Returns [`ProcessError::Spawn`] if the system cannot start it.
    pub fn spawn_captured(command: String, log: Option<&OutputLog>) -> Result<Process, ProcessError> {
        Process::spawn_with_stdio(command, Stdio::null(), Capture::All, log)
    }

    /// Starts `command` with captured output and a standard input for [`Process::write_line`].
    ///
    /// # Errors
    /// Returns [`ProcessError::Spawn`] if the system cannot start it.
    pub fn spawn_interactive(command: String, log: Option<&OutputLog>) -> Result<Process, ProcessError> {
        Process::spawn_with_stdio(command, Stdio::piped(), Capture::All, log)
    }

    fn spawn_with_stdio(
        command: String,
        stdin: Stdio,
        capture: Capture,
        log: Option<&OutputLog>,
    ) -> Result<Process, ProcessError> {
        let cannot = |source: io::Error| ProcessError::Spawn { command: command.clone(), source };
        let mut shell = system::shell(&command);
        shell.stdin(stdin).stdout(Stdio::null());
        let log_writer = || log.map(OutputLog::writer);
        let (reader, writer) = io::pipe().map_err(cannot)?;
        let is_whole = match capture {
            Capture::Server(Some(reports)) => {
                let (reader, writer) = io::pipe().map_err(cannot)?;
                shell.stdout(writer);
                let at_end = Arc::clone(&reports);
                process_output::read_lines(
                    reader,
                    log_writer(),
                    move |line| reports.push_line(line),
                    move || at_end.program_ended(),
                );
                false
            }
            Capture::Server(None) => log.is_some(),
            Capture::All => true,
        };
        if is_whole {
            shell.stdout(writer.try_clone().map_err(cannot)?);
        }
        shell.stderr(writer);
        let output = CapturedOutput::start(reader, log_writer());
        let child = shell.spawn().map_err(cannot)?;
        Ok(Process { child, command, output })
    }

    /// Its exit status, once it has exited.
    pub fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Writes a line to its standard input, and forgets the close status that it printed before.
    ///
    /// A process that has exited does not read the line: [`Process::exit_status`] shows that.
    pub fn write_line(&mut self, line: &str) {
        self.output.clear_reports();
        if let Some(stdin) = &mut self.child.stdin {
            let _ = writeln!(stdin, "{line}").and_then(|()| stdin.flush());
        }
    }

    /// What it has printed so far, if its output is captured.
    pub fn output(&self) -> ProcessOutput {
        self.output.snapshot()
    }

    /// Waits until the captured output satisfies `condition`, for at most `timeout`.
    pub fn wait_for_output(&self, timeout: Duration, condition: impl Fn(&ProcessOutput) -> bool) {
        self.output.wait_until(timeout, condition);
    }

    /// The last line that it printed and that mentions an error, or else the last line, after a comma; empty if there is
    /// none. Waits for the end of the output of a process that has exited.
    pub fn last_words(&mut self) -> String {
        if self.exit_status().is_some() {
            self.wait_for_output(OUTPUT_EOF_TIMEOUT, |output| output.eof);
        }
        let output = self.output();
        let line = output.last_error.unwrap_or(output.last_line);
        if line.is_empty() { String::new() } else { format!(", last output: {line}") }
    }

    /// The same, with the last lines that it printed below it, if there is more than one.
    fn last_lines(&mut self) -> String {
        let (last_words, tail) = (self.last_words(), self.output().tail);
        let lines = tail.iter().filter(|_| tail.len() > 1).map(|line| format!("\n  | {line}"));
        format!("{last_words}{}", lines.collect::<String>())
    }

    /// Waits until `address` accepts connections.
    ///
    /// # Errors
    /// Returns an error if the command exits first, or does not listen within `timeout`.
    pub fn wait_until_listening(
        &mut self,
        address: SocketAddr,
        timeout: Duration,
    ) -> Result<(), ProcessError> {
        let begun = Instant::now();
        let port = address.port();
        loop {
            if probe(address) == Listening::Yes && self.exit_status().is_none() {
                return Ok(());
            }
            if let Some(status) = self.exit_status() {
                let last_words = self.last_lines();
                return Err(ProcessError::ExitedEarly {
                    command: self.command.clone(),
                    port,
                    status,
                    last_words,
                });
            }
            if begun.elapsed() > timeout {
                let seconds = timeout.as_secs();
                return Err(ProcessError::ListenTimeout {
                    command: self.command.clone(),
                    port,
                    seconds,
                    last_words: self.last_lines(),
                });
            }
            std::thread::sleep(CONNECT_PAUSE);
        }
    }

    /// Waits for its exit for at most `timeout`. Returns whether it exited.
    fn wait(&mut self, timeout: Duration) -> bool {
        let begun = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(None) if begun.elapsed() < timeout => std::thread::sleep(EXIT_CHECK_INTERVAL),
                Ok(None) => return false,
                Ok(Some(_)) | Err(_) => return true,
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        system::terminate(&mut self.child);
        self.wait(EXIT_TIMEOUT);
        // Processes that the command left behind are still in its group.
        system::kill(&mut self.child);
        let _ = self.child.wait();
    }
}

/// Whether the process crashed: a program that exits with an error code of its own has not crashed.
pub fn is_crash(status: ExitStatus) -> bool {
    system::is_crash(status)
}

/// Whether a program listens at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listening {
    /// It accepts connections.
    Yes,
    /// The system rejects connections.
    No,
    /// The attempt to connect timed out, or failed for another reason.
    Unknown,
}

/// Connects to `address`, to find out whether a program listens there.
pub fn probe(address: SocketAddr) -> Listening {
    match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
        Ok(tcp) if reaches_itself(&tcp) => Listening::No,
        Ok(_) => Listening::Yes,
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Listening::No,
        Err(_) => Listening::Unknown,
    }
}

/// Whether a connection is with itself. While no program listens on an ephemeral port, the system may give that port to a
/// connection to it.
fn reaches_itself(tcp: &TcpStream) -> bool {
    matches!((tcp.local_addr(), tcp.peer_addr()), (Ok(local), Ok(peer)) if local == peer)
}

/// A port of the loopback interface that is free at the moment, and that no earlier call returned: the program of that call
/// may not listen yet.
///
/// # Errors
/// Returns the error of the system if there is none.
pub fn free_port() -> io::Result<u16> {
    static RETURNED: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut returned = RETURNED.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        // So many servers are never started at once, and a long process must not run out of ports.
        if returned.len() > MAX_RETURNED_PORTS {
            returned.clear();
        }
        if returned.insert(port) {
            return Ok(port);
        }
    }
}

#[cfg(unix)]
mod system {
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::process::{Child, Command, ExitStatus};

    use rustix::process::{Pid, Signal, kill_process_group};

    /// The signals of a crash: SIGILL, SIGABRT, SIGBUS, SIGFPE and SIGSEGV.
    const CRASH_SIGNALS: [Signal; 5] = [Signal::ILL, Signal::ABORT, Signal::BUS, Signal::FPE, Signal::SEGV];

    /// A shell exits with this number plus the signal that ended its command.
    const SHELL_SIGNAL_BASE: i32 = 128;

    pub fn shell(command: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).process_group(0);
        shell
    }

    pub fn terminate(child: &mut Child) {
        // A group that has ended cannot be signalled, which is the goal.
        let _ = kill_process_group(Pid::from_child(child), Signal::TERM);
    }

    pub fn kill(child: &mut Child) {
        let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    }

    pub fn is_crash(status: ExitStatus) -> bool {
        let by_shell = status.code().and_then(|code| code.checked_sub(SHELL_SIGNAL_BASE));
        let signal = status.signal().or(by_shell);
        signal.is_some_and(|signal| CRASH_SIGNALS.iter().any(|crash| crash.as_raw() == signal))
    }
}

#[cfg(not(unix))]
mod system {
    use std::process::{Child, Command, ExitStatus};

    pub fn shell(command: &str) -> Command {
        let mut shell = Command::new("cmd");
        shell.args(["/C", command]);
        shell
    }

    pub fn terminate(child: &mut Child) {
        let _ = child.kill();
    }

    pub fn kill(child: &mut Child) {
        let _ = child.kill();
    }

    /// Windows reports an unhandled exception as an NTSTATUS of severity "error", which is negative.
    pub fn is_crash(status: ExitStatus) -> bool {
        status.code().is_some_and(|code| code < 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn connection_with_itself_is_no_listener() {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port().expect("a free port")));
        let socket =
            socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
        socket.bind(&address.into()).expect("a free port");
        socket.connect(&address.into()).expect("a connection with itself");
        assert!(reaches_itself(&TcpStream::from(socket)));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
        let tcp = TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
        assert!(!reaches_itself(&tcp));
    }

    #[test]
    fn free_ports_are_distinct() {
        let ports: BTreeSet<u16> = (0..200).map(|_| free_port().expect("a free port")).collect();
        assert_eq!(ports.len(), 200);
    }
}
