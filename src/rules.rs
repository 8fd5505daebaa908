//! The rules that the judge checks, and what each one needs.

mod capability;
mod catalogue;
mod set;

pub use capability::{Capabilities, Capability};
pub use catalogue::{Level, Party, Rule, UnknownRule};
pub use set::RuleSet;
