//! Vectors for test runners in other languages: an input for an endpoint, and what the endpoint must, should or must not
//! do with it.
//!
//! [`close_frames`] are single Closes with the reaction of a receiver. [`scenarios`] are whole connections, with a list of
//! [`Check`]s of what the endpoint sends, ends and reports. No expectation is written by hand. The model gives the
//! conforming behaviour. Each check comes from a change of that behaviour in which the judge finds a violation, so a check
//! has the rule of that violation. A check that accuses a faulty model of a rule that the judge does not find violated is
//! left out, and so is a vector that shows no fault.

mod blame;
mod bugs;
mod check;
mod derive;
mod feature;
mod frames;
mod notes;
mod puppet;
mod scenarios;
mod selection;
mod step;

pub use bugs::{BUGS, Bug};
pub use check::{Check, Codes, Expectation, failed, is_broken};
pub use feature::Feature;
pub use frames::{
    FrameVector, OpenReason, Outcome, RULE_ON_FAIL_CODES, RULES_ON_REPORTS, Requirement, close_frames,
};
pub use notes::effect;
pub use scenarios::{ScenarioVector, scenarios};
pub use step::{Action, Observer, PeerEnd, Step, observe, steps};
