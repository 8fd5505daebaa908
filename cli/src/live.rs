//! Live endpoints: whatever speaks WebSocket over TCP, in any language. In comes where it is, out comes a
//! [`Subject`](wsclose::harness::subject::Subject) that scripts are played to over sockets.
//!
//! Sockets block, and threads wait on them: that keeps cuts, half-closes, resets and deadlines exact.

pub mod baseline;
pub mod book;
pub mod cases;
pub mod check;
pub mod due;
pub mod echo;
pub mod endpoint;
pub mod exec;
pub mod fleet;
pub mod fuzz;
pub mod hall;
pub mod launch;
pub mod opener;
pub mod opening;
pub mod patience;
pub mod play;
pub mod report;
pub mod run;
pub mod said;
pub mod score;
pub mod target;
pub mod terminal;
pub mod tested;
pub mod told;
pub mod visit;
pub mod wire;
