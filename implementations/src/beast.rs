//! Adapts Boost.Beast: `websocket::stream` over Beast's in-memory test stream, driven by `io_context::poll`.
//!
//! Beast itself handles frames and masks with its own secure generator. It replies to a Close, and sends a Close when it
//! fails a connection. After `async_close` it reads up to the peer's Close. It decides when TCP is torn down after any of
//! these (`websocket/impl/{read,close}.hpp`). Its options are the defaults: timeouts, compression and the control callback
//! are off, and fragmenting is on.
//!
//! The program of this adapter does the rest. Its behavior does not count against Beast:
//!
//! - It keeps an `async_read` pending at all times, as Beast's examples do, also while it closes. Beast documents that such
//!   a read ends with `operation_aborted` when `async_close` completes, so the program does not report that as an error. It
//!   reports the first other outcome, and reports it once.
//! - It reports a closure if a read ends with `error::closed`, or if an `async_close` succeeds. The code and reason are those
//!   of `reason()`. Code 0, `close_code::none`, is reported as no code.
//! - After `eof` or a reset without a Close, Beast reports the error and leaves the socket to the program. The program then
//!   closes TCP at once.
//! - The teardown of TCP follows `websocket/impl/teardown.hpp`, because the test stream would close at once in either role.
//!   A server closes at once, and does not discard input first. A client first reads up to the server's FIN. An error there,
//!   such as a reset, is the outcome. Without that FIN, the program closes after eight ticks.
//! - `Stimulus::Reset`: the test stream has no resets. Unread octets are dropped. The pending read fails with
//!   `connection_reset` and not with `eof`, and writes fail.
//! - `Stimulus::Pause`: octets and a FIN wait, as for every native implementation. In a real program, a pending read would
//!   still read one message or Close, and `async_close` reads too. A script that pauses needs unread input.
//! - Beast permits one `async_close` and one `async_write` at a time. The program does not pass a second one to Beast, and
//!   records it as unsupported.
//! - A send during a close waits inside Beast, which refuses it when the close completes. The refusal is late in the trace,
//!   or missing if the peer never replies.
//! - Beast treats a close without a code and with code 0 alike: as a Close without a body.
//! - `close_reason` throws `std::length_error` for a reason over 123 octets. That is a refusal.
//! - The opening handshake is real, and not part of the trace. A server receives a parsed request (`accept(request)`). A
//!   client finds the response to its key ready to read. Beast has no other way to open a stream, and a used stream would
//!   keep its state. Creating the stream and opening it takes about two fifths of the time of a short script.
//! - Beast's assertions (`BOOST_ASSERT`) are on. A failed assertion, or an exception, is recorded as a panic.

#[cfg(wsclose_beast)]
pub use built::{Beast, close_codes, is_valid_close_code, version};

/// What to install so that the implementation is available.
pub const INSTALL_HINT: &str = "install libboost1.81-dev";

#[cfg(wsclose_beast)]
mod built {
    use wsclose::harness::{Recorder, Stimulus, Subject};
    use wsclose::protocol::role::Role;
    use wsclose::rules::{Capabilities, Capability};

    use crate::native::{self, Endpoint};

    /// Boost.Beast in either role. It reuses its `io_context` from one connection to the next.
    #[derive(Debug)]
    pub struct Beast(Endpoint);

    impl Beast {
        /// Returns an endpoint without a connection.
        ///
        /// # Panics
        ///
        /// If memory is exhausted, or no file descriptor is available for its `io_context`.
        pub fn new() -> Beast {
            Beast(Endpoint::beast())
        }
    }

    impl Default for Beast {
        fn default() -> Self {
            Beast::new()
        }
    }

    impl Subject for Beast {
        fn name(&self) -> &str {
            "beast"
        }

        fn capabilities(&self, _: Role) -> Capabilities {
            // Its timeouts use real time and are off by default. `error::closed` does not distinguish clean closures.
            // The adapter does not observe its memory.
            Capabilities::ALL.without(&[
                Capability::HasTimeouts,
                Capability::ReportsClean,
                Capability::ReportsMemory,
            ])
        }

        fn connect(&mut self, role: Role, out: &mut Recorder) {
            self.0.connect(role, out);
        }

        fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
            self.0.react(stimulus, out);
        }
    }

    /// Beast's `is_valid_close_code`: whether it accepts a received code.
    pub fn is_valid_close_code(code: u16) -> bool {
        native::beast_is_valid_close_code(code)
    }

    /// The enumerators of Beast's `close_code`, by value.
    pub fn close_codes() -> Vec<(String, u16)> {
        let mut codes: Vec<_> = (0..).map_while(native::beast_close_code).collect();
        codes.sort_by_key(|(_, value)| *value);
        codes
    }

    /// The version of Boost, such as `1.81`.
    pub fn version() -> String {
        native::beast_version().replace('_', ".")
    }
}
