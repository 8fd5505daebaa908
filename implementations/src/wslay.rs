//! wslay, a C library: its event-based API, `wslay_event_context`, with callbacks over memory.
//!
//! What wslay does itself: frames, the answer to a Close, the Close that fails a connection (both are put in
//! its queue), and saying when all is over: `wslay_event_want_read` and `wslay_event_want_write` are both 0.
//!
//! What the program around it does, which is this adapter's glue and never held against wslay:
//!
//! - It runs the loop of wslay's tutorial: `wslay_event_recv` when something came, `wslay_event_send` when
//!   wslay wants to write. When wslay wants neither, or one of the two says by a negative result that "the
//!   connection must be closed", the program closes TCP. So it is wslay that tells a server when, and
//!   [`Duty::ClosesTcp`](wsclose::rules::Duty::ClosesTcp) is claimed for it. wslay does not tell a client that
//!   the server is to close first; the program of a client knows, and waits for the FIN, for eight ticks at
//!   the most.
//! - After a negative result of `wslay_event_recv` for which TCP is not to blame, the program calls
//!   `wslay_event_send` once more, for the Close that wslay has queued. The examples of wslay do not.
//! - The masking keys come from the program, by a callback.
//! - There is no clock, and none is asked for.
//! - How a connection closed is told by `on_msg_recv_callback` with the peer's Close; status code 0 is told
//!   as no code. Where no Close came, it is `wslay_event_get_status_code_received`: 1006. Told as an error is a
//!   negative result, and that wslay no longer wants to read although no Close was received, by which it says
//!   that it has failed the connection.
//! - The peer's FIN and its reset are a failure of the callback that reads.
//! - Closing without a code, and with code 0, are the same to wslay: a Close without a body.
//! - An assertion of wslay's, which aborts, is told as a panic.

#[cfg(wsclose_wslay)]
pub use built::{Wslay, version};

/// What stands in place of this peer's results where it was not built.
pub const UNAVAILABLE: &str = "not built: install libwslay-dev";

#[cfg(wsclose_wslay)]
mod built {
    use wsclose::harness::subject::{Recorder, Stimulus, Subject};
    use wsclose::protocol::role::Role;
    use wsclose::rules::{Capabilities, Capability};

    use crate::native::{self, Endpoint};

    /// wslay in either role.
    #[derive(Debug)]
    pub struct Wslay(Endpoint);

    impl Wslay {
        /// An endpoint without a connection.
        ///
        /// # Panics
        ///
        /// If there is no memory for it.
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

    /// The version: `1.1.1`. The header of that release says `1.0.1-DEV` when built by CMake, as Debian does.
    pub fn version() -> String {
        match native::wslay_version().as_str() {
            "1.0.1-DEV" => "1.1.1".to_owned(),
            other => other.to_owned(),
        }
    }
}
