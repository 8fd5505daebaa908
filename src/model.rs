//! The model, a conforming endpoint, and the same endpoint with one fault.

pub mod behavior;
pub mod endpoint;
pub mod faults;
mod receive;
mod send;
pub mod situation;
