//! What an endpoint makes of each of the 65,536 close codes: in comes an endpoint, out comes a [`Mark`] for
//! every code and every way in which it can come.

use super::outcome::{Frames, Wrote};
use crate::code::CloseCode;
use crate::subject::What;
use crate::trace::Trace;
use crate::vectors::Way;

/// What an endpoint made of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Mark {
    /// It sent the code back.
    Echoed,
    /// It told its application of the code, and wrote no Close for it.
    Taken,
    /// It answered by a Close without a code, or was told of one.
    AnsweredEmpty,
    /// It answered by another code that is no error's, or told its application of another one.
    AnsweredOtherwise,
    /// It answered by 1002.
    RefusedBy1002,
    /// It answered by 1007.
    RefusedBy1007,
    /// It answered by another code of an error.
    RefusedOtherwise,
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

impl Mark {
    /// Every mark.
    pub const ALL: [Mark; 16] = [
        Mark::Echoed,
        Mark::Taken,
        Mark::AnsweredEmpty,
        Mark::AnsweredOtherwise,
        Mark::RefusedBy1002,
        Mark::RefusedBy1007,
        Mark::RefusedOtherwise,
        Mark::Dropped,
        Mark::Nothing,
        Mark::Written,
        Mark::Changed,
        Mark::RefusedToWrite,
        Mark::NoInterface,
        Mark::NotWritten,
        Mark::Panicked,
        Mark::Hung,
    ];

    /// The letter that stands for it in pictures.
    pub const fn letter(self) -> char {
        match self {
            Mark::Echoed => 'E',
            Mark::Taken => 'T',
            Mark::AnsweredEmpty => 'N',
            Mark::AnsweredOtherwise => 'A',
            Mark::RefusedBy1002 => '2',
            Mark::RefusedBy1007 => '7',
            Mark::RefusedOtherwise => 'X',
            Mark::Dropped => 'D',
            Mark::Nothing => '–',
            Mark::Written => 'W',
            Mark::Changed => 'C',
            Mark::RefusedToWrite => 'R',
            Mark::NoInterface => 'I',
            Mark::NotWritten => 'S',
            Mark::Panicked => 'P',
            Mark::Hung => 'H',
        }
    }

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Mark::Echoed => "echoed",
            Mark::Taken => "taken",
            Mark::AnsweredEmpty => "answered-without-code",
            Mark::AnsweredOtherwise => "answered-otherwise",
            Mark::RefusedBy1002 => "refused-by-1002",
            Mark::RefusedBy1007 => "refused-by-1007",
            Mark::RefusedOtherwise => "refused-otherwise",
            Mark::Dropped => "dropped",
            Mark::Nothing => "nothing-seen",
            Mark::Written => "written",
            Mark::Changed => "changed",
            Mark::RefusedToWrite => "refused-to-write",
            Mark::NoInterface => "no-interface",
            Mark::NotWritten => "not-written",
            Mark::Panicked => "panicked",
            Mark::Hung => "hung",
        }
    }

    /// The mark in words.
    pub const fn says(self) -> &'static str {
        match self {
            Mark::Echoed => "accepted, and echoed",
            Mark::Taken => "accepted: told to the application, no Close written for it",
            Mark::AnsweredEmpty => "answered, or told of, without a code",
            Mark::AnsweredOtherwise => "answered, or told, as another code",
            Mark::RefusedBy1002 => "refused by 1002",
            Mark::RefusedBy1007 => "refused by 1007",
            Mark::RefusedOtherwise => "refused by another code",
            Mark::Dropped => "refused without a Close: an error, or TCP dropped",
            Mark::Nothing => "nothing to be seen",
            Mark::Written => "written as asked",
            Mark::Changed => "written as another code, or without one",
            Mark::RefusedToWrite => "refused to the application",
            Mark::NoInterface => "no interface for it",
            Mark::NotWritten => "neither refused nor written",
            Mark::Panicked => "panicked",
            Mark::Hung => "hung",
        }
    }

    /// What the trace of a [`crate::vectors::CodeScript`] shows.
    pub fn of(trace: &Trace, way: Way, code: CloseCode) -> Mark {
        let seen = Seen::of(trace);
        if let Some(mark) = seen.died {
            return mark;
        }
        match way {
            Way::Asked if seen.not_asked => Mark::NoInterface,
            Way::Asked => match (seen.first, seen.refused) {
                (Some(Some(wrote)), _) if wrote == code => Mark::Written,
                (_, true) => Mark::RefusedToWrite,
                (Some(_), false) => Mark::Changed,
                (None, false) => Mark::NotWritten,
            },
            Way::Received => seen.answer(seen.first, code),
            Way::Answered => seen.answer(seen.second, code),
        }
    }
}

/// What a trace of one connection shows.
#[derive(Default)]
struct Seen {
    /// The first Close written, and its code.
    first: Option<Option<CloseCode>>,
    second: Option<Option<CloseCode>>,
    told: Option<CloseCode>,
    /// It was told that the closure was not clean.
    unclean: bool,
    error: bool,
    refused: bool,
    not_asked: bool,
    /// TCP was ended before the peer ended it.
    left: bool,
    died: Option<Mark>,
}

impl Seen {
    fn of(trace: &Trace) -> Seen {
        let mut seen = Seen::default();
        let mut frames = Frames::new();
        let mut peer_ended = false;
        for entry in trace.entries() {
            match entry.what {
                What::Sent(span) => frames.read(trace.octets(span), |frame| match (frame, seen.first) {
                    (Wrote::Close(code), None) => seen.first = Some(code),
                    (Wrote::Close(code), Some(_)) => seen.second = seen.second.or(Some(code)),
                    (Wrote::Heartbeat | Wrote::Data, _) => {}
                }),
                What::PeerFin | What::PeerReset | What::PeerGone(_) => peer_ended = true,
                What::HalfFin | What::Fin | What::Reset => seen.left |= !peer_ended,
                What::Reported { code, clean, .. } => {
                    seen.unclean |= clean == Some(false);
                    seen.told = seen.told.or(Some(code.unwrap_or(CloseCode::NO_STATUS)));
                }
                What::Errored(_) => seen.error |= !peer_ended,
                What::Refused(_) => seen.refused = true,
                What::NotAsked(_) => seen.not_asked = true,
                What::Panicked(_) => seen.died = Some(Mark::Panicked),
                What::Spinning => seen.died = seen.died.or(Some(Mark::Hung)),
                What::Connected { .. }
                | What::PeerPaused
                | What::PeerResumed
                | What::Received(_)
                | What::AppClose { .. }
                | What::AppSend { .. }
                | What::AppPause
                | What::AppResume
                | What::Message { .. }
                | What::Accepted
                | What::Memory(_)
                | What::Moved(..)
                | What::Undelivered(_)
                | What::Note(_)
                | What::Ended => {}
            }
        }
        seen
    }

    /// What the peer's Close with this code led to, where this Close was written after it, or none.
    fn answer(&self, close: Option<Option<CloseCode>>, code: CloseCode) -> Mark {
        match close {
            Some(Some(own)) if own == code => Mark::Echoed,
            Some(Some(CloseCode::PROTOCOL_ERROR)) => Mark::RefusedBy1002,
            Some(Some(CloseCode::INVALID_PAYLOAD)) => Mark::RefusedBy1007,
            Some(Some(CloseCode(1003 | 1008 | 1009 | 1011))) => Mark::RefusedOtherwise,
            Some(Some(_)) => Mark::AnsweredOtherwise,
            Some(None) => Mark::AnsweredEmpty,
            None if self.error || self.unclean => Mark::Dropped,
            None => match self.told {
                Some(told) if told == code => Mark::Taken,
                // It says that there was no Close, or why it failed the connection.
                Some(CloseCode::ABNORMAL | CloseCode::PROTOCOL_ERROR | CloseCode::INVALID_PAYLOAD) => {
                    Mark::Dropped
                }
                // It says that it was closed, and not by what.
                Some(CloseCode::NO_STATUS) => Mark::AnsweredEmpty,
                Some(_) => Mark::AnsweredOtherwise,
                None if self.left && self.first.is_none() => Mark::Dropped,
                None => Mark::Nothing,
            },
        }
    }
}

/// A mark for every code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks(Box<[Mark]>);

impl Marks {
    /// The mark of each code, as `of` says.
    pub fn each(of: impl FnMut(CloseCode) -> Mark) -> Marks {
        Marks(CloseCode::all().map(of).collect())
    }

    /// The mark of a code.
    pub fn on(&self, code: CloseCode) -> Mark {
        self.0[usize::from(code.0)]
    }

    /// The marks in runs: the first and last code of each, and its mark.
    pub fn runs(&self) -> Vec<(CloseCode, CloseCode, Mark)> {
        let mut runs: Vec<(CloseCode, CloseCode, Mark)> = Vec::new();
        for code in CloseCode::all() {
            match runs.last_mut() {
                Some((_, last, mark)) if *mark == self.on(code) => *last = code,
                Some(_) | None => runs.push((code, code, self.on(code))),
            }
        }
        runs
    }

    /// How many codes have this mark.
    pub fn count(&self, mark: Mark) -> usize {
        self.0.iter().filter(|other| **other == mark).count()
    }

    /// How many codes the two differ in.
    pub fn differing(&self, other: &Marks) -> usize {
        self.0.iter().zip(&other.0).filter(|(a, b)| a != b).count()
    }
}
