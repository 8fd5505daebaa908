//! wsclose: a conformance-fuzzing harness for the WebSocket close frame and closing handshake (RFC 6455).
//!
//! ```text
//! octets ─▶ Frame ─▶ CloseBody ─▶ State machine            (what a conforming endpoint does: the model)
//! Script ─▶ drive(Subject) ─▶ Trace ─▶ judge(rules) ─▶ Findings ─▶ report
//!           ▲ model · faulty models · real implementations in-process · live endpoints
//! ```
//!
//! A [`script`] is what the peer and the application of an endpoint under test do. A [`subject`] is any
//! implementation behind one trait. A [`trace`] is what happened, in order. The [`judge`] sees only the
//! trace. Modules import only modules above them in this list, and the library does no input or output,
//! reads no clock and draws no randomness.

pub mod close;
pub mod closing;
pub mod code;
pub mod dialect;
pub mod drive;
pub mod flaw;
pub mod frame;
pub mod fuzz;
pub mod judge;
pub mod mutate;
pub mod report;
pub mod role;
pub mod rule;
pub mod script;
pub mod subject;
pub mod subjects;
pub mod trace;
