//! How a command ends: in come the errors of every module, out comes the sentence for standard error and
//! the exit code.

use std::io;
use std::process::ExitCode;

use crate::args::slug::NameError;
use crate::support::files::FileError;
use crate::support::hex::HexError;
use crate::support::runner::PanicInfo;
use crate::support::subjects::SubjectError;
use wsclose::rules::{Level, UnknownRule};
use wsclose_live::RunError;

/// How a run went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Nothing failed.
    Conforms,
    /// A rule is broken.
    Violation,
    /// What was asked for does not exist.
    Usage,
    /// Something could not be tested.
    NotTested,
    /// A baseline lists what no longer occurs.
    Stale,
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

/// A word that is no code in any vocabulary.
#[derive(Debug, thiserror::Error)]
#[error(
    "expected a close code: a number from 0 to 65535, or a name such as `going-away`, `going_away` (Boost.Beast) or `Away` (ws-rs), found `{0}`"
)]
pub struct UnknownCode(pub String);

/// A word that cannot be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// A level, which many rules have.
    #[error(
        "expected a rule's id, for example `close-fin`, or a close code, for example `1005`, found the level `{0}` \
         (`wsclose rules --level {0}` lists its rules)"
    )]
    Level(Level),
    /// No word of ours.
    #[error(
        "expected a rule's id, for example `close-fin`, or a close code, for example `1005`, found `{found}`{near} \
         (`wsclose rules` and `wsclose codes` list them)",
        found = .0.found, near = .0.nearest.map(|rule| format!("; did you mean `{rule}`?")).unwrap_or_default()
    )]
    Word(UnknownRule),
}

/// Why a command could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A file or folder.
    #[error(transparent)]
    File(#[from] FileError),
    /// A subject.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// A subject or an oracle panicked.
    #[error(transparent)]
    Panic(#[from] PanicInfo),
    /// What cannot be explained.
    #[error(transparent)]
    Explain(#[from] ExplainError),
    /// A code.
    #[error(transparent)]
    Code(#[from] UnknownCode),
    /// Hexadecimal digits.
    #[error(transparent)]
    Hex(#[from] HexError),
    /// The name of a corpus entry.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A thread.
    #[error("expected a thread to work in, found: {0}; ask for fewer with --jobs")]
    Thread(io::Error),
    /// The command line asks for something that does not exist.
    #[error("{0}")]
    Usage(String),
    /// A server under test cannot be reached at all.
    #[error("could not test {endpoint}: {why}")]
    NotTested {
        /// Where it is.
        endpoint: String,
        /// Why not.
        why: String,
    },
    /// A check of a live endpoint that could not run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Standard output.
    #[error("could not write the output: {0}; free some space, or send it elsewhere")]
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
            CliError::Subject(SubjectError::Unknown { .. } | SubjectError::UnknownFault { .. })
            | CliError::Usage(_)
            | CliError::Explain(_)
            | CliError::Code(_)
            | CliError::Hex(_)
            | CliError::Name(_) => ExitStatus::Usage,
        }
    }
}
