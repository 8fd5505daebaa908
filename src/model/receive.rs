//! Reads what the endpoint receives: turns octets into events of the state machine and fails the connection on flaws.

use super::endpoint::Endpoint;
use crate::harness::Recorder;
use crate::model::behavior::{Behavior, Crash, ReportCourse, SegmentHandling};
use crate::model::situation::Arrival;
use crate::protocol::assembler::FramePart;
use crate::protocol::close::{self, CloseBody};
use crate::protocol::deflate::{self, InflateError};
use crate::protocol::flaw::{Flaw, Flaws, MESSAGE_LIMIT};
use crate::protocol::frame::{Header, MAX_CONTROL_PAYLOAD, Opcode};
use crate::protocol::state_machine::{Action, Event};
use crate::script::MessageKind;

impl<C: Behavior> Endpoint<C> {
    pub(super) fn receive(&mut self, mut octets: &[u8], out: &mut Recorder) {
        let segments = self.behavior.segment_handling();
        let mut behind = None;
        self.history.octets_arrived();
        while !self.behavior.discards_input(self.state) && !self.crashed {
            let unread = octets.len();
            let part = self.received.next(&mut octets);
            self.unread_in_segment = octets.len();
            if self.frame_octets == 0 {
                self.arrival = Arrival::begin(self.in_opening, self.at_end, behind);
            }
            self.frame_octets += unread - octets.len();
            let Some(part) = part else { break };
            match part {
                FramePart::Header(header) => self.on_header(header, out),
                FramePart::Payload(part) => {
                    if self.received.header().is_some_and(|header| !header.opcode.is_control()) {
                        if self.compressed {
                            self.wire.clear();
                            part.append_to(&mut self.wire);
                            self.inflate(false, out);
                        } else {
                            part.append_to(&mut self.data);
                        }
                    }
                }
                FramePart::End(header) => {
                    let (state, compressed) = (self.state, self.compressed);
                    self.on_frame(header, out);
                    self.history.frame_ended(&header, state, self.size, compressed);
                    self.frame_octets = 0;
                    behind = Some(header.opcode);
                    if segments == SegmentHandling::LosingAllButTheFirstFrame {
                        return;
                    }
                }
            }
        }
        if self.frame_octets > 0 {
            self.arrival.cut_after(self.frame_octets);
        }
        if !self.received.at_boundary() && !self.behavior.discards_input(self.state) {
            match segments {
                SegmentHandling::AsAStream | SegmentHandling::LosingAllButTheFirstFrame => {}
                SegmentHandling::LosingPartialFrames => self.received.restart(),
                SegmentHandling::FailingOnPartialFrames => self.fail(Flaw::OpcodeReserved, out),
            }
        }
    }

    fn on_header(&mut self, header: Header, out: &mut Recorder) {
        let mut flaws = header.flaws(self.role.peer());
        let marked = self.deflate && header.rsv == deflate::COMPRESSED_RSV;
        let claimed = header.length.value();
        let begins = match header.opcode {
            Opcode::Text => Some(MessageKind::Text),
            Opcode::Binary => Some(MessageKind::Binary),
            Opcode::Continuation | Opcode::Close | Opcode::Ping | Opcode::Pong | Opcode::Reserved(_) => None,
        };
        match header.opcode {
            Opcode::Text | Opcode::Binary => {
                if self.message.is_some() {
                    flaws.insert(Flaw::ContinuationMissing);
                }
                self.message = begins;
                self.compressed = marked;
                self.size = 0;
                self.data.clear();
            }
            Opcode::Continuation if self.message.is_none() => flaws.insert(Flaw::ContinuationUnexpected),
            Opcode::Continuation | Opcode::Close | Opcode::Ping | Opcode::Pong | Opcode::Reserved(_) => {}
        }
        if marked && matches!(header.opcode, Opcode::Text | Opcode::Binary) {
            flaws = flaws.without(Flaw::RsvSet);
        }
        if !header.opcode.is_control() {
            self.size = self.size.saturating_add(claimed);
            if self.size > MESSAGE_LIMIT {
                flaws.insert(Flaw::MessageTooBig);
            }
        }
        if claimed > MAX_CONTROL_PAYLOAD as u64 {
            out.memory(self.behavior.allocates(claimed, self.data.len() as u64));
        }
        self.check(flaws, &header, false, out);
    }

    /// Fails the connection for the first flaw that the behavior does not tolerate. Returns whether there was none.
    fn check(&mut self, flaws: Flaws, header: &Header, whole: bool, out: &mut Recorder) -> bool {
        let payload = whole.then_some(self.received.payload());
        let flaw = flaws.iter().find(|flaw| !self.behavior.tolerates(*flaw, header, payload, &self.now()));
        if let Some(flaw) = flaw {
            self.fail(flaw, out);
        }
        flaw.is_none()
    }

    fn on_frame(&mut self, header: Header, out: &mut Recorder) {
        if header.opcode.is_control() {
            let mut payload = Vec::new();
            self.received.swap_payload(&mut payload);
            self.behavior.garbles(&header, &mut payload, &self.now());
            self.received.swap_payload(&mut payload);
        }
        let text = self.message.filter(|kind| *kind == MessageKind::Text).map(|_| self.data.as_slice());
        if let Some(flaw) = self.behavior.invents_flaw(&header, text, &self.now()) {
            return self.fail(flaw, out);
        }
        match header.opcode {
            Opcode::Close => self.on_close(header, out),
            Opcode::Ping => {
                let payload = self.received.payload();
                let mut pong = [0; MAX_CONTROL_PAYLOAD];
                let pong = &mut pong[..payload.len()];
                pong.copy_from_slice(payload);
                if self.replies_to_ping(out) {
                    self.write(Opcode::Pong, pong, out);
                }
            }
            Opcode::Pong => self.on_event(Event::RecvPong, None, out),
            Opcode::Text | Opcode::Binary | Opcode::Continuation if header.fin => {
                if self.compressed {
                    self.wire.clear();
                    if !self.inflate(true, out) {
                        return;
                    }
                }
                let Some(kind) = self.message.take() else { return };
                let flawed = kind == MessageKind::Text && std::str::from_utf8(&self.data).is_err();
                if flawed
                    && !self.behavior.tolerates(Flaw::TextNotUtf8, &header, Some(&self.data), &self.now())
                {
                    return self.fail(Flaw::TextNotUtf8, out);
                }
                let before = self.state;
                let (_, action) = before.transition(Event::RecvMessage, self.role);
                let action = self.behavior.action(Event::RecvMessage, action, &self.now());
                if action == Action::Deliver {
                    out.message(kind, &self.data);
                } else if action == Action::CloseTcp {
                    out.error_reported("data after close");
                }
                self.on_event(Event::RecvMessage, None, out);
            }
            Opcode::Text | Opcode::Binary | Opcode::Continuation => {
                // Later fragments cannot complete an invalid sequence, only one that is cut off (RFC 6455 §8.1).
                let text = self.message == Some(MessageKind::Text);
                let invalid = |error: std::str::Utf8Error| error.error_len().is_some();
                if text
                    && std::str::from_utf8(&self.data).is_err_and(invalid)
                    && !self.behavior.tolerates(Flaw::TextNotUtf8, &header, Some(&self.data), &self.now())
                {
                    self.fail(Flaw::TextNotUtf8, out);
                }
            }
            Opcode::Reserved(_) => {}
        }
    }

    /// Inflates the octets in `wire`. `last` is true at the end of a message. Fails the connection, and returns false, if
    /// they cannot be inflated.
    fn inflate(&mut self, last: bool, out: &mut Recorder) -> bool {
        let limit = MESSAGE_LIMIT as usize;
        let inflater = self.inflater.get_or_insert_default();
        let mut result = inflater.inflate(&self.wire, limit, &mut self.data);
        if last && result.is_ok() {
            result = inflater.end_message(limit, &mut self.data);
        }
        match result {
            Ok(()) => true,
            Err(InflateError::Malformed) => {
                self.fail(Flaw::NotDeflate, out);
                false
            }
            Err(InflateError::TooBig) => {
                self.fail(Flaw::MessageTooBig, out);
                false
            }
        }
    }

    fn replies_to_ping(&mut self, out: &mut Recorder) -> bool {
        let (_, action) = self.state.transition(Event::RecvPing, self.role);
        let action = self.behavior.action(Event::RecvPing, action, &self.now());
        self.on_event(Event::RecvPing, None, out);
        action == Action::SendPong
    }

    fn on_close(&mut self, header: Header, out: &mut Recorder) {
        let payload = self.received.payload();
        match self.behavior.crash_on(payload, &self.now()) {
            None => {}
            Some(Crash::Panic) => {
                self.crashed = true;
                return out.panicked("index out of bounds");
            }
            Some(Crash::Hang) => {
                self.crashed = true;
                return out.hung();
            }
        }
        let parsed = CloseBody::parse(payload);
        let mut flaws = Flaws::NONE;
        let code = match parsed {
            Ok(body) => body.code(),
            Err(error) => {
                flaws.insert(error.flaw());
                match error {
                    close::BodyError::OneByte => None,
                    close::BodyError::ReasonNotUtf8 { code, .. } => Some(code),
                }
            }
        };
        if let Some(flaw) = code.and_then(|code| close::code_flaw(code, self.profile)) {
            flaws.insert(flaw);
        }
        if !self.check(flaws, &header, true, out) {
            return;
        }
        let body = self.close_body();
        if self.behavior.ignores_close(&body, &self.now()) {
            return;
        }
        if self.behavior.rejects(&header, &body, &self.now()) {
            return self.fail(Flaw::OpcodeReserved, out);
        }
        self.first_close = true;
        if self.behavior.report_course(&self.now()) == ReportCourse::AtTheClose {
            self.report_close(out);
        }
        self.on_event(Event::RecvClose, None, out);
    }
}
