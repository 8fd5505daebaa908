//! The tests of this crate test tungstenite. See `tests/closing.rs`.
