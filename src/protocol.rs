//! The WebSocket protocol (RFC 6455) as far as closing needs it: frames, Close bodies, codes and the closing
//! handshake. The decoder accepts every input and lists its flaws.

pub mod assembler;
pub mod close;
pub mod code;
pub mod deflate;
pub mod flaw;
pub mod foreign;
pub mod frame;
pub mod hint;
pub mod role;
pub mod state_machine;
