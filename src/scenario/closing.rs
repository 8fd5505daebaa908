//! A scenario, its name and its script.

use std::fmt;

use super::constraints::{self, Constraint};
use super::parameters::{
    After, Answer, Before, Beginner, Body, Form, Key, Parameter, Parameters, Partial, Segments,
};
use super::reason::Reason;
use crate::protocol::code::{CloseCode, Profile};
use crate::protocol::frame::Opcode;
use crate::protocol::role::Role;
use crate::script::{
    FrameStep, LengthEncoding, MessageKind, Payload, ScriptBuf, SegmentPlacement, Step, Writer,
};

/// The name of the scenario whose parameters all have their defaults.
const PLAIN: &str = "plain";

/// One closing scenario for an endpoint in one role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scenario {
    role: Role,
    parameters: Parameters,
}

/// Why there is no such scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// The values contradict a constraint.
    #[error("no scenario for a {role} has these values: {constraint}")]
    Forbidden {
        /// The role of the endpoint under test.
        role: Role,
        /// The values.
        parameters: Parameters,
        /// What a scenario needs.
        constraint: &'static str,
    },
    /// The name has a part that is no value of a parameter.
    #[error("expected values of a scenario, joined by `+`, found `{0}`")]
    UnknownValue(String),
    /// The name has two values of one parameter.
    #[error("`{0}` is another value of a parameter that the name has already")]
    ValueTwice(String),
}

impl Scenario {
    /// The scenario with these values, for an endpoint under test in this role.
    ///
    /// # Errors
    /// [`ScenarioError::Forbidden`] if the values contradict a constraint.
    pub fn new(role: Role, parameters: Parameters) -> Result<Scenario, ScenarioError> {
        match constraints::first_violated(role, &parameters.into()) {
            None => Ok(Scenario { role, parameters }),
            Some(Constraint { sentence, .. }) => {
                Err(ScenarioError::Forbidden { role, parameters, constraint: sentence })
            }
        }
    }

    /// The scenario with these values, where values that contradict those before them in the table are replaced.
    pub fn nearest(role: Role, parameters: Parameters) -> Scenario {
        let parameters = nearest(role, Partial::default(), parameters).unwrap_or_default();
        Scenario { role, parameters }
    }

    /// The scenario with this value, by its index in the table, in which the other parameters have their defaults as far as
    /// such a scenario exists. None if no scenario for an endpoint in this role has the value.
    ///
    /// # Panics
    /// If the parameter has fewer values.
    pub fn with_value(role: Role, parameter: Parameter, level: usize) -> Option<Scenario> {
        let mut chosen = Partial::default();
        chosen.set(parameter, Some(level));
        let parameters = nearest(role, chosen, Parameters::default())?;
        Some(Scenario { role, parameters })
    }

    /// The scenario that a name describes, for an endpoint under test in this role.
    ///
    /// # Errors
    /// If the name has an unknown part or two values of one parameter, or if there is no such scenario.
    pub fn named(role: Role, name: &str) -> Result<Scenario, ScenarioError> {
        let mut values = Partial::default();
        for part in name.split('+').filter(|part| *part != PLAIN) {
            let found = Parameter::ALL.into_iter().find_map(|parameter| {
                let level = (0..parameter.levels()).find(|level| parameter.slug(*level) == part)?;
                Some((parameter, level))
            });
            let Some((parameter, level)) = found else {
                return Err(ScenarioError::UnknownValue(part.to_owned()));
            };
            if values.is_set(parameter) {
                return Err(ScenarioError::ValueTwice(part.to_owned()));
            }
            values.set(parameter, Some(level));
        }
        for parameter in Parameter::ALL {
            if !values.is_set(parameter) {
                values.set(parameter, Some(0));
            }
        }
        Scenario::new(role, values.complete().unwrap_or_default())
    }

    /// The role of the endpoint under test.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The values.
    pub const fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The number of values for which an endpoint ends the connection, so that they hide what the others show.
    pub fn flaws(&self) -> usize {
        constraints::flaw_count(&self.parameters.into())
    }

    /// The values that differ from the defaults, each as a sentence.
    pub fn sentences(&self) -> impl Iterator<Item = &'static str> {
        self.chosen().map(|(parameter, level)| parameter.sentence(level))
    }

    /// The parameters whose values differ from the defaults.
    fn chosen(&self) -> impl Iterator<Item = (Parameter, usize)> {
        let levels = self.parameters.levels().into_iter().map(usize::from);
        Parameter::ALL.into_iter().zip(levels).filter(|(_, level)| *level != 0)
    }

    /// The script that plays the scenario.
    pub fn script(&self) -> ScriptBuf {
        let mut out = Compiler { writer: Writer::new(self.role), sender: self.role.peer() };
        out.before(&self.parameters);
        let reason = Reason::of(&self.parameters);
        out.begin(&self.parameters, &reason);
        ScriptBuf::read(&out.writer.into_octets()).expect("a writer writes scripts")
    }
}

/// Completes values with those that are wanted, or with the first that leaves a scenario possible. None if there is none.
fn nearest(role: Role, mut chosen: Partial, wanted: Parameters) -> Option<Parameters> {
    for (parameter, level) in Parameter::ALL.into_iter().zip(wanted.levels()) {
        if chosen.is_set(parameter) {
            continue;
        }
        // The defaults of the parameters that follow need not fit, so a value has to leave others possible.
        let fits = |level: &usize| {
            let mut with = chosen;
            with.set(parameter, Some(*level));
            is_possible(role, |_| true, &with)
        };
        let level = std::iter::once(usize::from(level)).chain(0..parameter.levels()).find(fits);
        chosen.set(parameter, level);
    }
    chosen.complete()
}

/// Whether values that fit can be completed to those of a scenario that fits. Values that are not set do not count.
pub(super) fn is_possible(role: Role, fits: impl Fn(&Partial) -> bool, values: &Partial) -> bool {
    let fits = |values: &Partial| constraints::first_violated(role, values).is_none() && fits(values);
    fits(values) && search(&fits, values, &mut values.clone()) == Search::Found
}

/// The end of a search for a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Search {
    Found,
    /// The values that were tried last have no completion.
    DeadEnd,
    /// The values with which the search began have none.
    Impossible,
}

/// The order in which values are sought. Parameters that constrain each other follow each other, so that a contradiction
/// shows before others are tried.
const SEARCH_ORDER: [Parameter; Parameter::ALL.len()] = [
    Parameter::IllFormed,
    Parameter::Position,
    Parameter::ReasonLength,
    Parameter::Row,
    Parameter::Which,
    Parameter::Body,
    Parameter::Beginner,
    Parameter::Form,
    Parameter::Answer,
    Parameter::Segments,
    Parameter::Key,
    Parameter::After,
    Parameter::Before,
];

/// Completes values that fit so far. `given` are those with which the search began.
fn search(fits: &impl Fn(&Partial) -> bool, given: &Partial, values: &mut Partial) -> Search {
    let Some(open) = SEARCH_ORDER.into_iter().find(|parameter| !values.is_set(*parameter)) else {
        return Search::Found;
    };
    let fits_with = |to: &mut Partial, level| {
        to.set(open, Some(level));
        fits(to)
    };
    let mut some_fit = false;
    for level in 0..open.levels() {
        if !fits_with(values, level) {
            continue;
        }
        some_fit = true;
        match search(fits, given, values) {
            Search::DeadEnd => {}
            end @ (Search::Found | Search::Impossible) => return end,
        }
    }
    values.set(open, None);
    // If no value of the parameter fits the given ones, other values of the parameters before it need not be tried.
    if !some_fit && !(0..open.levels()).any(|level| fits_with(&mut given.clone(), level)) {
        return Search::Impossible;
    }
    Search::DeadEnd
}

/// The values that differ from the defaults, joined by `+`: `text+4000+r123`.
impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name: Vec<&str> = self.chosen().map(|(parameter, level)| parameter.slug(level)).collect();
        f.pad(&if name.is_empty() { PLAIN.to_owned() } else { name.join("+") })
    }
}

/// Writes the steps of a scenario.
struct Compiler {
    writer: Writer,
    /// The role of the peer, which sends the frames.
    sender: Role,
}

impl Compiler {
    fn steps(&mut self, steps: &[Step<'_>]) {
        steps.iter().for_each(|step| self.writer.step(step));
    }

    /// What happens before.
    fn before(&mut self, parameters: &Parameters) {
        let text = frame(Opcode::Text, b"hi", 1);
        let first = FrameStep { fin: false, ..frame(Opcode::Text, b"a\xc3", 1) };
        match parameters.before {
            Before::Nothing => {}
            Before::Text => self.steps(&[Step::Frame(text)]),
            Before::LongText => self.steps(&[Step::Frame(frame(Opcode::Text, &[b'x'; 64], 128))]),
            Before::Binary => self.steps(&[Step::Frame(frame(Opcode::Binary, &[0, 0xff], 1))]),
            Before::EmptyText => self.steps(&[Step::Frame(frame(Opcode::Text, b"", 1))]),
            Before::Message64Kib => self.fragments(&[b'x'; 64], 128, 8),
            Before::Message100Kb => self.fragments(&[b'x'; 100], 250, 4),
            Before::OnePing => self.pings(1),
            Before::ThreePings => self.pings(3),
            Before::TenPings => self.pings(10),
            Before::Pong => self.steps(&[Step::Frame(frame(Opcode::Pong, b"p", 1))]),
            Before::Fragments => {
                let empty = FrameStep { fin: false, ..frame(Opcode::Continuation, b"", 1) };
                let last = frame(Opcode::Continuation, b"\xa9z", 1);
                self.steps(&[Step::Frame(first), Step::Frame(empty), Step::Frame(last)]);
            }
            Before::OpenMessage => self.steps(&[Step::Frame(FrameStep { fin: false, ..text })]),
            Before::AppMessage => self.steps(&[app_message()]),
            Before::Silence => self.steps(&[Step::Wait(1)]),
            Before::Compressed => {
                self.writer.offer_deflate();
                let message = FrameStep { deflate: true, ..frame(Opcode::Text, b"compressed", 1) };
                self.steps(&[Step::Frame(message)]);
            }
            Before::EarlierClosed => {
                self.steps(&[Step::Frame(close(Some(CloseCode::NORMAL))), Step::Wait(1)]);
                self.steps(&[Step::Fin { glue: false }, Step::Connect]);
            }
            Before::EarlierFailed => {
                self.steps(&[Step::Frame(frame(Opcode::from_bits(11), b"", 1)), Step::Wait(1)]);
                self.steps(&[Step::Fin { glue: false }, Step::Connect]);
            }
            Before::EarlierReset => self.steps(&[Step::Frame(text), Step::Reset, Step::Connect]),
        }
    }

    /// A text message of `count` fragments, each of `repeat` copies of `chunk`.
    fn fragments(&mut self, chunk: &[u8], repeat: u8, count: usize) {
        for number in 1..=count {
            let opcode = if number == 1 { Opcode::Text } else { Opcode::Continuation };
            let placement = SegmentPlacement { glue: number > 1, ..SegmentPlacement::default() };
            let fragment = FrameStep { fin: number == count, placement, ..frame(opcode, chunk, repeat) };
            self.steps(&[Step::Frame(fragment)]);
        }
    }

    fn pings(&mut self, count: u8) {
        for number in 0..count {
            let placement = SegmentPlacement { glue: number > 0, ..SegmentPlacement::default() };
            let payload = [b'a' + number];
            let ping = FrameStep { placement, ..frame(Opcode::Ping, &payload, 1) };
            self.writer.step(&Step::Frame(ping));
        }
    }

    fn begin(&mut self, parameters: &Parameters, reason: &Reason) {
        let payload = payload(parameters.body, reason);
        match parameters.beginner {
            Beginner::Peer => self.peer_frame(Opcode::Close, payload, parameters),
            Beginner::Application => {
                self.steps(&[Step::AppClose(payload)]);
                return self.answer(parameters);
            }
            Beginner::Crossed => {
                let own = Payload { code: Some(CloseCode(1001)), chunk: b"ours", repeat: 1 };
                self.steps(&[Step::AppClose(own)]);
                self.peer_frame(Opcode::Close, payload, parameters);
            }
            Beginner::Flaw => self.peer_frame(Opcode::Text, payload, parameters),
        }
        let again = match parameters.beginner {
            Beginner::Flaw => Payload { code: Some(CloseCode::NORMAL), ..Payload::EMPTY },
            Beginner::Peer | Beginner::Application | Beginner::Crossed => payload,
        };
        self.after(parameters, again);
    }

    fn answer(&mut self, parameters: &Parameters) {
        let sendable = |code: &CloseCode| code.acceptable(Profile::default()).is_ok();
        let code = parameters.body.code().filter(sendable).unwrap_or(CloseCode::NORMAL);
        let plain = |code| Payload { code: Some(code), ..Payload::EMPTY };
        let echo = plain(code);
        let payload = match parameters.answer {
            Answer::Right => echo,
            Answer::Empty => Payload::EMPTY,
            Answer::OtherCode => plain(CloseCode(3002)),
            Answer::OneOctet => Payload { chunk: &[3], ..Payload::EMPTY },
            Answer::NotUtf8 => Payload { chunk: b"\xed\xa0\x80", ..echo },
            Answer::Code1006 => plain(CloseCode::ABNORMAL),
            Answer::TooLong => Payload { chunk: b"r", repeat: 124, ..echo },
            Answer::Late => {
                self.steps(&[Step::Wait(3)]);
                echo
            }
            Answer::AfterData => {
                self.steps(&[Step::Frame(frame(Opcode::Text, b"late", 1))]);
                echo
            }
            Answer::AfterPing => {
                self.steps(&[Step::Frame(frame(Opcode::Ping, b"late", 1))]);
                echo
            }
            Answer::Fin => return self.steps(&[Step::Fin { glue: false }, Step::Wait(2)]),
            Answer::Reset => return self.steps(&[Step::Reset, Step::Wait(2)]),
            Answer::None => return self.steps(&[Step::Wait(3), Step::Fin { glue: false }]),
        };
        self.peer_frame(Opcode::Close, payload, parameters);
        self.after(parameters, payload);
    }

    /// The frame of the peer that has the form, the key and the segments of the scenario.
    fn peer_frame(&mut self, opcode: Opcode, payload: Payload<'_>, parameters: &Parameters) {
        let plain = FrameStep { key: key(parameters.key), ..FrameStep::of(opcode, payload) };
        let formed = with_form(plain, parameters.form);
        let mut octets = Vec::new();
        formed.write(self.sender, &mut octets);
        let after_header = octets.len() - payload.len();
        let code = if payload.code.is_some() { 2 } else { 0 };
        let place = |placement| Step::Frame(FrameStep { placement, ..formed });
        // The constraints keep cuts in the first 255 octets.
        let cut =
            |at: usize| place(SegmentPlacement { cut: u8::try_from(at).ok(), ..SegmentPlacement::default() });
        let step = match parameters.segments {
            Segments::Whole | Segments::GluedToAfter => place(SegmentPlacement::default()),
            Segments::CutInHeader => cut(1),
            Segments::CutInKey => cut(after_header - 2),
            Segments::CutBeforePayload => cut(after_header),
            Segments::CutInCode => cut(after_header + 1),
            Segments::CutInReason => cut(after_header + code + (payload.len() - code) / 2),
            Segments::CutBeforeLast => cut(octets.len() - 1),
            Segments::Bytewise => {
                for octet in octets.chunks(1) {
                    self.steps(&[Step::Octets { octets: octet, placement: SegmentPlacement::default() }]);
                }
                return;
            }
            Segments::WithOpening => {
                place(SegmentPlacement { with_opening: true, ..SegmentPlacement::default() })
            }
            Segments::GluedToBefore => place(SegmentPlacement { glue: true, ..SegmentPlacement::default() }),
        };
        self.steps(&[step]);
    }

    fn after(&mut self, parameters: &Parameters, same: Payload<'_>) {
        let glue = parameters.segments == Segments::GluedToAfter;
        let placement = SegmentPlacement { glue, ..SegmentPlacement::default() };
        let frame_of =
            |opcode, payload| Step::Frame(FrameStep { placement, ..FrameStep::of(opcode, payload) });
        let text = |chunk| Payload { chunk, ..Payload::EMPTY };
        let next = match parameters.after {
            After::Fin => return self.steps(&[Step::Wait(1), Step::Fin { glue: false }]),
            After::FinAtOnce => return self.steps(&[Step::Fin { glue: true }, Step::Wait(2)]),
            After::Reset => return self.steps(&[Step::Reset, Step::Wait(2)]),
            After::Data => frame_of(Opcode::Text, text(b"late")),
            After::Ping => frame_of(Opcode::Ping, text(b"late")),
            After::SameClose => frame_of(Opcode::Close, same),
            After::OtherClose => {
                frame_of(Opcode::Close, Payload { code: Some(CloseCode(3001)), ..Payload::EMPTY })
            }
            After::Garbage => Step::Octets { octets: &[0xff; 14], placement },
            After::Flood => {
                let message = frame(Opcode::Binary, &[0x55; 80], 128);
                let placed =
                    |number| SegmentPlacement { glue: glue || number > 0, ..SegmentPlacement::default() };
                (0..8).for_each(|number| {
                    self.writer.step(&Step::Frame(FrameStep { placement: placed(number), ..message }));
                });
                Step::Wait(1)
            }
            After::AppMessage => app_message(),
            After::Silence => return self.steps(&[Step::Wait(3)]),
        };
        self.steps(&[next, Step::Wait(1), Step::Fin { glue: false }]);
    }
}

fn app_message() -> Step<'static> {
    Step::AppSend { kind: MessageKind::Text, payload: Payload { chunk: b"ours", ..Payload::EMPTY } }
}

fn frame(opcode: Opcode, chunk: &[u8], repeat: u8) -> FrameStep<'_> {
    FrameStep::of(opcode, Payload { code: None, chunk, repeat })
}

fn close(code: Option<CloseCode>) -> FrameStep<'static> {
    FrameStep::of(Opcode::Close, Payload { code, ..Payload::EMPTY })
}

fn payload<'a>(body: Body, reason: &'a Reason) -> Payload<'a> {
    if body == Body::OneOctet {
        return Payload { chunk: &[3], ..Payload::EMPTY };
    }
    Payload { code: body.code(), chunk: &reason.chunk, repeat: reason.repeat }
}

fn key(key: Key) -> Option<[u8; 4]> {
    match key {
        Key::Usual => None,
        Key::Zero => Some([0; 4]),
        Key::ZeroOctet => Some([0x5a, 0, 0xc3, 0x17]),
        Key::AllOnes => Some([0xff; 4]),
    }
}

fn with_form(frame: FrameStep<'_>, form: Form) -> FrameStep<'_> {
    let len = frame.payload.len() as u64;
    let opcode = |bits| FrameStep { opcode: Opcode::from_bits(bits), ..frame };
    match form {
        Form::Valid => frame,
        Form::NotFin => FrameStep { fin: false, ..frame },
        Form::Rsv1 => FrameStep { rsv: 4, ..frame },
        Form::Rsv2 => FrameStep { rsv: 2, ..frame },
        Form::Rsv3 => FrameStep { rsv: 1, ..frame },
        Form::Continuation => opcode(0),
        Form::Text => opcode(1),
        Form::Binary => opcode(2),
        Form::Ping => opcode(9),
        Form::PingNotFin => FrameStep { fin: false, ..opcode(9) },
        Form::Pong => opcode(10),
        Form::Opcode3 => opcode(3),
        Form::Opcode4 => opcode(4),
        Form::Opcode5 => opcode(5),
        Form::Opcode6 => opcode(6),
        Form::Opcode7 => opcode(7),
        Form::Opcode11 => opcode(11),
        Form::Opcode12 => opcode(12),
        Form::Opcode13 => opcode(13),
        Form::Opcode14 => opcode(14),
        Form::Opcode15 => opcode(15),
        Form::Length16 => FrameStep { length_encoding: LengthEncoding::Sixteen, ..frame },
        Form::Length64 => FrameStep { length_encoding: LengthEncoding::SixtyFour, ..frame },
        Form::TopBit => FrameStep {
            length_encoding: LengthEncoding::SixtyFour,
            claimed_len: Some(1 << 63 | len),
            ..frame
        },
        Form::ClaimsMore => FrameStep { claimed_len: Some(len + 1), ..frame },
        Form::ClaimsLess => FrameStep { claimed_len: Some(len.saturating_sub(1)), ..frame },
        Form::MaskWrong => FrameStep { mask_wrong: true, ..frame },
    }
}
