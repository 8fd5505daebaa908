//! A conformance-fuzzing harness for the WebSocket close frame and closing handshake (RFC 6455).
//!
//! ```text
//! octets ─▶ Frame ─▶ CloseBody ─▶ state machine                 a conforming endpoint: the model
//! Script ─▶ Driver(Subject) ─▶ Trace ─▶ Judge(rules) ─▶ Findings ─▶ report
//!           ▲ the model · faulty models · real implementations
//! ```
//!
//! A [`script`] is what the peer and the application of an endpoint under test do. A
//! [`Subject`](harness::subject::Subject) is an endpoint under test. The [`Driver`](harness::driver::Driver) plays a
//! script to it and records a [`Trace`](harness::trace::Trace). The [`Judge`](judge::Judge) reads the trace, and only
//! the trace, and returns a verdict on every [`Rule`](rules::Rule). The crate does no I/O, reads no clock and draws no
//! randomness: callers pass octets, ticks and seeds.
//!
//! Data flows one way. Modules import in one direction, and a test checks that no file and no folder imports itself
//! through others.
//!
//! # Testing an endpoint of your own
//!
//! ```
//! use wsclose::protocol::code::Profile;
//! use wsclose::harness::driver::Driver;
//! use wsclose::judge::Judge;
//! use wsclose::protocol::role::Role;
//! use wsclose::rules::{Capabilities, Capability, Rule};
//! use wsclose::script::ScriptBuf;
//! use wsclose::harness::subject::{Recorder, Stimulus, Subject};
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
//! let mut driver = Driver::new();
//! let trace = driver.drive(script.as_script(), &mut Mine);
//! let mut judge = Judge::new(Profile::Iana);
//! let findings = judge.judge(trace);
//! assert!(findings.iter().any(|finding| finding.rule == Rule::TcpClosedAfterHandshake), "{trace}");
//! # Ok::<(), wsclose::script::ScriptError>(())
//! ```

pub mod analysis;
pub mod fuzz;
pub mod generate;
pub mod harness;
pub mod judge;
pub mod model;
pub mod protocol;
pub mod rules;
pub mod script;
pub mod vendor_codes;
