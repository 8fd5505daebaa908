//! wsclose: a conformance-fuzzing harness for the WebSocket close frame and closing handshake (RFC 6455).
//!
//! ```text
//! octets ─▶ Frame ─▶ CloseBody ─▶ State machine            (what a conforming endpoint does: the model)
//! Script ─▶ drive(Subject) ─▶ Trace ─▶ judge(rules) ─▶ Findings ─▶ report
//!           ▲ the model · faulty models · real implementations
//! ```
//!
//! A [`script`] is what the peer and the application of an endpoint under test do. A [`subject`] is any
//! implementation behind one trait. A [`trace`] is what happened, in order. The [`judge`] sees only the
//! trace. The library does no input or output, reads no clock and draws no randomness.
//!
//! Data goes one way: each module imports only modules before it in this list (a test holds that): `role`,
//! `rule`, `code`, `dialect`, `flaw`, `frame`, `close`, `closing`, `script`, `subject`, `trace`, `drive`,
//! `judge`, `report`, `vectors`, `matrix`, `subjects`, `fuzz`, `mutate`.
//!
//! # Testing an endpoint of your own
//!
//! ```
//! use wsclose::protocol::code::Profile;
//! use wsclose::harness::driver::Driver;
//! use wsclose::judge::Judge;
//! use wsclose::protocol::role::Role;
//! use wsclose::rules::{Duties, Duty, Rule};
//! use wsclose::script::ScriptBuf;
//! use wsclose::harness::subject::{Output, Stimulus, Subject};
//!
//! /// A server that answers whatever comes by a Close of its own, and stays.
//! struct Mine;
//!
//! impl Subject for Mine {
//!     fn name(&self) -> &str {
//!         "mine"
//!     }
//!
//!     // What it does itself; what it leaves to the program around it is never held against it.
//!     fn duties(&self, _role: Role) -> Duties {
//!         Duties::of(&[Duty::Frames, Duty::Answers, Duty::ReadsClose, Duty::ClosesTcp])
//!     }
//!
//!     fn connect(&mut self, _role: Role, _out: &mut Output) {}
//!
//!     fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Output) {
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
//! # Ok::<(), wsclose::script::NotAScript>(())
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
