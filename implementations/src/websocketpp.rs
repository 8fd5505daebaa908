//! Adapts WebSocket++ (websocketpp): `server` and `client` over its own `transport::iostream`, which performs no I/O.
//!
//! WebSocket++ itself handles and masks frames. It replies to a Close, and sends a Close when it fails a connection. It
//! enforces its timeout of five seconds for a closing handshake. Its core requests the shutdown of TCP from the transport
//! (`transport_con_type::async_shutdown`). Its configurations are `config::core` and `config::core_client`, without
//! compression and without logs.
//!
//! The program of this adapter does the rest. Its behavior does not count against WebSocket++:
//!
//! - It passes octets to `read_all`, the peer's FIN to `eof`, and a reset to `fatal_error`. The shutdown handler sends a FIN
//!   at once, as `transport::asio` shuts a socket down. Later input is not read.
//! - The iostream transport has no timers that expire, so a connection would wait for its peer forever. A program would
//!   choose a transport with a clock. Here a tick is 625 milliseconds, so WebSocket++ times out after eight ticks.
//! - The close handler reports the closure. It reads the code and reason from `get_remote_close_code()` and
//!   `get_remote_close_reason()`.
//! - It reports an error if WebSocket++ failed the connection: `get_local_close_code()` is then a failure code that neither
//!   the application nor the peer chose. It also reports `get_ec()`, unless a Close was received that WebSocket++'s own
//!   functions consider valid. Such an error, for example a timeout, concerns only how TCP ended.
//! - WebSocket++ has no API for whether the closure was clean.
//! - WebSocket++ treats a close without a code and with code 0 alike: as `close::status::blank`.
//! - `Stimulus::Pause`: octets and a FIN wait, as for every native implementation. `pause_reading` is not called, because the
//!   pending read remains and `resume_reading` would start a second one.
//! - The opening handshake is real, and not part of the trace. WebSocket++ has no other way to open a connection. It takes
//!   about seven tenths of the time of a short script.
//! - An exception is recorded as a panic. An endless loop inside the library is not interrupted.

#[cfg(wsclose_websocketpp)]
pub use built::{Websocketpp, is_invalid, is_reserved, version};

/// What to install so that the implementation is available.
pub const INSTALL_HINT: &str = "install libwebsocketpp-dev";

#[cfg(wsclose_websocketpp)]
mod built {
    use wsclose::harness::{Recorder, Stimulus, Subject};
    use wsclose::protocol::role::Role;
    use wsclose::rules::{Capabilities, Capability};

    use crate::native::{self, Endpoint};

    /// WebSocket++ in either role.
    #[derive(Debug)]
    pub struct Websocketpp(Endpoint);

    impl Websocketpp {
        /// Returns an endpoint without a connection.
        ///
        /// # Panics
        ///
        /// If memory is exhausted.
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
            // `m_was_clean` is private. The adapter does not observe its memory.
            Capabilities::ALL.without(&[Capability::ReportsClean, Capability::ReportsMemory])
        }

        fn connect(&mut self, role: Role, out: &mut Recorder) {
            self.0.connect(role, out);
        }

        fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
            self.0.react(stimulus, out);
        }
    }

    /// `close::status::invalid`: whether a code must never be sent.
    pub fn is_invalid(code: u16) -> bool {
        native::websocketpp_is_invalid(code)
    }

    /// `close::status::reserved`: whether a code is reserved for future use by the protocol.
    pub fn is_reserved(code: u16) -> bool {
        native::websocketpp_is_reserved(code)
    }

    /// The version of WebSocket++, such as `0.8.2`.
    pub fn version() -> String {
        native::websocketpp_version()
    }
}
