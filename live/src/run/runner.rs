//! Runs cases against a live endpoint, one at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wsclose::Harness;
use wsclose::protocol::code::Profile;
use wsclose::rules::{Rule, RuleSet};

use crate::endpoint::connection::Connection;
use crate::endpoint::under_test::EndpointUnderTest;
use crate::run::case_result::CaseResult;
use crate::run::cases::Case;
use crate::run::parallel::Deadline;
use crate::run::subject::LiveSubject;
use crate::run::timeouts::Timeouts;

/// Runs cases against one endpoint, one at a time.
pub struct CaseRunner<'a> {
    subject: LiveSubject<'a>,
    harness: Harness,
    profile: Profile,
    keep_traces: bool,
}

impl<'a> CaseRunner<'a> {
    /// A runner with these timeouts.
    pub fn new(under_test: EndpointUnderTest<'a>, timeouts: Timeouts) -> CaseRunner<'a> {
        let subject = LiveSubject::new(under_test, timeouts);
        CaseRunner {
            subject,
            harness: Harness::new(under_test.profile),
            profile: under_test.profile,
            keep_traces: under_test.keep_traces,
        }
    }

    /// The same runner for a run that ends at this deadline. A case that is under way then has the error
    /// [`CaseError::RunTimeLimit`](crate::CaseError::RunTimeLimit).
    pub fn until(mut self, deadline: &Deadline) -> CaseRunner<'a> {
        self.subject.set_end_of_run(deadline.instant());
        self
    }

    /// The same runner, which watches for the exit of the server, for `wait` in each tick after a connection. The violation
    /// of [`Rule::NoPanic`](wsclose::rules::Rule::NoPanic) then belongs to the case, so nothing else may run.
    pub fn watching_for_exit(mut self, wait: Duration) -> CaseRunner<'a> {
        self.subject.watch_for_exit(wait);
        self
    }

    /// When the last connection was established.
    pub fn connected_at(&self) -> Instant {
        self.subject.connected_at()
    }

    /// Runs a case.
    pub fn run(&mut self, case: &Case) -> CaseResult {
        let script = case.script.as_script();
        let begun = Instant::now();
        self.subject.set_case(case);
        let playback = self.harness.play(script, &mut self.subject);
        let elapsed = begun.elapsed();
        let (error, timing_rules) = (self.subject.take_error(), self.subject.take_inconclusive());
        let latencies = self.subject.take_latencies();
        let exit = self.subject.take_exit();
        let unreported = self.subject.take_unreported();
        self.subject.end();
        let result = CaseResult::new(case, &playback, timing_rules, exit.as_deref(), error, elapsed);
        let hang =
            if self.subject.take_client_finished() { RuleSet::EMPTY } else { RuleSet::of(&[Rule::NoHang]) };
        let conforming = result.conforming.without(hang);
        let mut result = CaseResult { latencies, conforming, ..result }.without(unreported);
        if self.keep_traces && result.error.is_none() {
            result.traces.push(Arc::new(self.subject.take_trace(playback.trace)));
        }
        // The exit of a server explains everything.
        if exit.is_some() { result } else { result.keeping_trace(&playback, self.profile) }
    }

    /// Runs a case on the connection of a client of the case server.
    pub fn run_on(&mut self, connection: Connection, case: &Case) -> CaseResult {
        self.subject.supply(connection);
        self.run(case)
    }

    /// Whether the program of the endpoint reported how its last connection closed.
    pub fn has_close_report(&self) -> bool {
        self.subject.has_close_report()
    }

    /// The longest opening handshake so far.
    pub fn round_trip(&self) -> Duration {
        self.subject.round_trip()
    }
}
