//! A server that the harness started, and starts again after it has exited.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::endpoint::output_log::OutputLog;
use crate::endpoint::process::{Process, ProcessError};
use crate::endpoint::server_reports::ServerReports;

/// A server process that listens at an address.
#[derive(Debug)]
pub struct ServerProcess {
    command: String,
    /// Where the reports that it prints go, if it prints any.
    reports: Option<Arc<ServerReports>>,
    /// Keeps what it prints.
    log: Option<OutputLog>,
    address: SocketAddr,
    start_timeout: Duration,
    /// Absent only after a start has failed.
    process: Option<Process>,
}

impl ServerProcess {
    /// Starts `command`, and waits until it listens at `address`, for at most `start_timeout`.
    ///
    /// # Errors
    /// Returns why it did not start or listen.
    pub fn start(
        command: String,
        reports: Option<Arc<ServerReports>>,
        log: Option<OutputLog>,
        address: SocketAddr,
        start_timeout: Duration,
    ) -> Result<ServerProcess, ProcessError> {
        let mut server = ServerProcess { command, reports, log, address, start_timeout, process: None };
        server.restart(start_timeout)?;
        Ok(server)
    }

    /// Ends the process, if it still runs, and starts the command again. It may take `timeout` to listen, or the time that the
    /// first start had, if that is less.
    ///
    /// # Errors
    /// Returns why it did not start or listen.
    pub fn restart(&mut self, timeout: Duration) -> Result<(), ProcessError> {
        self.process = None;
        let mut process =
            Process::spawn_server(self.command.clone(), self.reports.clone(), self.log.as_ref())?;
        process.wait_until_listening(self.address, timeout.min(self.start_timeout))?;
        self.process = Some(process);
        Ok(())
    }

    /// The last line of its standard error, after a comma; empty if there is none.
    pub fn last_words(&mut self) -> String {
        self.process.as_mut().map(Process::last_words).unwrap_or_default()
    }

    /// How it exited, with its last output, if it has exited.
    pub fn exit(&mut self) -> Option<String> {
        let Some(process) = &mut self.process else { return Some("it could not be started".to_owned()) };
        let status = process.exit_status()?;
        Some(format!("{status}{}", process.last_words()))
    }
}
