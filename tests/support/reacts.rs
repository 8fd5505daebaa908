//! A subject that reacts to each stimulus as a test lists, whatever the stimulus is.

use wsclose::harness::{Recorder, Stimulus, Subject};
use wsclose::protocol::role::Role;
use wsclose::rules::Capabilities;

/// What a subject does at one stimulus.
pub type Reaction = fn(&mut Recorder);

/// A subject that reacts to the first, second, … stimulus as listed, and then to none.
pub struct Reacts<'a> {
    reactions: &'a [Reaction],
    next: usize,
}

impl Reacts<'_> {
    pub fn new(reactions: &[Reaction]) -> Reacts<'_> {
        Reacts { reactions, next: 0 }
    }
}

impl Subject for Reacts<'_> {
    fn name(&self) -> &str {
        "reacts"
    }

    fn capabilities(&self, _role: Role) -> Capabilities {
        Capabilities::ALL
    }

    fn connect(&mut self, _role: Role, _out: &mut Recorder) {}

    fn react(&mut self, _stimulus: Stimulus<'_>, out: &mut Recorder) {
        if let Some(reaction) = self.reactions.get(self.next) {
            reaction(out);
        }
        self.next += 1;
    }
}
