//! Every error of a command, and the exit code of a command.

use std::io;
use std::process::ExitCode;

use crate::args::slug::NameError;
use crate::support::dump::PastedError;
use crate::support::files::FileError;
use crate::support::runner::PanicInfo;
use crate::support::subjects::SubjectError;
use crate::support::tips::option_tip;
use wsclose::analysis::status::RunStatus;
use wsclose::rules::{Level, UnknownRule};
use wsclose_live::RunError;

/// The result of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Nothing failed.
    Conforms,
    /// An endpoint violates a rule.
    Violation,
    /// The command line is invalid.
    Usage,
    /// A file, folder or subject could not be read or run.
    NotTested,
    /// The baseline lists a violation that no longer occurs.
    Stale,
}

impl From<RunStatus> for ExitStatus {
    fn from(status: RunStatus) -> ExitStatus {
        match status {
            RunStatus::Pass => ExitStatus::Conforms,
            RunStatus::Fail => ExitStatus::Violation,
            RunStatus::Incomplete => ExitStatus::NotTested,
            RunStatus::Stale => ExitStatus::Stale,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(exit: ExitStatus) -> ExitCode {
        ExitCode::from(match exit {
            ExitStatus::Conforms => 0,
            ExitStatus::Violation => 1,
            ExitStatus::Usage => 2,
            ExitStatus::NotTested => 3,
            ExitStatus::Stale => 4,
        })
    }
}

/// A word that is neither a close code nor the name of one.
#[derive(Debug, thiserror::Error)]
#[error(
    "expected a close code: a number from 0 to 65535, or a name such as `going-away`, `going_away` (Boost.Beast) or `Away` (ws-rs), found `{0}`"
)]
pub struct UnknownCode(pub String);

/// A word that `explain` does not accept.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The name of a level.
    #[error(
        "expected a rule's id, for example `close-fin`, or a close code, for example `1005`, found the level `{0}` \
         (`wsclose rules --level {0}` lists its rules)"
    )]
    Level(Level),
    /// No case has that name.
    #[error("expected a case, for example `closing_handshake/close-rsv1`, found `{found}`{near}; `wsclose check --list` and \
             `wsclose serve --list` list them", near = .near.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
    Case {
        /// The name on the command line.
        found: String,
        /// A case whose name ends in it.
        near: Option<String>,
    },
    /// Neither a rule nor a code.
    #[error(
        "expected a rule's id such as `close-fin`, a close code such as `1005`, or a case such as `liveness`, found \
         `{found}`{near} (`wsclose rules`, `wsclose codes` and `wsclose check --list` list them)",
        found = .0.found, near = .0.nearest.map(|rule| format!("; did you mean `{rule}`?")).unwrap_or_default()
    )]
    Word(UnknownRule),
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A file or folder could not be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// A report cannot be written to its file or folder.
    #[error(transparent)]
    ReportPath(FileError),
    /// A file or folder of the command line holds no script.
    #[error(transparent)]
    Script(FileError),
    /// A subject could not be created.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// A subject or a fuzz target panicked.
    #[error(transparent)]
    Panic(#[from] PanicInfo),
    /// `explain` does not accept the word.
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// The word is no close code.
    #[error(transparent)]
    Code(#[from] UnknownCode),
    /// Pasted text is not in its format.
    #[error(transparent)]
    Pasted(#[from] PastedError),
    /// The name of a corpus entry is invalid or exists.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A thread could not be started.
    #[error("a thread could not be started: {0}; use fewer with --jobs")]
    Thread(io::Error),
    /// The command line is invalid.
    #[error("{0}")]
    Usage(String),
    /// An endpoint under test cannot be reached, or could not be tested for another reason.
    #[error("could not test {endpoint}: {why}")]
    NotTested {
        /// Its URL, address or name.
        endpoint: String,
        /// The reason.
        why: String,
    },
    /// A check of a live endpoint could not run.
    #[error("{0}{tip}", tip = option_tip(.0))]
    Run(#[from] RunError),
    /// Standard output could not be written.
    #[error("could not write the output: {0}; free some space or redirect the output")]
    Output(#[from] io::Error),
}

impl CliError {
    /// The exit code.
    pub fn exit(&self) -> ExitStatus {
        match self {
            CliError::Run(error) if error.is_usage() => ExitStatus::Usage,
            CliError::Run(_)
            | CliError::Subject(SubjectError::Unavailable { .. } | SubjectError::NoLibraries(_))
            | CliError::File(_)
            | CliError::Panic(_)
            | CliError::NotTested { .. }
            | CliError::Thread(_)
            | CliError::Output(_) => ExitStatus::NotTested,
            CliError::Subject(SubjectError::Unknown { .. } | SubjectError::UnknownFault(_))
            | CliError::Usage(_)
            | CliError::Script(_)
            | CliError::ReportPath(_)
            | CliError::Explain(_)
            | CliError::Code(_)
            | CliError::Pasted(_)
            | CliError::Name(_) => ExitStatus::Usage,
        }
    }
}
