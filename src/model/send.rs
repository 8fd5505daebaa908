//! Writes what the endpoint sends: frames, Closes and what its application requests.

use super::behavior::{Behavior, ExtraAction};
use super::endpoint::Endpoint;
use crate::harness::Recorder;
use crate::protocol::code::CloseCode;
use crate::protocol::frame::{self, Header, Opcode};
use crate::protocol::role::Role;
use crate::protocol::state_machine::{Action, Event};
use crate::script::MessageKind;

impl<C: Behavior> Endpoint<C> {
    fn next_mask_key(&mut self) -> Option<[u8; 4]> {
        match self.role {
            Role::Server => None,
            Role::Client => {
                // xorshift64: a new key for each frame, and the same keys in each run.
                self.mask_rng ^= self.mask_rng << 13;
                self.mask_rng ^= self.mask_rng >> 7;
                self.mask_rng ^= self.mask_rng << 17;
                Some(((self.mask_rng >> 32) as u32).to_be_bytes())
            }
        }
    }

    pub(super) fn write(&mut self, opcode: Opcode, payload: &[u8], out: &mut Recorder) {
        let mut header = Header::conforming(opcode, payload.len() as u64, self.next_mask_key());
        let mut buffer = std::mem::take(&mut self.payload);
        buffer.clear();
        buffer.extend_from_slice(payload);
        self.behavior.alter_frame(&mut header, &mut buffer, self.frames, &self.now());
        self.frames += 1;
        let prefix = self.behavior.prefix_bytes(opcode, self.role);
        out.sent_by(|octets| {
            octets.extend_from_slice(prefix);
            frame::write(&header, &buffer, octets);
        });
        self.payload = buffer;
    }

    pub(super) fn write_close(&mut self, body: &[u8], out: &mut Recorder) {
        self.own_code = match body {
            [high, low, ..] => Some(CloseCode(u16::from_be_bytes([*high, *low]))),
            [] | [_] => None,
        };
        self.write(Opcode::Close, body, out);
        match self.behavior.after_close(&self.now()) {
            None => {}
            Some(ExtraAction::Frame(opcode)) => self.write(opcode, b"", out),
            Some(ExtraAction::Text(text)) => out.sent(text.as_bytes()),
            Some(ExtraAction::CloseTcp) => self.close_tcp(out),
        }
    }

    pub(super) fn app_close(&mut self, code: Option<CloseCode>, reason: &str, out: &mut Recorder) {
        let mut body = std::mem::take(&mut self.body);
        body.clear();
        let accepted = match code {
            None => {
                self.behavior.app_close_without_code(&mut body);
                true
            }
            Some(code) => self.behavior.app_close(code, reason, self.profile, &self.now(), &mut body),
        };
        if !accepted {
            out.request_refused("this code and reason may not be sent");
        } else {
            let (_, action) = self.state.transition(Event::AppClose, self.role);
            let action = self.behavior.action(Event::AppClose, action, &self.now());
            self.on_event(Event::AppClose, None, out);
            if action == Action::SendClose {
                self.write_close(&body, out);
            }
            out.request_accepted();
        }
        self.body = body;
    }

    pub(super) fn app_send(&mut self, kind: MessageKind, payload: &[u8], out: &mut Recorder) {
        let (_, action) = self.state.transition(Event::AppSend, self.role);
        let action = self.behavior.action(Event::AppSend, action, &self.now());
        self.on_event(Event::AppSend, None, out);
        match action {
            Action::SendMessage => {
                self.write(kind.opcode(), payload, out);
                self.history.sent_messages += 1;
                out.request_accepted();
            }
            Action::Nothing => out.request_accepted(),
            Action::Discard
            | Action::Deliver
            | Action::SendPong
            | Action::SendClose
            | Action::SendCloseReply
            | Action::RejectRequest
            | Action::SendCloseThenFail
            | Action::CloseTcp => out.request_refused("the connection is closing"),
        }
    }
}
