//! An endpoint of either role that follows [`State::transition`].
//!
//! Every decision that an implementation could get wrong goes through [`Behavior`], so a faulty endpoint is the model
//! with one decision changed.

use super::behavior::{Behavior, CloseStatus, Remnant, ReportCourse};
use super::situation::{Arrival, Ending, History, Past, Situation};
use crate::harness::{Opening, Recorder, Stimulus, Subject};
use crate::protocol::assembler::{FrameAssembler, KeptPayload};
use crate::protocol::close::{self, CloseBody, ConformingClose};
use crate::protocol::code::{CloseCode, Profile};
use crate::protocol::deflate::Inflater;
use crate::protocol::flaw::Flaw;
use crate::protocol::role::Role;
use crate::protocol::state_machine::{self, Action, Event, State};
use crate::rules::{Capabilities, Capability};
use crate::script::MessageKind;

/// The state with which the generator of masking keys begins, and the factor that spreads a seed over all bits.
const FIRST_STATE: u64 = 0x9e37_79b9_7f4a_7c15;

/// The behavior of the model: every default, no fault.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conforming;

impl Behavior for Conforming {}

/// The model: an endpoint without a fault.
pub type Model = Endpoint<Conforming>;

/// An endpoint of either role with the behavior `C`.
#[derive(Clone, Debug)]
pub struct Endpoint<C> {
    pub(super) name: &'static str,
    pub(super) behavior: C,
    pub(super) profile: Profile,
    pub(super) role: Role,
    pub(super) state: State,
    pub(super) received: FrameAssembler,
    pub(super) message: Option<MessageKind>,
    pub(super) data: Vec<u8>,
    /// The announced size of the message in progress.
    pub(super) size: u64,
    /// permessage-deflate was negotiated.
    pub(super) deflate: bool,
    /// The message in progress is compressed.
    pub(super) compressed: bool,
    /// Created for the first compressed message, and reused.
    pub(super) inflater: Option<Inflater>,
    pub(super) wire: Vec<u8>,
    /// Whether a Close was received; `received` has its payload.
    pub(super) first_close: bool,
    pub(super) own_code: Option<CloseCode>,
    pub(super) reported: bool,
    pub(super) paused: bool,
    pub(super) unread: Vec<u8>,
    pub(super) unread_fin: bool,
    /// The octets of the segment in progress that were not read.
    pub(super) unread_in_segment: usize,
    /// The ticks of idle time in a state that times out.
    pub(super) idle_ticks: u32,
    /// An action that the behavior delays, and the ticks until it is due.
    pub(super) delayed_action: Option<(Action, u32)>,
    /// The generator of masking keys. The caller may seed it, because the library draws no randomness.
    pub(super) mask_rng: u64,
    pub(super) frames: u32,
    pub(super) payload: Vec<u8>,
    pub(super) body: Vec<u8>,
    pub(super) crashed: bool,
    pub(super) failed: bool,
    pub(super) was_reset: bool,
    /// The octets of the frame in progress that have arrived.
    pub(super) frame_octets: usize,
    pub(super) arrival: Arrival,
    pub(super) history: History,
    pub(super) past: Past,
    /// Whether `connect` was called before.
    pub(super) connected: bool,
    /// Whether the octets that are read came with the opening handshake.
    pub(super) in_opening: bool,
    /// Whether the peer ends TCP at once after the octets that are read.
    pub(super) at_end: bool,
}

impl Model {
    /// A model that accepts the close codes of this profile.
    pub fn new(profile: Profile) -> Model {
        Endpoint::with_behavior("model", Conforming, profile)
    }
}

impl<C: Behavior> Endpoint<C> {
    /// An endpoint with this name and behavior.
    pub fn with_behavior(name: &'static str, behavior: C, profile: Profile) -> Endpoint<C> {
        Endpoint {
            name,
            behavior,
            profile,
            role: Role::Server,
            state: State::Open,
            received: FrameAssembler::new(KeptPayload::ControlFrames),
            message: None,
            data: Vec::new(),
            size: 0,
            deflate: false,
            compressed: false,
            inflater: None,
            wire: Vec::new(),
            first_close: false,
            own_code: None,
            reported: false,
            paused: false,
            unread: Vec::new(),
            unread_fin: false,
            unread_in_segment: 0,
            idle_ticks: 0,
            delayed_action: None,
            mask_rng: FIRST_STATE,
            frames: 0,
            payload: Vec::new(),
            body: Vec::new(),
            crashed: false,
            failed: false,
            was_reset: false,
            frame_octets: 0,
            arrival: Arrival::default(),
            history: History::default(),
            past: Past::default(),
            connected: false,
            in_opening: false,
            at_end: false,
        }
    }

    /// The same endpoint with masking keys that follow from this seed, in the client role.
    ///
    /// On a real network the seed must be unpredictable (RFC 6455 §10.3).
    pub fn with_keys(self, seed: u64) -> Endpoint<C> {
        // The first keys of a generator with a small state are zero, and so are all keys of one with the state zero.
        Endpoint { mask_rng: seed.wrapping_add(1).wrapping_mul(FIRST_STATE).max(1), ..self }
    }

    /// The same endpoint after these connections.
    pub fn with_past(self, past: Past) -> Endpoint<C> {
        Endpoint { past, ..self }
    }

    /// What happened on the connections of this endpoint, up to and including the present one.
    pub fn past(&self) -> Past {
        if !self.connected {
            return self.past;
        }
        let ending = match self.state {
            _ if self.failed => Ending::Failed,
            _ if self.was_reset => Ending::Reset,
            State::CloseExchanged | State::Closed { clean: true } => Ending::Clean,
            State::Open
            | State::CloseSent
            | State::CloseReceived
            | State::Failed
            | State::Closed { clean: false } => Ending::Cut,
        };
        let code = if self.first_close { self.close_body().code() } else { None };
        self.past.after(ending, code)
    }

    pub(super) fn now(&self) -> Situation<'_> {
        Situation {
            role: self.role,
            state: self.state,
            in_message: self.message.is_some(),
            deflate: self.deflate,
            own_code: self.own_code,
            arrival: &self.arrival,
            history: &self.history,
            past: &self.past,
        }
    }

    /// The state of the connection.
    pub fn state(&self) -> State {
        self.state
    }

    pub(super) fn on_event(&mut self, event: Event, flaw: Option<Flaw>, out: &mut Recorder) {
        let before = self.state;
        let (after, action) = before.transition(event, self.role);
        let action = self.behavior.action(event, action, &self.now());
        out.state_changed(before, after);
        self.state = after;
        if before != after {
            self.idle_ticks = 0;
        }
        self.failed |= after == State::Failed;
        self.history.closed_first |= after == State::CloseSent;
        match self.behavior.delay(action, &self.now()) {
            Some(0) => self.perform(action, flaw, out),
            Some(ticks) => self.delayed_action = Some((action, ticks)),
            None => {}
        }
        if matches!(self.state, State::Closed { .. }) {
            self.report_close(out);
        }
    }

    fn perform(&mut self, action: Action, flaw: Option<Flaw>, out: &mut Recorder) {
        match action {
            // The callers of `on_event` do these, because they have the payload.
            Action::Nothing
            | Action::Discard
            | Action::RejectRequest
            | Action::Deliver
            | Action::SendMessage
            | Action::SendPong
            | Action::SendClose => {}
            Action::SendCloseReply => {
                let mut reply = std::mem::take(&mut self.body);
                reply.clear();
                let received = self.close_body();
                match self.behavior.reply_code(&received, &self.now()) {
                    Some(code) => reply.extend(code.into_iter().flat_map(CloseCode::to_octets)),
                    None => reply
                        .extend_from_slice(ConformingClose::reply(received, self.role, self.profile).body()),
                }
                if !reply.is_empty() {
                    self.behavior.reply_reason(&received, &mut reply);
                }
                self.write_close(&reply, out);
                self.body = reply;
                // If the Closes crossed, the handshake was complete before this reply.
                if self.state == State::CloseReceived {
                    self.on_event(Event::CloseReplySent, None, out);
                } else if self.state == State::CloseExchanged && self.role == Role::Server {
                    self.close_tcp(out);
                }
            }
            Action::SendCloseThenFail => {
                let flaw = flaw.unwrap_or(Flaw::OpcodeReserved);
                let mut body = std::mem::take(&mut self.body);
                body.clear();
                if let Some(code) = self.behavior.fail_code(flaw) {
                    body.extend_from_slice(&code.to_octets());
                    self.behavior.fail_reason(flaw, self.received.payload(), &mut body);
                }
                self.write_close(&body, out);
                self.body = body;
                match self.behavior.delay(Action::CloseTcp, &self.now()) {
                    Some(0) => self.close_tcp(out),
                    Some(ticks) => self.delayed_action = Some((Action::CloseTcp, ticks)),
                    None => {}
                }
            }
            Action::CloseTcp => self.close_tcp(out),
        }
    }

    pub(super) fn close_tcp(&mut self, out: &mut Recorder) {
        self.delayed_action = None;
        if self.behavior.resets(self.unread_in_segment, &self.now()) {
            out.reset();
        } else {
            if self.behavior.closes_tls() {
                out.tls_closed();
            }
            if self.behavior.closes_only_writing() {
                out.write_shutdown();
            } else {
                out.fin();
            }
        }
        self.report_close(out);
    }

    pub(super) fn close_body(&self) -> CloseBody<'_> {
        match CloseBody::parse(self.received.payload()) {
            Ok(body) => body,
            // Only an endpoint with a fault accepts these.
            Err(close::BodyError::OneByte) => CloseBody::Empty,
            Err(close::BodyError::ReasonNotUtf8 { code, .. }) => CloseBody::Status { code, reason: "" },
        }
    }

    pub(super) fn report_close(&mut self, out: &mut Recorder) {
        if self.reported {
            return;
        }
        self.reported = true;
        let clean = match self.state {
            State::CloseExchanged | State::Closed { clean: true } => true,
            State::Open
            | State::CloseSent
            | State::CloseReceived
            | State::Failed
            | State::Closed { clean: false } => false,
        };
        let body = self.close_body();
        let (code, reason) = state_machine::reported(self.first_close.then_some(body));
        let status =
            self.behavior.close_status(CloseStatus { code, reason, clean }, self.own_code, &self.now());
        let reason = self.behavior.interprets_reason().then_some(status.reason);
        out.reported(Some(status.code), reason, Some(status.clean));
        match self.behavior.report_course(&self.now()) {
            ReportCourse::OnceAtTheEnd | ReportCourse::AtTheClose => {}
            ReportCourse::Twice => {
                out.reported(Some(status.code), reason, Some(status.clean));
            }
            ReportCourse::WithAnError => {
                if clean {
                    out.error_reported("the connection is closed");
                }
            }
        }
    }

    pub(super) fn fail(&mut self, flaw: Flaw, out: &mut Recorder) {
        self.on_event(Event::RecvFlaw, Some(flaw), out);
    }

    fn tick(&mut self, out: &mut Recorder) {
        self.history.tick();
        if let Some((action, ticks)) = self.delayed_action {
            self.delayed_action = (ticks > 1).then_some((action, ticks - 1));
            if ticks == 1 {
                self.perform(action, None, out);
            }
            return;
        }
        match self.state {
            State::Open | State::Closed { .. } => {}
            State::CloseSent | State::CloseReceived | State::CloseExchanged | State::Failed => {
                self.idle_ticks += 1;
                if self.behavior.idle_timeout(&self.now()) == Some(self.idle_ticks) {
                    self.on_event(Event::Timeout, None, out);
                }
            }
        }
    }
}

impl<C: Behavior> Subject for Endpoint<C> {
    fn name(&self) -> &str {
        self.name
    }

    fn capabilities(&self, _role: Role) -> Capabilities {
        if self.behavior.interprets_reason() {
            Capabilities::ALL
        } else {
            Capabilities::ALL.without(&[Capability::InterpretsReason])
        }
    }

    fn connect(&mut self, role: Role, out: &mut Recorder) {
        // Whether the connection is under TLS makes no other difference, so the model always plays one that is.
        out.tls_started();
        self.past = self.past();
        self.connected = true;
        let remnant = self.behavior.keeps_between_connections();
        self.role = role;
        self.state = State::Open;
        if remnant != Remnant::Frame {
            self.received.restart();
        }
        if remnant != Remnant::Message {
            self.message = None;
        }
        self.failed = false;
        self.was_reset = false;
        self.frame_octets = 0;
        self.history = History::default();
        self.deflate = false;
        self.compressed = false;
        self.first_close = false;
        self.own_code = None;
        self.reported = false;
        self.paused = false;
        self.unread.clear();
        self.unread_fin = false;
        self.unread_in_segment = 0;
        self.idle_ticks = 0;
        self.delayed_action = None;
        self.crashed = !self.behavior.serves(&self.past);
    }

    fn open(&mut self, role: Role, opening: Opening<'_>, out: &mut Recorder) {
        self.connect(role, out);
        if opening.deflate {
            self.deflate = true;
            if let Some(inflater) = &mut self.inflater {
                inflater.restart();
            }
            out.deflate_negotiated();
        }
        if !opening.octets.is_empty() {
            let stimulus = Stimulus::Octets(opening.octets);
            out.record_stimulus(stimulus);
            if !self.behavior.loses_opening(role) {
                self.in_opening = true;
                self.react(stimulus, out);
                self.in_opening = false;
            }
        }
    }

    fn react_at_once(&mut self, octets: &[u8], end: Stimulus<'_>, out: &mut Recorder) {
        let octets = Stimulus::Octets(octets);
        out.record_stimulus(octets);
        self.at_end = true;
        self.react(octets, out);
        self.at_end = false;
        out.record_stimulus(end);
        self.react(end, out);
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if self.crashed {
            return;
        }
        match stimulus {
            Stimulus::Octets(octets) if self.paused => self.unread.extend_from_slice(octets),
            Stimulus::Octets(octets) => self.receive(octets, out),
            Stimulus::Fin if self.paused => self.unread_fin = true,
            Stimulus::Fin => self.on_event(Event::PeerFin, None, out),
            Stimulus::Reset => {
                self.unread.clear();
                self.unread_fin = false;
                self.was_reset = true;
                self.on_event(Event::PeerReset, None, out);
            }
            // The model does not check whether its writes arrive.
            Stimulus::PeerGone(_) | Stimulus::PeerPause | Stimulus::PeerResume => {}
            Stimulus::Close { code, reason } => self.app_close(code, reason, out),
            Stimulus::Send { kind, payload } => self.app_send(kind, payload, out),
            Stimulus::Pause => self.paused = true,
            Stimulus::Resume => {
                self.paused = false;
                let mut unread = std::mem::take(&mut self.unread);
                self.receive(&unread, out);
                unread.clear();
                self.unread = unread;
                if std::mem::take(&mut self.unread_fin) {
                    self.on_event(Event::PeerFin, None, out);
                }
            }
            Stimulus::Tick => self.tick(out),
        }
    }
}
