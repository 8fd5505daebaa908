//! Defines how an endpoint replied in one case, next to how it replies where there is no doubt.

use std::fmt;

use crate::protocol::code::CloseCode;

/// The Close with which an endpoint reacted to a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It sent no Close.
    NoClose,
    /// It sent a Close without a code.
    WithoutCode,
    /// It sent a Close with this code.
    Code(CloseCode),
}

impl Answer {
    /// The answer of an endpoint that sent a Close with this code, or without one.
    pub fn of(code: Option<CloseCode>) -> Answer {
        code.map_or(Answer::WithoutCode, Answer::Code)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::NoClose => f.write_str("no Close"),
            Answer::WithoutCode => f.write_str("a Close without a code"),
            Answer::Code(code) => write!(f, "{code}"),
        }
    }
}

/// A reply to a flawed Close that one trace leaves open and two others decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Comparison {
    /// The reply.
    pub answer: Answer,
    /// The case in which the endpoint replies like this, or as usual with this kind of code, to a lawful Close.
    pub lawful_case: &'static str,
    /// The reply to a frame that every endpoint must reject, and the case that shows it.
    pub failing: Answer,
    /// The case in which the endpoint rejects such a frame.
    pub failing_case: &'static str,
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Comparison { answer, lawful_case, failing, failing_case } = self;
        write!(
            f,
            "replied with {answer}, as to a lawful Close ({lawful_case}); it sends {failing} if it fails the \
             connection ({failing_case})"
        )
    }
}
