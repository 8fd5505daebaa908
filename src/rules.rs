//! The rules that the judge checks, and what each one needs.

mod advice;
mod capabilities;
mod capability;
mod catalogue;
mod define;
mod mapping;
mod properties;
mod role;
mod set;

pub use advice::Advice;
pub use capabilities::Capabilities;
pub use capability::Capability;
pub use catalogue::{Rule, UnknownRule};
pub use mapping::{code_receiver_rule, code_sender_rule, receiver_rule, sender_rule};
pub use properties::{Delivery, Evidence, Family, Focus, Layer, Level, Party, Timing};
pub use set::RuleSet;
