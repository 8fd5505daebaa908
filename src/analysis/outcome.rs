//! Normalizes a trace to an [`NormalizedOutcome`], which is equal for two endpoints that did the same.
//!
//! An outcome leaves out texts, times and masking keys, which differ between endpoints that behave alike.

use std::fmt;

use crate::harness::{Trace, TraceEventKind};
use crate::protocol::assembler::{FrameAssembler, FramePart, KeptPayload};
use crate::protocol::code::CloseCode;
use crate::protocol::frame::Opcode;
use crate::rules::{Capabilities, Capability, Focus, Party, RuleSet};
use crate::script::{Script, Step};

/// How the endpoint closed TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Tcp {
    /// The endpoint left it open.
    #[default]
    Open,
    /// The endpoint closed it before its peer did.
    ClosedFirst,
    /// The endpoint closed it after its peer did.
    ClosedAfter,
    /// The endpoint reset it.
    Reset,
}

/// What the endpoint reported to its application about the end of the connection. 1005 and no code are the same, and
/// so are 1006 and an error (RFC 6455 §7.1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum AppStatus {
    /// Nothing.
    #[default]
    Nothing,
    /// A closure with this code.
    Closed(CloseCode),
    /// A closure with this code, and an error.
    ClosedAndError(CloseCode),
    /// A closure without a Close, or an error.
    Abnormal,
}

/// Whether the endpoint itself failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Health {
    /// It did not fail.
    #[default]
    Ok,
    /// It panicked.
    Panicked,
    /// It did not become idle.
    Hung,
}

/// The result of a request of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum RequestResult {
    /// The endpoint accepted the request.
    Accepted,
    /// The endpoint refused the request.
    Refused,
    /// The endpoint has no API for the request.
    Unsupported,
}

/// A frame that an endpoint sent, as far as outcomes compare it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum SentFrame {
    /// A Close with this code, or without one.
    Close(Option<CloseCode>),
    /// A Ping or a Pong.
    Heartbeat,
    /// Any other frame.
    Data,
}

/// The outcome of one connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
struct Connection {
    /// The frames that the endpoint sent, in order. Consecutive heartbeats count once, and so does consecutive data.
    frames: Vec<SentFrame>,
    tcp: Tcp,
    app_status: AppStatus,
    clean: Option<bool>,
    messages: usize,
    /// The results of the requests of the application, in order.
    requests: Vec<RequestResult>,
    health: Health,
}

/// The normalized outcome of a script.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct NormalizedOutcome(Vec<Connection>);

/// A part of an outcome that can be compared on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Aspect {
    /// The frames that the endpoint sent.
    Frames,
    /// How the endpoint closed TCP.
    Tcp,
    /// What the endpoint reported to its application, and the number of messages that it delivered.
    AppStatus,
    /// Whether the endpoint reported the closure as clean.
    Clean,
    /// The results of the requests of the application.
    Api,
    /// Panics and hangs.
    Health,
}

impl Aspect {
    /// Every aspect.
    pub const ALL: [Aspect; 6] =
        [Aspect::Frames, Aspect::Tcp, Aspect::AppStatus, Aspect::Clean, Aspect::Api, Aspect::Health];
}

/// The aspects of an outcome that the endpoint determines, as opposed to the program around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Aspects(u8);

impl Aspects {
    /// The aspects that an endpoint with these capabilities determines, in a script that exercises these rules.
    pub fn of(exercised: RuleSet, script: Script<'_>, capabilities: Capabilities) -> Aspects {
        let has_request = script.steps().any(|step| matches!(step, Step::AppClose(_) | Step::AppSend { .. }));
        let has = |capability| capabilities.has(capability);
        let exercises = |focus| !exercised.intersection(RuleSet::about(focus)).is_empty();
        let depends_on_body = exercised
            .iter()
            .any(|rule| rule.party() == Party::Receiver && rule.capability() == Capability::ParsesCloseBody);
        let parses = has(Capability::ParsesCloseBody) || !depends_on_body;
        let replies = has(Capability::RepliesToClose) || !exercises(Focus::Reply);
        let fails = has(Capability::SendsCloseOnFailure) || !exercises(Focus::Failure);
        let waits = has(Capability::HasTimeouts) || !exercises(Focus::Timeout);
        let has_api = has(Capability::ExposesCloseApi) || !has_request;
        let determines = |aspect| match aspect {
            Aspect::Frames => parses && replies && fails && has_api,
            Aspect::Tcp => parses && has(Capability::ClosesTcp) && waits && has_api,
            Aspect::AppStatus => parses && has(Capability::ReportsCloseStatus) && waits && has_api,
            Aspect::Clean => parses && has(Capability::ReportsClean) && waits && has_api,
            Aspect::Api => has_request && has_api,
            Aspect::Health => true,
        };
        let bits = Aspect::ALL.into_iter().filter(|aspect| determines(*aspect));
        Aspects(bits.fold(0, |bits, aspect| bits | 1 << aspect as u8))
    }

    /// Whether the set contains this aspect.
    pub const fn has(self, aspect: Aspect) -> bool {
        self.0 & (1 << aspect as u8) != 0
    }

    /// The aspects in both sets.
    pub const fn intersection(self, other: Aspects) -> Aspects {
        Aspects(self.0 & other.0)
    }
}

impl NormalizedOutcome {
    /// The outcome of a trace.
    pub fn of(trace: &Trace) -> NormalizedOutcome {
        let mut all: Vec<Connection> = Vec::new();
        let (mut sent, mut received) = (SentFrames::new(), SentFrames::new());
        let (mut peer_ended, mut peer_sent_1006) = (false, false);
        for event in trace.events() {
            if let TraceEventKind::Connected { .. } = event.kind {
                all.push(Connection::default());
                (sent, received) = (SentFrames::new(), SentFrames::new());
                (peer_ended, peer_sent_1006) = (false, false);
            }
            let Some(now) = all.last_mut() else { continue };
            match event.kind {
                TraceEventKind::Sent(span) => sent.read(trace.octets(span), |frame| {
                    if now.frames.last() != Some(&frame) || matches!(frame, SentFrame::Close(_)) {
                        now.frames.push(frame);
                    }
                }),
                TraceEventKind::Received(span) => received.read(trace.octets(span), |frame| {
                    peer_sent_1006 |= frame == SentFrame::Close(Some(CloseCode::ABNORMAL));
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
                        (AppStatus::Nothing, CloseCode::ABNORMAL) if !peer_sent_1006 => AppStatus::Abnormal,
                        (AppStatus::Nothing, code) => AppStatus::Closed(code),
                        (AppStatus::Abnormal, CloseCode::ABNORMAL) => AppStatus::Abnormal,
                        (AppStatus::Abnormal, code) => AppStatus::ClosedAndError(code),
                        (status @ (AppStatus::Closed(_) | AppStatus::ClosedAndError(_)), _) => status,
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
                | TraceEventKind::DeflateNegotiated
                | TraceEventKind::SentWithOpening
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
                | TraceEventKind::TlsStarted
                | TraceEventKind::TlsClosed
                | TraceEventKind::ScriptEnded => {}
            }
        }
        NormalizedOutcome(all)
    }

    /// Whether the two outcomes differ in one of these aspects.
    pub fn differs(&self, other: &NormalizedOutcome, aspects: Aspects) -> bool {
        self.0.len() != other.0.len()
            || self
                .0
                .iter()
                .zip(&other.0)
                .any(|(a, b)| Aspect::ALL.into_iter().any(|aspect| aspects.has(aspect) && !a.same(b, aspect)))
    }

    /// The outcome as a phrase, with these aspects only; empty if there is nothing to report.
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
                    parts.extend(self.app_status.description());
                    match self.messages {
                        0 => {}
                        1 => parts.push("1 message delivered".to_owned()),
                        many => parts.push(format!("{many} messages delivered")),
                    }
                }
                Aspect::Clean => parts.extend(self.clean.map(|clean| {
                    if clean { "reported clean".to_owned() } else { "reported not clean".to_owned() }
                })),
                Aspect::Api => {
                    for (at, result) in self.requests.iter().enumerate() {
                        match result {
                            RequestResult::Accepted => {}
                            RequestResult::Refused => parts.push(format!("request {} refused", at + 1)),
                            RequestResult::Unsupported => {
                                parts.push(format!("request {} unsupported", at + 1))
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
    fn description(self) -> Option<String> {
        match self {
            AppStatus::Nothing => None,
            AppStatus::Closed(CloseCode::NO_STATUS) => Some("reported without a code".to_owned()),
            AppStatus::Closed(code) => Some(format!("reported {code}")),
            AppStatus::ClosedAndError(code) => Some(format!("reported {code} and an error")),
            AppStatus::Abnormal => Some("reported an error or 1006".to_owned()),
        }
    }
}

/// Reads the complete frames of one direction.
#[derive(Clone, Debug)]
pub(super) struct SentFrames(FrameAssembler);

impl SentFrames {
    pub(super) fn new() -> SentFrames {
        // A comparison needs the code of a Close, and no more of any payload.
        SentFrames(FrameAssembler::new(KeptPayload::UpTo(2)))
    }

    /// Reads the next segment and calls `on_frame` for every frame that ends in it.
    pub(super) fn read(&mut self, mut octets: &[u8], mut on_frame: impl FnMut(SentFrame)) {
        while let Some(part) = self.0.next(&mut octets) {
            match part {
                FramePart::End(header) => on_frame(SentFrame::new(header.opcode, self.0.payload())),
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
