//! Plays random scenarios to a subject and counts those in which the judge finds a violation. In the model, each of them
//! is an error of the model or of the judge.
//!
//! The seed determines the scenarios, whatever the number of threads: they are drawn in batches, each with a seed of its
//! own, and batch n has the n-th number that follows from the seed of the run.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use wsclose::Harness;
use wsclose::generate::random::Random;
use wsclose::harness::Subject;
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::scenario::Scenario;
use wsclose::scenario::parameters::{Parameter, Parameters, Partial};

/// The scenarios of a batch. A thread draws a batch in a fraction of a second, so that a run can be interrupted.
const BATCH: u64 = 4096;

/// The violations that a run keeps. One error shows in many scenarios, and the first ones are enough to mend it.
pub const KEPT: usize = 20;

/// The fewest parameters that get a random value. The tests play all pairs of values, and with fewer parameters a long run
/// would mostly repeat them.
const FEWEST: usize = 3;

/// Draws a scenario: a role, and values for some parameters, from three to all. The others have their defaults.
///
/// If all parameters had random values, nearly every scenario would have several flaws, and the first of them hides what
/// the others show.
pub fn draw(random: &mut Random) -> Scenario {
    let role = random.pick(&Role::ALL);
    let mut values = Partial::from(Parameters::default());
    let mut left = FEWEST + random.below(Parameter::ALL.len() + 1 - FEWEST);
    for (index, parameter) in Parameter::ALL.into_iter().enumerate() {
        // Every set of parameters of a size is equally likely.
        if random.below(Parameter::ALL.len() - index) < left {
            left -= 1;
            values.set(parameter, Some(random.below(parameter.levels())));
        }
    }
    Scenario::nearest(role, values.complete().unwrap_or_default())
}

/// What a run plays.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The number of scenarios.
    pub scenarios: u64,
    /// The seed, which determines the scenarios.
    pub seed: u64,
    /// The threads that play them; 0 counts as 1.
    pub threads: usize,
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The scenarios that were played: fewer than planned if the run was stopped.
    pub played: u64,
    /// The scenarios that contain a flaw for which an endpoint ends the connection.
    pub flawed: u64,
    /// The scenarios of which the harness left out a part.
    pub truncated: u64,
    /// The scenarios in which the judge found a violation, or in which the subject or the judge panicked.
    pub violating: u64,
    /// The first of them, at most [`KEPT`], in the order in which the scenarios are drawn.
    pub violations: Vec<Violation>,
}

impl Outcome {
    fn add(&mut self, other: Outcome) {
        self.played += other.played;
        self.flawed += other.flawed;
        self.truncated += other.truncated;
        self.violating += other.violating;
        self.violations.extend(other.violations);
        self.violations.sort_by_key(|violation| violation.number);
        self.violations.truncate(KEPT);
    }
}

/// A scenario in which the judge found a violation, or in which the subject or the judge panicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The number of the scenario in the run; the first one is 0.
    pub number: u64,
    /// The scenario.
    pub scenario: Scenario,
    /// The timeline with the findings, or the message of the panic.
    pub evidence: String,
}

/// The number, the role, the name of the scenario and the evidence.
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violation { number, scenario, evidence } = self;
        write!(f, "scenario {number}: {} under test, {scenario}\n{evidence}", scenario.role())
    }
}

/// Plays the scenarios of a plan, each thread to a subject of its own. After each batch `progress` gets the number of
/// scenarios that have been played. Sets of scenarios end early once `stop` is set.
pub fn run<S: Subject>(
    plan: Plan,
    stop: &AtomicBool,
    subject: impl Fn() -> S + Sync,
    progress: impl Fn(u64) + Sync,
) -> Outcome {
    let batches = Mutex::new(Batches { first: 0, end: plan.scenarios, seeds: Random::new(plan.seed) });
    let played = AtomicU64::new(0);
    let work = || {
        let mut harness = Harness::new(Profile::default());
        let mut subject = subject();
        let mut outcome = Outcome::default();
        while !stop.load(Ordering::Relaxed) {
            let next = batches.lock().ok().and_then(|mut batches| batches.next());
            let Some(batch) = next else { break };
            let count = batch.count;
            outcome.add(play(batch, &mut harness, &mut subject));
            progress(played.fetch_add(count, Ordering::Relaxed) + count);
        }
        outcome
    };
    let mut outcome = Outcome::default();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..plan.threads.max(1)).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            outcome.add(thread.join().expect("panics of subjects are caught"));
        }
    });
    outcome
}

/// The batches that no thread has begun.
struct Batches {
    first: u64,
    end: u64,
    seeds: Random,
}

/// Scenarios that follow from one seed.
struct Batch {
    first: u64,
    count: u64,
    random: Random,
}

impl Iterator for Batches {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let first = self.first;
        let count = (self.end - first).min(BATCH);
        self.first += count;
        (count > 0).then(|| Batch { first, count, random: Random::new(self.seeds.next_u64()) })
    }
}

fn play(mut batch: Batch, harness: &mut Harness, subject: &mut dyn Subject) -> Outcome {
    let mut outcome = Outcome::default();
    for number in batch.first..batch.first + batch.count {
        let scenario = draw(&mut batch.random);
        let script = scenario.script();
        let played = catch_unwind(AssertUnwindSafe(|| {
            let playback = harness.play(script.as_script(), &mut *subject);
            let evidence = (!playback.findings.is_empty()).then(|| playback.to_string());
            (playback.truncated, evidence)
        }));
        let (is_truncated, evidence) = played.unwrap_or_else(|panic| (false, Some(message(&*panic))));
        outcome.played += 1;
        outcome.flawed += u64::from(scenario.flaws() > 0);
        outcome.truncated += u64::from(is_truncated);
        if let Some(evidence) = evidence {
            outcome.violating += 1;
            if outcome.violations.len() < KEPT {
                outcome.violations.push(Violation { number, scenario, evidence });
            }
        }
    }
    outcome
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panicked: {}", text.unwrap_or("without a message"))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use wsclose::harness::{Recorder, Stimulus};
    use wsclose::model::endpoint::Model;
    use wsclose::model::faults::{Fault, FaultyModel};
    use wsclose::rules::Capabilities;

    use super::*;

    fn run_all<S: Subject>(scenarios: u64, threads: usize, subject: impl Fn() -> S + Sync) -> Outcome {
        run(Plan { scenarios, seed: 7, threads }, &AtomicBool::new(false), subject, |_| {})
    }

    #[test]
    fn the_model_conforms_in_random_scenarios() {
        let outcome = run_all(3 * BATCH + 1, 2, || Model::new(Profile::default()));
        assert_eq!(outcome.played, 3 * BATCH + 1);
        assert_eq!((outcome.violating, outcome.truncated), (0, 0), "{:?}", outcome.violations);
        // Neither kind of scenario is rare.
        assert!(
            outcome.flawed > outcome.played / 4 && outcome.flawed < outcome.played * 9 / 10,
            "{outcome:?}"
        );
    }

    #[test]
    fn few_scenarios_are_drawn_twice() {
        let mut random = Random::new(1);
        let drawn: HashSet<Scenario> = (0..100_000).map(|_| draw(&mut random)).collect();
        assert!(drawn.len() > 75_000, "{} different scenarios", drawn.len());
    }

    #[test]
    fn a_fault_is_found_in_the_same_scenarios_by_any_number_of_threads() {
        let fault = Fault::ALL[0];
        let [one, three] = [1, 3].map(|threads| run_all(2 * BATCH, threads, || FaultyModel::new(fault)));
        assert!(one.violating > 0 && one.violations.len() == KEPT, "{one:?}");
        assert_eq!((one.violating, &one.violations), (three.violating, &three.violations));
        let shown = one.violations[0].to_string();
        assert!(shown.contains(&format!("{}", fault.rule())), "{shown}");
        // The name of the scenario is enough to see the violation again.
        let scenario =
            Scenario::named(one.violations[0].scenario.role(), &one.violations[0].scenario.to_string());
        assert_eq!(scenario, Ok(one.violations[0].scenario));
    }

    #[test]
    fn a_panic_is_a_violation() {
        struct Panics;
        impl Subject for Panics {
            fn name(&self) -> &str {
                "panics"
            }

            fn capabilities(&self, _: Role) -> Capabilities {
                Capabilities::of(&[])
            }

            fn connect(&mut self, _: Role, _: &mut Recorder) {
                panic!("on purpose");
            }

            fn react(&mut self, _: Stimulus<'_>, _: &mut Recorder) {}
        }
        let outcome = run_all(10, 1, || Panics);
        assert_eq!(outcome.violating, 10);
        assert!(outcome.violations[0].evidence.contains("on purpose"), "{outcome:?}");
    }

    #[test]
    fn a_stopped_run_says_how_many_it_played() {
        let stop = AtomicBool::new(false);
        let plan = Plan { scenarios: 100 * BATCH, seed: 1, threads: 1 };
        let outcome =
            run(plan, &stop, || Model::new(Profile::default()), |_| stop.store(true, Ordering::Relaxed));
        assert_eq!(outcome.played, BATCH);
    }

    #[test]
    fn every_value_is_drawn_in_each_role() {
        let mut random = Random::new(1);
        let mut drawn = BTreeSet::new();
        for _ in 0..50_000 {
            let scenario = draw(&mut random);
            let values = Parameter::ALL.into_iter().zip(scenario.parameters().levels());
            drawn.extend(values.map(|(parameter, level)| {
                (scenario.role() == Role::Server, parameter.slug(usize::from(level)))
            }));
        }
        let values: usize = Parameter::ALL.into_iter().map(Parameter::levels).sum();
        // No frame of a client can leave with its request.
        assert!(!drawn.contains(&(true, "with-opening")));
        assert_eq!(drawn.len(), 2 * values - 1);
    }
}
