//! Known bugs, rediscovered. In comes `bugs.toml`, a list of bugs that real libraries had and mended; out
//! comes a table of which of them wsclose finds, with scripts and a judge that know nothing of the list.
//!
//! ```text
//! bugs.toml ─▶ Worker crates, one a version ─▶ processes ◀─ the same scripts ─▶ Findings ─▶ Score
//! ```
//!
//! Two versions that are semver-compatible cannot be linked into one program, and an old one may crash or
//! hang: each version runs in a worker of its own ([`wsclose_adapter::worker`]), built on demand and never
//! by the default build.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the library does no input or output; this is a command that builds and runs others"
)]

pub mod crates;
pub mod manifest;
pub mod process;
pub mod score;
pub mod scripts;
