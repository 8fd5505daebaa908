//! Boost.Beast: `websocket::stream` over its own in-memory test stream, driven by `io_context::poll`.
//!
//! What Beast does itself: frames and masking (with its own secure generator), the answer to a Close, the
//! Close that fails a connection, the drain to the peer's Close after `async_close`, and when TCP is torn
//! down after any of these (`websocket/impl/{read,close}.hpp`). Its options are the defaults: timeouts,
//! compression and the control callback off, fragmenting on.
//!
//! What the program around it does, which is this adapter's glue and never held against Beast:
//!
//! - It keeps an `async_read` pending at all times, as Beast's examples do, also while it closes. Beast
//!   documents that such a read ends with `operation_aborted` when `async_close` is done; that is not told
//!   as an error. An outcome is told once: what completes first with something else than that.
//! - A read that ended with `error::closed`, or an `async_close` that ended well, is told as a closure with
//!   the code and reason of `reason()`; code 0, `close_code::none`, is told as no code.
//! - TCP after `eof` or a reset without a Close: Beast reports the error and leaves the socket to the
//!   program, which lets go of it; here it closes at once.
//! - How TCP is torn down when Beast says so follows `websocket/impl/teardown.hpp`, not the test stream,
//!   which would close at once in either role: a server closes at once (and does not stay to discard), a
//!   client reads to the server's FIN first, and an error there, such as a reset, is the outcome. After eight
//!   ticks in which that FIN did not come, the program gives up and closes.
//! - `Stimulus::Reset`: the test stream knows no resets. What was unread is dropped, the read that is
//!   pending fails with `connection_reset` in place of `eof`, and so do writes.
//! - `Stimulus::Pause`: octets and a FIN wait, as for every native peer. In a program, a read that is already
//!   pending would still take one message or Close, and `async_close` would read by itself; a script that
//!   says "unread" means it.
//! - Beast allows one `async_close` and one `async_write` at a time. A second one ("already closing", "the
//!   message before is still being sent") never reaches Beast: it is told as not asked.
//! - A send while a Close is under way waits inside Beast and is refused once the close is done: late in the
//!   trace, or not at all if the peer never answers.
//! - Closing without a code, and with code 0, are the same to Beast: a Close without a body.
//! - A reason over 123 octets throws `std::length_error` from `close_reason`: refused.
//! - The opening handshake is real, and not part of the trace: a server is handed a parsed request
//!   (`accept(request)`), a client finds the response to its key waiting. Beast has no other way to open a stream,
//!   and a stream that was used would bring its past along: with making the stream it is two fifths of the time
//!   that a short script takes.
//! - Beast's assertions (`BOOST_ASSERT`) are on. One that goes off is told as a panic, as is an exception.

#[cfg(wsclose_beast)]
pub use built::{Beast, close_codes, is_valid_close_code, version};

/// What stands in place of this peer's results where it was not built.
pub const UNAVAILABLE: &str = "not built: install libboost1.81-dev";

#[cfg(wsclose_beast)]
mod built {
    use wsclose::harness::subject::{Recorder, Stimulus, Subject};
    use wsclose::protocol::role::Role;
    use wsclose::rules::{Capabilities, Capability};

    use crate::native::{self, Endpoint};

    /// Boost.Beast in either role. It reuses its `io_context` from one connection to the next.
    #[derive(Debug)]
    pub struct Beast(Endpoint);

    impl Beast {
        /// An endpoint without a connection.
        ///
        /// # Panics
        ///
        /// If there is no memory for it, or no file descriptor for its `io_context`.
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
            // Its timeouts are in real time and off by default; `error::closed` is the same whoever asks
            // whether that was clean; its memory is not looked at.
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

    /// Beast's `is_valid_close_code`: whether it lets a received code stand.
    pub fn is_valid_close_code(code: u16) -> bool {
        native::beast_is_valid_close_code(code)
    }

    /// The enumerators of Beast's `close_code`, by value.
    pub fn close_codes() -> Vec<(String, u16)> {
        let mut codes: Vec<_> = (0..).map_while(native::beast_close_code).collect();
        codes.sort_by_key(|(_, value)| *value);
        codes
    }

    /// The version of Boost that was compiled in: `1.81`.
    pub fn version() -> String {
        native::beast_version().replace('_', ".")
    }
}
