//! Measures how soon each way to test finds the planted faults of the model.
//!
//! A *strategy* is a source of scripts: a fuzz target with its mutator, dictionary and seeds, or a generator. A *trial* is
//! one run of a strategy with one seed and a bound on executions. In a trial, the fuzzer runs as a user runs it, and its
//! target writes every input to a pipe ([`record`]). The [`detector`] reads them, plays each one to the model with every
//! fault that is not yet detected, and notes the number of the execution that detects it. One trial therefore measures
//! all faults, and the fuzzer sees no more of them than the target shows it.
//!
//! [`trial`] runs a trial and [`result`] stores it, so that an interrupted run goes on from there. [`stats`] and
//! [`report`] turn the results into `docs/power.md`.
//!
//! [`conform`] measures the opposite: how many random scenarios show a violation in the model, which has none.

pub mod conform;
pub mod detector;
pub mod mutation;
pub mod plain;
pub mod random;
pub mod record;
pub mod report;
pub mod result;
pub mod seeds;
pub mod stats;
pub mod strategy;
pub mod table;
pub mod trial;
