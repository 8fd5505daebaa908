//! Rediscovers known bugs of real libraries.
//!
//! `bugs.toml` lists bugs that were fixed. The result is a table of those that wsclose finds. Neither the scripts nor the judge
//! depend on the list.
//!
//! ```text
//! bugs.toml ─▶ a worker crate for each version ─▶ processes ◀─ the same scripts ─▶ findings ─▶ Score
//! ```
//!
//! Two semver-compatible versions cannot be linked into one program, and an old version may crash or hang. Therefore each
//! version runs in a worker process ([`wsclose_adapter::worker`]). Workers are built on demand, and never by the default build.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this command builds and runs other programs"
)]

pub mod crates;
pub mod manifest;
pub mod power;
pub mod process;
pub mod score;
pub mod scripts;
