//! Playing cases to live endpoints: many at once, then alone what has to be certain. In come cases, out come
//! [`Played`] ones, kept in a [`Score`].

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use wsclose::Harness;

use crate::endpoint::connection::{CaseError, Connection};
use crate::endpoint::under_test::EndpointUnderTest;
use crate::run::cases::Case;
use crate::run::results::CaseResult;
use crate::run::retry::ResultLedger;
use crate::run::subject::{LiveSubject, Timeouts};

/// How long a run may take, and whether it is to go on.
#[derive(Debug)]
pub struct Deadline<'a> {
    /// When it has to be over.
    pub at: Instant,
    /// Set when somebody wants it to end.
    pub stop: &'a AtomicBool,
}

impl Deadline<'_> {
    /// Whether nothing more is to be begun.
    pub fn should_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || Instant::now() >= self.at
    }
}

/// Plays cases to one endpoint.
pub struct CaseRunner<'a> {
    subject: LiveSubject<'a>,
    harness: Harness,
}

impl<'a> CaseRunner<'a> {
    /// A player who waits like this.
    pub fn new(under_test: EndpointUnderTest<'a>, timeouts: Timeouts) -> CaseRunner<'a> {
        let subject = LiveSubject::new(under_test, timeouts);
        CaseRunner { subject, harness: Harness::new(under_test.profile) }
    }

    /// Plays a case.
    pub fn run(&mut self, case: &Case) -> CaseResult {
        let script = case.script.as_script();
        let begun = Instant::now();
        self.subject.set_deflate(case.deflate);
        let played = self.harness.play(script, &mut self.subject);
        let took = begun.elapsed();
        let (trouble, timed) = (self.subject.take_error(), self.subject.take_inconclusive());
        self.subject.end();
        CaseResult::new(case, &played, timed, trouble, took)
    }

    /// Plays a case on a connection that has come by itself.
    pub fn run_on(&mut self, conn: Connection, case: &Case) -> CaseResult {
        self.subject.supply(conn);
        self.run(case)
    }

    /// Whether the program of the endpoint told how its last connection closed.
    pub fn has_close_report(&self) -> bool {
        self.subject.has_close_report()
    }

    /// How long an opening handshake has taken at the most.
    pub fn round_trip(&self) -> Duration {
        self.subject.round_trip()
    }
}

/// What came of many cases, beside what the score has.
#[derive(Debug)]
pub struct BatchOutcome {
    /// How long an opening handshake took at the most.
    pub round_trip: Duration,
    /// Nobody could be connected to, from this case on.
    pub unreachable_from: Option<usize>,
}

/// Plays the cases in `places`, on `jobs` connections at a time.
pub fn run_parallel(
    under_test: EndpointUnderTest<'_>,
    ledger: &mut ResultLedger,
    range: std::ops::Range<usize>,
    timeouts: Timeouts,
    jobs: usize,
    deadline: &Deadline<'_>,
    step: &(dyn Fn() + Sync),
) -> BatchOutcome {
    let cases = &ledger.cases()[range.clone()];
    let next = AtomicUsize::new(0);
    let lost = AtomicUsize::new(usize::MAX);
    let played = Mutex::new((vec![None; cases.len()], Duration::ZERO));
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(cases.len()) {
            scope.spawn(|| {
                let mut player = CaseRunner::new(under_test, timeouts);
                while !deadline.should_stop() && lost.load(Ordering::Relaxed) == usize::MAX {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(at) else { break };
                    let absent = |one: &CaseResult| one.error.as_ref().is_some_and(CaseError::is_unreachable);
                    let mut one = player.run(case);
                    if absent(&one) {
                        // A full backlog sheds connections; a server that has died sheds all of them.
                        std::thread::sleep(timeouts.tick);
                        one = player.run(case);
                        if absent(&one) {
                            lost.fetch_min(at, Ordering::Relaxed);
                        }
                    }
                    let mut played = played.lock().expect("nobody panics with it");
                    played.0[at] = Some(one);
                    played.1 = played.1.max(player.round_trip());
                    step();
                }
            });
        }
    });
    let (played, round_trip) = played.into_inner().expect("nobody panicked with it");
    for (at, one) in range.clone().zip(played) {
        if let Some(one) = one {
            ledger.record(at, one);
        }
    }
    let lost = Some(lost.into_inner()).filter(|at| *at != usize::MAX);
    BatchOutcome { round_trip, unreachable_from: lost.map(|at| range.start + at) }
}

/// Plays again, alone and with more patience, what is in doubt.
pub fn confirm(
    under_test: EndpointUnderTest<'_>,
    ledger: &mut ResultLedger,
    timeouts: Timeouts,
    deadline: &Deadline<'_>,
    step: &dyn Fn(),
) {
    let mut player = CaseRunner::new(under_test, timeouts);
    while let Some(at) = ledger.next_retry()
        && !deadline.should_stop()
    {
        step();
        let fresh = player.run(&ledger.cases()[at]);
        ledger.record_retry(at, fresh);
    }
}
