//! The WebSocket libraries, or other subjects, that a build of the command drives in-process.
//!
//! A program with subjects of its own implements [`Libraries`] and calls [`main`](crate::main): `replay`, `matrix` and
//! `adopt` then play scripts to them.
//!
//! The published command has none of them: a published crate cannot depend on `wsclose-implementations`, which is not
//! published, even optionally. `wsclose-full` implements [`Libraries`] with that crate.

use wsclose::Harness;
use wsclose::analysis::baseline::Baseline;
use wsclose::harness::{Limits, Subject};
use wsclose::protocol::code::Profile;
use wsclose::rules::{Level, RuleSet};
use wsclose::script::ScriptBuf;

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

/// The libraries of a build. Only the list has no default.
pub trait Libraries: Sync {
    /// Every library, also those that could not be built.
    fn list(&self) -> Vec<Library>;

    /// The text of the baseline of accepted violations by these libraries [default: none].
    fn baseline(&self) -> &'static str {
        ""
    }

    /// The version of a library [default: none is known].
    fn version(&self, _library: &str) -> Option<String> {
        None
    }

    /// Converts a code to the library's close code type and back; `None` if the library has no such type [default: no
    /// library has one].
    fn round_trip(&self, _library: &str, _code: u16) -> Option<CodeRoundTrip> {
        None
    }

    /// Runs the body of the fuzz target `implementations`: plays the script to every in-process library. Returns the rules
    /// that any of them was judged by; octets that are no script exercise no rule.
    ///
    /// # Panics
    /// If a library violates a rule that the baseline does not list, except those of level `info`.
    fn run_fuzz_target(&self, octets: &[u8]) -> RuleSet {
        let Ok(script) = ScriptBuf::read(octets) else { return RuleSet::EMPTY };
        let baseline = Baseline::parse(self.baseline()).expect("a valid baseline");
        let mut harness = Harness::new(Profile::default()).with_limits(Limits::FUZZING);
        let mut exercised = RuleSet::EMPTY;
        for library in self.list().into_iter().filter(|library| library.in_process) {
            let Ok(new) = library.new else { continue };
            let playback = harness.play(script.as_script(), new().as_mut());
            let unlisted = playback.findings.iter().find(|finding| {
                finding.level != Level::Info && !baseline.contains(library.name, finding.rule)
            });
            if let Some(finding) = unlisted {
                panic!("{} violates {}\n{}\n{playback}", library.name, finding.rule, script.as_script());
            }
            exercised = exercised.union(playback.exercised());
        }
        exercised
    }
}

/// A build without libraries.
#[derive(Clone, Copy, Debug)]
pub struct NoLibraries;

impl Libraries for NoLibraries {
    fn list(&self) -> Vec<Library> {
        Vec::new()
    }
}
