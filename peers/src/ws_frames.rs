//! The frame layer of ws-rs, in-process: [`ws::Frame`] and [`ws::CloseCode`], without ws-rs's connection.
//!
//! The library parses (`Frame::parse`, with the default limit of ws-rs's connection, which is none) and
//! builds (`Frame::close`, `pong`, `message`, `set_mask`, `format`). It checks opcodes and the length of
//! control frames, and turns an over-long Close into one that says 1002. Everything else is the glue's, a
//! conforming program: masks, FIN, RSV, fragments, UTF-8, codes, what the application may ask for, and
//! when to answer and to close TCP ([`State::on`]). ws-rs leaves these to its `connection.rs`, so that they
//! say nothing of the frame layer; how that file fares is seen with `ws-rs`, over TCP. Therefore the one
//! duty here is [`Duty::Frames`]. Where parsing fails the glue drops TCP without a Close.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ws::{Frame, OpCode};
use wsclose::close::CloseBody;
use wsclose::closing::{Action, Event, State, reported};
use wsclose::code::{CloseCode, Profile};
use wsclose::role::Role;
use wsclose::rule::{Duties, Duty};
use wsclose::script::MessageKind;
use wsclose::subject::{Output, Stimulus, Subject};

use crate::panic_words;

/// The default of `ws::Settings::max_fragment_size`.
const MAX_PAYLOAD: u64 = usize::MAX as u64;

/// A message of which not every fragment has come.
#[derive(Debug)]
struct Fragments {
    kind: MessageKind,
    payload: Vec<u8>,
}

/// ws-rs's frame layer in a conforming program, in either role.
#[derive(Debug)]
pub struct WsFrames {
    role: Role,
    state: State,
    incoming: Cursor<Vec<u8>>,
    fragments: Option<Fragments>,
    paused: bool,
    /// The peer's FIN came while the application had paused.
    fin_waits: bool,
    broken: bool,
}

impl Default for WsFrames {
    fn default() -> Self {
        WsFrames::new()
    }
}

impl WsFrames {
    /// Without a connection.
    pub fn new() -> WsFrames {
        WsFrames {
            role: Role::Server,
            state: State::Open,
            incoming: Cursor::new(Vec::new()),
            fragments: None,
            paused: false,
            fin_waits: false,
            broken: false,
        }
    }
}

impl Subject for WsFrames {
    fn name(&self) -> &str {
        "ws-rs-frames"
    }

    fn duties(&self, role: Role) -> Duties {
        match role {
            Role::Client | Role::Server => Duties::of(&[Duty::Frames]),
        }
    }

    fn connect(&mut self, role: Role, _out: &mut Output) {
        let mut incoming = std::mem::take(&mut self.incoming);
        incoming.get_mut().clear();
        incoming.set_position(0);
        *self = WsFrames { role, incoming, ..WsFrames::new() };
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Output) {
        if self.broken {
            return;
        }
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.step(stimulus, out))) {
            self.broken = true;
            out.panicked(panic_words(&*panic));
            out.fin();
        }
    }
}

impl WsFrames {
    fn step(&mut self, stimulus: Stimulus<'_>, out: &mut Output) {
        match stimulus {
            Stimulus::Octets(octets) => {
                // What has been parsed goes; where to go on is what `parse` left behind.
                let parsed = self.incoming.position() as usize;
                self.incoming.get_mut().drain(..parsed);
                self.incoming.set_position(0);
                self.incoming.get_mut().extend_from_slice(octets);
                self.read(out);
            }
            Stimulus::Fin => {
                self.fin_waits = true;
                self.read(out);
            }
            Stimulus::Reset => self.on(Event::PeerReset, out),
            Stimulus::Close { code, reason } => self.close(code, reason, out),
            Stimulus::Send { kind, payload } => self.send(kind, payload, out),
            Stimulus::Pause => self.paused = true,
            Stimulus::Resume => {
                self.paused = false;
                self.read(out);
            }
            Stimulus::Tick => {}
        }
    }

    /// Parses until there is no whole frame left.
    fn read(&mut self, out: &mut Output) {
        while !self.paused && !out.is_closed() {
            if self.state.is_deaf() {
                self.incoming.set_position(self.incoming.get_ref().len() as u64);
            }
            match Frame::parse(&mut self.incoming, MAX_PAYLOAD) {
                Ok(Some(frame)) => {
                    if let Err(words) = self.frame(frame, out) {
                        self.fail(words, out);
                    }
                }
                Ok(None) if self.fin_waits => {
                    self.fin_waits = false;
                    self.on(Event::PeerFin, out);
                    return;
                }
                Ok(None) => return,
                Err(error) => self.fail(&error.to_string(), out),
            }
        }
    }

    fn frame(&mut self, mut frame: Frame, out: &mut Output) -> Result<(), &'static str> {
        if frame.is_masked() != (self.role == Role::Server) {
            return Err("masked as the peer's role forbids");
        }
        if frame.has_rsv1() || frame.has_rsv2() || frame.has_rsv3() {
            return Err("a reserved bit is set");
        }
        if frame.is_control() && !frame.is_final() {
            return Err("a control frame is fragmented");
        }
        frame.remove_mask();
        match frame.opcode() {
            OpCode::Close => return self.closed(frame.payload(), out),
            OpCode::Ping => {
                if self.act(Event::RecvPing, out) == Action::SendPong {
                    self.write(Frame::pong(frame.into_data()), out);
                }
            }
            OpCode::Pong => self.on(Event::RecvPong, out),
            OpCode::Text | OpCode::Binary | OpCode::Continue => return self.data(frame, out),
            // `parse` lets no other pass.
            OpCode::Bad => return Err("an unknown opcode"),
        }
        Ok(())
    }

    fn data(&mut self, frame: Frame, out: &mut Output) -> Result<(), &'static str> {
        let kind = match frame.opcode() {
            OpCode::Text => Some(MessageKind::Text),
            OpCode::Binary => Some(MessageKind::Binary),
            OpCode::Continue | OpCode::Close | OpCode::Ping | OpCode::Pong | OpCode::Bad => None,
        };
        let whole = frame.is_final();
        let mut message = match (kind, self.fragments.take()) {
            (Some(kind), None) => Fragments { kind, payload: Vec::new() },
            (None, Some(message)) => message,
            (Some(_), Some(_)) => return Err("a message begins inside another"),
            (None, None) => return Err("a continuation without a beginning"),
        };
        message.payload.append(&mut frame.into_data());
        if !whole {
            self.fragments = Some(message);
            return Ok(());
        }
        if message.kind == MessageKind::Text && std::str::from_utf8(&message.payload).is_err() {
            return Err("text that is not UTF-8");
        }
        if self.act(Event::RecvMessage, out) == Action::Deliver {
            out.message(message.kind, &message.payload);
        }
        Ok(())
    }

    fn closed(&mut self, payload: &[u8], out: &mut Output) -> Result<(), &'static str> {
        let body = CloseBody::parse(payload).map_err(|_| "a Close whose body is none")?;
        if body.code().is_some_and(|code| code.acceptable(Profile::Iana).is_err()) {
            return Err("a close code that nobody may send");
        }
        let (code, reason) = reported(Some(body));
        out.reported(Some(code), Some(reason), None);
        if self.act(Event::RecvClose, out) == Action::Answer {
            // As connection.rs answers: the code goes through ws-rs's own type, the reason is left out.
            let answer = body.code().map_or(ws::CloseCode::Empty, |code| ws::CloseCode::from(code.0));
            self.write(Frame::close(answer, ""), out);
            self.on(Event::Answered, out);
        }
        Ok(())
    }

    fn close(&mut self, code: Option<CloseCode>, reason: &str, out: &mut Output) {
        let unsendable = code.is_some_and(|code| code.sendable(self.role, Profile::Iana).is_err());
        if unsendable || reason.len() > 123 {
            return out.refused("no Close can say that");
        }
        if self.act(Event::AppClose, out) == Action::SendClose {
            let code = code.map_or(ws::CloseCode::Empty, |code| ws::CloseCode::from(code.0));
            self.write(Frame::close(code, reason), out);
        }
        out.accepted();
    }

    fn send(&mut self, kind: MessageKind, payload: &[u8], out: &mut Output) {
        if self.act(Event::AppSend, out) != Action::SendMessage {
            return out.refused("the connection is closing");
        }
        let opcode = match kind {
            MessageKind::Text => OpCode::Text,
            MessageKind::Binary => OpCode::Binary,
        };
        self.write(Frame::message(payload.to_vec(), opcode, true), out);
        out.accepted();
    }

    fn write(&self, mut frame: Frame, out: &mut Output) {
        if self.role == Role::Client {
            frame.set_mask();
        }
        out.sent_by(|octets| frame.format(octets).expect("writing to a vector cannot fail"));
    }

    fn fail(&mut self, words: &str, out: &mut Output) {
        out.errored(words);
        self.on(Event::RecvFlaw, out);
        // The glue fails silently: a Close would be its own, not the frame layer's.
        out.fin();
    }

    fn on(&mut self, event: Event, out: &mut Output) {
        self.act(event, out);
    }

    fn act(&mut self, event: Event, out: &mut Output) -> Action {
        let before = self.state;
        let (state, action) = self.state.on(event, self.role);
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
