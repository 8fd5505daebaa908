//! The configuration of a run.

use std::time::Duration;

use wsclose::rules::RuleSet;

use crate::baseline::Baseline;
use crate::endpoint::under_test::EndpointUnderTest;
use crate::interrupt::Interrupt;
use crate::run::cases::Case;
use crate::run::event::EventSink;

/// The configuration of a run.
#[derive(Debug)]
pub struct RunConfig<'a> {
    /// The endpoint under test.
    pub under_test: EndpointUnderTest<'a>,
    /// The name of the endpoint in reports; `None` for its URL or command.
    pub name: Option<String>,
    /// Notes for the report.
    pub notes: Vec<String>,
    /// The cases, in order.
    pub cases: Vec<Case>,
    /// The cases are a selection: other cases may still violate a rule.
    pub is_filtered: bool,
    /// The rules to judge.
    pub rules: RuleSet,
    /// Violations of levels `should` and `lenient` fail the run too.
    pub strict: bool,
    /// The number of connections at a time.
    pub jobs: Jobs,
    /// The duration of a tick in the first run; `None` to follow the reaction of the endpoint.
    pub tick: Option<Duration>,
    /// The time limit of the run; `None` for no limit.
    pub timeout: Option<Duration>,
    /// The seed of generated scripts.
    pub seed: u64,
    /// How long scripts are generated and run after the cases.
    pub fuzz: Option<Duration>,
    /// The accepted violations.
    pub baseline: Baseline,
    /// The file to which code scanning attaches findings.
    pub source_file: String,
    /// The command that repeats the run.
    pub command: String,
    /// The command that repeats the run without generated scripts, to which `--case NAME` is appended.
    pub repro_base: String,
    /// Ends the run early.
    pub interrupt: Interrupt,
    /// The listeners of the run.
    pub events: EventSink,
}

/// The number of connections at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jobs {
    /// The number for an endpoint that reacts at once.
    pub usual: usize,
    /// The number for one that reacts slowly: its cases mostly wait.
    pub most: usize,
}

impl Jobs {
    /// The same number for every endpoint, and at least one.
    pub const fn fixed(jobs: usize) -> Jobs {
        let jobs = if jobs == 0 { 1 } else { jobs };
        Jobs { usual: jobs, most: jobs }
    }
}

/// Which close codes the endpoint receives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Codes {
    /// Both sides of every boundary between classes of codes, and a sample of the others.
    #[default]
    Some,
    /// All 65,536 codes.
    All,
}
