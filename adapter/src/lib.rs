//! What it takes to drive a WebSocket library in-process. In comes a [`Program`](program::Program), which is
//! what a user of the library would write; out comes a [`Subject`](wsclose::harness::subject::Subject) that scripts
//! can be played to.
//!
//! - [`stream`]: one end of a TCP connection, held in memory: it can end, be reset, break and fill up.
//! - [`line`](mod@line): that end as blocking, tokio and futures libraries read and write it, and the application's
//!   side of the same connection.
//! - [`program`]: runs a program on a line without a runtime, until it is idle.
//! - [`layer`]: the program for a library that only reads and writes frames.
//! - [`caught`]: how a library's panics are caught.
//! - [`worker`]: a subject in a process of its own, for what may crash or hang, or cannot be linked twice.
//!
//! No sockets, threads or clocks: idle means that nothing can happen before the next stimulus.

pub mod codec;
pub mod connection;
pub mod panic;
pub mod program;
pub mod stream;
pub mod worker;
