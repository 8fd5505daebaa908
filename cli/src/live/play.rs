//! Playing cases to live endpoints: many at once, then alone what has to be certain. In come cases, out come
//! [`Played`] ones, kept in a [`Score`].

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use wsclose::drive::Driver;
use wsclose::judge::Judge;

use super::cases::Case;
use super::endpoint::{Endpoint, Pace};
use super::opener::{Conn, Trouble};
use super::run::Played;
use super::score::Score;
use super::tested::Tested;

/// How long a run may take, and whether it is to go on.
#[derive(Debug)]
pub struct Clock<'a> {
    /// When it has to be over.
    pub deadline: Instant,
    /// Set when somebody wants it to end.
    pub stop: &'a AtomicBool,
}

impl Clock<'_> {
    /// Whether nothing more is to be begun.
    pub fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || Instant::now() >= self.deadline
    }
}

/// One player: an endpoint, a driver and a judge.
pub struct Player<'a> {
    endpoint: Endpoint<'a>,
    driver: Driver,
    judge: Judge,
}

impl<'a> Player<'a> {
    /// A player who waits like this.
    pub fn new(tested: Tested<'a>, pace: Pace) -> Player<'a> {
        let endpoint = Endpoint::new(tested, pace);
        Player { endpoint, driver: Driver::new(), judge: Judge::new(tested.profile) }
    }

    /// Plays a case.
    pub fn play(&mut self, case: &Case) -> Played {
        let script = case.script.as_script();
        let begun = Instant::now();
        self.endpoint.negotiate(case.deflate);
        let trace = self.driver.drive(script, &mut self.endpoint);
        let took = begun.elapsed();
        let (trouble, timed) = (self.endpoint.trouble(), self.endpoint.unclear());
        self.endpoint.end();
        Played::of(case, trace, timed, &mut self.judge, trouble, took)
    }

    /// Plays a case on a connection that has come by itself.
    pub fn play_on(&mut self, conn: Conn, case: &Case) -> Played {
        self.endpoint.hand(conn);
        self.play(case)
    }

    /// Whether the program of the endpoint told how its last connection closed.
    pub fn was_told(&self) -> bool {
        self.endpoint.was_told()
    }

    /// How long an opening handshake has taken at the most.
    pub fn round_trip(&self) -> Duration {
        self.endpoint.round_trip()
    }
}

/// What came of many cases, beside what the score has.
#[derive(Debug)]
pub struct Outcome {
    /// How long an opening handshake took at the most.
    pub round_trip: Duration,
    /// Nobody could be connected to, from this case on.
    pub lost: Option<usize>,
}

/// Plays the cases in `places`, on `jobs` connections at a time.
pub fn many(
    tested: Tested<'_>,
    score: &mut Score,
    places: std::ops::Range<usize>,
    pace: Pace,
    jobs: usize,
    clock: &Clock<'_>,
    step: &(dyn Fn() + Sync),
) -> Outcome {
    let cases = &score.cases()[places.clone()];
    let next = AtomicUsize::new(0);
    let lost = AtomicUsize::new(usize::MAX);
    let played = Mutex::new((vec![None; cases.len()], Duration::ZERO));
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(cases.len()) {
            scope.spawn(|| {
                let mut player = Player::new(tested, pace);
                while !clock.is_over() && lost.load(Ordering::Relaxed) == usize::MAX {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(at) else { break };
                    let absent = |one: &Played| one.trouble.as_ref().is_some_and(Trouble::is_absence);
                    let mut one = player.play(case);
                    if absent(&one) {
                        // A full backlog sheds connections; a server that has died sheds all of them.
                        std::thread::sleep(pace.tick);
                        one = player.play(case);
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
    for (at, one) in places.clone().zip(played) {
        if let Some(one) = one {
            score.record(at, one);
        }
    }
    let lost = Some(lost.into_inner()).filter(|at| *at != usize::MAX);
    Outcome { round_trip, lost: lost.map(|at| places.start + at) }
}

/// Plays again, alone and with more patience, what is in doubt.
pub fn again(tested: Tested<'_>, score: &mut Score, pace: Pace, clock: &Clock<'_>, step: &dyn Fn()) {
    let mut player = Player::new(tested, pace);
    while let Some(at) = score.in_doubt()
        && !clock.is_over()
    {
        step();
        let fresh = player.play(&score.cases()[at]);
        score.record_again(at, fresh);
    }
}
