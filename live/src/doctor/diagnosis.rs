//! What an examination found.

use crate::endpoint::connection::CaseError;

/// A question of an examination, in the order in which the answers are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Question {
    /// Does the server accept the opening handshake?
    Upgrades,
    /// Does it send back a text message?
    EchoesText,
    /// Does it send back a binary message?
    EchoesBinary,
    /// Does it stay open after a text that is no command?
    IgnoresOtherTexts,
    /// Does it answer a plain Close?
    AnswersClose,
    /// Does it close with the code and reason that `close:CODE:REASON` names?
    ObeysCloseCommand,
    /// Does it close without a code for `close::`?
    ObeysEmptyCloseCommand,
    /// Does it survive a close command with a code that a library may refuse?
    SurvivesRefusal,
    /// Is an idle connection left alone?
    LeavesIdleAlone,
    /// Does it serve a second connection while the first is open?
    ServesSeveral,
    /// Does it serve a connection after all others?
    Survives,
    /// Is the server itself at the other end, and no proxy?
    IsNoProxy,
}

impl Question {
    /// The expected answer in a few words.
    pub const fn name(self) -> &'static str {
        match self {
            Question::Upgrades => "upgrades",
            Question::EchoesText => "echoes text",
            Question::EchoesBinary => "echoes binary",
            Question::IgnoresOtherTexts => "ignores other texts",
            Question::AnswersClose => "answers a Close",
            Question::ObeysCloseCommand => "obeys close:CODE:REASON",
            Question::ObeysEmptyCloseCommand => "obeys close::",
            Question::SurvivesRefusal => "survives a refusal",
            Question::LeavesIdleAlone => "leaves idle alone",
            Question::ServesSeveral => "serves several",
            Question::Survives => "survives",
            Question::IsNoProxy => "is no proxy",
        }
    }
}

/// Whether a server is fit to be tested, as far as one question shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fitness {
    /// It is.
    Fit,
    /// It is not, because of its program or of how it is set up.
    Fault,
    /// The program or the library may be the reason.
    Unclear,
    /// The question could not be asked.
    Skipped,
}

impl Fitness {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Fitness::Fit => "ok",
            Fitness::Fault => "FAULT",
            Fitness::Unclear => "unclear",
            Fitness::Skipped => "not asked",
        }
    }
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The question.
    pub question: Question,
    /// The result.
    pub fitness: Fitness,
    /// What the server did, with the server as the subject of the sentence.
    pub seen: String,
    /// How to change the program, unless that is not needed.
    pub remedy: Option<&'static str>,
}

impl Answer {
    /// The answer of a server that is fit.
    pub(super) fn fit(question: Question, seen: impl Into<String>) -> Answer {
        Answer { question, fitness: Fitness::Fit, seen: seen.into(), remedy: None }
    }

    /// A fault of the program.
    pub(super) fn fault(question: Question, seen: impl Into<String>, remedy: &'static str) -> Answer {
        Answer { question, fitness: Fitness::Fault, seen: seen.into(), remedy: Some(remedy) }
    }

    /// A fault of the program or of the library.
    pub(super) fn unclear(question: Question, seen: impl Into<String>, remedy: &'static str) -> Answer {
        Answer { question, fitness: Fitness::Unclear, seen: seen.into(), remedy: Some(remedy) }
    }

    /// A question that could not be asked, with the reason.
    pub(super) fn skipped(question: Question, why: impl Into<String>) -> Answer {
        Answer { question, fitness: Fitness::Skipped, seen: why.into(), remedy: None }
    }

    /// Whether something has to be changed.
    pub fn is_bad(&self) -> bool {
        match self.fitness {
            Fitness::Fault | Fitness::Unclear => true,
            Fitness::Fit | Fitness::Skipped => false,
        }
    }
}

/// What an examination found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The URL of the server, without secrets.
    pub endpoint: String,
    /// The answers, in the order of the questions.
    pub answers: Vec<Answer>,
    /// Why the first connection failed, if it did.
    pub error: Option<CaseError>,
    /// Every text ends the connection, so that a close command shows nothing.
    pub(crate) ends_on_text: bool,
}

impl Diagnosis {
    /// Whether the server is fit to be tested: nothing has to be changed.
    pub fn is_fit(&self) -> bool {
        !self.answers.iter().any(Answer::is_bad)
    }

    /// Whether no server was reached, so that nothing is known.
    pub fn is_unreachable(&self) -> bool {
        self.error.as_ref().is_some_and(CaseError::is_unreachable)
    }

    /// A note for the report of a check on each answer that is a fault of the program.
    pub(crate) fn notes(&self) -> impl Iterator<Item = String> + '_ {
        // A server that is gone is what the check reports itself.
        let is_known = self.error.is_some();
        let faults = self.answers.iter().filter(move |answer| answer.fitness == Fitness::Fault && !is_known);
        faults.map(|answer| {
            let remedy = answer.remedy.map_or(String::new(), |remedy| format!("; {remedy}"));
            format!("the program of the server may distort results: {}{remedy}", answer.seen)
        })
    }
}
