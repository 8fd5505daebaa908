//! The WebSocket protocol (RFC 6455) as far as closing needs it: frames, Close bodies, codes and the closing
//! handshake. Decoding keeps every flaw of its input instead of rejecting it.

pub mod close;
pub mod code;
pub mod flaw;
pub mod frame;
pub mod role;
pub mod state_machine;
