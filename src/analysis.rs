//! Compares implementations over many scripts.

pub mod code_map;
pub mod compare;
pub mod matrix;
pub mod outcome;
pub mod report;
