//! Drives a script through an endpoint under test and records what happens.

pub mod driver;
pub mod event;
pub mod recorder;
pub mod stimulus;
pub mod subject;
pub mod timeline;
pub mod trace;
