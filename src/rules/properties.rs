//! Defines the columns of the table of rules: who can violate a rule, how severe that is, and where and when it is judged.

use std::fmt;

/// The party that can violate a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// The endpoint under test, by what it sends.
    Sender,
    /// The endpoint under test, by how it reacts to what it receives.
    Receiver,
    /// The interface to its application, by what it reports and permits.
    App,
}

impl Party {
    /// `sender`, `receiver` or `app`.
    pub const fn name(self) -> &'static str {
        match self {
            Party::Sender => "sender",
            Party::Receiver => "receiver",
            Party::App => "app",
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The severity of a violation. It follows from the wording of the RFC, not from the visible effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// A MUST, a MUST NOT or a definition of the RFC. A violation fails a run.
    Must,
    /// No sentence of the RFC forbids a violation, but it prevents interoperation with conforming peers. It
    /// fails a run.
    Interop,
    /// No sentence of the RFC forbids a violation, but it is a defect for every user (a panic, a hang). It
    /// fails a run.
    Robust,
    /// A SHOULD, or an implication of the RFC or the registry. A violation warns, and fails a strict run.
    Should,
    /// The endpoint accepts what no conforming peer may send. A violation warns, and fails a strict run.
    Lenient,
    /// The RFC leaves it open. A violation is reported and never fails a run.
    Info,
}

impl Level {
    /// Every level, the most severe first.
    pub const ALL: [Level; 6] =
        [Level::Must, Level::Interop, Level::Robust, Level::Should, Level::Lenient, Level::Info];

    /// Whether a violation at this level fails a run. With `strict`, `should` and `lenient` fail it too.
    pub const fn fails(self, strict: bool) -> bool {
        match self {
            Level::Must | Level::Interop | Level::Robust => true,
            Level::Should | Level::Lenient => strict,
            Level::Info => false,
        }
    }

    /// What the level rests on, as a phrase.
    pub const fn meaning(self) -> &'static str {
        match self {
            Level::Must => "a MUST or a definition of the RFC",
            Level::Interop => {
                "no sentence of the RFC requires it; without it, conforming peers are disconnected"
            }
            Level::Robust => "no sentence of the RFC requires it, but every user does",
            Level::Should => "a SHOULD, or implied by the RFC or the registry",
            Level::Lenient => {
                "no conforming peer sends it; the RFC leaves the reaction open, but §10.7 requires validation"
            }
            Level::Info => "the RFC leaves it open",
        }
    }

    /// The level's name in tables and timelines.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Must => "must",
            Level::Interop => "interop",
            Level::Robust => "robust",
            Level::Should => "should",
            Level::Lenient => "lenient",
            Level::Info => "info",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a subject must send before a rule is exercised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Evidence {
    /// Any frame.
    Frame,
    /// Any frame of a client.
    ClientFrame,
    /// Any frame of a server.
    ServerFrame,
    /// The header of a Close.
    CloseHeader,
    /// A Close, with or without a code.
    CloseBody,
    /// A Close with a code.
    CloseCode,
    /// A Close with a code from a server.
    ServerCloseCode,
    /// A Close, which may have a reason.
    CloseReason,
    /// No single frame: the course of one or more connections decides.
    Course,
}

/// Whether a rule can be judged while the peer does not receive what the subject sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Delivery {
    /// The rule can be judged whether or not the peer receives anything.
    Independent,
    /// The rule is about a report to the application. A subject that is blocked in a write may never make it,
    /// and a subject whose peer vanished still does.
    Report,
    /// The subject can still fulfil the rule when the peer resumes reading.
    Delayable,
    /// The rule can be judged only if the peer receives everything at once.
    Required,
}

/// Whether the time at which the subject acts decides a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Timing {
    /// The rule can be judged whenever things happen.
    Any,
    /// The RFC demands an action at once, or as soon as practical.
    Prompt,
    /// The moment at which the subject ends TCP decides. A live endpoint with a short timeout may look as if it
    /// had not waited.
    TcpEnd,
}

/// The layer of an endpoint that decides whether a rule holds. If a library is only a codec, its adapter supplies
/// the other layers, and the rules of those layers do not judge the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Layer {
    /// The library, as far as it claims the rule's capability.
    Library,
    /// The state machine that permits or discards frames, messages and the end of TCP.
    StateMachine,
    /// The check of the code and reason with which the application requests a close.
    CloseRequest,
}

/// The behaviour that a script is about if it exercises a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Focus {
    /// The form and order of the frames that an endpoint sends. Every script exercises these rules, so they
    /// distinguish no script from another.
    OwnFrames,
    /// The reply to a Close.
    Reply,
    /// What an endpoint does when it fails the connection.
    Failure,
    /// What an endpoint does when its peer stays silent.
    Timeout,
    /// Anything else.
    Other,
}

/// A group of rules about one topic, in which reports list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Family {
    /// The form, the order and the codes of the frames that an endpoint sends.
    OwnFrames,
    /// The reply to a Close.
    CloseReply,
    /// A close that the endpoint begins itself.
    OwnClose,
    /// How and when an endpoint ends TCP, and what it does when its peer ends it.
    TcpEnd,
    /// Input that conforms and has to be accepted.
    LawfulInput,
    /// Input with a flaw that has to be rejected.
    FaultyInput,
    /// What an endpoint does when it fails the connection.
    Failing,
    /// What an endpoint reports to its application.
    Reports,
    /// Defects for every user, whatever the RFC says.
    Robustness,
}

impl Family {
    /// Every family, in the order of reports.
    pub const ALL: [Family; 9] = [
        Family::OwnFrames,
        Family::CloseReply,
        Family::OwnClose,
        Family::TcpEnd,
        Family::LawfulInput,
        Family::FaultyInput,
        Family::Failing,
        Family::Reports,
        Family::Robustness,
    ];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Family::OwnFrames => "frames it sends",
            Family::CloseReply => "reply to a Close",
            Family::OwnClose => "own close",
            Family::TcpEnd => "end of TCP",
            Family::LawfulInput => "lawful input",
            Family::FaultyInput => "faulty input",
            Family::Failing => "failing the connection",
            Family::Reports => "reports",
            Family::Robustness => "robustness",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
