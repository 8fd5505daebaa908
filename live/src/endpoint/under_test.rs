//! The endpoint under test: how to connect to it, its features, and its capabilities.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability, Rule, RuleSet};

use crate::endpoint::client_pool::ClientPool;
use crate::endpoint::features::EndpointFeatures;
use crate::endpoint::process::{self, Listening};
use crate::endpoint::server_process::ServerProcess;
use crate::endpoint::server_reports::ServerReports;
use crate::sync::lock;
use crate::transport::server_target::ServerTarget;

/// How long the process of a server that accepts no connections may take to exit.
const EXIT_TIMEOUT: Duration = Duration::from_millis(500);

/// How often a server is checked for its end.
const CHECK_INTERVAL: Duration = Duration::from_millis(5);

/// How a connection with the endpoint under test is established.
#[derive(Clone, Copy, Debug)]
pub enum ConnectMode<'a> {
    /// The endpoint is a server, to which the harness connects.
    Dial(&'a ServerTarget),
    /// The endpoint is a client, which the harness starts.
    Spawn(&'a ClientPool),
    /// The endpoint is a client of this name, which connects to the case server.
    Accept(&'a str),
}

/// An endpoint under test.
#[derive(Clone, Copy, Debug)]
pub struct EndpointUnderTest<'a> {
    /// How to connect to it.
    pub mode: ConnectMode<'a>,
    /// The process of the server, if the harness started it.
    pub process: Option<&'a Mutex<ServerProcess>>,
    /// The profile that decides which codes are valid.
    pub profile: Profile,
    /// The endpoint closes when it receives the text `close:CODE:REASON`.
    pub close_command: bool,
    /// The program of the endpoint prints how each connection closed.
    pub reports_close: bool,
    /// What the program of a server printed, if the harness started it and reads its output.
    pub server_reports: Option<&'a ServerReports>,
    /// The results of its cases have their traces.
    pub keep_traces: bool,
}

impl EndpointUnderTest<'_> {
    /// The role of the endpoint.
    pub const fn role(&self) -> Role {
        match self.mode {
            ConnectMode::Dial(_) => Role::Server,
            ConnectMode::Spawn(_) | ConnectMode::Accept(_) => Role::Client,
        }
    }

    /// The name of the endpoint in reports.
    pub fn name(&self) -> &str {
        match self.mode {
            ConnectMode::Dial(target) => &target.url,
            ConnectMode::Spawn(pool) => &pool.name,
            ConnectMode::Accept(agent) => agent,
        }
    }

    /// How the server ended, if it has ended: its process exited, or the system rejects connections to it. A client has no
    /// such end: each connection has a client of its own.
    pub fn end_of_server(&self) -> Option<String> {
        let ConnectMode::Dial(target) = self.mode else { return None };
        let exit = || self.process.and_then(|process| lock(process).exit());
        let is_listening = || match process::probe(target.address) {
            Listening::Yes | Listening::Unknown => true,
            Listening::No => false,
        };
        let begun = Instant::now();
        loop {
            if let Some(how) = exit() {
                return Some(format!("the server exited: {how}"));
            }
            if is_listening() {
                return None;
            }
            // A shell exits after the program that it started.
            if self.process.is_none() || begun.elapsed() > EXIT_TIMEOUT {
                return Some("the server stopped listening".to_owned());
            }
            std::thread::sleep(CHECK_INTERVAL);
        }
    }

    /// The same, after a wait of at most `timeout` for that end.
    pub fn wait_for_end_of_server(&self, timeout: Duration) -> Option<String> {
        let begun = Instant::now();
        match self.process {
            Some(process) => {
                while begun.elapsed() < timeout && lock(process).exit().is_none() {
                    std::thread::sleep(CHECK_INTERVAL);
                }
            }
            // Every look is a connection, so there are only two.
            None => match self.end_of_server() {
                Some(how) => return Some(how),
                None => std::thread::sleep(timeout),
            },
        }
        self.end_of_server()
    }

    /// A note on the program if it printed no report of its first connection. No further report is waited for.
    pub fn stop_expecting_reports(&self) -> Option<String> {
        let has_reported = match (self.mode, self.server_reports) {
            // A server may report a connection only when both sides have ended it.
            (ConnectMode::Dial(_), Some(reports)) => reports.has_any_or_give_up(FIRST_REPORT_TIMEOUT),
            (ConnectMode::Spawn(pool), _) => {
                pool.give_up_reports();
                false
            }
            (ConnectMode::Dial(_), None) | (ConnectMode::Accept(_), _) => false,
        };
        (!has_reported && self.malformed_report().is_none()).then(|| {
            format!(
                "the {} printed no line `{}` for its first connection, so the rules on what it reports are not exercised",
                self.role(),
                self.report_form()
            )
        })
    }

    /// A note on a line that begins like a report and is none, if the program printed one.
    pub fn malformed_report(&self) -> Option<String> {
        let line = match self.mode {
            ConnectMode::Dial(_) => self.server_reports.and_then(ServerReports::malformed),
            ConnectMode::Spawn(pool) => pool.malformed_report(),
            ConnectMode::Accept(_) => None,
        };
        line.map(|line| format!("the {} printed `{line}`, expected `{}`", self.role(), self.report_form()))
    }

    /// The form of the line that reports how a connection closed.
    const fn report_form(&self) -> &'static str {
        match self.role() {
            Role::Client => "closed CODE \"REASON\" clean|unclean|unknown",
            Role::Server => "closed CODE \"REASON\" clean|unclean|unknown ID",
        }
    }

    /// What the endpoint does itself, as the judge needs it.
    pub fn capabilities(&self) -> Capabilities {
        capabilities(self.close_command, self.reports_close)
    }

    /// The features that decide which cases can be run. A client of the case server connects once for a case.
    pub const fn features(&self) -> EndpointFeatures {
        let reconnects = match self.mode {
            ConnectMode::Dial(_) | ConnectMode::Spawn(_) => true,
            ConnectMode::Accept(_) => false,
        };
        EndpointFeatures { role: self.role(), close_command: self.close_command, reconnects }
    }
}

/// How long a server may take to report its first connection after both sides have ended it.
const FIRST_REPORT_TIMEOUT: Duration = Duration::from_millis(1500);

/// The rules that only a report of the program shows. A report that is missing is no statement about the library.
pub fn report_rules() -> RuleSet {
    let needs_report =
        |rule: &Rule| matches!(rule.capability(), Capability::ReportsCloseStatus | Capability::ReportsClean);
    Rule::ALL.into_iter().filter(needs_report).collect()
}

/// The capabilities of a live endpoint: everything that shows on a socket, and the two things that its program can do
/// for the harness. Whether it interprets reasons shows only where it echoes or reports one.
pub fn capabilities(close_command: bool, reports_close: bool) -> Capabilities {
    let mut lacks = vec![
        Capability::ReportsMemory,
        Capability::ReportsMessages,
        Capability::ShowsBothDirections,
        Capability::InterpretsReason,
    ];
    if !close_command {
        lacks.push(Capability::ExposesCloseApi);
    }
    if !reports_close {
        lacks.extend([Capability::ReportsCloseStatus, Capability::ReportsClean]);
    }
    // The report is read when the connection is over.
    Capabilities::ALL.without(&lacks).exempting(&[Rule::ReportsAfterTcp])
}
