//! The interface of an endpoint under test.

use super::recorder::Recorder;
use super::stimulus::Stimulus;
use crate::protocol::role::Role;
use crate::rules::Capabilities;

/// How a connection opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Opening<'a> {
    /// Whether the opening handshake negotiates permessage-deflate (RFC 7692), as far as the subject supports it.
    pub deflate: bool,
    /// The octets that the peer sends in one write with its part of the opening handshake.
    pub octets: &'a [u8],
}

/// An endpoint under test, in either role.
///
/// After each stimulus the subject runs until it is idle: nothing more can happen before the next stimulus. A
/// subject that panics catches the panic and records it with [`Recorder::panicked`].
pub trait Subject {
    /// The name, with a version where there is one: `model`, `tungstenite`.
    fn name(&self) -> &str;

    /// What the subject does itself in this role, as opposed to what it leaves to the program around it.
    fn capabilities(&self, role: Role) -> Capabilities;

    /// Discards the previous connection, if any, and begins a new one after the opening handshake.
    fn connect(&mut self, role: Role, out: &mut Recorder);

    /// Begins a connection like [`Subject::connect`], with an opening handshake of this kind. Records the octets of the
    /// opening before what follows from them, and [`Recorder::deflate_negotiated`] where it applies.
    ///
    /// By default the subject negotiates no extension, and the octets are the first ones after the opening handshake.
    fn open(&mut self, role: Role, opening: Opening<'_>, out: &mut Recorder) {
        self.connect(role, out);
        if !opening.octets.is_empty() {
            let stimulus = Stimulus::Octets(opening.octets);
            out.record_stimulus(stimulus);
            self.react(stimulus, out);
        }
    }

    /// Applies one stimulus and records everything that follows from it.
    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder);

    /// Applies octets and the end of TCP that the peer sends at once after them. Records both stimuli.
    ///
    /// By default the subject reacts to the octets first. A subject that can be given both at once overrides this.
    fn react_at_once(&mut self, octets: &[u8], end: Stimulus<'_>, out: &mut Recorder) {
        for stimulus in [Stimulus::Octets(octets), end] {
            out.record_stimulus(stimulus);
            self.react(stimulus, out);
        }
    }
}
