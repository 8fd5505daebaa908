//! Conforming programs round libraries that only read and write frames. In comes a [`Layer`]; out comes
//! [`Glued`], a [`Subject`] in which everything that the library leaves to its user is ours: when to answer
//! and to close TCP ([`State::on`]), and, as far as the library does not do it, masks, fragments, codes.
//!
//! What the glue does by itself is no duty of the library's. It answers a Close with the same code (with
//! none, where the library handed over one that nobody may send) and no reason, fails silently (a Close would
//! be its own, not the library's), and checks codes and reasons only where the layer does not claim
//! [`Duty::ReadsClose`] (received) or [`Duty::OffersApi`] (asked for). The rules that it keeps by this are left
//! out of the layer's duties, whatever the layer claims.

use wsclose::harness::subject::{Recorder, Stimulus, Subject};
use wsclose::protocol::close::{CloseBody, MAX_REASON};
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::frame::Opcode;
use wsclose::protocol::role::Role;
use wsclose::protocol::state_machine::{Action, Event, State, reported};
use wsclose::rules::{Capabilities, Capability, Rule};
use wsclose::script::MessageKind;

use crate::panic::catch;
use crate::program::panic_message;

/// A bound on memory that is told at once and holds until a larger one is: to tell of each octet would only
/// pull timelines apart.
const MIN_REPORTED_MEMORY: u64 = 1 << 16;

/// What [`State::on`] decides: what may come and go in which state.
const STATE_MACHINE_RULES: [Rule; 10] = [
    Rule::NoDataAfterClose,
    Rule::OneClose,
    Rule::QuietAfterClose,
    Rule::DiscardsAfterClose,
    Rule::ReadsUntilAnswer,
    Rule::SimultaneousClose,
    Rule::NothingAfterFail,
    Rule::EofIsNotAClose,
    Rule::Reports1006,
    Rule::ApiRefusesDataAfterClose,
];

/// What [`Glued::close`] checks for a layer that does not claim [`Duty::OffersApi`].
const REQUEST_CHECK_RULES: [Rule; 7] = [
    Rule::CloseAtMost125,
    Rule::CodeIsDefined,
    Rule::CodeNotLocalOnly,
    Rule::CodeNot1004,
    Rule::CodeIsAssigned,
    Rule::Code1010FromClient,
    Rule::ReasonUtf8,
];

/// Something that a layer read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A frame of which the library has judged nothing that the glue could not see again.
    Frame {
        /// Whether it is the last of its message.
        fin: bool,
        /// Whether a reserved bit is set.
        rsv: bool,
        /// Whether it was masked; the payload no longer is.
        masked: bool,
        /// What it is.
        opcode: Opcode,
        /// Its payload.
        payload: Vec<u8>,
    },
    /// A part of a message: the library checked that it may come here, and has not put the parts together.
    Fragment {
        /// Text or binary, if it begins the message.
        begins: Option<MessageKind>,
        /// Whether it ends the message.
        ends: bool,
        /// Its payload.
        payload: Vec<u8>,
    },
    /// A whole message.
    Message {
        /// Text or binary.
        kind: MessageKind,
        /// Its payload.
        payload: Vec<u8>,
    },
    /// A Ping, with what it carries.
    Ping(Vec<u8>),
    /// A Pong.
    Pong,
    /// A Close that the library has read.
    Close {
        /// Its code, if it has one.
        code: Option<CloseCode>,
        /// Its reason.
        reason: String,
    },
}

/// Something that a layer is to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outgoing<'a> {
    /// A whole message.
    Message {
        /// Text or binary.
        kind: MessageKind,
        /// Its payload; UTF-8 where it is text.
        payload: &'a [u8],
    },
    /// A Pong, with what it carries.
    Pong(&'a [u8]),
    /// A Close.
    Close {
        /// Its code, if it has one.
        code: Option<CloseCode>,
        /// Its reason; empty where there is no code.
        reason: &'a str,
    },
}

/// A library that reads and writes frames.
pub trait FrameCodec: Sized {
    /// The peer's name.
    const NAME: &'static str;

    /// What the library does itself in this role, as against what it leaves to the program around it.
    fn capabilities(role: Role) -> Capabilities;

    /// A connection that is already open.
    fn new(role: Role) -> Self;

    /// Octets arrive.
    fn receive(&mut self, octets: &[u8]);

    /// Reads on: `None` until more octets arrive.
    ///
    /// # Errors
    /// What the library says is wrong with them.
    fn next(&mut self) -> Result<Option<Incoming>, String>;

    /// Appends what goes out.
    ///
    /// # Errors
    /// Why the library will not write that.
    fn write(&mut self, outgoing: Outgoing<'_>, out: &mut Vec<u8>) -> Result<(), String>;

    /// By how many octets its memory has grown since the connection began, at the most, if that can be seen:
    /// what [`Duty::ShowsMemory`] promises.
    fn memory(&self) -> Option<u64> {
        None
    }
}

/// A message of which not every part has come.
#[derive(Debug)]
struct PartialMessage {
    kind: MessageKind,
    payload: Vec<u8>,
}

/// A layer in a conforming program.
#[derive(Debug)]
pub struct CodecSubject<L> {
    /// `None` without a connection, and after a panic.
    codec: Option<L>,
    role: Role,
    state: State,
    partial: Option<PartialMessage>,
    paused: bool,
    /// The peer's FIN came and has not been acted on.
    fin_pending: bool,
    /// The most memory that has been told.
    reported_memory: u64,
}

impl<L: FrameCodec> Default for CodecSubject<L> {
    fn default() -> Self {
        CodecSubject::new()
    }
}

impl<L: FrameCodec> CodecSubject<L> {
    /// Without a connection.
    pub fn new() -> CodecSubject<L> {
        CodecSubject {
            codec: None,
            role: Role::Server,
            state: State::Open,
            partial: None,
            paused: false,
            fin_pending: false,
            reported_memory: MIN_REPORTED_MEMORY,
        }
    }
}

impl<L: FrameCodec> Subject for CodecSubject<L> {
    fn name(&self) -> &str {
        L::NAME
    }

    fn capabilities(&self, role: Role) -> Capabilities {
        let duties = L::capabilities(role).exempting(&STATE_MACHINE_RULES);
        if duties.has(Capability::ExposesCloseApi) { duties } else { duties.exempting(&REQUEST_CHECK_RULES) }
    }

    fn connect(&mut self, role: Role, out: &mut Recorder) {
        let layer = L::new(role);
        if layer.memory().is_some() {
            out.memory(MIN_REPORTED_MEMORY);
        }
        *self = CodecSubject { codec: Some(layer), role, ..CodecSubject::new() };
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        let Some(mut layer) = self.codec.take() else { return };
        match catch(|| self.step(&mut layer, stimulus, out)) {
            Ok(()) => {
                if let Some(octets) = layer.memory().filter(|octets| *octets > self.reported_memory) {
                    self.reported_memory = octets;
                    out.memory(octets);
                }
                self.codec = Some(layer);
            }
            Err(panic) => {
                out.panicked(panic_message(&*panic));
                out.fin();
            }
        }
    }
}

impl<L: FrameCodec> CodecSubject<L> {
    fn step(&mut self, layer: &mut L, stimulus: Stimulus<'_>, out: &mut Recorder) {
        match stimulus {
            Stimulus::Octets(octets) => {
                layer.receive(octets);
                self.read(layer, octets.len(), out);
            }
            Stimulus::Fin => {
                self.fin_pending = true;
                self.read(layer, 0, out);
            }
            Stimulus::Reset => self.apply_event(Event::PeerReset, out),
            Stimulus::Close { code, reason } => self.request_close(layer, code, reason, out),
            Stimulus::Send { kind, payload } => self.request_send(layer, kind, payload, out),
            Stimulus::Pause => self.paused = true,
            Stimulus::Resume => {
                self.paused = false;
                self.read(layer, 0, out);
            }
            // A layer only appends what it writes.
            Stimulus::PeerGone(_) | Stimulus::PeerPause | Stimulus::PeerResume | Stimulus::Tick => {}
        }
    }

    /// Reads until the layer has nothing left.
    fn read(&mut self, layer: &mut L, octets: usize, out: &mut Recorder) {
        // The least that can come is an empty frame of two octets.
        let mut calls_left = (1 << 12) + octets;
        while !self.paused && !self.state.discards_input() && !out.is_closed() {
            if calls_left == 0 {
                out.hung();
                return out.fin();
            }
            calls_left -= 1;
            let read = layer.next();
            match read {
                Ok(Some(came)) => {
                    if let Err(words) = self.on_incoming(layer, came, out) {
                        self.fail(&words, out);
                    }
                }
                Ok(None) => break,
                Err(words) => self.fail(&words, out),
            }
        }
        if self.fin_pending && !self.paused {
            self.fin_pending = false;
            self.apply_event(Event::PeerFin, out);
        }
    }

    fn on_incoming(&mut self, layer: &mut L, incoming: Incoming, out: &mut Recorder) -> Result<(), String> {
        match incoming {
            Incoming::Frame { fin, rsv, masked, opcode, payload } => {
                if masked != (self.role == Role::Server) {
                    return Err("masked as the peer's role forbids".to_owned());
                }
                if rsv {
                    return Err("a reserved bit is set".to_owned());
                }
                if opcode.is_control() && !fin {
                    return Err("a control frame is fragmented".to_owned());
                }
                let came = match opcode {
                    Opcode::Continuation => Incoming::Fragment { begins: None, ends: fin, payload },
                    Opcode::Text => {
                        Incoming::Fragment { begins: Some(MessageKind::Text), ends: fin, payload }
                    }
                    Opcode::Binary => {
                        Incoming::Fragment { begins: Some(MessageKind::Binary), ends: fin, payload }
                    }
                    Opcode::Ping => Incoming::Ping(payload),
                    Opcode::Pong => Incoming::Pong,
                    Opcode::Close => {
                        let body = CloseBody::parse(&payload).map_err(|error| error.to_string())?;
                        Incoming::Close { code: body.code(), reason: body.reason().to_owned() }
                    }
                    Opcode::Reserved(_) => return Err("an unknown opcode".to_owned()),
                };
                self.on_incoming(layer, came, out)
            }
            Incoming::Fragment { begins, ends, payload } => self.on_fragment(begins, ends, payload, out),
            Incoming::Message { kind, payload } => {
                self.on_message(kind, &payload, out);
                Ok(())
            }
            Incoming::Ping(payload) => {
                if self.transition(Event::RecvPing, out) == Action::SendPong {
                    self.write(layer, Outgoing::Pong(&payload), out)?;
                }
                Ok(())
            }
            Incoming::Pong => {
                self.apply_event(Event::RecvPong, out);
                Ok(())
            }
            Incoming::Close { code, reason } => self.on_close(layer, code, &reason, out),
        }
    }

    fn on_fragment(
        &mut self,
        begins: Option<MessageKind>,
        ends: bool,
        mut payload: Vec<u8>,
        out: &mut Recorder,
    ) -> Result<(), String> {
        let mut message = match (begins, self.partial.take()) {
            (Some(kind), None) => PartialMessage { kind, payload: Vec::new() },
            (None, Some(message)) => message,
            (Some(_), Some(_)) => return Err("a message begins inside another".to_owned()),
            (None, None) => return Err("a continuation without a beginning".to_owned()),
        };
        message.payload.append(&mut payload);
        if !ends {
            self.partial = Some(message);
            return Ok(());
        }
        if message.kind == MessageKind::Text && std::str::from_utf8(&message.payload).is_err() {
            return Err("text that is not UTF-8".to_owned());
        }
        self.on_message(message.kind, &message.payload, out);
        Ok(())
    }

    fn on_message(&mut self, kind: MessageKind, payload: &[u8], out: &mut Recorder) {
        if self.transition(Event::RecvMessage, out) == Action::Deliver {
            out.message(kind, payload);
        }
    }

    fn on_close(
        &mut self,
        layer: &mut L,
        code: Option<CloseCode>,
        reason: &str,
        out: &mut Recorder,
    ) -> Result<(), String> {
        let reads = L::capabilities(self.role).has(Capability::ParsesCloseBody);
        let sendable = code.filter(|code| code.acceptable(Profile::Iana).is_ok());
        if !reads && code != sendable {
            return Err("a close code that nobody may send".to_owned());
        }
        out.reported(code, Some(reason), None);
        if self.transition(Event::RecvClose, out) == Action::SendCloseReply {
            // The answer is the glue's: a code that may not be sent would be its breach, not the library's.
            self.write(layer, Outgoing::Close { code: sendable, reason: "" }, out)?;
            self.apply_event(Event::CloseReplySent, out);
        }
        Ok(())
    }

    fn request_close(&mut self, layer: &mut L, code: Option<CloseCode>, reason: &str, out: &mut Recorder) {
        let unsendable = code.is_some_and(|code| code.sendable(self.role, Profile::Iana).is_err());
        if !L::capabilities(self.role).has(Capability::ExposesCloseApi)
            && (unsendable || reason.len() > MAX_REASON)
        {
            return out.unsupported("no Close can say that");
        }
        let before = self.state;
        if self.transition(Event::AppClose, out) == Action::SendClose
            && let Err(words) = self.write(layer, Outgoing::Close { code, reason }, out)
        {
            self.state = before;
            return out.request_refused(&words);
        }
        out.request_accepted();
    }

    fn request_send(&mut self, layer: &mut L, kind: MessageKind, payload: &[u8], out: &mut Recorder) {
        if self.transition(Event::AppSend, out) != Action::SendMessage {
            return out.unsupported("the connection is closing");
        }
        match self.write(layer, Outgoing::Message { kind, payload }, out) {
            Ok(()) => out.request_accepted(),
            Err(words) => out.request_refused(&words),
        }
    }

    fn write(&self, layer: &mut L, outgoing: Outgoing<'_>, out: &mut Recorder) -> Result<(), String> {
        let mut written = Ok(());
        out.sent_by(|octets| written = layer.write(outgoing, octets));
        written
    }

    fn fail(&mut self, words: &str, out: &mut Recorder) {
        out.error_reported(words);
        self.apply_event(Event::RecvFlaw, out);
        out.fin();
    }

    fn apply_event(&mut self, event: Event, out: &mut Recorder) {
        self.transition(event, out);
    }

    fn transition(&mut self, event: Event, out: &mut Recorder) -> Action {
        let before = self.state;
        let (state, action) = self.state.transition(event, self.role);
        self.state = state;
        let ended = matches!(event, Event::PeerFin | Event::PeerReset);
        if ended && matches!(before, State::Open | State::CloseSent) {
            let (code, reason) = reported(None);
            out.reported(Some(code), Some(reason), None);
        }
        if action == Action::CloseTcp {
            out.fin();
        }
        action
    }
}
