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
//! - `Stimulus::Pause`: octets and a FIN wait, as in a socket that nobody reads, until `Stimulus::Resume`.
//!   In a program, a read that is already pending would still take one message or Close, and `async_close`
//!   would read by itself; a script that says "unread" means it.
//! - Beast allows one `async_close` and one `async_write` at a time. A second one is refused here
//!   ("already closing", "the message before is still being sent") and never reaches Beast.
//! - A send while a Close is under way waits inside Beast and is refused once the close is done: late in the
//!   trace, or not at all if the peer never answers.
//! - Closing without a code, and with code 0, are the same to Beast: a Close without a body.
//! - A reason over 123 octets throws `std::length_error` from `close_reason`: refused.
//! - The opening handshake is real, and not part of the trace: a server is handed a parsed request
//!   (`accept(request)`), a client finds the response to its key waiting.
//! - Beast's assertions (`BOOST_ASSERT`) are on. One that goes off is told as a panic, as is an exception.
#![cfg_attr(wsclose_beast, allow(unsafe_code, reason = "the shim's foreign functions"))]

#[cfg(wsclose_beast)]
pub use built::{Beast, close_codes, is_valid_close_code, version};

/// What stands in place of this peer's results where it was not built.
pub const NOT_BUILT: &str = "not built: install libboost1.81-dev";

/// Whether Boost.Beast was found when this crate was built.
pub fn available() -> bool {
    cfg!(wsclose_beast)
}

#[cfg(wsclose_beast)]
mod built {
    use std::ffi::{CStr, c_char, c_int};
    use std::ptr::NonNull;

    use wsclose::code::CloseCode;
    use wsclose::role::Role;
    use wsclose::rule::{Duties, Duty};
    use wsclose::script::MessageKind;
    use wsclose::subject::{Output, Stimulus, Subject};

    /// `wsclose_beast` of `beast/shim.h`.
    #[repr(C)]
    struct Endpoint {
        opaque: [u8; 0],
    }

    /// `wsclose_event`.
    #[repr(C)]
    struct Event {
        start: u32,
        len: u32,
        code: u16,
        kind: u8,
    }

    /// `wsclose_event_kind`.
    mod kind {
        pub const SENT: u8 = 0;
        pub const FIN: u8 = 1;
        pub const TEXT: u8 = 2;
        pub const BINARY: u8 = 3;
        pub const CLOSED: u8 = 4;
        pub const ERRORED: u8 = 5;
        pub const ACCEPTED: u8 = 6;
        pub const REFUSED: u8 = 7;
        pub const PANICKED: u8 = 8;
        pub const SPINNING: u8 = 9;
    }

    unsafe extern "C" {
        fn wsclose_beast_new() -> *mut Endpoint;
        fn wsclose_beast_free(endpoint: *mut Endpoint);
        fn wsclose_beast_connect(endpoint: *mut Endpoint, is_server: c_int);
        fn wsclose_beast_octets(endpoint: *mut Endpoint, octets: *const u8, len: usize);
        fn wsclose_beast_peer_fin(endpoint: *mut Endpoint);
        fn wsclose_beast_peer_reset(endpoint: *mut Endpoint);
        fn wsclose_beast_close(endpoint: *mut Endpoint, code: u16, reason: *const c_char, len: usize);
        fn wsclose_beast_send(endpoint: *mut Endpoint, is_text: c_int, octets: *const u8, len: usize);
        fn wsclose_beast_pause(endpoint: *mut Endpoint);
        fn wsclose_beast_resume(endpoint: *mut Endpoint);
        fn wsclose_beast_tick(endpoint: *mut Endpoint);
        fn wsclose_beast_events(
            endpoint: *const Endpoint,
            events: *mut *const Event,
            count: *mut usize,
            octets: *mut *const u8,
            octets_len: *mut usize,
        );
        safe fn wsclose_beast_is_valid_close_code(code: u16) -> c_int;
        fn wsclose_beast_close_code(index: usize, value: *mut u16) -> *const c_char;
        safe fn wsclose_beast_version() -> *const c_char;
    }

    /// Boost.Beast in either role. It reuses its `io_context` from one connection to the next.
    #[derive(Debug)]
    pub struct Beast {
        endpoint: NonNull<Endpoint>,
    }

    impl Beast {
        /// An endpoint without a connection.
        ///
        /// # Panics
        ///
        /// If there is no memory for it, or no file descriptor for its `io_context`.
        pub fn new() -> Beast {
            // SAFETY: it takes nothing, and what it gives is ours to free.
            let endpoint = unsafe { wsclose_beast_new() };
            Beast { endpoint: NonNull::new(endpoint).expect("an io_context can be made") }
        }

        /// Writes down what happened since the last stimulus began.
        fn tell(&self, out: &mut Output) {
            let (mut events, mut count) = (std::ptr::null(), 0);
            let (mut octets, mut octets_len) = (std::ptr::null(), 0);
            // SAFETY: the endpoint is alive, and the four places to write to are ours.
            unsafe {
                wsclose_beast_events(
                    self.endpoint.as_ptr(),
                    &mut events,
                    &mut count,
                    &mut octets,
                    &mut octets_len,
                );
            }
            // SAFETY: both vectors live in the endpoint, and change only in a call that takes it mutably.
            let (events, octets) = unsafe { (slice(events, count), slice(octets, octets_len)) };
            for event in events {
                let octets = &octets[event.start as usize..][..event.len as usize];
                let text = || String::from_utf8_lossy(octets);
                match event.kind {
                    kind::SENT => out.sent(octets),
                    kind::FIN => out.fin(),
                    kind::TEXT => out.message(MessageKind::Text, octets),
                    kind::BINARY => out.message(MessageKind::Binary, octets),
                    kind::CLOSED => {
                        let code = (event.code != 0).then_some(CloseCode(event.code));
                        out.reported(code, Some(&text()), None);
                    }
                    kind::ERRORED => out.errored(&text()),
                    kind::ACCEPTED => out.accepted(),
                    kind::REFUSED => out.refused(&text()),
                    kind::PANICKED => out.panicked(&text()),
                    kind::SPINNING => out.spinning(),
                    other => unreachable!("shim.h has no event {other}"),
                }
            }
        }
    }

    /// A C++ vector's elements; the pointer of an empty one may be null.
    ///
    /// # Safety
    ///
    /// `len` elements must stand there, unchanged for as long as the slice is used.
    unsafe fn slice<'a, T>(start: *const T, len: usize) -> &'a [T] {
        if len == 0 {
            return &[];
        }
        // SAFETY: the caller's promise, and a vector with elements is not null.
        unsafe { std::slice::from_raw_parts(start, len) }
    }

    impl Default for Beast {
        fn default() -> Self {
            Beast::new()
        }
    }

    impl Drop for Beast {
        fn drop(&mut self) {
            // SAFETY: it came from `wsclose_beast_new`, and nothing uses it after this.
            unsafe { wsclose_beast_free(self.endpoint.as_ptr()) };
        }
    }

    impl Subject for Beast {
        fn name(&self) -> &str {
            "beast"
        }

        fn duties(&self, _: Role) -> Duties {
            // Its timeouts are in real time and off by default; `error::closed` is the same whoever asks
            // whether that was clean; its memory is not looked at.
            Duties::ALL.without(&[Duty::KeepsTime, Duty::ReportsClean, Duty::ShowsMemory])
        }

        fn connect(&mut self, role: Role, out: &mut Output) {
            let is_server = c_int::from(role == Role::Server);
            // SAFETY: the endpoint is alive, and borrowed mutably.
            unsafe { wsclose_beast_connect(self.endpoint.as_ptr(), is_server) };
            self.tell(out);
        }

        fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Output) {
            let endpoint = self.endpoint.as_ptr();
            // SAFETY: the endpoint is alive, and borrowed mutably; octets are copied before the call ends.
            unsafe {
                match stimulus {
                    Stimulus::Octets(octets) => wsclose_beast_octets(endpoint, octets.as_ptr(), octets.len()),
                    Stimulus::Fin => wsclose_beast_peer_fin(endpoint),
                    Stimulus::Reset => wsclose_beast_peer_reset(endpoint),
                    Stimulus::Close { code, reason } => {
                        let code = code.map_or(0, |code| code.0);
                        wsclose_beast_close(endpoint, code, reason.as_ptr().cast(), reason.len());
                    }
                    Stimulus::Send { kind, payload } => {
                        let is_text = c_int::from(kind == MessageKind::Text);
                        wsclose_beast_send(endpoint, is_text, payload.as_ptr(), payload.len());
                    }
                    Stimulus::Pause => wsclose_beast_pause(endpoint),
                    Stimulus::Resume => wsclose_beast_resume(endpoint),
                    // The test stream takes whatever is written.
                    Stimulus::PeerGone(_) | Stimulus::PeerPause | Stimulus::PeerResume => return,
                    Stimulus::Tick => wsclose_beast_tick(endpoint),
                }
            }
            self.tell(out);
        }
    }

    /// Beast's `is_valid_close_code`: whether it lets a received code stand.
    pub fn is_valid_close_code(code: u16) -> bool {
        wsclose_beast_is_valid_close_code(code) != 0
    }

    /// The enumerators of Beast's `close_code`, by value.
    pub fn close_codes() -> Vec<(String, u16)> {
        let mut codes: Vec<_> = (0..)
            .map_while(|index| {
                let mut value = 0;
                // SAFETY: the place to write to is ours; the name, if there is one, is a literal.
                let name = unsafe { name(wsclose_beast_close_code(index, &mut value)) };
                name.map(|name| (name, value))
            })
            .collect();
        codes.sort_by_key(|(_, value)| *value);
        codes
    }

    /// The version of Boost that was compiled in: `1.81`.
    pub fn version() -> String {
        // SAFETY: it is a literal.
        unsafe { name(wsclose_beast_version()) }.unwrap_or_default().replace('_', ".")
    }

    /// # Safety
    ///
    /// The pointer must be null or a C string that stays.
    unsafe fn name(literal: *const c_char) -> Option<String> {
        // SAFETY: the caller's promise.
        (!literal.is_null()).then(|| unsafe { CStr::from_ptr(literal) }.to_string_lossy().into_owned())
    }
}
