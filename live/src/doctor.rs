//! Examines a server before a check: whether its program does what cases need, such as to echo messages.
//!
//! A check judges a library by what its program lets it do. A program that closes every connection after a second, for
//! example, looks like a library that closes at the wrong time. The examination tells such programs apart, as far as a
//! peer can.

mod conversation;
mod diagnosis;
mod dialogue;
mod examine;
mod words;

pub use diagnosis::{Answer, Diagnosis, Fitness, Question};
pub use examine::{Depth, Examined, QUICK_LIMIT, examine};
