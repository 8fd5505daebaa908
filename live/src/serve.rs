//! TODO
pub mod case_server;
pub mod route;
pub mod session;
