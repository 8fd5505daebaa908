//! TODO
pub mod server_target;
pub mod socket;
pub mod upgrade;
