//! Playing cases to live endpoints: many at once, then alone what has to be certain. In come cases, out come
//! [`Played`] ones in the same order, and how sure each breach is.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use wsclose::code::Profile;
use wsclose::drive::Driver;
use wsclose::judge::Judge;
use wsclose::rule::{Level, Rule};

use super::cases::Case;
use super::endpoint::{Endpoint, Pace, Trouble};
use super::run::{Played, Surety};
use super::target::Target;

/// How many cases are tried again, at the most, before a breach of a rule counts as flaky.
const TRIES: usize = 3;

/// A server, and how to talk to it.
#[derive(Clone, Copy, Debug)]
pub struct Server<'a> {
    /// Where it is.
    pub target: &'a Target,
    /// How codes are read.
    pub profile: Profile,
    /// It closes when it is sent `close:CODE:REASON`.
    pub commands: bool,
}

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
    pub fn new(server: Server<'a>, pace: Pace) -> Player<'a> {
        // The case's own connection says whether compression was agreed; most cases do not offer it.
        let endpoint = Endpoint::new(server.target, pace, server.commands, false);
        Player { endpoint, driver: Driver::new(), judge: Judge::new(server.profile) }
    }

    /// Plays a case.
    pub fn play(&mut self, case: &Case) -> Played {
        let script = case.script.as_script();
        let begun = Instant::now();
        let trace = self.driver.drive(script, &mut self.endpoint);
        let took = begun.elapsed();
        let trouble = self.endpoint.trouble();
        Played::of(&case.name, script.to_string(), trace, &mut self.judge, trouble, took)
    }

    /// How long an opening handshake has taken at the most.
    pub fn round_trip(&self) -> Duration {
        self.endpoint.round_trip()
    }
}

/// What came of many cases.
#[derive(Debug)]
pub struct Outcome {
    /// Those that were played, in order; `None` where the clock or a dead server came first.
    pub played: Vec<Option<Played>>,
    /// How long an opening handshake took at the most.
    pub round_trip: Duration,
    /// Nobody could be connected to, from this case on.
    pub lost: Option<usize>,
}

/// Plays `cases` on `jobs` connections at a time.
pub fn many(
    server: Server<'_>,
    cases: &[Case],
    pace: Pace,
    jobs: usize,
    clock: &Clock<'_>,
    step: &(dyn Fn() + Sync),
) -> Outcome {
    let next = AtomicUsize::new(0);
    let lost = AtomicUsize::new(usize::MAX);
    let played = Mutex::new((vec![None; cases.len()], Duration::ZERO));
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(cases.len()) {
            scope.spawn(|| {
                let mut player = Player::new(server, pace);
                while !clock.is_over() && lost.load(Ordering::Relaxed) == usize::MAX {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(at) else { break };
                    let mut one = player.play(case);
                    if matches!(one.trouble, Some(Trouble::Connect(_))) {
                        // A full backlog sheds connections; a server that has died sheds all of them.
                        std::thread::sleep(pace.tick);
                        one = player.play(case);
                        if matches!(one.trouble, Some(Trouble::Connect(_))) {
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
    let lost = Some(lost.into_inner()).filter(|at| *at != usize::MAX);
    Outcome { played, round_trip, lost }
}

/// Plays again, alone and with more patience, the smallest cases of every rule that was broken. What is seen
/// then replaces what was seen before.
pub fn again(
    server: Server<'_>,
    cases: &[Case],
    played: &mut [Played],
    pace: Pace,
    clock: &Clock<'_>,
    step: &dyn Fn(),
) -> BTreeMap<Rule, (Surety, usize)> {
    let mut player = Player::new(server, pace);
    let mut seen_again: Vec<Option<Vec<Rule>>> = vec![None; played.len()];
    let mut sure = BTreeMap::new();
    for rule in Rule::ALL {
        if rule.level() == Level::Info {
            continue;
        }
        let mut breaking: Vec<usize> = (0..played.len()).filter(|at| played[*at].breaks(rule)).collect();
        breaking.sort_by_key(|at| (played[*at].script.len(), *at));
        let mut surety = None;
        for &at in breaking.iter().take(TRIES) {
            if seen_again[at].is_none() {
                if clock.is_over() {
                    break;
                }
                step();
                let fresh = player.play(&cases[at]);
                if fresh.trouble.is_some() {
                    continue;
                }
                seen_again[at] = Some(fresh.found.iter().map(|found| found.rule).collect());
                let before = std::mem::replace(&mut played[at], fresh);
                // What was seen once and not again is still told, as flaky.
                for found in before.found {
                    if !played[at].breaks(found.rule) {
                        played[at].found.push(found);
                    }
                }
            }
            if seen_again[at].as_ref().is_some_and(|rules| rules.contains(&rule)) {
                surety = Some((Surety::Repeated, at));
                break;
            }
            surety = Some((Surety::Flaky, at));
        }
        if let Some(surety) = surety {
            sure.insert(rule, surety);
        }
    }
    sure
}
