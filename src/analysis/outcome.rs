//! What a script came to, in normal form: in comes a trace, out comes an [`Outcome`] that two endpoints share
//! if they did the same. Words, times and masking keys are left out: they differ where nothing does.

use std::fmt;

use crate::harness::subject::TraceEventKind;
use crate::harness::trace::Trace;
use crate::protocol::assembler::{FrameAssembler, FramePart, KeptPayload};
use crate::protocol::code::CloseCode;
use crate::protocol::frame::Opcode;
use crate::rules::{Capabilities, Capability, Party, Rule, RuleSet};
use crate::script::{Script, Step};

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
pub enum AppStatus {
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
    Ok,
    /// It panicked.
    Panicked,
    /// It did not come to rest.
    Hung,
}

/// What became of something that the application asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum RequestResult {
    /// The endpoint took it.
    Accepted,
    /// It refused it.
    Refused,
    /// It was not asked.
    Unsupported,
}

/// A frame that the endpoint wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum SentFrame {
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
    frames: Vec<SentFrame>,
    tcp: Tcp,
    app_status: AppStatus,
    clean: Option<bool>,
    messages: usize,
    /// What it said to each thing that its application asked for.
    requests: Vec<RequestResult>,
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
    AppStatus,
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
        [Aspect::Frames, Aspect::Tcp, Aspect::AppStatus, Aspect::Clean, Aspect::Api, Aspect::Health];
}

/// The aspects of an outcome that are an endpoint's own doing, and not its program's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Aspects(u8);

impl Aspects {
    /// Those that an endpoint with these duties can be compared by, in a script that is about these rules.
    pub fn of(about: RuleSet, script: Script<'_>, duties: Capabilities) -> Aspects {
        let asks = script.steps().any(|step| matches!(step, Step::AppClose(_) | Step::AppSend { .. }));
        let has = |duty| duties.has(duty);
        let about_any = |rules: &[Rule]| !about.intersection(RuleSet::of(rules)).is_empty();
        let reads = about
            .iter()
            .any(|rule| rule.party() == Party::Receiver && rule.capability() == Capability::ParsesCloseBody);
        let understands = has(Capability::ParsesCloseBody) || !reads;
        let answers =
            has(Capability::RepliesToClose) || !about_any(&[Rule::CloseAnswered, Rule::CloseEchoesCode]);
        const FAILING: [Rule; 4] =
            [Rule::FailSendsClose, Rule::FailCodeFits, Rule::FailClosesTcp, Rule::NothingAfterFail];
        let fails = has(Capability::SendsCloseOnFailure) || !about_any(&FAILING);
        let waits = has(Capability::HasTimeouts) || !about_any(&[Rule::GivesUpWaiting]);
        let offers = has(Capability::ExposesCloseApi) || !asks;
        let counts = |aspect| match aspect {
            Aspect::Frames => understands && answers && fails && offers,
            Aspect::Tcp => understands && has(Capability::ClosesTcp) && waits && offers,
            Aspect::AppStatus => understands && has(Capability::ReportsCloseStatus) && waits && offers,
            Aspect::Clean => understands && has(Capability::ReportsClean) && waits && offers,
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
    pub const fn intersection(self, other: Aspects) -> Aspects {
        Aspects(self.0 & other.0)
    }
}

impl Outcome {
    /// What this trace came to.
    pub fn of(trace: &Trace) -> Outcome {
        let mut all: Vec<Connection> = Vec::new();
        let (mut own, mut theirs) = (SentFrames::new(), SentFrames::new());
        let (mut peer_ended, mut peer_said_1006) = (false, false);
        for entry in trace.events() {
            if let TraceEventKind::Connected { .. } = entry.kind {
                all.push(Connection::default());
                (own, theirs) = (SentFrames::new(), SentFrames::new());
                (peer_ended, peer_said_1006) = (false, false);
            }
            let Some(now) = all.last_mut() else { continue };
            match entry.kind {
                TraceEventKind::Sent(span) => own.read(trace.octets(span), |frame| {
                    if now.frames.last() != Some(&frame) || matches!(frame, SentFrame::Close(_)) {
                        now.frames.push(frame);
                    }
                }),
                TraceEventKind::Received(span) => theirs.read(trace.octets(span), |frame| {
                    peer_said_1006 |= frame == SentFrame::Close(Some(CloseCode::ABNORMAL));
                }),
                TraceEventKind::PeerFin | TraceEventKind::PeerReset | TraceEventKind::PeerGone(_) => {
                    peer_ended = true
                }
                TraceEventKind::WriteShutdown | TraceEventKind::Fin if now.tcp != Tcp::Open => {}
                TraceEventKind::WriteShutdown | TraceEventKind::Fin => {
                    now.tcp = if peer_ended { Tcp::ClosedAfter } else { Tcp::ClosedFirst };
                }
                TraceEventKind::Reset => now.tcp = Tcp::Reset,
                TraceEventKind::Message { .. } => now.messages += 1,
                TraceEventKind::Reported { code, clean, .. } => {
                    now.clean = now.clean.or(clean);
                    now.app_status = match (now.app_status, code.unwrap_or(CloseCode::NO_STATUS)) {
                        (AppStatus::Nothing, CloseCode::ABNORMAL) if !peer_said_1006 => AppStatus::Abnormal,
                        (AppStatus::Nothing, code) => AppStatus::Closed(code),
                        (AppStatus::Abnormal, CloseCode::ABNORMAL) => AppStatus::Abnormal,
                        (AppStatus::Abnormal, code) => AppStatus::ClosedAndError(code),
                        (told @ (AppStatus::Closed(_) | AppStatus::ClosedAndError(_)), _) => told,
                    };
                }
                TraceEventKind::ErrorReported(_) => {
                    now.app_status = match now.app_status {
                        AppStatus::Nothing | AppStatus::Abnormal => AppStatus::Abnormal,
                        AppStatus::Closed(code) | AppStatus::ClosedAndError(code) => {
                            AppStatus::ClosedAndError(code)
                        }
                    };
                }
                TraceEventKind::RequestAccepted => now.requests.push(RequestResult::Accepted),
                TraceEventKind::RequestRefused(_) => now.requests.push(RequestResult::Refused),
                TraceEventKind::Unsupported(_) => now.requests.push(RequestResult::Unsupported),
                TraceEventKind::Panicked(_) => now.health = Health::Panicked,
                TraceEventKind::Hung => now.health = Health::Hung,
                TraceEventKind::Connected { .. }
                | TraceEventKind::PeerPaused
                | TraceEventKind::PeerResumed
                | TraceEventKind::AppClose { .. }
                | TraceEventKind::AppSend { .. }
                | TraceEventKind::AppPause
                | TraceEventKind::AppResume
                | TraceEventKind::Memory(_)
                | TraceEventKind::StateChanged(..)
                | TraceEventKind::Undelivered(_)
                | TraceEventKind::Note(_)
                | TraceEventKind::ScriptEnded => {}
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
    pub fn describe(&self, aspects: Aspects) -> String {
        let connections: Vec<String> = self.0.iter().map(|connection| connection.describe(aspects)).collect();
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
            Aspect::AppStatus => (self.app_status, self.messages) == (other.app_status, other.messages),
            Aspect::Clean => self.clean == other.clean,
            Aspect::Api => self.requests == other.requests,
            Aspect::Health => self.health == other.health,
        }
    }

    fn describe(&self, aspects: Aspects) -> String {
        let mut parts = Vec::new();
        for aspect in Aspect::ALL.into_iter().filter(|aspect| aspects.has(*aspect)) {
            match aspect {
                Aspect::Frames => {
                    parts.extend(self.frames.iter().map(|frame| match frame {
                        SentFrame::Close(Some(code)) => format!("Close {code}"),
                        SentFrame::Close(None) => "Close without a code".to_owned(),
                        SentFrame::Heartbeat => "Ping or Pong".to_owned(),
                        SentFrame::Data => "data".to_owned(),
                    }));
                    if !self.frames.iter().any(|frame| matches!(frame, SentFrame::Close(_))) {
                        parts.push("no Close".to_owned());
                    }
                }
                Aspect::Tcp => parts.push(self.tcp.to_string()),
                Aspect::AppStatus => {
                    parts.extend(self.app_status.says());
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
                    for (at, answer) in self.requests.iter().enumerate() {
                        match answer {
                            RequestResult::Accepted => {}
                            RequestResult::Refused => parts.push(format!("request {} refused", at + 1)),
                            RequestResult::Unsupported => {
                                parts.push(format!("request {} not passed on", at + 1))
                            }
                        }
                    }
                }
                Aspect::Health => match self.health {
                    Health::Ok => {}
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

impl AppStatus {
    fn says(self) -> Option<String> {
        match self {
            AppStatus::Nothing => None,
            AppStatus::Closed(CloseCode::NO_STATUS) => Some("told that there was no code".to_owned()),
            AppStatus::Closed(code) => Some(format!("told {code}")),
            AppStatus::ClosedAndError(code) => Some(format!("told {code} and an error")),
            AppStatus::Abnormal => Some("told an error or 1006".to_owned()),
        }
    }
}

/// Reads the complete frames that an endpoint sends.
#[derive(Clone, Debug)]
pub(super) struct SentFrames(FrameAssembler);

impl SentFrames {
    pub(super) fn new() -> SentFrames {
        // A comparison needs the code of a Close, and no more of any payload.
        SentFrames(FrameAssembler::new(KeptPayload::UpTo(2)))
    }

    /// Reads more octets. `see` receives every frame that ends in them.
    pub(super) fn read(&mut self, mut octets: &[u8], mut see: impl FnMut(SentFrame)) {
        while let Some(part) = self.0.next(&mut octets) {
            match part {
                FramePart::End(header) => see(SentFrame::new(header.opcode, self.0.payload())),
                FramePart::Header(_) | FramePart::Payload(_) => {}
            }
        }
    }
}

impl SentFrame {
    fn new(opcode: Opcode, payload: &[u8]) -> SentFrame {
        match opcode {
            Opcode::Close => {
                SentFrame::Close(payload.first_chunk().map(|code| CloseCode(u16::from_be_bytes(*code))))
            }
            Opcode::Ping | Opcode::Pong => SentFrame::Heartbeat,
            Opcode::Continuation | Opcode::Text | Opcode::Binary | Opcode::Reserved(_) => SentFrame::Data,
        }
    }
}
