//! Drives a script through an endpoint under test and records what happens.

pub mod driver;
pub mod subject;
pub mod trace;
