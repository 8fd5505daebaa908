//! Drives WebSocket libraries in-process with [wsclose](https://docs.rs/wsclose), for tests of their closing handshake.
//!
//! An adapter connects a library to the harness. Write one of two kinds:
//!
//! - [`LibraryProgram`](program::LibraryProgram), for a library that runs connections: an async function that uses the
//!   library as its documentation describes. [`ProgramSubject`](program::ProgramSubject) turns it into a
//!   [`Subject`](wsclose::harness::Subject).
//! - [`FrameCodec`](codec::FrameCodec), for a library that only reads and writes frames.
//!   [`CodecSubject`](codec::CodecSubject) adds a conforming program.
//!
//! Then test it with a [`Suite`](wsclose::suite::Suite), which has every built-in script. This library sends the code of
//! every Close back, even a code that no endpoint may send:
//!
//! ```
//! use std::io::{Read, Write};
//!
//! use wsclose_adapter::prelude::*;
//!
//! struct Parrot;
//!
//! impl LibraryProgram for Parrot {
//!     const NAME: &'static str = "parrot";
//!
//!     // The judge applies only the rules that these capabilities cover.
//!     fn capabilities(_role: Role) -> Capabilities {
//!         Capabilities::of(&[Capability::Framing, Capability::RepliesToClose, Capability::ClosesTcp])
//!     }
//!
//!     // The opening handshake is over. Dropping the transport closes TCP.
//!     async fn run(_role: Role, mut transport: Transport, _app: AppHandle) {
//!         let mut frame = [0; 131];
//!         let read = pending_on_would_block(|| transport.read(&mut frame)).await;
//!         if let (Ok(8..), [0x88, _, mask @ .., high, low]) = (read, &frame[..8]) {
//!             let code = [high ^ mask[0], low ^ mask[1]];
//!             let _ = transport.write(&[0x88, 2, code[0], code[1]]);
//!         }
//!     }
//! }
//!
//! let report = Parrot::suite().role(Role::Server).run()?; // In a test, `suite.assert()`.
//! assert!(report.failures().any(|violation| violation.rule == Rule::CodeNotLocalOnly), "{report}");
//! # Ok::<(), wsclose_adapter::wsclose::suite::SuiteError>(())
//! ```
//!
//! The [guide](https://github.com/wsclose/wsclose/blob/main/docs/testing-your-crate.md) continues from here.
//!
//! # Features
//!
//! | feature | contents | default |
//! |---|---|---|
//! | `baseline` | suites read baselines, the TOML files of accepted violations | yes |
//! | `futures` | the transport implements the I/O traits of futures | yes |
//! | `tokio` | the transport implements the I/O traits of tokio, and a program can run in the context of its runtime | yes |
//! | `libtest` | `libtest`, a test binary with a test for each rule | no |
//! | `bolero` | [`bolero_check!`], a property of bolero | no |
//!
//! # Modules
//!
//! - [`stream`]: one end of a TCP connection in memory, which can end, be reset, break and fill up.
//! - [`connection`]: that end as blocking, tokio and futures libraries use it, and the application's side.
//! - [`program`]: runs a program without a runtime until it is idle.
//! - [`codec`]: the conforming program for a library that only reads and writes frames.
//! - [`mod@panic`]: catches panics of a library.
//! - [`worker`]: runs a subject in a process of its own.
//! - [`prelude`]: what an adapter and a suite need.
//! - `libtest`: a test binary with a test for each rule. [`fuzz_target!`] and [`bolero_check!`] make fuzz targets.
//!
//! # Side effects
//!
//! Adapters use no sockets, threads or clocks. A subject is idle when only another stimulus can change its state.
//!
//! Some functions replace the panic hook of the process: [`panic::install_filtered_hook`], [`worker::main`],
//! [`LibraryProgram::suite`](program::LibraryProgram::suite), `libtest::main`, and what [`fuzz_target!`] and
//! [`bolero_check!`] define. Nothing else in this crate does.

pub mod codec;
pub mod connection;
mod fuzz;
#[cfg(feature = "libtest")]
pub mod libtest;
pub mod panic;
pub mod prelude;
pub mod program;
pub mod stream;
pub mod worker;

/// The core, so that a crate of tests needs no other dependency.
pub use wsclose;
