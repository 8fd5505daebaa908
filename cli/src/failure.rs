//! How a command ends: in come the errors of every module, out comes the sentence for standard error and
//! the exit code.

use std::io;
use std::process::ExitCode;

use crate::codes::UnknownCode;
use crate::files::FileError;
use crate::filing::NameError;
use crate::hex::NotHex;
use crate::live::exec::ExecError;
use crate::live::target::TargetError;
use crate::play::Panicked;
use crate::rules::Unexplained;
use crate::subjects::SubjectError;

/// How a run went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing failed.
    Conforms,
    /// A rule is broken.
    Breach,
    /// What was asked for does not exist.
    Usage,
    /// Something could not be tested.
    Untestable,
    /// A baseline lists what no longer occurs.
    Stale,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Conforms => 0,
            Exit::Breach => 1,
            Exit::Usage => 2,
            Exit::Untestable => 3,
            Exit::Stale => 4,
        })
    }
}

/// Why a command could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A file or folder.
    #[error(transparent)]
    File(#[from] FileError),
    /// A subject.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// A subject or an oracle panicked.
    #[error(transparent)]
    Panicked(#[from] Panicked),
    /// What cannot be explained.
    #[error(transparent)]
    Unexplained(#[from] Unexplained),
    /// A code.
    #[error(transparent)]
    Code(#[from] UnknownCode),
    /// Hexadecimal digits.
    #[error(transparent)]
    Hex(#[from] NotHex),
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
    Untested {
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
    Exec(#[from] ExecError),
    /// Standard output.
    #[error("could not write the output: {0}; free some space, or send it elsewhere")]
    Output(#[from] io::Error),
}

impl Failure {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Failure::Subject(SubjectError::NotBuilt { .. })
            | Failure::File(_)
            | Failure::Panicked(_)
            | Failure::Untested { .. }
            | Failure::Exec(ExecError::Cannot { .. } | ExecError::Ended { .. } | ExecError::Deaf { .. })
            | Failure::Target(TargetError::Lookup { .. } | TargetError::Ca { .. } | TargetError::Tls(_))
            | Failure::Thread(_)
            | Failure::Output(_) => Exit::Untestable,
            Failure::Subject(SubjectError::Unknown { .. } | SubjectError::UnknownFault { .. })
            | Failure::Usage(_)
            | Failure::Exec(ExecError::NoPlace { .. })
            | Failure::Target(
                TargetError::NotAUrl { .. }
                | TargetError::Scheme(_)
                | TargetError::NoHost(_)
                | TargetError::NotLoopback(_),
            )
            | Failure::Unexplained(_)
            | Failure::Code(_)
            | Failure::Hex(_)
            | Failure::Name(_) => Exit::Usage,
        }
    }
}
