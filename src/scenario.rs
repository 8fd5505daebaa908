//! The parameters of a closing scenario, and the scenarios in which their values meet.
//!
//! A [`Scenario`] is a plain value: which side begins to close, what came before, the body of the Close, its header, its
//! segments, what comes after. It [compiles to a script](Scenario::script). [`parameters`] has the values of every
//! parameter in one table, and [`Scenario::new`] rejects the combinations that do not exist. [`covering`] lists the
//! scenarios in which every pair or triple of values occurs: they find a fault that two values show together, which no
//! written script has.
//!
//! With the feature `arbitrary`, `Scenario` implements `Arbitrary`, so that `fuzz_target!(|scenario: Scenario| ...)` is a
//! fuzz target. With the feature `bolero`, it implements `TypeGenerator`.

#[cfg(any(feature = "arbitrary", feature = "bolero"))]
mod arbitrary;
mod arrays;
mod closing;
mod constraints;
mod covering;
mod define;
pub mod parameters;
mod pattern;
mod reason;
mod space;

pub use arrays::{Strength, coverage, covering};
pub use closing::{Scenario, ScenarioError};
pub use covering::Coverage;
pub use pattern::Pattern;
pub use space::{CloseRequests, Space};
