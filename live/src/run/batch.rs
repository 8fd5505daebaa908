//! Runs cases on several connections at a time.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use wsclose::rules::Rule;

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

/// How long before the last connection the case may have ended that makes a server exit: it may serve others until then.
const EXIT_DELAY: Duration = Duration::from_millis(150);

/// The outcome of a batch of cases, next to the results in the ledger.
#[derive(Debug)]
pub struct BatchOutcome {
    /// The longest opening handshake.
    pub round_trip: Duration,
    /// A plain Close did not reach the endpoint either. No case started after that was noticed.
    pub is_lost: bool,
    /// The cases that ended last, with their results, the most suspect first. They had not ended, or not for long, when the last
    /// connection was established. If a server has exited, one of them may be the reason, and the results of all of them are
    /// uncertain.
    pub in_flight: Vec<(usize, CaseResult)>,
    /// The cases without a connection.
    pub unconnected: Vec<(usize, CaseResult)>,
}

impl BatchOutcome {
    /// Records the results of the cases in flight, and of those without a connection.
    pub fn record(self, ledger: &mut ResultLedger) {
        for (at, result) in self.in_flight.into_iter().chain(self.unconnected) {
            ledger.record(at, result);
        }
    }
}

/// A case that ran.
#[derive(Debug)]
struct Played {
    result: CaseResult,
    ended_at: Instant,
    /// When its last connection was established, if it had one.
    connected_at: Option<Instant>,
}

/// Whether the endpoint can be reached, as the threads of a batch know it.
#[derive(Debug)]
enum Reachability {
    /// It was reached at this time.
    Reached(Instant),
    Lost,
}

/// Runs these cases on `jobs` connections at a time. Records the results of the cases that ended before the last connection
/// was established. A case that the end of the run cuts off has none.
pub fn run_parallel(
    under_test: EndpointUnderTest<'_>,
    ledger: &mut ResultLedger,
    numbers: &[usize],
    timeouts: Timeouts,
    jobs: usize,
    deadline: &Deadline,
    events: &EventSink,
) -> BatchOutcome {
    let cases = ledger.cases();
    let liveness = under_test.features().liveness();
    let round_trip = Mutex::new(Duration::ZERO);
    let reachability = Mutex::new(Reachability::Reached(Instant::now()));
    let started = AtomicUsize::new(0);
    let new_runner = || {
        // The connections of a slow endpoint do not begin all at once.
        std::thread::sleep(timeouts.stagger(jobs, started.fetch_add(1, Ordering::Relaxed)));
        CaseRunner::new(under_test, timeouts).until(deadline)
    };
    let results = run_jobs(numbers.len(), jobs, deadline, new_runner, |runner, at| {
        let case = &cases[numbers[at]];
        events.case_started(&case.name);
        let begun = Instant::now();
        let mut result = runner.run(case);
        let mut connected_at = Some(runner.connected_at()).filter(|at| *at >= begun);
        if is_unreachable(&result) {
            // A full backlog rejects some connections, a server that has exited rejects all of them.
            std::thread::sleep(timeouts.tick);
            result = runner.run(case);
            connected_at = Some(runner.connected_at()).filter(|at| *at >= begun);
        }
        let ended_at = Instant::now();
        events.case_finished(&result);
        let mut longest = lock(&round_trip);
        *longest = longest.max(runner.round_trip());
        drop(longest);
        let is_unreachable = is_unreachable(&result);
        let played = Played { result, ended_at, connected_at };
        if is_unreachable && is_lost(&reachability, ended_at, runner, &liveness, deadline) {
            ControlFlow::Break(played)
        } else {
            ControlFlow::Continue(played)
        }
    });
    let last_connection = results.iter().flatten().filter_map(|played| played.connected_at).max();
    let (mut in_flight, mut unconnected) = (Vec::new(), Vec::new());
    for (at, played) in numbers.iter().copied().zip(results) {
        let Some(Played { result, ended_at, connected_at }) = played else { continue };
        if result.error == Some(CaseError::RunTimeLimit) {
            continue;
        }
        if connected_at.is_none() && is_unreachable(&result) {
            unconnected.push((at, result));
        } else if last_connection.is_some_and(|last| ended_at + EXIT_DELAY >= last) {
            // The server mostly exits at once, and without a reply. A case that it ended late had waited.
            let was_answered = result.conforming.contains(Rule::CloseAnswered);
            let was_over = last_connection.is_some_and(|last| ended_at < last);
            in_flight.push(((was_answered, was_over, result.elapsed), at, result));
        } else {
            ledger.record(at, result);
        }
    }
    in_flight.sort_by_key(|(rank, ..)| *rank);
    let in_flight = in_flight.into_iter().map(|(_, at, result)| (at, result)).collect();
    BatchOutcome {
        round_trip: *lock(&round_trip),
        is_lost: matches!(*lock(&reachability), Reachability::Lost),
        in_flight,
        unconnected,
    }
}

/// Whether the endpoint could not be reached in a case.
pub fn is_unreachable(result: &CaseResult) -> bool {
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
