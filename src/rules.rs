//! The rules that the judge checks, and what each one needs.

mod capabilities;
mod capability;
mod catalogue;
mod set;

pub use capabilities::Capabilities;
pub use capability::Capability;
pub use catalogue::{Level, Party, Rule, UnknownRule};
pub use set::RuleSet;
