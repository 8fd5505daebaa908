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
//! Then drive scripts on the subject and judge the traces. This library sends the code of every Close back, even a code
//! that no endpoint may send:
//!
//! ```
//! use std::io::{Read, Write};
//!
//! use wsclose::harness::Driver;
//! use wsclose::judge::Judge;
//! use wsclose::protocol::code::Profile;
//! use wsclose::protocol::role::Role;
//! use wsclose::rules::{Capabilities, Capability, Rule};
//! use wsclose::script::ScriptBuf;
//! use wsclose_adapter::connection::{AppHandle, Transport, pending_on_would_block};
//! use wsclose_adapter::program::{LibraryProgram, ProgramSubject};
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
//! let script = ScriptBuf::read(b"wsclose 1\nrole server\n> close 1005\n").expect("a valid script");
//! let (mut driver, mut judge) = (Driver::new(), Judge::new(Profile::default()));
//! let trace = driver.drive(script.as_script(), &mut ProgramSubject::<Parrot>::new());
//! let findings = judge.judge(trace);
//! assert!(findings.iter().any(|finding| finding.rule == Rule::CodeNotLocalOnly), "{trace}");
//! ```
//!
//! # Modules
//!
//! - [`stream`]: one end of a TCP connection in memory, which can end, be reset, break and fill up.
//! - [`connection`]: that end as blocking, tokio and futures libraries use it, and the application's side.
//! - [`program`]: runs a program without a runtime until it is idle.
//! - [`codec`]: the conforming program for a library that only reads and writes frames.
//! - [`mod@panic`]: catches panics of a library.
//! - [`worker`]: runs a subject in a process of its own.
//!
//! # Side effects
//!
//! Adapters use no sockets, threads or clocks. A subject is idle when only another stimulus can change its state.
//!
//! Two functions replace the panic hook of the process: [`panic::install_filtered_hook`] and [`worker::main`]. Nothing
//! else in this crate calls them.

pub mod codec;
pub mod connection;
pub mod panic;
pub mod program;
pub mod stream;
pub mod worker;
