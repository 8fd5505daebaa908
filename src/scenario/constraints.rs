//! Which combinations of values are scenarios.

use super::parameters::{
    After, Answer, Before, Beginner, Body, Form, IllFormed, Key, Partial, Position, ReasonLength, Row,
    Segments, Which, character,
};
use crate::protocol::close::MAX_REASON;
use crate::protocol::code::{CloseCode, Profile};
use crate::protocol::role::Role;

/// Whether the parameter is set, and to a value that is in `$pattern`.
macro_rules! is {
    ($value:expr, $($pattern:tt)+) => {
        $value.is_some_and(|value| matches!(value, $($pattern)+))
    };
}

/// Whether the parameter is set, and to a value that is not in `$pattern`.
macro_rules! is_not {
    ($value:expr, $($pattern:tt)+) => {
        $value.is_some_and(|value| !matches!(value, $($pattern)+))
    };
}

/// A constraint that combinations of values have to meet.
#[derive(Clone, Copy, Debug)]
pub struct Constraint {
    /// What a scenario needs, as a sentence.
    pub sentence: &'static str,
    /// Whether the values that are set contradict it, whatever the others are.
    forbids: fn(Role, &Partial) -> bool,
}

/// The first constraint that the values contradict. A constraint on several parameters applies once all of them are set.
pub fn first_violated(role: Role, values: &Partial) -> Option<&'static Constraint> {
    CONSTRAINTS.iter().find(|constraint| (constraint.forbids)(role, values))
}

/// The number of values that hide what the others show, because an endpoint ends the connection for each of them.
pub fn flaw_count(s: &Partial) -> usize {
    let rejects = |code: CloseCode| code.acceptable(Profile::default()).is_err();
    [
        is!(s.before, Before::Message100Kb),
        is!(s.body, Body::OneOctet) || s.body.and_then(Body::code).is_some_and(rejects),
        s.length.is_some_and(|length| length.octets() > MAX_REASON),
        is_not!(s.ill_formed, IllFormed::None) || is_not!(s.position, Position::Beginning),
        is_not!(s.form, Form::Valid),
        is!(s.after, After::Reset),
        is!(
            s.answer,
            Answer::OneOctet | Answer::NotUtf8 | Answer::Code1006 | Answer::TooLong | Answer::Reset
        ),
    ]
    .into_iter()
    .filter(|is_flaw| *is_flaw)
    .count()
}

/// Every constraint.
static CONSTRAINTS: [Constraint; 22] = [
    Constraint {
        sentence: "a reason follows a code",
        forbids: |_, s| {
            let has_reason = is_not!(s.length, ReasonLength::Octets0)
                || is_not!(s.row, Row::Ascii)
                || is_not!(s.which, Which::Usual)
                || is_not!(s.ill_formed, IllFormed::None)
                || is_not!(s.position, Position::Beginning);
            let is_close = is!(s.beginner, Beginner::Peer | Beginner::Application | Beginner::Crossed);
            has_reason && (is!(s.body, Body::OneOctet) || is_close && is!(s.body, Body::Empty))
        },
    },
    Constraint {
        sentence: "an application requests a code and a reason, or an empty body",
        forbids: |_, s| {
            // Only the Close of an application is answered.
            (is!(s.beginner, Beginner::Application) || is_not!(s.answer, Answer::Right))
                && (is!(s.body, Body::OneOctet)
                    || is_not!(s.ill_formed, IllFormed::None)
                    || is_not!(s.position, Position::Beginning)
                    || is_not!(s.form, Form::Valid))
        },
    },
    Constraint {
        sentence: "a text frame has no code",
        forbids: |_, s| is!(s.beginner, Beginner::Flaw) && is_not!(s.body, Body::Empty),
    },
    Constraint {
        sentence: "a text frame with a flaw keeps its opcode and has a form that is a flaw, or is not UTF-8",
        forbids: |_, s| {
            let has_form = is!(
                s.form,
                Form::Rsv1
                    | Form::Rsv2
                    | Form::Rsv3
                    | Form::Length16
                    | Form::Length64
                    | Form::TopBit
                    | Form::MaskWrong
            );
            let is_whole = is!(s.form, Form::Valid) && is!(s.ill_formed, IllFormed::None);
            let is_shortest =
                is!(s.form, Form::Length16) && s.length.is_some_and(|length| length.octets() > 125);
            is!(s.beginner, Beginner::Flaw)
                && (is_whole || is_shortest || !has_form && is_not!(s.form, Form::Valid))
        },
    },
    Constraint {
        sentence: "an empty reason has neither characters nor an ill-formed sequence",
        forbids: |_, s| {
            is!(s.length, ReasonLength::Octets0)
                && (is_not!(s.row, Row::Ascii)
                    || is_not!(s.which, Which::Usual)
                    || is_not!(s.ill_formed, IllFormed::None)
                    || is_not!(s.position, Position::Beginning))
        },
    },
    Constraint {
        sentence: "a reason is as long as one of its characters at least",
        forbids: |_, s| match (s.row, s.length) {
            (Some(row), Some(length)) => {
                let size = character(row, Which::Usual).map_or(0, char::len_utf8);
                !matches!(length, ReasonLength::Octets0) && size > length.octets()
            }
            _ => false,
        },
    },
    Constraint {
        sentence: "the ill-formed sequence leaves room for a character of the reason",
        forbids: |_, s| match (s.row, s.length, s.ill_formed, s.position) {
            (Some(row), Some(length), Some(sequence), Some(position)) => {
                let is_chosen = !matches!(row, Row::Ascii) || is_not!(s.which, Which::Usual);
                is_chosen && !has_character(row, length, sequence, position)
            }
            _ => false,
        },
    },
    Constraint {
        sentence: "a row has the character",
        forbids: |_, s| match (s.row, s.which) {
            (Some(row), Some(which)) => character(row, which).is_none(),
            _ => false,
        },
    },
    Constraint {
        sentence: "a position is that of an ill-formed sequence",
        forbids: |_, s| is!(s.ill_formed, IllFormed::None) && is_not!(s.position, Position::Beginning),
    },
    Constraint {
        sentence: "an ill-formed sequence fits into the reason at its position",
        forbids: |_, s| match (s.ill_formed, s.position, s.length) {
            (Some(IllFormed::None), _, _) => false,
            (Some(sequence), Some(position), Some(length)) => {
                position.offset(length.octets(), sequence.octets().len()).is_none()
            }
            _ => false,
        },
    },
    Constraint {
        sentence: "the peer answers where the application has begun",
        forbids: |_, s| {
            is!(s.beginner, Beginner::Peer | Beginner::Crossed | Beginner::Flaw)
                && is_not!(s.answer, Answer::Right)
        },
    },
    Constraint {
        sentence: "an answer that is no frame has neither key nor segments, and nothing comes after it",
        forbids: |_, s| {
            is!(s.answer, Answer::Fin | Answer::Reset | Answer::None)
                && (is_not!(s.key, Key::Usual)
                    || is_not!(s.segments, Segments::Whole)
                    || is_not!(s.after, After::Fin))
        },
    },
    Constraint {
        sentence: "a masked frame has a key",
        forbids: |role, s| is_not!(s.key, Key::Usual) && is_not_masked(role, s),
    },
    Constraint {
        sentence: "a masked frame can be cut in its key",
        forbids: |role, s| is!(s.segments, Segments::CutInKey) && is_not_masked(role, s),
    },
    Constraint {
        sentence: "a frame with a payload can be cut before it",
        forbids: |_, s| is!(s.segments, Segments::CutBeforePayload) && has_no_payload(s),
    },
    Constraint {
        sentence: "a frame with a payload can claim less",
        forbids: |_, s| is!(s.form, Form::ClaimsLess) && has_no_payload(s),
    },
    Constraint {
        sentence: "a frame with a code can be cut in it",
        forbids: |_, s| {
            is!(s.segments, Segments::CutInCode)
                && (is!(s.beginner, Beginner::Flaw)
                    || is!(s.beginner, Beginner::Application)
                        && is!(s.answer, Answer::Empty | Answer::OneOctet)
                    || is!(s.beginner, Beginner::Peer | Beginner::Crossed)
                        && is!(s.body, Body::Empty | Body::OneOctet))
        },
    },
    Constraint {
        sentence: "a reason of two octets or more can be cut",
        forbids: |_, s| {
            is!(s.segments, Segments::CutInReason)
                && (is!(s.beginner, Beginner::Application)
                    || is!(s.length, ReasonLength::Octets0 | ReasonLength::Octets1))
        },
    },
    Constraint {
        sentence: "a frame that is sent octet by octet is short, and so is one that is cut before its last",
        // A cut is counted in one octet.
        forbids: |_, s| {
            let longer = |than| s.length.is_some_and(|length| length.octets() > than);
            is!(s.segments, Segments::Bytewise) && longer(2)
                || is!(s.segments, Segments::CutBeforeLast) && longer(126)
        },
    },
    Constraint {
        sentence: "a server sends frames with its opening handshake, if nothing comes before them",
        forbids: |role, s| {
            is!(s.segments, Segments::WithOpening)
                && (role == Role::Server
                    || is!(s.beginner, Beginner::Application | Beginner::Crossed)
                    || is_not!(
                        s.before,
                        Before::Nothing
                            | Before::EarlierClosed
                            | Before::EarlierFailed
                            | Before::EarlierReset
                    ))
        },
    },
    Constraint {
        sentence: "a frame shares a segment with a frame before it",
        forbids: |_, s| {
            is!(s.segments, Segments::GluedToBefore)
                && (is!(s.beginner, Beginner::Application | Beginner::Crossed)
                    || is!(
                        s.before,
                        Before::Nothing
                            | Before::AppMessage
                            | Before::Silence
                            | Before::EarlierClosed
                            | Before::EarlierFailed
                            | Before::EarlierReset
                    ))
        },
    },
    Constraint {
        sentence: "a frame shares a segment with octets after it",
        forbids: |_, s| {
            is!(s.segments, Segments::GluedToAfter)
                && is!(
                    s.after,
                    After::Fin | After::FinAtOnce | After::Reset | After::AppMessage | After::Silence
                )
        },
    },
];

/// Whether a whole character of the row fits before or after the sequence.
fn has_character(row: Row, length: ReasonLength, sequence: IllFormed, position: Position) -> bool {
    let (length, size) = (length.octets(), sequence.octets().len());
    let width = character(row, Which::Usual).map_or(1, char::len_utf8);
    position.offset(length, size).is_none_or(|offset| offset >= width || length - offset - size >= width)
}

/// Whether the frame of the peer of an endpoint in this role is not masked.
fn is_not_masked(role: Role, s: &Partial) -> bool {
    match role {
        Role::Server => is!(s.form, Form::MaskWrong),
        Role::Client => is_not!(s.form, Form::MaskWrong),
    }
}

/// Whether the frame of the peer is known to have no payload.
fn has_no_payload(s: &Partial) -> bool {
    let is_empty = is!(s.body, Body::Empty) && is!(s.length, ReasonLength::Octets0);
    match s.beginner {
        Some(Beginner::Application) => is!(s.answer, Answer::Empty),
        Some(Beginner::Peer | Beginner::Crossed | Beginner::Flaw) => is_empty,
        None => false,
    }
}
