//! wsclose.
fn main() {}
