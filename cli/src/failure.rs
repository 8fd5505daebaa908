//! How a command ends: in come the errors of every module, out comes the sentence for standard error and
//! the exit code.

use std::io;
use std::process::ExitCode;

use wsclose::rule::UnknownRule;

use crate::codes::UnknownCode;
use crate::files::FileError;
use crate::filing::NameError;
use crate::hex::NotHex;
use crate::play::Panicked;
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
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Conforms => 0,
            Exit::Breach => 1,
            Exit::Usage => 2,
            Exit::Untestable => 3,
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
    /// A rule.
    #[error("{0} (`wsclose rules` lists them)")]
    Rule(#[from] UnknownRule),
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
            | Failure::Thread(_)
            | Failure::Output(_) => Exit::Untestable,
            Failure::Subject(SubjectError::Unknown { .. } | SubjectError::UnknownFault { .. })
            | Failure::Rule(_)
            | Failure::Code(_)
            | Failure::Hex(_)
            | Failure::Name(_) => Exit::Usage,
        }
    }
}
