//! A subject that does what a plan says, so that the judge shows what a change of conforming behaviour violates.

use super::step::{Action, Cursor, Step};
use crate::harness::{Opening, Recorder, Stimulus, Subject};
use crate::protocol::role::Role;
use crate::rules::Capabilities;

/// Does in each step what the plan says, whatever happens.
pub(super) struct Puppet<'a> {
    cursor: Cursor<'a>,
    plan: &'a [Vec<Action>],
    capabilities: Capabilities,
}

impl<'a> Puppet<'a> {
    pub(super) fn new(steps: &'a [Step], plan: &'a [Vec<Action>], capabilities: Capabilities) -> Puppet<'a> {
        Puppet { cursor: Cursor::new(steps), plan, capabilities }
    }

    fn act(&self, step: usize, out: &mut Recorder) {
        for action in &self.plan[step] {
            match action {
                Action::Frame { octets, .. } => out.sent(octets),
                Action::End => out.fin(),
                Action::Message(kind, payload) => out.message(*kind, payload),
                Action::Report { code, reason, clean } => out.reported(*code, reason.as_deref(), *clean),
                Action::Error => out.error_reported("error"),
                Action::Accepted => out.request_accepted(),
                Action::Refused => out.request_refused("refused"),
                Action::Flawed | Action::Crash => out.panicked("crash"),
            }
        }
    }
}

impl Subject for Puppet<'_> {
    fn name(&self) -> &str {
        "puppet"
    }

    fn capabilities(&self, _role: Role) -> Capabilities {
        self.capabilities
    }

    fn connect(&mut self, _role: Role, _out: &mut Recorder) {}

    fn open(&mut self, _role: Role, opening: Opening<'_>, out: &mut Recorder) {
        if opening.deflate {
            out.deflate_negotiated();
        }
        if !opening.octets.is_empty() {
            out.record_stimulus(Stimulus::Octets(opening.octets));
            let step = self.cursor.opening();
            self.act(step, out);
        }
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        let step = self.cursor.stimulus(stimulus);
        self.act(step, out);
    }

    fn react_at_once(&mut self, octets: &[u8], end: Stimulus<'_>, out: &mut Recorder) {
        out.record_stimulus(Stimulus::Octets(octets));
        out.record_stimulus(end);
        let step = self.cursor.at_once();
        self.act(step, out);
    }
}
