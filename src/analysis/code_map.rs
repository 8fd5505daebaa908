//! What an endpoint makes of each of the 65,536 close codes: in comes an endpoint, out comes a [`Mark`] for
//! every code and every way in which it can come.

use super::outcome::{SentFrame, SentFrames};
use crate::generate::vectors::CodeOrigin;
use crate::harness::subject::TraceEventKind;
use crate::harness::trace::Trace;
use crate::protocol::code::CloseCode;

/// What an endpoint made of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum CodeReaction {
    /// It sent the code back.
    Echoed,
    /// It told its application of the code, and wrote no Close for it.
    Accepted,
    /// It answered by a Close without a code, or was told of one.
    RepliedEmpty,
    /// It answered by another code that is no error's, or told its application of another one.
    RepliedOtherwise,
    /// It answered by 1002.
    RejectedWith1002,
    /// It answered by 1007.
    RejectedWith1007,
    /// It answered by another code of an error.
    RejectedOtherwise,
    /// It reported an error or ended TCP, and wrote no Close.
    Dropped,
    /// It did nothing that could be seen.
    Nothing,
    /// It wrote the code that it was asked to.
    Written,
    /// It wrote another code than it was asked to, or none.
    Changed,
    /// It refused what it was asked.
    RefusedToWrite,
    /// It has no interface for it.
    NoInterface,
    /// It refused nothing and wrote nothing.
    NotWritten,
    /// It panicked.
    Panicked,
    /// It did not come to rest.
    Hung,
}

impl CodeReaction {
    /// Every mark.
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

    /// The letter that stands for it in pictures.
    pub const fn symbol(self) -> char {
        match self {
            CodeReaction::Echoed => 'E',
            CodeReaction::Accepted => 'T',
            CodeReaction::RepliedEmpty => 'N',
            CodeReaction::RepliedOtherwise => 'A',
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

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            CodeReaction::Echoed => "echoed",
            CodeReaction::Accepted => "taken",
            CodeReaction::RepliedEmpty => "answered-without-code",
            CodeReaction::RepliedOtherwise => "answered-otherwise",
            CodeReaction::RejectedWith1002 => "refused-by-1002",
            CodeReaction::RejectedWith1007 => "refused-by-1007",
            CodeReaction::RejectedOtherwise => "refused-otherwise",
            CodeReaction::Dropped => "dropped",
            CodeReaction::Nothing => "nothing-seen",
            CodeReaction::Written => "written",
            CodeReaction::Changed => "changed",
            CodeReaction::RefusedToWrite => "refused-to-write",
            CodeReaction::NoInterface => "no-interface",
            CodeReaction::NotWritten => "not-written",
            CodeReaction::Panicked => "panicked",
            CodeReaction::Hung => "hung",
        }
    }

    /// The mark in words.
    pub const fn description(self) -> &'static str {
        match self {
            CodeReaction::Echoed => "accepted, and echoed",
            CodeReaction::Accepted => "accepted: told to the application, no Close written for it",
            CodeReaction::RepliedEmpty => "answered, or told of, without a code",
            CodeReaction::RepliedOtherwise => "answered, or told, as another code",
            CodeReaction::RejectedWith1002 => "refused by 1002",
            CodeReaction::RejectedWith1007 => "refused by 1007",
            CodeReaction::RejectedOtherwise => "refused by another code",
            CodeReaction::Dropped => "refused without a Close: an error, or TCP dropped",
            CodeReaction::Nothing => "nothing to be seen",
            CodeReaction::Written => "written as asked",
            CodeReaction::Changed => "written as another code, or without one",
            CodeReaction::RefusedToWrite => "refused to the application",
            CodeReaction::NoInterface => "no interface for it",
            CodeReaction::NotWritten => "neither refused nor written",
            CodeReaction::Panicked => "panicked",
            CodeReaction::Hung => "hung",
        }
    }

    /// What the trace of a [`crate::generate::vectors::CodeScript`] shows.
    pub fn of(trace: &Trace, way: CodeOrigin, code: CloseCode) -> CodeReaction {
        let seen = CodeObservation::of(trace);
        if let Some(mark) = seen.crash {
            return mark;
        }
        match way {
            CodeOrigin::Requested if seen.unsupported => CodeReaction::NoInterface,
            CodeOrigin::Requested => match (seen.first, seen.refused) {
                (Some(Some(wrote)), _) if wrote == code => CodeReaction::Written,
                (_, true) => CodeReaction::RefusedToWrite,
                (Some(_), false) => CodeReaction::Changed,
                (None, false) => CodeReaction::NotWritten,
            },
            CodeOrigin::Received => seen.answer(seen.first, code),
            CodeOrigin::Reply => seen.answer(seen.second, code),
        }
    }
}

/// What a trace of one connection shows.
#[derive(Default)]
struct CodeObservation {
    /// The first Close written, and its code.
    first: Option<Option<CloseCode>>,
    second: Option<Option<CloseCode>>,
    reported: Option<CloseCode>,
    /// It was told that the closure was not clean.
    unclean: bool,
    error: bool,
    refused: bool,
    unsupported: bool,
    /// TCP was ended before the peer ended it.
    closed_tcp: bool,
    crash: Option<CodeReaction>,
}

impl CodeObservation {
    fn of(trace: &Trace) -> CodeObservation {
        let mut seen = CodeObservation::default();
        let mut frames = SentFrames::new();
        let mut peer_ended = false;
        for entry in trace.events() {
            match entry.kind {
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
                | TraceEventKind::ScriptEnded => {}
            }
        }
        seen
    }

    /// What the peer's Close with this code led to, where this Close was written after it, or none.
    fn answer(&self, close: Option<Option<CloseCode>>, code: CloseCode) -> CodeReaction {
        match close {
            Some(Some(own)) if own == code => CodeReaction::Echoed,
            Some(Some(CloseCode::PROTOCOL_ERROR)) => CodeReaction::RejectedWith1002,
            Some(Some(CloseCode::INVALID_PAYLOAD)) => CodeReaction::RejectedWith1007,
            Some(Some(CloseCode(1003 | 1008 | 1009 | 1011))) => CodeReaction::RejectedOtherwise,
            Some(Some(_)) => CodeReaction::RepliedOtherwise,
            Some(None) => CodeReaction::RepliedEmpty,
            None if self.error || self.unclean => CodeReaction::Dropped,
            None => match self.reported {
                Some(told) if told == code => CodeReaction::Accepted,
                // It says that there was no Close, or why it failed the connection.
                Some(CloseCode::ABNORMAL | CloseCode::PROTOCOL_ERROR | CloseCode::INVALID_PAYLOAD) => {
                    CodeReaction::Dropped
                }
                // It says that it was closed, and not by what.
                Some(CloseCode::NO_STATUS) => CodeReaction::RepliedEmpty,
                Some(_) => CodeReaction::RepliedOtherwise,
                None if self.closed_tcp && self.first.is_none() => CodeReaction::Dropped,
                None => CodeReaction::Nothing,
            },
        }
    }
}

/// A mark for every code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeMap(Box<[CodeReaction]>);

impl CodeMap {
    /// The mark of each code, as `of` says.
    pub fn from_fn(of: impl FnMut(CloseCode) -> CodeReaction) -> CodeMap {
        CodeMap(CloseCode::all().map(of).collect())
    }

    /// The mark of a code.
    pub fn get(&self, code: CloseCode) -> CodeReaction {
        self.0[usize::from(code.0)]
    }

    /// The marks in runs: the first and last code of each, and its mark.
    pub fn ranges(&self) -> Vec<(CloseCode, CloseCode, CodeReaction)> {
        let mut runs: Vec<(CloseCode, CloseCode, CodeReaction)> = Vec::new();
        for code in CloseCode::all() {
            match runs.last_mut() {
                Some((_, last, mark)) if *mark == self.get(code) => *last = code,
                Some(_) | None => runs.push((code, code, self.get(code))),
            }
        }
        runs
    }

    /// How many codes have this mark.
    pub fn count(&self, mark: CodeReaction) -> usize {
        self.0.iter().filter(|other| **other == mark).count()
    }

    /// How many codes the two differ in.
    pub fn differing(&self, other: &CodeMap) -> usize {
        self.0.iter().zip(&other.0).filter(|(a, b)| a != b).count()
    }
}
