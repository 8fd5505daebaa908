//! Runs cases against a live endpoint: many in parallel, then alone to confirm violations.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use wsclose::Harness;

use crate::endpoint::connection::{CaseError, Connection};
use crate::endpoint::under_test::EndpointUnderTest;
use crate::run::case_result::CaseResult;
use crate::run::cases::Case;
use crate::run::event::EventSink;
use crate::run::parallel::{Deadline, run_jobs};
use crate::run::retry::ResultLedger;
use crate::run::subject::{LiveSubject, Timeouts};
use crate::sync::lock;

/// Runs cases against one endpoint, one at a time.
pub struct CaseRunner<'a> {
    subject: LiveSubject<'a>,
    harness: Harness,
}

impl<'a> CaseRunner<'a> {
    /// A runner with these timeouts.
    pub fn new(under_test: EndpointUnderTest<'a>, timeouts: Timeouts) -> CaseRunner<'a> {
        let subject = LiveSubject::new(under_test, timeouts);
        CaseRunner { subject, harness: Harness::new(under_test.profile) }
    }

    /// Runs a case.
    pub fn run(&mut self, case: &Case) -> CaseResult {
        let script = case.script.as_script();
        let begun = Instant::now();
        self.subject.set_deflate(case.deflate);
        let playback = self.harness.play(script, &mut self.subject);
        let elapsed = begun.elapsed();
        let (error, timing_rules) = (self.subject.take_error(), self.subject.take_inconclusive());
        self.subject.end();
        CaseResult::new(case, &playback, timing_rules, error, elapsed)
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

/// The outcome of a batch of cases, next to the results in the ledger.
#[derive(Debug)]
pub struct BatchOutcome {
    /// The longest opening handshake.
    pub round_trip: Duration,
    /// The first case for which the endpoint could not be reached. No case started after that was noticed.
    pub unreachable_from: Option<usize>,
}

/// Runs the cases in `range` on `jobs` connections at a time, and records their results.
pub fn run_parallel(
    under_test: EndpointUnderTest<'_>,
    ledger: &mut ResultLedger,
    range: std::ops::Range<usize>,
    timeouts: Timeouts,
    jobs: usize,
    deadline: &Deadline,
    events: &EventSink,
) -> BatchOutcome {
    let cases = &ledger.cases()[range.clone()];
    let round_trip = Mutex::new(Duration::ZERO);
    let is_unreachable = |result: &CaseResult| result.error.as_ref().is_some_and(CaseError::is_unreachable);
    let new_runner = || CaseRunner::new(under_test, timeouts);
    let results = run_jobs(cases.len(), jobs, deadline, new_runner, |runner, at| {
        let case = &cases[at];
        events.case_started(&case.name);
        let mut result = runner.run(case);
        if is_unreachable(&result) {
            // A full backlog rejects some connections, a server that has exited rejects all of them.
            std::thread::sleep(timeouts.tick);
            result = runner.run(case);
        }
        events.case_finished(&result);
        let mut longest = lock(&round_trip);
        *longest = longest.max(runner.round_trip());
        if is_unreachable(&result) { ControlFlow::Break(result) } else { ControlFlow::Continue(result) }
    });
    let first = results.iter().position(|result| result.as_ref().is_some_and(is_unreachable));
    for (at, result) in range.clone().zip(results) {
        if let Some(result) = result {
            ledger.record(at, result);
        }
    }
    let round_trip = *lock(&round_trip);
    BatchOutcome { round_trip, unreachable_from: first.map(|at| range.start + at) }
}

/// Re-runs cases alone until every violation is confirmed or flaky, or the deadline passes.
pub fn confirm(
    under_test: EndpointUnderTest<'_>,
    ledger: &mut ResultLedger,
    timeouts: Timeouts,
    deadline: &Deadline,
    events: &EventSink,
) {
    let mut runner = CaseRunner::new(under_test, timeouts);
    while let Some(at) = ledger.next_retry()
        && !deadline.should_stop()
    {
        let result = runner.run(&ledger.cases()[at]);
        events.case_retried(&result);
        ledger.record_retry(at, result);
    }
}
