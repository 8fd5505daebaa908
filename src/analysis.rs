//! Compares implementations over many scripts.

pub mod aggregate;
pub mod code_map;
pub mod compare;
pub mod matrix;
pub mod outcome;
pub mod report;
pub mod status;
