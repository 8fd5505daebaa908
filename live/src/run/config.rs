//! The configuration of a run.

use std::collections::BTreeMap;
use std::time::Duration;

use wsclose::rules::{Rule, RuleSet};

use crate::endpoint::under_test::EndpointUnderTest;
use crate::run::cases::Case;

/// What is asked of a run.
#[derive(Debug)]
pub struct RunConfig<'a> {
    /// Who is tested.
    pub under_test: EndpointUnderTest<'a>,
    /// The cases, in order.
    pub cases: Vec<Case>,
    /// They are not all that there are.
    pub is_filtered: bool,
    /// The rules that are looked at.
    pub rules: RuleSet,
    /// Whether `should` and `lenient` fail it too.
    pub strict: bool,
    /// How many connections at a time.
    pub jobs: usize,
    /// How long the whole may take.
    pub timeout: Duration,
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// How long scripts are made and played beside the cases.
    pub fuzz: Option<Duration>,
    /// The rules that are known to be broken, and why.
    pub baseline: BTreeMap<Rule, String>,
    /// How the run is repeated.
    pub command: String,
    /// How it is repeated without making new scripts.
    pub repro_base: String,
}

/// Which codes are received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codes {
    /// The edges of every class and some between.
    Some,
    /// All 65,536.
    All,
}
