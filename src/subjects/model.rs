//! The reference endpoint, in both roles. In come stimuli, out go frames and reports; what it does is
//! [`State::on`]'s to say, and what could be done wrong on the way goes through [`Conduct`], so that a
//! faulty endpoint is the model with one decision changed.

mod reading;

use super::conduct::{Afterthought, Conduct, Told};
use crate::close::{self, CloseBody, ConformingClose};
use crate::closing::{self, Action, Event, State};
use crate::code::{CloseCode, Profile};
use crate::flaw::Flaw;
use crate::frame::{self, Decoder, Header, MAX_CONTROL_PAYLOAD, Opcode};
use crate::role::Role;
use crate::rule::Duties;
use crate::script::MessageKind;
use crate::subject::{Output, Stimulus, Subject};

/// Conduct without a fault.
#[derive(Clone, Copy, Debug, Default)]
#[cfg(not(feature = "planted"))]
pub struct Conforming;

#[cfg(not(feature = "planted"))]
impl Conduct for Conforming {}

/// The model: an endpoint without a fault.
pub type Model = Endpoint<Conforming>;

/// The model with a fault planted in it: built only to watch the fuzz targets fail.
#[derive(Clone, Copy, Debug, Default)]
#[cfg(feature = "planted")]
pub struct Conforming;

#[cfg(feature = "planted")]
impl Conduct for Conforming {
    fn answer(&self, _received: &CloseBody<'_>) -> Option<Option<CloseCode>> {
        Some(Some(CloseCode::NO_STATUS))
    }
}

/// An endpoint of either role.
#[derive(Clone, Debug)]
pub struct Endpoint<C> {
    name: &'static str,
    conduct: C,
    profile: Profile,
    role: Role,
    state: State,
    decoder: Decoder,
    header: Option<Header>,
    control: [u8; MAX_CONTROL_PAYLOAD],
    kept: usize,
    message: Option<MessageKind>,
    data: Vec<u8>,
    /// The first Close that was received, as it stands in `control`.
    first_close: bool,
    own_code: Option<CloseCode>,
    told: bool,
    paused: bool,
    unread: Vec<u8>,
    unread_fin: bool,
    /// Ticks of silence in a state that does not last, and when an action that was put off is due.
    waited: u32,
    put_off: Option<(Action, u32)>,
    /// A generator for masking keys: the caller's to seed, since the library draws no randomness.
    keys: u64,
    frames: u32,
    payload: Vec<u8>,
    body: Vec<u8>,
    dead: bool,
    failed_once: bool,
}

impl Model {
    /// A model that reads codes by this profile.
    pub fn new(profile: Profile) -> Model {
        Endpoint::with_conduct("model", Conforming, profile)
    }
}

impl<C: Conduct> Endpoint<C> {
    /// An endpoint with this conduct.
    pub fn with_conduct(name: &'static str, conduct: C, profile: Profile) -> Endpoint<C> {
        Endpoint {
            name,
            conduct,
            profile,
            role: Role::Server,
            state: State::Open,
            decoder: Decoder::new(),
            header: None,
            control: [0; MAX_CONTROL_PAYLOAD],
            kept: 0,
            message: None,
            data: Vec::new(),
            first_close: false,
            own_code: None,
            told: false,
            paused: false,
            unread: Vec::new(),
            unread_fin: false,
            waited: 0,
            put_off: None,
            keys: 0x9e37_79b9_7f4a_7c15,
            frames: 0,
            payload: Vec::new(),
            body: Vec::new(),
            dead: false,
            failed_once: false,
        }
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        self.state
    }

    fn happens(&mut self, event: Event, flaw: Option<Flaw>, out: &mut Output) {
        let before = self.state;
        let (after, action) = before.on(event, self.role);
        let action = self.conduct.action(before, event, self.role, action);
        out.moved(before, after);
        self.state = after;
        if before != after {
            self.waited = 0;
        }
        self.failed_once |= after == State::Failed;
        match self.conduct.pace(action, after, self.role) {
            Some(0) => self.act(action, flaw, out),
            Some(ticks) => self.put_off = Some((action, ticks)),
            None => {}
        }
        if matches!(self.state, State::Closed { .. }) {
            self.tell(out);
        }
    }

    fn act(&mut self, action: Action, flaw: Option<Flaw>, out: &mut Output) {
        match action {
            // What is sent, delivered or refused is written where the payload is at hand.
            Action::Nothing
            | Action::Discard
            | Action::Refuse
            | Action::Deliver
            | Action::SendMessage
            | Action::SendPong
            | Action::SendClose => {}
            Action::Answer => {
                let body = self.close_body();
                let answer = match self.conduct.answer(&body) {
                    Some(code) => Ok(code),
                    None => Err(ConformingClose::answer(body, self.role, self.profile)),
                };
                match answer {
                    Ok(code) => {
                        self.write_close(code.map(CloseCode::to_octets).as_ref().map_or(&[], |c| c), out)
                    }
                    Err(close) => self.write_close(close.body(), out),
                }
                // A Close that crossed ours is already counted as its answer.
                if self.state == State::CloseReceived {
                    self.happens(Event::Answered, None, out);
                } else if self.state == State::CloseExchanged && self.role == Role::Server {
                    self.close_tcp(out);
                }
            }
            Action::FailAloud => {
                let code = self.conduct.fail_code(flaw.unwrap_or(Flaw::OpcodeReserved));
                self.write_close(&code.to_octets(), out);
                if self.conduct.pace(Action::CloseTcp, self.state, self.role) == Some(0) {
                    self.close_tcp(out);
                }
            }
            Action::CloseTcp => self.close_tcp(out),
        }
    }

    fn close_tcp(&mut self, out: &mut Output) {
        if self.conduct.resets() {
            out.reset();
        } else {
            out.fin();
        }
        self.tell(out);
    }

    fn close_body(&self) -> CloseBody<'_> {
        match CloseBody::parse(&self.control[..self.kept]) {
            Ok(body) => body,
            // Only a fault takes these.
            Err(close::BodyError::OneByte) => CloseBody::Empty,
            Err(close::BodyError::ReasonNotUtf8 { code, .. }) => CloseBody::Status { code, reason: "" },
        }
    }

    fn tell(&mut self, out: &mut Output) {
        if self.told {
            return;
        }
        self.told = true;
        let clean = match self.state {
            State::CloseExchanged | State::Closed { clean: true } => true,
            State::Open
            | State::CloseSent
            | State::CloseReceived
            | State::Failed
            | State::Closed { clean: false } => false,
        };
        let body = self.close_body();
        let (code, reason) = closing::reported(self.first_close.then_some(body));
        let told = self.conduct.tells(Told { code, reason, clean }, self.own_code);
        out.reported(Some(told.code), Some(told.reason), Some(told.clean));
    }

    fn key(&mut self) -> Option<[u8; 4]> {
        match self.role {
            Role::Server => None,
            Role::Client => {
                // xorshift64: fresh each time, and the same in every run.
                self.keys ^= self.keys << 13;
                self.keys ^= self.keys >> 7;
                self.keys ^= self.keys << 17;
                Some(((self.keys >> 32) as u32).to_be_bytes())
            }
        }
    }

    fn write(&mut self, opcode: Opcode, payload: &[u8], out: &mut Output) {
        let mut header = Header::conforming(opcode, payload.len() as u64, self.key());
        let mut buffer = std::mem::take(&mut self.payload);
        buffer.clear();
        buffer.extend_from_slice(payload);
        self.conduct.frame(&mut header, &mut buffer, self.frames);
        self.frames += 1;
        let before = self.conduct.before(opcode, self.role);
        out.sent_by(|octets| {
            octets.extend_from_slice(before);
            frame::write(&header, &buffer, octets);
        });
        self.payload = buffer;
    }

    fn write_close(&mut self, body: &[u8], out: &mut Output) {
        self.own_code = match body {
            [high, low, ..] => Some(CloseCode(u16::from_be_bytes([*high, *low]))),
            [] | [_] => None,
        };
        self.write(Opcode::Close, body, out);
        match self.conduct.afterthought(self.state, self.role) {
            None => {}
            Some(Afterthought::Frame(opcode)) => self.write(opcode, b"", out),
            Some(Afterthought::CloseTcp) => self.close_tcp(out),
        }
    }

    fn fail(&mut self, flaw: Flaw, out: &mut Output) {
        self.happens(Event::RecvFlaw, Some(flaw), out);
    }

    fn app_close(&mut self, code: Option<CloseCode>, reason: &str, out: &mut Output) {
        let mut body = std::mem::take(&mut self.body);
        body.clear();
        let may = match code {
            None => true,
            Some(code) => self.conduct.app_close(code, reason, self.role, self.profile, &mut body),
        };
        if !may {
            out.refused("this code and reason may not be sent");
        } else {
            let (_, action) = self.state.on(Event::AppClose, self.role);
            self.happens(Event::AppClose, None, out);
            if action == Action::SendClose {
                self.write_close(&body, out);
            }
            out.accepted();
        }
        self.body = body;
    }

    fn app_send(&mut self, kind: MessageKind, payload: &[u8], out: &mut Output) {
        let (_, action) = self.state.on(Event::AppSend, self.role);
        let action = self.conduct.action(self.state, Event::AppSend, self.role, action);
        self.happens(Event::AppSend, None, out);
        match action {
            Action::SendMessage => {
                self.write(kind.opcode(), payload, out);
                out.accepted();
            }
            Action::Nothing => out.accepted(),
            Action::Discard
            | Action::Deliver
            | Action::SendPong
            | Action::SendClose
            | Action::Answer
            | Action::Refuse
            | Action::FailAloud
            | Action::CloseTcp => out.refused("the connection is closing"),
        }
    }

    fn tick(&mut self, out: &mut Output) {
        if let Some((action, ticks)) = self.put_off {
            self.put_off = (ticks > 1).then_some((action, ticks - 1));
            if ticks == 1 {
                self.act(action, None, out);
            }
            return;
        }
        match self.state {
            State::Open | State::Closed { .. } => {}
            State::CloseSent | State::CloseReceived | State::CloseExchanged | State::Failed => {
                self.waited += 1;
                if self.conduct.patience() == Some(self.waited) {
                    self.happens(Event::Timeout, None, out);
                }
            }
        }
    }
}

impl<C: Conduct> Subject for Endpoint<C> {
    fn name(&self) -> &str {
        self.name
    }

    fn duties(&self, _role: Role) -> Duties {
        Duties::ALL
    }

    fn connect(&mut self, role: Role, _out: &mut Output) {
        self.role = role;
        self.state = State::Open;
        self.decoder = Decoder::new();
        self.header = None;
        self.kept = 0;
        self.message = None;
        self.first_close = false;
        self.own_code = None;
        self.told = false;
        self.paused = false;
        self.unread.clear();
        self.unread_fin = false;
        self.waited = 0;
        self.put_off = None;
        self.dead = self.failed_once && !self.conduct.recovers();
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Output) {
        if self.dead {
            return;
        }
        match stimulus {
            Stimulus::Octets(octets) if self.paused => self.unread.extend_from_slice(octets),
            Stimulus::Octets(octets) => self.receive(octets, out),
            Stimulus::Fin if self.paused => self.unread_fin = true,
            Stimulus::Fin => self.happens(Event::PeerFin, None, out),
            Stimulus::Reset => {
                self.unread.clear();
                self.unread_fin = false;
                self.happens(Event::PeerReset, None, out);
            }
            // It never asks whether what it writes arrives.
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
                    self.happens(Event::PeerFin, None, out);
                }
            }
            Stimulus::Tick => self.tick(out),
        }
    }
}
