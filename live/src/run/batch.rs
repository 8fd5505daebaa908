//! Runs cases on several connections at a time, and again alone: to confirm a violation, or after a busy endpoint.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::endpoint::connection::CaseError;
use crate::endpoint::under_test::EndpointUnderTest;
use crate::run::case_result::CaseResult;
use crate::run::cases::Case;
use crate::run::event::EventSink;
use crate::run::parallel::{Deadline, run_jobs};
use crate::run::retry::ResultLedger;
use crate::run::runner::CaseRunner;
use crate::run::timeouts::Timeouts;
use crate::sync::lock;

/// The pauses before the attempts to reach an endpoint that seems to be lost.
const PROBE_PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(100), Duration::from_millis(400)];

/// The number of re-runs in a row that may fail before the endpoint counts as the reason.
const MAX_FAILED_RERUNS: usize = 3;

/// The outcome of a batch of cases, next to the results in the ledger.
#[derive(Debug)]
pub struct BatchOutcome {
    /// The longest opening handshake.
    pub round_trip: Duration,
    /// The first case for which the endpoint could not be reached, if a plain Close did not reach it either. No case started
    /// after that was noticed.
    pub unreachable_from: Option<usize>,
}

/// Whether the endpoint can be reached, as the threads of a batch know it.
#[derive(Debug)]
enum Reachability {
    /// It was reached at this time.
    Reached(Instant),
    Lost,
}

/// Runs the cases in `range` on `jobs` connections at a time, and records their results. A case that the end of the run
/// cuts off has none.
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
    let liveness = under_test.features().liveness();
    let round_trip = Mutex::new(Duration::ZERO);
    let reachability = Mutex::new(Reachability::Reached(Instant::now()));
    let started = AtomicUsize::new(0);
    let new_runner = || {
        // The connections of a slow endpoint do not begin all at once.
        std::thread::sleep(timeouts.stagger(jobs, started.fetch_add(1, Ordering::Relaxed)));
        CaseRunner::new(under_test, timeouts).until(deadline)
    };
    let results = run_jobs(cases.len(), jobs, deadline, new_runner, |runner, at| {
        let case = &cases[at];
        events.case_started(&case.name);
        let mut result = runner.run(case);
        if is_unreachable(&result) {
            // A full backlog rejects some connections, a server that has exited rejects all of them.
            std::thread::sleep(timeouts.tick);
            result = runner.run(case);
        }
        let failed_at = Instant::now();
        events.case_finished(&result);
        let mut longest = lock(&round_trip);
        *longest = longest.max(runner.round_trip());
        drop(longest);
        if is_unreachable(&result) && is_lost(&reachability, failed_at, runner, &liveness, deadline) {
            ControlFlow::Break(result)
        } else {
            ControlFlow::Continue(result)
        }
    });
    let is_lost = matches!(*lock(&reachability), Reachability::Lost);
    let first = results.iter().position(|result| result.as_ref().is_some_and(is_unreachable));
    for (at, result) in range.clone().zip(results) {
        if let Some(result) = result
            && result.error != Some(CaseError::RunTimeLimit)
        {
            ledger.record(at, result);
        }
    }
    let round_trip = *lock(&round_trip);
    let unreachable_from = first.filter(|_| is_lost).map(|at| range.start + at);
    BatchOutcome { round_trip, unreachable_from }
}

fn is_unreachable(result: &CaseResult) -> bool {
    result.error.as_ref().is_some_and(CaseError::is_unreachable)
}

/// Whether the endpoint is lost for a thread that could not reach it at `failed_at`. One thread at a time tries to reach it.
fn is_lost(
    reachability: &Mutex<Reachability>,
    failed_at: Instant,
    runner: &mut CaseRunner<'_>,
    liveness: &Case,
    deadline: &Deadline,
) -> bool {
    let mut state = lock(reachability);
    match *state {
        Reachability::Lost => return true,
        Reachability::Reached(at) if at > failed_at => return false,
        Reachability::Reached(_) => {}
    }
    for pause in PROBE_PAUSES {
        std::thread::sleep(pause);
        if deadline.should_stop() {
            return false;
        }
        if !is_unreachable(&runner.run(liveness)) {
            *state = Reachability::Reached(Instant::now());
            return false;
        }
    }
    *state = Reachability::Lost;
    true
}

/// Re-runs, alone, the cases without a connection: an endpoint that was busy at that time may be reached now. Stops when a
/// few re-runs in a row fail.
pub fn rerun_unconnected(
    under_test: EndpointUnderTest<'_>,
    ledger: &mut ResultLedger,
    timeouts: Timeouts,
    deadline: &Deadline,
) {
    let is_unconnected =
        |result: &CaseResult| result.error.as_ref().is_some_and(CaseError::is_before_connection);
    let unconnected: Vec<usize> =
        (0..ledger.cases().len()).filter(|at| ledger.result(*at).is_some_and(is_unconnected)).collect();
    let mut runner = CaseRunner::new(under_test, timeouts).until(deadline);
    let mut failed = 0;
    for at in unconnected {
        if failed == MAX_FAILED_RERUNS || deadline.should_stop() {
            return;
        }
        let result = runner.run(&ledger.cases()[at]);
        if result.error.is_none() {
            failed = 0;
            ledger.record(at, result);
        } else {
            failed += 1;
        }
    }
}

/// Re-runs cases alone until every violation is confirmed or flaky, or the deadline passes. No re-run starts after
/// `start_until`.
pub fn confirm(
    under_test: EndpointUnderTest<'_>,
    ledger: &mut ResultLedger,
    timeouts: Timeouts,
    start_until: &Deadline,
    deadline: &Deadline,
    events: &EventSink,
) {
    let mut runner = CaseRunner::new(under_test, timeouts).until(deadline);
    while let Some(at) = ledger.next_retry()
        && !start_until.should_stop()
    {
        let result = runner.run(&ledger.cases()[at]);
        if result.error == Some(CaseError::RunTimeLimit) {
            return;
        }
        events.case_retried(&result);
        ledger.record_retry(at, result);
    }
}
