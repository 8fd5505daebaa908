//! Drives the C and C++ implementations through the C functions of `native/shim.h`.
//!
//! This module contains all `unsafe` code. An [`Endpoint`] applies stimuli and records the events that they cause.
//!
//! One behavior belongs to the program of every native implementation, and does not count against it. While the application
//! has paused, octets and a FIN wait until it resumes, as in a socket that nothing reads. A reset discards them.
#![allow(unsafe_code, reason = "the shims' foreign functions")]

use std::ffi::{CStr, c_char, c_int};
use std::ptr::{self, NonNull};

use wsclose::harness::{Recorder, Stimulus};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::script::MessageKind;

/// `wsclose_endpoint` of `native/shim.h`.
#[repr(C)]
struct RawEndpoint {
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
    pub const ERROR_REPORTED: u8 = 5;
    pub const REQUEST_ACCEPTED: u8 = 6;
    pub const REQUEST_REFUSED: u8 = 7;
    pub const PANICKED: u8 = 8;
    pub const HUNG: u8 = 9;
    pub const UNSUPPORTED: u8 = 10;
}

unsafe extern "C" {
    fn wsclose_free(endpoint: *mut RawEndpoint);
    fn wsclose_connect(endpoint: *mut RawEndpoint, is_server: c_int);
    fn wsclose_octets(endpoint: *mut RawEndpoint, octets: *const u8, len: usize);
    fn wsclose_peer_fin(endpoint: *mut RawEndpoint);
    fn wsclose_peer_reset(endpoint: *mut RawEndpoint);
    fn wsclose_close(endpoint: *mut RawEndpoint, code: u16, reason: *const c_char, len: usize);
    fn wsclose_send(endpoint: *mut RawEndpoint, is_text: c_int, octets: *const u8, len: usize);
    fn wsclose_tick(endpoint: *mut RawEndpoint);
    fn wsclose_events(
        endpoint: *const RawEndpoint,
        events: *mut *const Event,
        count: *mut usize,
        octets: *mut *const u8,
        octets_len: *mut usize,
    );
}

#[cfg(wsclose_beast)]
unsafe extern "C" {
    safe fn wsclose_beast_new() -> *mut RawEndpoint;
    safe fn wsclose_beast_version() -> *const c_char;
    safe fn wsclose_beast_is_valid_close_code(code: u16) -> c_int;
    fn wsclose_beast_close_code(index: usize, value: *mut u16) -> *const c_char;
}

#[cfg(wsclose_websocketpp)]
unsafe extern "C" {
    safe fn wsclose_websocketpp_new() -> *mut RawEndpoint;
    safe fn wsclose_websocketpp_version() -> *const c_char;
    safe fn wsclose_websocketpp_is_invalid(code: u16) -> c_int;
    safe fn wsclose_websocketpp_is_reserved(code: u16) -> c_int;
}

#[cfg(wsclose_wslay)]
unsafe extern "C" {
    safe fn wsclose_wslay_new() -> *mut RawEndpoint;
    safe fn wsclose_wslay_version() -> *const c_char;
}

/// An endpoint of a native implementation, in either role.
#[derive(Debug)]
pub(crate) struct Endpoint {
    raw: NonNull<RawEndpoint>,
    paused: bool,
    /// The octets that arrived while the application had paused.
    unread: Vec<u8>,
    /// Whether a FIN arrived while the application had paused.
    unread_fin: bool,
}

impl Endpoint {
    #[cfg(wsclose_beast)]
    pub(crate) fn beast() -> Endpoint {
        Endpoint::from_raw(wsclose_beast_new())
    }

    #[cfg(wsclose_websocketpp)]
    pub(crate) fn websocketpp() -> Endpoint {
        Endpoint::from_raw(wsclose_websocketpp_new())
    }

    #[cfg(wsclose_wslay)]
    pub(crate) fn wslay() -> Endpoint {
        Endpoint::from_raw(wsclose_wslay_new())
    }

    /// Takes ownership of an endpoint that a constructor of the shim returned.
    fn from_raw(raw: *mut RawEndpoint) -> Endpoint {
        let raw = NonNull::new(raw).expect("memory for an endpoint");
        Endpoint { raw, paused: false, unread: Vec::new(), unread_fin: false }
    }

    /// Replaces the connection by a new one after its opening handshake.
    pub(crate) fn connect(&mut self, role: Role, out: &mut Recorder) {
        self.paused = false;
        self.discard_unread();
        let is_server = c_int::from(role == Role::Server);
        // SAFETY: the endpoint is alive and borrowed mutably.
        unsafe { wsclose_connect(self.raw.as_ptr(), is_server) };
        self.record_events(out);
    }

    /// Applies a stimulus, and records the events that it causes.
    pub(crate) fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        match stimulus {
            Stimulus::Octets(octets) if self.paused => self.unread.extend_from_slice(octets),
            Stimulus::Fin if self.paused => self.unread_fin = true,
            Stimulus::Pause => self.paused = true,
            Stimulus::Resume => {
                self.paused = false;
                let unread = std::mem::take(&mut self.unread);
                if !unread.is_empty() {
                    self.forward(Stimulus::Octets(&unread), out);
                }
                if std::mem::take(&mut self.unread_fin) {
                    self.forward(Stimulus::Fin, out);
                }
            }
            Stimulus::Reset => {
                self.discard_unread();
                self.forward(stimulus, out);
            }
            // The transports in memory accept every write.
            Stimulus::PeerGone(_) | Stimulus::PeerPause | Stimulus::PeerResume => {}
            Stimulus::Octets(_)
            | Stimulus::Fin
            | Stimulus::Close { .. }
            | Stimulus::Send { .. }
            | Stimulus::Tick => self.forward(stimulus, out),
        }
    }

    fn discard_unread(&mut self) {
        self.unread.clear();
        self.unread_fin = false;
    }

    fn forward(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        let raw = self.raw.as_ptr();
        // SAFETY: the endpoint is alive and borrowed mutably. The shim copies the octets before it returns.
        unsafe {
            match stimulus {
                Stimulus::Octets(octets) => wsclose_octets(raw, octets.as_ptr(), octets.len()),
                Stimulus::Fin => wsclose_peer_fin(raw),
                Stimulus::Reset => wsclose_peer_reset(raw),
                Stimulus::Close { code, reason } => {
                    let code = code.map_or(0, |code| code.0);
                    wsclose_close(raw, code, reason.as_ptr().cast(), reason.len());
                }
                Stimulus::Send { kind, payload } => {
                    let is_text = c_int::from(kind == MessageKind::Text);
                    wsclose_send(raw, is_text, payload.as_ptr(), payload.len());
                }
                Stimulus::Tick => wsclose_tick(raw),
                Stimulus::Pause
                | Stimulus::Resume
                | Stimulus::PeerGone(_)
                | Stimulus::PeerPause
                | Stimulus::PeerResume => unreachable!("`react` handles these"),
            }
        }
        self.record_events(out);
    }

    /// Records the events of the last stimulus.
    fn record_events(&self, out: &mut Recorder) {
        let (mut events, mut count) = (ptr::null(), 0);
        let (mut octets, mut octets_len) = (ptr::null(), 0);
        // SAFETY: the endpoint is alive, and the four pointers refer to local variables.
        unsafe {
            wsclose_events(self.raw.as_ptr(), &mut events, &mut count, &mut octets, &mut octets_len);
        }
        // SAFETY: the endpoint owns both vectors, and only calls with a mutable endpoint change them.
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
                kind::ERROR_REPORTED => out.error_reported(&text()),
                kind::REQUEST_ACCEPTED => out.request_accepted(),
                kind::REQUEST_REFUSED => out.request_refused(&text()),
                kind::PANICKED => out.panicked(&text()),
                kind::HUNG => out.hung(),
                kind::UNSUPPORTED => out.unsupported(&text()),
                other => unreachable!("shim.h has no event {other}"),
            }
        }
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        // SAFETY: a constructor of the shim returned it, and nothing uses it afterwards.
        unsafe { wsclose_free(self.raw.as_ptr()) };
    }
}

/// The elements of a C++ vector. The pointer of an empty vector may be null.
///
/// # Safety
///
/// `start` must point to `len` elements that do not change during the lifetime of the slice.
unsafe fn slice<'a, T>(start: *const T, len: usize) -> &'a [T] {
    if len == 0 {
        return &[];
    }
    // SAFETY: the caller guarantees it, and the pointer of a vector with elements is not null.
    unsafe { std::slice::from_raw_parts(start, len) }
}

/// Converts a string literal of the shim. Returns `None` for null.
///
/// # Safety
///
/// The pointer must be null or a C string with static lifetime.
unsafe fn literal(literal: *const c_char) -> Option<String> {
    // SAFETY: the caller guarantees it.
    (!literal.is_null()).then(|| unsafe { CStr::from_ptr(literal) }.to_string_lossy().into_owned())
}

/// `BOOST_LIB_VERSION`.
#[cfg(wsclose_beast)]
pub(crate) fn beast_version() -> String {
    // SAFETY: the function returns a literal.
    unsafe { literal(wsclose_beast_version()) }.unwrap_or_default()
}

/// Beast's `is_valid_close_code`.
#[cfg(wsclose_beast)]
pub(crate) fn beast_is_valid_close_code(code: u16) -> bool {
    wsclose_beast_is_valid_close_code(code) != 0
}

/// One enumerator of Beast's `close_code`.
#[cfg(wsclose_beast)]
pub(crate) fn beast_close_code(index: usize) -> Option<(String, u16)> {
    let mut value = 0;
    // SAFETY: `value` is a local variable, and the function returns a literal or null.
    let name = unsafe { literal(wsclose_beast_close_code(index, &mut value)) };
    name.map(|name| (name, value))
}

/// The three numbers of `websocketpp/version.hpp`.
#[cfg(wsclose_websocketpp)]
pub(crate) fn websocketpp_version() -> String {
    // SAFETY: the function returns a static string.
    unsafe { literal(wsclose_websocketpp_version()) }.unwrap_or_default()
}

/// WebSocket++'s `close::status::invalid`.
#[cfg(wsclose_websocketpp)]
pub(crate) fn websocketpp_is_invalid(code: u16) -> bool {
    wsclose_websocketpp_is_invalid(code) != 0
}

/// WebSocket++'s `close::status::reserved`.
#[cfg(wsclose_websocketpp)]
pub(crate) fn websocketpp_is_reserved(code: u16) -> bool {
    wsclose_websocketpp_is_reserved(code) != 0
}

/// `WSLAY_VERSION`.
#[cfg(wsclose_wslay)]
pub(crate) fn wslay_version() -> String {
    // SAFETY: the function returns a literal.
    unsafe { literal(wsclose_wslay_version()) }.unwrap_or_default()
}
