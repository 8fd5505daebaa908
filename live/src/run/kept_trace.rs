//! Defines the traces that are kept until the run knows the endpoint's usual replies.

use wsclose::harness::Trace;
use wsclose::protocol::code::Profile;
use wsclose::rules::RuleSet;

/// The trace of a case that shows a usual reply, or that usual replies may decide.
#[derive(Clone, Debug)]
pub struct KeptTrace {
    /// The trace.
    pub trace: Trace,
    /// The profile by which it was judged.
    pub profile: Profile,
    /// The rules that usual replies may decide.
    pub open: RuleSet,
}
