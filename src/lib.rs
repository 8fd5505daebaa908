//! A conformance-fuzzing harness for the WebSocket close frame and closing handshake (RFC 6455).
//!
//! ```text
//! octets ─▶ Frame ─▶ CloseBody ─▶ state machine                 a conforming endpoint: the model
//! Script ─▶ Driver(Subject) ─▶ Trace ─▶ Judge(rules) ─▶ Findings ─▶ report
//!           ▲ the model · faulty models · real implementations
//! ```
//!
//! A [script](script::Script) lists what the peer and the application of an endpoint do. A
//! [`Subject`](harness::Subject) is an endpoint under test. A [`Harness`] plays a script to a subject: its
//! [`Driver`](harness::Driver) records a [`Trace`](harness::Trace), and its [`Judge`](judge::Judge)
//! returns a [`Verdict`](judge::Verdict) on every [`Rule`](rules::Rule) and a [`Finding`](judge::Finding) for each
//! violation. The judge reads only the trace, so recorded connections and live endpoints are judged alike.
//!
//! The crate does no I/O, reads no clock and draws no randomness: callers pass octets, ticks and seeds.
//!
//! # Entry points
//!
//! | entry point | use |
//! |---|---|
//! | [`Suite`](suite::Suite) | test an endpoint of your own with every built-in script, in one line |
//! | [`Harness::play`] | play one script to an endpoint of your own, and judge it |
//! | [`harness::Subject`] | the trait that an endpoint implements |
//! | [`script::corpus::curated`] | the built-in scripts |
//! | [`script::ScriptBuf::read`] | read a script in its binary form or its [text form](script::text) |
//! | [`rules::Rule`] | the rules: summary, criterion, level, and [how to fix a violation](rules::Rule::advice) |
//! | [`judge::Judge`] | judge a trace that you recorded yourself |
//! | [`scenario`] | the parameters of a closing scenario, and the scenarios in which their values meet |
//! | [`generate`] | systematic scripts, mutations, the shortest script that shows a finding |
//! | [`analysis`] | compare implementations over many scripts |
//! | [`portable`] | vectors for test runners in other languages |
//! | [`fuzz`] | the bodies of the fuzz targets |
//! | [`model::endpoint::Model`] | a conforming endpoint, and [faulty ones](model::faults::Fault) to test a judge with |
//! | [`protocol`] | frames, close codes and the closing handshake, without the rest |
//!
//! Three crates build on this one. [`wsclose-live`](https://docs.rs/wsclose-live) checks running servers and clients over
//! sockets, [`wsclose-adapter`](https://docs.rs/wsclose-adapter) drives a WebSocket library in-process, and
//! [`wsclose-cli`](https://docs.rs/wsclose-cli) is the command. The
//! [guide](https://github.com/wsclose/wsclose/blob/main/docs/index.md) begins with what you want to do.
//!
//! # Testing an endpoint of your own
//!
//! ```
//! use wsclose::Harness;
//! use wsclose::harness::{Recorder, Stimulus, Subject};
//! use wsclose::protocol::code::Profile;
//! use wsclose::protocol::role::Role;
//! use wsclose::rules::{Capabilities, Capability, Rule};
//! use wsclose::script::ScriptBuf;
//!
//! /// A server that replies to all input with a Close and leaves TCP open.
//! struct Mine;
//!
//! impl Subject for Mine {
//!     fn name(&self) -> &str {
//!         "mine"
//!     }
//!
//!     // The judge applies only the rules that these capabilities cover.
//!     fn capabilities(&self, _role: Role) -> Capabilities {
//!         Capabilities::of(&[Capability::Framing, Capability::RepliesToClose, Capability::ParsesCloseBody, Capability::ClosesTcp])
//!     }
//!
//!     fn connect(&mut self, _role: Role, _out: &mut Recorder) {}
//!
//!     fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
//!         if let Stimulus::Octets(_) = stimulus {
//!             out.sent(&[0x88, 0x02, 0x03, 0xe8]);
//!         }
//!     }
//! }
//!
//! let script = ScriptBuf::read(b"wsclose 1\nrole server\n> close 1000 \"bye\"\nwait 2\n> fin\n")?;
//! let mut harness = Harness::new(Profile::Iana);
//! let played = harness.play(script.as_script(), &mut Mine);
//! assert!(played.findings.iter().any(|finding| finding.rule == Rule::TcpClosedAfterHandshake), "{played}");
//! # Ok::<(), wsclose::script::ScriptError>(())
//! ```

pub mod analysis;
pub mod fuzz;
pub mod generate;
pub mod harness;
pub mod judge;
pub mod model;
mod playback;
pub mod portable;
pub mod protocol;
pub mod rules;
pub mod scenario;
pub mod script;
pub mod suite;
pub mod vendor_codes;

pub use playback::{Harness, Playback};
