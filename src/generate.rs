//! Generates scripts: systematic test vectors and mutations.

pub mod mutate;
pub mod vectors;
