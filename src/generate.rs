//! Generates scripts: systematic test vectors, mutations, and smaller scripts that reproduce a finding.

pub mod minimize;
pub mod mutate;
pub mod random;
pub mod vectors;
