//! Classifies the reaction of an endpoint to each possible close code, for every [`CodeOrigin`].

use super::outcome::{SentFrame, SentFrames};
use crate::generate::vectors::CodeOrigin;
use crate::harness::{Trace, TraceEventKind};
use crate::protocol::code::CloseCode;
use crate::script::Script;

/// The reaction of an endpoint to a close code that it received or that its application requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum CodeReaction {
    /// It accepted the code and echoed it.
    Echoed,
    /// It accepted the code: it reported the code to its application and sent no Close.
    Accepted,
    /// It replied or reported without a code.
    RepliedEmpty,
    /// It replied with or reported another code that signals no error.
    RepliedOtherwise,
    /// It failed the connection with 1002.
    RejectedWith1002,
    /// It failed the connection with 1007.
    RejectedWith1007,
    /// It failed the connection with another code that signals an error.
    RejectedOtherwise,
    /// It reported an error or closed TCP, and sent no Close.
    Dropped,
    /// It showed no reaction.
    Nothing,
    /// It sent the requested code.
    Written,
    /// It sent another code than the requested one, or none.
    Changed,
    /// It refused the request.
    RefusedToWrite,
    /// It has no API for the request.
    NoInterface,
    /// It sent no Close, and no refusal was seen. A program over a socket does not show refusals.
    NotWritten,
    /// It panicked.
    Panicked,
    /// It did not become idle.
    Hung,
}

impl CodeReaction {
    /// Every reaction.
    pub const ALL: [CodeReaction; 16] = [
        CodeReaction::Echoed,
        CodeReaction::Accepted,
        CodeReaction::RepliedEmpty,
        CodeReaction::RepliedOtherwise,
        CodeReaction::RejectedWith1002,
        CodeReaction::RejectedWith1007,
        CodeReaction::RejectedOtherwise,
        CodeReaction::Dropped,
        CodeReaction::Nothing,
        CodeReaction::Written,
        CodeReaction::Changed,
        CodeReaction::RefusedToWrite,
        CodeReaction::NoInterface,
        CodeReaction::NotWritten,
        CodeReaction::Panicked,
        CodeReaction::Hung,
    ];

    /// The character for the reaction in pictures.
    pub const fn symbol(self) -> char {
        match self {
            CodeReaction::Echoed => 'E',
            CodeReaction::Accepted => 'A',
            CodeReaction::RepliedEmpty => 'N',
            CodeReaction::RepliedOtherwise => 'O',
            CodeReaction::RejectedWith1002 => '2',
            CodeReaction::RejectedWith1007 => '7',
            CodeReaction::RejectedOtherwise => 'X',
            CodeReaction::Dropped => 'D',
            CodeReaction::Nothing => '–',
            CodeReaction::Written => 'W',
            CodeReaction::Changed => 'C',
            CodeReaction::RefusedToWrite => 'R',
            CodeReaction::NoInterface => 'I',
            CodeReaction::NotWritten => 'S',
            CodeReaction::Panicked => 'P',
            CodeReaction::Hung => 'H',
        }
    }

    /// The name in tables and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            CodeReaction::Echoed => "echoed",
            CodeReaction::Accepted => "accepted",
            CodeReaction::RepliedEmpty => "replied-without-code",
            CodeReaction::RepliedOtherwise => "replied-otherwise",
            CodeReaction::RejectedWith1002 => "rejected-with-1002",
            CodeReaction::RejectedWith1007 => "rejected-with-1007",
            CodeReaction::RejectedOtherwise => "rejected-otherwise",
            CodeReaction::Dropped => "dropped",
            CodeReaction::Nothing => "no-reaction",
            CodeReaction::Written => "sent",
            CodeReaction::Changed => "sent-otherwise",
            CodeReaction::RefusedToWrite => "request-refused",
            CodeReaction::NoInterface => "no-api",
            CodeReaction::NotWritten => "not-sent",
            CodeReaction::Panicked => "panicked",
            CodeReaction::Hung => "hung",
        }
    }

    /// The reaction with this name, if there is one.
    pub fn named(name: &str) -> Option<CodeReaction> {
        CodeReaction::ALL.into_iter().find(|reaction| reaction.name() == name)
    }

    /// The reaction as a phrase.
    pub const fn description(self) -> &'static str {
        match self {
            CodeReaction::Echoed => "accepted and echoed",
            CodeReaction::Accepted => "accepted: reported to the application, no Close sent",
            CodeReaction::RepliedEmpty => "replied to or reported without a code",
            CodeReaction::RepliedOtherwise => "replied to or reported with another code",
            CodeReaction::RejectedWith1002 => "rejected with 1002",
            CodeReaction::RejectedWith1007 => "rejected with 1007",
            CodeReaction::RejectedOtherwise => "rejected with another code",
            CodeReaction::Dropped => "rejected without a Close: error reported or TCP closed",
            CodeReaction::Nothing => "no visible reaction",
            CodeReaction::Written => "sent as requested",
            CodeReaction::Changed => "sent with another code or without one",
            CodeReaction::RefusedToWrite => "request refused",
            CodeReaction::NoInterface => "no API for the request",
            CodeReaction::NotWritten => "not sent, and no refusal seen",
            CodeReaction::Panicked => "panicked",
            CodeReaction::Hung => "hung",
        }
    }

    /// The reaction in the trace of a [`CodeScript`](crate::generate::vectors::CodeScript) with this origin and code.
    pub fn of(trace: &Trace, origin: CodeOrigin, code: CloseCode) -> CodeReaction {
        let seen = CodeObservation::of(trace);
        if let Some(crash) = seen.crash {
            return crash;
        }
        match origin {
            CodeOrigin::Requested if seen.unsupported => CodeReaction::NoInterface,
            CodeOrigin::Requested => match (seen.first, seen.refused) {
                (Some(Some(sent)), _) if sent == code => CodeReaction::Written,
                (_, true) => CodeReaction::RefusedToWrite,
                (Some(_), false) => CodeReaction::Changed,
                (None, false) => CodeReaction::NotWritten,
            },
            CodeOrigin::Received => seen.reaction(seen.first, code),
            CodeOrigin::Reply => seen.reaction(seen.second, code),
        }
    }
}

/// The reaction to one close code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeSample {
    /// Where the code came from.
    pub origin: CodeOrigin,
    /// The code.
    pub code: CloseCode,
    /// The reaction.
    pub reaction: CodeReaction,
}

impl CodeSample {
    /// The sample of a script and the trace of an endpoint that played it. `None` if the script does more than to try
    /// one code.
    pub fn of(script: Script<'_>, trace: &Trace) -> Option<CodeSample> {
        let (origin, code) = CodeOrigin::of(script)?;
        Some(CodeSample { origin, code, reaction: CodeReaction::of(trace, origin, code) })
    }
}

/// The facts of a trace with one connection that decide the reaction.
#[derive(Default)]
struct CodeObservation {
    /// The code of the first Close that the endpoint sent; `Some(None)` if that Close has no code.
    first: Option<Option<CloseCode>>,
    /// The code of the second Close, likewise.
    second: Option<Option<CloseCode>>,
    reported: Option<CloseCode>,
    /// The endpoint reported that the closure was not clean.
    unclean: bool,
    error: bool,
    refused: bool,
    unsupported: bool,
    /// The endpoint closed TCP before the peer did.
    closed_tcp: bool,
    crash: Option<CodeReaction>,
}

impl CodeObservation {
    fn of(trace: &Trace) -> CodeObservation {
        let mut seen = CodeObservation::default();
        let mut frames = SentFrames::new();
        let mut peer_ended = false;
        for event in trace.events() {
            match event.kind {
                TraceEventKind::Sent(span) => {
                    frames.read(trace.octets(span), |frame| match (frame, seen.first) {
                        (SentFrame::Close(code), None) => seen.first = Some(code),
                        (SentFrame::Close(code), Some(_)) => seen.second = seen.second.or(Some(code)),
                        (SentFrame::Heartbeat | SentFrame::Data, _) => {}
                    })
                }
                TraceEventKind::PeerFin | TraceEventKind::PeerReset | TraceEventKind::PeerGone(_) => {
                    peer_ended = true
                }
                TraceEventKind::WriteShutdown | TraceEventKind::Fin | TraceEventKind::Reset => {
                    seen.closed_tcp |= !peer_ended
                }
                TraceEventKind::Reported { code, clean, .. } => {
                    seen.unclean |= clean == Some(false);
                    seen.reported = seen.reported.or(Some(code.unwrap_or(CloseCode::NO_STATUS)));
                }
                TraceEventKind::ErrorReported(_) => seen.error |= !peer_ended,
                TraceEventKind::RequestRefused(_) => seen.refused = true,
                TraceEventKind::Unsupported(_) => seen.unsupported = true,
                TraceEventKind::Panicked(_) => seen.crash = Some(CodeReaction::Panicked),
                TraceEventKind::Hung => seen.crash = seen.crash.or(Some(CodeReaction::Hung)),
                TraceEventKind::Connected { .. }
                | TraceEventKind::DeflateNegotiated
                | TraceEventKind::SentWithOpening
                | TraceEventKind::PeerPaused
                | TraceEventKind::PeerResumed
                | TraceEventKind::Received(_)
                | TraceEventKind::AppClose { .. }
                | TraceEventKind::AppSend { .. }
                | TraceEventKind::AppPause
                | TraceEventKind::AppResume
                | TraceEventKind::Message { .. }
                | TraceEventKind::RequestAccepted
                | TraceEventKind::Memory(_)
                | TraceEventKind::StateChanged(..)
                | TraceEventKind::Undelivered(_)
                | TraceEventKind::Note(_)
                | TraceEventKind::TlsStarted
                | TraceEventKind::TlsClosed
                | TraceEventKind::ScriptEnded => {}
            }
        }
        seen
    }

    /// The reaction to a Close of the peer with this code. `close` is the Close that the endpoint sent after it, if any.
    fn reaction(&self, close: Option<Option<CloseCode>>, code: CloseCode) -> CodeReaction {
        match close {
            Some(Some(own)) if own == code => CodeReaction::Echoed,
            Some(Some(CloseCode::PROTOCOL_ERROR)) => CodeReaction::RejectedWith1002,
            Some(Some(CloseCode::INVALID_PAYLOAD)) => CodeReaction::RejectedWith1007,
            Some(Some(CloseCode(1003 | 1008 | 1009 | 1011))) => CodeReaction::RejectedOtherwise,
            Some(Some(_)) => CodeReaction::RepliedOtherwise,
            Some(None) => CodeReaction::RepliedEmpty,
            None if self.error || self.unclean => CodeReaction::Dropped,
            None => match self.reported {
                Some(reported) if reported == code => CodeReaction::Accepted,
                // The endpoint reports that there was no Close, or why it failed the connection.
                Some(CloseCode::ABNORMAL | CloseCode::PROTOCOL_ERROR | CloseCode::INVALID_PAYLOAD) => {
                    CodeReaction::Dropped
                }
                // The endpoint reports a closure without its code.
                Some(CloseCode::NO_STATUS) => CodeReaction::RepliedEmpty,
                Some(_) => CodeReaction::RepliedOtherwise,
                None if self.closed_tcp && self.first.is_none() => CodeReaction::Dropped,
                None => CodeReaction::Nothing,
            },
        }
    }
}

/// The reaction to every close code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeMap(Box<[CodeReaction]>);

impl CodeMap {
    /// The map of the reactions that `reaction` returns, called for each code in order.
    pub fn from_fn(reaction: impl FnMut(CloseCode) -> CodeReaction) -> CodeMap {
        CodeMap(CloseCode::all().map(reaction).collect())
    }

    /// The reaction to a code.
    pub fn get(&self, code: CloseCode) -> CodeReaction {
        self.0[usize::from(code.0)]
    }

    /// The ranges of codes with the same reaction: first code, last code and reaction.
    pub fn ranges(&self) -> Vec<(CloseCode, CloseCode, CodeReaction)> {
        let mut ranges: Vec<(CloseCode, CloseCode, CodeReaction)> = Vec::new();
        for code in CloseCode::all() {
            match ranges.last_mut() {
                Some((_, last, reaction)) if *reaction == self.get(code) => *last = code,
                Some(_) | None => ranges.push((code, code, self.get(code))),
            }
        }
        ranges
    }

    /// The number of codes with this reaction.
    pub fn count(&self, reaction: CodeReaction) -> usize {
        self.0.iter().filter(|other| **other == reaction).count()
    }

    /// The number of codes with different reactions in the two maps.
    pub fn differing(&self, other: &CodeMap) -> usize {
        self.0.iter().zip(&other.0).filter(|(a, b)| a != b).count()
    }
}
