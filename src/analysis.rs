//! Compares implementations over many scripts.

pub mod aggregate;
#[cfg(feature = "baseline")]
pub mod baseline;
pub mod code_map;
pub mod compare;
pub mod matrix;
pub mod outcome;
pub mod report;
#[cfg(feature = "baseline")]
pub mod rule_page;
pub mod status;
