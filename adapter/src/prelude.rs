//! What an adapter and a suite need: `use wsclose_adapter::prelude::*;`.

pub use wsclose::protocol::code::{CloseCode, Profile};
pub use wsclose::protocol::role::Role;
pub use wsclose::rules::{Capabilities, Capability, Rule};
pub use wsclose::script::MessageKind;
pub use wsclose::suite::Suite;

pub use crate::connection::{AppHandle, Next, Request, Transport, pending_on_would_block};
pub use crate::program::{LibraryProgram, ProgramSubject};
