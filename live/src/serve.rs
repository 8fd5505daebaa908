//! The case server: clients connect to it on their own, for one case after another.

pub mod case_server;
pub mod route;
pub mod session;
