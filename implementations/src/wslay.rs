//! Adapts wslay, a C library: its event-based API, `wslay_event_context`, with callbacks over memory.
//!
//! wslay itself handles frames. It queues the reply to a Close, and the Close that fails a connection. It indicates the end:
//! `wslay_event_want_read` and `wslay_event_want_write` both return 0.
//!
//! The program of this adapter does the rest. Its behavior does not count against wslay:
//!
//! - It runs the loop of wslay's tutorial: `wslay_event_recv` after input, `wslay_event_send` when wslay requests to write. It
//!   closes TCP when wslay requests neither, and after a negative result, which means "the connection must be closed". So
//!   wslay decides when a server closes, and a server has
//!   [`Capability::ClosesTcp`](wsclose::rules::Capability::ClosesTcp). wslay does not indicate that a client should let the
//!   server close first. The program of a client waits for the FIN, for at most eight ticks.
//! - After a negative result of `wslay_event_recv` that TCP did not cause, it calls `wslay_event_send` once more, to send the
//!   Close that wslay queued. wslay's examples do not.
//! - It generates the mask keys, in a callback.
//! - It has no clock, and wslay needs none.
//! - `on_msg_recv_callback` reports the closure with the peer's Close. Status code 0 is reported as no code. Without a Close,
//!   the status is `wslay_event_get_status_code_received`, which is 1006.
//! - It reports an error after a negative result. It also does so if wslay stops reading without a received Close, which
//!   means that wslay failed the connection.
//! - The peer's FIN and reset are failures of the reading callback.
//! - wslay treats a close without a code and with code 0 alike: as a Close without a body.
//! - An assertion of wslay, which aborts, is recorded as a panic.

#[cfg(wsclose_wslay)]
pub use built::{Wslay, version};

/// What to install so that the implementation is available.
pub const INSTALL_HINT: &str = "install libwslay-dev";

#[cfg(wsclose_wslay)]
mod built {
    use wsclose::harness::{Recorder, Stimulus, Subject};
    use wsclose::protocol::role::Role;
    use wsclose::rules::{Capabilities, Capability};

    use crate::native::{self, Endpoint};

    /// wslay in either role.
    #[derive(Debug)]
    pub struct Wslay(Endpoint);

    impl Wslay {
        /// Returns an endpoint without a connection.
        ///
        /// # Panics
        ///
        /// If memory is exhausted.
        pub fn new() -> Wslay {
            Wslay(Endpoint::wslay())
        }
    }

    impl Default for Wslay {
        fn default() -> Self {
            Wslay::new()
        }
    }

    impl Subject for Wslay {
        fn name(&self) -> &str {
            "wslay"
        }

        fn capabilities(&self, role: Role) -> Capabilities {
            let program = [
                Capability::MasksFrames,
                Capability::HasTimeouts,
                Capability::ReportsClean,
                Capability::ReportsMemory,
            ];
            let own = Capabilities::ALL.without(&program);
            match role {
                Role::Client => own.without(&[Capability::ClosesTcp]),
                Role::Server => own,
            }
        }

        fn connect(&mut self, role: Role, out: &mut Recorder) {
            self.0.connect(role, out);
        }

        fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
            self.0.react(stimulus, out);
        }
    }

    /// The version of wslay, such as `1.1.1`. The header of that release contains `1.0.1-DEV` if CMake built it, as for
    /// Debian.
    pub fn version() -> String {
        match native::wslay_version().as_str() {
            "1.0.1-DEV" => "1.1.1".to_owned(),
            other => other.to_owned(),
        }
    }
}
