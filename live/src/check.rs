//! The builder that configures and runs a check.

pub mod builder;
pub mod client;
pub mod client_loop;
pub mod error;
pub mod lookup;
mod options;
mod reproduce;
mod selection;
pub mod server;
