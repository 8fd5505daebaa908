//! Runs a library that only reads and writes frames, as a [`Subject`].
//!
//! A [`FrameCodec`] adapts the library. [`CodecSubject`] adds a conforming program, which does everything that the
//! library leaves to its user. The program decides when to reply to a Close and when to close TCP
//! ([`State::transition`]). Where the library does not, it also checks masks, assembles fragments and checks codes.
//!
//! The capabilities of the subject exclude what the program does, whatever the codec claims:
//!
//! - The program replies to a Close with its code and without a reason. It omits a code that no endpoint may send.
//! - It fails a connection without a Close, because that Close would be its own.
//! - It checks received codes and reasons if the codec lacks [`Capability::ParsesCloseBody`]. It checks requested ones if
//!   the codec lacks [`Capability::ExposesCloseApi`].

use wsclose::harness::{Recorder, Stimulus, Subject};
use wsclose::protocol::close::{CloseBody, MAX_REASON};
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::frame::Opcode;
use wsclose::protocol::role::Role;
use wsclose::protocol::state_machine::{Action, Event, State, reported};
use wsclose::rules::{Capabilities, Capability, Layer};
use wsclose::script::MessageKind;
use wsclose::suite::Suite;

use crate::panic::{catch, install_filtered_hook};
use crate::program::panic_message;

/// The first reported bound on memory, in octets. Smaller growth is not reported, because it would only lengthen
/// timelines.
const MIN_REPORTED_MEMORY: u64 = 1 << 16;

/// Data that a codec read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A frame that the library did not check. [`CodecSubject`] checks it.
    Frame {
        /// The FIN bit.
        fin: bool,
        /// Whether a reserved bit is set.
        rsv: bool,
        /// Whether the frame was masked. `payload` is unmasked.
        masked: bool,
        /// The opcode.
        opcode: Opcode,
        /// The payload.
        payload: Vec<u8>,
    },
    /// A fragment of a message. The library checked that it is allowed here, but did not assemble the message.
    Fragment {
        /// The kind of the message, if this fragment is its first.
        begins: Option<MessageKind>,
        /// Whether it is the last fragment.
        ends: bool,
        /// The payload.
        payload: Vec<u8>,
    },
    /// A complete message.
    Message {
        /// Text or binary.
        kind: MessageKind,
        /// The payload.
        payload: Vec<u8>,
    },
    /// A Ping with its payload.
    Ping(Vec<u8>),
    /// A Pong.
    Pong,
    /// A Close that the library parsed.
    Close {
        /// The code, if any.
        code: Option<CloseCode>,
        /// The reason.
        reason: String,
    },
}

/// Data that a codec writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outgoing<'a> {
    /// A complete message.
    Message {
        /// Text or binary.
        kind: MessageKind,
        /// The payload. A text payload is UTF-8.
        payload: &'a [u8],
    },
    /// A Pong with its payload.
    Pong(&'a [u8]),
    /// A Close.
    Close {
        /// The code, if any.
        code: Option<CloseCode>,
        /// The reason. Empty without a code.
        reason: &'a str,
    },
}

/// An adapter for a library that reads and writes frames.
pub trait FrameCodec: Sized {
    /// The name of the subject.
    const NAME: &'static str;

    /// What the library does itself in this role. [`CodecSubject`] excludes what its program does.
    fn capabilities(role: Role) -> Capabilities;

    /// Returns a codec for a connection after its opening handshake.
    fn new(role: Role) -> Self;

    /// Receives octets of the peer.
    fn receive(&mut self, octets: &[u8]);

    /// Returns the next frame or message, or `None` until more octets arrive.
    ///
    /// # Errors
    /// The library's error message, if it rejects the octets. The program then fails the connection.
    fn next(&mut self) -> Result<Option<Incoming>, String>;

    /// Appends the encoded frame to `out`.
    ///
    /// # Errors
    /// The library's error message, if it refuses to write this.
    fn write(&mut self, outgoing: Outgoing<'_>, out: &mut Vec<u8>) -> Result<(), String>;

    /// An upper bound, in octets, of the growth of the library's memory since the connection opened. `None` without
    /// [`Capability::ReportsMemory`].
    fn memory(&self) -> Option<u64> {
        None
    }

    /// The suite of the codec with [`CodecSubject`], in both roles.
    ///
    /// Calls [`install_filtered_hook`], because a panic of the library is a finding and needs no other output.
    fn suite() -> Suite
    where
        Self: 'static,
    {
        install_filtered_hook();
        Suite::new(CodecSubject::<Self>::new)
    }
}

/// A message whose last fragment has not arrived.
#[derive(Debug)]
struct PartialMessage {
    kind: MessageKind,
    payload: Vec<u8>,
}

/// Runs a codec in a conforming program, as a subject.
#[derive(Debug)]
pub struct CodecSubject<C> {
    /// `None` without a connection and after a panic.
    codec: Option<C>,
    role: Role,
    state: State,
    partial: Option<PartialMessage>,
    paused: bool,
    /// The peer's FIN arrived and was not processed.
    fin_pending: bool,
    /// The largest bound on memory that was reported, in octets.
    reported_memory: u64,
}

impl<C: FrameCodec> Default for CodecSubject<C> {
    fn default() -> Self {
        CodecSubject::new()
    }
}

impl<C: FrameCodec> CodecSubject<C> {
    /// Returns a subject without a connection.
    pub fn new() -> CodecSubject<C> {
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

impl<C: FrameCodec> Subject for CodecSubject<C> {
    fn name(&self) -> &str {
        C::NAME
    }

    fn capabilities(&self, role: Role) -> Capabilities {
        let capabilities = C::capabilities(role).exempting_layer(Layer::StateMachine);
        if capabilities.has(Capability::ExposesCloseApi) {
            capabilities
        } else {
            capabilities.exempting_layer(Layer::CloseRequest)
        }
    }

    fn connect(&mut self, role: Role, out: &mut Recorder) {
        let codec = C::new(role);
        if codec.memory().is_some() {
            out.memory(MIN_REPORTED_MEMORY);
        }
        *self = CodecSubject { codec: Some(codec), role, ..CodecSubject::new() };
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        let Some(mut codec) = self.codec.take() else { return };
        match catch(|| self.step(&mut codec, stimulus, out)) {
            Ok(()) => {
                if let Some(octets) = codec.memory().filter(|octets| *octets > self.reported_memory) {
                    self.reported_memory = octets;
                    out.memory(octets);
                }
                self.codec = Some(codec);
            }
            Err(panic) => {
                out.panicked(panic_message(&*panic));
                out.fin();
            }
        }
    }
}

impl<C: FrameCodec> CodecSubject<C> {
    fn step(&mut self, codec: &mut C, stimulus: Stimulus<'_>, out: &mut Recorder) {
        match stimulus {
            Stimulus::Octets(octets) => {
                codec.receive(octets);
                self.read(codec, octets.len(), out);
            }
            Stimulus::Fin => {
                self.fin_pending = true;
                self.read(codec, 0, out);
            }
            Stimulus::Reset => self.apply_event(Event::PeerReset, out),
            Stimulus::Close { code, reason } => self.request_close(codec, code, reason, out),
            Stimulus::Send { kind, payload } => self.request_send(codec, kind, payload, out),
            Stimulus::Pause => self.paused = true,
            Stimulus::Resume => {
                self.paused = false;
                self.read(codec, 0, out);
            }
            // A codec writes to a buffer without a limit and has no timers.
            Stimulus::PeerGone(_) | Stimulus::PeerPause | Stimulus::PeerResume | Stimulus::Tick => {}
        }
    }

    /// Reads until the codec needs more octets.
    fn read(&mut self, codec: &mut C, octets: usize, out: &mut Recorder) {
        // A frame has at least two octets, so this many calls suffice for a codec that makes progress.
        let mut calls_left = (1 << 12) + octets;
        while !self.paused && !self.state.discards_input() && !out.is_closed() {
            if calls_left == 0 {
                out.hung();
                return out.fin();
            }
            calls_left -= 1;
            match codec.next() {
                Ok(Some(incoming)) => {
                    if let Err(error) = self.on_incoming(codec, incoming, out) {
                        self.fail(&error, out);
                    }
                }
                Ok(None) => break,
                Err(error) => self.fail(&error, out),
            }
        }
        if self.fin_pending && !self.paused {
            self.fin_pending = false;
            self.apply_event(Event::PeerFin, out);
        }
    }

    fn on_incoming(&mut self, codec: &mut C, incoming: Incoming, out: &mut Recorder) -> Result<(), String> {
        match incoming {
            Incoming::Frame { fin, rsv, masked, opcode, payload } => {
                if masked != (self.role == Role::Server) {
                    return Err("the mask bit is wrong for the role of the sender".to_owned());
                }
                if rsv {
                    return Err("a reserved bit is set".to_owned());
                }
                if opcode.is_control() && !fin {
                    return Err("a control frame is fragmented".to_owned());
                }
                let content = match opcode {
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
                self.on_incoming(codec, content, out)
            }
            Incoming::Fragment { begins, ends, payload } => self.on_fragment(begins, ends, payload, out),
            Incoming::Message { kind, payload } => {
                self.on_message(kind, &payload, out);
                Ok(())
            }
            Incoming::Ping(payload) => {
                if self.transition(Event::RecvPing, out) == Action::SendPong {
                    self.write(codec, Outgoing::Pong(&payload), out)?;
                }
                Ok(())
            }
            Incoming::Pong => {
                self.apply_event(Event::RecvPong, out);
                Ok(())
            }
            Incoming::Close { code, reason } => self.on_close(codec, code, &reason, out),
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
            (Some(_), Some(_)) => return Err("a new message begins before the last fragment".to_owned()),
            (None, None) => return Err("a continuation frame without a message".to_owned()),
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
        codec: &mut C,
        code: Option<CloseCode>,
        reason: &str,
        out: &mut Recorder,
    ) -> Result<(), String> {
        let is_checked = C::capabilities(self.role).has(Capability::ParsesCloseBody);
        let sendable = code.filter(|code| code.acceptable(Profile::Iana).is_ok());
        if !is_checked && code != sendable {
            return Err("a close code that no endpoint may send".to_owned());
        }
        out.reported(code, Some(reason), None);
        if self.transition(Event::RecvClose, out) == Action::SendCloseReply {
            // The program chooses the code of the reply. An invalid code would be its violation, not the library's.
            self.write(codec, Outgoing::Close { code: sendable, reason: "" }, out)?;
            self.apply_event(Event::CloseReplySent, out);
        }
        Ok(())
    }

    fn request_close(&mut self, codec: &mut C, code: Option<CloseCode>, reason: &str, out: &mut Recorder) {
        let unsendable = code.is_some_and(|code| code.sendable(self.role, Profile::Iana).is_err());
        if !C::capabilities(self.role).has(Capability::ExposesCloseApi)
            && (unsendable || reason.len() > MAX_REASON)
        {
            return out.unsupported("a Close cannot contain this code or reason");
        }
        let before = self.state;
        if self.transition(Event::AppClose, out) == Action::SendClose
            && let Err(error) = self.write(codec, Outgoing::Close { code, reason }, out)
        {
            self.state = before;
            return out.request_refused(&error);
        }
        out.request_accepted();
    }

    fn request_send(&mut self, codec: &mut C, kind: MessageKind, payload: &[u8], out: &mut Recorder) {
        if self.transition(Event::AppSend, out) != Action::SendMessage {
            return out.unsupported("the connection is closing");
        }
        match self.write(codec, Outgoing::Message { kind, payload }, out) {
            Ok(()) => out.request_accepted(),
            Err(error) => out.request_refused(&error),
        }
    }

    fn write(&self, codec: &mut C, outgoing: Outgoing<'_>, out: &mut Recorder) -> Result<(), String> {
        let mut written = Ok(());
        out.sent_by(|octets| written = codec.write(outgoing, octets));
        written
    }

    fn fail(&mut self, error: &str, out: &mut Recorder) {
        out.error_reported(error);
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
        let is_end = matches!(event, Event::PeerFin | Event::PeerReset);
        if is_end && matches!(before, State::Open | State::CloseSent) {
            let (code, reason) = reported(None);
            out.reported(Some(code), Some(reason), None);
        }
        if action == Action::CloseTcp {
            out.fin();
        }
        action
    }
}
