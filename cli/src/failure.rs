//! How a command ends: in come the errors of every module, out comes the sentence for standard error and
//! the exit code.

use std::io;
use std::process::ExitCode;

use crate::codes::UnknownCode;
use crate::files::FileError;
use crate::filing::NameError;
use crate::hex::HexError;
use crate::live::exec::ProcessError;
use crate::live::target::TargetError;
use crate::play::PanicInfo;
use crate::rules::ExplainError;
use crate::subjects::SubjectError;

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
    /// Where a server is.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A server that is started for the run.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// Standard output.
    #[error("could not write the output: {0}; free some space, or send it elsewhere")]
    Output(#[from] io::Error),
}

impl CliError {
    /// The exit code.
    pub fn exit(&self) -> ExitStatus {
        match self {
            CliError::Subject(SubjectError::Unavailable { .. })
            | CliError::File(_)
            | CliError::Panic(_)
            | CliError::NotTested { .. }
            | CliError::Process(
                ProcessError::Spawn { .. }
                | ProcessError::ExitedEarly { .. }
                | ProcessError::ListenTimeout { .. },
            )
            | CliError::Target(TargetError::Lookup { .. } | TargetError::Ca { .. } | TargetError::Tls(_))
            | CliError::Thread(_)
            | CliError::Output(_) => ExitStatus::NotTested,
            CliError::Subject(SubjectError::Unknown { .. } | SubjectError::UnknownFault { .. })
            | CliError::Usage(_)
            | CliError::Process(ProcessError::MissingPlaceholder { .. })
            | CliError::Target(
                TargetError::NotAUrl { .. }
                | TargetError::Scheme(_)
                | TargetError::NoHost(_)
                | TargetError::NotLoopback(_),
            )
            | CliError::Explain(_)
            | CliError::Code(_)
            | CliError::Hex(_)
            | CliError::Name(_) => ExitStatus::Usage,
        }
    }
}
