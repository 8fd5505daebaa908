//! Checks how live WebSocket servers and clients, in any language, close connections (RFC 6455).
//!
//! A check runs many short *cases* against an endpoint. Each case is a script of what the peer does: it sends frames,
//! valid or not, and ends TCP. The judge of the crate [`wsclose`] decides from what the endpoint sends which rules it
//! violates. A violation fails the run only if it recurs when its case is re-run alone with longer timeouts.
//!
//! # In a Rust test
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let accepted = r#"
//!     [[known]]
//!     rule = "code-is-assigned"
//!     reason = "the server sends every code that the application requests"
//! "#;
//! let report = wsclose_live::check("ws://127.0.0.1:{port}/")
//!     .exec("node server.js {port}")
//!     .close_command(true)
//!     .baseline_toml(accepted)?
//!     .run()?;
//! assert!(report.passes(), "{report}");
//! # Ok(())
//! # }
//! ```
//!
//! [`exec`](ServerCheck::exec) starts and ends the server; leave it out for a server that runs already. The server should
//! echo messages. Servers that do not echo can still be tested. If it closes when it receives the text
//! `close:CODE:REASON`, where an empty CODE means no code, [`close_command`](Check::close_command) adds the cases in which the server closes first.
//!
//! A server that `exec` starts, and a client, can print what the library reported of each connection. With
//! [`ServerCheck::reports_close`] or [`ClientCheck::reports_close`], the rules on these reports are judged too.
//!
//! | endpoint | entry point |
//! |---|---|
//! | a server that runs already, or that a command starts | [`check`] |
//! | a client that is started for every connection, or that reads URLs on its standard input | [`check_client`] |
//! | a client with a loop for the Autobahn fuzzing server | [`check_client_loop`] |
//!
//! [`ServerCheck::diagnose`] examines a server first: whether its program does what cases need.
//!
//! The methods of [`Check`] configure all of them. The [`RunReport`] prints like the output of the command `wsclose`.
//! The library prints nothing, handles no signals and never exits the process: [`Check::on_event`] reports progress, and
//! an [`Interrupt`] ends a run early.
//!
//! # Features
//!
//! - `tls` (default): `wss:` servers. Without it, a `wss:` URL is an error.
//! - `reports` (default): the module `report`, which writes JSON, JUnit, Markdown, HTML, SARIF and an Autobahn index.
//!
//! # Platforms
//!
//! Linux is tested, and other Unix systems are supported. On Windows the crate is meant to compile, but it is not tested:
//! commands run in `cmd /C`, and only the shell that was started is killed, so that a server started through a wrapper
//! may survive its run.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the core does no I/O and reads no clock; this crate does"
)]

mod baseline;
mod check;
mod doctor;
mod endpoint;
pub mod implementations;
mod interrupt;
pub mod model_endpoint;
mod overview;
#[cfg(feature = "reports")]
pub mod report;
mod run;
mod serve;
mod shell;
mod sync;
mod text;
mod transport;
mod unobservable;

pub use baseline::{Baseline, BaselineError};
pub use check::builder::{Check, Plan, PlannedCase};
pub use check::client::{Client, ClientCheck};
pub use check::client_loop::{ClientLoop, ClientLoopCheck, RunningCaseServer};
pub use check::error::RunError;
pub use check::lookup::{CaseExplanation, case_names, explain_case};
pub use check::server::{Server, ServerCheck};
pub use doctor::{Answer, Diagnosis, Fitness, Question};
pub use endpoint::client_pool::ClientCommand;
pub use endpoint::close_line::{CloseStatus, ReportLine};
pub use endpoint::connection::CaseError;
pub use endpoint::features::Unplayable;
pub use endpoint::process::ProcessError;
pub use interrupt::Interrupt;
pub use run::case_result::{CaseResult, Violation};
pub use run::case_trace::CaseTrace;
pub use run::config::Codes;
pub use run::event::Event;
pub use run::lateness::Lateness;
pub use run::results::{
    Confirmation, ReportedFinding, RuleResult, RuleStatus, RunReport, RunVerdict, Scope, Timing,
};
pub use text::Text;
pub use transport::redact::redacted_url;
pub use transport::target_options::TargetError;
pub use transport::upgrade::UpgradeError;
pub use unobservable::{why_fault_unobservable, why_unobservable};
pub use wsclose;
pub use wsclose::analysis::status::{FindingStatus, RunStatus};
pub use wsclose::protocol::code::Profile;

/// A check of the server at `url`: `ws://HOST:PORT/PATH`, or `wss://` with the feature `tls`.
///
/// The server has to run already, unless [`ServerCheck::exec`] sets a command that starts it.
pub fn check(url: impl Into<String>) -> ServerCheck {
    ServerCheck::of_url(url)
}

/// A check of a client that the harness starts.
///
/// A string is a shell command. It is started for every connection, and `{url}` in it is replaced.
/// [`ClientCommand::UrlsOnStdin`] is for clients that are slow to start. The client should echo messages until its
/// connection is closed.
pub fn check_client(command: impl Into<ClientCommand>) -> ClientCheck {
    ClientCheck::of_command(command)
}

/// A check of a client that connects on its own, for one case after another, with the paths of the Autobahn fuzzing
/// server: `/getCaseCount`, `/runCase?case=N&agent=NAME` and `/updateReports?agent=NAME`.
pub fn check_client_loop() -> ClientLoopCheck {
    ClientLoopCheck::of_loop()
}
