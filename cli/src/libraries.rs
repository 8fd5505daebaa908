//! The WebSocket libraries that a build of the command drives in-process.
//!
//! The published command has none of them: a published crate cannot depend on `wsclose-implementations`, which is not
//! published, even optionally. `wsclose-full` implements [`Libraries`] with that crate.

use wsclose::harness::Subject;
use wsclose::rules::RuleSet;

/// How to get a command with the libraries, as the end of a sentence.
pub const FULL_COMMAND: &str =
    "use wsclose-full, which has the libraries: `cargo install --path cli/full` in a checkout of wsclose";

/// The names that the libraries have in `wsclose-full`, so that the command without them can distinguish a library
/// from a mistyped name.
pub const NAMES: [&str; 21] = [
    "tungstenite",
    "fastwebsockets",
    "fastwebsockets-split",
    "tokio-websockets",
    "soketto",
    "ratchet_core",
    "yawc",
    "sockudo-ws",
    "wtx",
    "web-socket",
    "embedded-websocket",
    "websocket",
    "websocket-codec",
    "websocket-sans-io",
    "actix-http",
    "edge-ws",
    "ws-rs-frames",
    "ws-rs",
    "beast",
    "websocketpp",
    "wslay",
];

/// Makes a new subject.
pub type NewSubject = fn() -> Box<dyn Subject>;

/// One WebSocket library.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    /// The name of its subject.
    pub name: &'static str,
    /// Whether it needs neither sockets nor threads.
    pub in_process: bool,
    /// Makes its subject; or, if the library is not part of this build, what to install.
    pub new: Result<NewSubject, &'static str>,
}

/// What the close code type of a library makes of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeRoundTrip {
    /// The value that the type returns; `None` if it rejects the value.
    pub returned: Option<u16>,
    /// Whether the type has a variant or name for this value alone; `None` if it is a plain number.
    pub named: Option<bool>,
    /// Whether the library's own check allows the value; `None` if it has no public check.
    pub allowed: Option<bool>,
}

/// The libraries of a build.
pub trait Libraries: Sync {
    /// Every library, also those that could not be built.
    fn list(&self) -> Vec<Library>;

    /// The text of the baseline of accepted violations by these libraries.
    fn baseline(&self) -> &'static str;

    /// Converts a code to the library's close code type and back; `None` if the library has no such type.
    fn round_trip(&self, library: &str, code: u16) -> Option<CodeRoundTrip>;

    /// Runs the body of the fuzz target `implementations`.
    ///
    /// # Panics
    /// If a library violates a rule that the baseline does not list.
    fn run_fuzz_target(&self, octets: &[u8]) -> RuleSet;
}

/// A build without libraries.
#[derive(Clone, Copy, Debug)]
pub struct NoLibraries;

impl Libraries for NoLibraries {
    fn list(&self) -> Vec<Library> {
        Vec::new()
    }

    fn baseline(&self) -> &'static str {
        ""
    }

    fn round_trip(&self, _library: &str, _code: u16) -> Option<CodeRoundTrip> {
        None
    }

    fn run_fuzz_target(&self, _octets: &[u8]) -> RuleSet {
        RuleSet::EMPTY
    }
}
