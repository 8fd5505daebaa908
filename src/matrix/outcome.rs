//! What a script came to, in normal form: in comes a trace, out comes an [`Outcome`] that two endpoints share
//! if they did the same. Words, times and masking keys are left out: they differ where nothing does.

use std::fmt;

use crate::code::CloseCode;
use crate::frame::{self, Decoder, Header, Opcode, Piece};
use crate::rule::{Binds, Duties, Duty, Rule, RuleSet};
use crate::script::{Script, Step};
use crate::subject::What;
use crate::trace::Trace;

/// How TCP ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Tcp {
    /// The endpoint left it open.
    #[default]
    Open,
    /// The endpoint closed it before its peer did.
    ClosedFirst,
    /// The endpoint closed it after its peer had.
    ClosedAfter,
    /// The endpoint reset it.
    Reset,
}

/// What the application learned of the end of the connection. 1005 and no code are one; so are 1006 and an
/// error (§7.1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Told {
    /// Nothing.
    #[default]
    Nothing,
    /// That it was closed with this code.
    Closed(CloseCode),
    /// That it was closed with this code, and of an error.
    ClosedAndError(CloseCode),
    /// That it ended without a Close, or of an error.
    Abnormal,
}

/// What was wrong with the endpoint itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Health {
    /// Nothing.
    #[default]
    Well,
    /// It panicked.
    Panicked,
    /// It did not come to rest.
    Hung,
}

/// What became of something that the application asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Answer {
    /// The endpoint took it.
    Taken,
    /// It refused it.
    Refused,
    /// It was not asked.
    NotAsked,
}

/// A frame that the endpoint wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Wrote {
    /// A Close with this code, or none.
    Close(Option<CloseCode>),
    /// A Ping or a Pong.
    Heartbeat,
    /// Any other frame.
    Data,
}

/// What happened on one connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
struct Connection {
    /// The frames that the endpoint wrote, in order; of heartbeats or data in a row, one.
    frames: Vec<Wrote>,
    tcp: Tcp,
    told: Told,
    clean: Option<bool>,
    messages: usize,
    /// What it said to each thing that its application asked for.
    answers: Vec<Answer>,
    health: Health,
}

/// What a script came to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Outcome(Vec<Connection>);

/// One side of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Aspect {
    /// The frames written.
    Frames,
    /// How TCP ended.
    Tcp,
    /// What the application was told, and how many messages it got.
    Told,
    /// Whether it was told that the closure was clean.
    Clean,
    /// Whether it got what it asked for.
    Api,
    /// Panics and hangs.
    Health,
}

impl Aspect {
    /// Every aspect.
    pub const ALL: [Aspect; 6] =
        [Aspect::Frames, Aspect::Tcp, Aspect::Told, Aspect::Clean, Aspect::Api, Aspect::Health];
}

/// The aspects of an outcome that are an endpoint's own doing, and not its program's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Aspects(u8);

impl Aspects {
    /// Those that an endpoint with these duties can be compared by, in a script that is about these rules.
    pub fn of(about: RuleSet, script: Script<'_>, duties: Duties) -> Aspects {
        let asks = script.steps().any(|step| matches!(step, Step::AppClose(_) | Step::AppSend { .. }));
        let has = |duty| duties.has(duty);
        let about_any = |rules: &[Rule]| !about.and(RuleSet::of(rules)).is_empty();
        let reads =
            about.iter().any(|rule| rule.binds() == Binds::Receiver && rule.duty() == Duty::ReadsClose);
        let understands = has(Duty::ReadsClose) || !reads;
        let answers = has(Duty::Answers) || !about_any(&[Rule::CloseAnswered, Rule::CloseEchoesCode]);
        const FAILING: [Rule; 4] =
            [Rule::FailSendsClose, Rule::FailCodeFits, Rule::FailClosesTcp, Rule::NothingAfterFail];
        let fails = has(Duty::FailsAloud) || !about_any(&FAILING);
        let waits = has(Duty::KeepsTime) || !about_any(&[Rule::GivesUpWaiting]);
        let offers = has(Duty::OffersApi) || !asks;
        let counts = |aspect| match aspect {
            Aspect::Frames => understands && answers && fails && offers,
            Aspect::Tcp => understands && has(Duty::ClosesTcp) && waits && offers,
            Aspect::Told => understands && has(Duty::Reports) && waits && offers,
            Aspect::Clean => understands && has(Duty::ReportsClean) && waits && offers,
            Aspect::Api => asks && offers,
            Aspect::Health => true,
        };
        let bits = Aspect::ALL.into_iter().filter(|aspect| counts(*aspect));
        Aspects(bits.fold(0, |bits, aspect| bits | 1 << aspect as u8))
    }

    /// Whether this one is among them.
    pub const fn has(self, aspect: Aspect) -> bool {
        self.0 & (1 << aspect as u8) != 0
    }

    /// Those that are in both.
    pub const fn and(self, other: Aspects) -> Aspects {
        Aspects(self.0 & other.0)
    }
}

impl Outcome {
    /// What this trace came to.
    pub fn of(trace: &Trace) -> Outcome {
        let mut all: Vec<Connection> = Vec::new();
        let (mut own, mut theirs) = (Frames::new(), Frames::new());
        let (mut peer_ended, mut peer_said_1006) = (false, false);
        for entry in trace.entries() {
            if let What::Connected { .. } = entry.what {
                all.push(Connection::default());
                (own, theirs) = (Frames::new(), Frames::new());
                (peer_ended, peer_said_1006) = (false, false);
            }
            let Some(now) = all.last_mut() else { continue };
            match entry.what {
                What::Sent(span) => own.read(trace.octets(span), |frame| {
                    if now.frames.last() != Some(&frame) || matches!(frame, Wrote::Close(_)) {
                        now.frames.push(frame);
                    }
                }),
                What::Received(span) => theirs.read(trace.octets(span), |frame| {
                    peer_said_1006 |= frame == Wrote::Close(Some(CloseCode::ABNORMAL));
                }),
                What::PeerFin | What::PeerReset | What::PeerGone(_) => peer_ended = true,
                What::HalfFin | What::Fin if now.tcp != Tcp::Open => {}
                What::HalfFin | What::Fin => {
                    now.tcp = if peer_ended { Tcp::ClosedAfter } else { Tcp::ClosedFirst };
                }
                What::Reset => now.tcp = Tcp::Reset,
                What::Message { .. } => now.messages += 1,
                What::Reported { code, clean, .. } => {
                    now.clean = now.clean.or(clean);
                    now.told = match (now.told, code.unwrap_or(CloseCode::NO_STATUS)) {
                        (Told::Nothing, CloseCode::ABNORMAL) if !peer_said_1006 => Told::Abnormal,
                        (Told::Nothing, code) => Told::Closed(code),
                        (Told::Abnormal, CloseCode::ABNORMAL) => Told::Abnormal,
                        (Told::Abnormal, code) => Told::ClosedAndError(code),
                        (told @ (Told::Closed(_) | Told::ClosedAndError(_)), _) => told,
                    };
                }
                What::Errored(_) => {
                    now.told = match now.told {
                        Told::Nothing | Told::Abnormal => Told::Abnormal,
                        Told::Closed(code) | Told::ClosedAndError(code) => Told::ClosedAndError(code),
                    };
                }
                What::Accepted => now.answers.push(Answer::Taken),
                What::Refused(_) => now.answers.push(Answer::Refused),
                What::NotAsked(_) => now.answers.push(Answer::NotAsked),
                What::Panicked(_) => now.health = Health::Panicked,
                What::Spinning => now.health = Health::Hung,
                What::Connected { .. }
                | What::PeerPaused
                | What::PeerResumed
                | What::AppClose { .. }
                | What::AppSend { .. }
                | What::AppPause
                | What::AppResume
                | What::Memory(_)
                | What::Moved(..)
                | What::Undelivered(_)
                | What::Note(_)
                | What::Ended => {}
            }
        }
        Outcome(all)
    }

    /// Whether the two differ in one of these aspects.
    pub fn differs(&self, other: &Outcome, aspects: Aspects) -> bool {
        self.0.len() != other.0.len()
            || self
                .0
                .iter()
                .zip(&other.0)
                .any(|(a, b)| Aspect::ALL.into_iter().any(|aspect| aspects.has(aspect) && !a.same(b, aspect)))
    }

    /// It in words, as far as these aspects go: none where there is nothing to say.
    pub fn says(&self, aspects: Aspects) -> String {
        let connections: Vec<String> = self.0.iter().map(|connection| connection.says(aspects)).collect();
        match connections.as_slice() {
            [first, rest @ ..] if rest.iter().all(|other| other == first) => first.clone(),
            _ => connections.join("; then "),
        }
    }
}

impl Connection {
    fn same(&self, other: &Connection, aspect: Aspect) -> bool {
        match aspect {
            Aspect::Frames => self.frames == other.frames,
            Aspect::Tcp => self.tcp == other.tcp,
            Aspect::Told => (self.told, self.messages) == (other.told, other.messages),
            Aspect::Clean => self.clean == other.clean,
            Aspect::Api => self.answers == other.answers,
            Aspect::Health => self.health == other.health,
        }
    }

    fn says(&self, aspects: Aspects) -> String {
        let mut parts = Vec::new();
        for aspect in Aspect::ALL.into_iter().filter(|aspect| aspects.has(*aspect)) {
            match aspect {
                Aspect::Frames => {
                    parts.extend(self.frames.iter().map(|frame| match frame {
                        Wrote::Close(Some(code)) => format!("Close {code}"),
                        Wrote::Close(None) => "Close without a code".to_owned(),
                        Wrote::Heartbeat => "Ping or Pong".to_owned(),
                        Wrote::Data => "data".to_owned(),
                    }));
                    if !self.frames.iter().any(|frame| matches!(frame, Wrote::Close(_))) {
                        parts.push("no Close".to_owned());
                    }
                }
                Aspect::Tcp => parts.push(self.tcp.to_string()),
                Aspect::Told => {
                    parts.extend(self.told.says());
                    match self.messages {
                        0 => {}
                        1 => parts.push("1 message delivered".to_owned()),
                        many => parts.push(format!("{many} messages delivered")),
                    }
                }
                Aspect::Clean => parts.extend(self.clean.map(|clean| {
                    if clean { "said to be clean".to_owned() } else { "said not to be clean".to_owned() }
                })),
                Aspect::Api => {
                    for (at, answer) in self.answers.iter().enumerate() {
                        match answer {
                            Answer::Taken => {}
                            Answer::Refused => parts.push(format!("request {} refused", at + 1)),
                            Answer::NotAsked => parts.push(format!("request {} not passed on", at + 1)),
                        }
                    }
                }
                Aspect::Health => match self.health {
                    Health::Well => {}
                    Health::Panicked => parts.push("PANIC".to_owned()),
                    Health::Hung => parts.push("HANG".to_owned()),
                },
            }
        }
        parts.join(", ")
    }
}

impl fmt::Display for Tcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Tcp::Open => "TCP left open",
            Tcp::ClosedFirst => "TCP closed first",
            Tcp::ClosedAfter => "TCP closed after the peer",
            Tcp::Reset => "TCP reset",
        })
    }
}

impl Told {
    fn says(self) -> Option<String> {
        match self {
            Told::Nothing => None,
            Told::Closed(CloseCode::NO_STATUS) => Some("told that there was no code".to_owned()),
            Told::Closed(code) => Some(format!("told {code}")),
            Told::ClosedAndError(code) => Some(format!("told {code} and an error")),
            Told::Abnormal => Some("told an error or 1006".to_owned()),
        }
    }
}

/// Sees the whole frames in what an endpoint writes, piece by piece.
#[derive(Clone, Debug)]
pub(super) struct Frames {
    decoder: Decoder,
    header: Option<Header>,
    code: [u8; 2],
    have: usize,
}

impl Frames {
    pub(super) fn new() -> Frames {
        Frames { decoder: Decoder::new(), header: None, code: [0; 2], have: 0 }
    }

    /// Reads on; `see` gets every frame that ends in these octets.
    pub(super) fn read(&mut self, mut octets: &[u8], mut see: impl FnMut(Wrote)) {
        while let Some(piece) = self.decoder.next(&mut octets) {
            match piece {
                Piece::Header(header) => {
                    self.header = Some(header);
                    self.have = 0;
                }
                Piece::Payload { octets, offset: _ } => {
                    for octet in octets.iter().take(2 - self.have) {
                        self.code[self.have] = *octet;
                        self.have += 1;
                    }
                }
                Piece::End => {
                    let Some(header) = self.header.take() else { continue };
                    see(self.ended(&header));
                }
            }
        }
    }

    fn ended(&mut self, header: &Header) -> Wrote {
        match header.opcode {
            Opcode::Close => {
                if let Some(key) = header.mask {
                    frame::mask(key, 0, &mut self.code);
                }
                Wrote::Close((self.have == 2).then_some(CloseCode(u16::from_be_bytes(self.code))))
            }
            Opcode::Ping | Opcode::Pong => Wrote::Heartbeat,
            Opcode::Continuation | Opcode::Text | Opcode::Binary | Opcode::Reserved(_) => Wrote::Data,
        }
    }
}
