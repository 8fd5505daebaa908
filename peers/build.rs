//! Placeholder until the shim is there.
fn main() {}
