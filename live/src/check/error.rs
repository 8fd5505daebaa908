//! Why a check could not run.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::endpoint::features::Unplayable;
use crate::endpoint::process::ProcessError;
use crate::transport::target_options::TargetError;

/// Why a check could not run. An endpoint that does not respond is not such an error: the report of the run shows it.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The URL or the address cannot be used.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The command could not be started, or lacks a placeholder.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The URL of a server that the harness starts has no `{port}`.
    #[error("expected `{{port}}` in the URL, because the server is started on a free port, found {0}")]
    MissingPort(String),
    /// The URL of a server that the harness does not start has `{port}`.
    #[error(
        "expected a port in the URL, found `{{port}}`, which stands for the port of a server that the check starts"
    )]
    PortWithoutCommand,
    /// The reports of a server that the harness does not start cannot be read.
    #[error("expected a command that starts the server, whose output has its reports, found none")]
    ReportsWithoutCommand,
    /// A pattern is malformed.
    #[error("expected a pattern in which {expected}, found `{pattern}`")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What a valid pattern would have.
        expected: &'static str,
    },
    /// The patterns leave no rule.
    #[error(
        "expected the patterns of rules to leave one of the {0} rules that the check can judge, found none; `*` stands \
         for other characters, as in `7.4*`"
    )]
    NoRules(usize),
    /// The patterns match no case.
    #[error(
        "expected a case that matches the patterns of cases, found none; `*` stands for other characters"
    )]
    NoCases,
    /// A script cannot be played to the endpoint.
    #[error("{name}: {why}")]
    Unplayable {
        /// The name of its case.
        name: String,
        /// Why it cannot be played.
        why: Unplayable,
    },
    /// None of the scripts can be played to the endpoint; why, for each of them.
    #[error("expected a script that can be played to the endpoint, found none\n{}", .0.join("\n"))]
    NoPlayableScript(Vec<String>),
    /// The log of what the endpoint prints cannot be created.
    #[error("{}: cannot write what the endpoint prints to this file: {source}", .path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// Nothing that the endpoint prints can be logged, because the harness does not start it.
    #[error("expected a command that starts the endpoint, whose output is to be logged, found none")]
    LogWithoutCommand,
    /// No port is free.
    #[error("no port is free: {0}")]
    NoPort(io::Error),
    /// The address for clients cannot be used.
    #[error("{address}: cannot listen: {source}; choose another address")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The error of the system.
        source: io::Error,
    },
    /// No client ran a case of the case server.
    #[error("{url}: no client ran a case: {why}")]
    NoClient {
        /// The URL of the case server.
        url: String,
        /// Why the server stopped waiting.
        why: String,
    },
    /// A client requested reports before it ran a case.
    #[error("{agent}: expected the client to run a case, found that it requested reports first")]
    NoCaseRun {
        /// The name of the client.
        agent: String,
    },
}

impl RunError {
    /// Whether the configuration is wrong, as opposed to the endpoint or the system.
    pub const fn is_usage(&self) -> bool {
        match self {
            RunError::Process(ProcessError::MissingPlaceholder { .. })
            | RunError::Target(
                TargetError::NotAUrl { .. }
                | TargetError::OtherScheme { .. }
                | TargetError::Fragment(_)
                | TargetError::Scheme(_)
                | TargetError::NoHost(_)
                | TargetError::NotLoopback(_)
                | TargetError::PublicListener(_)
                | TargetError::NoTls(_),
            )
            | RunError::MissingPort(_)
            | RunError::PortWithoutCommand
            | RunError::Log { .. }
            | RunError::LogWithoutCommand
            | RunError::ReportsWithoutCommand
            | RunError::Pattern { .. }
            | RunError::NoRules(_)
            | RunError::NoCases
            | RunError::Unplayable { .. }
            | RunError::NoPlayableScript(_) => true,
            RunError::Process(
                ProcessError::Spawn { .. }
                | ProcessError::ExitedEarly { .. }
                | ProcessError::ListenTimeout { .. },
            )
            | RunError::Target(TargetError::Lookup { .. } | TargetError::Ca { .. } | TargetError::Tls(_))
            | RunError::NoPort(_)
            | RunError::Listen { .. }
            | RunError::NoClient { .. }
            | RunError::NoCaseRun { .. } => false,
        }
    }
}
