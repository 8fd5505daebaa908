//! The reference endpoint, and the same endpoint with one planted fault.

pub mod behavior;
pub mod endpoint;
pub mod faults;
mod receive;
