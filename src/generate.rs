//! Generates scripts: systematic test vectors and mutations.

pub mod minimize;
pub mod mutate;
pub mod vectors;
