//! WebSocket++ (websocketpp): `server` and `client` over its own `transport::iostream`, which does no input or
//! output of its own.
//!
//! What WebSocket++ does itself: frames and masking, the answer to a Close, the Close that fails a
//! connection, the limit of five seconds for a closing handshake, and when TCP is shut down: its core tells
//! the transport (`transport_con_type::async_shutdown`). Its configurations are `config::core` and
//! `config::core_client`, without compression and without logs.
//!
//! What the program around it does, which is this adapter's glue and never held against WebSocket++:
//!
//! - Octets go in by `read_all`, the peer's FIN by `eof`, its reset by `fatal_error`. What the shutdown
//!   handler is told to do is done by a FIN at once, as `transport::asio` shuts a socket down; nothing that
//!   comes later is read.
//! - The timers: the iostream transport has none that expire, so that a connection which waits for its peer
//!   would wait for ever. A program picks a transport with a clock; here ticks are one, with 625 milliseconds
//!   each, so that WebSocket++ gives up after eight.
//! - How a connection closed is told by the close handler, which is handed nothing but is the place to ask:
//!   the code and reason are `get_remote_close_code()` and `get_remote_close_reason()`. That WebSocket++
//!   failed the connection is told as an error: `get_local_close_code()` is then a code of failure that
//!   neither the application nor the peer gave. So is `get_ec()`, unless a Close came that WebSocket++'s own
//!   functions call valid: what is amiss then, such as a time-out, is only how TCP ended. Whether the closure
//!   was clean cannot be asked.
//! - Closing without a code, and with code 0, are the same: `close::status::blank`.
//! - `Stimulus::Pause`: octets and a FIN wait, as for every native peer. `pause_reading` is not called: it
//!   leaves the read that is pending, and `resume_reading` would begin a second.
//! - The opening handshake is real, and not part of the trace. WebSocket++ has no other way to open a connection:
//!   it is seven tenths of the time that a short script takes.
//! - An exception is told as a panic. A loop inside the library that does not end is not interrupted.

#[cfg(wsclose_websocketpp)]
pub use built::{Websocketpp, is_invalid, is_reserved, version};

/// What stands in place of this peer's results where it was not built.
pub const UNAVAILABLE: &str = "not built: install libwebsocketpp-dev";

#[cfg(wsclose_websocketpp)]
mod built {
    use wsclose::harness::subject::{Recorder, Stimulus, Subject};
    use wsclose::protocol::role::Role;
    use wsclose::rules::{Capabilities, Capability};

    use crate::native::{self, Endpoint};

    /// WebSocket++ in either role.
    #[derive(Debug)]
    pub struct Websocketpp(Endpoint);

    impl Websocketpp {
        /// An endpoint without a connection.
        ///
        /// # Panics
        ///
        /// If there is no memory for it.
        pub fn new() -> Websocketpp {
            Websocketpp(Endpoint::websocketpp())
        }
    }

    impl Default for Websocketpp {
        fn default() -> Self {
            Websocketpp::new()
        }
    }

    impl Subject for Websocketpp {
        fn name(&self) -> &str {
            "websocketpp"
        }

        fn capabilities(&self, _: Role) -> Capabilities {
            // `m_was_clean` is private; its memory is not looked at.
            Capabilities::ALL.without(&[Capability::ReportsClean, Capability::ReportsMemory])
        }

        fn connect(&mut self, role: Role, out: &mut Recorder) {
            self.0.connect(role, out);
        }

        fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
            self.0.react(stimulus, out);
        }
    }

    /// `close::status::invalid`: whether a code may never be on the wire.
    pub fn is_invalid(code: u16) -> bool {
        native::websocketpp_is_invalid(code)
    }

    /// `close::status::reserved`: whether a code is kept for the protocol's future.
    pub fn is_reserved(code: u16) -> bool {
        native::websocketpp_is_reserved(code)
    }

    /// The version that was compiled in: `0.8.2`.
    pub fn version() -> String {
        native::websocketpp_version()
    }
}
