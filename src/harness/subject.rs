//! The interface of an endpoint under test.

use super::recorder::Recorder;
use super::stimulus::Stimulus;
use crate::protocol::role::Role;
use crate::rules::Capabilities;

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

    /// Applies one stimulus and records everything that follows from it.
    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder);
}
